package store

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// InsertRequest writes a row of the request log and, when it has them, its
// bodies. The row must be masked already. A platform row has no account.
func (tx *Tx) InsertRequest(q portal.Request) (err error) {
	defer portal.Wrap(&err, "InsertRequest(%s)", q.ID)
	_, err = tx.Exec(`
INSERT /* Request.Insert */ INTO requests (`+requestColumns+`)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		q.AccountID, string(q.Environment), q.ID, q.At, q.Source, q.Method, q.Path, q.Operation, q.Status,
		string(q.ErrorCode), micros(q.Duration), q.Timing.Auth.Microseconds(), q.Timing.Limits.Microseconds(),
		q.Timing.Validation.Microseconds(), q.Timing.Store.Microseconds(), q.TokenID, q.TokenName, q.UserID,
		q.IP, q.UserAgent, q.IdempotencyKey, q.Replayed, q.TraceID, q.MessageID, q.ContactID, q.HandoffID,
		q.OriginalRequestID)
	if err != nil || q.Bodies == nil {
		return err
	}
	return tx.insertBodies(q.ID, *q.Bodies)
}

func (tx *Tx) insertBodies(id string, b portal.Bodies) error {
	request, err := json.Marshal(b.RequestHeaders)
	if err != nil {
		return err
	}
	response, err := json.Marshal(b.ResponseHeaders)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
INSERT /* Request.InsertBodies */ INTO request_bodies (request_id, request_headers, request_body, response_headers, response_body)
VALUES (?, ?, ?, ?, ?)`, id, string(request), b.RequestBody, string(response), b.ResponseBody)
	return err
}

// Finished is what is known of a request only after its answer was written.
type Finished struct {
	portal.Tenant
	ID       string
	Duration time.Duration
	Store    time.Duration // part of Duration
	Bodies   *portal.Bodies
}

