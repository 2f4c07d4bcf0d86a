package store

import "github.com/wppmarketing/developers/portal"

// KeptLine is the answer of one line of a batch, kept for repeats under the key
// of the line or of the batch.
type KeptLine struct {
	Line      int
	ContactID string // the person that it is about, or ""
	MessageID string // the message that it created, or ""
	Status    int
	Body      []byte // nil after the person was erased
}

// KeepLine keeps the answer of a line for as long as its key is kept.
func (tx *Tx) KeepLine(t portal.Tenant, keyHash []byte, l KeptLine) (err error) {
	defer portal.Wrap(&err, "KeepLine(%d)", l.Line)
	return tx.Post(`
INSERT /* KeptLine.Keep */ INTO kept_lines (account_id, environment, key_hash, line, contact_id, message_id, status, body, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, environment, key_hash, line) DO UPDATE
SET contact_id = excluded.contact_id, message_id = excluded.message_id, status = excluded.status, body = excluded.body, expires_at = excluded.expires_at`,
		t.AccountID, string(t.Environment), keyHash, l.Line, l.ContactID, l.MessageID, l.Status, l.Body, tx.now.Add(keyLife))
}

// KeptLines returns the lines kept under a key, in order.
func (r Reader) KeptLines(t portal.Tenant, keyHash []byte) (lines []KeptLine, err error) {
	defer portal.Wrap(&err, "KeptLines")
	err = r.Rows(`
SELECT /* KeptLine.Lines */ line, contact_id, message_id, status, body
FROM kept_lines
WHERE account_id = ?
AND environment = ?
AND key_hash = ?
ORDER BY line`, []any{t.AccountID, string(t.Environment), keyHash}, func(scan func(dest ...any) error) error {
		var l KeptLine
		err := scan(&l.Line, &l.ContactID, &l.MessageID, &l.Status, &l.Body)
		lines = append(lines, l)
		return err
	})
	return lines, err
}

// PurgeKeptLines deletes up to limit lines whose key has expired.
func (tx *Tx) PurgeKeptLines(limit int) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeKeptLines")
	return tx.Exec(`
DELETE /* KeptLine.Purge */ FROM kept_lines
WHERE (account_id, environment, key_hash, line) IN (
  SELECT account_id, environment, key_hash, line FROM kept_lines WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
		tx.now, limit)
}

// eraseKeptLines empties what was answered about the person. The keys stay taken.
func (tx *Tx) eraseKeptLines(c portal.Contact) error {
	_, err := tx.Exec(`
UPDATE /* KeptLine.Erase */ kept_lines
SET body = NULL
WHERE account_id = ?
AND environment = ?
AND contact_id = ?
AND contact_id <> ''`, c.AccountID, string(c.Environment), c.ID)
	return err
}
