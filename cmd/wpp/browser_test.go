package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is one browser for all tests of the process.
type chromium struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

var theBrowser = &chromium{close: func() {}}

// open starts the browser the first time.
func (c *chromium) open() (context.Context, error) {
	c.once.Do(func() {
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox,
			chromedp.Flag("disable-component-update", true),
			// Of what a window has around its page nothing is looked at: two pages of its
			// own for the address bar cost more than a page of ours.
			chromedp.Flag("disable-features", "Translate,WebUIOmniboxPopup,WebUIOmniboxAimPopup"),
			chromedp.Flag("disable-quic", true),
			// Whatever asks for another host fails at once, and is reported.
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		)
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, leave := chromedp.NewContext(allocator)
		c.ctx, c.close = ctx, func() { leave(); stop() }
		c.err = chromedp.Do(ctx)
	})
	return c.ctx, c.err
}

// tab is a page of the browser with cookies of its own. What no page may do
// fails the test at its end: an error in the console, a breach of the content
// security policy, a request to another host.
type tab struct {
	testing.TB
	ctx    context.Context
	url    string
	view   view // how what is opened next is shown
	mu     sync.Mutex
	faults []string
}

// view is how a page is looked at.
type view struct {
	width       int64
	lang, theme string
}

func (v view) String() string { return fmt.Sprintf("%d-%s-%s", v.width, v.lang, v.theme) }

// newTab opens an empty tab for the server's pages.
func (s *server) newTab(v view) *tab {
	s.Helper()
	parent, err := theBrowser.open()
	if err != nil {
		s.Fatalf("Chromium does not start; make install-test-tools installs it: %v", err)
	}
	ctx, leave := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	b := &tab{TB: s.TB, ctx: ctx, url: s.url}
	s.Cleanup(leave)
	s.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			b.Error(f)
		}
	})
	b.must(chromedp.Do(ctx))
	b.must(chromedp.Listen(ctx, b.heard))
	_, err = chromedp.Call(ctx, audits.Enable, cdp.Empty{})
	b.must(err)
	b.look(v)
	return b
}

func (b *tab) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// within runs steps that must end soon.
func (b *tab) within(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%v at %s:\n%s", err, b.address(), b.text("body"))
	}
}

// look sets the width, the language and the theme of what is opened next.
func (b *tab) look(v view) {
	b.Helper()
	b.view = v
	b.within(chromedp.EmulateViewport(v.width, 900))
	// A click on a page that is still being faded in is lost.
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	b.must(err)
	for name, value := range map[string]string{"lang": v.lang, "theme": v.theme} {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: b.url})
		b.must(err)
	}
}

// heard notes what no page may do.
func (b *tab) heard(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.fault("exception: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.URL)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			b.fault("console error: %v", describe(e.Args))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError {
			b.fault("console error: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			b.fault("content security policy: %s %s", d.ViolatedDirective, d.BlockedURL)
		}
	case *network.EventRequestWillBeSent:
		if to := e.Request.URL; !slices.ContainsFunc([]string{b.url + "/", "data:", "blob:"}, func(p string) bool { return strings.HasPrefix(to, p) }) {
			b.fault("request to another host: %s", to)
		}
	}
}

func describe(args []*runtime.RemoteObject) (texts []string) {
	for _, a := range args {
		texts = append(texts, string(a.Value)+a.Description)
	}
	return texts
}

func (b *tab) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// expects drops faults that contain a text: a page that is not there is one.
func (b *tab) expects(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, text) })
}

// open goes to a page and returns its status.
func (b *tab) open(path string) int64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	r, err := chromedp.Run(ctx, chromedp.NavigateResponse(b.url+path))
	if err != nil {
		b.Fatalf("open %s: %v", path, err)
	}
	b.settle()
	return r.Status
}

// follow does what leads to another page and waits until that is loaded.
func (b *tab) follow(step chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, step); err != nil {
		b.Fatalf("%v at %s:\n%s", err, b.address(), b.text("body"))
	}
	b.settle()
}

// settle waits until a page has come to rest.
func (b *tab) settle() {
	b.Helper()
	eventually(b, "at rest", func() bool {
		return eval[bool](b, `document.readyState === "complete" && document.getAnimations().every(a => a.playState !== "running" || a.effect.getTiming().iterations === Infinity)`)
	})
}

// click presses the first element that the selector finds.
func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)
}

// press is click by the words on a button or link, outside the menus.
func press(words string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.Search(fmt.Sprintf(`//main//*[self::a or self::button][normalize-space()=%q]`, words)), chromedp.NodeVisible)
}

// write types into the field of that name.
func write(name, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(fmt.Sprintf(`main [name=%q]`, name)), text)
}

// eval returns what an expression is in the page.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// text returns the text of the first element that the selector finds, "" for none.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// link returns where the first element that the selector finds leads to, on this server.
func (b *tab) link(selector string) string {
	b.Helper()
	return strings.TrimPrefix(eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.href ?? ""`, selector)), b.url)
}

// address returns the path and the query of the page.
func (b *tab) address() string {
	b.Helper()
	u, err := url.Parse(eval[string](b, "location.href"))
	b.must(err)
	return u.RequestURI()
}

// shows waits until the element's text contains the words.
func (b *tab) shows(selector, words string) {
	b.Helper()
	eventually(b, selector+" shows "+words, func() bool { return strings.Contains(b.text(selector), words) })
}
