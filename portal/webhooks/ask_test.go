package webhooks_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/webhooks"
)

func TestTestAndResend(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r, other := setup(t, open), receive(t, inTurn(500, 204)), receive(t, noContent)
		made := b.endpoint(r.URL)
		b.endpoint(other.URL)
		told, err := b.service.Test(t.Context(), b.caller, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if told.Status != portal.DeliveryDead || told.EventType != portal.EventTest || told.List[0].HTTPStatus != http.StatusInternalServerError {
			t.Errorf("test: %+v", told)
		}
		b.work()
		if requests, _ := other.calls(); len(requests) != 0 {
			t.Error("a test reaches another endpoint")
		}
		if e := b.read(made.ID); e.FailingSince != nil {
			t.Error("a test says something about health")
		}
		var again portal.Delivery
		b.tx(func(tx *store.Tx) (err error) {
			again, err = b.service.ResendTx(tx, b.caller, made.ID, told.ID)
			return err
		})
		b.work()
		requests, _ := r.calls()
		if len(requests) != 2 || requests[0].Header.Get("Webhook-Id") != requests[1].Header.Get("Webhook-Id") {
			t.Errorf("%d calls, or another id", len(requests))
		}
		if d, err := b.service.Delivery(t.Context(), b.caller.Tenant, made.ID, again.ID); err != nil || d.Status != portal.DeliverySucceeded {
			t.Errorf("resend: %+v, %v", d, err)
		}
	})
}

func TestReplay(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open, func(o *webhooks.Options) { o.Schedule = []time.Duration{time.Second} })
		broken := atomic.Bool{}
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		made := b.endpoint(r.URL)
		from := b.store.Now()
		want := map[string]bool{}
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		broken.Store(true)
		for range 300 {
			want[b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))] = true
		}
		for range 3 {
			b.work()
			b.pass(5 * time.Second)
		}
		broken.Store(false)
		before, _ := r.calls()
		b.tx(func(tx *store.Tx) error {
			_, err := b.service.ReplayTx(tx, b.caller, webhooks.Ask{EndpointID: made.ID, From: from, FailedOnly: true})
			return err
		})
		b.work()
		after, _ := r.calls()
		got := map[string]bool{}
		for _, req := range after[len(before):] {
			got[req.Header.Get("Webhook-Id")] = true
		}
		if len(got) != len(want) || len(after)-len(before) != len(want) {
			t.Fatalf("replayed %d events in %d calls, want %d", len(got), len(after)-len(before), len(want))
		}
		for id := range want {
			if !got[id] {
				t.Errorf("%s was not replayed", id)
			}
		}
		replays, err := b.service.Replays(t.Context(), b.caller.Tenant, made.ID)
		if err != nil || len(replays) != 1 || replays[0].Queued != len(want) || replays[0].FinishedAt == nil {
			t.Errorf("replays %+v, %v", replays, err)
		}
	})
}

// TestFeed reads the feed while events are written: each appears once and none
// behind a place that was handed out.
func TestFeed(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		const writers, each = 4, 50
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
				}
			})
		}
		ctx, stop := context.WithCancel(t.Context())
		var routing sync.WaitGroup
		for range 2 { // as two nodes
			routing.Go(func() {
				for ctx.Err() == nil {
					if _, err := b.service.Route(ctx); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		seen, after := map[string]bool{}, int64(0)
		for len(seen) < writers*each && !t.Failed() {
			events, upTo, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: after, Limit: 7})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if seen[e.ID] {
					t.Errorf("%s twice", e.ID)
				}
				seen[e.ID] = true
			}
			after = upTo
		}
		stop()
		routing.Wait()
		all.Wait()
		events, upTo, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{Limit: 100, Types: []string{"channel.*"}})
		if err != nil || len(events) != 0 || upTo < writers*each {
			t.Errorf("other types: %d events up to %d, %v", len(events), upTo, err)
		}
		if _, _, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: upTo + 1, Limit: 1}); portal.CodeOf(err) != portal.CodeInvalidCursor {
			t.Errorf("a place in the future: %v", err)
		}
	})
}

func TestForget(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made := b.endpoint(r.URL)
		for range 3 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		b.work()
		_, old, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.service.Forget(t.Context()); err != nil || len(b.deliveries(made.ID)) != 3 {
			t.Fatalf("what is young is gone, %v", err)
		}
		b.pass(webhooks.Kept + time.Hour)
		if err := b.service.Forget(t.Context()); err != nil || len(b.deliveries(made.ID)) != 0 {
			t.Fatalf("what is old is there, %v", err)
		}
		events, upTo, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{Limit: 10})
		if err != nil || len(events) != 0 {
			t.Errorf("%d old events, %v", len(events), err)
		}
		if _, _, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: old, Limit: 1}); portal.CodeOf(err) != portal.CodeInvalidCursor {
			t.Errorf("a cursor to what is gone: %v", err)
		}
		if _, _, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: upTo, Limit: 1}); err != nil {
			t.Errorf("the cursor of today: %v", err)
		}
	})
}
