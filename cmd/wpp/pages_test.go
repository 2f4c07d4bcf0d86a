package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/wppmarketing/developers/portal"
)

// portalPages says how each page is looked at: its addresses with the world's
// ids. A GET route without a row fails the test; one without an address is no page.
var portalPages = map[string][]string{
	"GET /{$}":          {}, // of a visitor: see publicPages
	"GET /login":        {},
	"GET /setup/{code}": {}, // see TestFirstRequest: there is one only before the first user
	"GET /jump":         {},

	"GET /overview":    {"/overview", "/overview?range=7d", "/overview?env=live"},
	"GET /get-started": {"/get-started", "/get-started?env=live"},

	"GET /tokens":             {"/tokens", "/tokens?s=expiring", "/tokens?s=revoked", "/tokens?env=live"},
	"GET /tokens/new":         {"/tokens/new", "/tokens/new?preset=all"},
	"GET /tokens/new/summary": {},
	"GET /tokens/{id}":        {"/tokens/{token}", "/tokens/{revoked}"},
	"GET /tokens/{id}/revoke": {"/tokens/{token}/revoke"},
	"GET /tokens/{id}/rotate": {"/tokens/{token}/rotate"},
	"GET /tokens/{id}/use":    {},

	"GET /security": {"/security"},
	"GET /account":  {"/account"},

	"GET /messages":                {"/messages", "/messages?status=failed", "/messages?env=live", "/messages?reference=none"},
	"GET /messages/new":            {"/messages/new", "/messages/new?to=ana&type=order", "/messages/new?again={message}", "/messages/new?env=live&type=buttons"},
	"GET /messages/new/parameters": {},
	"GET /messages/{id}":           {"/messages/{message}", "/messages/{failed}", "/messages/{missing}", "/messages/{scheduled}"},

	"GET /contacts":      {"/contacts", "/contacts?q=ana", "/contacts?env=live"},
	"GET /contacts/{id}": {"/contacts/{contact}", "/contacts/{client}"},

	"GET /contacts/new":                {"/contacts/new", "/contacts/new?env=live"},
	"GET /contacts/import":             {"/contacts/import", "/contacts/import?env=live"},
	"GET /contacts/import/{id}":        {"/contacts/import/{uploaded}", "/contacts/import/{checked}", "/contacts/import/{imported}"},
	"GET /contacts/import/{id}/errors": {},

	"GET /conversations":      {"/conversations", "/conversations?view=closed", "/conversations?env=live"},
	"GET /conversations/{id}": {"/conversations/{waiting}", "/conversations/{resolved}"},

	"GET /webhooks":                            {"/webhooks", "/webhooks?env=live"},
	"GET /webhooks/events":                     {"/webhooks/events"},
	"GET /webhooks/new":                        {"/webhooks/new"},
	"GET /webhooks/{id}":                       {"/webhooks/{endpoint}", "/webhooks/{endpoint}?status=succeeded"},
	"GET /webhooks/{id}/deliveries/{delivery}": {"/webhooks/{endpoint}/deliveries/{delivery}"},
	"GET /webhooks/{id}/edit":                  {"/webhooks/{endpoint}/edit"},
	"GET /webhooks/{id}/rotate":                {"/webhooks/{endpoint}/rotate"},

	"GET /channels":               {"/channels", "/channels?env=live"},
	"GET /channels/new":           {"/channels/new", "/channels/new?env=live"},
	"GET /channels/{id}":          {"/channels/{channel}", "/channels/{cloud}"},
	"GET /channels/{id}/callback": {},

	"GET /events":       {"/events", "/events?type=order.created&outcome=matched", "/events?env=live"},
	"GET /events/types": {"/events/types"},
	"GET /events/{id}":  {"/events/{event}", "/events/{unanswered}"},

	"GET /automations":           {"/automations", "/automations?env=live"},
	"GET /automations/new":       {"/automations/new"},
	"GET /automations/{id}":      {"/automations/{automation}", "/automations/{preset}"},
	"GET /automations/{id}/runs": {"/automations/{automation}/runs", "/automations/{preset}/runs"},
	"GET /automations/{id}/try":  {"/automations/{automation}/try", "/automations/{preset}/try"},

	"GET /simulator":      {"/simulator", "/simulator?contact={contact}", "/simulator?number=%2B5511900000008", "/simulator?env=live"},
	"GET /simulator/live": {},

	"GET /templates":                          {"/templates", "/templates?status=paused", "/templates?env=live"},
	"GET /templates/new":                      {"/templates/new"},
	"GET /templates/preview":                  {},
	"GET /templates/{name}/{language}":        {"/templates/order_update/pt_BR"},
	"GET /templates/{name}/{language}/delete": {"/templates/order_update/pt_BR/delete"},
	"GET /templates/{name}/{language}/edit":   {"/templates/order_update/pt_BR/edit"},

	"GET /modules": {"/modules"},

	"GET /admin/accounts":      {"/admin/accounts"},
	"GET /admin/accounts/new":  {"/admin/accounts/new"},
	"GET /admin/accounts/{id}": {"/admin/accounts/{account}"},
	"GET /admin/health":        {"/admin/health"},

	"GET /docs":                {"/docs"},
	"GET /docs/{guide}":        {"/docs/channels", "/docs/templates", "/docs/quickstart", "/docs/authentication", "/docs/idempotency", "/docs/errors", "/docs/limits", "/docs/messages", "/docs/files", "/docs/batches", "/docs/explain", "/docs/simulator", "/docs/webhooks", "/docs/events"},
	"GET /docs/api/{document}": {"/docs/api/developer", "/docs/api/events", "/docs/api/events?type=cart.abandoned", "/docs/api/webhooks"},

	"GET /logs":        {"/logs", "/logs?status=4xx", "/logs?q=nothing-like-it", "/logs?group=error", "/logs?env=live"},
	"GET /logs/live":   {},
	"GET /media/{id}":  {}, // a file
	"GET /logs/first":  {},
	"GET /logs/export": {},
	"GET /logs/{id}":   {"/logs/{request}", "/logs/{refused}"},
}

