package webhooks_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/webhooks"
)

func TestRetries(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, inTurn(500, 500, 204))
		made := b.endpoint(r.URL)
		id := b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		for i, wait := range webhooks.DefaultSchedule[:2] {
			d := b.deliveries(made.ID)[0]
			gap := d.NextAt.Sub(d.List[i].At)
			if gap < wait*8/10-time.Second || gap > wait*12/10+5*time.Second {
				t.Errorf("retry %d after %s, want %s ± 20 %%", i+1, gap, wait)
			}
			b.pass(wait*8/10 - 2*time.Second)
			if b.work(); len(b.deliveries(made.ID)[0].List) != i+1 {
				t.Error("tried again too early")
			}
			b.pass(wait*4/10 + 10*time.Second)
			b.work()
		}
		d := b.deliveries(made.ID)[0]
		if d.Status != portal.DeliverySucceeded || len(d.List) != 3 || d.List[0].Outcome != portal.OutcomeHTTPError {
			t.Errorf("%+v", d)
		}
		requests, bodies := r.calls()
		for i := range requests {
			if requests[i].Header.Get("Webhook-Id") != id || string(bodies[i]) != string(bodies[0]) {
				t.Error("a retry differs in id or body")
			}
			if i > 0 && requests[i].Header.Get("Webhook-Timestamp") == requests[0].Header.Get("Webhook-Timestamp") {
				t.Error("a retry carries the timestamp of another attempt")
			}
		}
	})
}

func TestGivenUp(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open, func(o *webhooks.Options) { o.Schedule = []time.Duration{time.Second, time.Second} }), receive(t, inTurn(500))
		made := b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		for range 5 {
			b.work()
			b.pass(3 * time.Second)
		}
		if d := b.deliveries(made.ID)[0]; d.Status != portal.DeliveryDead || len(d.List) != 3 || d.NextAt != nil {
			t.Errorf("%+v", d)
		}
	})
}

func TestGone(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, gone, other := setup(t, open), receive(t, inTurn(http.StatusGone)), receive(t, noContent)
		made := b.endpoint(gone.URL)
		b.endpoint(other.URL, "endpoint.*")
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		if e := b.read(made.ID); e.Status != portal.EndpointDisabled || e.DisabledReason != portal.DisabledGone {
			t.Errorf("after 410: %+v", e)
		}
		if _, bodies := other.calls(); len(bodies) != 1 || !strings.Contains(string(bodies[0]), made.ID) {
			t.Errorf("the other endpoint was told %d times", len(bodies))
		}
		if n := <-b.notices; n.Percent != 100 {
			t.Errorf("notice %+v", n)
		}
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		if requests, _ := gone.calls(); len(requests) != 1 {
			t.Error("a disabled endpoint is called")
		}
	})
}

func TestPatience(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		busy := atomic.Bool{}
		busy.Store(true)
		b, r := setup(t, open), receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if busy.Load() {
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		})
		b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.pass(100 * time.Second)
		b.work()
		if requests, _ := r.calls(); len(requests) != 1 {
			t.Errorf("%d calls before Retry-After was over", len(requests))
		}
		busy.Store(false)
		b.pass(30 * time.Second)
		b.work()
		if requests, _ := r.calls(); len(requests) != 3 {
			t.Errorf("%d calls after it, want 3", len(requests))
		}
	})
}

func TestBadReceivers(t *testing.T) {
	hang := make(chan struct{})
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		outcome string
		status  string
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusMovedPermanently)
		}, portal.OutcomeRedirect, portal.DeliveryPending},
		{"hang", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-hang:
			}
		}, portal.OutcomeTimeout, portal.DeliveryPending},
		{"dropped", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, portal.OutcomeConnectionError, portal.DeliveryPending},
		{"abort", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("webhook-delivery", "abort-message")
			w.WriteHeader(http.StatusInternalServerError)
		}, portal.OutcomeHTTPError, portal.DeliveryDead},
		{"oversized", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) }, portal.OutcomeSucceeded, portal.DeliverySucceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) },
				func(o *webhooks.Options) { o.Timeout = 500 * time.Millisecond })
			r := receive(t, c.answer)
			made := b.endpoint(r.URL)
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
			b.work()
			d := b.deliveries(made.ID)[0]
			if d.Status != c.status || d.List[0].Outcome != c.outcome {
				t.Errorf("%s %+v", d.Status, d.List[0])
			}
			if p := d.List[0].Response; p != nil && len(p.Body) > 16<<10 {
				t.Errorf("%d bytes of the answer are kept", len(p.Body))
			}
		})
	}
}

func TestSlowNeighbor(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		release := make(chan struct{})
		slow := receive(t, func(http.ResponseWriter, *http.Request) { <-release })
		t.Cleanup(func() { close(release) })
		done := make(chan struct{}, 400)
		quick := receive(t, func(http.ResponseWriter, *http.Request) { done <- struct{}{} })
		b := setup(t, open)
		b.endpoint(slow.URL)
		b.endpoint(quick.URL)
		for range 200 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		for len(done) < 200 {
			if _, err := b.service.Route(b.Context()); err != nil {
				t.Fatal(err)
			}
			n, err := b.service.Deliver(b.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				select {
				case <-b.service.Left():
				case <-b.Context().Done():
				}
			}
		}
	})
}

func TestFailingEndpoint(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open, func(o *webhooks.Options) { o.Schedule = nil }), receive(t, inTurn(500))
		made := b.endpoint(r.URL)
		var told []int
		for range 11 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
			b.work()
			b.pass(12 * time.Hour)
			for len(b.notices) > 0 {
				told = append(told, (<-b.notices).Percent)
			}
		}
		if len(told) != 4 || told[0] != 50 || told[1] != 70 || told[2] != 90 || told[3] != 100 {
			t.Errorf("told %v, want 50, 70, 90, 100", told)
		}
		if e := b.read(made.ID); e.Status != portal.EndpointDisabled || e.DisabledReason != portal.DisabledFailing {
			t.Errorf("after five days: %+v", e)
		}
		for _, d := range b.deliveries(made.ID) {
			if d.Status == portal.DeliveryPending {
				t.Error("something still waits for a disabled endpoint")
			}
		}
	})
}
