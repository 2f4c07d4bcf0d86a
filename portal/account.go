package portal

import "time"

// Plan sets the limits of an account.
type Plan string

// The plans.
const (
	PlanStandard  Plan = "standard"  // 100 requests/s a token; 1,000 messages a day in test, 10,000 in live
	PlanUnlimited Plan = "unlimited" // none
)

// RequestsPerSecond returns the default limit of one token; 0 means none.
func (p Plan) RequestsPerSecond() int {
	if p == PlanUnlimited {
		return 0
	}
	return 100
}

// MessagesPerDay returns how many messages the account may send in a moving 24 h; 0 means no limit.
func (p Plan) MessagesPerDay(env Environment) int {
	switch {
	case p == PlanUnlimited:
		return 0
	case env == Test:
		return 1_000
	}
	return 10_000
}

// The states of an account.
const (
	AccountActive    = "active"
	AccountSuspended = "suspended"
)

// Account is a company that uses the API. All data belongs to one.
type Account struct {
	ID            string
	Name          string
	Status        string // AccountActive or AccountSuspended
	Plan          Plan
	Language      string   // LangEN or LangPT: words of errors without Accept-Language
	Timezone      string   // IANA
	Country       string   // ISO 3166-1 alpha-2: numbers without a country code are read in it
	Testers       []string // E.164: in test their 24-hour window is open
	Departments   []string // where a handoff can go
	OptInRequired bool     // marketing to contacts of unknown consent is refused
	CreatedAt     time.Time
	UpdatedAt     time.Time
}
