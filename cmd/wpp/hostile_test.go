package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// payloads are what somebody may write who wants a page to run it.
var payloads = []string{
	`<script>document.title="fired"</script>`, `"><img src=x onerror="document.title='fired'">`, `'><svg onload=document.title='fired'>`,
	`</title><script>document.title="fired"</script>`, `</script><script>document.title="fired"</script>`, `<iframe srcdoc="<script>parent.document.title='fired'</script>">`,
	`javascript:document.title='fired'`, `<a href="javascript:document.title='fired'" autofocus onfocus="document.title='fired'">x</a>`,
	`<style>*{background:url(http://other.example/x)}</style>`, `<link rel=stylesheet href=http://other.example/x.css>`, `<base href="http://other.example/">`,
	`<meta http-equiv=refresh content="0;url=http://other.example/">`, `<form action=http://other.example><button>x`, `<object data=http://other.example/x>`,
	`<details open ontoggle="document.title='fired'">`, `<math><mtext></table><mglyph><style><!--</style><img src=x onerror=document.title='fired'>`,
	`{{constructor.constructor("document.title='fired'")()}}`, `${document.title='fired'}`, `data:text/html,<script>document.title='fired'</script>`,
	"\u202e<b>\u202c</b>", `<!--<img src="--><img src=x onerror=document.title='fired'//">`, `&lt;script&gt;document.title='fired'&lt;/script&gt;`,
	`%3Cscript%3Edocument.title='fired'%3C/script%3E`, `\u003cscript\u003edocument.title='fired'\u003c/script\u003e`, "`-document.title='fired'-`",
	`';document.title='fired';//`, `";document.title='fired';//`, `*/document.title='fired'/*`, `<textarea autofocus onfocus=document.title='fired'>`, `<x onclick=document.title='fired' tabindex=1 autofocus onfocus=document.title='fired'>`,
}

// TestNoScriptFromData writes code wherever a person or a program may write,
// and opens every page that shows it: nothing runs, nothing is even tried.
func TestNoScriptFromData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pages := []string{"/overview", "/tokens", "/messages", "/contacts", "/conversations", "/logs", "/logs?q=" + url.QueryEscape(payloads[0]), "/contacts?q=" + url.QueryEscape(payloads[1]), "/account"}
	for i, p := range payloads {
		pages = append(pages, w.plant(i, p)...)
	}
	b := w.newTab(desktop)
	b.adopt(w.as(portal.RoleOwner))
	for _, page := range pages {
		if got := b.open(page); got != http.StatusOK {
			t.Errorf("%s: %d", page, got)
		}
		if title := eval[string](b, "document.title"); title == "fired" {
			t.Errorf("%s runs what was written into it", page)
		}
	}
}

// plant writes a payload into all that is shown, and returns the pages of it.
func (w *world) plant(n int, payload string) (pages []string) {
	w.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		w.Fatal(err)
	}
	number, quoted := fmt.Sprintf("+55119876000%02d", n), string(raw)
	odd := w.visitor().send(http.MethodGet, "/v1/"+url.PathEscape(payload)+"?"+url.QueryEscape(payload)+"="+url.QueryEscape(payload), nil,
		http.Header{"Authorization": {"Bearer " + w.secret}, "User-Agent": {payload}, "Traceparent": {payload}})
	return []string{
		"/contacts/" + w.made(w.secret, http.MethodPut, "/v1/contacts", `{"phone":"`+number+`","name":`+quoted+`,"external_id":`+quoted+`,"attributes":{"a":`+quoted+`}}`),
		"/messages/" + w.made(w.secret, http.MethodPost, "/v1/messages", `{"to":"`+tester+`","type":"text","text":{"body":`+quoted+`},"reference":`+quoted+`}`),
		"/conversations/" + w.made(w.secret, http.MethodPost, "/v1/handoffs", `{"contact":{"phone":"`+number+`"},"reason":`+quoted+`,"note":`+quoted+`}`),
		"/logs/" + odd.header.Get("Request-Id"),
	}
}
