package store

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/lanes"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// TopicSimulator is notified when the simulator owes a callback.
const TopicSimulator = "simulator"

const (
	callbackLease    = 40 * time.Second // a pass that takes longer repeats callbacks, which is harmless
	callbackParallel = 32
	callbacksAtOnce  = 32 // each is work for the receiver's one transaction
	maxCallbackDelay = 5 * time.Minute
	maxCallbackTries = 2000 // about a week
)

// SimulatorJournal lets the WhatsApp simulator keep its phones and the callbacks
// it owes in the store, so that a killed process loses no status. It implements
// simulator.Journal.
type SimulatorJournal struct{ *Store }

var _ simulator.Journal = SimulatorJournal{}

// Schedule stores callbacks, all or none.
func (s SimulatorJournal) Schedule(ctx context.Context, callbacks []simulator.Callback) (err error) {
	defer portal.Wrap(&err, "Schedule")
	err = s.Tx(ctx, func(tx *Tx) error { return tx.scheduleCallbacks(callbacks) })
	if err == nil {
		s.Notify(TopicSimulator)
	}
	return err
}

func (tx *Tx) scheduleCallbacks(callbacks []simulator.Callback) error {
	for _, c := range callbacks {
		if _, err := tx.Exec(`
INSERT /* SimulatorCallback.Insert */ INTO simulator_callbacks (id, channel_id, body, tries, due_at, claims, reason)
VALUES (?, ?, ?, 0, ?, 0, '')`, c.ID, c.ChannelID, c.Body, c.DueAt); err != nil {
			return err
		}
	}
	return nil
}

// owed is a callback with what decides its next try.
type owed struct {
	simulator.Callback
	tries, claims int
	result        result
	tried         bool
	status        int // of the answer
	at            time.Time
	took          time.Duration
}

// result is what a try of a callback came to.
type result int

const (
	postponed result = iota // refused, or behind one that was
	delivered
	panicked
)

