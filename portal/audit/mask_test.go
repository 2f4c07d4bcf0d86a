package audit

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMaskBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{
			"a message", `{"to":"+5511987654417","type":"text","text":{"body":"Olá, Maria","preview_url":true},"reference":"PED-1"}`,
			`{"to":"+55 11 9••••-4417","type":"text","text":{"body":"••• 10 characters","preview_url":true},"reference":"PED-1"}`,
		},
		{"a number as people write it", `{"to":"(11) 98765-4417"}`, `{"to":"+55 11 9••••-4417"}`},
		{"a number as a JSON number", `{"to":5511987654417,"attempts":3}`, `{"to":"+55 11 9••••-4417","attempts":3}`},
		{"a number inside a text", `{"reference":"ped 5511987654417 x"}`, `{"reference":"ped +55 11 9••••-4417 x"}`},
		{"digits that are no number", `{"reference":"99999999999999999999"}`, `{"reference":"••••"}`},
		{"a number as WhatsApp writes it", `{"wa_id":"14155552671"}`, `{"wa_id":"+1 ••••2671"}`},
		{"a foreign one that would read as Brazilian", `{"wa_id":"49912345678"}`, `{"wa_id":"+49 ••••5678"}`},
		{"an id in the place of a number", `{"to":"ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03"}`, `{"to":"ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03"}`},
		{
			"a contact", `{"name":"Maria Silva","email":"maria@example.com","attributes":{"cidade":"Contagem","pedidos":7,"vip":true},"tags":["vip"]}`,
			`{"name":"••• 11 characters","email":"••• 17 characters","attributes":{"cidade":"••• 8 characters","pedidos":"••• 1 characters","vip":"•••"},"tags":["vip"]}`,
		},
		{
			"a template by names", `{"template":{"name":"order_update","language":{"code":"pt_BR"},"parameters":{"type":"Maria","order":"1001"}}}`,
			`{"template":{"name":"order_update","language":{"code":"pt_BR"},"parameters":{"type":"••• 5 characters","order":"••• 4 characters"}}}`,
		},
		{
			"a template in WhatsApp's shape", `{"components":[{"type":"body","parameters":[{"type":"text","text":"Maria"}]}]}`,
			`{"components":[{"type":"body","parameters":[{"type":"text","text":"••• 5 characters"}]}]}`,
		},
		{
			"buttons", `{"type":"interactive","interactive":{"type":"button","body":{"text":"Maria, quer rastrear?"},"action":{"buttons":[{"type":"reply","reply":{"id":"sim","title":"Sim"}}]}}}`,
			`{"type":"interactive","interactive":{"type":"button","body":{"text":"••• 21 characters"},"action":{"buttons":[{"type":"reply","reply":{"id":"••• 3 characters","title":"••• 3 characters"}}]}}}`,
		},
		{
			"a card and a place", `{"contacts":[{"name":{"formatted_name":"Maria"},"phones":[{"phone":"1"}]}],"location":{"latitude":-19.93}}`,
			`{"contacts":[{"name":{"formatted_name":"••• 5 characters"},"phones":[{"phone":"••• 1 characters"}]}],"location":{"latitude":"••• 6 characters"}}`,
		},
		{
			"a file", `{"image":{"id":"med_01KB2M4X7Q9V0T3R5N8W6Y1Z07","caption":"Maria"},"document":{"link":"https://a.example.com/?k=1","filename":"a.pdf"}}`,
			`{"image":{"id":"med_01KB2M4X7Q9V0T3R5N8W6Y1Z07","caption":"••• 5 characters"},"document":{"link":"••• 26 characters","filename":"••• 5 characters"}}`,
		},
		{
			"an event", `{"external_id":"PED-1","customer":{"phone":"+5511987654417","name":"Maria"},"data":{"payment":{"pix_code":"0002","boleto_line":"3419","url":"https://a.example.com/1"},"shipment":{"tracking_code":"BR1","tracking_url":"https://b.example.com"},"links":{"checkout":"https://c.example.com"},"reason":"mudou de ideia"},"decision":{"reason":"too_old"}}`,
			`{"external_id":"PED-1","customer":{"phone":"+55 11 9••••-4417","name":"••• 5 characters"},"data":{"payment":{"pix_code":"•••","boleto_line":"••• 4 characters","url":"••• 23 characters"},"shipment":{"tracking_code":"•••","tracking_url":"••• 21 characters"},"links":{"checkout":"••• 21 characters"},"reason":"••• 14 characters"},"decision":{"reason":"too_old"}}`,
		},
		{
			"an endpoint's headers", `{"url":"https://erp.example.com/wpp","headers":{"X-Erp-Key":"abc","Authorization":"Bearer abc","X-Old":null}}`,
			`{"url":"https://erp.example.com/wpp","headers":{"X-Erp-Key":"•••","Authorization":"•••","X-Old":null}}`,
		},
		{
			"a problem", `{"code":"window_closed","title":"Window closed","errors":[{"pointer":"/text/body","code":"too_long"}]}`,
			`{"code":"window_closed","title":"Window closed","errors":[{"pointer":"/text/body","code":"too_long"}]}`,
		},
		{
			"a code that is a secret", `{"code":"493201","access_token":"abc","password":["x"],"provider":{"code":131026}}`,
			`{"code":"•••","access_token":"•••","password":["•••"],"provider":{"code":131026}}`,
		},
		{
			"a token's id stays", `{"token":{"id":"tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07","name":"ERP"},"token_id":"tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07"}`,
			`{"token":{"id":"tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07","name":"•••"},"token_id":"tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07"}`,
		},
		{"times and addresses stay", `{"at":"2026-11-22T14:00:00.118Z","ip":"203.0.113.7"}`, `{"at":"2026-11-22T14:00:00.118Z","ip":"203.0.113.7"}`},
		{"WhatsApp's id hides a number", `{"provider_message_id":"wamid.HBgNNTUxMTk4NzY1NDMyMRUC"}`, `{"provider_message_id":"wamid.•••"}`},
		{"a secret of ours anywhere", `{"reference":"wpp_test_abcdefghijklmnopqrstuvwxyz012345ABCDEF"}`, `{"reference":"wpp_test_•••"}`},
		{"a number as a name", `{"5511987654417":1}`, `{"+55 11 9••••-4417":1}`},
		{"duplicates and order", `{"b":1,"a":2,"b":null}`, `{"b":1,"a":2,"b":null}`},
		{"not JSON", `to=5511987654417`, `••• 16 bytes`},
		{"two values", `{} {}`, `••• 5 bytes`},
		{"nothing", ``, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Mask("application/json; charset=utf-8", []byte(c.in)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestMaskKeepsLongBodiesSmallAndValid(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"many elements": `{"data":[` + strings.Repeat(`{"id":"msg_01KB2M4X7Q9V0T3R5N8W6Y1Z01","n":1},`, 5000) + `{}],"next":null}`,
		"one text":      `{"reference":"` + strings.Repeat("á", 100_000) + `"}`,
		"escapes":       `["` + strings.Repeat(`\u0001`, 50_000) + `"]`,
		"long names":    `{` + strings.Repeat(`"`+strings.Repeat("k", 2000)+`":1,`, 50) + `"z":1}`,
		"deep":          strings.Repeat(`{"a":[`, 4000) + strings.Repeat(`]}`, 4000),
	} {
		got := Mask("application/json", []byte(body))
		if len(got) > maxBody || !json.Valid([]byte(got)) {
			t.Errorf("%s: %d bytes, valid: %v", name, len(got), json.Valid([]byte(got)))
		}
	}
	if got := Mask("text/csv", []byte(`{"a":1}`)); got != "••• 7 bytes" {
		t.Errorf("another media type: %s", got)
	}
}

func TestMaskHeaders(t *testing.T) {
	t.Parallel()
	got := MaskHeaders(http.Header{
		"Authorization":   {"Bearer wpp_test_secret"},
		"Cookie":          {"__Host-wpp=abc"},
		"X-Api-Token":     {"abc"},
		"Idempotency-Key": {"pedido-5511987654417"},
		"If-None-Match":   {`"0123456789012345678901234567890"`},
		"User-Agent":      {"erp/4.2\x00"},
		"Location":        {"/v1/contacts/phone:+5511987654417"},
	})
	want := map[string]string{
		"authorization": "Bearer •••", "cookie": masked, "x-api-token": masked,
		"idempotency-key": "pedido-+55 11 9••••-4417", "if-none-match": `"0123456789012345678901234567890"`,
		"user-agent": "erp/4.2 ", "location": "/v1/contacts/phone:+55 11 9••••-4417",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: got %q, want %q", name, got[name], value)
		}
	}
}

func TestMaskTargetTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/v1/messages/msg_01KB2M4X7Q9V0T3R5N8W6Y1Z01":          "/v1/messages/msg_01KB2M4X7Q9V0T3R5N8W6Y1Z01",
		"/v1/contacts/phone:+5511987654417":                    "/v1/contacts/phone:+55 11 9••••-4417",
		"/v1/contacts/ext:12345678909":                         "/v1/contacts/ext:••••",
		"/v1/messages?to=%2B5511987654417&limit=2&after=YWJj":  "/v1/messages?to=%2B55%2011%209••••-4417&limit=2&after=YWJj",
		"/v1/contacts?search=Maria%20Silva&tag=vip&token=abcd": "/v1/contacts?search=•••&tag=vip&token=•••",
		"/v1/messages?created_after=2026-11-22T14:00:00.000Z":  "/v1/messages?created_after=2026-11-22T14:00:00.000Z",
		"/v1/x?a&b=%zz&=3":                                     "/v1/x?a&b=%25zz&=3",
		"/\x00\xff":                                            "/ \uFFFD",
	} {
		got := MaskTarget(in)
		if got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", in, got, want)
		}
		if again := MaskTarget(got); again != got {
			t.Errorf("%q: twice gives %q", in, again)
		}
	}
}

var run = regexp.MustCompile(`[0-9]{8}`)

