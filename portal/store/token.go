package store

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const tokenColumns = `t.id, t.account_id, t.environment, t.name, t.prefix, t.last4, t.scopes, t.allowed_ips, t.rate_limit, t.created_by, t.created_at, t.updated_at, t.expires_at, t.revoked_at, t.revoked_by, t.rotated_from, t.last_used_at, t.last_used_ip`

// tokenRow is a token and its columns that need decoding.
type tokenRow struct {
	portal.Token
	scopes, ips string
}

func (t *tokenRow) dest() []any {
	return []any{
		&t.ID, &t.AccountID, (*string)(&t.Environment), &t.Name, &t.Prefix, &t.Last4, &t.scopes, &t.ips, &t.RateLimit,
		&t.CreatedBy, &t.CreatedAt, &t.UpdatedAt, &t.ExpiresAt, &t.RevokedAt, &t.RevokedBy, &t.RotatedFrom, &t.LastUsedAt, &t.LastUsedIP,
	}
}

func (t *tokenRow) decode() (token portal.Token, err error) {
	if t.Scopes, err = textsOf(t.scopes); err != nil {
		return token, err
	}
	t.AllowedIPs, err = textsOf(t.ips)
	return t.Token, err
}

// Holder is who a token speaks for.
type Holder struct {
	Token   portal.Token
	Account portal.Account
	Modules []string // the active ones
}

// TokenByHash returns the token with that hash, alive or not, with its account
// and modules; not_found for an unknown hash. Every call reads the database, so
// that a revocation by any process holds at once.
func (r Reader) TokenByHash(hash []byte) (h Holder, err error) {
	var t tokenRow
	var a accountRow
	var kept []byte
	var off string
	err = r.Row(`
SELECT /* Token.TokenByHash */ t.hash, `+tokenColumns+`, `+accountColumns+`,
  COALESCE((SELECT string_agg(m.name, ' ') FROM account_modules m WHERE m.account_id = a.id AND m.active = FALSE), '')
FROM tokens t
JOIN accounts a ON a.id = t.account_id
WHERE t.hash = ?`, []any{hash}, slices.Concat([]any{&kept}, t.dest(), a.dest(), []any{&off})...)
	if err == nil && subtle.ConstantTimeCompare(kept, hash) != 1 {
		err = errNoRow
	}
	if err != nil {
		return h, err
	}
	if h.Token, err = t.decode(); err != nil {
		return h, err
	}
	h.Modules = modulesBut(strings.Fields(off))
	h.Account, err = a.decode()
	return h, err
}

// Token returns the tenant's token; not_found for an unknown or foreign id.
func (r Reader) Token(t portal.Tenant, id string) (portal.Token, error) {
	var row tokenRow
	err := r.Row(`
SELECT /* Token.Token */ `+tokenColumns+`
FROM tokens t
WHERE t.account_id = ?
AND t.environment = ?
AND t.id = ?`, []any{t.AccountID, string(t.Environment), id}, row.dest()...)
	if err != nil {
		return portal.Token{}, err
	}
	return row.decode()
}

// LockToken is Token, and makes other transactions that lock or change the
// token wait until this one ends; not_found for an unknown or foreign id.
func (tx *Tx) LockToken(t portal.Tenant, id string) (portal.Token, error) {
	err := tx.lock(`
SELECT /* Token.LockToken */ 1
FROM tokens
WHERE account_id = ?
AND environment = ?
AND id = ?`, []any{t.AccountID, string(t.Environment), id}, new(int))
	if err != nil {
		return portal.Token{}, err
	}
	return tx.Token(t, id)
}

// The parts in which the tenant's tokens are listed.
const (
	TokensActive   = "active"   // accepted now
	TokensExpiring = "expiring" // accepted now, with an end before the moment given
	TokensEnded    = "revoked"  // revoked or expired
)

// TokenFilter chooses one part of the tenant's tokens.
type TokenFilter struct {
	Part     string // one of the Tokens… constants
	Now      time.Time
	Expiring time.Time // of TokensExpiring: ends before this are near
}

