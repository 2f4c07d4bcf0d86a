package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// AccountUse is how many calls an account made in both environments.
type AccountUse struct{ Requests, Refused int64 } // Refused: those answered with 4xx or 5xx

// AccountsUse returns the calls of each account since a time, by id; accounts
// without a call are left out. It is for staff.
func (r Reader) AccountsUse(ids []string, from time.Time) (use map[string]AccountUse, err error) {
	defer portal.Wrap(&err, "AccountsUse")
	use = map[string]AccountUse{}
	if len(ids) == 0 {
		return use, nil
	}
	err = r.Rows(`
SELECT /* Account.Use */ account_id, CAST(SUM(ok + refused + failed) AS BIGINT), CAST(SUM(refused + failed) AS BIGINT)
FROM request_minutes
WHERE account_id IN `+listOf(len(ids))+`
AND environment IN ('test', 'live')
AND minute >= ?
GROUP BY account_id`, append(textArgs(ids), from), func(scan func(dest ...any) error) error {
		var id string
		var u AccountUse
		err := scan(&id, &u.Requests, &u.Refused)
		use[id] = u
		return err
	})
	return use, err
}
