package webhooks_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// TestADeliveryThatPanicsEnds: it is dead after its attempts, at the times of
// its retries, and says nothing about the endpoint. Its neighbor arrives.
func TestADeliveryThatPanicsEnds(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open, func(o *webhooks.Options) {
			o.Schedule = []time.Duration{time.Second, time.Second}
			o.Mask = func(answer []byte) string {
				if string(answer) == "poison" {
					panic("nobody can mask this")
				}
				return string(answer)
			}
		})
		var poison atomic.Value // the id of an event
		r := receive(t, func(w http.ResponseWriter, req *http.Request) {
			if req.Header.Get("Webhook-Id") == poison.Load() {
				_, _ = w.Write([]byte("poison"))
			}
		})
		made := b.endpoint(r.URL)
		poison.Store(b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage)))
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		for range 6 {
			b.work()
			b.pass(2 * time.Minute)
		}
		for _, d := range b.deliveries(made.ID) {
			if d.EventID != poison.Load() && (d.Status != portal.DeliverySucceeded || d.Attempts != 1) {
				t.Errorf("the neighbor: %+v", d)
			}
			if d.EventID != poison.Load() {
				continue
			}
			if d.Status != portal.DeliveryDead || d.Attempts != 3 || d.NextAt != nil || d.FinishedAt == nil {
				t.Errorf("poison: %+v", d.Delivery)
			}
			for _, a := range d.List {
				if a.Outcome != portal.OutcomeInterrupted {
					t.Errorf("attempt %+v", a)
				}
			}
		}
		if e := b.read(made.ID); e.FailingSince != nil || e.LastSuccessAt == nil {
			t.Errorf("the endpoint is blamed: %+v", e)
		}
	})
}

// TestADeliveryThatEndsTheProcess: what was under way each time is taken alone,
// and given up without another call; what was beside it arrives.
func TestADeliveryThatEndsTheProcess(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made := b.endpoint(r.URL)
		for range 3 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		if _, err := b.service.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		var taken []portal.Delivery
		for i := range store.MaxClaims {
			b.tx(func(tx *store.Tx) (err error) { // and then the process is gone
				taken, err = tx.ClaimDeliveries(store.DeliveryClaim{Limit: 10, PerEndpoint: 10, Lease: time.Minute})
				return err
			})
			if want := map[bool]int{true: 3, false: 1}[i < 2]; len(taken) != want {
				t.Fatalf("start %d took %d deliveries, want %d", i+1, len(taken), want)
			}
			if err := b.service.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b.work()
		for _, d := range b.deliveries(made.ID) {
			last := d.List[len(d.List)-1]
			switch {
			case d.ID == taken[0].ID && (d.Status != portal.DeliveryDead || last.Outcome != portal.OutcomeInterrupted || last.Request != nil):
				t.Errorf("what ends the process: %+v", d)
			case d.ID != taken[0].ID && (d.Status != portal.DeliverySucceeded || d.Claims != 0):
				t.Errorf("what was beside it: %+v", d)
			}
		}
		if calls, _ := r.calls(); len(calls) != 2 {
			t.Errorf("%d calls, want 2", len(calls))
		}
	})
}

// TestSuspectsWaitForReceiversToo: an endpoint that gets nothing now gets no
// suspect either.
func TestSuspectsWaitForReceiversToo(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		made := b.endpoint("https://erp.example.com/wpp")
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		if _, err := b.service.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		claimed := func(skip ...string) (n int) {
			b.tx(func(tx *store.Tx) error {
				list, err := tx.ClaimDeliveries(store.DeliveryClaim{Limit: 10, PerEndpoint: 10, Skip: skip, Lease: time.Minute})
				n = len(list)
				return err
			})
			if err := b.service.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for range 2 {
			claimed() // without an outcome
		}
		if claimed(made.ID) != 0 || claimed() != 1 {
			t.Error("an endpoint without room is given a suspect, or one with room is not")
		}
		b.tx(func(tx *store.Tx) error { return tx.PauseEndpoint(made.ID, tx.Now().Add(time.Hour)) })
		if claimed() != 0 {
			t.Error("an endpoint that asked for patience is given a suspect")
		}
	})
}

// TestAReplayThatFailsHoldsNobodyUp: the replays of others and new events go on,
// and in the end it is given up.
func TestAReplayThatFailsHoldsNobodyUp(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		bad, good := b.endpoint(r.URL, portal.EventMessageRead), b.endpoint(r.URL, portal.EventMessageRead)
		from := b.store.Now().Add(-time.Minute)
		for range 2 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		b.work()
		b.tx(func(tx *store.Tx) error { // the second delivery of that replay cannot be written
			_, err := tx.Exec(`CREATE UNIQUE INDEX poison ON webhook_deliveries (endpoint_id) WHERE trigger_by = 'replay' AND endpoint_id = '` + bad.ID + `'`)
			return err
		})
		for _, id := range []string{bad.ID, good.ID} {
			b.tx(func(tx *store.Tx) error {
				_, err := b.service.ReplayTx(tx, b.caller, webhooks.Ask{EndpointID: id, From: from})
				return err
			})
			b.pass(time.Second)
		}
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		replay := func(endpoint string) portal.WebhookReplay {
			t.Helper()
			list, err := b.service.Replays(t.Context(), b.caller.Tenant, endpoint)
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v, %v", list, err)
			}
			return list[0]
		}
		if w := replay(good.ID); w.FinishedAt == nil || w.Failed || w.Queued < 2 {
			t.Errorf("the replay of another: %+v", w)
		}
		if calls, _ := r.calls(); len(calls) < 2*3+2 {
			t.Errorf("%d calls: the new event or the replay of another did not arrive", len(calls))
		}
		if w := replay(bad.ID); w.FinishedAt != nil {
			t.Errorf("given up at once: %+v", w)
		}
		for range store.MaxClaims {
			b.pass(2 * time.Minute)
			b.work()
		}
		if w := replay(bad.ID); w.FinishedAt == nil || !w.Failed || w.Queued != 0 {
			t.Errorf("the replay that fails: %+v", w)
		}
		if q := b.queue("replays"); q.Due != 0 || q.Leased != 0 || q.Dead != 1 {
			t.Errorf("%+v", q)
		}
	})
}
