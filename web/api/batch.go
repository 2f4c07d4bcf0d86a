package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// linesPerTx is how many lines share a commit: enough to share the wait for the
// disk, few enough that nobody else waits long for the writer.
const linesPerTx = 100

// MessageLine is one line of sendMessages.
type MessageLine struct {
	MessageBody
	IdempotencyKey string `json:"idempotency_key,omitempty" minLength:"1" maxLength:"255" doc:"Your key of this line: a repeat within 24 hours, in any batch, gets the same result and does nothing." example:"PED-1001:enviado"`
}

func (l MessageLine) key() string { return l.IdempotencyKey }

// ContactLine is one line of upsertContacts.
type ContactLine struct {
	ContactBody
	IdempotencyKey string `json:"idempotency_key,omitempty" minLength:"1" maxLength:"255" doc:"Your key of this line: a repeat within 24 hours, in any batch, gets the same result and does nothing." example:"CLI-42:2026-11-22"`
}

func (l ContactLine) key() string { return l.IdempotencyKey }

// MessageBatch is the answer of sendMessages.
type MessageBatch struct {
	Accepted int             `json:"accepted" doc:"Lines that were accepted."`
	Refused  int             `json:"refused" doc:"Lines that were refused; the others are not harmed."`
	Data     []MessageResult `json:"data" doc:"One result for each line, in order."`
}

// MessageResult is what became of one line.
type MessageResult struct {
	Index   int      `json:"index" doc:"Number of the line, from 0; empty lines do not count."`
	Status  int      `json:"status" doc:"HTTP status that the line alone would have got."`
	Message *Message `json:"message" doc:"The message; null when the line was refused."`
	Error   *Problem `json:"error" doc:"Why the line was refused; its pointers start at the line."`
}

// ContactBatch is the answer of upsertContacts.
type ContactBatch struct {
	Accepted int             `json:"accepted" doc:"Lines that were accepted."`
	Refused  int             `json:"refused" doc:"Lines that were refused; the others are not harmed."`
	Data     []ContactResult `json:"data" doc:"One result for each line, in order."`
}

// ContactResult is what became of one line.
type ContactResult struct {
	Index   int             `json:"index" doc:"Number of the line, from 0; empty lines do not count."`
	Status  int             `json:"status" doc:"HTTP status that the line alone would have got."`
	Contact *ContactWritten `json:"contact" doc:"The contact; null when the line was refused."`
	Error   *Problem        `json:"error" doc:"Why the line was refused; its pointers start at the line."`
}

// done is what one line came to.
type done struct {
	noun      string // "message", "contact" or "event"
	status    int
	body      any // of the resource
	messageID string
	contactID string
}

// lineEffect is what one line does, inside a transaction that others share. It may run twice.
type lineEffect[L any] func(tx *store.Tx, c *call, key string, l L) (done, error)

// mountBatch registers an operation that does the same for each line of its body.
func mountBatch[L keyed](h huma.API, id string, run lineEffect[L]) {
	reader := newLineReader[L](h.OpenAPI().Components.Schemas)
	mount(h, id, func(ctx context.Context, c *call, _ *struct{}) (reply, error) {
		b, err := newBatch(c, reader, run)
		if err != nil {
			return reply{}, err
		}
		start := time.Now()
		defer func() { c.timing.Store = time.Since(start) }()
		return reply{}, b.run(ctx)
	})
}

// batch is a call of many lines on its way.
type batch[L any] struct {
	*call
	lines   []line[L]
	do      lineEffect[L]
	results []result
	fresh   bool // a part was done now, not replayed
}

// result is the answer of one line as bytes.
type result struct {
	status int
	body   []byte // "message":{…},"error":null
}

func newBatch[L keyed](c *call, reader lineReader[L], run lineEffect[L]) (*batch[L], error) {
	if len(c.body) == 0 {
		return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldRequired})
	}
	if err := c.takeRoom(); err != nil {
		return nil, err
	}
	kind := c.r.Header.Get("Content-Type")
	values, err := splitLines(kind, c.body)
	if err != nil {
		return nil, err
	}
	b := &batch[L]{call: c, do: run, lines: make([]line[L], len(values)), results: make([]result, len(values))}
	for i, v := range values {
		b.lines[i] = reader.read(c.op.ID, v)
	}
	if c.body[0] != '[' {
		c.shown = shownLines(values)
	}
	c.decoded()
	return b, nil
}

