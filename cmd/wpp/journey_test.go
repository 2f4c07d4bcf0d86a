package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/wppmarketing/developers/portal"
)

var desktop = view{1440, portal.LangEN, "light"}

// TestFirstRequest walks from an empty machine to a logged, explained call: the
// first owner, a token, the command that the page shows, the log entry, Swagger,
// and the second entry.
func TestFirstRequest(t *testing.T) { // not beside others: a clipboard is for the window in front
	s := start(t, t.TempDir())
	b := s.newTab(desktop)
	b.setUp(s.await(s.out, `/setup/(\S+)`))
	secret := b.makeToken("ERP")
	b.accessible("the token, shown once")
	b.runCommand(secret)
	b.shows("main", "First request received")
	b.follow(click(`[data-stream] a[href^="/logs/req_"]`))
	first := b.entry()
	b.shows("aside.detail", "ERP")
	b.accessible("a log entry")
	b.tryAgain()
	b.accessible("an answer in the API reference")
	b.follow(click(`a.link.log`))
	second := b.entry()
	b.shows("aside.detail", "console")
	if first == second {
		t.Errorf("both entries are %s", first)
	}
	if got := s.query(`SELECT source, status, operation FROM requests WHERE operation = 'sendMessage' ORDER BY id`); len(got) != 2 || got[0] != "api|202|sendMessage" || got[1] != "console|202|sendMessage" {
		t.Errorf("the log has %v", got)
	}
}

// setUp makes the first owner through the one-time link.
func (b *tab) setUp(code string) {
	b.Helper()
	b.open("/setup/" + code)
	b.within(write("company", "Loja Exemplo"), write("email", "ana@loja.example"), write("password", password), write("tester", tester))
	b.follow(press("Create account"))
	if got := b.address(); !strings.HasPrefix(got, "/get-started") {
		b.Fatalf("set-up led to %s", got)
	}
}

// makeToken fills the form in, copies the secret and returns what was copied.
func (b *tab) makeToken(name string) (secret string) {
	b.Helper()
	b.open("/tokens/new")
	b.within(write("name", name), click(`[data-scopes="*"]`))
	b.shows("#token-summary", "everything")
	b.follow(press("Create token"))
	b.allow("clipboard-read", "clipboard-write")
	b.within(click(`[data-copy="secret"]`))
	b.shows(".toast", "copied")
	secret = eval[string](b, `navigator.clipboard.readText()`)
	if env, ok := portal.SecretEnvironment(secret); !ok || env != portal.Test || secret != b.text("#secret") {
		b.Fatalf("what was copied is no token of the page: %d characters", len(secret))
	}
	b.within(click("#stored")) // leaving the page without this tick is asked about
	if eval[string](b, `document.getElementById("stored-done").ariaDisabled`) != "false" {
		b.Error("Done does not unlock")
	}
	return secret
}

// allow grants permissions that a person would be asked for.
func (b *tab) allow(permissions ...string) {
	b.Helper()
	for _, name := range permissions {
		_, err := chromedp.CallBrowser(b.ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: cdpbrowser.PermissionSettingGranted,
			Origin: b.url, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		})
		b.must(err)
	}
}

// runCommand runs the command of the page as a shell would, with the token in
// its variable, and expects 202.
func (b *tab) runCommand(secret string) {
	b.Helper()
	command := b.text("#curl")
	if strings.Contains(command, secret) || !strings.Contains(command, "$WPP_TOKEN") {
		b.Fatalf("the command does not take the token from its variable: %s", command)
	}
	sh := exec.CommandContext(b.Context(), "sh", "-c", strings.Replace(command, "curl", `curl -sS -w '\n%{http_code}'`, 1))
	sh.Env = append(os.Environ(), "WPP_TOKEN="+secret)
	raw, err := sh.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(raw), "\n202") {
		b.Fatalf("%s\n%v: %s", command, err, raw)
	}
}

// entry returns the id of the log entry that the tab shows.
func (b *tab) entry() string {
	b.Helper()
	id := idPattern.FindString(b.address())
	if !strings.HasPrefix(b.address(), "/logs/req_") {
		b.Fatalf("no log entry: %s", b.address())
	}
	return id
}

// tryAgain opens the entry in the API reference, which fills the call in, and executes it.
func (b *tab) tryAgain() {
	b.Helper()
	b.follow(click(`aside.detail a[href^="/docs/api/developer"]`))
	b.follow(press("Start trying"))
	b.within(chromedp.WaitVisible(chromedp.CSS(`button.execute`)))
	body := eval[string](b, `document.querySelector("#api textarea")?.value ?? ""`)
	if !strings.Contains(body, tester) {
		b.Errorf("the body is not filled in: %s", body)
	}
	b.within(click(`button.execute`))
	b.shows("#api", "202")
}

// TestWithoutScripts signs in, reads the log and revokes a token in a browser
// that runs no scripts.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, v := range []view{desktop, {390, portal.LangPT, "dark"}} {
		b := w.newTab(v)
		_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		b.must(err)
		id, secret := w.newToken("Without scripts")
		b.open("/tokens")
		b.within(write("email", email(portal.RoleOwner)), write("password", password))
		b.follow(click(`main form[action="/login"] button`))
		if got := b.address(); !strings.HasPrefix(got, "/tokens") {
			t.Fatalf("sign-in led to %s", got)
		}
		b.readLog(w)
		b.open("/tokens/" + id + "/revoke")
		b.within(write("confirm", "Without scripts"))
		b.follow(click(`main form[action$="/revoke"] button:not([type="button"])`))
		if got := w.call(secret, http.MethodGet, "/v1/account", ""); got.status != http.StatusUnauthorized {
			t.Errorf("%s: a revoked token is answered with %d", v, got.status)
		}
	}
}

// readLog finds a refused call through the filter and reads what was wrong.
func (b *tab) readLog(w *world) {
	b.Helper()
	b.open("/logs?status=4xx")
	b.follow(click(fmt.Sprintf(`main a[href*=%q]`, w.refused)))
	if got := b.entry(); got != w.refused {
		b.Errorf("opened %s", got)
	}
	if got := b.text("aside.detail"); !strings.Contains(got, "422") {
		b.Errorf("the entry shows %q", got)
	}
}

// TestSetUpPage looks at the page of the one-time link, and at every page of an
// account that has nothing yet.
func TestSetUpPage(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	code := s.await(s.out, `/setup/(\S+)`)
	for _, v := range looks() {
		b := s.newTab(v)
		b.inspect(http.StatusOK, "/setup/"+code)
	}
	s.newTab(desktop).setUp(code)
	owner := s.signIn("ana@loja.example", password)
	for _, v := range looks() {
		b := s.newTab(v)
		b.adopt(owner)
		for _, page := range []string{"/overview", "/get-started", "/tokens", "/messages", "/contacts", "/conversations", "/logs", "/modules"} {
			b.inspect(http.StatusOK, page)
		}
	}
}
