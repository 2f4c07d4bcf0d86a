package main

import (
	"strings"
	"testing"
	"time"
)

// TestEventJourney makes an automation from a preset, sends its event from the
// API reference, and follows it to the message and its status by links only.
func TestEventJourney(t *testing.T) {
	s := start(t, t.TempDir())
	b := s.newTab(desktop)
	b.setUp(s.await(s.out, `/setup/(\S+)`))
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
	b.open("/docs/api/events")
	b.follow(click(`#console button.primary`))
	b.within(click(`#op-sendEvent`), visible(`button.execute`))
	body := `{"external_id":"1001","type":"order.created","occurred_at":"` + time.Now().UTC().Format(time.RFC3339) +
		`","customer":{"phone":"` + tester + `","name":"Ana"},"data":{"order_id":"1001","total":{"amount":19990,"currency":"BRL"}}}`
	eval[bool](b, `(() => { const t = document.querySelector("#api textarea");
		Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(t, `+"`"+body+"`"+`);
		t.dispatchEvent(new Event("input", { bubbles: true })); return true })()`)
	b.within(click(`button.execute`), visible(`.answer .log`))
	b.follow(click(`.answer .log`))
	b.follow(click(`aside.detail a[href^="/events/cev_"]`))
	b.shows("main", "Message accepted")
	b.accessible("an event")
	b.follow(click(`#part-timeline a[href^="/messages/msg_"]`))
	b.shows("main", "Delivered")
	b.follow(click(`main a[href^="/events/cev_"]`))
	b.shows("main", "Order received")
}
