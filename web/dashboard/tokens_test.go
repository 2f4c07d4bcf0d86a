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

// send posts a form and returns the answer with its body.
func (k *desk) send(path string, form url.Values, status int) (*http.Response, string) {
	k.t.Helper()
	answer, err := k.browser.PostForm(k.server.URL+path, form)
	if err != nil {
		k.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	if answer.StatusCode != status {
		k.t.Fatalf("POST %s answered %d, want %d", path, answer.StatusCode, status)
	}
	return answer, string(body)
}

var (
	noncePattern  = regexp.MustCompile(`name="nonce" value="([^"]+)"`)
	secretPattern = regexp.MustCompile(`wpp_(test|live)_[0-9A-Za-z]{38}`)
)

func (k *desk) nonce(path string) string {
	k.t.Helper()
	found := noncePattern.FindStringSubmatch(k.read(path, 200))
	if found == nil {
		k.t.Fatalf("%s has no nonce", path)
	}
	return found[1]
}

// mint makes a token through its form and returns it.
func (k *desk) mint(name string) (portal.Token, string) {
	k.t.Helper()
	form := url.Values{"env": {"test"}, "nonce": {k.nonce("/tokens/new?env=test")}, "name": {name}, "scope": {portal.ScopeAccountRead}, "expiry": {"90"}}
	_, page := k.send("/tokens", form, 200)
	secret := secretPattern.FindString(page)
	c, err := k.Tokens.Verify(k.t.Context(), secret, netip.Addr{})
	if err != nil {
		k.t.Fatal("the secret shown does not work: ", err)
	}
	return c.Token, secret
}

func TestMintShowsTheSecretOnce(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	form := url.Values{
		"env": {"live"}, "nonce": {k.nonce("/tokens/new?env=test")}, "name": {" loja "}, "scope": {"messages:send", "contacts:write"},
		"expiry": {"date"}, "date": {"2099-02-20"}, "allowed_ips": {"203.0.113.0/28\r\n198.51.100.7"}, "rate_limit": {"20"},
	}
	answer, page := k.send("/tokens", form, 200)
	secrets := secretPattern.FindAllString(page, -1)
	if len(secrets) != 1 {
		t.Fatalf("the answer shows %d secrets", len(secrets))
	}
	if h := answer.Header; h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers of the secret: %v", h)
	}
	c, err := k.Tokens.Verify(t.Context(), secrets[0], netip.MustParseAddr("203.0.113.9"))
	if err != nil {
		t.Fatal(err)
	}
	zone, _ := time.LoadLocation("America/Sao_Paulo")
	got := c.Token
	if got.Name != "loja" || got.Environment != portal.Live || got.RateLimit != 20 || len(got.AllowedIPs) != 2 || len(got.Scopes) != 2 ||
		!got.ExpiresAt.Equal(time.Date(2099, 2, 21, 0, 0, 0, 0, zone)) {
		t.Errorf("minted %+v", got)
	}
	for range 2 { // the reader reloads the page
		_, page = k.send("/tokens", form, 200)
		if secretPattern.MatchString(page) || !strings.Contains(page, "already shown") || !strings.Contains(page, got.ID) {
			t.Error("the form sent again does not say that the token was shown")
		}
	}
	if rows, _, err := k.Tokens.List(t.Context(), portal.Tenant{AccountID: k.tenant.AccountID, Environment: portal.Live}, tokens.Active, portal.Page{Limit: 9}); err != nil || len(rows) != 1 {
		t.Errorf("%d tokens after one mint, %v", len(rows), err)
	}
	if page := k.read("/tokens?env=live", 200); secretPattern.MatchString(page) {
		t.Error("the list shows a secret")
	}
}

