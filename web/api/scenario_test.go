package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

const oneText = `{"to":"+5511900000001","type":"text","text":{"body":"oi"}}`

// scenarios are one call each: status, code, and the place of the fault.
var scenarios = []struct {
	name   string
	ask    ask
	status int
	code   portal.Code
	at     string // pointer or parameter of the first field error
}{
	{"text", post("/v1/messages", oneText), 202, "", ""},
	{"template", post("/v1/messages", string(bodies["sendMessage"]["Template"])), 202, "", ""},
	{"text outside the window", post("/v1/messages", `{"to":"+5521987654321","type":"text","text":{"body":"oi"}}`), 422, portal.CodeWindowClosed, ""},
	{"unknown template", post("/v1/messages", `{"to":"+5521987654321","type":"template","template":{"name":"nada","language":{"code":"pt_BR"}}}`), 422, portal.CodeTemplateNotFound, ""},
	{"parameter missing", post("/v1/messages", `{"to":"+5521987654321","type":"template","template":{"name":"order_update","language":{"code":"pt_BR"},"parameters":{"name":"x"}}}`), 422, portal.CodeTemplateParameters, ""},
	{"no number", post("/v1/messages", `{"to":"12","type":"text","text":{"body":"oi"}}`), 422, portal.CodeInvalidNumber, "/to"},
	{"too long", post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"`+strings.Repeat("é", 4097)+`"}}`), 422, portal.CodeValidationFailed, "/text/body"},
	{"nothing to", post("/v1/messages", `{"type":"text","text":{"body":"oi"}}`), 422, portal.CodeValidationFailed, "/to"},
	{"type without its object", post("/v1/messages", `{"to":"+5511900000001","type":"text"}`), 422, portal.CodeValidationFailed, "/text"},
	{"unknown type", post("/v1/messages", `{"to":"+5511900000001","type":"order"}`), 422, portal.CodeValidationFailed, "/type"},
	{"image without a file", post("/v1/messages", `{"to":"+5511900000001","type":"image","image":{}}`), 422, portal.CodeValidationFailed, "/image/id"},
	{"image of a private address", post("/v1/messages", `{"to":"+5511900000001","type":"image","image":{"link":"https://192.168.0.1/a.jpg"}}`), 422, portal.CodeValidationFailed, "/image/link"},
	{"reaction to nothing", post("/v1/messages", `{"to":"+5511900000001","type":"reaction","reaction":{"message_id":"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z05","emoji":"👍"}}`), 422, portal.CodeValidationFailed, "/reaction/message_id"},
	{"unknown field deep inside", post("/v1/messages", `{"to":"+5511900000001","type":"interactive","interactive":{"type":"button","body":{"text":"x"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"A","color":"red"}}]}}}`), 422, portal.CodeValidationFailed, "/interactive/action/buttons/0/reply/color"},
	{"Meta's envelope", post("/v1/messages", `{"messaging_product":"whatsapp","to":"+5511900000001","type":"text","text":{"body":"oi"}}`), 422, portal.CodeValidationFailed, "/messaging_product"},
	{"nested unknown", post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"oi","corpo":"x"}}`), 422, portal.CodeValidationFailed, "/text/corpo"},
	{"name with a dot", post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"oi","a.b":1}}`), 422, portal.CodeValidationFailed, "/text/a.b"},
	{"NUL", post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"o\u0000i"}}`), 422, portal.CodeValidationFailed, "/text/body"},
	{"wrong case", post("/v1/messages", `{"To":"+5511900000001","type":"text","text":{"body":"oi"}}`), 422, portal.CodeValidationFailed, ""},
	{"wrong type", post("/v1/messages", `{"to":5511900000001,"type":"text","text":{"body":"oi"}}`), 422, portal.CodeValidationFailed, "/to"},
	{"bad time", post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"oi"},"send_at":"amanhã"}`), 422, portal.CodeValidationFailed, "/send_at"},
	{"no body", post("/v1/messages", ""), 422, portal.CodeValidationFailed, ""},
	{"array", post("/v1/messages", "[]"), 422, portal.CodeValidationFailed, ""},
	{"half JSON", post("/v1/messages", `{"to":`), 400, portal.CodeMalformedJSON, ""},
	{"twice a key", post("/v1/messages", `{"to":"+5511900000001","to":"+5511900000002","type":"text","text":{"body":"oi"}}`), 400, portal.CodeMalformedJSON, ""},
	{"two values", post("/v1/messages", oneText+oneText), 400, portal.CodeMalformedJSON, ""},
	{"form", post("/v1/messages", oneText, "Content-Type", "application/x-www-form-urlencoded"), 415, portal.CodeUnsupportedMediaType, ""},
	{"JSON of another charset", post("/v1/messages", oneText, "Content-Type", "application/json; charset=latin1"), 415, portal.CodeUnsupportedMediaType, ""},
	{"JSON with charset", post("/v1/messages", oneText, "Content-Type", "application/json; charset=UTF-8"), 202, "", ""},
	{"compressed", post("/v1/messages", oneText, "Content-Encoding", "gzip"), 415, portal.CodeUnsupportedMediaType, ""},
	{"wants XML", post("/v1/messages", oneText, "Accept", "application/xml"), 406, portal.CodeNotAcceptable, ""},
	{"refuses JSON", get("/v1/account", "Accept", "application/json;q=0, text/html"), 406, portal.CodeNotAcceptable, ""},
	{"takes anything", get("/v1/account", "Accept", "text/html, */*;q=0.1"), 200, "", ""},
	{"too large", post("/v1/messages", `{"to":"`+strings.Repeat("1", maxBody)+`"}`), 413, portal.CodeBodyTooLarge, ""},
	{"bad key", post("/v1/messages", oneText, "Idempotency-Key", "chave é"), 400, portal.CodeInvalidIdempotencyKey, "Idempotency-Key"},
	{"empty key", post("/v1/messages", oneText, "Idempotency-Key", `""`), 400, portal.CodeInvalidIdempotencyKey, "Idempotency-Key"},
	{"body where none is taken", post("/v1/messages/{scheduled}/cancel", `{"status":"x"}`), 422, portal.CodeValidationFailed, ""},
	{"cancel", post("/v1/messages/{scheduled}/cancel", "{}"), 200, "", ""},
	{"cancel again", post("/v1/messages/{scheduled}/cancel", ""), 409, portal.CodeNotCancelable, ""},
	{"limit", get("/v1/messages?limit=101"), 422, portal.CodeValidationFailed, "limit"},
	{"limit no number", get("/v1/messages?limit=many"), 422, portal.CodeValidationFailed, "limit"},
	{"status unknown", get("/v1/messages?status=lost"), 422, portal.CodeValidationFailed, "status"},
	{"parameter unknown", get("/v1/messages?statuss=read"), 422, portal.CodeValidationFailed, "statuss"},
	{"parameter twice", get("/v1/messages?status=read&status=failed"), 422, portal.CodeValidationFailed, "status"},
	{"parameter with NUL", get("/v1/contacts?search=%00"), 422, portal.CodeValidationFailed, "search"},
	{"parameter in bad UTF-8", get("/v1/contacts?search=%ff"), 422, portal.CodeValidationFailed, "search"},
	{"query of an old form", get("/v1/messages?limit=1;status=failed"), 422, portal.CodeValidationFailed, "query"},
	{"query badly escaped", get("/v1/messages?reference=%zz"), 422, portal.CodeValidationFailed, "query"},
	{"merge patch", ask{method: "PATCH", path: "/v1/contacts/ext:CLI-43", body: `{"name":null}`, header: map[string]string{"Content-Type": "application/merge-patch+json"}}, 200, "", ""},
	{"merge patch elsewhere", post("/v1/messages", oneText, "Content-Type", "application/merge-patch+json"), 415, portal.CodeUnsupportedMediaType, ""},
	{"time bad", get("/v1/messages?created_after=x"), 422, portal.CodeValidationFailed, "created_after"},
	{"number in a query", get("/v1/messages?to=+5511900000001"), 200, "", ""},
	{"number bad in a query", get("/v1/messages?to=zero"), 422, portal.CodeInvalidNumber, "to"},
	{"cursor of nobody", get("/v1/messages?after=AAAA"), 400, portal.CodeInvalidCursor, ""},
	{"cursor of another list", get("/v1/messages?after=" + portal.Cursor("contacts", "ctc_1")), 400, portal.CodeInvalidCursor, ""},
	{"contact by number", get("/v1/contacts/phone:+5531987654321"), 200, "", ""},
	{"contact by a bad number", get("/v1/contacts/phone:1"), 404, portal.CodeNotFound, ""},
	{"contact too old an ETag", ask{method: "PATCH", path: "/v1/contacts/{contact}", body: `{"name":"x"}`, header: map[string]string{"If-Match": `"old"`}}, 412, portal.CodePreconditionFailed, ""},
	{"contact nobody", ask{method: "PUT", path: "/v1/contacts", body: `{"name":"x"}`}, 422, portal.CodeValidationFailed, ""},
	{"contact conflict", ask{method: "PUT", path: "/v1/contacts", body: `{"external_id":"CLI-99","phone":"+5531987654321"}`}, 409, portal.CodeContactConflict, ""},
	{"handoff again", post("/v1/handoffs", `{"contact":{"id":"{contact}"},"reason":"x"}`), 200, "", ""},
	{"handoff department", post("/v1/handoffs", `{"contact":{"external_id":"CLI-43"},"reason":"x","department":"lua"}`), 422, portal.CodeValidationFailed, "/department"},
	{"resolve", post("/v1/handoffs/{handoff}/resolve", `{"outcome":"solved"}`), 200, "", ""},
	{"resolve again", post("/v1/handoffs/{handoff}/resolve", `{"outcome":"solved"}`), 409, portal.CodeAlreadyResolved, ""},
	{"outcome", post("/v1/handoffs/{handoff}/resolve", `{"outcome":"magic"}`), 422, portal.CodeValidationFailed, "/outcome"},
	{"number", post("/v1/numbers/resolve", `{"number":"31 8765-4321"}`), 200, "", ""},
	{"number bad", post("/v1/numbers/resolve", `{"number":"abc"}`), 422, portal.CodeInvalidNumber, "/number"},
	{"error unknown", get("/v1/errors/nothing"), 404, portal.CodeNotFound, ""},
	{"template unknown", get("/v1/templates/nothing/pt_BR"), 404, portal.CodeNotFound, ""},
	{"no such path", get("/v1/nothing"), 404, portal.CodeNotFound, ""},
	{"slash at the end", get("/v1/account/"), 404, portal.CodeNotFound, ""},
	{"dots", get("/v1/x/../account"), 404, portal.CodeNotFound, ""},
	{"no such method", ask{method: "DELETE", path: "/v1/messages"}, 405, portal.CodeMethodNotAllowed, ""},
}

// TestScenarios holds the answers and their log rows to the table.
func TestScenarios(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range scenarios {
		t.Run(c.name, func(t *testing.T) {
			c.ask.token, c.ask.path, c.ask.body = f.secret, f.ids.Replace(c.ask.path), f.ids.Replace(c.ask.body)
			g := f.do(c.ask).want(c.status, c.code)
			row := f.row(f.account, portal.Test, g)
			if row.Status != c.status || row.ErrorCode != c.code || row.Duration == nil {
				t.Errorf("log row: status %d code %q duration %v", row.Status, row.ErrorCode, row.Duration)
			}
			if op := f.route(httptest.NewRequest(c.ask.method, c.ask.path, nil)); op != nil && row.Operation != op.ID {
				t.Errorf("log row: operation %q, want %q", row.Operation, op.ID)
			}
			if c.at != "" && g.text("errors.0.pointer") != c.at && g.text("errors.0.parameter") != c.at {
				t.Errorf("points at %v; want %s: %s", g.value("errors.0"), c.at, g.body)
			}
			if c.code != "" && !strings.HasSuffix(g.text("type"), "/docs/errors#"+string(c.code)) {
				t.Errorf("type %q", g.text("type"))
			}
		})
	}
}

func get(path string, header ...string) ask {
	return ask{method: "GET", path: path, header: pairs(header)}
}

func post(path, body string, header ...string) ask {
	return ask{method: "POST", path: path, body: body, header: pairs(header)}
}

func pairs(kv []string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return m
}

func TestHeadersOfAnswers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sent := f.do(post("/v1/messages", example("sendMessage")).with(f.secret)).want(202, "")
	if loc := sent.header.Get("Location"); loc != "/v1/messages/"+sent.text("id") {
		t.Errorf("Location %q", loc)
	}
	if c := sent.header.Get("Cache-Control"); c != "no-store" {
		t.Errorf("Cache-Control %q", c)
	}
	if g := f.do(ask{method: "DELETE", path: "/v1/messages", token: f.secret}); g.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow %q", g.header.Get("Allow"))
	}
	one := f.do(get("/v1/contacts/ext:CLI-42").with(f.secret)).want(200, "")
	tag := one.header.Get("ETag")
	if g := f.do(get("/v1/contacts/ext:CLI-42", "If-None-Match", tag).with(f.secret)); g.status != 304 || len(g.body) != 0 {
		t.Errorf("If-None-Match: %d %q", g.status, g.body)
	}
	patch := ask{method: "PATCH", path: "/v1/contacts/ext:CLI-42", token: f.secret, body: `{"name":"Outro"}`, header: map[string]string{"If-Match": tag}}
	f.do(patch).want(200, "")
	f.do(patch).want(412, portal.CodePreconditionFailed)
	head := f.do(ask{method: "HEAD", path: "/v1/account", token: f.secret})
	if head.status != 200 {
		t.Errorf("HEAD: %d", head.status)
	}
	traced := f.do(get("/v1/account", "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").with(f.secret))
	if row := f.row(f.account, portal.Test, traced); row.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("trace %q", row.TraceID)
	}
}

func (q ask) with(token string) ask {
	q.token = token
	return q
}

func TestLanguageOfWords(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct{ accept, lang, title string }{
		{"", "pt-BR", "Não encontrado"}, // the account's
		{"en", "en", "Not found"},
		{"fr, pt;q=0.5", "pt-BR", "Não encontrado"},
		{"en-GB;q=0.9, pt-BR;q=0.8", "en", "Not found"},
		{"ja", "pt-BR", "Não encontrado"},
		{";;;", "pt-BR", "Não encontrado"},
	} {
		g := f.do(get("/v1/messages/msg_x", "Accept-Language", c.accept).with(f.secret)).want(404, portal.CodeNotFound)
		if g.header.Get("Content-Language") != c.lang || g.text("title") != c.title {
			t.Errorf("%q: %s %s", c.accept, g.header.Get("Content-Language"), g.text("title"))
		}
	}
	if g := f.do(get("/v1/messages")); g.header.Get("Content-Language") != "en" {
		t.Errorf("nobody's language: %s", g.header.Get("Content-Language"))
	}
}

func TestListsArePagedWithoutGapsOrRepeats(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	want := map[string]bool{}
	for range 7 {
		want[f.do(post("/v1/messages", example("sendMessage")).with(f.secret)).want(202, "").text("id")] = true
	}
	path, seen, last := "/v1/messages?limit=2&reference=PED-1001", 0, "z"
	for path != "" {
		g := f.do(get(path).with(f.secret)).want(200, "")
		rows := g.value("data").([]any)
		for _, r := range rows {
			id := r.(map[string]any)["id"].(string)
			if id >= last {
				t.Errorf("%s comes after %s", id, last)
			}
			last = id
			delete(want, id)
			seen++
		}
		link := g.header.Get("Link")
		if next := g.text("next"); next == "" {
			path = ""
			if link != "" {
				t.Errorf("Link %q on the last page", link)
			}
			continue
		}
		path = strings.TrimPrefix(strings.TrimSuffix(link, `>; rel="next"`), "<https://api.example.com")
		if !strings.Contains(path, "reference=PED-1001") {
			t.Fatalf("Link %q loses the filter", link)
		}
	}
	if len(want) > 0 || seen != 9 { // two of the fixture
		t.Errorf("%d rows seen, missing %v", seen, want)
	}
}

func TestMessageRunsThroughTheSimulator(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sent := f.do(post("/v1/messages", example("sendMessage"), "Idempotency-Key", "PED-1").with(f.secret)).want(202, "")
	if sent.text("status") != "queued" || sent.text("request_id") != sent.header.Get("Request-Id") {
		t.Fatalf("%s", sent.body)
	}
	f.settle()
	g := f.do(get("/v1/messages/"+sent.text("id")).with(f.secret)).want(200, "")
	if s := g.text("status"); s != "created" && s != "delivered" {
		t.Errorf("status %q: %s", s, g.body)
	}
	kinds := map[string]bool{}
	for _, e := range g.value("timeline").([]any) {
		kinds[e.(map[string]any)["kind"].(string)] = true
	}
	for _, k := range []string{"request", "check", "attempt"} {
		if !kinds[k] {
			t.Errorf("no %s in the timeline: %s", k, g.body)
		}
	}
	if row := f.row(f.account, portal.Test, sent); row.MessageID != sent.text("id") || row.IdempotencyKey != "PED-1" {
		t.Errorf("log row links %q, key %q", row.MessageID, row.IdempotencyKey)
	}
	detail := f.do(get("/v1/requests/"+sent.header.Get("Request-Id")).with(f.secret)).want(200, "")
	if strings.Contains(string(detail.body), "5511900000001") || strings.Contains(string(detail.body), f.secret) || strings.Contains(string(detail.body), "Seu pedido") {
		t.Errorf("the log shows what it must mask: %s", detail.body)
	}
}

func TestWindowOpensWhenTheCustomerWrites(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	text := `{"to":"+5521987654321","type":"text","text":{"body":"oi"}}`
	f.do(post("/v1/messages", text).with(f.secret)).want(422, portal.CodeWindowClosed)
	in := f.do(post("/v1/test/inbound", `{"from":"+55 21 98765-4321","text":{"body":"olá"}}`).with(f.secret)).want(202, "")
	if in.text("direction") != "inbound" || in.text("status") != "received" || in.text("text.body") != "olá" {
		t.Errorf("%s", in.body)
	}
	f.do(post("/v1/messages", text).with(f.secret)).want(202, "")
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	acc := f.world.account(portal.PlanStandard)
	slow := f.token(acc, portal.Test, func(t *portal.Token) { t.RateLimit = 2 })
	first := f.do(get("/v1/account").with(slow)).want(200, "")
	if p, r := first.header.Get("RateLimit-Policy"), first.header.Get("RateLimit"); p != `"token";q=2;w=1` || r != `"token";r=1;t=1` {
		t.Errorf("RateLimit-Policy %s RateLimit %s", p, r)
	}
	f.do(get("/v1/nothing").with(slow)).want(404, portal.CodeNotFound) // refused calls count too
	g := f.do(get("/v1/account").with(slow)).want(429, portal.CodeRateLimited)
	if g.header.Get("Retry-After") != "1" || g.header.Get("RateLimit") != `"token";r=0;t=1` || g.value("retryable") != true {
		t.Errorf("429: %v %s", g.header, g.body)
	}
	if row := f.row(acc, portal.Test, g); row.Status != http.StatusTooManyRequests || row.ErrorCode != portal.CodeRateLimited {
		t.Errorf("log row %d %s", row.Status, row.ErrorCode)
	}
	if h := f.do(get("/v1/account").with(f.secret)).want(200, "").header; h.Get("RateLimit") != "" {
		t.Errorf("a token without a limit has RateLimit %q", h.Get("RateLimit"))
	}
}

func TestDailyLimitNamesItsPolicy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	acc := f.world.account(portal.PlanStandard)
	f.limitDay(acc, 1)
	token := f.token(acc, portal.Test)
	f.do(post("/v1/messages", example("sendMessage")).with(token)).want(202, "")
	g := f.do(post("/v1/messages", example("sendMessage")).with(token)).want(429, portal.CodeDailyLimitReached)
	if !strings.HasPrefix(g.header.Get("RateLimit"), `"account-day";r=0;t=`) || g.header.Get("RateLimit-Policy") != `"account-day";q=1;w=86400` || len(g.header.Get("Retry-After")) < 4 {
		t.Errorf("%v", g.header)
	}
}
