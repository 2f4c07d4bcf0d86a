package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const runColumns = `r.id, r.account_id, r.environment, r.event_id, r.automation_id, r.name, r.version, r.contact_id, r.order_id, r.cart_id,
  r.outcome, r.reason, r.detail, r.trace, r.due_at, r.canceled_by, r.message_id, r.created_at, r.finished_at`

const selectRun = `
SELECT /* %s */ ` + runColumns + `,
  COALESCE((SELECT m.status FROM messages m WHERE m.id = r.message_id AND m.account_id = r.account_id), '')
FROM automation_runs r
WHERE `

func scanRun(scan func(dest ...any) error) (portal.Run, error) {
	return scanRunWith(scan, func(run *portal.Run) []any { return []any{(*string)(&run.MessageStatus)} })
}

func scanRunWith(scan func(dest ...any) error, more func(*portal.Run) []any) (run portal.Run, err error) {
	var detail, trace string
	err = scan(append([]any{
		&run.ID, &run.AccountID, (*string)(&run.Environment), &run.EventID, &run.AutomationID, &run.Name, &run.Version, &run.ContactID,
		&run.OrderID, &run.CartID, &run.Outcome, &run.Reason, &detail, &trace, &run.DueAt, &run.CanceledBy, &run.MessageID,
		&run.CreatedAt, &run.FinishedAt,
	}, more(&run)...)...)
	if err != nil {
		return run, err
	}
	if err := json.Unmarshal([]byte(detail), &run.Detail); err != nil {
		return run, fmt.Errorf("detail of %s: %w", run.ID, err)
	}
	if err := json.Unmarshal([]byte(trace), &run.Trace); err != nil {
		return run, fmt.Errorf("trace of %s: %w", run.ID, err)
	}
	return run, nil
}

func runTexts(run portal.Run) (detail, trace string, err error) {
	d, err := json.Marshal(run.Detail)
	if err != nil {
		return "", "", err
	}
	t, err := json.Marshal(append([]portal.Check{}, run.Trace...))
	return string(d), string(t), err
}