// Deliver claims due callbacks and calls send with those of one channel, up to
// a number at once, in the order they are due. When send refuses several, they
// are sent one by one, side by side, but those of one message one after the
// other. What is refused alone is tried again later and later, for about a week.
// A callback that panics again and again, or was claimed again and again without
// an outcome, is kept as dead, and the others do not notice. It returns how many
// it took up.
func (s SimulatorJournal) Deliver(ctx context.Context, limit int, send func([]simulator.Callback) error) (n int, err error) {
	defer portal.Wrap(&err, "Deliver")
	var due []*owed
	err = s.Tx(ctx, func(tx *Tx) error {
		due, err = tx.claimCallbacks(limit)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	round := sending{s.Now, send}
	round.alone(round.together(due))
	// What was delivered must not be delivered again because ctx ended meanwhile.
	return len(due), s.Tx(context.WithoutCancel(ctx), func(tx *Tx) error { return tx.settleCallbacks(due) })
}

// sending is how the callbacks of one pass are made.
type sending struct {
	now  func() time.Time
	send func([]simulator.Callback) error
}

// together sends what is there for the first time, several of a channel in one
// call, and returns what has to go alone, in order.
func (s sending) together(due []*owed) (rest []*owed) {
	side, channels, troubled := lanes.New(callbackParallel), map[string][]*owed{}, map[string]bool{}
	for _, c := range due {
		channels[c.ChannelID] = append(channels[c.ChannelID], c)
		troubled[c.ChannelID] = troubled[c.ChannelID] || c.tries > 0 || c.claims > 1
	}
	for id, all := range channels {
		if troubled[id] {
			continue
		}
		side.Go(id, lanes.Job{Do: func() {
			for calls := range slices.Chunk(all, callbacksAtOnce) {
				if len(calls) > 1 && !s.try(calls) {
					return
				}
			}
		}})
	}
	side.Wait()
	return slices.DeleteFunc(slices.Clone(due), func(c *owed) bool { return c.result == delivered })
}

// alone sends each in a call of its own.
func (s sending) alone(due []*owed) {
	side := lanes.New(callbackParallel)
	held := map[string]*atomic.Bool{} // by subject: one was refused, and the later ones wait for it
	for _, c := range due {
		if c.claims > MaxClaims {
			continue
		}
		subject := subjectOf(c)
		if held[subject] == nil {
			held[subject] = new(atomic.Bool)
		}
		hold := held[subject]
		side.Go(subject, lanes.Job{Do: func() {
			if !hold.Load() {
				hold.Store(true)
				hold.Store(!s.try([]*owed{c}))
			}
		}})
	}
	side.Wait()
}

// try makes one call and notes what came of it.
func (s sending) try(calls []*owed) (taken bool) {
	start := s.now()
	list := make([]simulator.Callback, 0, len(calls))
	for _, c := range calls {
		c.result, c.tried, c.at = panicked, true, start
		list = append(list, c.Callback)
	}
	err := s.send(list)
	for _, c := range calls {
		c.status, c.took = simulator.StatusOf(err), s.now().Sub(start)
		switch {
		case err == nil:
			c.result = delivered
		case !errors.Is(err, simulator.ErrPanicked):
			c.result = postponed
		}
	}
	return err == nil
}

func (tx *Tx) claimCallbacks(limit int) (due []*owed, err error) {
	ids, err := tx.ClaimDue(Claim{
		Table: "simulator_callbacks", Order: "t.due_at, t.id", Limit: limit,
		Lease: callbackLease, Counted: true, Suspects: true,
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = tx.Rows(`
SELECT /* SimulatorCallback.Claimed */ id, channel_id, body, tries, claims, due_at
FROM simulator_callbacks
WHERE id IN `+listOf(len(ids))+`
ORDER BY due_at, id`, textArgs(ids), func(scan func(dest ...any) error) error {
		c := new(owed)
		due = append(due, c)
		return scan(&c.ID, &c.ChannelID, &c.Body, &c.tries, &c.claims, &c.DueAt)
	})
	return due, err
}

func (tx *Tx) settleCallbacks(due []*owed) error {
	var done []string
	for _, c := range due {
		var err error
		switch {
		case c.result == delivered:
			done = append(done, c.ID)
		case c.claims > MaxClaims:
			err = tx.buryCallback(c.ID, "claimed again and again without an outcome")
		case c.result == panicked && c.claims == MaxClaims:
			err = tx.buryCallback(c.ID, "delivering it panics")
		case c.tries+1 >= maxCallbackTries:
			err = tx.buryCallback(c.ID, "refused for a week")
		default:
			err = tx.postponeCallback(c)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.logDeliveries(due); err != nil || len(done) == 0 {
		return err
	}
	_, err := tx.Exec(`
DELETE /* SimulatorCallback.Delivered */ FROM simulator_callbacks
WHERE id IN `+listOf(len(done)), textArgs(done)...)
	return err
}

// postponeCallback has a callback tried later. A panic is no outcome: its claim counts.
func (tx *Tx) postponeCallback(c *owed) error {
	claims := 0
	if c.result == panicked {
		claims = c.claims
	}
	wait := min(time.Second<<min(c.tries, 10), maxCallbackDelay)
	_, err := tx.Exec(`
UPDATE /* SimulatorCallback.Postpone */ simulator_callbacks
SET tries = tries + 1, due_at = ?, lease_until = NULL, claims = ?
WHERE id = ?`, tx.now.Add(wait), claims, c.ID)
	return err
}

func (tx *Tx) buryCallback(id, reason string) error {
	_, err := tx.Exec(`
UPDATE /* SimulatorCallback.Bury */ simulator_callbacks
SET due_at = NULL, lease_until = NULL, dead_at = ?, reason = ?
WHERE id = ?`, tx.now, reason, id)
	return err
}

// subjectOf returns the message or template a callback is about, whose callbacks keep their
// order: read, delivered to us before delivered, would hide it for ever.
func subjectOf(c *owed) string {
	parsed, err := whatsapp.ParseCallback(c.Body)
	switch {
	case err == nil && len(parsed.Statuses) > 0:
		return parsed.Statuses[0].MessageID
	case err == nil && len(parsed.Templates) > 0:
		return parsed.Templates[0].ID
	}
	return c.ID
}
