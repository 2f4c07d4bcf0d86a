package messaging_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/worker"
)

// bound is a promised time: exact at full length, ten times as much otherwise.
func bound(d time.Duration) time.Duration {
	if os.Getenv("WPP_SOAK") != "" {
		return d
	}
	return 10 * d
}

// work runs the program's loops until the test ends.
func (b *bench) work() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		worker.Run(ctx, worker.Options{Bell: b.store}, []worker.Loop{
			{
				Name: "messages", Every: time.Second, Topic: messaging.Topic,
				Do: b.service.Dispatch, Wake: b.service.Landed(), Wait: b.service.Wait,
			},
			{Name: "simulator", Every: time.Second / 4, Topic: store.TopicSimulator, Do: b.simulator.DeliverDue},
		})
	}()
	b.Cleanup(func() { cancel(); <-done })
}

// until waits for something that the loops bring about.
func (b *bench) until(what string, is func() bool) {
	b.Helper()
	for end := time.Now().Add(time.Minute); !is(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%s did not come about within a minute", what)
		}
	}
}

// another returns a further account with channels of its own.
func (b *bench) another() portal.Caller {
	b.Helper()
	a := b.caller.Account
	a.ID = portal.NewID(portal.PrefixAccount)
	return b.newCaller(a)
}

func (b *bench) many(c portal.Caller, n int) (ids []string) {
	b.Helper()
	b.tx(func(tx *store.Tx) error {
		ids = nil
		for i := range n {
			m, err := b.service.AcceptTx(tx, c, "", template(fmt.Sprintf("+551197%07d", i)))
			if err != nil {
				return err
			}
			ids = append(ids, m.ID)
		}
		return nil
	})
	return ids
}

// gate lets calls to the first channels it sees wait until it opens.
type gate struct {
	hung   atomic.Int64
	opened chan struct{}
	mu     sync.Mutex
	slow   map[string]bool // paths
}

func (g *gate) intercept(_ http.ResponseWriter, r *http.Request) bool {
	g.mu.Lock()
	slow := g.slow[r.URL.Path]
	g.mu.Unlock()
	if slow {
		g.hung.Add(1)
		<-g.opened
	}
	return false
}

// TestHangingChannelsDelayNoOther: six channels whose calls hang, with hundreds
// of messages behind them, and one that goes on as if nothing were.
func TestHangingChannelsDelayNoOther(t *testing.T) {
	t.Parallel()
	var b *bench
	b = newBench(t, func(o *messaging.Options, _ *portal.Account) {
		front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.toWhatsApp(w, r) })
		o.Simulator = whatsapp.New(whatsapp.Options{Transport: whatsapp.HandlerTransport(front), Timeout: time.Minute})
	})
	g := &gate{opened: make(chan struct{}), slow: map[string]bool{}}
	var stuck []string
	for range 6 {
		c := b.another()
		configuration, err := b.service.Configuration(t.Context(), c.Tenant)
		if err != nil {
			t.Fatal(err)
		}
		g.slow["/"+configuration.Channels[0].PhoneNumberID+"/messages"] = true
		stuck = append(stuck, b.many(c, 100)...)
	}
	b.intercept(g.intercept)
	b.work()
	b.until("all six hang", func() bool { return g.hung.Load() >= 6*20 })
	var took []time.Duration
	for i := range 60 {
		m := template(fmt.Sprintf("+551196%07d", i))
		began := time.Now()
		accepted := b.accept(m)
		b.until("sent", func() bool { return b.sent(accepted.To) == 1 })
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("accepted to sent beside %d hanging calls: median %v, p95 %v", g.hung.Load(), took[30], took[57])
	if took[57] > bound(100*time.Millisecond) {
		t.Errorf("p95 from accepted to sent is %v", took[57])
	}
	close(g.opened)
	b.until("everything sent", func() bool {
		q, err := b.store.Reader(t.Context()).Queues(b.clock.Now())
		return err == nil && q[0].Due == 0
	})
	if n := g.hung.Load(); n != int64(len(stuck)) {
		t.Errorf("%d calls for %d messages", n, len(stuck))
	}
}

// TestALongCallIsMadeOnce: a call that outlives its lease is neither made again
// nor lost.
func TestALongCallIsMadeOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun, answer := make(chan struct{}), make(chan struct{})
	b.intercept(func(http.ResponseWriter, *http.Request) bool {
		close(begun)
		<-answer
		return false
	})
	m := b.accept(text(tester))
	pass := func() {
		t.Helper()
		if _, err := b.service.Dispatch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pass()
	<-begun
	for _, jump := range []time.Duration{31 * time.Second, 24 * time.Hour, -24 * time.Hour} {
		b.clock.add(jump)
		pass()
		b.want(m.ID, portal.StatusQueued, "")
	}
	close(answer)
	b.service.Wait()
	b.want(m.ID, portal.StatusCreated, "")
	if _, h := b.get(m.ID); b.sent(tester) != 1 || len(h.Attempts) != 1 || h.Attempts[0].Outcome != portal.AttemptAccepted {
		t.Errorf("sent %d times, %+v", b.sent(tester), h.Attempts)
	}
}