// run does the lines, some to a transaction. What a committed transaction did
// stays; when a later one fails, its lines say so and may be sent again.
func (b *batch[L]) run(ctx context.Context) error {
	for from := 0; from < len(b.lines); from += linesPerTx {
		to := min(from+linesPerTx, len(b.lines))
		err := b.api.Store.Tx(ctx, func(tx *store.Tx) error { return b.part(tx, from, to) })
		if err != nil && from == 0 {
			b.original, b.replayed = "", false
			return err // nothing has happened
		}
		if err != nil {
			b.fresh = true
			for i := from; i < to; i++ {
				b.results[i] = b.refused(err)
			}
		}
		b.recorded = true
	}
	ans, err := b.answer()
	if err != nil {
		return err
	}
	b.take(ans)
	return nil
}

// part does the lines from one to another in one transaction, or answers what is
// kept of them. The first part writes the log row.
func (b *batch[L]) part(tx *store.Tx, from, to int) error {
	known, err := b.kept(tx, from, to)
	if err != nil {
		return err
	}
	if !known {
		b.fresh = true
		if err := b.fresher(tx, from, to); err != nil {
			return err
		}
	}
	if from > 0 {
		return nil
	}
	return b.api.Log.Record(tx, b.row(http.StatusOK))
}

// fresher does the lines for the first time.
func (b *batch[L]) fresher(tx *store.Tx, from, to int) error {
	for i := from; i < to; i++ {
		var r result
		var d done
		refused, err := tx.Apart(func() (err error) {
			r, d, err = b.one(tx, b.lines[i])
			return err
		})
		if err != nil {
			return err
		}
		if refused != nil {
			r, d = b.refused(refused), done{}
		}
		b.results[i] = r
		if b.key == "" {
			continue
		}
		if err := tx.KeepLine(b.caller.Tenant, b.partKey(from), keptLine(i, r, d)); err != nil {
			return err
		}
	}
	return nil
}

// one does a line, or answers what is kept under its own key.
func (b *batch[L]) one(tx *store.Tx, l line[L]) (r result, d done, err error) {
	if l.err != nil {
		return r, d, l.err
	}
	t := b.caller.Tenant
	if l.key == "" {
		return b.effect(tx, l)
	}
	hash := sha256.Sum256([]byte(l.key))
	kept, claimed, err := tx.ClaimKey(t, store.KeyClaim{KeyHash: hash[:], Fingerprint: l.print, RequestID: b.id})
	if err != nil {
		return r, d, err
	}
	if !claimed {
		return b.again(tx, kept, hash[:], l.print)
	}
	if r, d, err = b.effect(tx, l); err != nil {
		return r, d, err
	}
	return r, d, tx.KeepLine(t, hash[:], keptLine(0, r, d))
}

func (b *batch[L]) effect(tx *store.Tx, l line[L]) (r result, d done, err error) {
	if d, err = b.do(tx, b.call, l.key, l.value); err != nil {
		return r, d, err
	}
	body, err := encode(d.body)
	if err != nil {
		return r, d, err
	}
	return result{d.status, fmt.Appendf(nil, `%q:%s,"error":null`, d.noun, body)}, d, nil
}

// again answers a line whose key was used before.
func (b *batch[L]) again(tx *store.Tx, kept *store.Kept, hash, print []byte) (r result, d done, err error) {
	if !kept.SameCall(print) {
		return r, d, portal.Refuse(portal.CodeIdempotencyMismatch)
	}
	lines, err := tx.KeptLines(b.caller.Tenant, hash)
	if err != nil {
		return r, d, err
	}
	if len(lines) == 0 || lines[0].Body == nil {
		return r, d, portal.Refuse(portal.CodeNotFound) // about a person who was erased meanwhile
	}
	l := lines[0]
	if l.MessageID != "" {
		err = tx.AddReplay(l.MessageID, b.id, b.caller.Token.ID)
	}
	return result{l.Status, l.Body}, done{messageID: l.MessageID, contactID: l.ContactID}, err
}

