package portal

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"strconv"
	"time"
)

// The states of a channel. Only a connected one sends; what was accepted waits
// behind one that is not, except behind one that was removed.
const (
	ChannelConnected  = "connected"
	ChannelConnecting = "connecting" // WhatsApp knows the number and does not let it send yet
	ChannelLoggedOut  = "logged_out"
	ChannelBlocked    = "blocked"
	ChannelRemoved    = "removed" // never shown: only its messages still name it
)

// Why a channel is not connected. WhatsApp may have further reasons.
const (
	ReasonTokenExpired  = "token_expired"
	ReasonPermission    = "permission" // the token may not send
	ReasonPolicy        = "policy"
	ReasonPayment       = "payment"
	ReasonNotRegistered = "not_registered"
	ReasonPaused        = "paused" // by the account itself
)

// The kinds of a ChannelEvent, besides the four states.
const (
	ChannelQuality    = "quality"
	ChannelLimit      = "limit"
	ChannelThroughput = "throughput"
	ChannelNameChange = "name"
	ChannelAlert      = "alert" // WhatsApp told something that changes nothing by itself
	ChannelVerified   = "verified"
	ChannelUnsigned   = "signature_refused" // a call came whose signature does not fit the app secret
	ChannelNewToken   = "token_replaced"
	ChannelNewSecret  = "secret_replaced"
	ChannelResumed    = "resumed"
	ChannelTemplate   = "template_paused"
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
	Quality       string // green, yellow, red, unknown
	VerifiedName  string // what people see, or ""
	NameStatus    string // WhatsApp's word on that name, lower case, or ""
	PeopleLimit   *int   // people first written to in 24 h, shared by the business; nil = not known, 0 = none
	Throughput    *int   // messages per second; nil = not known

	TokenChangedAt  *time.Time
	SecretChangedAt *time.Time
	TokenExpiresAt  *time.Time // nil = not known, or never
	VerifiedAt      *time.Time // WhatsApp's handshake of the callback address
	CallbackAt      *time.Time // WhatsApp's last call, to the minute
	CheckedAt       *time.Time // when WhatsApp was last asked about the number
	RemovedAt       *time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// ChannelState is a channel with what it has to do.
type ChannelState struct {
	Channel
	Waiting int // queued messages behind it
	People  int // that its business wrote to first in the last PeopleDay
}

// PeopleDay is the moving day over which WhatsApp counts people written to first.
const PeopleDay = 24 * time.Hour

// Tenant returns whose the channel is.
func (c Channel) Tenant() Tenant {
	return Tenant{AccountID: c.AccountID, Environment: c.Environment}
}

// ChannelEvent is one thing that happened to a channel.
type ChannelEvent struct {
	ID        string
	ChannelID string
	Kind      string          // a state, or one of the Channel… kinds
	Detail    json.RawMessage // what changed, as {"from","to"} or in WhatsApp's words; no secrets
	At        time.Time
}

// ChannelSecrets are what a channel needs to talk to WhatsApp and to believe it.
// They are stored sealed and never shown.
type ChannelSecrets struct {
	Token       string `json:"token"`
	AppSecret   []byte `json:"app_secret"`
	VerifyToken string `json:"verify_token"`
}

// NewSimulatedChannel returns a number of the simulator, connected, and what it
// needs to talk and to be believed.
func NewSimulatedChannel(t Tenant, name, phone string, now time.Time) (Channel, ChannelSecrets) {
	unlimited, throughput := 0, 80 // messages a second, as a real number
	id := metaID()
	return Channel{
		ID: NewID(PrefixChannel), AccountID: t.AccountID, Environment: t.Environment, Name: name, Phone: phone,
		Provider: ProviderSimulator, PhoneNumberID: id, WABA: metaID(), Status: ChannelConnected, Quality: "green",
		PeopleLimit: &unlimited, Throughput: &throughput, CreatedAt: now, UpdatedAt: now,
	}, ChannelSecrets{Token: SimulatorToken(id), AppSecret: []byte(rand.Text()), VerifyToken: rand.Text()}
}

// simulatorToken is the shape of a simulated number's token. It names the number,
// because some addresses of the Cloud API name only the app.
var simulatorToken = regexp.MustCompile(`^EAA([0-9]{1,20})Z[A-Z2-7]{26,}$`)

// SimulatorToken returns a new token for a simulated number.
func SimulatorToken(phoneNumberID string) string {
	return "EAA" + phoneNumberID + "Z" + rand.Text() + rand.Text()
}

// SimulatorTokenOf returns the number that such a token is for, "" when it names none.
func SimulatorTokenOf(token string) string {
	m := simulatorToken.FindStringSubmatch(token)
	if m == nil {
		return ""
	}
	return m[1]
}

// metaID returns fifteen random digits, as Meta's ids look.
func metaID() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return strconv.FormatUint(100_000_000_000_000+binary.BigEndian.Uint64(raw[:])%900_000_000_000_000, 10)
}
