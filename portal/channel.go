package portal

import "time"

// The states of a channel.
const (
	ChannelConnected = "connected"
	ChannelLoggedOut = "logged_out"
	ChannelBlocked   = "blocked"
)

// Providers of a channel.
const (
	ProviderSimulator = "simulator"
	ProviderCloud     = "cloud"
)

// Channel is one WhatsApp number of the account.
type Channel struct {
	ID            string
	AccountID     string
	Environment   Environment
	Name          string
	Phone         string // E.164
	Provider      string
	PhoneNumberID string // WhatsApp's id of the number, unique
	WABA          string // WhatsApp's id of the business account
	Default       bool
	Status        string
	StatusReason  string
	Quality       string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// ChannelSecrets are what a channel needs to talk to WhatsApp and to believe it.
// They are stored sealed and never shown.
type ChannelSecrets struct {
	Token       string `json:"token"`
	AppSecret   []byte `json:"app_secret"`
	VerifyToken string `json:"verify_token"`
}
