package portal

import "time"

// Contact is a person known to the account.
type Contact struct {
	ID             string
	AccountID      string
	Environment    Environment
	ExternalID     string // the caller's key, unique in the environment, or ""
	Phone          string // E.164, canonical, unique in the environment, or ""
	WAID           string // as WhatsApp wrote it
	UserID         string // WhatsApp's business-scoped id
	Username       string
	Name           string
	Email          string
	Country        string
	Language       string
	Timezone       string
	Tags           []string
	Attributes     map[string]any // string, Number or bool
	OptIn          Consent
	Windows        []Window
	HandoffID      string // the open handoff, or ""; automations pause while it is set
	LastInboundAt  *time.Time
	LastOutboundAt *time.Time
	Source         string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Window is the 24-hour window of a contact towards one channel.
type Window struct {
	ChannelID     string
	LastInboundAt *time.Time
}

// WindowLength is how long free-form messages are allowed after the person's last message.
const WindowLength = 24 * time.Hour

// The reasons of a closed window.
const (
	WindowNeverWrote = "never_wrote"
	WindowExpired    = "expired"
)

// State returns whether the window is open at now, when it ends or ended, and why it is closed.
func (w Window) State(now time.Time) (open bool, expires *time.Time, reason string) {
	if w.LastInboundAt == nil {
		return false, nil, WindowNeverWrote
	}
	end := w.LastInboundAt.Add(WindowLength)
	if now.Before(end) {
		return true, &end, ""
	}
	return false, &end, WindowExpired
}

// ContactFilter narrows a list of contacts; zero fields do not filter.
type ContactFilter struct {
	Search       string   // part of the name, e-mail or external id; or a whole phone
	SearchPhones []string // candidates when Search reads as a phone
	Tag          string
	OptIn        string     // status of consent
	UpdatedSince *time.Time // given: oldest change first
}

// SortsByChange reports whether the list runs from the oldest change on.
func (f ContactFilter) SortsByChange() bool { return f.UpdatedSince != nil }

// Warning says what a write accepted but did not apply.
type Warning struct {
	Code   string
	Detail Words
}

// WarnOptOutKept: the write would have lifted an opt-out and may not.
const WarnOptOutKept = "opt_out_kept"
