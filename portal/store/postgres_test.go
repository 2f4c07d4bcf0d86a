package store_test

import (
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// onPostgres runs fn on that engine only; engines calls it for both.
func onPostgres(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	engines(t, func(t *testing.T, s *store.Store) {
		if s.Engine() == "postgres" {
			fn(t, s)
		}
	})
}

// Two transactions that wait for each other: PostgreSQL ends one, which is
// repeated, and its AfterCommit runs once.
func TestPostgresRepeatsAfterADeadlock(t *testing.T) {
	onPostgres(t, func(t *testing.T, s *store.Store) {
		must(t, s, func(tx *store.Tx) error { return exec(tx, `INSERT INTO things (id) VALUES ('a'), ('b')`) })
		var both, done sync.WaitGroup
		both.Add(2)
		add := func(first, second string) {
			var once sync.Once
			after := 0
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				tx.AfterCommit(func() { after++ })
				for _, id := range []string{first, second} {
					if err := exec(tx, `UPDATE things SET size = size + 1 WHERE id = ?`, id); err != nil {
						return err
					}
					once.Do(func() { both.Done(); both.Wait() })
				}
				return nil
			})
			if err != nil || after != 1 {
				t.Errorf("Tx = %v, AfterCommit ran %d times", err, after)
			}
		}
		done.Go(func() { add("a", "b") })
		done.Go(func() { add("b", "a") })
		done.Wait()
		var sum int
		if err := s.Reader(t.Context()).Row(`SELECT SUM(size) FROM things`, nil, &sum); err != nil || sum != 4 {
			t.Errorf("sum = %d, %v, want 4", sum, err)
		}
	})
}

func TestPostgresGivesUpAfterFiveCollisions(t *testing.T) {
	onPostgres(t, func(t *testing.T, s *store.Store) {
		runs := 0
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			runs++
			return exec(tx, `DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'`)
		})
		wantCode(t, err, portal.CodeOverloaded)
		if runs != 5 {
			t.Errorf("%d runs, want 5", runs)
		}
	})
}

func TestPostgresConnectionLost(t *testing.T) {
	onPostgres(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			if err := insert(tx, "a"); err != nil {
				return err
			}
			return exec(tx, `SELECT pg_terminate_backend(pg_backend_pid())`)
		})
		wantCode(t, err, portal.CodeStorageUnavailable)
		must(t, s, func(tx *store.Tx) error { return insert(tx, "b") })
		wantIDs(t, s, "b")
	})
}

func TestPostgresUnreachable(t *testing.T) {
	t.Parallel()
	o := store.Options{DatabaseURL: "postgres://wpp:pa55word@127.0.0.1:1/wpp?pool_max_conns=3", Migrate: true}
	_, err := store.Open(t.Context(), o)
	wantCode(t, err, portal.CodeStorageUnavailable)
	if text := err.Error(); strings.Contains(text, "pa55word") || strings.Contains(text, "\n") {
		t.Errorf("error %q, want one line without the password", text)
	}
	if text := o.LogValue().String(); strings.Contains(text, "pa55word") {
		t.Errorf("logged as %q", text)
	}
}

// Nodes that start together on an empty database migrate it once.
func TestPostgresNodesMigrateTogether(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		var o store.Options
		s := open(func(given *store.Options) { o = *given })
		if s.Engine() != "postgres" {
			return
		}
		must(t, s, func(tx *store.Tx) error {
			return errors.Join(exec(tx, `DROP SCHEMA public CASCADE`), exec(tx, `CREATE SCHEMA public`))
		})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				node, err := store.Open(t.Context(), o)
				if err != nil {
					t.Errorf("Open = %v", err)
					return
				}
				if err := errors.Join(node.Ping(t.Context()), node.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// A server that takes connections and says nothing holds nobody up.
func TestPostgresSilent(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	start := time.Now()
	_, err = store.Open(t.Context(), store.Options{DatabaseURL: "postgres://wpp@" + ln.Addr().String() + "/wpp?sslmode=disable", Migrate: true})
	wantCode(t, err, portal.CodeStorageUnavailable)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("answered after %s", took)
	}
}

// Who finds every connection taken waits a while and is told that there is too
// much to do; afterwards all goes on.
func TestPostgresPoolTaken(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(storetest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("pool_max_conns", "1")
	u.RawQuery = query.Encode()
	s, err := store.Open(t.Context(), store.Options{DatabaseURL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	taken, free := make(chan struct{}), make(chan struct{})
	var holder sync.WaitGroup
	holder.Go(func() {
		if err := s.Tx(t.Context(), func(*store.Tx) error { close(taken); <-free; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-taken
	wantCode(t, s.Tx(t.Context(), func(*store.Tx) error { return nil }), portal.CodeOverloaded)
	wantCode(t, s.Ping(t.Context()), portal.CodeOverloaded)
	close(free)
	holder.Wait()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A statement that never ends is given up after half a minute. The long form
// only: there is nothing to shorten.
func TestPostgresStuck(t *testing.T) {
	if os.Getenv("WPP_SOAK") == "" {
		return
	}
	onPostgres(t, func(t *testing.T, s *store.Store) {
		start := time.Now()
		wantCode(t, s.Tx(t.Context(), func(tx *store.Tx) error { return exec(tx, `SELECT pg_sleep(300)`) }), portal.CodeStorageUnavailable)
		wantCode(t, s.Reader(t.Context()).Row(`SELECT 1 FROM pg_sleep(300)`, nil, new(int)), portal.CodeStorageUnavailable)
		if took := time.Since(start); took > 65*time.Second {
			t.Errorf("given up after %s", took)
		}
		must(t, s, func(tx *store.Tx) error { return insert(tx, "a") })
	})
}
