package main

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// TestTypingOnThePhone has the business type: the customer sees it at once, in
// their language, and no longer when the answer came.
func TestTypingOnThePhone(t *testing.T) {
	t.Parallel()
	for _, v := range looks() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.newTab(v)
			b.adopt(w.as(portal.RoleOwner))
			wrote := idOf(w.call(w.secret, http.MethodPost, "/v1/test/inbound", `{"from":"`+tester+`","text":{"body":"Chegou?"}}`))
			b.open("/simulator?number=" + url.QueryEscape(tester))
			usual, typing := "business account, test", "typing…"
			if v.lang == portal.LangPT {
				usual, typing = "conta comercial, teste", "digitando…"
			}
			b.shows("#phone-presence", usual)
			if r := w.call(w.secret, http.MethodPost, "/v1/messages/"+wrote+"/read?typing=true", ""); r.status != http.StatusOK {
				t.Fatalf("read: %d %s", r.status, r.body)
			}
			b.shows("#phone-presence", typing)
			b.within(visible(`#phone-chat .bub.typing`))
			b.inBothThemes("with somebody typing")
			if r := w.call(w.secret, http.MethodPost, "/v1/messages", `{"to":"`+tester+`","type":"text","text":{"body":"Chega hoje."}}`); r.status != http.StatusAccepted {
				t.Fatalf("sent: %d %s", r.status, r.body)
			}
			b.shows("#phone-presence", usual)
			if eval[bool](b, `!!document.querySelector('#phone-chat .bub.typing')`) {
				t.Error("the dots stayed")
			}
		})
	}
}
