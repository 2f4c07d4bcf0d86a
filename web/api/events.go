package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Event is a commercial event on the wire, as lists have it.
type Event struct {
	EventFacts
	Decision Decision `json:"decision" doc:"What came of it, in short; getEvent has the automations."`
}

// EventDetail is a commercial event with its whole decision.
type EventDetail struct {
	EventFacts
	Decision DecisionDetail `json:"decision" doc:"Which automations answer it, and why others do not."`
}

// EventFacts are what was reported.
type EventFacts struct {
	ID          string        `json:"id" example:"cev_01KB2M4X7Q9V0T3R5N8W6Y1Z0D"`
	Environment string        `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	ExternalID  string        `json:"external_id" doc:"Your key of the event; with type it tells a repeat."`
	Type        string        `json:"type" doc:"One of GET /v1/event-types; new ones may appear."`
	OccurredAt  string        `json:"occurred_at" format:"date-time" doc:"When it happened at your side."`
	ReceivedAt  string        `json:"received_at" format:"date-time" doc:"When we stored it."`
	Duplicate   bool          `json:"duplicate" doc:"True in a 200: nothing new happened, the decision is the first one."`
	ContactID   *string       `json:"contact_id" doc:"The contact that was created or updated; null when the customer has neither a valid number nor an external_id."`
	Customer    EventCustomer `json:"customer" doc:"As accepted, the number canonical; empty after an erasure."`
	Data        EventData     `json:"data" doc:"As accepted; empty after an erasure."`
	RequestID   *string       `json:"request_id" doc:"The call that reported it first; /logs/req_… in the portal."`
}

// EventCustomer is who an event is about.
type EventCustomer struct {
	ExternalID *string     `json:"external_id"`
	Phone      *string     `json:"phone"`
	Name       *string     `json:"name"`
	Email      *string     `json:"email"`
	Country    *string     `json:"country"`
	OptIn      *EventOptIn `json:"opt_in" doc:"The consent that was reported; the contact has the one that holds."`
}

// EventOptIn is a reported consent.
type EventOptIn struct {
	Status    *string `json:"status"`
	Marketing *string `json:"marketing"`
	Source    *string `json:"source"`
	At        *string `json:"at" format:"date-time"`
	Evidence  *string `json:"evidence"`
}

// EventData is what an event says: one shape for all types.
type EventData struct {
	CartID       *string            `json:"cart_id"`
	OrderID      *string            `json:"order_id"`
	Status       *string            `json:"status" doc:"Your own word."`
	Total        *portal.Money      `json:"total"`
	Subtotal     *portal.Money      `json:"subtotal"`
	Discount     *portal.Money      `json:"discount"`
	ShippingCost *portal.Money      `json:"shipping_cost"`
	Items        []portal.EventItem `json:"items"`
	Payment      *EventPayment      `json:"payment"`
	Shipment     *EventShipment     `json:"shipment"`
	Links        *portal.EventLinks `json:"links"`
	Reason       *string            `json:"reason" doc:"Of a cancellation."`
}

// EventPayment is how an order is paid.
type EventPayment struct {
	Method       *string `json:"method" doc:"pix, boleto, card, wallet or other."`
	Status       *string `json:"status" doc:"pending, approved, refused or refunded."`
	Installments *int    `json:"installments"`
	ExpiresAt    *string `json:"expires_at" format:"date-time"`
	PixCode      *string `json:"pix_code" doc:"Copy-and-paste code of PIX."`
	BoletoLine   *string `json:"boleto_line" doc:"Digitable line of the boleto."`
	URL          *string `json:"url" doc:"Page where the customer pays."`
}

// EventShipment is where an order is.
type EventShipment struct {
	Status       *string `json:"status" doc:"posted, in_transit, out_for_delivery, ready_for_pickup, delivered, failed_attempt or returned."`
	Carrier      *string `json:"carrier"`
	TrackingCode *string `json:"tracking_code"`
	TrackingURL  *string `json:"tracking_url"`
	EstimatedAt  *string `json:"estimated_at" format:"date-time" doc:"When it should arrive."`
}

// Decision says whether an automation answers an event.
type Decision struct {
	Outcome string  `json:"outcome" enum:"matched,none"`
	Reason  *string `json:"reason" doc:"Why none: no_automation, too_old, no_phone, invalid_number; new ones may appear."`
}

// DecisionDetail is a decision with its automations.
type DecisionDetail struct {
	Decision
	Automations []EventAutomation `json:"automations" doc:"Every automation with this trigger, also the skipped ones."`
}

// EventAutomation is what one automation makes of an event.
type EventAutomation struct {
	AutomationID  string       `json:"automation_id"`
	Name          string       `json:"name"`
	Version       int          `json:"version" doc:"Of its rule when the event came."`
	Outcome       string       `json:"outcome" enum:"scheduled,sent,skipped,canceled,failed" doc:"Changes as the run goes on."`
	Reason        *string      `json:"reason" doc:"Of skipped, canceled and failed: disabled, condition_not_met, opted_out, opt_in_required, frequency_cap, handoff_open, no_phone, invalid_number, template_not_approved, template_parameters, limit_reached, canceled_by_event, canceled_by_reply, contact_erased, account_suspended or module_inactive; new ones may appear."`
	Detail        *string      `json:"detail" doc:"The reason in the caller's language."`
	DueAt         *string      `json:"due_at" format:"date-time" doc:"When it goes on."`
	CanceledBy    *string      `json:"canceled_by" doc:"The event or message that canceled it."`
	MessageID     *string      `json:"message_id" doc:"Once sent."`
	MessageStatus *string      `json:"message_status"`
	Trace         []EventCheck `json:"trace" doc:"All that was looked at, in order."`
}

// EventCheck is one thing that was looked at.
type EventCheck struct {
	Check  string  `json:"check" doc:"trigger, condition, frequency, consent, handoff, quiet_hours, template, window, limits; new ones may appear."`
	Result string  `json:"result" enum:"pass,warn,fail,skipped"`
	Code   *string `json:"code"`
	Detail string  `json:"detail" doc:"The reason in the caller's language."`
}

// EventPath names an event.
type EventPath struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the event, cev_…"`
}

