package portal

import (
	"encoding/json"
	"strings"
	"time"
)

// WebhookEvent is something that happened, as receivers are told of it.
type WebhookEvent struct {
	ID          string
	AccountID   string
	Environment Environment
	Type        string // one of EventTypes, or EventTest
	Subject     string // the id of what it is about; Sequence counts its events
	Sequence    int    // from 1; 0 = the next of the subject
	At          time.Time
	Data        json.RawMessage // the resources as they then were, under their own names
	Feed        int64           // its place in the pull feed; 0 = not yet given
}

// Tenant returns whose event it is.
func (e WebhookEvent) Tenant() Tenant { return Tenant{e.AccountID, e.Environment} }

// WebhookEndpoint is an address of the customer that is told what happens.
type WebhookEndpoint struct {
	ID                string
	AccountID         string
	Environment       Environment
	URL               string
	Description       string
	Events            []string // exact types, "group.*" or "*"
	HeaderNames       []string // of the customer's own headers; their values are secret
	PublicKey         string   // whpk_…
	PreviousExpiresAt *time.Time
	Status            string
	DisabledReason    string // "" while enabled
	Version           int    // of the payload
	FailingSince      *time.Time
	Warned            int // per cent of the way to being disabled that were announced
	LastSuccessAt     *time.Time
	LastFailureAt     *time.Time
	PausedUntil       *time.Time // the receiver asked for patience
	CreatedAt         time.Time
	UpdatedAt         time.Time
}

// Tenant returns whose endpoint it is.
func (e WebhookEndpoint) Tenant() Tenant { return Tenant{e.AccountID, e.Environment} }

// The states of an endpoint, and why it is disabled.
const (
	EndpointEnabled  = "enabled"
	EndpointDisabled = "disabled"

	DisabledManual  = "manual"
	DisabledFailing = "failing"
	DisabledGone    = "gone"
)

// EndpointSecrets sign what an endpoint is sent. They are stored sealed and the
// signing secret is shown once.
type EndpointSecrets struct {
	Current  SigningKeys       `json:"current"`
	Previous *SigningKeys      `json:"previous,omitempty"` // valid until WebhookEndpoint.PreviousExpiresAt
	Headers  map[string]string `json:"headers,omitempty"`
}

// SigningKeys are the two keys of Standard Webhooks: one that both sides know,
// and one whose public half the receiver may read.
type SigningKeys struct {
	Secret  []byte `json:"secret"`  // HMAC-SHA256, 32 bytes
	Private []byte `json:"private"` // ed25519 seed, 32 bytes
}

// The health of an endpoint.
const (
	HealthHealthy  = "healthy"
	HealthDegraded = "degraded"
	HealthFailing  = "failing"
)

// FailingLimit is how long an endpoint may fail without a success before it is disabled.
const FailingLimit = 5 * 24 * time.Hour

// failingAfter is when an endpoint that only fails is no longer called degraded.
const failingAfter = time.Hour

// Health returns the state of the endpoint at now.
func (e WebhookEndpoint) Health(now time.Time) string {
	switch {
	case e.FailingSince == nil:
		return HealthHealthy
	case now.Sub(*e.FailingSince) < failingAfter:
		return HealthDegraded
	}
	return HealthFailing
}

// DisablesAt is when the endpoint is disabled if it goes on failing; nil while it does not fail.
func (e WebhookEndpoint) DisablesAt() *time.Time {
	if e.FailingSince == nil || e.Status != EndpointEnabled {
		return nil
	}
	at := e.FailingSince.Add(FailingLimit)
	return &at
}

// WantsEvent reports whether the patterns of an endpoint cover the type.
func WantsEvent(patterns []string, eventType string) bool {
	group, _, _ := strings.Cut(eventType, ".")
	for _, p := range patterns {
		if p == "*" || p == eventType || p == group+".*" {
			return true
		}
	}
	return false
}

// EndpointHour is what became of the automatic attempts of an hour.
type EndpointHour struct {
	At                time.Time
	Succeeded, Failed int64
}

// RecentDeliveries is how the newest deliveries to an endpoint fared, of those
// that nobody asked for and that were tried.
type RecentDeliveries struct {
	Tried, Failed int
	Last          DeliveryAttempt // the latest of their attempts, without request and response; zero without any
}

// Delivery is the work of telling one endpoint of one event.
type Delivery struct {
	ID          string
	AccountID   string
	Environment Environment
	EndpointID  string
	EventID     string
	EventType   string
	Subject     string
	Trigger     string
	Status      string
	Attempts    int
	Claims      int // how often a worker took it since its last outcome
	NextAt      *time.Time
	CreatedAt   time.Time
	FinishedAt  *time.Time
}

// Tenant returns whose delivery it is.
func (d Delivery) Tenant() Tenant { return Tenant{d.AccountID, d.Environment} }

// The states of a delivery.
const (
	DeliveryPending   = "pending"
	DeliverySucceeded = "succeeded"
	DeliveryDead      = "dead"     // given up
	DeliveryCanceled  = "canceled" // the endpoint was deleted or disabled
)

// Why an attempt was made.
const (
	TriggerAutomatic = "automatic"
	TriggerResend    = "resend"
	TriggerReplay    = "replay"
	TriggerTest      = "test"
)

// DeliveryAttempt is one call to a receiver. It is stored before the call.
type DeliveryAttempt struct {
	DeliveryID string
	Number     int // from 1
	Trigger    string
	At         time.Time
	Duration   time.Duration
	Outcome    string // "" while under way
	HTTPStatus int    // 0 = no answer
	Request    *HTTPPart
	Response   *HTTPPart
}

// SubjectAttempt is an attempt to tell of something, with its delivery. URL is
// that of the endpoint, "" when it was deleted.
type SubjectAttempt struct {
	Delivery Delivery
	Attempt  DeliveryAttempt // without request and response
	URL      string
}

// HTTPPart is one half of a call, with secrets masked.
type HTTPPart struct {
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
	Truncated bool              `json:"truncated"`
}

// The outcomes of an attempt.
const (
	OutcomeSucceeded       = "succeeded"
	OutcomeHTTPError       = "http_error"
	OutcomeRedirect        = "redirect"
	OutcomeTimeout         = "timeout"
	OutcomeConnectionError = "connection_error"
	OutcomeTLSError        = "tls_error"
	OutcomeAddressRefused  = "address_refused"
	OutcomeInterrupted     = "interrupted" // our side broke off before the answer: the receiver may have the event
)

// Outcomes lists them in the order in which pages offer them.
var Outcomes = []string{
	OutcomeSucceeded, OutcomeHTTPError, OutcomeRedirect, OutcomeTimeout, OutcomeConnectionError, OutcomeTLSError, OutcomeAddressRefused,
	OutcomeInterrupted,
}

// DeliveryFilter narrows a list of deliveries; zero fields do not filter.
type DeliveryFilter struct {
	EndpointID string
	Subject    string
	EventID    string
	Status     string
	Type       string
	Failed     bool // dead, or pending after a failed attempt
}

// WebhookReplay is a repetition of events to an endpoint, asked for and done bit by bit.
type WebhookReplay struct {
	ID         string
	EndpointID string
	From, To   time.Time
	Types      []string // patterns; empty = all that the endpoint wants
	FailedOnly bool
	Subject    string // "" = all
	Queued     int    // how many deliveries it has made so far
	Failed     bool   // given up: the program could not go on with it
	CreatedAt  time.Time
	FinishedAt *time.Time
}
