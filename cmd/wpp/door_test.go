package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// TestFormsOfOtherSites sends every form of the portal as another site would.
func TestFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commands().ok("", "user", "staff", "--email", email(portal.RoleOwner), "on")
	owner := w.as(portal.RoleOwner)
	before := w.dump()
	for _, pattern := range slices.Sorted(maps.Keys(portalRoutes)) {
		path, isForm := strings.CutPrefix(pattern, "POST ")
		if !isForm {
			continue
		}
		for _, origin := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://other.example"}}, {"Origin": {"null"}},
		} {
			h := maps.Clone(origin)
			h.Set("Content-Type", "application/x-www-form-urlencoded")
			form := w.values(portalRoutes[pattern].form + "&env=test&account={account}")
			if got := owner.send(http.MethodPost, w.fill(portalRoutes[pattern].path), strings.NewReader(form.Encode()), h); got.status != http.StatusForbidden {
				t.Errorf("POST %s with %v: %d", path, origin, got.status)
			}
		}
	}
	w.same(before, "a form of another site")
}

// TestConsoleOfOtherSites finds that a session alone opens nothing of the API.
func TestConsoleOfOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.as(portal.RoleOwner)
	own := http.Header{"Wpp-Console": {"1"}, "Sec-Fetch-Site": {"same-origin"}}
	account := func(h http.Header) int { return owner.send(http.MethodGet, "/v1/account", nil, h).status }
	if got := account(own); got != http.StatusUnauthorized {
		t.Errorf("a session without a grant: %d", got)
	}
	if got := owner.post("/docs/api/developer/console", url.Values{"scope": {"account:read"}, "account": {w.account}, "env": {"test"}}); got.status != http.StatusSeeOther {
		t.Fatalf("start trying: %d", got.status)
	}
	for what, c := range map[string]struct {
		header http.Header
		want   int
	}{
		"own page":     {own, http.StatusOK},
		"no mark":      {http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusUnauthorized},
		"another site": {http.Header{"Wpp-Console": {"1"}, "Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		"no browser":   {http.Header{"Wpp-Console": {"1"}}, http.StatusForbidden},
		"bad token":    {http.Header{"Wpp-Console": {"1"}, "Sec-Fetch-Site": {"same-origin"}, "Authorization": {"Bearer x"}}, http.StatusUnauthorized},
	} {
		if got := account(c.header); got != c.want {
			t.Errorf("%s: %d, want %d", what, got, c.want)
		}
	}
	if got := owner.send(http.MethodGet, "/v1/messages", nil, own).status; got != http.StatusForbidden {
		t.Errorf("a scope that was not chosen: %d", got)
	}
	owner.post("/docs/api/developer/console/end", url.Values{"account": {w.account}, "env": {"test"}})
	if got := account(own); got != http.StatusUnauthorized {
		t.Errorf("after the end: %d", got)
	}
}

// TestHeaders finds the headers that every answer carries, and those of pages.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	v := s.visitor()
	for path, policy := range map[string]string{
		"/": "script-src 'self'", "/login": "script-src 'self'", "/nowhere": "script-src 'self'", "/docs/api/developer": "connect-src 'self'",
		"/v1/account": "default-src 'none'", "/v1/nowhere": "default-src 'none'", "/openapi/developer.json": "default-src 'none'", "/healthz": "default-src 'none'", "/static/x": "default-src 'none'",
	} {
		h := v.get(path).header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, policy) || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || !portal.IsID(portal.PrefixRequest, h.Get("Request-Id")) {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to other sites", path)
		}
	}
}

// TestHealth asks what an operator's tools ask.
func TestHealth(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	v := s.visitor()
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "wpp_http_request_seconds_count"} {
		if got := v.get(path); got.status != http.StatusOK || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %.100s", path, got.status, got.body)
		}
	}
	if got := v.send(http.MethodGet, "/metrics", nil, http.Header{"X-Forwarded-For": {"203.0.113.7"}}); got.status != http.StatusNotFound {
		t.Errorf("metrics through a proxy: %d", got.status)
	}
}
