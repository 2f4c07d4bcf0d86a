package store

import (
	"context"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// TopicSimulator is notified when the simulator owes a callback.
const TopicSimulator = "simulator"

const (
	callbackLease    = time.Minute
	callbackParallel = 16
	maxCallbackDelay = 5 * time.Minute
)

// SimulatorJournal lets the WhatsApp simulator keep its phones and the callbacks
// it owes in the store, so that a killed process loses no status. It implements
// simulator.Journal.
type SimulatorJournal struct{ *Store }

var _ simulator.Journal = SimulatorJournal{}

// Phone returns the simulated number of a channel; not_found when no channel of the simulator has it.
func (s SimulatorJournal) Phone(ctx context.Context, phoneNumberID string) (p simulator.Phone, err error) {
	defer portal.Wrap(&err, "Phone(%s)", phoneNumberID)
	c, secrets, err := s.channelWithSecrets(ctx, "phone_number_id", phoneNumberID)
	if err != nil {
		return p, err
	}
	if c.Provider != portal.ProviderSimulator {
		return p, errNoRow
	}
	return simulator.Phone{
		ID: c.PhoneNumberID, WABA: c.WABA, Number: c.Phone, Token: secrets.Token,
		AppSecret: secrets.AppSecret, ChannelID: c.ID,
	}, nil
}

// Schedule stores callbacks, all or none.
func (s SimulatorJournal) Schedule(ctx context.Context, callbacks []simulator.Callback) (err error) {
	defer portal.Wrap(&err, "Schedule")
	return s.Tx(ctx, func(tx *Tx) error {
		for _, c := range callbacks {
			if _, err := tx.Exec(`
INSERT /* SimulatorCallback.Insert */ INTO simulator_callbacks (id, channel_id, body, tries, due_at)
VALUES (?, ?, ?, 0, ?)`, c.ID, c.ChannelID, c.Body, c.DueAt); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { s.Notify(TopicSimulator) })
		return nil
	})
}

// owed is a callback with what decides its next try.
type owed struct {
	simulator.Callback
	tries int
	done  bool
}

// Deliver claims due callbacks and calls send for each, several at a time but
// those of one message one after the other. What send refused is tried again
// later and later; it returns how many it tried.
func (s SimulatorJournal) Deliver(ctx context.Context, limit int, send func(simulator.Callback) error) (n int, err error) {
	defer portal.Wrap(&err, "Deliver")
	var due []*owed
	err = s.Tx(ctx, func(tx *Tx) error {
		due, err = tx.claimCallbacks(limit)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, callbackParallel)
	for _, group := range bySubject(due) {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			for _, c := range group {
				if c.done = send(c.Callback) == nil; !c.done {
					return // the later ones wait for it
				}
			}
		})
	}
	all.Wait()
	// What was delivered must not be delivered again because ctx ended meanwhile.
	return len(due), s.Tx(context.WithoutCancel(ctx), func(tx *Tx) error { return tx.settleCallbacks(due) })
}

func (tx *Tx) claimCallbacks(limit int) (due []*owed, err error) {
	ids, err := tx.ClaimDue(Claim{Table: "simulator_callbacks", Order: "due_at, id", Limit: limit, Lease: callbackLease})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = tx.Rows(`
SELECT /* SimulatorCallback.Claimed */ id, channel_id, body, tries, due_at
FROM simulator_callbacks
WHERE id IN `+listOf(len(ids))+`
ORDER BY due_at, id`, textArgs(ids), func(scan func(dest ...any) error) error {
		c := new(owed)
		due = append(due, c)
		return scan(&c.ID, &c.ChannelID, &c.Body, &c.tries, &c.DueAt)
	})
	return due, err
}

func (tx *Tx) settleCallbacks(due []*owed) error {
	var delivered []string
	for _, c := range due {
		if c.done {
			delivered = append(delivered, c.ID)
			continue
		}
		wait := min(time.Second<<min(c.tries, 10), maxCallbackDelay)
		if _, err := tx.Exec(`
UPDATE /* SimulatorCallback.Postpone */ simulator_callbacks
SET tries = tries + 1, due_at = ?, lease_until = NULL
WHERE id = ?`, tx.now.Add(wait), c.ID); err != nil {
			return err
		}
	}
	if len(delivered) == 0 {
		return nil
	}
	_, err := tx.Exec(`
DELETE /* SimulatorCallback.Delivered */ FROM simulator_callbacks
WHERE id IN `+listOf(len(delivered)), textArgs(delivered)...)
	return err
}

// bySubject groups callbacks by the message they are about, in their order:
// read, delivered to us before delivered, would hide it for ever.
func bySubject(due []*owed) [][]*owed {
	var groups [][]*owed
	index := map[string]int{}
	for _, c := range due {
		subject := c.ID
		if parsed, err := whatsapp.ParseCallback(c.Body); err == nil && len(parsed.Statuses) > 0 {
			subject = parsed.Statuses[0].MessageID
		}
		i, known := index[subject]
		if !known {
			i = len(groups)
			index[subject] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}
