package webhooks_test

import (
	"net/http"
	"slices"
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

// TestLongQueuesAreClaimedAsQuickly: how many deliveries wait for a receiver
// does not make it slower to take the next ones.
func TestLongQueuesAreClaimedAsQuickly(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		e := b.endpoint("https://hooks.example")
		tx := func(fn func(tx *store.Tx) error) time.Duration {
			t.Helper()
			start := time.Now()
			if err := b.store.Tx(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
			return time.Since(start)
		}
		claims := func(name string, waiting int) time.Duration {
			tx(func(tx *store.Tx) error {
				_, err := tx.Exec(`
INSERT INTO webhook_deliveries (id, account_id, environment, endpoint_id, event_id, event_type, subject, trigger_by, status, attempts, created_at, due_at)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < CAST(? AS BIGINT))
SELECT 'dlv_' || ? || n, ?, ?, ?, 'evt_' || n, 'message.read', 'msg_' || n, 'automatic', 'pending', 0, CAST(? AS BIGINT), CAST(? AS BIGINT)
FROM numbers`, waiting, name, e.AccountID, string(e.Environment), e.ID, tx.Now(), tx.Now())
				return err
			})
			tx(func(tx *store.Tx) error {
				_, err := tx.Exec("ANALYZE webhook_deliveries") // as PostgreSQL does by itself
				return err
			})
			var took []time.Duration
			for range 7 {
				took = append(took, tx(func(tx *store.Tx) error {
					list, err := tx.ClaimDeliveries(store.DeliveryClaim{Limit: 8, PerEndpoint: 8, Lease: time.Hour})
					if len(list) != 8 {
						t.Errorf("claimed %d", len(list))
					}
					return err
				}))
			}
			return slices.Min(took) // the others say what else the machine does
		}
		few, many := claims("few", 200), claims("many", 20_000)
		if many > 4*few+4*time.Millisecond {
			t.Errorf("of 200: %s, of 20,000: %s", few, many)
		}
	})
}
