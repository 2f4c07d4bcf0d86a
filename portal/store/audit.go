package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/wppmarketing/developers/portal"
)

// Audit appends a row to the trail of its account ("" is the platform's own),
// giving it its id, time, place in the chain and hash.
func (tx *Tx) Audit(a portal.Audit) error {
	var seq int64
	var before []byte
	// The head's row is the lock: two writers of one account follow each other.
	err := tx.Row(`
INSERT /* Audit.Audit */ INTO audit_heads
  (account_id, seq, hash)
VALUES (?, 1, ?)
ON CONFLICT (account_id) DO UPDATE
SET seq = audit_heads.seq + 1
RETURNING seq, hash`, []any{a.AccountID, []byte{}}, &seq, &before)
	if err != nil {
		return err
	}
	a.ID, a.At = portal.NewID(portal.PrefixAudit), tx.Now()
	if len(a.Details) == 0 {
		a.Details = []byte(`{}`)
	}
	a.Hash = auditHash(before, seq, a)
	if _, err := tx.Exec(`
INSERT /* Audit.Audit */ INTO audit
  (account_id, seq, id, at, actor_kind, actor_id, actor_name, actor_ip, action, target, details, request_id, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.AccountID, seq, a.ID, a.At, a.Actor.Kind, a.Actor.ID, a.Actor.Name, a.Actor.IP,
		a.Action, a.Target, string(a.Details), a.RequestID, a.Hash); err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Audit.Audit */ audit_heads
SET hash = ?
WHERE account_id = ?`, a.Hash, a.AccountID)
	return err
}

// AuditPerson appends the row to the trail of every account that the person
// belongs to, or to the platform's own if there is none.
func (tx *Tx) AuditPerson(userID string, a portal.Audit) error {
	memberships, err := tx.Memberships(userID)
	if err != nil {
		return err
	}
	if len(memberships) == 0 {
		memberships = []portal.Membership{{}}
	}
	for _, m := range memberships {
		a.AccountID = m.AccountID
		if err := tx.Audit(a); err != nil {
			return err
		}
	}
	return nil
}

const auditColumns = `seq, account_id, id, at, actor_kind, actor_id, actor_name, actor_ip, action, target, details, request_id, hash`

// auditRow is a row of the trail and its place in the chain.
type auditRow struct {
	portal.Audit
	seq int64
}

func scanAudit(scan func(dest ...any) error) (row auditRow, err error) {
	var details string
	err = scan(&row.seq, &row.AccountID, &row.ID, &row.At, &row.Actor.Kind, &row.Actor.ID, &row.Actor.Name, &row.Actor.IP,
		&row.Action, &row.Target, &details, &row.RequestID, &row.Hash)
	row.Details = []byte(details)
	return row, err
}

// AuditOf returns the rows of the account's trail about the target, newest first, at most limit.
func (r Reader) AuditOf(accountID, target string, limit int) (rows []portal.Audit, err error) {
	err = r.Rows(`
SELECT /* Audit.AuditOf */ `+auditColumns+`
FROM audit
WHERE account_id = ?
AND target = ?
ORDER BY seq DESC
LIMIT ?`, []any{accountID, target, limit}, func(scan func(dest ...any) error) error {
		row, err := scanAudit(scan)
		rows = append(rows, row.Audit)
		return err
	})
	return rows, err
}

// AuditBreak names the first row of the account's trail that was edited, or
// that follows a gap; the trail's last known id and a note when its end is
// missing; "" when the chain is whole.
func (r Reader) AuditBreak(accountID string) (place string, err error) {
	var seq, head int64
	var hash, headHash []byte
	err = r.Rows(`
SELECT /* Audit.AuditBreak */ `+auditColumns+`
FROM audit
WHERE account_id = ?
ORDER BY seq`, []any{accountID}, func(scan func(dest ...any) error) error {
		row, err := scanAudit(scan)
		if err != nil || place != "" {
			return err
		}
		if row.seq != seq+1 || string(row.Hash) != string(auditHash(hash, row.seq, row.Audit)) {
			place = row.ID
		}
		seq, hash = row.seq, row.Hash
		return nil
	})
	if err != nil || place != "" {
		return place, err
	}
	err = r.Row(`
SELECT /* Audit.AuditBreak */ seq, hash
FROM audit_heads
WHERE account_id = ?`, []any{accountID}, &head, &headHash)
	if portal.CodeOf(err) == portal.CodeNotFound && seq == 0 {
		return "", nil
	}
	if err == nil && (head != seq || string(headHash) != string(hash)) {
		place = fmt.Sprintf("after row %d", seq)
	}
	return place, err
}

// auditHash returns the SHA-256 over the hash of the row before and every
// field of the row, each with its length in front so that no two rows read alike.
func auditHash(before []byte, seq int64, a portal.Audit) []byte {
	h := sha256.New()
	field(h, before)
	_ = binary.Write(h, binary.BigEndian, seq)
	_ = binary.Write(h, binary.BigEndian, a.At.UnixMicro())
	for _, s := range []string{
		a.AccountID, a.ID, a.Actor.Kind, a.Actor.ID, a.Actor.Name, a.Actor.IP,
		a.Action, a.Target, string(a.Details), a.RequestID,
	} {
		field(h, []byte(s))
	}
	return h.Sum(nil)
}

func field(h hash.Hash, b []byte) {
	_ = binary.Write(h, binary.BigEndian, int64(len(b)))
	_, _ = h.Write(b)
}
