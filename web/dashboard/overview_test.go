package dashboard

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
)

func TestGetStarted(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	form := url.Values{"env": {"test"}, "nonce": {k.nonce("/get-started?env=live")}, "name": {"first"}}
	answer, page := k.send("/get-started", form, 200)
	secret := secretPattern.FindString(page)
	if !strings.Contains(page, " WPP_TOKEN="+secret) || !strings.Contains(page, alwaysThere) || answer.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the command is not filled in")
	}
	if _, page = k.send("/get-started", form, 200); secretPattern.MatchString(page) || !strings.Contains(page, "already shown") {
		t.Error("the form sent again")
	}
	k.send("/get-started/number", url.Values{"env": {"test"}, "tester": {"12"}}, 422)
	if _, page = k.send("/get-started/number", url.Values{"env": {"test"}, "tester": {"11 98765-4321"}}, 200); !strings.Contains(page, "+5511987654321") {
		t.Error("the command does not write to the tester")
	}
	c, err := k.Tokens.Verify(t.Context(), secret, netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	k.called(func(q *portal.Request) { q.TokenID, q.Status = c.Token.ID, 422 })
	if page := k.read("/get-started", 200); strings.Contains(page, "First request received") {
		t.Error("a refused call counts as the first message")
	}
	q := k.called(func(q *portal.Request) { q.TokenID = c.Token.ID })
	if page := k.read("/get-started", 200); !strings.Contains(page, "First request received") || !strings.Contains(page, "/logs/"+q.ID) {
		t.Error("the first message is not noticed")
	}
	if steps := k.part("/get-started"); strings.Count(steps, `class="done"`) != 3 || strings.Contains(steps, "<main") {
		t.Errorf("the steps anew: %s", steps)
	}
}

// part reads what a script is given of a page.
func (k *desk) part(path string) string {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.server.URL+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Wpp-Fragment", "1")
	answer, err := k.browser.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return string(body)
}

func TestOverviewPage(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	if page := k.read("/overview?env=test", 200); !strings.Contains(page, "/get-started") || !strings.Contains(page, "All clear") {
		t.Error("the empty overview does not lead to get-started")
	}
	end := k.Store.Now().Add(3 * 24 * time.Hour)
	_, _, err := k.Tokens.Mint(t.Context(), portal.Actor{Kind: portal.ActorSystem}, k.tenant, tokens.NewToken{Name: "legado", Scopes: []string{"*"}, ExpiresAt: &end})
	if err != nil {
		t.Fatal(err)
	}
	k.called()
	k.called(func(q *portal.Request) { q.Status, q.ErrorCode = 422, portal.CodeWindowClosed })
	for _, r := range []string{"1h", "24h", "7d", "30d", "bogus"} {
		page := k.read("/overview?env=test&range="+r, 200)
		for _, want := range []string{"50.0", "legado", "window_closed", "sendMessage", "Latency p95", "14.8<small>ms"} {
			if !strings.Contains(page, want) {
				t.Errorf("range %s: %q is missing", r, want)
			}
		}
	}
	if page := k.read("/overview?env=live", 200); strings.Contains(page, "legado") {
		t.Error("live shows what is in test")
	}
}

func TestSecurityPage(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	other := k.again()
	if page := k.read("/security", 200); strings.Count(page, "/security/sessions/ses_") != 1 || !strings.Contains(page, "this session") {
		t.Error("the sessions are not listed")
	}
	k.send("/security/password", url.Values{"current": {"wrong password"}, "new": {"another horse"}, "repeat": {"another horse"}}, 422)
	k.send("/security/password", url.Values{"current": {"correct horse battery"}, "new": {"another horse"}, "repeat": {"another house"}}, 422)
	k.send("/security/password", url.Values{"current": {"correct horse battery"}, "new": {"short"}, "repeat": {"short"}}, 422)
	if answer := other.open(t.Context(), "/security"); answer.Request.URL.Path != "/security" {
		t.Error("a refused change ended the other session")
	}
	if _, page := k.send("/security/password", url.Values{"current": {"correct horse battery"}, "new": {"another horse"}, "repeat": {"another horse"}}, 200); !strings.Contains(page, "Password changed") {
		t.Error("it is not said that the password was changed")
	}
	if answer := other.open(t.Context(), "/security"); answer.StatusCode == 200 && answer.Request.URL.Path == "/security" {
		t.Error("the other session outlives the password")
	}
	other = k.again()
	page := k.read("/security", 200)
	id := regexp.MustCompile(`/security/sessions/(ses_[0-9A-Z]+)/end`).FindStringSubmatch(page)
	if id == nil {
		t.Fatal("the other session cannot be ended")
	}
	k.send("/security/sessions/"+id[1]+"/end", nil, 200)
	if answer := other.open(t.Context(), "/security"); answer.StatusCode == 200 && answer.Request.URL.Path == "/security" {
		t.Error("the ended session goes on")
	}
	k.again()
	if _, page = k.send("/security/sessions/end-others", nil, 200); strings.Contains(page, "/security/sessions/ses_") {
		t.Error("other sessions are left")
	}
}

// again is the same person in another browser.
func (k *desk) again() *desk {
	k.t.Helper()
	other := *k
	other.browser = newBrowser(k.t)
	answer, err := other.browser.Post(k.server.URL+"/enter", "", nil)
	if err != nil {
		k.t.Fatal(err)
	}
	answer.Body.Close()
	return &other
}

func TestAccountPage(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	form := url.Values{"env": {"test"}, "name": {"Loja"}, "language": {portal.LangPT}, "timezone": {"America/Manaus"}, "testers": {"11 98765-4321\n"}, "departments": {"Vendas\r\n\r\nSuporte"}, "opt_in_required": {"1"}}
	if _, page := k.send("/account", form, 200); !strings.Contains(page, "Saved") || !strings.Contains(page, "+5511987654321") {
		t.Error("the account is not saved")
	}
	got, err := k.Accounts.Get(t.Context(), k.tenant.AccountID)
	if err != nil || got.Name != "Loja" || got.Timezone != "America/Manaus" || len(got.Departments) != 2 || !got.OptInRequired {
		t.Errorf("%+v, %v", got, err)
	}
	form.Set("testers", "12")
	form.Set("name", "")
	if _, page := k.send("/account", form, 422); !strings.Contains(page, `href="#testers"`) || !strings.Contains(page, `href="#name"`) {
		t.Error("what is wrong is not named")
	}
	k.become(portal.RoleAuditor)
	if page := k.read("/account", 200); strings.Contains(page, "987654321") || !strings.Contains(page, "Loja") {
		t.Error("an auditor reads the numbers")
	}
	err = k.Store.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM memberships`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := k.read("/overview", 200); !strings.Contains(page, "You belong to no account") {
		t.Error("a person without an account is not told so")
	}
}
