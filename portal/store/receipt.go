package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Receipt is what WhatsApp is to be told about a message that a person sent:
// that it was read.
type Receipt struct {
	MessageID string
	Tenant    portal.Tenant
	Tries     int
	Typing    bool // and that somebody writes an answer
}

// MarkRead notes that an inbound message was read, once, and that WhatsApp is to
// be told, with typing also that somebody writes an answer. Asked again, it is
// told again, which changes nothing there.
func (tx *Tx) MarkRead(t portal.Tenant, id string, typing bool) (err error) {
	defer portal.Wrap(&err, "MarkRead(%s)", id)
	err = tx.one(tx.Exec(`
UPDATE /* Receipt.MarkRead */ messages
SET read_at = COALESCE(read_at, ?), updated_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?
AND direction = 'inbound'`, tx.now, tx.now, id, t.AccountID, string(t.Environment)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
INSERT /* Receipt.Add */ INTO receipts (id, account_id, environment, typing, claims, due_at)
VALUES (?, ?, ?, ?, 0, ?)
ON CONFLICT (id) DO UPDATE
SET claims = 0, due_at = excluded.due_at, typing = excluded.typing`, id, t.AccountID, string(t.Environment), typing, tx.now)
	return err
}

// ClaimReceipts takes what WhatsApp is to be told now, for lease.
func (tx *Tx) ClaimReceipts(limit int, lease time.Duration) (list []Receipt, err error) {
	defer portal.Wrap(&err, "ClaimReceipts")
	ids, err := tx.ClaimDue(Claim{Table: "receipts", Order: "t.due_at, t.id", Limit: limit, Lease: lease, Counted: true, Suspects: true})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = tx.Rows(`
SELECT /* Receipt.Claimed */ id, account_id, environment, claims, typing
FROM receipts
WHERE id IN `+listOf(len(ids)), textArgs(ids), func(scan func(dest ...any) error) error {
		var r Receipt
		err := scan(&r.MessageID, &r.Tenant.AccountID, (*string)(&r.Tenant.Environment), &r.Tries, &r.Typing)
		list = append(list, r)
		return err
	})
	return list, err
}

// FinishReceipt forgets a receipt that was told, or tries it again at next.
func (tx *Tx) FinishReceipt(id string, next *time.Time) (err error) {
	defer portal.Wrap(&err, "FinishReceipt(%s)", id)
	if next == nil {
		_, err = tx.Exec(`
DELETE /* Receipt.Done */ FROM receipts
WHERE id = ?`, id)
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Receipt.Again */ receipts
SET due_at = ?, lease_until = NULL
WHERE id = ?`, *next, id)
	return err
}
