package portal

import (
	"slices"
	"testing"
)

// TestRoles restates the contract's table of roles.
func TestRoles(t *testing.T) {
	t.Parallel()
	all := []Role{RoleOwner, RoleAdmin, RoleDeveloper, RoleAgent, RoleAuditor}
	for permission, who := range map[Permission][]Role{
		ManageMembers:      {RoleOwner, RoleAdmin},
		ManageAccount:      {RoleOwner, RoleAdmin},
		WriteTokens:        {RoleOwner, RoleAdmin, RoleDeveloper},
		ReadTokens:         {RoleOwner, RoleAdmin, RoleDeveloper, RoleAuditor},
		WriteChannels:      {RoleOwner, RoleAdmin, RoleDeveloper},
		ReadChannels:       {RoleOwner, RoleAdmin, RoleDeveloper, RoleAuditor},
		WriteMessages:      {RoleOwner, RoleAdmin, RoleDeveloper, RoleAgent},
		ReadMessages:       all,
		WriteConversations: {RoleOwner, RoleAdmin, RoleAgent},
		ReadConversations:  all,
		ReadLogs:           {RoleOwner, RoleAdmin, RoleDeveloper, RoleAuditor},
		ReadAudit:          {RoleOwner, RoleAdmin, RoleAuditor},
		RevealNumbers:      {RoleOwner, RoleAdmin, RoleDeveloper},
	} {
		for _, role := range all {
			if got := role.May(permission); got != slices.Contains(who, role) {
				t.Errorf("%s may %s: %v", role, permission, got)
			}
		}
		if Role("").May(permission) || Role("root").May(permission) {
			t.Errorf("an unknown role may %s", permission)
		}
	}
}

func TestScopesAllow(t *testing.T) {
	t.Parallel()
	for _, scope := range Scopes {
		if !ScopesAllow([]string{AllScopes}, scope) || !ScopesAllow([]string{scope}, scope) {
			t.Errorf("%s is not allowed", scope)
		}
		for _, other := range Scopes {
			if other != scope && ScopesAllow([]string{other}, scope) {
				t.Errorf("%s allows %s", other, scope)
			}
		}
		if ScopesAllow(nil, scope) {
			t.Errorf("%s needs no scope", scope)
		}
	}
}

// TestConsoleScopes checks what the console must never get.
func TestConsoleScopes(t *testing.T) {
	t.Parallel()
	for _, role := range []Role{RoleOwner, RoleAdmin, RoleDeveloper, RoleAgent, RoleAuditor, ""} {
		got := ConsoleScopes(role)
		if slices.Contains(got, ScopeWebhooksWrite) || slices.Contains(got, AllScopes) {
			t.Errorf("%q: %v", role, got)
		}
		for scope, need := range map[string]Permission{
			ScopeMessagesSend: WriteMessages, ScopeHandoffsWrite: WriteConversations, ScopeLogsRead: ReadLogs,
			ScopeTemplatesRead: ReadMessages, ScopeContactsRead: RevealNumbers, ScopeMessagesRead: RevealNumbers,
		} {
			if slices.Contains(got, scope) != role.May(need) {
				t.Errorf("%q: %s = %v", role, scope, !role.May(need))
			}
		}
	}
}
