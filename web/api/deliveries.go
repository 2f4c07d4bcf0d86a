package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// DeliveryRow is a delivery on the wire, in lists.
type DeliveryRow struct {
	ID             string  `json:"id" example:"dlv_01KB2M4X7Q9V0T3R5N8W6Y1Z0A"`
	Environment    string  `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	EndpointID     string  `json:"endpoint_id"`
	WebhookEventID string  `json:"webhook_event_id" doc:"The same in every repetition: deduplicate by it."`
	EventType      string  `json:"event_type"`
	Subject        string  `json:"subject" doc:"Id of what the event is about."`
	Trigger        string  `json:"trigger" doc:"automatic, resend, replay or test."`
	Status         string  `json:"status" doc:"pending, succeeded, dead (given up) or canceled (the endpoint was deleted or disabled)."`
	AttemptCount   int     `json:"attempt_count"`
	NextAttemptAt  *string `json:"next_attempt_at" format:"date-time"`
	CreatedAt      string  `json:"created_at" format:"date-time"`
	FinishedAt     *string `json:"finished_at" format:"date-time"`
}

// Delivery is a delivery with its attempts.
type Delivery struct {
	DeliveryRow
	Attempts []DeliveryAttempt `json:"attempts" doc:"Oldest first."`
}

// DeliveryAttempt is one call to the endpoint.
type DeliveryAttempt struct {
	Number     int               `json:"number"`
	Trigger    string            `json:"trigger" doc:"automatic, resend, replay or test."`
	At         string            `json:"at" format:"date-time"`
	DurationMS *float64          `json:"duration_ms" doc:"Null while under way."`
	Outcome    *string           `json:"outcome" doc:"succeeded, http_error, redirect, timeout, connection_error, tls_error, address_refused or interrupted (we broke it off; you may have the event); null while under way."`
	HTTPStatus *int              `json:"http_status" doc:"Null without an answer."`
	Request    *DeliveryRequest  `json:"request" doc:"What was sent; the values of your own headers are masked."`
	Response   *DeliveryResponse `json:"response" doc:"What your server answered, masked, cut at 16 KiB."`
}

// DeliveryRequest is what was sent.
type DeliveryRequest struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// DeliveryResponse is what the receiver answered.
type DeliveryResponse struct {
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
	Truncated bool              `json:"truncated" doc:"There was more."`
}

// ReplayBody is the body of replayWebhookEvents.
type ReplayBody struct {
	From       time.Time  `json:"from" doc:"Events that happened at or after this time; they are kept for 30 days."`
	To         *time.Time `json:"to,omitempty" doc:"And before this time; now without it."`
	Types      []string   `json:"types,omitempty" maxItems:"50" doc:"Only these; what the endpoint wants without it."`
	FailedOnly bool       `json:"failed_only,omitempty" doc:"Only what the endpoint does not have."`
}

// Replay is a repetition that goes on in the background.
type Replay struct {
	ID         string   `json:"id"`
	EndpointID string   `json:"endpoint_id"`
	From       string   `json:"from" format:"date-time"`
	To         string   `json:"to" format:"date-time"`
	Types      []string `json:"types"`
	FailedOnly bool     `json:"failed_only"`
	Queued     int      `json:"queued" doc:"Deliveries made so far."`
	CreatedAt  string   `json:"created_at" format:"date-time"`
	FinishedAt *string  `json:"finished_at" format:"date-time"`
}

// WebhookEvent is an event, as it is sent to endpoints.
type WebhookEvent webhooks.Envelope

// DeliveryPath names a delivery.
type DeliveryPath struct {
	EndpointPath
	DeliveryID string `path:"delivery_id" maxLength:"64" doc:"Id of the delivery."`
}

func (a *API) registerDeliveries(h huma.API) {
	mountWrite(h, "replayWebhookEvents", a.replayEvents)
	mount(h, "listWebhookDeliveries", a.listDeliveries)
	mount(h, "getWebhookDelivery", a.getDelivery)
	mountWrite(h, "resendWebhookDelivery", a.resendDelivery)
	mount(h, "listWebhookEvents", a.listWebhookEvents)
}

func (a *API) replayEvents(tx *store.Tx, c *call, in *struct {
	EndpointPath
	Body ReplayBody
},
) (reply, error) {
	b := in.Body
	w, err := a.Webhooks.ReplayTx(tx, c.caller, webhooks.Ask{EndpointID: in.ID, From: b.From, To: b.To, Types: b.Types, FailedOnly: b.FailedOnly})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusAccepted, location: "/v1/webhook-endpoints/" + in.ID, body: Replay{
		ID: w.ID, EndpointID: w.EndpointID, From: portal.FormatTime(w.From), To: portal.FormatTime(w.To), Types: w.Types,
		FailedOnly: w.FailedOnly, Queued: w.Queued, CreatedAt: portal.FormatTime(w.CreatedAt), FinishedAt: moment(w.FinishedAt),
	}}, nil
}

// ListDeliveriesInput are the filters of the list.
type ListDeliveriesInput struct {
	EndpointPath
	PageQuery
	Status string `query:"status" enum:"pending,succeeded,dead,canceled" doc:"Only of this status."`
	Type   string `query:"type" maxLength:"64" doc:"Only of this event type."`
}

func (a *API) listDeliveries(ctx context.Context, c *call, in *ListDeliveriesInput) (reply, error) {
	page, err := in.page("webhook-deliveries")
	if err != nil {
		return reply{}, err
	}
	if _, err := a.Webhooks.Get(ctx, c.caller.Tenant, in.ID); err != nil {
		return reply{}, err
	}
	rows, next, err := a.Webhooks.Deliveries(ctx, c.caller.Tenant, portal.DeliveryFilter{EndpointID: in.ID, Status: in.Status, Type: in.Type}, page)
	if err != nil {
		return reply{}, err
	}
	return listed(c, "webhook-deliveries", next, each(rows, deliveryRowOf)), nil
}

func (a *API) getDelivery(ctx context.Context, c *call, in *DeliveryPath) (reply, error) {
	told, err := a.Webhooks.Delivery(ctx, c.caller.Tenant, in.ID, in.DeliveryID)
	if err != nil {
		return reply{}, err
	}
	return reply{body: a.deliveryOf(ctx, told), tag: true}, nil
}

func (a *API) resendDelivery(tx *store.Tx, c *call, in *DeliveryPath) (reply, error) {
	d, err := a.Webhooks.ResendTx(tx, c.caller, in.ID, in.DeliveryID)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusAccepted, location: "/v1/webhook-endpoints/" + in.ID + "/deliveries/" + d.ID, body: deliveryRowOf(d)}, nil
}

// ListEventsInput are the parameters of the feed.
type ListEventsInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many rows to answer."`
	After string `query:"after" maxLength:"1024" doc:"The last next; without it the oldest kept event comes first. now begins with what happens next."`
	Types string `query:"types" maxLength:"1024" doc:"Only these, separated by commas: exact types, group.* or *."`
}

