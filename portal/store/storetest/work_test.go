package storetest_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// queue returns how one kind of work stands.
func (p mail) queue(kind string) store.Queue {
	p.Helper()
	list, err := p.store.Reader(p.Context()).Queues(p.store.Now())
	if err != nil {
		p.Fatal(err)
	}
	for _, q := range list {
		if q.Kind == kind {
			return q
		}
	}
	p.Fatalf("no queue %s", kind)
	return store.Queue{}
}

func TestQueues(t *testing.T) {
	onMail(t, func(p mail) {
		equal(p, "empty", p.queue("messages"), store.Queue{Kind: "messages"})
		first := p.store.Now()
		broken := p.insert(p.queued("c"), 0)
		p.wait(time.Second)
		other := p.queued("d")
		other.ChannelID = "chn_other"
		p.insert(other, 0)
		p.insert(p.queued("e"), time.Hour)
		p.insert(p.queued("f"), -1)
		equal(p, "waiting", p.queue("messages"), store.Queue{Kind: "messages", Due: 2, OldestDue: &first, Later: 1})
		equal(p, "claimed", len(p.claim(1)), 1)
		equal(p, "under way", p.queue("messages"), store.Queue{Kind: "messages", Due: 2, OldestDue: &first, Leased: 1, Later: 1})
		p.tx(func(tx *store.Tx) error { return tx.EndUnread(p.tenant, broken.ID) })
		next := first.Add(time.Second)
		equal(p, "given up", p.queue("messages"), store.Queue{Kind: "messages", Due: 1, OldestDue: &next, Later: 1, Dead: 1})
	})
}

func TestQueueOfFiles(t *testing.T) {
	onMail(t, func(p mail) {
		first := p.store.Now()
		p.tx(func(tx *store.Tx) error {
			return tx.InsertMedia(portal.Media{ID: "med_a", AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, Direction: portal.Inbound, Status: portal.MediaPending, CreatedAt: first, ExpiresAt: first.Add(time.Hour)})
		})
		equal(p, "waiting", p.queue("media"), store.Queue{Kind: "media", Due: 1, OldestDue: &first})
		p.tx(func(tx *store.Tx) error {
			_, err := tx.ClaimMedia(9, time.Minute)
			return err
		})
		equal(p, "under way", p.queue("media"), store.Queue{Kind: "media", Due: 1, OldestDue: &first, Leased: 1})
		for _, kind := range []string{"replays", "imports"} {
			equal(p, kind, p.queue(kind), store.Queue{Kind: kind})
		}
	})
}

func TestAClaimIsWorthNothingWhenTheRowMovedOn(t *testing.T) {
	onMail(t, func(p mail) {
		p.insert(p.queued("c"), 0)
		everything := store.ClaimOptions{Limit: 9, PerChannel: 9, Suspects: true, Lease: time.Minute}
		lock := func(c store.ClaimedMessage) error {
			return p.store.Tx(p.Context(), func(tx *store.Tx) error {
				_, err := tx.LockClaimed(c)
				return err
			})
		}
		old := p.claimed(everything)[0]
		if err := lock(old); err != nil {
			p.Errorf("ours: %v", err)
		}
		p.wait(2 * time.Minute)
		taken := p.claimed(everything)[0]
		equal(p, "claims", []int{old.Claims, taken.Claims}, []int{1, 2})
		mustCode(p.T, "taken over", lock(old), portal.CodeNotFound)
		p.tx(func(tx *store.Tx) error { return tx.ReleaseMessage(old) })
		equal(p, "released by somebody else", len(p.claimed(everything)), 0)
		p.save(taken.ID, func(*portal.Message) {})
		mustCode(p.T, "finished", lock(taken), portal.CodeNotFound)
	})
}

func TestLeaseIsNoOutcome(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.insert(p.queued("c"), 0)
		everything := store.ClaimOptions{Limit: 9, PerChannel: 9, Suspects: true, Lease: time.Minute}
		for n := 1; n <= store.MaxClaims+1; n++ {
			got := p.claimed(everything)
			if len(got) != 1 || got[0].Claims != n || got[0].Suspect() != (n > 2) {
				p.Fatalf("claim %d: %+v", n, got)
			}
			p.tx(func(tx *store.Tx) error {
				m, err := tx.LockMessage(p.tenant, m.ID)
				if err != nil {
					return err
				}
				due := tx.Now()
				return tx.LeaseMessage(m, &due, due.Add(time.Minute))
			})
			p.tx(func(tx *store.Tx) error { return tx.ReleaseLeases() })
			p.wait(time.Second) // the number's rate
		}
	})
}

