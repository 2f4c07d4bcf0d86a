package portal

import (
	"context"
	"time"
)

// Request is one entry of the request log. What it holds is already masked:
// it was masked when it was written.
type Request struct {
	ID                string
	AccountID         string // "" = a platform row: no account was known
	Environment       Environment
	At                time.Time
	Source            string // SourceAPI or SourceConsole
	Method            string
	Path              string // ids kept, query masked
	Operation         string // operationId, "" when no route matched
	Status            int
	ErrorCode         Code
	Duration          *time.Duration // nil = not measured: the process ended before it was known
	Timing            Timing
	TokenID           string
	TokenName         string
	UserID            string // console calls
	IP                string
	UserAgent         string
	IdempotencyKey    string
	Replayed          bool
	TraceID           string
	MessageID         string
	ContactID         string
	HandoffID         string
	EventID           string  // the commercial event
	OriginalRequestID string  // of a replay: the call it repeats
	Bodies            *Bodies // nil in lists and after their retention
}

// Timing is where the time of a request went.
type Timing struct {
	Auth, Limits, Validation, Store time.Duration
}

// Bodies are the headers and bodies of a call, masked, at most 16 KiB each.
type Bodies struct {
	RequestHeaders  map[string]string
	RequestBody     string
	ResponseHeaders map[string]string
	ResponseBody    string
}

// RequestFilter narrows the log; zero fields do not filter.
type RequestFilter struct {
	Class       int // 2, 4 or 5: first digit of the status
	PathPrefix  string
	Method      string
	TokenID     string
	ErrorCode   Code
	MinDuration time.Duration
	ID          string
	Source      string
	MessageID   string
	From, To    *time.Time
}

// Minute is the count of one minute of the log by status class, and by duration where that was asked for.
type Minute struct {
	At                  time.Time
	OK, Refused, Failed int64 // 2xx and 3xx, 4xx, 5xx
	Latency             Latency
}

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of the HTTP request being served.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

type traceKey struct{}

// WithTrace returns a context that carries the trace which what is done belongs
// to: 32 hexadecimal digits as in a traceparent.
func WithTrace(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, traceKey{}, id)
}

// Trace returns the trace that WithTrace named, "" when none.
func Trace(ctx context.Context) string {
	id, _ := ctx.Value(traceKey{}).(string)
	return id
}

// RequestID returns the id of the HTTP request being served, "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
