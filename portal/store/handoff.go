package store

import (
	"fmt"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// HandoffFilter narrows a list of handoffs; zero fields do not filter.
type HandoffFilter struct {
	Status      string
	ContactID   string
	AssigneeID  string // the person who took it
	Department  string
	Open        bool // waiting or assigned
	OldestFirst bool // who is more urgent comes first, then who waits longest
}

const selectHandoff = `
SELECT /* %s */ h.id, h.account_id, h.environment, h.contact_id,
  COALESCE(c.external_id, ''), COALESCE(c.name, ''), COALESCE(c.phone, ''), h.conversation_id,
  h.status, h.reason, h.priority, h.department, h.note, h.reference,
  h.requester_kind, h.requester_id, h.requester_name, h.assignee_id, h.assignee_name,
  h.outcome, h.resolution_note, h.created_at, h.assigned_at, h.resolved_at
FROM handoffs h
LEFT JOIN contacts c ON c.id = h.contact_id
WHERE h.account_id = ?
AND h.environment = ?
`

func scanHandoff(scan func(dest ...any) error) (h portal.Handoff, err error) {
	var assignee portal.Requester
	err = scan(&h.ID, &h.AccountID, (*string)(&h.Environment), &h.ContactID,
		&h.ContactExternalID, &h.ContactName, &h.ContactPhone, &h.ConversationID,
		&h.Status, &h.Reason, &h.Priority, &h.Department, &h.Note, &h.Reference,
		&h.RequestedBy.Kind, &h.RequestedBy.ID, &h.RequestedBy.Name, &assignee.ID, &assignee.Name,
		&h.Outcome, &h.ResolutionNote, &h.CreatedAt, &h.AssignedAt, &h.ResolvedAt)
	if assignee.ID != "" {
		assignee.Kind = portal.ActorUser
		h.AssignedTo = &assignee
	}
	return h, err
}

func (r Reader) handoffWhere(t portal.Tenant, tag, cond, arg string) (portal.Handoff, error) {
	sql := fmt.Sprintf(selectHandoff, tag) + "AND " + cond
	args := []any{t.AccountID, string(t.Environment), arg}
	return scanHandoff(func(dest ...any) error { return r.Row(sql, args, dest...) })
}

// Handoff returns the handoff with that id; not_found when the tenant has none.
func (r Reader) Handoff(t portal.Tenant, id string) (h portal.Handoff, err error) {
	defer portal.Wrap(&err, "Handoff(%s)", id)
	return r.handoffWhere(t, "Handoff.ByID", "h.id = ?", id)
}

// OpenHandoff returns the handoff of the contact that is not resolved; not_found without one.
func (r Reader) OpenHandoff(t portal.Tenant, contactID string) (h portal.Handoff, err error) {
	defer portal.Wrap(&err, "OpenHandoff(%s)", contactID)
	return r.handoffWhere(t, "Handoff.OpenOf", "h.contact_id = ? AND h.status <> 'resolved'", contactID)
}

// Handoffs returns a page of the tenant's handoffs, newest first, or oldest first
// when f says so. next is the key of the following page, "" on the last. A key
// that no page gave is refused with invalid_cursor.
func (r Reader) Handoffs(t portal.Tenant, f HandoffFilter, p portal.Page) (hs []portal.Handoff, next string, err error) {
	defer portal.Wrap(&err, "Handoffs")
	where, args := handoffFilter(f)
	args = append([]any{t.AccountID, string(t.Environment)}, args...)
	if p.After != "" {
		if !portal.IsID(portal.PrefixHandoff, p.After) {
			return nil, "", portal.Refuse(portal.CodeInvalidCursor)
		}
		behind, more := f.behind(t, p.After)
		where, args = where+behind, append(args, more...)
	}
	sql := fmt.Sprintf(selectHandoff, "Handoff.List") + where + "ORDER BY " + f.order() + "\nLIMIT ?"
	err = r.Rows(sql, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		h, err := scanHandoff(scan)
		hs = append(hs, h)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	hs, next = cutPage(hs, p, func(h portal.Handoff) string { return h.ID })
	return hs, next, nil
}

// urgency is 0 for the most urgent handoffs.
const urgency = "CASE h.priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END"

func (f HandoffFilter) order() string {
	if f.OldestFirst {
		return urgency + ", h.id"
	}
	return "h.id DESC"
}

// behind is the condition on rows that come after the one with that id.
func (f HandoffFilter) behind(t portal.Tenant, id string) (where string, args []any) {
	if !f.OldestFirst {
		return "AND h.id < ?\n", []any{id}
	}
	return "AND (" + urgency + ", h.id) > ((SELECT " + strings.ReplaceAll(urgency, "h.", "l.") + ` FROM handoffs l
  WHERE l.id = ? AND l.account_id = ? AND l.environment = ?), CAST(? AS TEXT))
`, []any{id, t.AccountID, string(t.Environment), id}
}

func handoffFilter(f HandoffFilter) (where string, args []any) {
	if f.Status != "" {
		where, args = where+"AND h.status = ?\n", append(args, f.Status)
	}
	if f.ContactID != "" {
		where, args = where+"AND h.contact_id = ?\n", append(args, f.ContactID)
	}
	if f.AssigneeID != "" {
		where, args = where+"AND h.assignee_id = ?\n", append(args, f.AssigneeID)
	}
	if f.Department != "" {
		where, args = where+"AND h.department = ?\n", append(args, f.Department)
	}
	if f.Open {
		where += "AND h.status <> 'resolved'\n"
	}
	return where, args
}

// WaitingHandoffs counts the tenant's handoffs that nobody has taken.
func (r Reader) WaitingHandoffs(t portal.Tenant) (n int, err error) {
	defer portal.Wrap(&err, "WaitingHandoffs")
	err = r.Row(`
SELECT /* Handoff.Waiting */ COUNT(*)
FROM handoffs
WHERE account_id = ?
AND environment = ?
AND status = 'waiting'`, []any{t.AccountID, string(t.Environment)}, &n)
	return n, err
}

// HandoffCounts are how many handoffs stand in each view of the queue.
type HandoffCounts struct{ Waiting, Mine, Open int }

// CountHandoffs counts the tenant's open handoffs, of a department or of all ("").
func (r Reader) CountHandoffs(t portal.Tenant, assigneeID, department string) (c HandoffCounts, err error) {
	defer portal.Wrap(&err, "CountHandoffs")
	err = r.Row(`
SELECT /* Handoff.Counts */ COUNT(CASE WHEN status = 'waiting' THEN 1 END),
  COUNT(CASE WHEN assignee_id = ? THEN 1 END), COUNT(*)
FROM handoffs
WHERE account_id = ?
AND environment = ?
AND status <> 'resolved'
AND (department = ? OR CAST(? AS TEXT) = '')`, []any{assigneeID, t.AccountID, string(t.Environment), department, department}, &c.Waiting, &c.Mine, &c.Open)
	return c, err
}

// InsertHandoff creates a waiting handoff. It reports false, and changes
// nothing, when one of the contact is open.
func (tx *Tx) InsertHandoff(h portal.Handoff) (inserted bool, err error) {
	defer portal.Wrap(&err, "InsertHandoff(%s)", h.ID)
	n, err := tx.Exec(`
INSERT /* Handoff.Insert */ INTO handoffs (id, account_id, environment, contact_id, conversation_id,
  status, reason, priority, department, note, reference, requester_kind, requester_id, requester_name,
  assignee_id, assignee_name, outcome, resolution_note, created_at)
VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '', ?)
ON CONFLICT DO NOTHING`,
		h.ID, h.AccountID, string(h.Environment), h.ContactID, h.ConversationID,
		h.Reason, h.Priority, h.Department, h.Note, h.Reference,
		h.RequestedBy.Kind, h.RequestedBy.ID, h.RequestedBy.Name, h.CreatedAt)
	if err != nil || n == 0 {
		return false, err
	}
	t := portal.Tenant{AccountID: h.AccountID, Environment: h.Environment}
	if err := tx.handoffChanged(t, h.ID); err != nil {
		return true, err
	}
	return true, tx.announceHandoff(t, h.ID, portal.EventHandoffRequested)
}

// AssignHandoff gives the handoff to a person. It reports false when there is
// none or it is resolved.
func (tx *Tx) AssignHandoff(t portal.Tenant, id string, to portal.Requester) (assigned bool, err error) {
	defer portal.Wrap(&err, "AssignHandoff(%s)", id)
	n, err := tx.Exec(`
UPDATE /* Handoff.Assign */ handoffs
SET status = 'assigned', assignee_id = ?, assignee_name = ?, assigned_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?
AND status <> 'resolved'`, to.ID, to.Name, tx.now, id, t.AccountID, string(t.Environment))
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.announceHandoff(t, id, portal.EventHandoffAssigned)
}

// TakeHandoff gives a waiting handoff to a person. It reports false when nobody
// is waiting in it any more: of two who take it at once, one does.
func (tx *Tx) TakeHandoff(t portal.Tenant, id string, to portal.Requester) (taken bool, err error) {
	defer portal.Wrap(&err, "TakeHandoff(%s)", id)
	n, err := tx.Exec(`
UPDATE /* Handoff.Take */ handoffs
SET status = 'assigned', assignee_id = ?, assignee_name = ?, assigned_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?
AND status = 'waiting'`, to.ID, to.Name, tx.now, id, t.AccountID, string(t.Environment))
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.announceHandoff(t, id, portal.EventHandoffAssigned)
}

// ResolveHandoff ends the handoff. It reports false when there is none or it is resolved already.
func (tx *Tx) ResolveHandoff(t portal.Tenant, id, outcome, note string) (resolved bool, err error) {
	defer portal.Wrap(&err, "ResolveHandoff(%s)", id)
	n, err := tx.Exec(`
UPDATE /* Handoff.Resolve */ handoffs
SET status = 'resolved', outcome = ?, resolution_note = ?, resolved_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?
AND status <> 'resolved'`, outcome, note, tx.now, id, t.AccountID, string(t.Environment))
	if err != nil || n == 0 {
		return false, err
	}
	if err := tx.handoffChanged(t, id); err != nil {
		return true, err
	}
	return true, tx.announceHandoff(t, id, portal.EventHandoffResolved)
}

// handoffChanged marks the contact as changed: it shows whether a handoff is open.
func (tx *Tx) handoffChanged(t portal.Tenant, id string) error {
	_, err := tx.Exec(`
UPDATE /* Handoff.ContactChanged */ contacts
SET updated_at = ?
WHERE id = (SELECT h.contact_id FROM handoffs h WHERE h.id = ?)
AND account_id = ?
AND environment = ?`, tx.now, id, t.AccountID, string(t.Environment))
	return err
}
