package store

import (
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const selectEvent = `
SELECT /* %s */ id, account_id, environment, type, external_id, occurred_at, received_at, contact_id,
  customer, data, fingerprint, source, request_id, token_id, user_id, outcome, reason, repeats
FROM events
WHERE account_id = ?
AND environment = ?
`

func scanEvent(scan func(dest ...any) error) (e portal.Event, err error) {
	var customer, data string
	err = scan(&e.ID, &e.AccountID, (*string)(&e.Environment), &e.Type, &e.ExternalID, &e.OccurredAt, &e.ReceivedAt, &e.ContactID,
		&customer, &data, &e.Fingerprint, &e.Source, &e.RequestID, &e.TokenID, &e.UserID, &e.Outcome, &e.Reason, &e.Repeats)
	e.Customer, e.Data = []byte(customer), []byte(data)
	return e, err
}

// Event returns the event with that id; not_found when the tenant has none.
func (r Reader) Event(t portal.Tenant, id string) (e portal.Event, err error) {
	defer portal.Wrap(&err, "Event(%s)", id)
	return scanEvent(func(dest ...any) error {
		return r.Row(fmt.Sprintf(selectEvent, "Event.ByID")+"AND id = ?", []any{t.AccountID, string(t.Environment), id}, dest...)
	})
}

// EventByKey returns the event that was reported under a key of repetition;
// not_found when none was.
func (r Reader) EventByKey(t portal.Tenant, eventType, externalID string) (e portal.Event, err error) {
	defer portal.Wrap(&err, "EventByKey(%s)", eventType)
	return scanEvent(func(dest ...any) error {
		return r.Row(fmt.Sprintf(selectEvent, "Event.ByKey")+"AND type = ?\nAND external_id = ?",
			[]any{t.AccountID, string(t.Environment), eventType, externalID}, dest...)
	})
}

// Events returns a page of the tenant's events, newest first. next is the key of
// the following page, "" on the last. A key that no page gave is refused with
// invalid_cursor.
func (r Reader) Events(t portal.Tenant, f portal.EventFilter, p portal.Page) (es []portal.Event, next string, err error) {
	defer portal.Wrap(&err, "Events")
	where, args := eventFilter(f)
	args = append([]any{t.AccountID, string(t.Environment)}, args...)
	if p.After != "" {
		if !portal.IsID(portal.PrefixEvent, p.After) {
			return nil, "", portal.Refuse(portal.CodeInvalidCursor)
		}
		where, args = where+"AND id < ?\n", append(args, p.After)
	}
	sql := fmt.Sprintf(selectEvent, "Event.List") + where + "ORDER BY id DESC\nLIMIT ?"
	err = r.Rows(sql, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		e, err := scanEvent(scan)
		es = append(es, e)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	es, next = cutPage(es, p, func(e portal.Event) string { return e.ID })
	return es, next, nil
}

func eventFilter(f portal.EventFilter) (where string, args []any) {
	for _, c := range []struct{ column, value string }{
		{"type", f.Type}, {"external_id", f.ExternalID}, {"contact_id", f.ContactID}, {"outcome", f.Outcome}, {"reason", f.Reason},
	} {
		if c.value != "" {
			where, args = where+"AND "+c.column+" = ?\n", append(args, c.value)
		}
	}
	if f.ExternalID != "" && f.Type == "" { // the index of keys begins with the type
		names := make([]string, len(portal.CommerceTypes))
		for i, t := range portal.CommerceTypes {
			names[i] = t.Name
		}
		where, args = where+"AND type IN "+listOf(len(names))+"\n", append(args, textArgs(names)...)
	}
	if !f.Since.IsZero() {
		where, args = where+"AND received_at >= ?\n", append(args, f.Since)
	}
	if !f.Before.IsZero() {
		where, args = where+"AND received_at < ?\n", append(args, f.Before)
	}
	return where, args
}

// LastEvent returns the newest event of a type; not_found when there is none.
func (r Reader) LastEvent(t portal.Tenant, eventType string) (e portal.Event, err error) {
	defer portal.Wrap(&err, "LastEvent(%s)", eventType)
	return scanEvent(func(dest ...any) error {
		return r.Row(fmt.Sprintf(selectEvent, "Event.Last")+"AND type = ?\nORDER BY id DESC\nLIMIT 1",
			[]any{t.AccountID, string(t.Environment), eventType}, dest...)
	})
}

// InsertEvent stores an event that is not decided yet. It reports false, and
// changes nothing, when its key of repetition is taken; a call that meets one
// under way waits for its outcome.
func (tx *Tx) InsertEvent(e portal.Event) (inserted bool, err error) {
	defer portal.Wrap(&err, "InsertEvent(%s)", e.ID)
	n, err := tx.Exec(`
INSERT /* Event.Insert */ INTO events (id, account_id, environment, type, external_id, occurred_at, received_at, contact_id,
  customer, data, fingerprint, source, request_id, token_id, user_id, outcome, reason, repeats)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
ON CONFLICT (account_id, environment, type, external_id) DO NOTHING`,
		e.ID, e.AccountID, string(e.Environment), e.Type, e.ExternalID, e.OccurredAt, e.ReceivedAt, e.ContactID,
		string(e.Customer), string(e.Data), e.Fingerprint, e.Source, e.RequestID, e.TokenID, e.UserID, e.Outcome, e.Reason)
	return n > 0, err
}

// DecideEvent writes whom an event is about and what was decided.
func (tx *Tx) DecideEvent(e portal.Event) (err error) {
	defer portal.Wrap(&err, "DecideEvent(%s)", e.ID)
	return tx.one(tx.Exec(`
UPDATE /* Event.Decide */ events
SET contact_id = ?, outcome = ?, reason = ?
WHERE id = ?
AND account_id = ?
AND environment = ?`, e.ContactID, e.Outcome, e.Reason, e.ID, e.AccountID, string(e.Environment)))
}

// CountRepeat notes that the event was reported once more.
func (tx *Tx) CountRepeat(t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "CountRepeat(%s)", id)
	return tx.one(tx.Exec(`
UPDATE /* Event.CountRepeat */ events
SET repeats = repeats + 1
WHERE id = ?
AND account_id = ?
AND environment = ?`, id, t.AccountID, string(t.Environment)))
}

// eraseEvents forgets what events tell of the person. The keys of repetition stay
// taken, so that a repeat does not bring the person back.
func (tx *Tx) eraseEvents(c portal.Contact) error {
	_, err := tx.Exec(`
UPDATE /* Event.Erase */ events
SET customer = '{}', data = '{}', fingerprint = ?
WHERE account_id = ?
AND environment = ?
AND contact_id = ?
AND contact_id <> ''`, []byte{}, c.AccountID, string(c.Environment), c.ID)
	return err
}

// PurgeEvents removes up to limit events received before a moment and returns how many.
func (tx *Tx) PurgeEvents(before time.Time, limit int) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeEvents")
	ids, err := oldKeys[string](tx.Reader, `
SELECT /* Event.Old */ id
FROM events
WHERE id < ?
ORDER BY id
LIMIT ?`, portal.FirstID(portal.PrefixEvent, before), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return int64(len(ids)), tx.Post(`DELETE /* Event.Purge */ FROM events WHERE id IN `+listOf(len(ids)), textArgs(ids)...)
}
