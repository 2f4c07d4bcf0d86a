package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// Request is a log entry on the wire.
type Request struct {
	ID             string       `json:"id"`
	Environment    string       `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	At             string       `json:"at" format:"date-time"`
	Source         string       `json:"source" doc:"api, or console for the API reference."`
	Method         string       `json:"method"`
	Path           string       `json:"path" doc:"With ids; numbers and the query's values are masked."`
	Operation      *string      `json:"operation" doc:"operationId; null when no route matched."`
	Status         int          `json:"status"`
	ErrorCode      *string      `json:"error_code"`
	DurationMS     *float64     `json:"duration_ms" doc:"Null: not measured."`
	TimingMS       Timing       `json:"timing_ms" doc:"Where the time went."`
	Token          *LogToken    `json:"token" doc:"Null when none was valid."`
	IP             *string      `json:"ip"`
	UserAgent      *string      `json:"user_agent"`
	IdempotencyKey *string      `json:"idempotency_key"`
	Replayed       bool         `json:"replayed" doc:"A repeat that got the kept answer."`
	TraceID        *string      `json:"trace_id"`
	Links          RequestLinks `json:"links" doc:"What the call was about."`
	Cause          *string      `json:"cause" doc:"The catalogue's sentence for a refused call."`
	Action         *string      `json:"action" doc:"What to do about it."`
}

// RequestDetail is a log entry with headers and bodies.
type RequestDetail struct {
	Request
	RequestPart  *HTTPPart `json:"request" doc:"As it came, masked; null after its retention."`
	ResponsePart *HTTPPart `json:"response" doc:"As it was answered, masked; null after its retention."`
}

// Timing is where the time of a call went, in milliseconds.
type Timing struct {
	Auth       float64 `json:"auth"`
	Limits     float64 `json:"limits"`
	Validation float64 `json:"validation"`
	Store      float64 `json:"store"`
}

// LogToken names the token of a call.
type LogToken struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// RequestLinks name what a call was about.
type RequestLinks struct {
	MessageID         *string `json:"message_id"`
	ContactID         *string `json:"contact_id"`
	EventID           *string `json:"event_id"`
	HandoffID         *string `json:"handoff_id"`
	OriginalRequestID *string `json:"original_request_id" doc:"Of a replay: the call that it repeats."`
}

// HTTPPart is one half of a call.
type HTTPPart struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func (a *API) registerRequests(h huma.API) {
	mount(h, "listRequests", a.listRequests)
	mount(h, "getRequest", a.getRequest)
}

func (a *API) listRequests(ctx context.Context, c *call, in *PageQuery) (reply, error) {
	page, err := in.page("requests")
	if err != nil {
		return reply{}, err
	}
	rows, next, err := a.Log.List(ctx, c.caller.Tenant, portal.RequestFilter{}, page)
	if err != nil {
		return reply{}, err
	}
	return listed(c, "requests", next, each(rows, func(q portal.Request) Request { return requestOf(q, c.lang) })), nil
}

func (a *API) getRequest(ctx context.Context, c *call, in *struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the request, as in the Request-Id header."`
},
) (reply, error) {
	q, err := a.Log.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	w := RequestDetail{Request: requestOf(q, c.lang)}
	if b := q.Bodies; b != nil {
		w.RequestPart = &HTTPPart{Headers: b.RequestHeaders, Body: b.RequestBody}
		w.ResponsePart = &HTTPPart{Headers: b.ResponseHeaders, Body: b.ResponseBody}
	}
	return reply{body: w, tag: true}, nil
}

func requestOf(q portal.Request, lang string) Request {
	w := Request{
		ID: q.ID, Environment: string(q.Environment), At: portal.FormatTime(q.At), Source: q.Source, Method: q.Method, Path: q.Path,
		Operation: text(q.Operation), Status: q.Status, ErrorCode: text(string(q.ErrorCode)),
		TimingMS: Timing{Auth: millis(q.Timing.Auth), Limits: millis(q.Timing.Limits), Validation: millis(q.Timing.Validation), Store: millis(q.Timing.Store)},
		IP:       text(q.IP), UserAgent: text(q.UserAgent), IdempotencyKey: text(q.IdempotencyKey), Replayed: q.Replayed, TraceID: text(q.TraceID),
		Links: RequestLinks{MessageID: text(q.MessageID), ContactID: text(q.ContactID), HandoffID: text(q.HandoffID), EventID: text(q.EventID), OriginalRequestID: text(q.OriginalRequestID)},
	}
	if q.Duration != nil {
		ms := millis(*q.Duration)
		w.DurationMS = &ms
	}
	if q.TokenID != "" {
		w.Token = &LogToken{ID: q.TokenID, Name: q.TokenName}
	}
	if e, ok := portal.EntryOf(q.ErrorCode); ok {
		w.Cause, w.Action = text(e.Detail.In(lang)), text(e.Action.In(lang))
	}
	return w
}

// millis returns whole microseconds as milliseconds.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
