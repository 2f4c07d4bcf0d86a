package webhooks_test

import (
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

// TestNoAttemptIsUnderWayForEver has a process die during a call: the attempt
// that replaces it ends both.
func TestNoAttemptIsUnderWayForEver(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made := b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		if _, err := b.service.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.tx(func(tx *store.Tx) error { // and then the process was gone
			_, err := tx.ClaimDeliveries(store.DeliveryClaim{Limit: 10, PerEndpoint: 10, Lease: time.Minute})
			return err
		})
		b.pass(2 * time.Minute)
		b.work()
		d := b.deliveries(made.ID)[0]
		if d.Status != portal.DeliverySucceeded || len(d.List) != 2 || d.List[0].Outcome != portal.OutcomeInterrupted || d.List[1].Outcome != portal.OutcomeSucceeded {
			t.Errorf("%+v", d)
		}
	})
}

// TestClaimedTwice lets the lease of a call under way run out, as it does when
// the clock jumps: it stays one attempt.
func TestClaimedTwice(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		called, goOn := make(chan struct{}, 10), make(chan struct{})
		b := setup(t, open)
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			called <- struct{}{}
			<-goOn
			w.WriteHeader(http.StatusNoContent)
		})
		made := b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		if _, err := b.service.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		deliver := func() {
			if _, err := b.service.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		}
		deliver()
		<-called
		b.pass(2 * time.Minute)
		deliver()
		close(goOn)
		b.service.Wait()
		b.work()
		if d := b.deliveries(made.ID)[0]; d.Status != portal.DeliverySucceeded || len(d.List) != 1 || d.List[0].Outcome != portal.OutcomeSucceeded {
			t.Errorf("%+v", d)
		}
	})
}
