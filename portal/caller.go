package portal

import "net/netip"

// RuleCall says which automation acts on which commercial event.
type RuleCall struct{ AutomationID, Name, EventID string }

// Caller is who an API call is made by, as the credential says.
type Caller struct {
	Tenant
	Account   Account
	Token     Token    // of a console call: zero but for Scopes and Environment
	Modules   []string // names of the account's active modules
	Role      Role     // of a console call
	Console   bool     // the Swagger page's session grant
	Portal    bool     // a person in the portal's own pages, not an API call
	Batch     bool     // one line of a batch
	Rule      RuleCall // the automation that acts, not an API call; zero = none does
	UserID    string
	UserName  string
	IP        netip.Addr
	RequestID string
}

// Allows reports whether the caller may use the scope; "" needs none.
func (c Caller) Allows(scope string) bool { return scope == "" || ScopesAllow(c.Token.Scopes, scope) }

// Actor returns the caller for the audit trail and for who asked.
func (c Caller) Actor() Actor {
	if c.Rule.AutomationID != "" {
		return Actor{Kind: ActorSystem, ID: c.Rule.AutomationID, Name: c.Rule.Name}
	}
	if c.Portal {
		return Actor{Kind: ActorUser, ID: c.UserID, Name: c.UserName, IP: c.IP.String()}
	}
	if c.Console {
		return Actor{Kind: ActorConsole, ID: c.UserID, Name: c.UserName, IP: c.IP.String()}
	}
	return Actor{Kind: ActorToken, ID: c.Token.ID, Name: c.Token.Name, IP: c.IP.String()}
}

// Source returns how the call's message or log entry came to be.
func (c Caller) Source() string {
	if c.Rule.AutomationID != "" {
		return SourceAutomation
	}
	if c.Portal {
		return SourcePortal
	}
	if c.Console {
		return SourceConsole
	}
	if c.Batch {
		return SourceBatch
	}
	return SourceAPI
}
