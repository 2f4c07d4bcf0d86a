package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// MediaOfContact returns the files that came from the person or went to them.
func (r Reader) MediaOfContact(t portal.Tenant, contactID string, now time.Time) (list []portal.Media, err error) {
	defer portal.Wrap(&err, "MediaOfContact(%s)", contactID)
	var ids []string
	err = r.Rows(`
SELECT /* Media.OfContact */ id
FROM media
WHERE account_id = ?
AND environment = ?
AND status <> 'deleted'
AND (contact_id = ? OR id IN (SELECT u.media_id FROM media_uses u WHERE u.contact_id = ?))
ORDER BY id`, []any{t.AccountID, string(t.Environment), contactID, contactID}, func(scan func(dest ...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	found, err := r.MediaOf(t, ids, now)
	for _, id := range ids {
		if m, ok := found[id]; ok {
			list = append(list, m)
		}
	}
	return list, err
}
