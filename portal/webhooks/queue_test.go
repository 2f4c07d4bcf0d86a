package webhooks_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// queue returns how the work of a kind stands.
func (b bench) queue(kind string) (q store.Queue) {
	b.Helper()
	list, err := b.store.Reader(b.Context()).Queues(b.store.Now())
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range list {
		if q.Kind == kind {
			return q
		}
	}
	b.Fatalf("no queue of %s", kind)
	return q
}

// TestDeliveriesAreCounted: what waits for receivers is seen, and one that asked
// for patience does not look like a program that is late.
func TestDeliveriesAreCounted(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		if _, err := b.service.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		if q := b.queue("deliveries"); q.Due != 1 || q.OldestDue == nil || q.Leased != 0 {
			t.Errorf("routed: %+v", q)
		}
		b.work()
		if q := b.queue("deliveries"); q.Due != 0 || q.Later != 1 || q.Leased != 0 {
			t.Errorf("to be tried again: %+v", q)
		}
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		b.pass(10 * time.Minute)
		if q := b.queue("deliveries"); q.Due != 1 || q.OldestDue != nil {
			t.Errorf("held back: %+v", q)
		}
		for _, kind := range []string{"runs", "mails"} {
			if q := b.queue(kind); q.Due != 0 || q.OldestDue != nil {
				t.Errorf("%+v", q)
			}
		}
	})
}
