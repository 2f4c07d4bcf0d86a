package session

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// GrantLifetime is how long the API reference may try calls after "Start trying".
const GrantLifetime = 15 * time.Minute

// Grant lets the API reference call the API for the person at the browser, in
// the test environment of an account.
type Grant struct {
	AccountID string      `json:"account_id"`
	Role      portal.Role `json:"role"` // at the time; another one ends the grant
	Scopes    []string    `json:"scopes"`
	Expires   time.Time   `json:"expires"`
}

// Grant makes the grant for those of the scopes that the person's role in the
// account allows, and returns it. Another one of the session is replaced.
func (m *Manager) Grant(ctx context.Context, accountID string, scopes []string) (g Grant, err error) {
	defer portal.Wrap(&err, "Grant(%s)", accountID)
	user, _, ok := m.User(ctx)
	if !ok {
		return g, portal.Refuse(portal.CodeNotFound)
	}
	_, role, err := m.accounts.Acting(ctx, user, accountID)
	if err != nil {
		return g, err
	}
	g = Grant{AccountID: accountID, Role: role, Scopes: allowed(scopes, role), Expires: m.store.Now().Add(GrantLifetime)}
	raw, err := json.Marshal(g)
	if err != nil {
		return Grant{}, err
	}
	visitOf(ctx).trifling = false
	m.scs.Put(ctx, keyGrant, string(raw))
	return g, nil
}

// CurrentGrant returns the session's grant if it has not ended by time.
func (m *Manager) CurrentGrant(ctx context.Context) (g Grant, ok bool) {
	if !visitOf(ctx).signedIn() {
		return g, false
	}
	if err := json.Unmarshal([]byte(m.scs.GetString(ctx, keyGrant)), &g); err != nil {
		return Grant{}, false
	}
	return g, m.store.Now().Before(g.Expires)
}

// DropGrant ends the session's grant.
func (m *Manager) DropGrant(ctx context.Context) {
	visitOf(ctx).trifling = false
	m.scs.Remove(ctx, keyGrant)
}

// consoleHeader marks a call of the API reference. A page of another site
// cannot set it without being asked for permission first.
const consoleHeader = "Wpp-Console"

// Console loads the session for calls of the API reference and leaves every
// other call alone, so that tokens pay nothing for sessions.
func (m *Manager) Console(next http.Handler) http.Handler {
	loading := m.Middleware(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fromConsole(r) {
			loading.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func fromConsole(r *http.Request) bool {
	return r.Header.Get(consoleHeader) == "1" && len(r.Header.Values("Authorization")) == 0
}

// ConsoleCaller returns who a call without a token speaks for, by the console
// grant of its session. It is cross_site unless the browser says that our own
// page made it, account_suspended for a suspended account, and missing_token
// in every other case: no header, no session, no grant, or one that has ended.
func (m *Manager) ConsoleCaller(r *http.Request) (c portal.Caller, err error) {
	defer portal.Wrap(&err, "ConsoleCaller")
	missing := portal.Refuse(portal.CodeMissingToken)
	if !fromConsole(r) {
		return c, missing
	}
	if r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		return c, portal.Refuse(portal.CodeCrossSite)
	}
	ctx := r.Context()
	g, ok := m.CurrentGrant(ctx)
	if !ok {
		return c, missing
	}
	user, _, ok := m.User(ctx)
	if !ok {
		return c, missing
	}
	account, role, err := m.accounts.Acting(ctx, user, g.AccountID)
	if errors.Is(err, portal.Refuse(portal.CodeNotFound)) || err == nil && role != g.Role {
		return c, missing
	}
	if err != nil {
		return c, err
	}
	c = portal.Caller{
		Tenant:  portal.Tenant{AccountID: account.ID, Environment: portal.Test},
		Account: account, Role: role, Console: true, UserID: user.ID, UserName: user.Name, IP: m.clientIP(r),
		Token: portal.Token{Environment: portal.Test, Scopes: allowed(g.Scopes, role)},
	}
	if account.Status != portal.AccountActive {
		return c, portal.Refuse(portal.CodeAccountSuspended)
	}
	c.Modules, err = m.store.Reader(ctx).ActiveModules(account.ID)
	return c, err
}

// allowed returns those of the chosen scopes that the role may be granted, never "*".
func allowed(chosen []string, role portal.Role) (out []string) {
	for _, scope := range portal.ConsoleScopes(role) {
		if slices.Contains(chosen, scope) || slices.Contains(chosen, portal.AllScopes) {
			out = append(out, scope)
		}
	}
	return out
}