// publicPages are what a visitor sees.
var publicPages = []string{"/", "/login", "/login?next=/tokens", "/docs", "/docs/errors", "/docs/api/developer", "/docs/api/webhooks"}

// missing is a page that is not there; the console says so too.
const missing = "/messages/msg_00000000000000000000000000"

// looks returns how each page is looked at: every language, theme and width in
// the long form, two widths in one language each in the short one, where a page
// is served in one theme and switched to the other.
func looks() (all []view) {
	if !soak() {
		return []view{desktop, {390, portal.LangPT, "dark"}}
	}
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 390, 320} {
			for _, lang := range []string{portal.LangEN, portal.LangPT} {
				all = append(all, view{width, lang, theme})
			}
		}
	}
	return all
}

// TestEveryPage looks at every page with axe: no breach, no console error, no
// report of the policy, no other host, nothing wider than the screen.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for _, pattern := range patterns() {
		if _, ok := portalPages[pattern]; !ok && strings.HasPrefix(pattern, "GET ") {
			t.Fatalf("%s has no row in portalPages", pattern)
		}
	}
	w := newWorld(t)
	w.commands().ok("", "user", "staff", "--email", email(portal.RoleOwner), "on")
	owner := w.as(portal.RoleOwner)
	for _, v := range looks() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			s := *w.server
			s.TB = t
			s.inspect(v, publicPages)
			b := s.newTab(v)
			b.adopt(owner)
			for pattern, pages := range portalPages {
				for _, page := range pages {
					b.inspect(http.StatusOK, withAccount(w, pattern, page))
				}
			}
			b.inspect(http.StatusNotFound, missing)
			b.expects(missing)
		})
	}
}

// withAccount names the world's account in an address: staff see several.
func withAccount(w *world, pattern, page string) string {
	page = w.fill(page)
	if strings.Contains(pattern, "{id}") {
		return page
	}
	separator := "?"
	if strings.Contains(page, "?") {
		separator = "&"
	}
	return page + separator + "account=" + w.account
}

// inspect looks at pages as a visitor.
func (s *server) inspect(v view, pages []string) {
	b := s.newTab(v)
	for _, page := range pages {
		b.inspect(http.StatusOK, page)
	}
}

// inspect opens a page and looks at it.
func (b *tab) inspect(status int64, page string) {
	b.Helper()
	if got := b.open(page); got != status {
		b.Errorf("%s %s: %d, want %d", b.view, page, got, status)
		return
	}
	b.inBothThemes(page)
}

// inBothThemes looks at the page as it is and, in the short form, in the other
// theme too, in which the next page is served.
func (b *tab) inBothThemes(name string) {
	b.Helper()
	b.state(name)
	if !soak() {
		b.switchTheme()
		b.state(name)
	}
}

// state looks at the page as it is.
func (b *tab) state(name string) {
	b.Helper()
	name = b.view.String() + " " + name
	if got := eval[string](b, `document.documentElement.lang + " " + document.documentElement.dataset.theme`); got != b.view.lang+" "+b.view.theme {
		b.Errorf("%s: shown in %s", name, got)
	}
	b.accessible(name)
	b.fits(name, b.view.width)
}

// switchTheme presses the page's own switch and waits until the choice is kept.
func (b *tab) switchTheme() {
	b.Helper()
	b.view.theme = map[string]string{"light": "dark", "dark": "light"}[b.view.theme]
	eval[bool](b, `document.querySelector("[data-theme-toggle]").click() ?? true`)
	eventually(b, "the theme is kept", func() bool {
		kept, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{})
		b.must(err)
		return slices.ContainsFunc(kept.Cookies, func(c *network.Cookie) bool { return c.Name == "theme" && c.Value == b.view.theme })
	})
	b.settle()
}

// adopt takes over the session of a visitor.
func (b *tab) adopt(v *visitor) {
	b.Helper()
	u, err := url.Parse(v.url)
	b.must(err)
	for _, c := range v.client.Jar.Cookies(u) {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: v.url})
		b.must(err)
	}
}