func TestMintRefuses(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	good := func(change ...string) url.Values {
		f := url.Values{"env": {"test"}, "nonce": {"n"}, "name": {"erp"}, "scope": {"account:read"}, "expiry": {"30"}}
		for i := 0; i < len(change); i += 2 {
			f.Set(change[i], change[i+1])
		}
		return f
	}
	for field, form := range map[string]url.Values{
		"name":        good("name", ""),
		"scopes":      good("scope", "everything"),
		"expires_at":  good("expiry", "date", "date", "2001-01-01"),
		"allowed_ips": good("allowed_ips", "300.1.1.1"),
		"rate_limit":  good("rate_limit", "101"),
	} {
		_, page := k.send("/tokens", form, 422)
		if !strings.Contains(page, `href="#`+field+`"`) || secretPattern.MatchString(page) {
			t.Errorf("%s is not named as what is wrong", field)
		}
	}
	for _, expiry := range []string{"", "0", "-1", "99999", "soon"} {
		k.send("/tokens", good("expiry", expiry), 422)
	}
	if page := k.read("/tokens?env=test", 200); !strings.Contains(page, "No tokens yet") {
		t.Error("a refused form made a token")
	}
}

func TestPasswordIsAskedAgain(t *testing.T) {
	t.Parallel()
	clock := time.Now()
	k := newDesk(t, func(o *store.Options) { o.Now = func() time.Time { return clock } })
	if page := k.read("/tokens/new?env=test", 200); strings.Contains(page, `name="password"`) {
		t.Error("asked for the password right after sign-in")
	}
	clock = clock.Add(11 * time.Minute)
	form := url.Values{"env": {"test"}, "nonce": {k.nonce("/tokens/new?env=test")}, "name": {"erp"}, "scope": {"*"}, "expiry": {"none"}, "password": {"wrong"}}
	if _, page := k.send("/tokens", form, 422); !strings.Contains(page, "not your password") || !strings.Contains(page, `name="password"`) {
		t.Error("a wrong password is not said to be")
	}
	form.Set("password", "correct horse battery")
	if _, page := k.send("/tokens", form, 200); !secretPattern.MatchString(page) {
		t.Error("the right password makes no token")
	}
	if page := k.read("/tokens/new?env=test", 200); strings.Contains(page, `name="password"`) {
		t.Error("asked for the password just given")
	}
}

