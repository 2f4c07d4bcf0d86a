package portal

import (
	"strings"
	"time"
)

// Automation answers the events of one type with a template. What it does is a
// Rule; each published one is a version, and a run keeps the version it began with.
type Automation struct {
	ID          string
	AccountID   string
	Environment Environment
	Name        string
	Enabled     bool
	Version     int   // of Rule; 0 = never published, and then it answers nothing
	Rule        Rule  // as published
	Draft       *Rule // what publishing would make of it; nil = nothing changed
	Preset      string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	PublishedAt *time.Time
}

// Tenant returns whose automation it is.
func (a Automation) Tenant() Tenant { return Tenant{a.AccountID, a.Environment} }

// AutomationVersion is one rule as it was published.
type AutomationVersion struct {
	Version     int
	Rule        Rule
	UserID      string
	PublishedAt time.Time
}

// RunCounts are the runs of one automation in a span of time.
type RunCounts struct {
	Outcomes map[string]int64 // by outcome
	LastAt   *time.Time       // when the newest of them began; nil = there is none
}

// Rule says which events an automation answers, when and with what.
type Rule struct {
	Trigger      string            `json:"trigger"`       // one of the commercial types
	Conditions   []Condition       `json:"conditions"`    // all must hold
	DelaySeconds int64             `json:"delay_seconds"` // from the event's receipt; 0 = at once
	CancelOn     []string          `json:"cancel_on"`     // events that end a waiting run of the same customer, and of the same order or cart where both name one
	CancelReply  bool              `json:"cancel_reply"`  // so does a message of the customer
	Channel      string            `json:"channel"`       // chn_…; "" = the default one
	Template     string            `json:"template"`
	Language     string            `json:"language"`   // "" = the contact's, then the account's
	Parameters   map[string]string `json:"parameters"` // parameter of the template → text with {{field}} of the event
	AlwaysSend   bool              `json:"always_send"`
	CapMost      int               `json:"cap_most"`  // messages of this automation to one customer …
	CapHours     int               `json:"cap_hours"` // … within these hours; 0 = no cap
}

// Condition is a question to one field of an event.
type Condition struct {
	Field    string `json:"field"`    // path of a field: "total", "payment.method", "customer.country"
	Operator string `json:"operator"` // one of Operators
	Value    string `json:"value"`    // money in the smallest unit; "" where the operator needs none
}

// The operators of conditions.
const (
	OperatorIs      = "is"
	OperatorIsNot   = "is_not"
	OperatorAtLeast = "at_least"
	OperatorAtMost  = "at_most"
	OperatorHas     = "contains"
	OperatorPresent = "present"
	OperatorAbsent  = "absent"
)

// Operators are what a condition can ask.
var Operators = []string{
	OperatorIs, OperatorIsNot, OperatorAtLeast, OperatorAtMost, OperatorHas, OperatorPresent, OperatorAbsent,
}

// QuietHours are when automations write to nobody, in the contact's zone. They
// may pass midnight.
type QuietHours struct {
	From string `json:"from"` // 20:00
	To   string `json:"to"`   // 08:00
}

// String is how quiet hours are kept: "20:00-08:00".
func (q QuietHours) String() string { return q.From + "-" + q.To }

// Check returns what is wrong with quiet hours.
func (q QuietHours) Check() (fields []FieldError) {
	for _, f := range []struct{ pointer, text string }{{"/from", q.From}, {"/to", q.To}} {
		switch _, err := time.Parse("15:04", f.text); {
		case f.text == "":
			fields = append(fields, FieldError{Pointer: f.pointer, Code: FieldRequired})
		case err != nil || len(f.text) != len("15:04"):
			fields = append(fields, FieldError{
				Pointer: f.pointer, Code: FieldInvalidFormat,
				Detail: Words{EN: "Write hours and minutes, such as 20:00.", PT: "Escreva horas e minutos, como 20:00."},
			})
		}
	}
	if len(fields) == 0 && q.From == q.To {
		fields = append(fields, FieldError{
			Pointer: "/to", Code: FieldConflict,
			Detail: Words{EN: "The quiet hours must end at another time than they begin.", PT: "O silêncio deve terminar em um horário diferente do início."},
		})
	}
	return fields
}

// ParseQuietHours reads what String wrote; nil for "", which is none.
func ParseQuietHours(text string) *QuietHours {
	from, to, _ := strings.Cut(text, "-")
	q := QuietHours{From: from, To: to}
	if len(q.Check()) > 0 {
		return nil
	}
	return &q
}

// Run is what one automation made of one event, also when it made nothing of it.
type Run struct {
	ID            string
	AccountID     string
	Environment   Environment
	EventID       string
	AutomationID  string
	Name          string // of the automation when it was decided
	Version       int
	ContactID     string
	OrderID       string // as the event says, or ""
	CartID        string
	Outcome       string
	Reason        string // of skipped, canceled and failed
	Detail        Words  // one sentence for a person
	DueAt         *time.Time
	CanceledBy    string // cev_… or msg_…, or ""
	MessageID     string // "" until sent
	MessageStatus Status // of MessageID when it was read
	Trace         []Check
	CreatedAt     time.Time
	FinishedAt    *time.Time
}

// Tenant returns whose run it is.
func (r Run) Tenant() Tenant { return Tenant{r.AccountID, r.Environment} }

// The outcomes of a run.
const (
	RunScheduled = "scheduled"
	RunSent      = "sent"
	RunSkipped   = "skipped"
	RunCanceled  = "canceled"
	RunFailed    = "failed"
)

// Why a run was skipped or canceled, beside the codes of refusals.
const (
	ReasonDisabled           = "disabled"
	ReasonConditionNotMet    = "condition_not_met"
	ReasonOptedOut           = "opted_out"
	ReasonOptInRequired      = "opt_in_required"
	ReasonFrequencyCap       = "frequency_cap"
	ReasonHandoffOpen        = "handoff_open"
	ReasonTemplateNotReady   = "template_not_approved"
	ReasonTemplateParameters = "template_parameters"
	ReasonLimitReached       = "limit_reached"
	ReasonAccountSuspended   = "account_suspended"
	ReasonModuleInactive     = "module_inactive"
	ReasonContactErased      = "contact_erased"
	ReasonCanceledByEvent    = "canceled_by_event"
	ReasonCanceledByReply    = "canceled_by_reply"
)

// RunFilter narrows a list of runs; zero fields do not filter.
type RunFilter struct {
	AutomationID string
	EventID      string
	ContactID    string
	Outcome      string
	Reason       string
}
