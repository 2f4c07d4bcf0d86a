package portal

import (
	"encoding/json"
	"time"
)

// Actor is who does something: a person in the portal, a token, or the command line.
type Actor struct {
	Kind string // user, token, console, system
	ID   string // usr_…, tok_… or ""
	Name string // for pages; never an e-mail or phone
	IP   string
}

// The kinds of actor.
const (
	ActorUser    = "user"
	ActorToken   = "token"
	ActorConsole = "console"
	ActorSystem  = "system"
)

// Audit is one row of the account's audit trail. Rows of an account form a hash
// chain, so that a removed or edited row is noticed.
type Audit struct {
	ID        string
	AccountID string
	At        time.Time
	Actor     Actor
	Action    string          // noun.verb, such as token.created
	Target    string          // id of what it was done to, or ""
	Details   json.RawMessage // what changed; no secrets, no phone numbers
	RequestID string
	Hash      []byte // SHA-256 over the row and the hash of the row before it
}
