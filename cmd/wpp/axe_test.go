package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// axeRules are what every page must keep: WCAG 2.2 AA and axe's good practice.
const axeRules = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`

// breach is one rule that a page breaks, and where.
type breach struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// axeSource reads axe-core, which make install-test-tools brings.
var axeSource = sync.OnceValues(func() (string, error) {
	folder := os.Getenv("WPP_TEST_NODE_MODULES")
	if folder == "" {
		folder = "../../.cache/node_modules"
	}
	raw, err := os.ReadFile(folder + "/axe-core/axe.min.js")
	return string(raw), err
})

// breaches returns what axe finds wrong with the page in the tab.
func (b *tab) breaches() []breach {
	b.Helper()
	source, err := axeSource()
	if err != nil {
		b.Fatalf("axe-core is missing, run make install-test-tools: %v", err)
	}
	if eval[bool](b, `!!window.axe`) {
		source = ""
	}
	return eval[[]breach](b, source+`;
		axe.run(document, {runOnly: `+axeRules+`, resultTypes: ["violations"], preload: false}).then(r => r.violations.map(v => ({
			id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + " " + (n.any[0]?.message ?? n.all[0]?.message ?? "")),
		})))`)
}

// accessible fails for each rule of axe that the page in the tab breaks.
func (b *tab) accessible(name string) {
	b.Helper()
	for _, f := range b.breaches() {
		b.Errorf("%s: axe %s: %s\n\t%s", name, f.ID, f.Help, strings.Join(f.Nodes, "\n\t"))
	}
}

// fits fails when the page is wider than the screen.
func (b *tab) fits(name string, width int64) {
	b.Helper()
	if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > width {
		b.Errorf("%s: the page is %d wide; the screen is %d: %s", name, wide, width, b.widest(width))
	}
}

// widest names the elements that stick out.
func (b *tab) widest(width int64) string {
	b.Helper()
	return strings.Join(eval[[]string](b, fmt.Sprintf(`[...document.querySelectorAll("body *")]
		.filter(e => e.getBoundingClientRect().right > %d && e.checkVisibility()).slice(0, 5)
		.map(e => e.tagName + "." + e.className)`, width)), ", ")
}

// TestBrowserSees makes a page do what no page may, and expects to hear of it.
func TestBrowserSees(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	b := s.newTab(desktop)
	for _, c := range []struct{ what, script, fault string }{
		{"exception", `setTimeout(() => { throw new Error("seen") })`, "exception"},
		{"error", `console.error("seen")`, "console error"},
		{"inline style", `document.body.append(document.createElement("p")), document.body.lastChild.setAttribute("style", "color: red")`, "content security policy"},
		{"inline code", `document.body.append(Object.assign(document.createElement("script"), {textContent: "1"}))`, "content security policy"},
		{"another host", `location.href = "http://other.example/"`, "request to another host"},
	} {
		b.open("/login")
		eval[[]byte](b, c.script+`, 0`)
		eventually(t, c.what, func() bool { return strings.Contains(strings.Join(b.forgiven(), "\n"), c.fault) })
	}
	b.open("/login")
	if found := b.breaches(); len(found) > 0 {
		t.Errorf("axe: %v", found)
	}
	eval[[]byte](b, `document.querySelector("main").append(new Image()), document.querySelector("main").lastChild.src = "/static/none", 0`)
	if !slices.ContainsFunc(b.breaches(), func(f breach) bool { return f.ID == "image-alt" }) {
		t.Error("axe does not see an image without words")
	}
	b.forgiven()
}

// forgiven returns the faults so far and forgets them.
func (b *tab) forgiven() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	faults := b.faults
	b.faults = nil
	return faults
}
