package portal

// Role is what a member is in an account.
type Role string

// The roles, widest first.
const (
	RoleOwner     Role = "owner"
	RoleAdmin     Role = "admin"
	RoleDeveloper Role = "developer"
	RoleAgent     Role = "agent"
	RoleAuditor   Role = "auditor"
)

// Permission is one thing a member may do in the portal.
type Permission string

// The permissions: one per cell of the contract's table of roles. Write implies read.
const (
	ManageMembers      Permission = "members:write"
	ManageAccount      Permission = "account:write" // name, zone, testers, departments
	ReadTokens         Permission = "tokens:read"
	WriteTokens        Permission = "tokens:write"
	ReadChannels       Permission = "channels:read"
	WriteChannels      Permission = "channels:write"
	ReadMessages       Permission = "messages:read" // messages, contacts, templates
	WriteMessages      Permission = "messages:write"
	ReadConversations  Permission = "conversations:read"
	WriteConversations Permission = "conversations:write"
	ReadLogs           Permission = "logs:read"
	ReadAudit          Permission = "audit:read"
	RevealNumbers      Permission = "numbers:reveal"
)

// grants is the contract's table. An agent reveals numbers of own conversations
// only, which the conversation's page decides; the table therefore does not grant it.
var grants = map[Role][]Permission{
	RoleOwner: {
		ManageMembers, ManageAccount, ReadTokens, WriteTokens, ReadChannels, WriteChannels, ReadMessages, WriteMessages,
		ReadConversations, WriteConversations, ReadLogs, ReadAudit, RevealNumbers,
	},
	RoleAdmin: {
		ManageMembers, ManageAccount, ReadTokens, WriteTokens, ReadChannels, WriteChannels, ReadMessages, WriteMessages,
		ReadConversations, WriteConversations, ReadLogs, ReadAudit, RevealNumbers,
	},
	RoleDeveloper: {
		ReadTokens, WriteTokens, ReadChannels, WriteChannels, ReadMessages, WriteMessages, ReadConversations, ReadLogs, RevealNumbers,
	},
	RoleAgent:   {ReadMessages, WriteMessages, ReadConversations, WriteConversations},
	RoleAuditor: {ReadTokens, ReadChannels, ReadMessages, ReadConversations, ReadLogs, ReadAudit},
}

// May reports whether the role has the permission. An unknown role has none.
func (r Role) May(p Permission) bool {
	for _, g := range grants[r] {
		if g == p {
			return true
		}
	}
	return false
}

// Permissions returns all that the role may do.
func (r Role) Permissions() []Permission { return grants[r] }
