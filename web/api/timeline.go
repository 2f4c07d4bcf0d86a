package api

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
)

// MessageDetail is a message with what happened to it.
type MessageDetail struct {
	Message
	Timeline Timeline `json:"timeline" doc:"What happened, oldest first. Treat a new kind as other."`
}

// Timeline holds entries of several kinds.
type Timeline []any

// Schema lists the kinds that there are and leaves room for new ones.
func (Timeline) Schema(r huma.Registry) *huma.Schema {
	kinds := &huma.Schema{Description: "One of the kinds below, told apart by kind."}
	for _, t := range []reflect.Type{reflect.TypeFor[TimelineRequest](), reflect.TypeFor[TimelineCheck](), reflect.TypeFor[TimelineAttempt](), reflect.TypeFor[TimelineStatus](), reflect.TypeFor[TimelineWebhook]()} {
		kinds.AnyOf = append(kinds.AnyOf, r.Schema(t, true, ""))
	}
	return &huma.Schema{Type: huma.TypeArray, Items: kinds}
}

// TimelineRequest says who asked.
type TimelineRequest struct {
	At             string  `json:"at" format:"date-time"`
	Kind           string  `json:"kind" enum:"request"`
	RequestID      string  `json:"request_id" doc:"The call, as in the log."`
	TokenID        *string `json:"token_id" doc:"The token; null when a person asked."`
	IdempotencyKey *string `json:"idempotency_key"`
	Replayed       bool    `json:"replayed" doc:"A repeat that got the kept answer."`
}

// TimelineCheck is a rule that was looked at.
type TimelineCheck struct {
	At     string  `json:"at" format:"date-time"`
	Kind   string  `json:"kind" enum:"check"`
	Check  string  `json:"check" doc:"channel, number, opt_in, window, template, parameters, media or limits."`
	Result string  `json:"result" enum:"pass,warn,fail,skipped"`
	Code   *string `json:"code"`
	Detail string  `json:"detail" doc:"The reason in the caller's language."`
}

// TimelineAttempt is a call made to WhatsApp.
type TimelineAttempt struct {
	At              string   `json:"at" format:"date-time"`
	Kind            string   `json:"kind" enum:"attempt"`
	Number          int      `json:"number"`
	Outcome         *string  `json:"outcome" doc:"accepted, refused or lost; null while it is under way."`
	DurationMS      int64    `json:"duration_ms"`
	HTTPStatus      *int     `json:"http_status"`
	ProviderTraceID *string  `json:"provider_trace_id" doc:"WhatsApp's id of the call, for support."`
	Error           *Failure `json:"error"`
	NextAttemptAt   *string  `json:"next_attempt_at" format:"date-time"`
}

// TimelineStatus is news from WhatsApp.
type TimelineStatus struct {
	At         string `json:"at" format:"date-time"`
	Kind       string `json:"kind" enum:"status"`
	Status     string `json:"status"`
	ReceivedAt string `json:"received_at" format:"date-time" doc:"When it reached us."`
	Applied    bool   `json:"applied" doc:"False: late or repeated, it changed nothing."`
	Sequence   *int   `json:"sequence" doc:"Number of the news; null when it was not applied."`
}

// TimelineWebhook is an attempt to tell an endpoint.
type TimelineWebhook struct {
	At             string   `json:"at" format:"date-time"`
	Kind           string   `json:"kind" enum:"webhook"`
	WebhookEventID string   `json:"webhook_event_id" doc:"The same in every repetition: deduplicate by it."`
	EventType      string   `json:"event_type"`
	EndpointID     string   `json:"endpoint_id"`
	DeliveryID     string   `json:"delivery_id"`
	Attempt        int      `json:"attempt"`
	Outcome        *string  `json:"outcome" doc:"As in a delivery; null while under way."`
	HTTPStatus     *int     `json:"http_status" doc:"Null without an answer."`
	DurationMS     *float64 `json:"duration_ms" doc:"Null while under way."`
}

func webhookEntryOf(s portal.SubjectAttempt) TimelineWebhook {
	a := tryOf(s.Attempt, "")
	return TimelineWebhook{
		At: a.At, Kind: "webhook", WebhookEventID: s.Delivery.EventID, EventType: s.Delivery.EventType, EndpointID: s.Delivery.EndpointID,
		DeliveryID: s.Delivery.ID, Attempt: a.Number, Outcome: a.Outcome, HTTPStatus: a.HTTPStatus, DurationMS: a.DurationMS,
	}
}

func (a *API) getMessage(ctx context.Context, c *call, in *struct {
	ID string `path:"id" doc:"Id of the message."`
},
) (reply, error) {
	m, history, err := a.Messaging.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	c.messageID, c.contactID = m.ID, m.ContactID
	return reply{body: MessageDetail{messageOf(m, c.lang), timelineOf(m, history, c.lang)}, tag: true}, nil
}

// timelineOf puts everything that is known in the order in which it happened.
func timelineOf(m portal.Message, h portal.History, lang string) Timeline {
	type entry struct {
		at   time.Time
		wire any
	}
	var all []entry
	if m.RequestID != "" {
		all = append(all, entry{m.CreatedAt, TimelineRequest{
			At: portal.FormatTime(m.CreatedAt), Kind: "request", RequestID: m.RequestID,
			TokenID: text(m.TokenID), IdempotencyKey: text(m.IdempotencyKey),
		}})
	}
	for _, k := range h.Checks {
		all = append(all, entry{m.CreatedAt, TimelineCheck{
			At: portal.FormatTime(m.CreatedAt), Kind: "check", Check: k.Check, Result: k.Result,
			Code: text(string(k.Code)), Detail: k.Detail.In(lang),
		}})
	}
	for _, r := range h.Replays {
		all = append(all, entry{r.At, TimelineRequest{
			At: portal.FormatTime(r.At), Kind: "request", RequestID: r.RequestID,
			TokenID: text(r.TokenID), IdempotencyKey: text(m.IdempotencyKey), Replayed: true,
		}})
	}
	for _, t := range h.Attempts {
		all = append(all, entry{t.At, attemptOf(t, lang)})
	}
	for _, n := range h.News {
		w := TimelineStatus{At: portal.FormatTime(n.At), Kind: "status", Status: string(n.Status), ReceivedAt: portal.FormatTime(n.ReceivedAt), Applied: n.Applied}
		if n.Sequence != 0 {
			w.Sequence = &n.Sequence
		}
		all = append(all, entry{n.ReceivedAt, w})
	}
	for _, s := range h.Webhooks {
		all = append(all, entry{s.Attempt.At, webhookEntryOf(s)})
	}
	slices.SortStableFunc(all, func(x, y entry) int { return cmp.Compare(x.at.UnixMicro(), y.at.UnixMicro()) })
	return each(all, func(e entry) any { return e.wire })
}

func attemptOf(t portal.Attempt, lang string) TimelineAttempt {
	w := TimelineAttempt{
		At: portal.FormatTime(t.At), Kind: "attempt", Number: t.Number, Outcome: text(t.Outcome), DurationMS: t.Duration.Milliseconds(),
		ProviderTraceID: text(t.TraceID), Error: failureOf(t.Failure, lang), NextAttemptAt: moment(t.NextAttemptAt),
	}
	if t.HTTPStatus != 0 {
		w.HTTPStatus = &t.HTTPStatus
	}
	return w
}
