package audit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// hold keeps the store's writer busy until release is called.
func hold(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	held, free, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.Tx(context.Background(), func(*store.Tx) error {
			close(held)
			<-free
			return nil
		})
	}()
	<-held
	return sync.OnceFunc(func() {
		close(free)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// While the store takes nothing a caller waits a second at most. What found no
// room is missing: at once on this node, and after that on every node and after
// every restart.
func TestAHeldStoreLosesRowsAndNobodyForgetsThem(t *testing.T) {
	t.Parallel()
	l, s := setup(t)
	release := hold(t, s)
	defer release()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	const sent = 2500 // more than the buffer holds
	l.Enqueue(t.Context(), row())
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for waiting := 1; waiting > 0; waiting, _ = l.Waiting() {
		<-tick.C // until the log waits for the store
	}
	for range sent - 1 {
		l.Enqueue(gone, row())
	}
	began := time.Now()
	l.Enqueue(t.Context(), row())
	if waited := time.Since(began); waited < 900*time.Millisecond || waited > 5*time.Second {
		t.Errorf("a caller waited %v for room, want a second", waited)
	}
	lost := l.Lost()
	if lost == 0 || missing(t, l, tenant) != lost {
		t.Fatalf("lost %d, of which the page says %d", lost, missing(t, l, tenant))
	}
	release()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	other := audit.New(audit.Options{Store: s})
	if other.Lost() != 0 || missing(t, other, tenant) != lost {
		t.Errorf("after a restart %d are missing, want %d", missing(t, other, tenant), lost)
	}
	n := 0
	if err := l.Export(t.Context(), tenant, portal.RequestFilter{}, func(portal.Request) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	if int64(n)+lost != sent+1 {
		t.Errorf("%d written and %d lost of %d", n, lost, sent+1)
	}
}

// On both engines the counts of all calls are there once the rows are.
func TestCountsOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open(func(o *store.Options) { o.Now = func() time.Time { return noon } })
		// Two nodes count the same minute.
		for range 2 {
			l := audit.New(audit.Options{Store: s})
			for i := range 40 {
				l.Enqueue(t.Context(), row(func(r *portal.Request) {
					if i%4 == 0 {
						r.Status, r.ErrorCode, r.At = 422, portal.CodeWindowClosed, noon.Add(time.Duration(i)*time.Second)
					}
				}))
			}
			l.Flush(t.Context())
			if l.Written() != 40 {
				t.Errorf("%d written, want 40", l.Written())
			}
		}
		use := store.UseFilter{From: noon, To: noon.Add(time.Minute), Latency: true}
		minutes, err := s.Reader(t.Context()).RequestUse(tenant, use)
		if err != nil || len(minutes) != 1 || minutes[0].OK != 60 || minutes[0].Refused != 20 {
			t.Fatalf("minutes: %+v, %v", minutes, err)
		}
		if p95 := minutes[0].Latency.Percentile(95); p95 <= 2*time.Millisecond || p95 > 3*time.Millisecond {
			t.Errorf("p95 of calls that took 3 ms: %v", p95)
		}
		groups, err := s.Reader(t.Context()).RequestErrors(tenant, use)
		if err != nil || len(groups) != 1 || groups[0].Calls != 20 || groups[0].Operation != "listMessages" ||
			!groups[0].FirstAt.Equal(noon) || !groups[0].LastAt.Equal(noon.Add(36*time.Second)) {
			t.Errorf("errors: %+v, %v", groups, err)
		}
	})
}