// kept claims the part's share of the batch's key. When the part was done
// before, its results are what was answered then.
func (b *batch[L]) kept(tx *store.Tx, from, to int) (known bool, err error) {
	if b.key == "" {
		return false, nil
	}
	print, hash := b.fingerprint(), b.partKey(from)
	kept, claimed, err := tx.ClaimKey(b.caller.Tenant, store.KeyClaim{KeyHash: hash, Fingerprint: print, RequestID: b.id})
	if from == 0 {
		b.original, b.replayed = "", err == nil && !claimed
	}
	if err != nil || claimed {
		return false, err
	}
	if !kept.SameCall(print) {
		return false, portal.Refuse(portal.CodeIdempotencyMismatch)
	}
	if from == 0 {
		b.original = kept.RequestID
	}
	lines, err := tx.KeptLines(b.caller.Tenant, hash)
	if err != nil {
		return false, err
	}
	for i := from; i < to; i++ {
		b.results[i] = b.refused(portal.Refuse(portal.CodeNotFound))
	}
	for _, l := range lines {
		if l.Body != nil && l.Line >= from && l.Line < to {
			b.results[l.Line] = result{l.Status, l.Body}
		}
	}
	return true, nil
}

// partKey is the hash of the call's key for the part that starts at a line: the
// key itself for the first, so that no other call can take it.
func (b *batch[L]) partKey(from int) []byte {
	key := b.key
	if from > 0 {
		key += "\x00" + strconv.Itoa(from) // no key of a caller has a NUL
	}
	hash := sha256.Sum256([]byte(key))
	return hash[:]
}

func (b *batch[L]) refused(err error) result {
	p, _, _ := b.explain(err)
	body, encErr := encode(p)
	if encErr != nil {
		b.api.Logger.Error("encode problem", "request_id", b.id, "error", encErr)
		body = []byte("null")
	}
	return result{p.Status, fmt.Appendf(nil, `%q:null,"error":%s`, b.op.noun(), body)}
}

func keptLine(i int, r result, d done) store.KeptLine {
	return store.KeptLine{Line: i, ContactID: d.contactID, MessageID: d.messageID, Status: r.status, Body: r.body}
}

// answer puts the results together.
func (b *batch[L]) answer() (answer, error) {
	size, accepted := 64, 0
	for _, r := range b.results {
		size += len(r.body) + 40
		if r.status < http.StatusBadRequest {
			accepted++
		}
	}
	out := fmt.Appendf(make([]byte, 0, size), `{"accepted":%d,"refused":%d,"data":[`, accepted, len(b.results)-accepted)
	for i, r := range b.results {
		if i > 0 {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, `{"index":%d,"status":%d,`, i, r.status)
		out = append(append(out, r.body...), '}')
	}
	out = append(out, ']', '}')
	ans := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: out}
	if !b.fresh {
		ans.header.Set("Idempotency-Replayed", "true")
	}
	return ans, nil
}

// noun names what the operation's lines become.
func (op *Operation) noun() string {
	switch op.ID {
	case "upsertContacts":
		return "contact"
	case "sendEvents":
		return "event"
	}
	return "message"
}

func (a *API) sendLine(tx *store.Tx, c *call, key string, l MessageLine) (done, error) {
	caller := c.caller
	caller.Batch = true
	m, err := a.Messaging.AcceptTx(tx, caller, key, draftOf(l.MessageBody))
	if err != nil {
		return done{}, err
	}
	return done{"message", http.StatusAccepted, messageOf(m, c.lang), m.ID, m.ContactID}, nil
}

func (a *API) upsertLine(tx *store.Tx, c *call, _ string, l ContactLine) (done, error) {
	contact, created, warnings, err := a.Contacts.UpsertTx(tx, c.caller, upsertOf(l.ContactBody))
	if err != nil {
		return done{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return done{"contact", status, written(contact, warnings, c, tx.Now()), "", contact.ID}, nil
}

// lineTypes are the lines of batches by what they become.
var lineTypes = map[string]reflect.Type{
	"message": reflect.TypeFor[MessageLine](), "contact": reflect.TypeFor[ContactLine](), "event": reflect.TypeFor[EventLine](),
}

// batchBody describes the two forms of a batch's body.
func (op *Operation) batchBody(registry huma.Registry) *huma.RequestBody {
	item := registry.Schema(lineTypes[op.noun()], true, "")
	lines := &huma.Schema{Type: huma.TypeArray, Items: item, MinItems: number(1), MaxItems: number(maxLines)}
	example := ""
	for _, b := range bodies[op.ID] {
		values, _ := arrayLines(b)
		for _, v := range values {
			v := append(jsontext.Value(nil), v...)
			if v.Compact() == nil {
				example += string(v) + "\n"
			}
		}
	}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: lines, Examples: bodyExamples(bodies[op.ID])},
		ndjson:             {Schema: &huma.Schema{Type: huma.TypeString, Description: "One JSON object a line."}, Example: example},
	}}
}