const (
	feedName = "webhook-events"
	feedNow  = "now" // no cursor looks like that
)

func (a *API) listWebhookEvents(ctx context.Context, c *call, in *ListEventsInput) (reply, error) {
	if in.After == feedNow {
		head, err := a.Webhooks.FeedHead(ctx)
		return listed(c, feedName, strconv.FormatInt(head, 10), []WebhookEvent{}), err
	}
	page, err := PageQuery{Limit: in.Limit, After: in.After}.page(feedName)
	if err != nil {
		return reply{}, err
	}
	part := store.FeedPart{Limit: page.Limit}
	if page.After != "" {
		if part.After, err = strconv.ParseInt(page.After, 10, 64); err != nil || part.After < 0 {
			return reply{}, portal.Refuse(portal.CodeInvalidCursor)
		}
	}
	if part.Types, err = webhooks.Patterns(in.Types); err != nil {
		return reply{}, err
	}
	events, upTo, err := a.Webhooks.Feed(ctx, c.caller.Tenant, part)
	if err != nil {
		return reply{}, err
	}
	return listed(c, feedName, strconv.FormatInt(upTo, 10), each(events, webhookEventOf)), nil
}

func webhookEventOf(e portal.WebhookEvent) WebhookEvent { return WebhookEvent(webhooks.EnvelopeOf(e)) }

