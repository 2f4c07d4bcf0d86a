package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/pgserver"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// nodes returns two stores on one PostgreSQL database, as two processes have them.
func nodes(t *testing.T, address string) (a, b *store.Store) {
	t.Helper()
	open := func() *store.Store {
		s, err := store.Open(t.Context(), store.Options{DatabaseURL: address, Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	return open(), open()
}

// heard returns what a store hears of a topic, once it is sure to hear the others.
func heard(t *testing.T, s *store.Store, topic string) <-chan store.Signal {
	t.Helper()
	signals := make(chan store.Signal, 1000)
	t.Cleanup(s.Listen(topic, func(told store.Signal) { signals <- told }))
	if first := soon(t, signals); first != (store.Signal{}) {
		t.Fatalf("first signal %+v, want the one of a new link", first)
	}
	return signals
}

func soon[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(20 * time.Second):
		t.Fatal("no signal")
	}
	return v
}

func TestSignalsReachOtherNodes(t *testing.T) {
	t.Parallel()
	a, b := nodes(t, storetest.Database(t))
	near, far := heard(t, a, "news"), heard(t, b, "news")
	woken, cancel := b.Subscribe("due")
	defer cancel()
	other, cancelOther := b.Subscribe("other")
	defer cancelOther()
	a.Notify("due")
	soon(t, woken)
	long := strings.Repeat("x y", store.MaxSignal/3-10)
	for _, payload := range []string{"one", "two words", long} {
		a.Publish("news", payload)
		select { // in this process before Publish returns
		case got := <-near:
			if want := (store.Signal{Payload: payload, Local: true}); got != want {
				t.Errorf("near: %+v, want %+v", got, want)
			}
		default:
			t.Error("Publish returned before its own listeners had heard")
		}
		if got, want := soon(t, far), (store.Signal{Payload: payload}); got != want {
			t.Errorf("far: %+v, want %+v", got, want)
		}
	}
	select {
	case <-other:
		t.Error("another topic woke up")
	case got := <-near:
		t.Errorf("a node heard itself twice: %+v", got)
	default:
	}
}

// A million wake-ups cost the database a few statements.
func TestSignalsAreGathered(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	a, b := nodes(t, address)
	far := heard(t, b, "news")
	count := func() int {
		n, err := strconv.Atoi(storetest.Query(t, address, `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`)[0])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	for range 1_000_000 {
		a.Notify("due")
	}
	a.Publish("news", "done")
	soon(t, far)
	if n := count() - before; n > 1000 {
		t.Errorf("%d transactions", n)
	}
}

// A node that lost the database for a while wakes everybody, because it does
// not know what it missed, and hears again what comes.
func TestSignalsAfterAnOutage(t *testing.T) {
	t.Parallel()
	server, err := pgserver.Start("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	a, b := nodes(t, server.Address())
	far := heard(t, b, "news")
	woken, cancel := b.Subscribe("due")
	defer cancel()
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	a.Notify("due") // while nobody can be told
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := soon(t, far); got != (store.Signal{}) {
		t.Errorf("after the outage: %+v, want a signal without payload", got)
	}
	soon(t, woken)
	for told := false; !told; {
		a.Publish("news", "again") // the first may find the old connection
		select {
		case <-far:
			told = true
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// A signal given right before the end still goes out: the command line revokes and ends.
func TestSignalsBeforeTheEnd(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	_, b := nodes(t, address)
	far := heard(t, b, store.TopicAccess)
	short, err := store.Open(t.Context(), store.Options{DatabaseURL: address})
	if err != nil {
		t.Fatal(err)
	}
	short.Publish(store.TopicAccess, "acc_1")
	if err := short.Close(); err != nil {
		t.Fatal(err)
	}
	if got := soon(t, far); got.Payload != "acc_1" || got.Local {
		t.Errorf("%+v", got)
	}
}
