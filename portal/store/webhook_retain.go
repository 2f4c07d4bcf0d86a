package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// WebhookPurges remove the deliveries that are over, the events and replays, and
// the counts of hours, each from before a moment.
func (s *Store) WebhookPurges(before time.Time) []Purge {
	return []Purge{
		s.Removing("deliveries", func(tx *Tx, limit int) (int64, error) { return tx.purgeDeliveries(before, limit) }),
		s.Removing("webhook events", func(tx *Tx, limit int) (int64, error) { return tx.purgeWebhookEvents(before, limit) }),
		s.Removing("replays", func(tx *Tx, limit int) (int64, error) { return tx.purgeReplays(before, limit) }),
		sweeping(s, "hours of endpoints", cluster{"webhook_hours", []string{"endpoint_id"}, "hour"}, before.UnixMicro()),
	}
}

// purgeDeliveries removes up to limit deliveries with their attempts.
func (tx *Tx) purgeDeliveries(before time.Time, limit int) (n int64, err error) {
	ids, err := oldKeys[string](tx.Reader, `
SELECT /* Delivery.Old */ id
FROM webhook_deliveries
WHERE id < ? AND due_at IS NULL
ORDER BY id
LIMIT ?`, portal.FirstID(portal.PrefixDelivery, before), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := tx.Post(`DELETE /* DeliveryAttempt.Purge */ FROM webhook_attempts WHERE delivery_id IN `+listOf(len(ids)), textArgs(ids)...); err != nil {
		return 0, err
	}
	return int64(len(ids)), tx.Post(`DELETE /* Delivery.Purge */ FROM webhook_deliveries WHERE id IN `+listOf(len(ids)), textArgs(ids)...)
}

// purgeWebhookEvents removes up to limit events. The feed begins behind them: a
// cursor from before is refused from then on.
func (tx *Tx) purgeWebhookEvents(before time.Time, limit int) (n int64, err error) {
	var ids []string
	var floor int64
	err = tx.Rows(`
SELECT /* WebhookEvent.Old */ id, feed
FROM webhook_events
WHERE id < ? AND feed IS NOT NULL
ORDER BY id
LIMIT ?`, []any{portal.FirstID(portal.PrefixWebhookEvent, before), limit}, func(scan func(dest ...any) error) error {
		var id string
		var feed int64
		err := scan(&id, &feed)
		ids, floor = append(ids, id), max(floor, feed)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := tx.rememberSequences(ids); err != nil {
		return 0, err
	}
	if err := tx.Post(`DELETE /* WebhookEvent.Purge */ FROM webhook_events WHERE id IN `+listOf(len(ids)), textArgs(ids)...); err != nil {
		return 0, err
	}
	return int64(len(ids)), tx.Post(`
UPDATE /* WebhookFeed.Raise */ webhook_feed
SET floor = ?
WHERE id = 1 AND floor < ?`, floor, floor)
}

// purgeReplays removes up to limit replays that ended before a moment.
func (tx *Tx) purgeReplays(before time.Time, limit int) (int64, error) {
	return tx.Exec(`
DELETE /* WebhookReplay.Purge */ FROM webhook_replays
WHERE id IN (SELECT w.id FROM webhook_replays w WHERE w.id < ? AND w.finished_at < ? ORDER BY w.id LIMIT ?)`,
		portal.FirstID(portal.PrefixReplay, before), before, limit)
}

// rememberSequences keeps how far the subjects of events have counted.
func (tx *Tx) rememberSequences(eventIDs []string) error {
	return tx.Post(`
INSERT /* WebhookSequence.Remember */ INTO webhook_sequences (subject, sequence)
SELECT subject, MAX(sequence)
FROM webhook_events
WHERE id IN `+listOf(len(eventIDs))+` AND substr(type, 1, 8) <> 'message.'
GROUP BY subject
ON CONFLICT (subject) DO UPDATE
SET sequence = excluded.sequence
WHERE webhook_sequences.sequence < excluded.sequence`, textArgs(eventIDs)...)
}
