package portal

import "slices"

// AllScopes stands for every scope, those added later included.
const AllScopes = "*"

// The scopes of the contract.
const (
	ScopeAccountRead    = "account:read"
	ScopeMessagesSend   = "messages:send"
	ScopeMessagesRead   = "messages:read"
	ScopeTemplatesRead  = "templates:read"
	ScopeTemplatesWrite = "templates:write"
	ScopeContactsRead   = "contacts:read"
	ScopeContactsWrite  = "contacts:write"
	ScopeHandoffsRead   = "handoffs:read"
	ScopeHandoffsWrite  = "handoffs:write"
	ScopeEventsRead     = "events:read"
	ScopeEventsWrite    = "events:write"
	ScopeWebhooksRead   = "webhooks:read"
	ScopeWebhooksWrite  = "webhooks:write"
	ScopeLogsRead       = "logs:read"
)

// Scopes lists every scope that a token may be given, in the contract's order.
var Scopes = []string{
	ScopeAccountRead, ScopeMessagesSend, ScopeMessagesRead, ScopeTemplatesRead, ScopeTemplatesWrite,
	ScopeContactsRead, ScopeContactsWrite, ScopeHandoffsRead, ScopeHandoffsWrite,
	ScopeEventsRead, ScopeEventsWrite, ScopeWebhooksRead, ScopeWebhooksWrite, ScopeLogsRead,
}

// UsedScopes lists the scopes that some operation asks for: those that forms offer.
var UsedScopes = []string{
	ScopeAccountRead, ScopeMessagesSend, ScopeMessagesRead, ScopeTemplatesRead, ScopeTemplatesWrite,
	ScopeContactsRead, ScopeContactsWrite, ScopeHandoffsRead, ScopeHandoffsWrite,
	ScopeEventsRead, ScopeEventsWrite, ScopeWebhooksRead, ScopeWebhooksWrite, ScopeLogsRead,
}

// ScopePreset is a ready-made choice of scopes.
type ScopePreset struct {
	Name   string
	Title  Words
	Scopes []string
}

// ScopePresets are the choices that the token form offers.
var ScopePresets = []ScopePreset{
	{"send", Words{"Send messages", "Enviar mensagens"}, []string{ScopeMessagesSend, ScopeMessagesRead, ScopeTemplatesRead}},
	{"events", Words{"Store events", "Eventos da loja"}, []string{ScopeEventsWrite, ScopeEventsRead}},
	{"read", Words{"Read only", "Só leitura"}, []string{ScopeAccountRead, ScopeMessagesRead, ScopeTemplatesRead, ScopeContactsRead, ScopeHandoffsRead, ScopeEventsRead, ScopeLogsRead}},
	{"all", Words{"Everything", "Tudo"}, []string{AllScopes}},
}

// ScopesAllow reports whether the granted scopes cover the wanted one.
func ScopesAllow(granted []string, wanted string) bool {
	return slices.Contains(granted, AllScopes) || slices.Contains(granted, wanted)
}

// roleScopes says what the console may be granted through a role: what the role
// may do in the portal, as scopes of the API.
var roleScopes = []struct {
	may    Permission
	scopes []string
}{
	{ReadMessages, []string{ScopeAccountRead, ScopeTemplatesRead}},
	{RevealNumbers, []string{ScopeMessagesRead, ScopeContactsRead, ScopeEventsRead}}, // the API masks nothing
	{WriteMessages, []string{ScopeMessagesSend, ScopeTemplatesWrite, ScopeContactsWrite, ScopeEventsWrite}},
	{ReadConversations, []string{ScopeHandoffsRead}},
	{WriteConversations, []string{ScopeHandoffsWrite}},
	{ReadLogs, []string{ScopeLogsRead}},
	{ReadTokens, []string{ScopeWebhooksRead}},
}

// ConsoleScopes returns the scopes that the Swagger page may be granted for a role, never webhooks:write.
func ConsoleScopes(r Role) []string {
	var out []string
	for _, s := range Scopes {
		for _, g := range roleScopes {
			if r.May(g.may) && slices.Contains(g.scopes, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
