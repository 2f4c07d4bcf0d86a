package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestEventJourney makes an automation from a preset, sends its event from the
// API reference, and follows it to the message, its status and the delivery of
// that at the shop's endpoint, by links only.
func TestEventJourney(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "--webhook-allow-cidrs", "127.0.0.0/8")
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(receiver.Close)
	b := s.newTab(desktop)
	b.setUp(s.await(s.out, `/setup/(\S+)`))
	b.open("/webhooks/new?env=test")
	b.within(write("url", receiver.URL+"/wpp"))
	b.follow(press("Add endpoint"))

	b.open("/automations/new?env=test")
	b.accessible("a new automation")
	b.follow(press("Use this Order received"))
	b.accessible("the steps of an automation")
	path := b.address()
	eventually(b, "WhatsApp approved the template", func() bool {
		b.open(path)
		return !strings.Contains(b.text("main"), "Its template is not ready")
	})
	b.follow(press("Publish"))
	b.shows("main", "Version 1")

	b.follow(click(`nav a[href^="/events"]`))
	b.follow(click(`main a[href^="/events/types"]`))
	b.follow(click(`main a[href$="type=order.created"][href^="/docs/api/events"]`))
	b.follow(click(`#console button.primary`))
	b.within(visible(`button.execute`))
	if body := eval[string](b, `document.querySelector("#api textarea").value`); !strings.Contains(body, tester) || !strings.Contains(body, `"order.created"`) {
		t.Fatalf("the example is not filled in: %s", body)
	}
	b.accessible("the example of an event")
	b.within(click(`button.execute`), visible(`.answer .log`))
	b.follow(click(`.answer .log`))
	b.follow(click(`aside.detail a[href^="/events/cev_"]`))
	b.shows("main", "Message accepted")
	b.accessible("an event")
	b.follow(click(`#part-timeline a[href^="/messages/msg_"]`))
	b.shows("main", "Delivered")
	b.follow(click(`main a[href^="/events/cev_"]`))
	b.shows("main", "Order received")
	b.follow(click(`#part-timeline a[href^="/messages/msg_"]`))
	b.shows("main", "Webhook delivered")
	b.follow(click(`main a[href*="/deliveries/"]`))
	b.shows("aside.detail", "Your server answered 204")
}

// TestAutomationWithoutScripts edits an automation by its forms alone: a
// condition more, a preview, two versions, and the first one restored.
func TestAutomationWithoutScripts(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	b := s.newTab(desktop)
	b.setUp(s.await(s.out, `/setup/(\S+)`))
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.must(err)
	b.open("/automations/new?env=test")
	b.follow(press("Use this Order received"))
	path := b.address()
	eventually(b, "WhatsApp approved the template", func() bool {
		b.open(path)
		return !strings.Contains(b.text("main"), "Its template is not ready")
	})
	b.follow(press("Publish"))
	b.shows("main", "Version 1")

	b.within(click(`#s-if summary`))
	b.follow(press("Add condition"))
	choose := func(selector, value string) {
		t.Helper()
		eval[bool](b, `(() => { document.querySelector("`+selector+`").value = "`+value+`"; return true })()`)
	}
	choose("#c-0", "total")
	b.follow(press("Offer what fits the fields"))
	choose("#o-0", "at_least")
	b.within(write("value", "49,90"))
	b.follow(press("Update the preview"))
	b.shows("#part-if", "49.90")
	b.follow(press("Publish"))
	b.shows("main", "Version 2")
	b.shows("#part-if", "49.90")

	b.within(press("Restore Version 1"))
	b.follow(press("Restore as draft"))
	b.shows("main", "This draft is not published")
	b.shows("#part-if", "Every such event")
}
