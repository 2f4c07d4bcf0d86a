package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
)

func visible(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector))
}

// TestReference looks at the API reference in each of its states: filled in
// from a past request, answered, searched, with its schemas, ended.
func TestReference(t *testing.T) {
	t.Parallel()
	for _, v := range looks() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.newTab(v)
			b.adopt(w.as(portal.RoleOwner))
			b.open("/docs/api/developer?env=test&account=" + w.account + "&from=" + w.request)
			b.follow(click(`#console button.primary`))
			b.within(visible(`.opblock-body .callout.tip`), visible(`button.execute`))
			b.inBothThemes("reference filled in")
			b.executes(w)
			b.inBothThemes("reference answered")
			b.within(click(`.models h2 button`), visible(`.models article`))
			b.inBothThemes("reference schemas")
			b.within(chromedp.SendKeys(chromedp.CSS(`#api-q`), "/v1/requests"))
			b.shows("#api-count", "2")
			b.inBothThemes("reference searched")
			b.follow(click(`#console form.act button`))
			b.within(visible(`#console button.primary`))
			b.inBothThemes("reference ended")
		})
	}
}

// executes sends the call that is filled in: it goes out with the session and
// never with a token, and leads to its entry in the log.
func (b *tab) executes(w *world) {
	b.Helper()
	if body := eval[string](b, `document.querySelector("#api textarea").value`); !strings.Contains(body, tester) || strings.Contains(body, "•") {
		b.Errorf("filled in with %s", body)
	}
	b.within(click(`button.execute`), visible(`.answer .log`))
	if got := b.link(`.answer .log`); !idPattern.MatchString(got) || !strings.HasPrefix(got, "/logs/req_") {
		b.Errorf("the answer leads to %q", got)
	}
	curl := b.text(`.answer details[open] pre`)
	if !strings.Contains(curl, `"Authorization: Bearer $WPP_TOKEN"`) || strings.Contains(curl, "Wpp-Console") || strings.Contains(curl, w.secret) {
		b.Errorf("the command is %s", curl)
	}
	row := w.query(`SELECT source, environment, token_id IS NULL OR token_id = '' FROM requests WHERE source = 'console' AND operation = 'sendMessage' ORDER BY id DESC LIMIT 1`)
	if len(row) != 1 || !strings.HasPrefix(row[0], "console|test|") || strings.HasSuffix(row[0], "|0") || strings.HasSuffix(row[0], "|false") {
		b.Errorf("logged as %v", row)
	}
}

// TestReferenceOfAVisitor opens an operation by its address, in the other
// language too, and offers to sign in and come back to it.
func TestReferenceOfAVisitor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, v := range []view{desktop, {390, portal.LangPT, "dark"}} {
		b := w.newTab(v)
		b.open("/docs/api/developer#/op/getContact")
		b.within(visible(`#op-getContact[aria-expanded="true"]`), visible(`.try-out a`))
		b.state("reference of a visitor")
		if got := b.link(`.try-out a`); !strings.HasPrefix(got, "/login?next=") || !strings.HasSuffix(got, "getContact") {
			t.Errorf("signing in leads to %s", got)
		}
		if eval[bool](b, `!!document.querySelector(".execute")`) {
			t.Error("a visitor may execute")
		}
	}
}

// TestReferenceOfAnAgent gives no way into the request log, which agents do not read.
func TestReferenceOfAnAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.newTab(desktop)
	b.adopt(w.as(portal.RoleAgent))
	b.open("/docs/api/developer")
	b.follow(click(`#console button.primary`))
	b.within(click(`#op-getAccount`), click(`button.execute`), visible(`.answer`))
	b.shows(".answer", "200")
	if n := eval[int64](b, `document.querySelectorAll("#api a[href^='/logs']").length`); n != 0 {
		t.Errorf("%d links into the log", n)
	}
}