func (a *API) registerEvents(h huma.API) {
	mountWrite(h, "sendEvent", a.sendEvent)
	mountBatch(h, "sendEvents", a.eventLine)
	mount(h, "listEvents", a.listEvents)
	mount(h, "getEvent", a.getEvent)
	mount(h, "listEventTypes", a.eventTypes(h.OpenAPI().Components.Schemas))
}

func (a *API) sendEvent(tx *store.Tx, c *call, in *struct{ Body EventBody }) (reply, error) {
	e, runs, duplicate, err := a.Events.AcceptTx(tx, c.caller, reportOf(in.Body))
	if err != nil {
		return reply{}, err
	}
	c.eventID, c.contactID = e.ID, e.ContactID
	body, err := eventDetail(e, runs, c.lang)
	body.Duplicate = duplicate
	if err != nil || duplicate {
		return reply{body: body}, err
	}
	return reply{status: http.StatusAccepted, location: "/v1/events/" + e.ID, body: body}, nil
}

func (a *API) eventLine(tx *store.Tx, c *call, _ string, l EventLine) (done, error) {
	caller := c.caller
	caller.Batch = true
	e, runs, duplicate, err := a.Events.AcceptTx(tx, caller, reportOf(l.EventBody))
	if err != nil {
		return done{}, err
	}
	body, err := eventDetail(e, runs, c.lang)
	if err != nil {
		return done{}, err
	}
	status := http.StatusAccepted
	if body.Duplicate = duplicate; duplicate {
		status = http.StatusOK
	}
	return done{"event", status, body, "", e.ContactID}, nil
}

func (a *API) getEvent(ctx context.Context, c *call, in *EventPath) (reply, error) {
	e, runs, err := a.Events.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	c.eventID, c.contactID = e.ID, e.ContactID
	body, err := eventDetail(e, runs, c.lang)
	return reply{body: body, tag: true}, err
}