// TestTakenOverWhenTheLeaseEnds: what a dead node had claimed goes on within a
// lease and a poll, and whose call may have been made is not called again.
func TestTakenOverWhenTheLeaseEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ids := b.many(b.caller, 10)
	dies, err := messaging.New(messaging.Options{
		Store: b.store, Provider: portal.ProviderSimulator,
		Simulator: whatsapp.New(whatsapp.Options{Transport: whatsapp.HandlerTransport(http.NotFoundHandler())}),
	})
	if err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dies.Dispatch(stopped); err == nil {
		t.Error("a node that stops takes work")
	}
	b.tx(func(tx *store.Tx) error {
		claimed, err := tx.ClaimMessages(store.ClaimOptions{Limit: 10, PerChannel: 10, Lease: 30 * time.Second})
		if err != nil || len(claimed) != 10 {
			return fmt.Errorf("claimed %d: %w", len(claimed), err)
		}
		m, err := tx.LockClaimed(claimed[0])
		if err != nil {
			return err
		}
		m.Attempts = 1
		if err := tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: 1, At: tx.Now()}); err != nil {
			return err
		}
		due := tx.Now()
		return tx.LeaseMessage(m, &due, due.Add(30*time.Second))
	})
	b.clock.add(29 * time.Second)
	b.dispatch()
	b.want(ids[1], portal.StatusQueued, "")
	b.clock.add(2 * time.Second)
	b.dispatch()
	b.want(ids[0], portal.StatusUnknown, "")
	for _, id := range ids[1:] {
		b.want(id, portal.StatusCreated, "")
	}
}

// TestOnePoisonAmongAThousand: one message panics, one ended the process each
// time, one cannot be read; each ends visibly dead and the others are sent.
func TestOnePoisonAmongAThousand(t *testing.T) {
	t.Parallel()
	var b *bench
	b = newBench(t, func(o *messaging.Options, _ *portal.Account) {
		front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.toWhatsApp(w, r) })
		o.Simulator = whatsapp.New(whatsapp.Options{Transport: poison{"551197" + "0000500", whatsapp.HandlerTransport(front)}})
	})
	ids := b.many(b.caller, 1000)
	panics, fatal, unreadable := ids[500], ids[300], ids[700]
	b.tx(func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE /* test */ messages SET claims = ? WHERE id = ?`, store.MaxClaims, fatal); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE /* test */ messages SET error_code = 'x', provider_error = '{' WHERE id = ?`, unreadable)
		return err
	})
	b.dispatch()
	b.want(panics, portal.StatusUnknown, "") // nobody knows whether it left
	b.want(fatal, portal.StatusFailed, portal.CodeInternal)
	b.want(unreadable, portal.StatusFailed, portal.CodeInternal)
	counts, err := b.store.Reader(t.Context()).MessageCounts(b.caller.Tenant, b.clock.Now())
	if err != nil || counts[portal.StatusCreated] != 997 {
		t.Errorf("counts %v, %v", counts, err)
	}
	q, err := b.store.Reader(t.Context()).Queues(b.clock.Now())
	if err != nil || q[0].Due != 0 || q[0].Dead != 3 {
		t.Errorf("queues %+v, %v", q, err)
	}
}

// TestProviderDownAndBack: while every call fails, accepting stays quick, and
// afterwards the queue drains without one message lost or sent twice.
func TestProviderDownAndBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	start := b.clock.Now()
	b.clock.run()
	var down atomic.Bool
	down.Store(true)
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			fault(w, 503, 2)
			return true
		}
		return false
	})
	b.work()
	var took []time.Duration
	total := 0
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); total++ {
		began := time.Now()
		b.accept(template(fmt.Sprintf("+551197%07d", total)))
		took = append(took, time.Since(began))
		<-time.After(5 * time.Millisecond)
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("%d accepted while WhatsApp is down: p99 %v", total, p99)
	if p99 > bound(250*time.Millisecond) {
		t.Errorf("p99 of accepting is %v", p99)
	}
	down.Store(false)
	b.until("everything sent", func() bool {
		counts, err := b.store.Reader(t.Context()).MessageCounts(b.caller.Tenant, start)
		return err == nil && counts[portal.StatusQueued] == 0
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.sends) != total {
		t.Errorf("%d people were written to, want %d", len(b.sends), total)
	}
}

// TestTheClockJumpsADay: forward, what waits to be tried again goes out at the
// channel's pace and nothing that lives longer expires; backward, nothing waits
// a day for the clock to catch up.
func TestTheClockJumpsADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var mu sync.Mutex
	underWay, most := 0, 0
	refuse := true
	b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		mu.Lock()
		underWay++
		most = max(most, underWay)
		no := refuse
		mu.Unlock()
		defer func() { mu.Lock(); underWay--; mu.Unlock() }()
		if no {
			<-time.After(time.Millisecond)
			fault(w, 503, 2)
		}
		return no
	})
	living := b.clock.Now().Add(72 * time.Hour)
	var ids []string
	b.tx(func(tx *store.Tx) error {
		ids = nil
		for i := range 300 {
			d := template(fmt.Sprintf("+551197%07d", i))
			d.ExpiresAt = &living
			m, err := b.service.AcceptTx(tx, b.caller, "", d)
			if err != nil {
				return err
			}
			ids = append(ids, m.ID)
		}
		return nil
	})
	b.dispatch()
	b.clock.add(24 * time.Hour)
	b.dispatch() // tried again, and postponed by a clock that is a day ahead
	ahead := b.accept(template(person))
	b.clock.add(-24 * time.Hour)
	mu.Lock()
	refuse = false
	mu.Unlock()
	b.dispatch()
	for _, id := range append(ids, ahead.ID) {
		b.want(id, portal.StatusCreated, "")
	}
	if calls := strings.Count(fmt.Sprint(b.sends), ":3"); calls != 300 || b.sent(person) != 1 {
		t.Errorf("%d of 300 were called three times, %d times the last", calls, b.sent(person))
	}
	if most > 100 {
		t.Errorf("%d calls at a time through one channel", most)
	}
}