// TestReferenceUploads sends a file by the form of the page, with the session,
// and what was kept is the file.
func TestReferenceUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "vitrine.png")
	if err := os.WriteFile(path, picture(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range []view{desktop, {390, portal.LangPT, "dark"}} {
		b := w.newTab(v)
		b.adopt(w.as(portal.RoleOwner))
		b.open("/docs/api/developer")
		b.follow(click(`#console button.primary`))
		b.within(click(`#op-uploadMedia`), visible(`.opblock-body input[type=file]`), chromedp.SetUploadFiles(`.opblock-body input[type=file]`, []string{path}))
		b.state("reference with a file")
		b.within(click(`button.execute`), visible(`.answer .log`))
		b.shows(".answer", "201")
		b.state("reference of an upload")
		id := regexp.MustCompile(`med_[0-9A-Z]{26}`).FindString(b.text(".answer"))
		if r := w.call(w.secret, http.MethodGet, "/v1/media/"+id+"/content", ""); r.body != string(picture()) {
			t.Errorf("%s: kept %s: %d, %d bytes", v, id, r.status, len(r.body))
		}
		curl := b.text(`.answer details[open] pre`)
		if !strings.HasSuffix(curl, "-F 'file=@vitrine.png;type=image/png'") || strings.Contains(curl, "multipart") || !strings.Contains(curl, "$WPP_TOKEN") || strings.Contains(curl, "Wpp-Console") {
			t.Errorf("the command is %s", curl)
		}
	}
	if row := w.query(`SELECT status FROM requests WHERE source = 'console' AND operation = 'uploadMedia'`); len(row) != 2 || row[0] != "201" {
		t.Errorf("logged as %v", row)
	}
}

// timed are the operations that send a time in an example of a document and that
// the console may call.
func timed(t *testing.T, document string) (ids []string) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Scope       string          `json:"x-scope"`
			RequestBody json.RawMessage `json:"requestBody"`
		}
	}
	if err := json.Unmarshal(apidocs.Document(document, portal.LangEN), &doc); err != nil {
		t.Fatal(err)
	}
	hasTime := regexp.MustCompile(`(?s)"(example|value)":.*\d{4}-\d\d-\d\dT\d\d:\d\d:`)
	for _, methods := range doc.Paths {
		if op, ok := methods["post"]; ok && op.Scope != portal.ScopeWebhooksWrite && hasTime.Match(op.RequestBody) {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}

// TestExamplesAreOfNow executes untouched every example that tells a time: it is
// taken as something that has just happened, and again as its repeat. What the
// log has of it opens as another event of now.
func TestExamplesAreOfNow(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	c := s.commands()
	c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")
	b := s.newTab(desktop)
	b.adopt(s.signIn("ana@loja.example", password))
	b.open("/docs/api/events")
	b.follow(click(`#console button.primary`))
	if got := timed(t, "events"); !slices.Equal(got, []string{"sendEvent", "sendEvents"}) {
		t.Fatalf("%v", got)
	}
	b.tries("sendEvent", "202")
	b.tries("sendEvents", `"accepted": 2`)
	b.within(click(`#op-sendEvent`), click(`#op-sendEvent`))
	b.tries("sendEvent", `"duplicate": true`)
	fresh := func(n int) {
		t.Helper()
		if got := s.query(`SELECT id FROM events WHERE reason <> 'too_old' AND received_at >= occurred_at`); len(got) != n {
			t.Errorf("%d events of now, not %d: %v", len(got), n, s.query(`SELECT external_id, reason, occurred_at FROM events`))
		}
	}
	fresh(3)

	request := s.query(`SELECT request_id FROM events WHERE source = 'console' ORDER BY id LIMIT 1`)[0]
	b.open("/docs/api/events?env=test&from=" + request)
	b.within(visible(`.opblock-body .callout.tip`), visible(`button.execute`))
	b.shows(`.opblock-body .callout.tip`, "external_id is new")
	b.accessible("an event filled in")
	b.within(click(`button.execute`), visible(`.answer .log`))
	b.shows(".answer", "202")
	fresh(4)

	for _, id := range timed(t, "developer") {
		b.open("/docs/api/developer")
		b.tries(id, "200")
	}
}

// tries opens an operation, executes its example and waits for words of the answer.
func (b *tab) tries(id, words string) {
	b.Helper()
	block := fmt.Sprintf(`.opblock:has(#op-%s)`, id)
	if eval[string](b, fmt.Sprintf(`document.getElementById("op-%s")?.getAttribute("aria-expanded") ?? ""`, id)) != "true" {
		b.within(click("#op-" + id))
	}
	b.within(click(block+` button.execute`), visible(block+` .answer`))
	b.shows(block+" .answer", words)
}