// FinishRequests adds durations and bodies to rows that were written before
// their answer. An id without a row is passed over.
func (tx *Tx) FinishRequests(all []Finished) (err error) {
	defer portal.Wrap(&err, "FinishRequests")
	for _, f := range all {
		n, err := tx.Exec(`
UPDATE /* Request.Finish */ requests
SET duration = ?, store = ?
WHERE account_id = ? AND environment = ? AND id = ?`,
			f.Duration.Microseconds(), f.Store.Microseconds(), f.AccountID, string(f.Environment), f.ID)
		if err == nil && n == 1 && f.Bodies != nil {
			err = tx.insertBodies(f.ID, *f.Bodies)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// requestColumns is the order of InsertRequest and scanRequest.
const requestColumns = `account_id, environment, id, at, source, method, path, operation, status, error_code,
  duration, auth, limits, validation, store, token_id, token_name, user_id, ip, user_agent, idempotency_key,
  replayed, trace_id, message_id, contact_id, handoff_id, original_request_id`

// scanRequest reads requestColumns and then more.
func scanRequest(scan func(dest ...any) error, more ...any) (q portal.Request, err error) {
	var duration *int64
	var auth, limits, validation, store int64
	dest := []any{
		&q.AccountID, (*string)(&q.Environment), &q.ID, &q.At, &q.Source, &q.Method, &q.Path, &q.Operation,
		&q.Status, (*string)(&q.ErrorCode), &duration, &auth, &limits, &validation, &store, &q.TokenID, &q.TokenName,
		&q.UserID, &q.IP, &q.UserAgent, &q.IdempotencyKey, &q.Replayed, &q.TraceID, &q.MessageID, &q.ContactID,
		&q.HandoffID, &q.OriginalRequestID,
	}
	if err := scan(append(dest, more...)...); err != nil {
		return portal.Request{}, err
	}
	if duration != nil {
		d := fromMicros(*duration)
		q.Duration = &d
	}
	q.Timing = portal.Timing{Auth: fromMicros(auth), Limits: fromMicros(limits), Validation: fromMicros(validation), Store: fromMicros(store)}
	return q, nil
}

// Request returns an entry with its bodies, where they are still kept;
// not_found for an id of another tenant.
func (r Reader) Request(t portal.Tenant, id string) (q portal.Request, err error) {
	defer portal.Wrap(&err, "Request(%s)", id)
	var requestHeaders, requestBody, responseHeaders, responseBody *string
	row := func(dest ...any) error {
		return r.Row(`
SELECT /* Request.ByID */ `+requestColumns+`, request_headers, request_body, response_headers, response_body
FROM requests
LEFT JOIN request_bodies ON request_id = id
WHERE account_id = ? AND environment = ? AND id = ?`,
			[]any{t.AccountID, string(t.Environment), id}, dest...)
	}
	q, err = scanRequest(row, &requestHeaders, &requestBody, &responseHeaders, &responseBody)
	if err != nil || requestHeaders == nil {
		return q, err
	}
	q.Bodies = &portal.Bodies{RequestBody: *requestBody, ResponseBody: *responseBody}
	if err = json.Unmarshal([]byte(*requestHeaders), &q.Bodies.RequestHeaders); err != nil {
		return portal.Request{}, err
	}
	return q, json.Unmarshal([]byte(*responseHeaders), &q.Bodies.ResponseHeaders)
}

// Requests returns a page of the log without bodies, newest first; its key is
// the id. A page of a filter that matches little reads up to the log's end or
// to From, whichever comes first.
func (r Reader) Requests(t portal.Tenant, f portal.RequestFilter, p portal.Page) (rows []portal.Request, next string, err error) {
	defer portal.Wrap(&err, "Requests(%s)", t.AccountID)
	where, args := requestWhere(t, f)
	if p.After != "" {
		where, args = where+"\nAND id < ?", append(args, p.After)
	}
	err = r.Rows(`
SELECT /* Request.List */ `+requestColumns+`
FROM requests`+where+`
ORDER BY id DESC
LIMIT ?`, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		q, err := scanRequest(scan)
		rows = append(rows, q)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = cutPage(rows, p, func(q portal.Request) string { return q.ID })
	return rows, next, nil
}

// idSlack is how far the time inside an id may lie before the row's own time:
// ids are minted by the machine's clock, rows are dated by the injected one.
const idSlack = time.Hour

// requestWhere renders the conditions of a filter. Class 2 includes redirects and 304.
func requestWhere(t portal.Tenant, f portal.RequestFilter) (string, []any) {
	var b strings.Builder
	b.WriteString("\nWHERE account_id = ? AND environment = ?")
	args := []any{t.AccountID, string(t.Environment)}
	and := func(condition string, values ...any) {
		b.WriteString("\nAND " + condition)
		args = append(args, values...)
	}
	switch {
	case f.Class == 2:
		and("status < ?", 400)
	case f.Class != 0:
		and("status >= ? AND status < ?", f.Class*100, f.Class*100+100)
	}
	if f.PathPrefix != "" {
		and("lower(path) LIKE ? ESCAPE '!'", likePrefix(strings.ToLower(f.PathPrefix)))
	}
	for _, eq := range []struct{ column, value string }{
		{"method", f.Method},
		{"token_id", f.TokenID},
		{"error_code", string(f.ErrorCode)},
		{"id", f.ID},
		{"source", f.Source},
		{"message_id", f.MessageID},
	} {
		if eq.value != "" {
			and(eq.column+" = ?", eq.value)
		}
	}
	if f.MinDuration > 0 {
		and("duration >= ?", f.MinDuration.Microseconds())
	}
	if f.From != nil {
		// The second condition ends the walk through the cluster at From.
		and("at >= ? AND id >= ?", *f.From, portal.FirstID(portal.PrefixRequest, f.From.Add(-idSlack)))
	}
	if f.To != nil {
		and("at < ?", *f.To)
	}
	return b.String(), args
}

var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// likePrefix returns the pattern of texts that start with s, for ESCAPE '!'.
func likePrefix(s string) string { return likeEscaper.Replace(s) + "%" }

// RequestErrors counts the refused calls of a time by code, most frequent first.
func (r Reader) RequestErrors(t portal.Tenant, from, to time.Time, limit int) (out []RequestErrors, err error) {
	defer portal.Wrap(&err, "RequestErrors(%s)", t.AccountID)
	where, args := requestWhere(t, portal.RequestFilter{From: &from, To: &to})
	err = r.Rows(`
SELECT /* Request.Errors */ error_code, COUNT(*) AS calls, MAX(at)
FROM requests`+where+`
AND error_code <> ''
GROUP BY error_code
ORDER BY calls DESC, error_code
LIMIT ?`, append(args, limit), func(scan func(dest ...any) error) error {
		var e RequestErrors
		err := scan((*string)(&e.Code), &e.Calls, &e.LastAt)
		out = append(out, e)
		return err
	})
	return out, err
}

// RequestErrors is how often a code was answered, and when last.
type RequestErrors struct {
	Code   portal.Code
	Calls  int64
	LastAt time.Time
}

// PurgeRequests deletes up to limit rows older than rowsBefore, with their
// bodies, and up to limit bodies older than bodiesBefore. It returns how many
// it deleted; 0 means that nothing old is left.
func (tx *Tx) PurgeRequests(rowsBefore, bodiesBefore time.Time, limit int) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeRequests")
	first := func(t time.Time) string { return portal.FirstID(portal.PrefixRequest, t) }
	bodies, err := tx.Exec(`
DELETE /* Request.PurgeBodies */ FROM request_bodies
WHERE request_id IN (SELECT request_id FROM request_bodies WHERE request_id < ? ORDER BY request_id LIMIT ?)`,
		first(bodiesBefore), limit)
	if err != nil {
		return 0, err
	}
	rows, err := tx.Exec(`
DELETE /* Request.Purge */ FROM requests
WHERE id IN (SELECT id FROM requests WHERE id < ? ORDER BY id LIMIT ?)`, first(rowsBefore), limit)
	return bodies + rows, err
}

func micros(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	n := d.Microseconds()
	return &n
}

func fromMicros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
