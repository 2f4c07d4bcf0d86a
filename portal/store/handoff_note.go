package store

import "github.com/wppmarketing/developers/portal"

// AddNote writes an internal note to a handoff; not_found when the tenant has none with that id.
func (tx *Tx) AddNote(t portal.Tenant, n portal.HandoffNote) (err error) {
	defer portal.Wrap(&err, "AddNote(%s)", n.HandoffID)
	return tx.one(tx.Exec(`
INSERT /* HandoffNote.Add */ INTO handoff_notes (handoff_id, number, account_id, environment, author_id, author_name, body, created_at)
SELECT h.id, (SELECT COALESCE(MAX(n.number), 0) + 1 FROM handoff_notes n WHERE n.handoff_id = h.id),
  h.account_id, h.environment, ?, ?, ?, ?
FROM handoffs h
WHERE h.id = ?
AND h.account_id = ?
AND h.environment = ?`, n.Author.ID, n.Author.Name, n.Body, tx.now, n.HandoffID, t.AccountID, string(t.Environment)))
}

// Notes returns the internal notes of a handoff, oldest first.
func (r Reader) Notes(t portal.Tenant, handoffID string) (notes []portal.HandoffNote, err error) {
	defer portal.Wrap(&err, "Notes(%s)", handoffID)
	err = r.Rows(`
SELECT /* HandoffNote.Of */ handoff_id, author_id, author_name, body, created_at
FROM handoff_notes
WHERE handoff_id = ?
AND account_id = ?
AND environment = ?
ORDER BY number`, []any{handoffID, t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		n := portal.HandoffNote{Author: portal.Requester{Kind: portal.ActorUser}}
		err := scan(&n.HandoffID, &n.Author.ID, &n.Author.Name, &n.Body, &n.CreatedAt)
		notes = append(notes, n)
		return err
	})
	return notes, err
}
