package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

// InsertRequest writes a row of the request log and, when it has them, its
// bodies. The row must be masked already. A platform row has no account.
func (tx *Tx) InsertRequest(q portal.Request) (err error) {
	defer portal.Wrap(&err, "InsertRequest(%s)", q.ID)
	return tx.insertRequests([]portal.Request{q})
}

// InsertRequests is InsertRequest for many rows.
func (tx *Tx) InsertRequests(rows []portal.Request) (err error) {
	defer portal.Wrap(&err, "InsertRequests")
	for chunk := range slices.Chunk(rows, insertChunk) {
		if len(chunk) == insertChunk {
			err = tx.insertRequests(chunk)
		} else {
			err = tx.insertEach(chunk)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// insertEach spares the statements a shape for each number of rows.
func (tx *Tx) insertEach(rows []portal.Request) error {
	for i := range rows {
		if err := tx.insertRequests(rows[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// insertChunk is how many rows one statement writes: over a network the way
// there costs more than the row.
const insertChunk = 16

var (
	requestValues = "(?" + strings.Repeat(", ?", 27) + ")"
	insertOne     = `
INSERT /* Request.Insert */ INTO requests (` + requestColumns + `)
VALUES ` + requestValues
	insertMany = insertOne + strings.Repeat(",\n"+requestValues, insertChunk-1)

	insertBodies = `
INSERT /* Request.InsertBodies */ INTO request_bodies (request_id, request_headers, request_body, response_headers, response_body)
VALUES (?, ?, ?, ?, ?)`
)

// insertRequests writes one row or insertChunk of them.
func (tx *Tx) insertRequests(rows []portal.Request) error {
	sql := insertOne
	if len(rows) > 1 {
		sql = insertMany
	}
	args := make([]any, 0, 28*len(rows))
	for _, q := range rows {
		args = append(args, q.AccountID, string(q.Environment), q.ID, q.At, q.Source, q.Method, q.Path, q.Operation, q.Status,
			string(q.ErrorCode), micros(q.Duration), q.Timing.Auth.Microseconds(), q.Timing.Limits.Microseconds(),
			q.Timing.Validation.Microseconds(), q.Timing.Store.Microseconds(), q.TokenID, q.TokenName, q.UserID,
			q.IP, q.UserAgent, q.IdempotencyKey, q.Replayed, q.TraceID, q.MessageID, q.ContactID, q.HandoffID,
			q.OriginalRequestID, q.EventID)
	}
	if err := tx.Post(sql, args...); err != nil {
		return err
	}
	for _, q := range rows {
		if q.Bodies == nil {
			continue
		}
		written, err := encodeBodies(*q.Bodies)
		if err != nil {
			return err
		}
		if err := tx.insertBodies(q.ID, written); err != nil {
			return err
		}
	}
	return nil
}

// writtenBodies are bodies as their columns hold them.
type writtenBodies struct {
	requestHeaders, requestBody, responseHeaders, responseBody string
}

func encodeBodies(b portal.Bodies) (*writtenBodies, error) {
	request, err := textOfMap(b.RequestHeaders)
	if err != nil {
		return nil, err
	}
	response, err := textOfMap(b.ResponseHeaders)
	return &writtenBodies{request, b.RequestBody, response, b.ResponseBody}, err
}

func (tx *Tx) insertBodies(id string, b *writtenBodies) error {
	return tx.Post(insertBodies, id, b.requestHeaders, b.requestBody, b.responseHeaders, b.responseBody)
}

// textOfMap encodes a map as JSON with sorted names.
func textOfMap(m map[string]string) (text string, err error) {
	var room [1 << 10]byte
	out := append(room[:0], '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = jsontext.AppendQuote(out, name); err != nil {
			return "", err
		}
		if out, err = jsontext.AppendQuote(append(out, ':'), m[name]); err != nil {
			return "", err
		}
	}
	return string(append(out, '}')), nil
}

// Finished is what is known of a request only after its answer was written.
type Finished struct {
	portal.Tenant
	ID       string
	Duration time.Duration
	Store    time.Duration // part of Duration
	Bodies   *portal.Bodies

	written *writtenBodies // nil = not yet encoded
}

// Encode does beforehand what writing the bodies takes beside the database: in
// the transaction everybody else would wait for it.
func (f *Finished) Encode() (err error) {
	defer portal.Wrap(&err, "Encode(%s)", f.ID)
	if f.Bodies != nil && f.written == nil {
		f.written, err = encodeBodies(*f.Bodies)
	}
	return err
}

// FinishRequests adds durations and bodies to rows that were written before
// their answer.
func (tx *Tx) FinishRequests(all []Finished) (err error) {
	defer portal.Wrap(&err, "FinishRequests")
	of := map[portal.Tenant][]Finished{}
	for _, f := range all {
		of[f.Tenant] = append(of[f.Tenant], f)
	}
	for tenant, its := range of {
		for chunk := range slices.Chunk(its, insertChunk) {
			if err := tx.setDurations(tenant, chunk); err != nil {
				return err
			}
		}
	}
	for i := range all {
		if err := all[i].Encode(); err != nil {
			return err
		}
		if all[i].Bodies == nil {
			continue
		}
		if err := tx.insertBodies(all[i].ID, all[i].written); err != nil {
			return err
		}
	}
	return nil
}

var (
	durationOne  = durationSQL(1)
	durationMany = durationSQL(insertChunk)
)

// durationSQL sets n rows at once: PostgreSQL plans a statement on partitions
// anew each time, which takes longer than running it.
func durationSQL(n int) string {
	pick := "CASE id" + strings.Repeat(" WHEN ? THEN CAST(? AS BIGINT)", n) + " END"
	return `
UPDATE /* Request.Finish */ requests
SET duration = ` + pick + `, store = ` + pick + `
WHERE account_id = ? AND environment = ? AND id IN ` + listOf(n)
}

func (tx *Tx) setDurations(t portal.Tenant, rows []Finished) error {
	sql, n := durationMany, insertChunk
	if len(rows) < n { // a shape for each number of rows would fill the cache of statements
		sql, n = durationOne, 1
	}
	for chunk := range slices.Chunk(rows, n) {
		args := make([]any, 0, 5*n+2)
		for _, f := range chunk {
			args = append(args, f.ID, f.Duration.Microseconds())
		}
		for _, f := range chunk {
			args = append(args, f.ID, f.Store.Microseconds())
		}
		args = append(args, t.AccountID, string(t.Environment))
		for _, f := range chunk {
			args = append(args, f.ID)
		}
		if err := tx.Post(sql, args...); err != nil {
			return err
		}
	}
	return nil
}

// requestColumns is the order of InsertRequest and scanRequest.
const requestColumns = `account_id, environment, id, at, source, method, path, operation, status, error_code,
  duration, auth, limits, validation, store, token_id, token_name, user_id, ip, user_agent, idempotency_key,
  replayed, trace_id, message_id, contact_id, handoff_id, original_request_id, event_id`

// scanRequest reads requestColumns and then more.
func scanRequest(scan func(dest ...any) error, more ...any) (q portal.Request, err error) {
	var duration *int64
	var auth, limits, validation, store int64
	dest := []any{
		&q.AccountID, (*string)(&q.Environment), &q.ID, &q.At, &q.Source, &q.Method, &q.Path, &q.Operation,
		&q.Status, (*string)(&q.ErrorCode), &duration, &auth, &limits, &validation, &store, &q.TokenID, &q.TokenName,
		&q.UserID, &q.IP, &q.UserAgent, &q.IdempotencyKey, &q.Replayed, &q.TraceID, &q.MessageID, &q.ContactID,
		&q.HandoffID, &q.OriginalRequestID, &q.EventID,
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

// RequestTrace returns the trace id of an entry, "" when it has none; not_found
// for an id of another tenant.
func (r Reader) RequestTrace(t portal.Tenant, id string) (trace string, err error) {
	defer portal.Wrap(&err, "RequestTrace(%s)", id)
	err = r.Row(`
SELECT /* Request.Trace */ trace_id
FROM requests
WHERE account_id = ? AND environment = ? AND id = ?`, []any{t.AccountID, string(t.Environment), id}, &trace)
	return trace, err
}

// Requests returns a page of the log without bodies, newest first; its key is
// the id. A page of a filter that matches little reads up to the log's end or
// to From, whichever comes first.
func (r Reader) Requests(t portal.Tenant, f portal.RequestFilter, p portal.Page) (rows []portal.Request, next string, err error) {
	defer portal.Wrap(&err, "Requests(%s)", t.AccountID)
	where, args := requestWhere(t, f, p.After)
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

// requestWhere renders the conditions of a filter, for the rows behind the id
// after, or all for "". Class 2 includes redirects and 304.
func requestWhere(t portal.Tenant, f portal.RequestFilter, after string) (string, []any) {
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
	// The walk begins here, past everything newer. One condition: of two, SQLite would take the first.
	if after == "" && f.To != nil {
		after = portal.FirstID(portal.PrefixRequest, f.To.Add(idSlack))
	}
	if after != "" {
		and("id < ?", after)
	}
	return b.String(), args
}

var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// likePrefix returns the pattern of texts that start with s, for ESCAPE '!'.
func likePrefix(s string) string { return likeEscaper.Replace(s) + "%" }

func micros(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	n := d.Microseconds()
	return &n
}

func fromMicros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