func (f TokenFilter) where() (sql string, args []any) {
	const alive = "\nAND (t.revoked_at IS NULL OR t.revoked_at > ?)\nAND (t.expires_at IS NULL OR t.expires_at > ?)"
	switch f.Part {
	case TokensExpiring:
		return alive + "\nAND (t.expires_at <= ? OR t.revoked_at <= ?)", []any{f.Now, f.Now, f.Expiring, f.Expiring}
	case TokensEnded:
		return "\nAND (t.revoked_at <= ? OR t.expires_at <= ?)", []any{f.Now, f.Now}
	}
	return alive, []any{f.Now, f.Now}
}

// Tokens returns one part of the tenant's tokens, newest first.
func (r Reader) Tokens(t portal.Tenant, f TokenFilter, p portal.Page) (rows []portal.Token, next string, err error) {
	where, values := f.where()
	args := append([]any{t.AccountID, string(t.Environment)}, values...)
	if p.After != "" {
		where, args = where+"\nAND t.id < ?", append(args, p.After)
	}
	err = r.Rows(`
SELECT /* Token.Tokens */ `+tokenColumns+`
FROM tokens t
WHERE t.account_id = ?
AND t.environment = ?`+where+`
ORDER BY t.id DESC
LIMIT ?`, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var row tokenRow
		if err := scan(row.dest()...); err != nil {
			return err
		}
		token, err := row.decode()
		rows = append(rows, token)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = cutPage(rows, p, func(t portal.Token) string { return t.ID })
	return rows, next, nil
}

// InsertToken stores a new token under the hash of its secret.
func (tx *Tx) InsertToken(t portal.Token, hash []byte) error {
	_, err := tx.Exec(`
INSERT /* Token.InsertToken */ INTO tokens
  (id, account_id, environment, hash, name, prefix, last4, scopes, allowed_ips, rate_limit, created_by, created_at, updated_at, expires_at, revoked_at, revoked_by, rotated_from, last_used_at, last_used_ip)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.AccountID, string(t.Environment), hash, t.Name, t.Prefix, t.Last4, textOfList(t.Scopes), textOfList(t.AllowedIPs), t.RateLimit,
		t.CreatedBy, t.CreatedAt, t.UpdatedAt, t.ExpiresAt, t.RevokedAt, t.RevokedBy, t.RotatedFrom, t.LastUsedAt, t.LastUsedIP)
	return err
}

// UpdateToken stores what may change of a token that has not ended; not_found
// for an unknown or foreign id and for one that has.
func (tx *Tx) UpdateToken(t portal.Token) error {
	return tx.one(tx.Exec(`
UPDATE /* Token.UpdateToken */ tokens
SET name = ?, scopes = ?, allowed_ips = ?, rate_limit = ?, expires_at = ?, updated_at = ?
WHERE account_id = ?
AND environment = ?
AND id = ?
AND (revoked_at IS NULL OR revoked_at > ?)
AND (expires_at IS NULL OR expires_at > ?)`,
		t.Name, textOfList(t.Scopes), textOfList(t.AllowedIPs), t.RateLimit, t.ExpiresAt, tx.Now(),
		t.AccountID, string(t.Environment), t.ID, tx.Now(), tx.Now()))
}

// RetireToken sets the end of a token that is being replaced; not_found unless
// it is active and not being replaced already.
func (tx *Tx) RetireToken(t portal.Tenant, id, by string, end time.Time) error {
	return tx.one(tx.Exec(`
UPDATE /* Token.RetireToken */ tokens
SET revoked_at = ?, revoked_by = ?, updated_at = ?
WHERE account_id = ?
AND environment = ?
AND id = ?
AND revoked_at IS NULL
AND (expires_at IS NULL OR expires_at > ?)`,
		end, by, tx.Now(), t.AccountID, string(t.Environment), id, tx.Now()))
}

// RevokeToken ends the token now and reports whether that changed anything:
// false for an unknown, foreign or already revoked one.
func (tx *Tx) RevokeToken(t portal.Tenant, id, by string) (bool, error) {
	n, err := tx.Exec(`
UPDATE /* Token.RevokeToken */ tokens
SET revoked_at = ?, revoked_by = ?, updated_at = ?
WHERE account_id = ?
AND environment = ?
AND id = ?
AND (revoked_at IS NULL OR revoked_at > ?)`,
		tx.Now(), by, tx.Now(), t.AccountID, string(t.Environment), id, tx.Now())
	return n > 0, err
}

// EndingTokens returns up to limit tokens of all tenants that end before a
// moment and whose end nobody was told of, soonest first. Those that are being
// replaced or were revoked are not among them.
func (tx *Tx) EndingTokens(before time.Time, limit int) (list []portal.Token, err error) {
	defer portal.Wrap(&err, "EndingTokens")
	err = tx.Rows(`
SELECT /* Token.Ending */ `+tokenColumns+`
FROM tokens t
WHERE t.expires_at > ? AND t.expires_at <= ? AND t.expires_at IS NOT NULL AND t.revoked_at IS NULL
AND (t.told_end IS NULL OR t.told_end <> t.expires_at)
ORDER BY t.expires_at
LIMIT ?`, []any{tx.now, before, limit}, func(scan func(dest ...any) error) error {
		var row tokenRow
		if err := scan(row.dest()...); err != nil {
			return err
		}
		token, err := row.decode()
		list = append(list, token)
		return err
	})
	return list, err
}

// TellEnd publishes that the token ends soon. Once told, it is told again only
// when the token has got another end.
func (tx *Tx) TellEnd(t portal.Token) (err error) {
	defer portal.Wrap(&err, "TellEnd(%s)", t.ID)
	tenant := portal.Tenant{AccountID: t.AccountID, Environment: t.Environment}
	err = tx.Post(`
UPDATE /* Token.TellEnd */ tokens
SET told_end = ?
WHERE account_id = ? AND environment = ? AND id = ?`, t.ExpiresAt, t.AccountID, string(t.Environment), t.ID)
	if err != nil {
		return err
	}
	_, err = tx.Announce(Announcement{Tenant: tenant, Type: portal.EventTokenExpiring, Subject: t.ID, Data: map[string]any{"token": t}})
	return err
}

// TokenUse is the last use of a token that is to be noted.
type TokenUse struct {
	Tenant portal.Tenant
	ID     string
	At     time.Time
	IP     string
}

// TouchToken notes a use; one older than what is noted changes nothing.
func (tx *Tx) TouchToken(u TokenUse) error {
	_, err := tx.Exec(`
UPDATE /* Token.TouchToken */ tokens
SET last_used_at = ?, last_used_ip = ?
WHERE account_id = ?
AND environment = ?
AND id = ?
AND (last_used_at IS NULL OR last_used_at < ?)`,
		u.At, u.IP, u.Tenant.AccountID, string(u.Tenant.Environment), u.ID, u.At)
	return err
}

// UseNonce uses up the nonce of a mint form for the token about to be made.
// When it was used before, fresh is false and, if the nonce belongs to the
// tenant, tokenID names the token it made.
func (tx *Tx) UseNonce(t portal.Tenant, nonce, newID string) (tokenID string, fresh bool, err error) {
	n, err := tx.Exec(`
INSERT /* Token.UseNonce */ INTO mint_nonces
  (nonce, token_id, created_at)
VALUES (?, ?, ?)
ON CONFLICT (nonce) DO NOTHING`, nonce, newID, tx.Now())
	if err != nil || n > 0 {
		return newID, err == nil, err
	}
	err = tx.Row(`
SELECT /* Token.UseNonce */ t.id
FROM mint_nonces n
JOIN tokens t ON t.id = n.token_id
WHERE n.nonce = ?
AND t.account_id = ?
AND t.environment = ?`, []any{nonce, t.AccountID, string(t.Environment)}, &tokenID)
	if portal.CodeOf(err) == portal.CodeNotFound {
		err = nil
	}
	return tokenID, false, err
}

// PurgeNonces removes up to limit nonces used before the moment given, and
// returns how many.
func (tx *Tx) PurgeNonces(before time.Time, limit int) (int64, error) {
	return tx.Exec(`
DELETE /* Token.PurgeNonces */ FROM mint_nonces
WHERE nonce IN (SELECT m.nonce FROM mint_nonces m WHERE m.created_at < ? LIMIT ?)`, before, limit)
}
