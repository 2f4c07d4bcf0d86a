package store

import "github.com/wppmarketing/developers/portal"

// ContactNames returns the names of those of the contacts that have one, by id.
func (r Reader) ContactNames(t portal.Tenant, ids []string) (names map[string]string, err error) {
	defer portal.Wrap(&err, "ContactNames")
	names = map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	err = r.Rows(`
SELECT /* Contact.Names */ id, name
FROM contacts
WHERE account_id = ?
AND environment = ?
AND name <> ''
AND id IN `+listOf(len(ids)), append([]any{t.AccountID, string(t.Environment)}, textArgs(ids)...), func(scan func(dest ...any) error) error {
		var id, name string
		err := scan(&id, &name)
		names[id] = name
		return err
	})
	return names, err
}
