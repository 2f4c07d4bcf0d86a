package portal

import (
	"encoding/json"
	"time"
)

// Event is a commercial event: something that happened at the customer's store,
// reported so that automations answer it. Webhook events are WebhookEvent.
type Event struct {
	ID          string
	AccountID   string
	Environment Environment
	ExternalID  string // the reporter's; with Type the key of repetition
	Type        string // one of CommerceTypes
	OccurredAt  time.Time
	ReceivedAt  time.Time
	ContactID   string          // "" when nobody could be found or made of the customer
	Customer    json.RawMessage // EventCustomer; {} after an erasure
	Data        json.RawMessage // EventData; {} after an erasure
	Fingerprint []byte          // SHA-256 of the content; a repeat has the same; nil after an erasure
	Source      string          // api, batch, console, portal
	RequestID   string
	TokenID     string
	UserID      string
	Outcome     string // EventMatched, EventNone
	Reason      string // why none, or ""
	Repeats     int    // how often it was sent again
}

// Tenant returns whose event it is.
func (e Event) Tenant() Tenant { return Tenant{e.AccountID, e.Environment} }

// The outcomes of an event, and why no automation matched.
const (
	EventMatched = "matched"
	EventNone    = "none"

	ReasonNoAutomation  = "no_automation"
	ReasonTooOld        = "too_old"
	ReasonNoPhone       = "no_phone"
	ReasonInvalidNumber = "invalid_number"
)

// EventReasons are why no automation answers an event, or one does not.
var EventReasons = []string{
	ReasonNoAutomation, ReasonTooOld, ReasonNoPhone, ReasonInvalidNumber,
	ReasonDisabled, ReasonConditionNotMet, ReasonOptedOut, ReasonOptInRequired, ReasonFrequencyCap, ReasonHandoffOpen,
	ReasonTemplateNotReady, ReasonTemplateParameters, ReasonLimitReached, ReasonCanceledByEvent, ReasonCanceledByReply,
}

// EventMaxAge is the age beyond which an event is stored and starts nothing.
const EventMaxAge = 24 * time.Hour

// The types of commercial events.
const (
	CartCreated     = "cart.created"
	CartAbandoned   = "cart.abandoned"
	OrderCreated    = "order.created"
	OrderCanceled   = "order.canceled"
	PaymentApproved = "payment.approved"
	PaymentPending  = "payment.pending"
	PaymentRefused  = "payment.refused"
	PaymentRefunded = "payment.refunded"
	ShipmentUpdated = "shipment.updated"
	CustomerCreated = "customer.created"
)

// EventCustomer is who an event is about, as reported; Phone is canonical where
// it is a number. Null is what was left out.
type EventCustomer struct {
	ExternalID *string       `json:"external_id"`
	Phone      *string       `json:"phone"`
	Name       *string       `json:"name"`
	Email      *string       `json:"email"`
	Country    *string       `json:"country"`
	OptIn      *EventConsent `json:"opt_in"`
}

// EventConsent is the consent that an event reports.
type EventConsent struct {
	Status    *string    `json:"status"`
	Marketing *string    `json:"marketing"`
	Source    *string    `json:"source"`
	At        *time.Time `json:"at"`
	Evidence  *string    `json:"evidence"`
}

// Money is an amount in the smallest unit of a currency: 19990 BRL are R$ 199,90.
type Money struct {
	Amount   int64  `json:"amount" minimum:"0" maximum:"1125899906842624" doc:"In the smallest unit: 19990 BRL are R$ 199,90." example:"19990"`
	Currency string `json:"currency" minLength:"3" maxLength:"3" doc:"ISO 4217." example:"BRL"`
}

// EventData is what an event says beside its customer: one shape for all types.
type EventData struct {
	CartID       *string        `json:"cart_id"`
	OrderID      *string        `json:"order_id"`
	Status       *string        `json:"status"` // the reporter's own word
	Total        *Money         `json:"total"`
	Subtotal     *Money         `json:"subtotal"`
	Discount     *Money         `json:"discount"`
	ShippingCost *Money         `json:"shipping_cost"`
	Items        []EventItem    `json:"items"`
	Payment      *EventPayment  `json:"payment"`
	Shipment     *EventShipment `json:"shipment"`
	Links        *EventLinks    `json:"links"`
	Reason       *string        `json:"reason"` // of a cancellation
}

// EventItem is one line of a cart or an order.
type EventItem struct {
	SKU       *string `json:"sku"`
	Name      string  `json:"name"`
	Quantity  float64 `json:"quantity"`
	UnitPrice *Money  `json:"unit_price"`
	URL       *string `json:"url"`
	ImageURL  *string `json:"image_url"`
}

// EventPayment is how an order is paid.
type EventPayment struct {
	Method       *string    `json:"method"` // pix boleto card wallet other
	Status       *string    `json:"status"` // pending approved refused refunded
	Installments *int       `json:"installments"`
	ExpiresAt    *time.Time `json:"expires_at"`
	PixCode      *string    `json:"pix_code"`
	BoletoLine   *string    `json:"boleto_line"`
	URL          *string    `json:"url"`
}

// EventShipment is where an order is.
type EventShipment struct {
	Status       *string    `json:"status"` // posted in_transit out_for_delivery ready_for_pickup delivered failed_attempt returned
	Carrier      *string    `json:"carrier"`
	TrackingCode *string    `json:"tracking_code"`
	TrackingURL  *string    `json:"tracking_url"`
	EstimatedAt  *time.Time `json:"estimated_at"`
}

// EventLinks are pages of the store, all https.
type EventLinks struct {
	Order    *string `json:"order"`
	Cart     *string `json:"cart"`
	Checkout *string `json:"checkout"`
	Invoice  *string `json:"invoice"`
}

// EventFilter narrows a list of events; zero fields do not filter.
type EventFilter struct {
	Type       string
	ExternalID string
	ContactID  string
	Outcome    string // EventMatched, EventNone
	Reason     string
	Before     time.Time // received before
	Since      time.Time // received at or after
}
