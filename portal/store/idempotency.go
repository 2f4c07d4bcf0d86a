package store

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// KeyClaim asks for an Idempotency-Key on behalf of a call.
type KeyClaim struct {
	KeyHash     []byte // SHA-256 of the key
	Fingerprint []byte // SHA-256 of method, path and raw body
	RequestID   string
	Life        time.Duration // of the claim, if no answer is kept; 0 = as long as an answer
}

// Kept is the answer that repeats of a call get.
type Kept struct {
	RequestID   string // the call that made it
	MessageID   string // the message it created, or ""
	ContactID   string // the person it is about, or ""
	Fingerprint []byte
	Status      int
	Headers     map[string]string
	Body        []byte
	ExpiresAt   time.Time
}

// keyLife is how long an answer is kept.
const keyLife = 24 * time.Hour

// ClaimKey takes the key for this transaction and says so, or returns the
// answer that an earlier call left under it. The claim is gone when the
// transaction is rolled back. A call that meets one under way waits for its
// outcome: on SQLite there is one writer, on PostgreSQL the unique index waits.
func (tx *Tx) ClaimKey(t portal.Tenant, c KeyClaim) (kept *Kept, claimed bool, err error) {
	defer portal.Wrap(&err, "ClaimKey(%s)", c.RequestID)
	if c.Life == 0 {
		c.Life = keyLife
	}
	n, err := tx.Exec(`
INSERT /* Idempotency.Claim */ INTO idempotency_keys (account_id, environment, key_hash, fingerprint, request_id, message_id, status, headers, body, expires_at)
VALUES (?, ?, ?, ?, ?, '', 0, '{}', ?, ?)
ON CONFLICT (account_id, environment, key_hash) DO UPDATE
SET fingerprint = excluded.fingerprint, request_id = excluded.request_id, message_id = '', contact_id = '', status = 0,
  headers = '{}', body = excluded.body, expires_at = excluded.expires_at
WHERE idempotency_keys.expires_at <= ?`,
		t.AccountID, string(t.Environment), c.KeyHash, c.Fingerprint, c.RequestID, []byte{}, tx.now.Add(c.Life), tx.now)
	if err != nil || n == 1 {
		return nil, n == 1, err
	}
	kept, err = tx.keptAnswer(t, c.KeyHash)
	return kept, false, err
}

// keptAnswer returns what is kept under a key; not_found when nothing is.
func (r Reader) keptAnswer(t portal.Tenant, keyHash []byte) (_ *Kept, err error) {
	var k Kept
	var headers string
	err = r.Row(`
SELECT /* Idempotency.Kept */ request_id, message_id, fingerprint, status, headers, body, expires_at
FROM idempotency_keys
WHERE account_id = ? AND environment = ? AND key_hash = ?`,
		[]any{t.AccountID, string(t.Environment), keyHash},
		&k.RequestID, &k.MessageID, &k.Fingerprint, &k.Status, &headers, &k.Body, &k.ExpiresAt)
	if err != nil {
		return nil, err
	}
	return &k, json.Unmarshal([]byte(headers), &k.Headers)
}

// SameCall reports whether a call with that fingerprint is a repeat of the kept one.
func (k *Kept) SameCall(fingerprint []byte) bool { return bytes.Equal(k.Fingerprint, fingerprint) }

// KeepAnswer stores the answer under a key that this transaction claimed. A
// zero ExpiresAt means 24 h from now.
func (tx *Tx) KeepAnswer(t portal.Tenant, keyHash []byte, k Kept) (err error) {
	defer portal.Wrap(&err, "KeepAnswer(%s)", k.RequestID)
	headers, err := json.Marshal(k.Headers)
	if err != nil {
		return err
	}
	if k.ExpiresAt.IsZero() {
		k.ExpiresAt = tx.now.Add(keyLife)
	}
	if k.Body == nil {
		k.Body = []byte{}
	}
	return tx.one(tx.Exec(`
UPDATE /* Idempotency.Keep */ idempotency_keys
SET fingerprint = ?, message_id = ?, contact_id = ?, status = ?, headers = ?, body = ?, expires_at = ?
WHERE account_id = ? AND environment = ? AND key_hash = ? AND request_id = ?`,
		k.Fingerprint, k.MessageID, k.ContactID, k.Status, string(headers), k.Body, k.ExpiresAt,
		t.AccountID, string(t.Environment), keyHash, k.RequestID))
}

// ExtendKey keeps a claim that was committed for another while; not_found when
// it is over and somebody else has the key.
func (tx *Tx) ExtendKey(t portal.Tenant, keyHash []byte, requestID string, life time.Duration) error {
	return tx.one(tx.Exec(`
UPDATE /* Idempotency.Extend */ idempotency_keys
SET expires_at = ?
WHERE account_id = ? AND environment = ? AND key_hash = ? AND request_id = ? AND status = 0`,
		tx.now.Add(life), t.AccountID, string(t.Environment), keyHash, requestID))
}

// ReleaseKey gives back a key that a call had claimed and kept no answer under.
func (tx *Tx) ReleaseKey(t portal.Tenant, keyHash []byte, requestID string) (err error) {
	defer portal.Wrap(&err, "ReleaseKey(%s)", requestID)
	_, err = tx.Exec(`
DELETE /* Idempotency.Release */ FROM idempotency_keys
WHERE account_id = ? AND environment = ? AND key_hash = ? AND request_id = ? AND status = 0`,
		t.AccountID, string(t.Environment), keyHash, requestID)
	return err
}

// AddReplay notes that a call got the kept answer of the one that created the
// message, for the message's timeline. A repeat of the same call is one row.
func (tx *Tx) AddReplay(messageID, requestID, tokenID string) (err error) {
	defer portal.Wrap(&err, "AddReplay(%s)", requestID)
	_, err = tx.Exec(`
INSERT /* Idempotency.AddReplay */ INTO replays (message_id, request_id, token_id, at)
VALUES (?, ?, ?, ?)
ON CONFLICT (message_id, request_id) DO NOTHING`, messageID, requestID, tokenID, tx.now)
	return err
}

// PurgeKeys deletes up to limit kept answers that have expired.
func (tx *Tx) PurgeKeys(limit int) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeKeys")
	return tx.Exec(`
DELETE /* Idempotency.Purge */ FROM idempotency_keys
WHERE (account_id, environment, key_hash) IN (
  SELECT account_id, environment, key_hash FROM idempotency_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
		tx.now, limit)
}
