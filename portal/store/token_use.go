package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// CountTokens returns how many of the tenant's tokens are in one part of the list.
func (r Reader) CountTokens(t portal.Tenant, f TokenFilter) (n int64, err error) {
	defer portal.Wrap(&err, "CountTokens(%s)", t.AccountID)
	where, values := f.where()
	err = r.Row(`
SELECT /* Token.CountTokens */ COUNT(*)
FROM tokens t
WHERE t.account_id = ?
AND t.environment = ?`+where, append([]any{t.AccountID, string(t.Environment)}, values...), &n)
	return n, err
}

// NewestToken returns the tenant's newest token that is accepted at now; not_found when there is none.
func (r Reader) NewestToken(t portal.Tenant, now time.Time) (portal.Token, error) {
	rows, _, err := r.Tokens(t, TokenFilter{Part: TokensActive, Now: now}, portal.Page{Limit: 1})
	if err == nil && len(rows) == 0 {
		err = errNoRow
	}
	if err != nil {
		return portal.Token{}, err
	}
	return rows[0], nil
}

// TokenUses returns the calls of each of the tenant's tokens in each step from
// From up to To, oldest first; a token without calls is absent.
func (r Reader) TokenUses(t portal.Tenant, f UseFilter) (uses map[string][]portal.Minute, err error) {
	defer portal.Wrap(&err, "TokenUses(%s)", t.AccountID)
	uses = map[string][]portal.Minute{}
	s := newSteps(f.From, f.To, f.Step)
	where, args := useWhere(t, f, s)
	err = r.Rows(`
SELECT /* RequestMinute.TokenUses */ token_id, minute / CAST(? AS BIGINT) AS bucket, CAST(SUM(ok) AS BIGINT), CAST(SUM(refused) AS BIGINT), CAST(SUM(failed) AS BIGINT)
FROM request_minutes`+where+`
GROUP BY token_id, bucket`, append([]any{s.micros}, args...), func(scan func(dest ...any) error) error {
		var id string
		var bucket int64
		var m portal.Minute
		if err := scan(&id, &bucket, &m.OK, &m.Refused, &m.Failed); err != nil {
			return err
		}
		if uses[id] == nil {
			uses[id] = newSteps(f.From, f.To, f.Step).steps
		}
		if i := bucket - s.first; i >= 0 && i < int64(len(uses[id])) {
			m.At = uses[id][i].At
			uses[id][i] = m
		}
		return nil
	})
	return uses, err
}
