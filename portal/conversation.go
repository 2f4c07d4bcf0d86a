package portal

import "time"

// Conversation is the thread between the account and one contact.
type Conversation struct {
	ID          string
	AccountID   string
	Environment Environment
	ContactID   string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// The states of a handoff.
const (
	HandoffWaiting  = "waiting"
	HandoffAssigned = "assigned"
	HandoffResolved = "resolved"
)

// HandoffOutcomes are the ways a handoff ends.
var HandoffOutcomes = []string{"solved", "no_answer", "duplicate", "other"}

// Priorities of a handoff, lowest first.
var Priorities = []string{"low", "normal", "high"}

// Requester says who asked for a person.
type Requester struct {
	Kind string // token, user, automation, contact
	ID   string
	Name string
}

// Handoff asks a person to take a conversation over. One is open per contact.
type Handoff struct {
	ID                string
	AccountID         string
	Environment       Environment
	ContactID         string
	ContactExternalID string // joined on reading
	ContactName       string // joined on reading, for pages
	ContactPhone      string // joined on reading, for pages
	ConversationID    string
	Status            string
	Reason            string
	Priority          string
	Department        string
	Note              string // for the agent only
	Reference         string
	RequestedBy       Requester
	AssignedTo        *Requester
	Outcome           string // "" until resolved
	ResolutionNote    string
	CreatedAt         time.Time
	AssignedAt        *time.Time
	ResolvedAt        *time.Time
}

// HandoffNote is what an agent wrote down for colleagues; the person never sees it.
type HandoffNote struct {
	HandoffID string
	Author    Requester
	Body      string
	CreatedAt time.Time
}
