package api

import (
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
)

// EventBody is the body of sendEvent.
type EventBody struct {
	ExternalID string            `json:"external_id" minLength:"1" maxLength:"255" doc:"Your stable key of the event; with type it tells a repeat. Build it from what happened, not from the call: PED-1001:created." example:"PED-1001:created"`
	Type       string            `json:"type" enum:"cart.created,cart.abandoned,order.created,order.canceled,payment.approved,payment.pending,payment.refused,payment.refunded,shipment.updated,customer.created" doc:"What happened."`
	OccurredAt time.Time         `json:"occurred_at" doc:"When it happened at your side. Older than 24 hours: stored, but no automation starts."`
	Customer   EventCustomerBody `json:"customer" doc:"Whom it is about: external_id or phone, or both. The contact is created or updated by the rules of PUT /v1/contacts."`
	Data       EventDataBody     `json:"data,omitzero" doc:"What it says: one shape, of which each type needs some parts."`
}

// EventLine is one line of sendEvents.
type EventLine struct {
	EventBody
	IdempotencyKey string `json:"idempotency_key,omitempty" minLength:"1" maxLength:"255" doc:"Your key of this line: a repeat within 24 hours, in any batch, gets the same result and does nothing." example:"PED-1001:enviado"`
}

func (l EventLine) key() string { return l.IdempotencyKey }

// EventCustomerBody is who an event is about, as reported.
type EventCustomerBody struct {
	ExternalID optional[string]    `json:"external_id,omitzero" maxLength:"255" doc:"Your key, unique in the environment." example:"CLI-42"`
	Phone      optional[string]    `json:"phone,omitzero" maxLength:"64" doc:"Any usual spelling; read in the account's country." example:"+5531987654321"`
	Name       optional[string]    `json:"name,omitzero" maxLength:"255" example:"Cliente Exemplo"`
	Email      optional[string]    `json:"email,omitzero" maxLength:"255" example:"cliente@example.com"`
	Country    optional[string]    `json:"country,omitzero" maxLength:"2" doc:"ISO 3166-1 alpha-2; from the number without a wish of yours." example:"BR"`
	OptIn      optional[OptInBody] `json:"opt_in,omitzero" doc:"Whether the person wants messages."`
}

// EventDataBody is what an event says, as reported.
type EventDataBody struct {
	CartID       optional[string]            `json:"cart_id,omitzero" maxLength:"255" example:"CAR-77"`
	OrderID      optional[string]            `json:"order_id,omitzero" maxLength:"255" example:"1001"`
	Status       optional[string]            `json:"status,omitzero" maxLength:"255" doc:"Your own word."`
	Total        optional[portal.Money]      `json:"total,omitzero"`
	Subtotal     optional[portal.Money]      `json:"subtotal,omitzero"`
	Discount     optional[portal.Money]      `json:"discount,omitzero"`
	ShippingCost optional[portal.Money]      `json:"shipping_cost,omitzero"`
	Items        optional[[]EventItemBody]   `json:"items,omitzero" maxItems:"200"`
	Payment      optional[EventPaymentBody]  `json:"payment,omitzero"`
	Shipment     optional[EventShipmentBody] `json:"shipment,omitzero"`
	Links        optional[EventLinksBody]    `json:"links,omitzero" doc:"Pages of your store, all https."`
	Reason       optional[string]            `json:"reason,omitzero" maxLength:"255" doc:"Of a cancellation."`
}

// EventItemBody is one line of a cart or an order, as reported.
type EventItemBody struct {
	SKU       optional[string]       `json:"sku,omitzero" maxLength:"255"`
	Name      string                 `json:"name" minLength:"1" maxLength:"255"`
	Quantity  float64                `json:"quantity" exclusiveMinimum:"0" maximum:"2147483647"`
	UnitPrice optional[portal.Money] `json:"unit_price,omitzero"`
	URL       optional[string]       `json:"url,omitzero" maxLength:"2048" doc:"https."`
	ImageURL  optional[string]       `json:"image_url,omitzero" maxLength:"2048" doc:"https."`
}

// EventPaymentBody is how an order is paid, as reported.
type EventPaymentBody struct {
	Method       optional[string]    `json:"method,omitzero" maxLength:"16" doc:"pix, boleto, card, wallet or other."`
	Status       optional[string]    `json:"status,omitzero" maxLength:"16" doc:"pending, approved, refused or refunded."`
	Installments optional[int]       `json:"installments,omitzero" minimum:"1" maximum:"120"`
	ExpiresAt    optional[time.Time] `json:"expires_at,omitzero"`
	PixCode      optional[string]    `json:"pix_code,omitzero" maxLength:"1024" doc:"Copy-and-paste code of PIX."`
	BoletoLine   optional[string]    `json:"boleto_line,omitzero" maxLength:"255" doc:"Digitable line of the boleto: 47 or 48 digits, with or without dots and spaces."`
	URL          optional[string]    `json:"url,omitzero" maxLength:"2048" doc:"Page where the customer pays, https."`
}