// TestEndUnread: the sequence stays, because what cannot be read is told to nobody.
func TestEndUnread(t *testing.T) {
	onMail(t, func(p mail) {
		plain, begun, done := p.insert(p.queued("c"), 0), p.insert(p.queued("d"), 0), p.insert(p.queued("e"), -1)
		p.tx(func(tx *store.Tx) error {
			err := tx.InsertAttempt(portal.Attempt{MessageID: begun.ID, Number: 1, At: tx.Now()})
			for _, m := range []portal.Message{plain, begun, done} {
				err = errors.Join(err, tx.EndUnread(p.tenant, m.ID))
			}
			return err
		})
		got := p.message(plain.ID)
		if got.Status != portal.StatusFailed || got.Failure == nil || got.Failure.Code != portal.CodeInternal || got.Sequence != 1 {
			p.Errorf("never begun: %s %+v, sequence %d", got.Status, got.Failure, got.Sequence)
		}
		equal(p, "a call may have been made", p.message(begun.ID).Status, portal.StatusUnknown)
		equal(p, "nothing was due", p.message(done.ID).Status, portal.StatusQueued)
		equal(p, "queue", p.queue("messages"), store.Queue{Kind: "messages", Dead: 2})
	})
}

func TestReturnToPresent(t *testing.T) {
	onMail(t, func(p mail) {
		retry := p.insert(p.queued("c"), time.Minute)
		p.wait(24 * time.Hour)
		ahead, scheduled := p.insert(p.queued("d"), time.Minute), p.queued("e")
		scheduled.Status = portal.StatusScheduled
		p.insert(scheduled, time.Minute)
		j := store.SimulatorJournal{Store: p.store}
		err := j.Schedule(p.Context(), []simulator.Callback{{ID: "1", ChannelID: p.channel, DueAt: p.store.Now(), Body: statusBody("w")}})
		if err != nil {
			p.Fatal(err)
		}
		p.wait(-24 * time.Hour)
		p.tx(func(tx *store.Tx) error { return tx.ReturnToPresent() })
		equal(p, "postponed by the wrong clock", p.claim(10), []string{ahead.ID})
		equal(p, "owed by the wrong clock", p.queue("simulator").Due, 1)
		p.wait(time.Minute)
		equal(p, "postponed by the right one", p.claim(10), []string{retry.ID})
	})
}

// TestPoisonCallback: a callback that always panics ends as dead after its
// attempts, and the others are delivered.
func TestPoisonCallback(t *testing.T) {
	for name, limit := range map[string]int{"alone": 1, "beginning in one call": 10} {
		t.Run(name, func(t *testing.T) { poisonCallback(t, limit) })
	}
}

func poisonCallback(t *testing.T, limit int) {
	t.Helper()
	onMail(t, func(p mail) {
		j := store.SimulatorJournal{Store: p.store}
		now := p.store.Now()
		owe := func(id string) simulator.Callback {
			return simulator.Callback{ID: id, ChannelID: p.channel, DueAt: now, Body: statusBody(id)}
		}
		if err := j.Schedule(p.Context(), []simulator.Callback{owe("poison"), owe("fatal"), owe("fine"), owe("answers")}); err != nil {
			p.Fatal(err)
		}
		var mu sync.Mutex // callbacks are sent side by side
		tried := map[string]int{}
		p.tx(func(tx *store.Tx) error { // the process died of it, every time
			_, err := tx.Exec(`UPDATE simulator_callbacks SET claims = ? WHERE id = 'fatal'`, store.MaxClaims)
			return err
		})
		for range 20 {
			p.wait(10 * time.Minute)
			_, err := j.Deliver(p.Context(), limit, func(calls []simulator.Callback) error {
				mu.Lock()
				defer mu.Unlock()
				if len(calls) == 1 {
					tried[calls[0].ID]++
				}
				for _, c := range calls {
					switch c.ID {
					case "poison":
						panic(c.ID)
					case "answers":
						return simulator.ErrPanicked
					}
				}
				return nil
			})
			if err != nil {
				p.Fatal(err)
			}
		}
		equal(p, "tries", tried, map[string]int{"poison": store.MaxClaims, "answers": store.MaxClaims, "fine": 1})
		equal(p, "queue", p.queue("simulator"), store.Queue{Kind: "simulator", Dead: 3})
	})
}
