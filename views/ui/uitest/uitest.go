// Package uitest is for the tests of pages and components: golden HTML, and the
// rules that every rendered page keeps (strict policy, unique ids, no dangling
// reference). It is imported by tests only.
//
// A golden holds the word HASH in place of the fingerprints of static files, so
// that a change of style does not touch every golden.
package uitest

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// Now is the time that examples use.
var Now = time.Date(2026, 11, 22, 17, 32, 7, 418_000_000, time.UTC)

// Owner returns the frame of a signed-in owner in the test environment, who
// reads lang (portal.LangEN or portal.LangPT).
func Owner(lang string) ui.Frame {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		panic(err)
	}
	may := map[portal.Permission]bool{}
	for _, p := range portal.RoleOwner.Permissions() {
		may[p] = true
	}
	account := ui.AccountRef{ID: "acc_01M8251CHYFNCTM9SN2AAGP3YS", Name: "Example"}
	return ui.Frame{
		Lang: lang, Zone: zone, URL: "/overview?range=24h", SignedIn: true,
		Env: portal.Test, Simulated: true, Account: account, Accounts: []ui.AccountRef{account},
		Name: "Owner", Email: "owner@example.test", Role: "Owner", May: may, Waiting: 3,
	}
}

// Visitor returns the frame of a signed-out reader of lang.
func Visitor(lang string) ui.Frame { return ui.Frame{Lang: lang, URL: "/"} }

// Languages runs a subtest in each language of the product.
func Languages(t *testing.T, test func(t *testing.T, lang string)) {
	t.Helper()
	for _, lang := range []string{portal.LangEN, portal.LangPT} {
		t.Run(lang, func(t *testing.T) { t.Parallel(); test(t, lang) })
	}
}

var fingerprint = regexp.MustCompile(`/(static|assets)/[0-9a-f]{12}/`)

// Render draws c for the reader f.
func Render(t *testing.T, f ui.Frame, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(ui.With(context.Background(), f), &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

// Golden compares got with testdata/{name}.html, one tag a line; -update writes it.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	got = fingerprint.ReplaceAllString(strings.ReplaceAll(got, "><", ">\n<"), "/$1/HASH/") + "\n"
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs from the golden (-want +got); run with -update if it should:\n%s", file, diff)
	}
}

// Page draws c for f in a page, checks its rules and its golden.
func Page(t *testing.T, name string, f ui.Frame, c templ.Component) {
	t.Helper()
	got := Render(t, f, c)
	CheckPage(t, got)
	Golden(t, name, got)
}

// CheckPage reports what a whole page must not have: inline style or script,
// event attributes, script addresses, the same id twice, a missing file, or a
// reference to an id that is not there.
func CheckPage(t *testing.T, page string) {
	t.Helper()
	c := checker{T: t, ids: map[string]bool{}}
	z := html.NewTokenizer(strings.NewReader(page))
	for z.Next() != html.ErrorToken {
		if token := z.Token(); token.Type == html.StartTagToken || token.Type == html.SelfClosingTagToken {
			c.tag(token)
		}
	}
	for _, ref := range c.refs {
		if !c.ids[ref] {
			t.Errorf("a reference to the id %q, which is not in the page", ref)
		}
	}
	if c.h1 != 1 {
		t.Errorf("%d h1, want 1", c.h1)
	}
}

type checker struct {
	*testing.T
	ids  map[string]bool
	refs []string
	h1   int
}

// references are the attributes whose value is a list of ids.
const references = " for form list popovertarget aria-labelledby aria-describedby aria-controls data-copy data-download data-rows "

func (c *checker) tag(token html.Token) {
	src := false
	for _, a := range token.Attr {
		src = src || a.Key == "src"
		c.attribute(token, a)
	}
	switch {
	case token.Data == "script" && !src:
		c.Errorf("inline script: %s", token)
	case token.Data == "style":
		c.Errorf("style element")
	case token.Data == "h1":
		c.h1++
	}
}

func (c *checker) attribute(token html.Token, a html.Attribute) {
	switch value := strings.TrimSpace(a.Val); {
	case a.Key == "style", strings.HasPrefix(a.Key, "on"):
		c.Errorf("attribute %s in %s", a.Key, token)
	case (a.Key == "href" || a.Key == "src" || a.Key == "action") && (value == "" || value == "#" || strings.HasPrefix(strings.ToLower(value), "javascript:")):
		c.Errorf("%s=%q in %s", a.Key, a.Val, token)
	case a.Key == "id":
		if c.ids[a.Val] {
			c.Errorf("id %q twice", a.Val)
		}
		c.ids[a.Val] = true
	case strings.Contains(references, " "+a.Key+" "):
		c.refs = append(c.refs, strings.Fields(a.Val)...)
	case a.Key == "href" && len(value) > 1 && value[0] == '#':
		c.refs = append(c.refs, value[1:])
	}
}
