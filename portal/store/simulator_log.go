package store

import (
	"context"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// The log of deliveries is there to be looked at: it is short, and under load it
// keeps only the last tries of each pass.
const (
	logPerPass    = 16
	logPerChannel = 200
	logFor        = 24 * time.Hour
)

const prefixDelivery = "sdl"

// logDeliveries keeps the last tries of each channel of a pass, and forgets
// what is too old or too much.
func (tx *Tx) logDeliveries(due []*owed) error {
	kept := map[string]int{}
	var keep []*owed
	for _, c := range slices.Backward(due) {
		if c.tried && kept[c.ChannelID] < logPerPass {
			kept[c.ChannelID]++
			keep = append(keep, c)
		}
	}
	for _, c := range slices.Backward(keep) {
		if err := tx.Post(`
INSERT /* SimulatorDelivery.Insert */ INTO simulator_deliveries (id, channel_id, callback_id, body, status, took, tried_at)
VALUES (?, ?, ?, ?, ?, ?, ?)`, portal.NewID(prefixDelivery), c.ChannelID, c.ID, string(c.Body), c.status, c.took.Microseconds(), c.at); err != nil {
			return err
		}
	}
	for channelID := range kept {
		if err := tx.Post(`
DELETE /* SimulatorDelivery.Trim */ FROM simulator_deliveries
WHERE channel_id = ? AND id <= (
  SELECT d.id
  FROM simulator_deliveries d
  WHERE d.channel_id = ?
  ORDER BY d.id DESC
  LIMIT 1 OFFSET ?)`, channelID, channelID, logPerChannel); err != nil {
			return err
		}
	}
	return nil
}

// Deliveries returns the latest tries to deliver callbacks of a number, newest first.
func (s SimulatorJournal) Deliveries(ctx context.Context, ph simulator.Phone, limit int) (list []simulator.Delivery, err error) {
	defer portal.Wrap(&err, "Deliveries(%s)", ph.ID)
	err = s.Reader(ctx).Rows(`
SELECT /* SimulatorDelivery.List */ id, channel_id, callback_id, body, status, took, tried_at
FROM simulator_deliveries
WHERE channel_id = ? AND tried_at > ?
ORDER BY id DESC
LIMIT ?`, []any{ph.ChannelID, s.Now().Add(-logFor), limit}, func(scan func(dest ...any) error) error {
		var d simulator.Delivery
		var body string
		var took int64
		err := scan(&d.ID, &d.ChannelID, &d.Callback, &body, &d.Status, &took, &d.At)
		d.Body, d.Took = []byte(body), time.Duration(took)*time.Microsecond
		list = append(list, d)
		return err
	})
	return list, err
}

// Owed tells how many callbacks of a number wait, and when the next one is due.
func (s SimulatorJournal) Owed(ctx context.Context, ph simulator.Phone) (n int, next time.Time, err error) {
	defer portal.Wrap(&err, "Owed(%s)", ph.ID)
	var due *time.Time
	err = s.Reader(ctx).Row(`
SELECT /* SimulatorCallback.Owed */ COUNT(*), MIN(due_at)
FROM simulator_callbacks
WHERE channel_id = ? AND due_at IS NOT NULL`, []any{ph.ChannelID}, &n, &due)
	if due != nil {
		next = *due
	}
	return n, next, err
}

// lastDigits of a number are the same in every form that WhatsApp writes it in.
const lastDigits = 8

// forgetSimulated removes what simulated numbers know of an erased person.
func (tx *Tx) forgetSimulated(c portal.Contact) error {
	if len(c.Phone) < lastDigits {
		return nil
	}
	const ours = `channel_id IN (SELECT h.id FROM channels h WHERE h.account_id = ? AND h.environment = ?)`
	if _, err := tx.Exec(`
DELETE /* SimulatorPerson.Erase */ FROM simulator_people
WHERE person = ? AND `+ours, c.Phone, c.AccountID, string(c.Environment)); err != nil {
		return err
	}
	_, err := tx.Exec(`
DELETE /* SimulatorDelivery.Erase */ FROM simulator_deliveries
WHERE body LIKE ? AND `+ours, "%"+c.Phone[len(c.Phone)-lastDigits:]+"%", c.AccountID, string(c.Environment))
	return err
}
