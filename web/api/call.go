package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
)

// call is one request on its way, with its answer and what the log will say.
type call struct {
	api        *API
	id         string
	at         time.Time // by the injected clock, for the log
	started    time.Time // for durations
	validating time.Time
	w          http.ResponseWriter // for a body or an answer that is not kept in memory
	r          *http.Request
	op         *Operation // nil: no such route
	caller     portal.Caller
	body       []byte
	lang       string
	trace      string
	key        string // Idempotency-Key, checked
	timing     portal.Timing
	answer     answer
	answered   bool                        // answer is complete
	stream     func(w http.ResponseWriter) // writes the answer's status and body; nil = they are in answer
	code       portal.Code                 // of a refusal
	left       *int                        // requests left of the limit; nil = no limit
	recorded   bool                        // the log row was written with the effect
	replayed   bool
	original   string // the call that a replay repeats
	messageID  string
	contactID  string
	handoffID  string
	eventID    string
	shown      []byte // what the log keeps of a body that is not JSON, as JSON; nil = the body
	release    func() // gives back a batch's turn; nil = it has none
}

// answer is a response kept in memory, so that it can be logged and kept.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, b...)
	return len(b), nil
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// open starts the call: its id, its route, its language.
func (a *API) open(r *http.Request) *call {
	c := &call{api: a, id: portal.RequestID(r.Context()), at: a.Now().UTC().Truncate(time.Microsecond), started: time.Now()}
	if c.id == "" {
		c.id = portal.NewID(portal.PrefixRequest)
	}
	if c.trace = traceID(r.Header.Get("Traceparent")); c.trace == "" {
		c.trace = portal.Trace(r.Context()) // the one that was begun for it
	}
	c.op = a.route(r)
	c.answer.header = http.Header{
		"Request-Id":    {c.id},
		"Cache-Control": {"no-store"},
		"Vary":          {"Accept-Language, Authorization"},
	}
	c.speak(r.Header.Get("Accept-Language"))
	if c.op != nil {
		r.Pattern = c.op.Method + " " + c.op.Path // for the front door's line and metric
	}
	c.caller.IP = a.ClientIP(r)
	c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	return c
}

// decoded notes that reading and checking the input is over.
func (c *call) decoded() { c.timing.Validation = time.Since(c.validating) }

// send writes the answer to the client.
func (c *call) send(w http.ResponseWriter) {
	h := w.Header()
	for k, v := range c.answer.header {
		h[k] = v
	}
	if c.stream != nil {
		to := &statusOf{ResponseWriter: w}
		defer func() { c.answer.status = to.status }()
		c.stream(to)
		return
	}
	if len(c.answer.body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(c.answer.body)))
	}
	w.WriteHeader(c.answer.status)
	_, _ = w.Write(c.answer.body)
}

// statusOf remembers the status of an answer that is streamed.
type statusOf struct {
	http.ResponseWriter
	status int
}

func (s *statusOf) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *statusOf) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// close hands the call to the log: an effect's row exists and gets its
// duration, all others are queued.
func (a *API) close(c *call) {
	took := time.Since(c.started)
	if c.recorded {
		a.Log.Finish(store.Finished{Tenant: c.caller.Tenant, ID: c.id, Duration: took, Store: c.timing.Store, Bodies: c.bodies()})
		return
	}
	row := c.row(c.answer.status)
	row.Duration, row.Bodies = &took, c.bodies()
	a.Log.Enqueue(context.WithoutCancel(c.r.Context()), row)
}

// row returns the log entry of the call as it stands, without bodies. Path and
// texts are masked by the log.
func (c *call) row(status int) portal.Request {
	r := c.r
	row := portal.Request{
		ID: c.id, AccountID: c.caller.AccountID, Environment: c.caller.Environment, At: c.at,
		Source: c.caller.Source(), Method: r.Method, Path: r.URL.Path,
		Status: status, ErrorCode: c.code, Timing: c.timing,
		TokenID: c.caller.Token.ID, TokenName: c.caller.Token.Name, UserID: c.caller.UserID,
		UserAgent: r.UserAgent(), IdempotencyKey: c.key, Replayed: c.replayed, TraceID: c.trace,
		MessageID: c.messageID, ContactID: c.contactID, HandoffID: c.handoffID, EventID: c.eventID, OriginalRequestID: c.original,
	}
	if c.caller.IP.IsValid() {
		row.IP = c.caller.IP.String()
	}
	if r.URL.RawQuery != "" {
		row.Path += "?" + r.URL.RawQuery
	}
	if c.op != nil {
		row.Operation = c.op.ID
	}
	return row
}

// bodies returns what the log keeps of the request and of the answer, masked.
func (c *call) bodies() *portal.Bodies {
	header := c.answer.header
	kind, body := c.r.Header.Get("Content-Type"), c.body
	if c.shown != nil {
		kind, body = "application/json", c.shown
	}
	return &portal.Bodies{
		RequestHeaders: audit.MaskHeaders(c.r.Header), RequestBody: audit.Mask(kind, body),
		ResponseHeaders: audit.MaskHeaders(header), ResponseBody: audit.Mask(header.Get("Content-Type"), c.answer.body),
	}
}

// shorten makes text from outside fit to be told back: valid, without control
// characters, at most maxPointer bytes.
func shorten(s string) string {
	if len(s) > maxPointer {
		s = s[:maxPointer]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// traceID returns the trace id of a W3C traceparent, "" when it is not one.
func traceID(header string) string {
	parts := strings.Split(header, "-")
	if len(header) < 55 || len(parts) < 4 || len(parts[0]) != 2 || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 {
		return ""
	}
	if parts[0] == "ff" || parts[0] == "00" && len(header) != 55 || zero(parts[1]) || zero(parts[2]) {
		return ""
	}
	for _, p := range parts[:4] {
		if _, err := hex.DecodeString(p); err != nil || strings.ToLower(p) != p {
			return ""
		}
	}
	return parts[1]
}

func zero(hex string) bool { return strings.Trim(hex, "0") == "" }
