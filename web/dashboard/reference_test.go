package dashboard

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func readAll(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// fetch returns the status, the header and the body of a page.
func (k *desk) fetch(browser *http.Client, path string) (int, http.Header, string) {
	k.t.Helper()
	r, err := browser.Get(k.server.URL + path)
	if err != nil {
		k.t.Fatal(err)
	}
	return r.StatusCode, r.Header, readAll(k.t, r)
}

func (k *desk) start(form url.Values) string {
	k.t.Helper()
	form.Set("env", "test")
	r, err := k.browser.PostForm(k.server.URL+"/docs/api/developer/console", form)
	if err != nil {
		k.t.Fatal(err)
	}
	return readAll(k.t, r)
}

var (
	stateOf  = regexp.MustCompile(`data-state="([a-z]+)"`)
	tagsOf   = regexp.MustCompile(`<span class="tag">([a-z]+:[a-z]+)</span>`)
	pastOf   = regexp.MustCompile(`data-from="([^"]*)"`)
	testerOf = regexp.MustCompile(`data-tester="([^"]*)"`)
)

func match(re *regexp.Regexp, page string) string {
	if m := re.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return "none"
}

func TestReferenceStartsAndEnds(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	status, header, page := k.fetch(k.browser, "/docs/api/developer")
	if status != http.StatusOK || match(stateOf, page) != "ready" {
		t.Fatalf("%d, state %s", status, match(stateOf, page))
	}
	if got := header.Get("Content-Security-Policy"); got != referencePolicy || strings.Contains(got, "unsafe") {
		t.Errorf("policy %q", got)
	}
	page = k.start(url.Values{"scope": {portal.ScopeMessagesSend, portal.ScopeWebhooksWrite, portal.AllScopes + "x"}})
	var granted []string
	for _, m := range tagsOf.FindAllStringSubmatch(page, -1) {
		granted = append(granted, m[1])
	}
	if match(stateOf, page) != "open" || !slices.Equal(granted, []string{portal.ScopeMessagesSend}) {
		t.Errorf("state %s, scopes %v", match(stateOf, page), granted)
	}
	r, err := k.browser.PostForm(k.server.URL+"/docs/api/developer/console/end", url.Values{"env": {"test"}})
	if err != nil {
		t.Fatal(err)
	}
	if page = readAll(t, r); match(stateOf, page) != "ready" {
		t.Errorf("after the end: %s", match(stateOf, page))
	}
	if page = k.start(url.Values{}); match(stateOf, page) != "ready" {
		t.Errorf("without a scope: %s", match(stateOf, page))
	}
}

func TestReferenceKeepsThePastRequest(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	insert := func(env portal.Environment) string {
		q := portal.Request{ID: portal.NewID(portal.PrefixRequest), AccountID: k.tenant.AccountID, Environment: env, At: k.Store.Now(), Source: portal.SourceAPI, Method: "GET", Path: "/v1/account", Status: 200}
		if err := k.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertRequest(q) }); err != nil {
			t.Fatal(err)
		}
		return q.ID
	}
	id := insert(portal.Test)
	if page := k.start(url.Values{"scope": {portal.ScopeLogsRead}, "from": {id}}); match(pastOf, page) != id {
		t.Errorf("data-from is %s, want %s", match(pastOf, page), id)
	}
	for _, from := range []string{insert(portal.Live), "req_x", `"><b>`} {
		if _, _, page := k.fetch(k.browser, "/docs/api/developer?from="+url.QueryEscape(from)); match(pastOf, page) != "" {
			t.Errorf("from %s: data-from is %s", from, match(pastOf, page))
		}
	}
	if _, _, page := k.fetch(k.browser, "/docs/api/developer"); match(testerOf, page) != anyTester {
		t.Errorf("tester %s", match(testerOf, page))
	}
}

func TestVisitorsReadAndDoNotTry(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	visitor := newBrowser(t)
	visitor.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{"/docs", "/docs/quickstart", "/docs/errors?code=php", "/docs/api/developer"} {
		if status, _, page := k.fetch(visitor, path); status != http.StatusOK || strings.Contains(page, "Start trying") {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := k.fetch(visitor, "/docs/nothing"); status != http.StatusNotFound {
		t.Errorf("a guide that is not there: %d", status)
	}
	r, err := visitor.PostForm(k.server.URL+"/docs/api/developer/console", url.Values{"scope": {portal.ScopeLogsRead}})
	if err != nil {
		t.Fatal(err)
	}
	if readAll(t, r); r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/login") {
		t.Errorf("%d to %s", r.StatusCode, r.Header.Get("Location"))
	}
}

// Each role may choose among what it may do in the portal, and no role may write webhooks.
func TestOfferedScopes(t *testing.T) {
	t.Parallel()
	for role, without := range map[portal.Role][]string{
		portal.RoleAgent:     {portal.ScopeLogsRead},
		portal.RoleAuditor:   {portal.ScopeMessagesSend, portal.ScopeContactsWrite, portal.ScopeHandoffsWrite, portal.ScopeEventsRead, portal.ScopeEventsWrite},
		portal.RoleDeveloper: {portal.ScopeHandoffsWrite},
		portal.RoleOwner:     {portal.ScopeWebhooksWrite},
	} {
		got := offered(role)
		if len(got) == 0 {
			t.Errorf("%s may choose nothing", role)
		}
		for _, s := range without {
			if slices.Contains(got, s) {
				t.Errorf("%s may choose %s", role, s)
			}
		}
	}
}

// TestErrorsAreSearched finds codes by name, by WhatsApp's number and by words.
func TestErrorsAreSearched(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.has(o.read("/docs/errors", 200), `href="#e-422"`, `href="#e-whatsapp"`, `id="window_closed"`, `id="wa-131047"`)
	for query, c := range map[string]struct{ found, not string }{
		"131047":        {`id="wa-131047"`, `id="wa-131026"`},
		"window_closed": {`id="window_closed"`, `id="opted_out"`},
		"24-hour":       {`id="window_closed"`, `id="invalid_token"`},
		"nothing-like":  {"Nothing matches", `id="window_closed"`},
	} {
		page := o.read("/docs/errors?q="+query, 200)
		o.has(page, c.found)
		o.lacks(page, c.not)
	}
}
