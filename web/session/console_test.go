package session_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// call makes a call of the API reference and returns who it speaks for.
func (br *browser) call(headers map[string]string) (c portal.Caller, code portal.Code) {
	br.t.Helper()
	caller := *br
	caller.headers = headers
	caller.through(br.b.Console, func(_ http.ResponseWriter, r *http.Request) {
		var err error
		c, err = br.b.ConsoleCaller(r)
		code = portal.CodeOf(err)
	})
	return c, code
}

var ours = map[string]string{"Wpp-Console": "1", "Sec-Fetch-Site": "same-origin"}

func (br *browser) grant(scopes ...string) {
	br.t.Helper()
	br.do(func(ctx context.Context) error { _, err := br.b.Grant(ctx, br.b.account.ID, scopes); return err })
}

func (b *bench) setRole(t *testing.T, role portal.Role) {
	t.Helper()
	if err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE memberships SET role = ? WHERE user_id = ?`, string(role), b.user.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestConsoleCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.signIn()
	br.grant(portal.ScopeMessagesSend, portal.ScopeWebhooksWrite, "admin")
	c, code := br.call(ours)
	if code != "" {
		t.Fatalf("refused: %s", code)
	}
	if c.AccountID != b.account.ID || c.Environment != portal.Test || !c.Console || c.UserID != b.user.ID || c.Role != portal.RoleOwner ||
		c.IP.String() != "203.0.113.7" || len(c.Modules) == 0 || c.Actor().Kind != portal.ActorConsole {
		t.Errorf("caller: %+v", c)
	}
	if !slices.Equal(c.Token.Scopes, []string{portal.ScopeMessagesSend}) {
		t.Errorf("scopes: %v", c.Token.Scopes)
	}
	br.grant(portal.AllScopes)
	if c, _ := br.call(ours); c.Allows(portal.ScopeWebhooksWrite) || !c.Allows(portal.ScopeHandoffsWrite) || !c.Allows(portal.ScopeLogsRead) {
		t.Errorf("everything: %v", c.Token.Scopes)
	}
}

func TestConsoleCallerRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	with := func(name, value string) map[string]string {
		h := map[string]string{"Wpp-Console": "1", "Sec-Fetch-Site": "same-origin"}
		h[name] = value
		return h
	}
	refuse := func(what string, headers map[string]string, want portal.Code) {
		t.Helper()
		if c, code := br.call(headers); code != want {
			t.Errorf("%s: %q (%+v), want %q", what, code, c.Tenant, want)
		}
	}
	refuse("a visitor", ours, portal.CodeMissingToken)
	br.signIn()
	refuse("no grant", ours, portal.CodeMissingToken)
	br.grant(portal.ScopeMessagesRead)
	refuse("a grant", ours, "")
	refuse("no mark", with("Wpp-Console", ""), portal.CodeMissingToken)
	refuse("another mark", with("Wpp-Console", "true"), portal.CodeMissingToken)
	refuse("beside a token", with("Authorization", "Bearer x"), portal.CodeMissingToken)
	for _, site := range []string{"", "none", "same-site", "cross-site"} {
		refuse("from "+site, with("Sec-Fetch-Site", site), portal.CodeCrossSite)
	}

	b.wait(15 * time.Minute)
	refuse("fifteen minutes later", ours, portal.CodeMissingToken)
	br.grant(portal.ScopeMessagesRead)
	b.setRole(t, portal.RoleAgent)
	refuse("after a role change", ours, portal.CodeMissingToken)
	br.grant(portal.AllScopes)
	if c, code := br.call(ours); code != "" || c.Allows(portal.ScopeLogsRead) {
		t.Errorf("an agent's grant: %q, %v", code, c.Token.Scopes)
	}
	if err := b.accounts.SetStatus(t.Context(), portal.Actor{}, b.account.ID, portal.AccountSuspended); err != nil {
		t.Fatal(err)
	}
	refuse("a suspended account", ours, portal.CodeAccountSuspended)
	br.do(func(ctx context.Context) error { b.DropGrant(ctx); return nil })
	refuse("a dropped grant", ours, portal.CodeMissingToken)
	br.grant(portal.AllScopes)
	cookie := br.cookies["wpp"]
	br.do(func(ctx context.Context) error { return b.SignOut(ctx) })
	br.cookies["wpp"] = cookie
	refuse("after signing out", ours, portal.CodeMissingToken)
}

func TestGrantNeedsMembership(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	grant := func(account string) (code portal.Code) {
		br.open(func(_ http.ResponseWriter, r *http.Request) {
			_, err := b.Grant(r.Context(), account, []string{portal.AllScopes})
			code = portal.CodeOf(err)
		})
		return code
	}
	if got := grant(b.account.ID); got != portal.CodeNotFound {
		t.Errorf("a visitor: %q", got)
	}
	br.signIn()
	if got := grant("acc_unknown"); got != portal.CodeNotFound {
		t.Errorf("another account: %q", got)
	}
}
