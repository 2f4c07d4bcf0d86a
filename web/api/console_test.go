package api

import (
	"net/http"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// TestConsoleCalls is a call of the API reference, whose grant is web/session's work.
func TestConsoleCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.account(portal.PlanUnlimited)
	person := portal.NewID(portal.PrefixUser)
	w.Console = func(*http.Request) (portal.Caller, error) {
		return portal.Caller{
			Tenant: portal.Tenant{AccountID: acc.ID, Environment: portal.Test}, Account: acc, Console: true, UserID: person, UserName: "Ana",
			Modules: []string{portal.ModuleMessages}, Token: portal.Token{Scopes: []string{portal.ScopeMessagesSend, portal.ScopeAccountRead}, Environment: portal.Test},
		}, nil
	}
	console := map[string]string{"Wpp-Console": "1"}
	sent := w.do(ask{method: "POST", path: "/v1/messages", body: oneText, header: console}).want(202, "")
	if sent.text("source") != portal.SourceConsole {
		t.Errorf("source %q", sent.text("source"))
	}
	if row := w.row(acc, portal.Test, sent); row.Source != portal.SourceConsole || row.UserID != person || row.TokenID != "" {
		t.Errorf("log row: source %q user %q token %q", row.Source, row.UserID, row.TokenID)
	}
	w.do(ask{method: "GET", path: "/v1/contacts", header: console}).want(403, portal.CodeInsufficientScope)
	// A bad token is never a reason to fall back on the session.
	w.do(ask{method: "GET", path: "/v1/account", token: "garbage", header: console}).want(401, portal.CodeInvalidToken)
	me := w.do(ask{method: "GET", path: "/v1/account", header: console}).want(200, "")
	if me.value("token") != nil || me.header.Get("RateLimit-Policy") != `"console";q=5;w=1` {
		t.Errorf("token %v, policy %s", me.value("token"), me.header.Get("RateLimit-Policy"))
	}
	refused := false
	for range 6 {
		refused = w.do(ask{method: "GET", path: "/v1/account", header: console}).status == http.StatusTooManyRequests || refused
	}
	if !refused {
		t.Error("six more calls in a second are not limited")
	}
}
