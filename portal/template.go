package portal

import (
	"encoding/json"
	"time"
)

// TemplateApproved is the only status in which a template is sent.
const TemplateApproved = "approved"

// TemplateParameter is something a send must fill in.
type TemplateParameter struct {
	Component string `json:"component"` // header, body
	Name      string `json:"name"`      // positional: "1", "2" …
	Type      string `json:"type"`
	Example   string `json:"example"`
}

// Template is an approved text of the account; the key is (Name, Language).
type Template struct {
	ID              string
	AccountID       string
	Environment     Environment
	Name            string
	Language        string // WhatsApp's code, such as pt_BR
	Category        string // marketing, utility, authentication
	Status          string // pending approved rejected paused disabled deleted
	ParameterFormat string // named or positional
	Parameters      []TemplateParameter
	Components      json.RawMessage // Meta's shape, verbatim
	Quality         string          // green yellow red unknown
	TTL             *int            // seconds; nil = WhatsApp's default
	ProviderID      string
	SyncedAt        *time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}