// leaks reports whether a run of eight digits is left outside of ids and times.
func leaks(s string) bool { return run.MatchString(kept.ReplaceAllString(s, " ")) }

func FuzzMask(f *testing.F) {
	for _, seed := range []string{
		`{"to":"+5511987654321","text":{"body":"x"}}`, `[1e400,12345678901,"11 98765-4321"]`, `{"a":{"b":["5511987654321"]}}`,
		`"2026-11-22T14:00:00Z12345678"`, `{"code":12345678}`, `{"type":"123456789"}`, `{"x":"\ud800 5511987654321"}`, `{"from":"a@b"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		out := Mask("application/json", []byte(body))
		if !utf8.ValidString(out) || len(out) > maxBody {
			t.Fatalf("%d bytes, valid text: %v", len(out), utf8.ValidString(out))
		}
		if !json.Valid([]byte(body)) {
			return
		}
		if !json.Valid([]byte(out)) {
			t.Fatalf("JSON became %s", out)
		}
		walk(t, out)
	})
}

// walk looks at names and values as a reader would decode them.
func walk(t *testing.T, out string) {
	d := json.NewDecoder(strings.NewReader(out))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		switch v := token.(type) {
		case string:
			if leaks(v) {
				t.Fatalf("digits left in %q", v)
			}
		case json.Number:
			if leaks(v.String()) {
				t.Fatalf("digits left in %s", v)
			}
		}
	}
}

func FuzzMaskTarget(f *testing.F) {
	f.Add("/v1/contacts/phone:+5511987654321?to=%2B5511987654321&x=1")
	f.Fuzz(func(t *testing.T, target string) {
		out := MaskTarget(target)
		if !utf8.ValidString(out) || strings.ContainsAny(out, "\x00\r\n") {
			t.Fatalf("not storable: %q", out)
		}
	})
}

// TestMaskAnswerLines: an answer keeps its lines, unless a number could hide across them.
func TestMaskAnswerLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<html>\r\n<p>nginx\x00</p>\n": "<html>\n<p>nginx </p>\n",
		"call +55 31\n98765-4321":      MaskAnswer([]byte("call +55 31 98765-4321")),
	} {
		if got := MaskAnswer([]byte(in)); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
