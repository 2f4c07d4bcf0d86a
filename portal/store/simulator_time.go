package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// LetTimePass moves what waits at a channel that much closer: its windows are
// older, and what is scheduled, queued or not yet delivered is sent, and
// expires, so much sooner. The clock itself and what already happened stay.
func (tx *Tx) LetTimePass(c portal.Channel, d time.Duration) (err error) {
	defer portal.Wrap(&err, "LetTimePass(%s)", c.ID)
	by, args := d.Microseconds(), []any{c.ID, c.AccountID, string(c.Environment)}
	if _, err := tx.Exec(`
UPDATE /* Contact.AgeWindows */ windows
SET last_inbound_at = last_inbound_at - ?
WHERE channel_id = ? AND account_id = ? AND environment = ?`, append([]any{by}, args...)...); err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Message.Age */ messages
SET send_at = send_at - ?, expires_at = expires_at - ?, due_at = due_at - ?
WHERE channel_id = ? AND account_id = ? AND environment = ?
AND status IN ('scheduled', 'queued', 'unknown', 'created') AND due_at IS NOT NULL`, append([]any{by, by, by}, args...)...)
	return err
}

// CloseWindow has the last message of a contact to a channel be older than its window.
func (tx *Tx) CloseWindow(t portal.Tenant, contactID, channelID string) (err error) {
	defer portal.Wrap(&err, "CloseWindow(%s)", contactID)
	_, err = tx.Exec(`
UPDATE /* Contact.CloseWindow */ windows
SET last_inbound_at = ?
WHERE contact_id = ? AND channel_id = ? AND account_id = ? AND environment = ? AND last_inbound_at > ?`,
		tx.now.Add(-portal.WindowLength), contactID, channelID, t.AccountID, string(t.Environment), tx.now.Add(-portal.WindowLength))
	return err
}

// ExpireWaiting has the time of what waits for a contact be over: messages that
// are queued or not yet delivered end at once.
func (tx *Tx) ExpireWaiting(t portal.Tenant, contactID string) (err error) {
	defer portal.Wrap(&err, "ExpireWaiting(%s)", contactID)
	_, err = tx.Exec(`
UPDATE /* Message.ExpireWaiting */ messages
SET expires_at = ?, expiry_given = TRUE, due_at = ?
WHERE `+ofContact+` AND status IN ('queued', 'created') AND due_at IS NOT NULL`,
		append([]any{tx.now, tx.now}, contactArgs(t, contactID)...)...)
	return err
}