// EventShipmentBody is where an order is, as reported.
type EventShipmentBody struct {
	Status       optional[string]    `json:"status,omitzero" maxLength:"32" doc:"posted, in_transit, out_for_delivery, ready_for_pickup, delivered, failed_attempt or returned."`
	Carrier      optional[string]    `json:"carrier,omitzero" maxLength:"255"`
	TrackingCode optional[string]    `json:"tracking_code,omitzero" maxLength:"255"`
	TrackingURL  optional[string]    `json:"tracking_url,omitzero" maxLength:"2048" doc:"https."`
	EstimatedAt  optional[time.Time] `json:"estimated_at,omitzero" doc:"When it should arrive."`
}

// EventLinksBody are pages of the store, as reported.
type EventLinksBody struct {
	Order    optional[string] `json:"order,omitzero" maxLength:"2048" doc:"https."`
	Cart     optional[string] `json:"cart,omitzero" maxLength:"2048" doc:"https."`
	Checkout optional[string] `json:"checkout,omitzero" maxLength:"2048" doc:"https."`
	Invoice  optional[string] `json:"invoice,omitzero" maxLength:"2048" doc:"https."`
}

// EventBatch is the answer of sendEvents.
type EventBatch struct {
	Accepted int           `json:"accepted" doc:"Lines that were accepted."`
	Refused  int           `json:"refused" doc:"Lines that were refused; the others are not harmed."`
	Data     []EventResult `json:"data" doc:"One result for each line, in order."`
}

// EventResult is what became of one line.
type EventResult struct {
	Index  int          `json:"index" doc:"Number of the line, from 0; empty lines do not count."`
	Status int          `json:"status" doc:"HTTP status that the line alone would have got."`
	Event  *EventDetail `json:"event" doc:"The event; null when the line was refused."`
	Error  *Problem     `json:"error" doc:"Why the line was refused; its pointers start at the line."`
}

// pointer returns the value, nil without one.
func (o optional[T]) pointer() *T {
	if !o.Set || o.Null {
		return nil
	}
	return &o.Value
}

// within maps the value of an optional object, nil without one.
func within[A, B any](o optional[A], f func(A) B) *B {
	if !o.Set || o.Null {
		return nil
	}
	b := f(o.Value)
	return &b
}

func reportOf(b EventBody) events.Report {
	c := b.Customer
	return events.Report{
		ExternalID: b.ExternalID, Type: b.Type, OccurredAt: b.OccurredAt, Data: eventDataOf(b.Data),
		Customer: events.Customer{
			ExternalID: events.Optional[string](c.ExternalID), Phone: events.Optional[string](c.Phone), Name: events.Optional[string](c.Name),
			Email: events.Optional[string](c.Email), Country: events.Optional[string](c.Country),
			OptIn: events.Optional[portal.ConsentChange](consentOf(c.OptIn)),
		},
	}
}

func eventDataOf(b EventDataBody) portal.EventData {
	return portal.EventData{
		CartID: b.CartID.pointer(), OrderID: b.OrderID.pointer(), Status: b.Status.pointer(), Total: b.Total.pointer(), Subtotal: b.Subtotal.pointer(),
		Discount: b.Discount.pointer(), ShippingCost: b.ShippingCost.pointer(), Reason: b.Reason.pointer(),
		Items: each(b.Items.Value, func(i EventItemBody) portal.EventItem {
			return portal.EventItem{
				SKU: i.SKU.pointer(), Name: i.Name, Quantity: i.Quantity, UnitPrice: i.UnitPrice.pointer(), URL: i.URL.pointer(), ImageURL: i.ImageURL.pointer(),
			}
		}),
		Payment: within(b.Payment, func(p EventPaymentBody) portal.EventPayment {
			return portal.EventPayment{
				Method: p.Method.pointer(), Status: p.Status.pointer(), Installments: p.Installments.pointer(), ExpiresAt: p.ExpiresAt.pointer(),
				PixCode: p.PixCode.pointer(), BoletoLine: p.BoletoLine.pointer(), URL: p.URL.pointer(),
			}
		}),
		Shipment: within(b.Shipment, func(s EventShipmentBody) portal.EventShipment {
			return portal.EventShipment{
				Status: s.Status.pointer(), Carrier: s.Carrier.pointer(), TrackingCode: s.TrackingCode.pointer(), TrackingURL: s.TrackingURL.pointer(), EstimatedAt: s.EstimatedAt.pointer(),
			}
		}),
		Links: within(b.Links, func(l EventLinksBody) portal.EventLinks {
			return portal.EventLinks{Order: l.Order.pointer(), Cart: l.Cart.pointer(), Checkout: l.Checkout.pointer(), Invoice: l.Invoice.pointer()}
		}),
	}
}
