package portal

import (
	"encoding/json"
	"slices"
	"time"
)

// Status is where a message stands.
type Status string

// The statuses in their order, the ends, and the one of inbound messages.
const (
	StatusScheduled      Status = "scheduled"
	StatusQueued         Status = "queued"
	StatusUnknown        Status = "unknown" // the answer of WhatsApp was lost
	StatusCreated        Status = "created" // WhatsApp accepted it
	StatusDelivered      Status = "delivered"
	StatusRead           Status = "read"
	StatusCanceled       Status = "canceled"
	StatusFailed         Status = "failed"
	StatusNumberNotFound Status = "number_not_found"
	StatusExpired        Status = "expired"
	StatusReceived       Status = "received"
)

// Statuses lists all of them, for filters.
var Statuses = []Status{
	StatusScheduled, StatusQueued, StatusUnknown, StatusCreated, StatusDelivered, StatusRead,
	StatusCanceled, StatusFailed, StatusNumberNotFound, StatusExpired, StatusReceived,
}

// followers is the status machine: what may come after what. A status never
// comes back, an end may still be followed by news of delivery, and read and
// canceled are final.
var followers = map[Status][]Status{
	StatusScheduled:      {StatusQueued, StatusCanceled, StatusFailed, StatusExpired},
	StatusQueued:         {StatusUnknown, StatusCreated, StatusDelivered, StatusRead, StatusCanceled, StatusFailed, StatusNumberNotFound, StatusExpired},
	StatusUnknown:        {StatusCreated, StatusDelivered, StatusRead, StatusFailed, StatusNumberNotFound, StatusExpired},
	StatusCreated:        {StatusDelivered, StatusRead, StatusFailed, StatusNumberNotFound, StatusExpired},
	StatusDelivered:      {StatusRead},
	StatusFailed:         {StatusDelivered, StatusRead},
	StatusNumberNotFound: {StatusDelivered, StatusRead},
	StatusExpired:        {StatusDelivered, StatusRead},
}

// CanBecome reports whether a message in status s may go to next. Repeats and late news may not.
func (s Status) CanBecome(next Status) bool { return slices.Contains(followers[s], next) }

// The directions of a message.
const (
	Outbound = "outbound"
	Inbound  = "inbound"
)

// The sources of a message.
const (
	SourceAPI     = "api"
	SourceConsole = "console"
	SourceBatch   = "batch"
	SourceImport  = "import" // of a contact
	SourceEvent   = "event"  // of a contact: a commercial event told of it
	SourcePortal  = "portal"

	SourceAutomation = "automation" // of a message: an automation answered an event
)

// Failure is why a message ended badly. Words come from the catalogue by Code.
type Failure struct {
	Code     Code
	Provider *ProviderError
}

// ProviderError is WhatsApp's own words, for support; nothing branches on the title.
type ProviderError struct {
	Code    int    `json:"code"`
	Title   string `json:"title"`
	Details string `json:"details"`
}

// Message is one message in either direction.
type Message struct {
	ID                string
	AccountID         string
	Environment       Environment
	Direction         string
	Status            Status
	Type              string
	To                string // E.164; "" when WhatsApp hides the phone
	From              string // E.164
	ChannelID         string
	ContactID         string
	ContactExternalID string // joined on reading
	WAID              string
	ConversationID    string
	Reference         string
	ContextMessageID  string
	Content           json.RawMessage // the object named by Type, as the caller gave it; nil after erasure
	Fallback          json.RawMessage // fallback_template, or nil
	FallbackUsed      bool
	Category          string // marketing, utility, authentication, service or ""
	Source            string
	EventID           string // cev_… that an automation answered with it, or ""
	RequestID         string
	TokenID           string
	UserID            string // who sent it from the portal or the console
	IdempotencyKey    string // shown in the timeline; the kept answer is found by its hash
	ProviderMessageID string
	Attempts          int
	Sequence          int // number of the last news of this message
	Announced         int // up to which news receivers of webhooks were told when it was read
	Price             json.RawMessage
	Failure           *Failure
	CreatedAt         time.Time
	SendAt            *time.Time
	ExpiresAt         time.Time
	ExpiryGiven       bool // ExpiresAt is the caller's wish, not our default
	AcceptedAt        *time.Time
	DeliveredAt       *time.Time
	ReadAt            *time.Time
	UpdatedAt         time.Time
}

// Tenant returns whose message it is.
func (m Message) Tenant() Tenant { return Tenant{m.AccountID, m.Environment} }

// AwaitsFallback reports whether WhatsApp took the message, then found its
// window closed, and has not answered about the fallback.
func (m Message) AwaitsFallback() bool {
	return m.Status == StatusCreated && m.FallbackUsed && m.ProviderMessageID == "" && m.Content != nil
}

// MessageFilter narrows a list of messages; zero fields do not filter.
type MessageFilter struct {
	Status       Status
	Statuses     []Status // any of them
	To           []string // candidates of the wanted number, E.164
	ContactID    string
	Reference    string
	Direction    string
	Template     string
	TokenID      string
	CreatedAfter *time.Time
	UpdatedSince *time.Time
}

// Check is one rule looked at before sending.
type Check struct {
	Check   string `json:"check"`  // channel number opt_in window template parameters limits
	Result  string `json:"result"` // pass warn fail skipped
	Code    Code   `json:"code"`   // "" when it passed
	Detail  Words  `json:"detail"`
	Pointer string `json:"pointer"` // what to change, or ""
}

// The results of a check.
const (
	CheckPass    = "pass"
	CheckWarn    = "warn"
	CheckFail    = "fail"
	CheckSkipped = "skipped"
)

// Attempt is one call made to WhatsApp for a message. It is stored before the call.
type Attempt struct {
	MessageID     string
	Number        int // from 1
	At            time.Time
	Outcome       string // "" while under way; accepted, refused or lost
	Duration      time.Duration
	HTTPStatus    int
	TraceID       string
	Failure       *Failure
	NextAttemptAt *time.Time
}

// The outcomes of an attempt.
const (
	AttemptAccepted = "accepted"
	AttemptRefused  = "refused"
	AttemptLost     = "lost"
)

// StatusNews is one status that WhatsApp reported.
type StatusNews struct {
	MessageID  string
	Status     Status
	At         time.Time // WhatsApp's time
	ReceivedAt time.Time
	Applied    bool // false: late or repeated, it changed nothing
	Sequence   int  // 0 when not applied
}

// History is what happened to a message, for its timeline.
type History struct {
	Checks   []Check
	Attempts []Attempt
	News     []StatusNews
	Replays  []Replay
	Webhooks []SubjectAttempt // what receivers were told of it
}

// Replay is a later call with the same Idempotency-Key that got the kept answer.
type Replay struct {
	RequestID string
	TokenID   string
	At        time.Time
}
