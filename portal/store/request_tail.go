package store

import "github.com/wppmarketing/developers/portal"

// RequestsByID returns those of the tenant's entries that have one of the ids,
// oldest first, without bodies.
func (r Reader) RequestsByID(t portal.Tenant, ids []string) (rows []portal.Request, err error) {
	defer portal.Wrap(&err, "RequestsByID(%s)", t.AccountID)
	if len(ids) == 0 {
		return nil, nil
	}
	err = r.Rows(`
SELECT /* Request.ByIDs */ `+requestColumns+`
FROM requests
WHERE account_id = ?
AND environment = ?
AND id IN `+listOf(len(ids))+`
ORDER BY id`, append([]any{t.AccountID, string(t.Environment)}, textArgs(ids)...), func(scan func(dest ...any) error) error {
		q, err := scanRequest(scan)
		rows = append(rows, q)
		return err
	})
	return rows, err
}