func TestTokenPages(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token, _ := k.mint("erp")
	path := "/tokens/" + token.ID
	q := k.called(func(q *portal.Request) { q.TokenID = token.ID })
	page := k.read(path, 200)
	for _, want := range []string{"erp", token.Last4, "/logs/" + q.ID, path + "/rotate", path + "/revoke", "Created"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of a token does not show %q", want)
		}
	}
	if page := k.read(path+"/use", 200); !strings.Contains(page, ">1<") {
		t.Errorf("the use of the token: %s", page)
	}
	k.send(path, url.Values{"name": {"erp-2"}, "scope": {"logs:read"}, "expiry": {"keep"}, "rate_limit": {"7"}}, 200)
	got, err := k.Tokens.Get(t.Context(), k.tenant, token.ID)
	if err != nil || got.Name != "erp-2" || got.RateLimit != 7 || !got.ExpiresAt.Equal(*token.ExpiresAt) {
		t.Errorf("edited to %+v, %v", got, err)
	}
	if _, page := k.send(path, url.Values{"name": {""}, "scope": {"logs:read"}, "expiry": {"keep"}}, 422); !strings.Contains(page, "<details open") {
		t.Error("the refused edit is folded away")
	}
	for _, other := range []string{portal.NewID(portal.PrefixToken), q.ID} {
		k.read("/tokens/"+other, 404)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	old, secret := k.mint("erp")
	path := "/tokens/" + old.ID + "/rotate"
	form := url.Values{"nonce": {k.nonce(path)}, "overlap": {"24h"}}
	_, page := k.send(path, form, 200)
	fresh := secretPattern.FindString(page)
	if fresh == "" || fresh == secret {
		t.Fatal("the rotation shows no new secret")
	}
	for _, s := range []string{secret, fresh} {
		if _, err := k.Tokens.Verify(t.Context(), s, netip.Addr{}); err != nil {
			t.Error("during the overlap: ", err)
		}
	}
	if _, page = k.send(path, form, 200); secretPattern.MatchString(page) || !strings.Contains(page, "already shown") {
		t.Error("the form sent again")
	}
	c, _ := k.Tokens.Verify(t.Context(), fresh, netip.Addr{})
	for _, id := range []string{old.ID, c.Token.ID} {
		if page := k.read("/tokens/"+id, 200); !strings.Contains(page, "Rotation in progress") || !strings.Contains(page, "/tokens/"+old.ID+"/use") {
			t.Error("the page does not show the rotation")
		}
	}
	if answer := k.open(t.Context(), path); answer.Request.URL.Path != "/tokens/"+old.ID {
		t.Errorf("rotating twice leads to %s", answer.Request.URL.Path)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token, secret := k.mint("erp")
	path := "/tokens/" + token.ID + "/revoke"
	k.read(path, 200)
	k.send(path, url.Values{"confirm": {"erp-2"}}, 422)
	if _, err := k.Tokens.Verify(t.Context(), secret, netip.Addr{}); err != nil {
		t.Error("revoked under another name: ", err)
	}
	if _, page := k.send(path, url.Values{"confirm": {"erp"}}, 200); !strings.Contains(page, "Token revoked") {
		t.Error("it is not said that the token was revoked")
	}
	if _, err := k.Tokens.Verify(t.Context(), secret, netip.Addr{}); portal.CodeOf(err) != portal.CodeRevokedToken {
		t.Error("after the revocation: ", err)
	}
	if page := k.read("/tokens?env=test&s=revoked", 200); !strings.Contains(page, token.ID) {
		t.Error("the revoked token is not listed")
	}
	a, _ := k.mint("a")
	b, _ := k.mint("b")
	keep, _ := k.mint("keep")
	k.send("/tokens/revoke", url.Values{"env": {"test"}, "id": {a.ID, b.ID, "tok_nonsense"}}, 200)
	for id, want := range map[string]string{a.ID: portal.TokenRevoked, b.ID: portal.TokenRevoked, keep.ID: portal.TokenActive} {
		if got, err := k.Tokens.Get(t.Context(), k.tenant, id); err != nil || got.State(k.Store.Now()) != want {
			t.Errorf("%s is %s, %v", got.Name, got.State(k.Store.Now()), err)
		}
	}
}

// What may not be written through a role is not there, neither to see nor to send.
func TestTokensByRole(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token, _ := k.mint("erp")
	for role, may := range map[portal.Role]int{portal.RoleDeveloper: 200, portal.RoleAuditor: 404, portal.RoleAgent: 404} {
		k.become(role)
		read := 200
		if role == portal.RoleAgent {
			read = 404
		}
		k.read("/tokens?env=test", read)
		k.read("/tokens/"+token.ID, read)
		k.read("/tokens/new?env=test", may)
		k.read("/tokens/"+token.ID+"/rotate", may)
		if may == 404 {
			k.send("/tokens", url.Values{"env": {"test"}, "name": {"x"}, "scope": {"*"}, "expiry": {"30"}}, 404)
			k.send("/tokens/"+token.ID+"/revoke", url.Values{"confirm": {"erp"}}, 404)
			k.send("/account", url.Values{"env": {"test"}, "name": {"Taken"}}, 404)
		}
	}
}

// become changes the role of the one who reads.
func (k *desk) become(role portal.Role) {
	k.t.Helper()
	err := k.Store.Tx(k.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE memberships SET role = ? WHERE account_id = ?`, string(role), k.tenant.AccountID)
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

func TestTokenSummary(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	got := k.read("/tokens/new/summary?env=live&scope=messages:send&scope=messages:read&expiry=none&allowed_ips=203.0.113.7&rate_limit=20&name=%3Cb%3E", 200)
	for _, want := range []string{"Send messages and read messages in ", "<b>live</b>", "<b>203.0.113.7</b>", "20 requests a second", "never expires"} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary does not say %q: %s", want, got)
		}
	}
	if page := k.read("/tokens/new?env=test&preset=all&name=erp", 200); !strings.Contains(page, "Do everything") || !strings.Contains(page, `value="erp"`) {
		t.Error("a preset does not fill the form in")
	}
}