func deliveryRowOf(d portal.Delivery) DeliveryRow {
	return DeliveryRow{
		ID: d.ID, Environment: string(d.Environment), EndpointID: d.EndpointID, WebhookEventID: d.EventID, EventType: d.EventType,
		Subject: d.Subject, Trigger: d.Trigger, Status: d.Status, AttemptCount: d.Attempts, NextAttemptAt: moment(d.NextAt),
		CreatedAt: portal.FormatTime(d.CreatedAt), FinishedAt: moment(d.FinishedAt),
	}
}

// deliveryOf returns a delivery with its attempts. The body is that of the
// event; it is gone with the event.
func (a *API) deliveryOf(ctx context.Context, told webhooks.Told) Delivery {
	w := Delivery{DeliveryRow: deliveryRowOf(told.Delivery)}
	body := ""
	if e, err := a.Webhooks.Event(ctx, told.Tenant(), told.EventID); err == nil {
		raw, _ := webhooks.Body(e) // of a struct whose JSON was stored as such
		body = string(raw)
	}
	for _, at := range told.List {
		w.Attempts = append(w.Attempts, tryOf(at, body))
	}
	return w
}

func tryOf(at portal.DeliveryAttempt, body string) DeliveryAttempt {
	w := DeliveryAttempt{Number: at.Number, Trigger: at.Trigger, At: portal.FormatTime(at.At), Outcome: text(at.Outcome)}
	if at.Outcome != "" {
		ms := float64(at.Duration.Microseconds()) / 1000
		w.DurationMS = &ms
	}
	if at.HTTPStatus != 0 {
		w.HTTPStatus = &at.HTTPStatus
	}
	if at.Request != nil {
		w.Request = &DeliveryRequest{at.Request.Headers, body}
	}
	if at.Response != nil {
		w.Response = &DeliveryResponse{at.Response.Headers, at.Response.Body, at.Response.Truncated}
	}
	return w
}

// describeWebhooks fills in the webhooks section: what the endpoints are sent.
func describeWebhooks(doc *huma.OpenAPI) {
	doc.Webhooks = map[string]*huma.PathItem{}
	for _, t := range portal.EventTypes {
		e, err := exampleEvent(t)
		if err != nil {
			panic(err) // of embedded files: never input
		}
		doc.Webhooks[t.Name] = &huma.PathItem{Post: &huma.Operation{
			OperationID: t.Name, Method: http.MethodPost, Description: t.Description.EN, Tags: []string{"Events"},
			Security:   []map[string][]string{{}},
			Parameters: signatureHeaders,
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
				Schema: &huma.Schema{Ref: "#/components/schemas/WebhookEvent"}, Example: e,
			}}},
			Responses: map[string]*huma.Response{"2XX": {Description: "You have it. Any other answer is a failure and is tried again."}},
		}}
	}
}

// resourceAnswers says which example shows the resource of an event.
var resourceAnswers = map[string]string{
	"message": "message", "channel": "channel", "contact": "contact", "template": "template", "handoff": "handoff",
	"token": "expiringToken", "endpoint": "endpoint",
}

var signatureHeaders = []*huma.Param{
	{Name: "webhook-id", In: "header", Required: true, Description: "Id of the event, the same in every repetition.", Schema: &huma.Schema{Type: huma.TypeString}},
	{Name: "webhook-timestamp", In: "header", Required: true, Description: "When this attempt was made, Unix seconds. Refuse one more than five minutes away from your clock.", Schema: &huma.Schema{Type: huma.TypeString}},
	{Name: "webhook-signature", In: "header", Required: true, Description: "Standard Webhooks: v1 (HMAC-SHA256) and v1a (ed25519) over id.timestamp.body, separated by spaces. One that verifies is enough.", Schema: &huma.Schema{Type: huma.TypeString}},
}