// ListReportsInput are the filters of the list.
type ListReportsInput struct {
	PageQuery
	Type       string    `query:"type" maxLength:"64" doc:"Only of this type."`
	ExternalID string    `query:"external_id" maxLength:"255" doc:"Only with this key of yours."`
	ContactID  string    `query:"contact_id" maxLength:"64" doc:"Only about this contact."`
	Outcome    string    `query:"outcome" enum:"matched,none" doc:"Only with this outcome."`
	Since      time.Time `query:"received_since" doc:"Only received at or after this time."`
	Before     time.Time `query:"received_before" doc:"Only received before this time."`
}

func (a *API) listEvents(ctx context.Context, c *call, in *ListReportsInput) (reply, error) {
	page, err := in.page("events")
	if err != nil {
		return reply{}, err
	}
	f := portal.EventFilter{Type: in.Type, ExternalID: in.ExternalID, ContactID: in.ContactID, Outcome: in.Outcome, Since: in.Since, Before: in.Before}
	rows, next, err := a.Events.List(ctx, c.caller.Tenant, f, page)
	if err != nil {
		return reply{}, err
	}
	list := make([]Event, len(rows))
	for i, e := range rows {
		if list[i], err = eventOf(e); err != nil {
			return reply{}, err
		}
	}
	return listed(c, "events", next, list), nil
}

func eventOf(e portal.Event) (Event, error) {
	facts, err := factsOf(e)
	return Event{facts, decisionOf(e)}, err
}

func eventDetail(e portal.Event, runs []portal.Run, lang string) (EventDetail, error) {
	facts, err := factsOf(e)
	return EventDetail{facts, DecisionDetail{decisionOf(e), each(runs, func(r portal.Run) EventAutomation { return eventAutomation(r, lang) })}}, err
}

func decisionOf(e portal.Event) Decision { return Decision{e.Outcome, text(e.Reason)} }

func factsOf(e portal.Event) (f EventFacts, err error) {
	var who portal.EventCustomer
	if err := json.Unmarshal(e.Customer, &who); err != nil {
		return f, fmt.Errorf("customer of %s: %w", e.ID, err)
	}
	var data portal.EventData
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return f, fmt.Errorf("data of %s: %w", e.ID, err)
	}
	return EventFacts{
		ID: e.ID, Environment: string(e.Environment), ExternalID: e.ExternalID, Type: e.Type, OccurredAt: portal.FormatTime(e.OccurredAt),
		ReceivedAt: portal.FormatTime(e.ReceivedAt), ContactID: text(e.ContactID), Customer: eventCustomer(who), Data: eventData(data), RequestID: text(e.RequestID),
	}, nil
}

func eventCustomer(c portal.EventCustomer) EventCustomer {
	w := EventCustomer{ExternalID: c.ExternalID, Phone: c.Phone, Name: c.Name, Email: c.Email, Country: c.Country}
	if o := c.OptIn; o != nil {
		w.OptIn = &EventOptIn{o.Status, o.Marketing, o.Source, moment(o.At), o.Evidence}
	}
	return w
}

func eventData(d portal.EventData) EventData {
	w := EventData{
		CartID: d.CartID, OrderID: d.OrderID, Status: d.Status, Total: d.Total, Subtotal: d.Subtotal, Discount: d.Discount,
		ShippingCost: d.ShippingCost, Items: d.Items, Links: d.Links, Reason: d.Reason,
	}
	if p := d.Payment; p != nil {
		w.Payment = &EventPayment{p.Method, p.Status, p.Installments, moment(p.ExpiresAt), p.PixCode, p.BoletoLine, p.URL}
	}
	if s := d.Shipment; s != nil {
		w.Shipment = &EventShipment{s.Status, s.Carrier, s.TrackingCode, s.TrackingURL, moment(s.EstimatedAt)}
	}
	return w
}

func eventAutomation(r portal.Run, lang string) EventAutomation {
	return EventAutomation{
		AutomationID: r.AutomationID, Name: r.Name, Version: r.Version, Outcome: r.Outcome, Reason: text(r.Reason), Detail: text(r.Detail.In(lang)),
		DueAt: moment(r.DueAt), CanceledBy: text(r.CanceledBy), MessageID: text(r.MessageID), MessageStatus: text(string(r.MessageStatus)),
		Trace: each(r.Trace, func(k portal.Check) EventCheck {
			return EventCheck{k.Check, k.Result, text(string(k.Code)), k.Detail.In(lang)}
		}),
	}
}
