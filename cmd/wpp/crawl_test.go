package main

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// visitsOfAKind is how many addresses with the same path and parameters are
// opened: the bars of a chart alone are sixty links.
const visitsOfAKind = 2

// crawl is a walk over every link that a visitor is shown.
type crawl struct {
	*visitor
	seen  map[string]bool
	kinds map[string]int
	queue []string
}

var (
	linkPattern = regexp.MustCompile(`(?:href|data-stream|data-refresh)="(/[^"]*)"`)
	idPattern   = regexp.MustCompile(`[a-z]{3}_[0-9A-Z]{26}`)
)

// walk opens the pages and all that they lead to, and returns how many answered.
func (c *crawl) walk(pages ...string) int {
	c.Helper()
	c.seen, c.kinds, c.queue = map[string]bool{}, map[string]int{}, pages
	for len(c.queue) > 0 {
		page := c.queue[0]
		c.queue = c.queue[1:]
		r := c.get(page)
		if r.status >= http.StatusBadRequest {
			c.Errorf("GET %s: %d", page, r.status)
		}
		if to := r.header.Get("Location"); to != "" {
			c.add(to)
		}
		for _, m := range linkPattern.FindAllStringSubmatch(r.body, -1) {
			c.add(html.UnescapeString(m[1]))
		}
	}
	return len(c.seen)
}

func (c *crawl) add(link string) {
	u, err := url.Parse(link)
	if err != nil {
		c.Errorf("link %q: %v", link, err)
		return
	}
	u.Fragment = ""
	names := make([]string, 0, len(u.Query()))
	for name := range u.Query() {
		names = append(names, name)
	}
	slices.Sort(names)
	kind := fmt.Sprint(idPattern.ReplaceAllString(u.Path, "{id}"), names)
	if c.seen[u.String()] || c.kinds[kind] >= visitsOfAKind {
		return
	}
	c.seen[u.String()] = true
	c.kinds[kind]++
	c.queue = append(c.queue, u.String())
}

// TestGetChangesNothing opens every link that an owner and the platform's own
// people are shown, and finds every table as it was.
func TestGetChangesNothing(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]func(*world) *visitor{
		"owner": func(w *world) *visitor { return w.as(portal.RoleOwner) }, "staff": (*world).staff,
		"visitor": func(w *world) *visitor { return w.visitor() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := who(w)
			before := w.dump()
			n := (&crawl{visitor: v}).walk("/", "/overview", "/docs", "/openapi/developer.json")
			t.Logf("%d addresses", n)
			w.same(before, "reading")
		})
	}
}