// InsertRun stores what an automation made of an event.
func (tx *Tx) InsertRun(run portal.Run) (err error) {
	defer portal.Wrap(&err, "InsertRun(%s)", run.ID)
	detail, trace, err := runTexts(run)
	if err != nil {
		return err
	}
	return tx.Post(`
INSERT /* Run.Insert */ INTO automation_runs (id, account_id, environment, event_id, automation_id, name, version, contact_id,
  order_id, cart_id, outcome, reason, detail, trace, canceled_by, message_id, created_at, finished_at, due_at, claims)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
		run.ID, run.AccountID, string(run.Environment), run.EventID, run.AutomationID, run.Name, run.Version, run.ContactID,
		run.OrderID, run.CartID, run.Outcome, run.Reason, detail, trace, run.CanceledBy, run.MessageID, run.CreatedAt,
		run.FinishedAt, run.DueAt)
}

// SaveRun writes what became of a waiting run and ends its lease; not_found when
// it waits no more. DueAt nil: nothing is left to do.
func (tx *Tx) SaveRun(run portal.Run) (err error) {
	defer portal.Wrap(&err, "SaveRun(%s)", run.ID)
	detail, trace, err := runTexts(run)
	if err != nil {
		return err
	}
	return tx.one(tx.Exec(`
UPDATE /* Run.Save */ automation_runs
SET outcome = ?, reason = ?, detail = ?, trace = ?, canceled_by = ?, message_id = ?, finished_at = ?, due_at = ?, lease_until = NULL, claims = 0
WHERE id = ? AND account_id = ? AND environment = ? AND outcome = 'scheduled'`,
		run.Outcome, run.Reason, detail, trace, run.CanceledBy, run.MessageID, run.FinishedAt, run.DueAt,
		run.ID, run.AccountID, string(run.Environment)))
}

// RunContact returns whom a run is about, without waiting for who is changing it.
func (r Reader) RunContact(id string) (t portal.Tenant, contactID string, err error) {
	err = r.Row(`
SELECT /* Run.Contact */ account_id, environment, contact_id
FROM automation_runs
WHERE id = ?`, []any{id}, &t.AccountID, (*string)(&t.Environment), &contactID)
	return t, contactID, err
}

// LockRun returns a run that still waits, and how often it was claimed without an
// outcome, and keeps others from ending it; not_found when it waits no more.
func (tx *Tx) LockRun(id string) (run portal.Run, claims int, err error) {
	defer portal.Wrap(&err, "LockRun(%s)", id)
	err = tx.lock(`
SELECT /* Run.Lock */ 1
FROM automation_runs
WHERE id = ? AND outcome = 'scheduled'`, []any{id}, new(int))
	if err != nil {
		return run, 0, err
	}
	run, err = scanRunWith(func(dest ...any) error {
		return tx.Row(`
SELECT /* Run.Locked */ `+runColumns+`, r.claims
FROM automation_runs r
WHERE r.id = ?`, []any{id}, dest...)
	}, func(*portal.Run) []any { return []any{&claims} })
	return run, claims, err
}

// ClaimRuns takes up to limit waiting runs that are due, oldest due first.
func (tx *Tx) ClaimRuns(limit int, lease time.Duration) ([]string, error) {
	return tx.ClaimDue(Claim{
		Table: "automation_runs", Order: "t.due_at, t.id", Index: "t.due_at IS NOT NULL", Limit: limit, Lease: lease, Counted: true, Suspects: true,
	})
}

// ReleaseRuns gives up the leases of a process that ended without finishing.
func (tx *Tx) ReleaseRuns() error {
	_, err := tx.Exec(`
UPDATE /* Run.Release */ automation_runs
SET lease_until = NULL
WHERE due_at IS NOT NULL AND lease_until IS NOT NULL`)
	return err
}

// Run returns a run; not_found when the tenant has none of that id.
func (r Reader) Run(t portal.Tenant, id string) (run portal.Run, err error) {
	defer portal.Wrap(&err, "Run(%s)", id)
	return scanRun(func(dest ...any) error {
		return r.Row(fmt.Sprintf(selectRun, "Run.ByID")+`r.id = ? AND r.account_id = ? AND r.environment = ?`,
			[]any{id, t.AccountID, string(t.Environment)}, dest...)
	})
}

// RunsOf returns the runs of events, by event, oldest first.
func (r Reader) RunsOf(t portal.Tenant, eventIDs []string) (runs map[string][]portal.Run, err error) {
	defer portal.Wrap(&err, "RunsOf")
	runs = map[string][]portal.Run{}
	if len(eventIDs) == 0 {
		return runs, nil
	}
	args := append(textArgs(eventIDs), t.AccountID, string(t.Environment))
	list, err := r.runs(fmt.Sprintf(selectRun, "Run.OfEvents")+`r.event_id IN `+listOf(len(eventIDs))+`
AND r.account_id = ? AND r.environment = ?
ORDER BY r.event_id, r.id`, args)
	for _, run := range list {
		runs[run.EventID] = append(runs[run.EventID], run)
	}
	return runs, err
}

// Runs returns a page of the tenant's runs, newest first. A key that no page
// gave is refused with invalid_cursor.
func (r Reader) Runs(t portal.Tenant, f portal.RunFilter, p portal.Page) (list []portal.Run, next string, err error) {
	defer portal.Wrap(&err, "Runs")
	where, args := "r.account_id = ? AND r.environment = ?", []any{t.AccountID, string(t.Environment)}
	for _, c := range []struct{ column, value string }{
		{"r.automation_id", f.AutomationID}, {"r.event_id", f.EventID}, {"r.contact_id", f.ContactID}, {"r.outcome", f.Outcome}, {"r.reason", f.Reason},
	} {
		if c.value != "" {
			where, args = where+" AND "+c.column+" = ?", append(args, c.value)
		}
	}
	if p.After != "" {
		if !portal.IsID(portal.PrefixRun, p.After) {
			return nil, "", portal.Refuse(portal.CodeInvalidCursor)
		}
		where, args = where+" AND r.id < ?", append(args, p.After)
	}
	list, err = r.runs(fmt.Sprintf(selectRun, "Run.List")+where+"\nORDER BY r.id DESC\nLIMIT ?", append(args, pageSize(p)+1))
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(run portal.Run) string { return run.ID })
	return list, next, nil
}

func (r Reader) runs(sql string, args []any) (list []portal.Run, err error) {
	err = r.Rows(sql, args, func(scan func(dest ...any) error) error {
		run, err := scanRun(scan)
		list = append(list, run)
		return err
	})
	return list, err
}

// WaitingRun is what decides whether a run that waits goes on waiting.
type WaitingRun struct {
	ID         string
	EventID    string
	OrderID    string
	CartID     string
	OccurredAt time.Time    // of its event
	Rule       *portal.Rule // the one it began with; runs of one version share it
}

// WaitingRuns returns the runs that wait for a contact.
func (r Reader) WaitingRuns(t portal.Tenant, contactID string) (list []WaitingRun, err error) {
	defer portal.Wrap(&err, "WaitingRuns(%s)", contactID)
	rules := map[string]*portal.Rule{}
	err = r.Rows(`
SELECT /* Run.Waiting */ r.id, r.event_id, r.order_id, r.cart_id, COALESCE(e.occurred_at, r.created_at), v.rule
FROM automation_runs r
JOIN automation_versions v ON v.automation_id = r.automation_id AND v.version = r.version
LEFT JOIN events e ON e.id = r.event_id
WHERE r.contact_id = ? AND r.due_at IS NOT NULL AND r.account_id = ? AND r.environment = ?
ORDER BY r.id`, []any{contactID, t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		var w WaitingRun
		var rule string
		if err := scan(&w.ID, &w.EventID, &w.OrderID, &w.CartID, &w.OccurredAt, &rule); err != nil {
			return err
		}
		if w.Rule = rules[rule]; w.Rule == nil {
			w.Rule = new(portal.Rule)
			if err := json.Unmarshal([]byte(rule), w.Rule); err != nil {
				return fmt.Errorf("rule of %s: %w", w.ID, err)
			}
			rules[rule] = w.Rule
		}
		list = append(list, w)
		return nil
	})
	return list, err
}

// CancelRunsOf cancels the runs of an automation that wait.
func (tx *Tx) CancelRunsOf(t portal.Tenant, automationID, reason string, detail portal.Words) (err error) {
	defer portal.Wrap(&err, "CancelRunsOf(%s)", automationID)
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Run.CancelOf */ automation_runs
SET outcome = 'canceled', reason = ?, detail = ?, finished_at = ?, due_at = NULL, lease_until = NULL
WHERE automation_id = ? AND outcome = 'scheduled' AND account_id = ? AND environment = ?`,
		reason, string(text), tx.now, automationID, t.AccountID, string(t.Environment))
	return err
}

