package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// PurgeDeliveries removes up to limit finished deliveries made before a moment,
// with their attempts, and returns how many.
func (tx *Tx) PurgeDeliveries(before time.Time, limit int) (n int, err error) {
	defer portal.Wrap(&err, "PurgeDeliveries")
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
	return len(ids), tx.Post(`DELETE /* Delivery.Purge */ FROM webhook_deliveries WHERE id IN `+listOf(len(ids)), textArgs(ids)...)
}

// PurgeWebhookEvents removes up to limit events that happened before a moment,
// and returns how many. The feed begins behind them: a cursor from before is
// refused from then on.
func (tx *Tx) PurgeWebhookEvents(before time.Time, limit int) (n int, err error) {
	defer portal.Wrap(&err, "PurgeWebhookEvents")
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
	return len(ids), tx.Post(`
UPDATE /* WebhookFeed.Raise */ webhook_feed
SET floor = ?
WHERE id = 1 AND floor < ?`, floor, floor)
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

// PurgeWebhookCounts removes the replays that ended before a moment, and the counts of hours before it.
func (tx *Tx) PurgeWebhookCounts(before time.Time) error {
	if err := tx.Post(`DELETE /* WebhookReplay.Purge */ FROM webhook_replays WHERE finished_at < ?`, before); err != nil {
		return err
	}
	return tx.Post(`DELETE /* WebhookHour.Purge */ FROM webhook_hours WHERE hour < ?`, before)
}