// CountSentRuns counts the messages of an automation to a contact since a moment.
func (r Reader) CountSentRuns(t portal.Tenant, automationID, contactID string, since time.Time) (n int, err error) {
	defer portal.Wrap(&err, "CountSentRuns(%s)", automationID)
	err = r.Row(`
SELECT /* Run.CountSent */ COUNT(*)
FROM automation_runs
WHERE contact_id = ? AND automation_id = ? AND outcome = 'sent' AND finished_at > ? AND account_id = ? AND environment = ?`,
		[]any{contactID, automationID, since, t.AccountID, string(t.Environment)}, &n)
	return n, err
}

// Occurrence is when something happened to a customer, and to which order or cart.
type Occurrence struct {
	EventID    string
	Type       string
	OccurredAt time.Time
	Data       json.RawMessage
}

// Occurrences returns the events of those types that happened to a contact at
// since or later, by when they happened.
func (r Reader) Occurrences(t portal.Tenant, contactID string, types []string, since time.Time) (list []Occurrence, err error) {
	defer portal.Wrap(&err, "Occurrences(%s)", contactID)
	if len(types) == 0 || contactID == "" {
		return nil, nil
	}
	args := append([]any{contactID}, textArgs(types)...)
	err = r.Rows(`
SELECT /* Event.Occurrences */ id, type, occurred_at, data
FROM events
WHERE contact_id = ? AND contact_id <> '' AND type IN `+listOf(len(types))+`
  AND occurred_at >= ? AND account_id = ? AND environment = ?
ORDER BY occurred_at, id`, append(args, since, t.AccountID, string(t.Environment)), func(scan func(dest ...any) error) error {
		var o Occurrence
		var data string
		err := scan(&o.EventID, &o.Type, &o.OccurredAt, &data)
		o.Data = []byte(data)
		list = append(list, o)
		return err
	})
	return list, err
}

// PurgeRuns removes up to limit finished runs that began before a moment, and
// returns how many.
func (tx *Tx) PurgeRuns(before time.Time, limit int) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeRuns")
	ids, err := oldKeys[string](tx.Reader, `
SELECT /* Run.Old */ id
FROM automation_runs
WHERE id < ? AND due_at IS NULL
ORDER BY id
LIMIT ?`, portal.FirstID(portal.PrefixRun, before), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return int64(len(ids)), tx.Post(`DELETE /* Run.Purge */ FROM automation_runs WHERE id IN `+listOf(len(ids)), textArgs(ids)...)
}
