package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// call sends one raw request and returns status and decoded answer.
func call(t *testing.T, w *world, r *http.Request) (int, map[string]any) {
	t.Helper()
	rec := httptest.NewRecorder()
	w.sim.ServeHTTP(rec, r)
	var answer map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		t.Fatalf("answer %q: %v", rec.Body, err)
	}
	if rec.Header().Get("X-Fb-Trace-Id") == "" || !strings.HasPrefix(rec.Header().Get("Facebook-Api-Version"), "v") {
		t.Errorf("headers %v", rec.Header())
	}
	return rec.Code, answer
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+ours.Token)
	r.Header.Set("Content-Type", "application/json")
	return r
}

const messages = "/v23.0/106540352242922/messages"

// head begins a message to somebody.
const head = `{"messaging_product":"whatsapp","to":"5511987654417",`

func interactive(rest string) string {
	return head + `"type":"interactive","interactive":{"body":{"text":"x"},` + rest + `}}`
}

func TestFaultsOfMessages(t *testing.T) {
	t.Parallel()
	template := func(components string) string {
		return head + `"type":"template","template":{"name":"order_update","language":{"code":"pt_BR"},"components":` + components + `}}`
	}
	named := func(name, order, status string) string {
		return template(`[{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"` + name +
			`"},{"type":"text","parameter_name":"order","text":"` + order + `"},{"type":"text","parameter_name":"status","text":"` + status + `"}]}]`)
	}
	for _, c := range []struct {
		name, body string
		status     int
		code       float64
		details    string
	}{
		{"not JSON", `{`, 400, 100, ""},
		{"an array", `[]`, 400, 100, ""},
		{"null", `null`, 400, 100, ""},
		{"no product", `{"to":"5511987654417","text":{"body":"x"}}`, 400, 100, "messaging_product"},
		{"other product", `{"messaging_product":"sms","to":"5511987654417","text":{"body":"x"}}`, 400, 100, ""},
		{"too large", head + `"text":{"body":"` + strings.Repeat("x", 1<<20) + `"}}`, 400, 100, "too large"},
		{"unknown field", head + `"text":{"body":"x"},"priority":1}`, 400, 100, "priority"},
		{"object of another type", head + `"text":{"body":"x"},"template":{}}`, 400, 100, "template"},
		{"no recipient", `{"messaging_product":"whatsapp","text":{"body":"x"}}`, 400, 131008, "to"},
		{"recipient is a number", `{"messaging_product":"whatsapp","to":55,"text":{"body":"x"}}`, 400, 100, "string"},
		{"recipient is none", `{"messaging_product":"whatsapp","to":"abc","text":{"body":"x"}}`, 400, 131009, ""},
		{"recipient is the sender", `{"messaging_product":"whatsapp","to":"551140028922","text":{"body":"x"}}`, 400, 131021, ""},
		{"to a group", head + `"recipient_type":"group","text":{"body":"x"}}`, 400, 131009, "individual"},
		{"unknown type", head + `"type":"hologram","hologram":{}}`, 400, 131051, ""},
		{"type is a number", head + `"type":1}`, 400, 100, ""},
		{"long correlation", head + `"text":{"body":"x"},"biz_opaque_callback_data":"` + strings.Repeat("x", 513) + `"}`, 400, 100, "512"},
		{"context is a text", head + `"text":{"body":"x"},"context":"wamid.A"}`, 400, 100, ""},
		{"context without an id", head + `"text":{"body":"x"},"context":{}}`, 400, 131008, "message_id"},
		{"context with more", head + `"text":{"body":"x"},"context":{"message_id":"wamid.A","from":"1"}}`, 400, 100, "from"},
		{"context of ours", head + `"text":{"body":"x"},"context":{"message_id":"msg_1"}}`, 400, 131009, ""},
		{"no text", head + `"type":"text"}`, 400, 131008, "text"},
		{"no body", head + `"text":{}}`, 400, 131008, "text['body']"},
		{"empty body", head + `"text":{"body":""}}`, 400, 131009, ""},
		{"null body", head + `"text":{"body":null}}`, 400, 100, ""},
		{"long body", head + `"text":{"body":"` + strings.Repeat("é", 4097) + `"}}`, 400, 100, "4096"},
		{"preview is a text", head + `"text":{"body":"x","preview_url":"yes"}}`, 400, 100, "boolean"},
		{"text with more", head + `"text":{"body":"x","bold":true}}`, 400, 100, "bold"},
		{"image without a file", head + `"type":"image","image":{}}`, 400, 100, "Exactly one"},
		{"image twice", head + `"type":"image","image":{"id":"1","link":"https://a.example.com/a.jpg"}}`, 400, 100, "Exactly one"},
		{"sticker with a caption", head + `"type":"sticker","sticker":{"id":"1","caption":"x"}}`, 400, 100, "caption"},
		{"file of ours", head + `"type":"audio","audio":{"id":"med_1"}}`, 400, 100, "media id"},
		{"link to a file", head + `"type":"video","video":{"link":"file:///etc/passwd"}}`, 400, 131009, "URL"},
		{"off the map", head + `"type":"location","location":{"latitude":91,"longitude":0}}`, 400, 131009, "latitude"},
		{"no longitude", head + `"type":"location","location":{"latitude":1}}`, 400, 131008, "longitude"},
		{"no cards", head + `"type":"contacts","contacts":[]}`, 400, 131008, "contacts"},
		{"card without a name", head + `"type":"contacts","contacts":[{"name":{"formatted_name":"x"}}]}`, 400, 131008, "parts"},
		{"reaction to ours", head + `"type":"reaction","reaction":{"message_id":"msg_1","emoji":"x"}}`, 400, 131009, "message_id"},
		{"interactive flow", interactive(`"type":"flow","action":{}`), 400, 131009, "type"},
		{"four buttons", interactive(`"type":"button","action":{"buttons":[{},{},{},{}]}`), 400, 100, "at most 3"},
		{"same button", interactive(`"type":"button","action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"A"}},{"type":"reply","reply":{"id":"a","title":"B"}}]}`), 400, 131009, "unique"},
		{"list with a picture", interactive(`"type":"list","header":{"type":"image","image":{"id":"1"}},"action":{}`), 400, 131009, "header"},
		{"link without a label", interactive(`"type":"cta_url","action":{"name":"cta_url","parameters":{"url":"https://a.example.com"}}`), 400, 131008, "display_text"},
		{"order that does not add up", interactive(`"type":"order_details","action":{"name":"review_and_pay","parameters":{"reference_id":"1","currency":"BRL","total_amount":{"value":2,"offset":100},"order":{"status":"pending","subtotal":{"value":1,"offset":100},"items":[{"quantity":1,"amount":{"value":1,"offset":100}}]}}}`), 400, 131009, "sum"},
		{"order status", interactive(`"type":"order_status","action":{"name":"review_order","parameters":{"reference_id":"1","order":{"status":"sent"}}}`), 400, 131009, "status"},
		{"template without a name", head + `"type":"template","template":{"language":{"code":"pt_BR"}}}`, 400, 131008, "name"},
		{"template without a language", head + `"type":"template","template":{"name":"hello_world"}}`, 400, 131008, "language"},
		{"template without a code", head + `"type":"template","template":{"name":"hello_world","language":{}}}`, 400, 131008, "code"},
		{"template policy", head + `"type":"template","template":{"name":"hello_world","language":{"code":"pt_BR","policy":"fallback"}}}`, 400, 131009, "policy"},
		{"unknown template", head + `"type":"template","template":{"name":"promo","language":{"code":"pt_BR"}}}`, 404, 132001, "promo"},
		{"unknown language", head + `"type":"template","template":{"name":"hello_world","language":{"code":"fr"}}}`, 404, 132001, "fr"},
		{"parameters of another shape", head + `"type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"},"parameters":{}}}`, 400, 100, "parameters"},
		{"no parameters", template(`[]`), 400, 132000, "body: number of localizable_params (0) does not match the expected number of params (3)"},
		{"components is an object", template(`{}`), 400, 100, "array"},
		{"component is a text", template(`["body"]`), 400, 100, ""},
		{"unknown component", template(`[{"type":"footer"}]`), 400, 131009, ""},
		{"header parameter", template(`[{"type":"HEADER","parameters":[{"type":"text","text":"x"}]}]`), 400, 132000, "header"},
		{"positional", template(`[{"type":"body","parameters":[{"type":"text","text":"1"},{"type":"text","text":"2"},{"type":"text","text":"3"}]}]`), 400, 132012, "parameter_name"},
		{"parameter of another type", template(`[{"type":"body","parameters":[{"type":"image"},{"type":"text","text":"2"},{"type":"text","text":"3"}]}]`), 400, 132012, "expected TEXT, received IMAGE"},
		{"unknown parameter", strings.Replace(named("a", "b", "c"), `"order"`, `"pedido"`, 1), 400, 132012, "unknown"},
		{"parameter twice", strings.Replace(named("a", "b", "c"), `"order"`, `"name"`, 1), 400, 132012, "twice"},
		{"empty parameter", named("", "b", "c"), 400, 131009, "text"},
		{"line break in a parameter", named(`a\nb`, "b", "c"), 400, 132018, ""},
		{"parameters too long", named(strings.Repeat("x", 1023), "b", "c"), 400, 132005, ""},
		{"receipt of another kind", `{"messaging_product":"whatsapp","status":"delivered","message_id":"wamid.A"}`, 400, 131009, ""},
		{"receipt without an id", `{"messaging_product":"whatsapp","status":"read"}`, 400, 131008, ""},
		{"receipt for ours", `{"messaging_product":"whatsapp","status":"read","message_id":"msg_1"}`, 400, 131009, ""},
		{"receipt with more", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","to":"1"}`, 400, 100, ""},
		{"typing of another kind", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","typing_indicator":{"type":"audio"}}`, 400, 131009, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, false)
			status, answer := call(t, w, request(http.MethodPost, messages, c.body))
			object, _ := answer["error"].(map[string]any)
			if status != c.status || object["code"] != c.code || object["type"] != "OAuthException" || object["fbtrace_id"] == "" {
				t.Fatalf("%d %v, want %d %v", status, answer, c.status, c.code)
			}
			data, _ := object["error_data"].(map[string]any)
			if details, _ := data["details"].(string); !strings.Contains(details, c.details) {
				t.Errorf("details %q do not name %q", details, c.details)
			}
			if w.journal.owed() > 0 {
				t.Error("a refused message has callbacks")
			}
		})
	}
}

func TestAcceptedShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, key string }{
		{"type left out", `{"messaging_product":"whatsapp","recipient_type":"individual","to":"+55 11 98765-4417","text":{"body":"x","preview_url":true}}`, "messages"},
		{"longest text", `{"messaging_product":"whatsapp","to":"5511987654417","text":{"body":"` + strings.Repeat("é", 4096) + `"}}`, "messages"},
		{"hello_world", `{"messaging_product":"whatsapp","to":"5511987654417","type":"template","template":{"name":"hello_world","language":{"code":"en_US"}}}`, "messages"},
		{"image", head + `"type":"image","image":{"link":"https://a.example.com/a.jpg","caption":"x"}}`, "messages"},
		{"uploaded document", head + `"type":"document","document":{"id":"1234567890","filename":"a.pdf"}}`, "messages"},
		{"coordinates as text", head + `"type":"location","location":{"latitude":"-19.9","longitude":-44.05,"name":"x","address":"y"}}`, "messages"},
		{"cards", head + `"type":"contacts","contacts":[{"name":{"formatted_name":"x","first_name":"x"},"phones":[{"phone":"1","wa_id":"1"}]}]}`, "messages"},
		{"reaction taken back", head + `"type":"reaction","reaction":{"message_id":"wamid.A","emoji":""}}`, "messages"},
		{"buttons", interactive(`"type":"button","header":{"type":"image","image":{"id":"1"}},"footer":{"text":"x"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"A"}}]}`), "messages"},
		{"list", interactive(`"type":"list","action":{"button":"x","sections":[{"rows":[{"id":"a","title":"A"}]}]}`), "messages"},
		{"link", interactive(`"type":"cta_url","action":{"name":"cta_url","parameters":{"display_text":"x","url":"https://a.example.com"}}`), "messages"},
		{"receipt", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A"}`, "success"},
		{"typing", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","typing_indicator":{"type":"text"}}`, "success"},
	} {
		for _, prefix := range []string{"", "/v19.0", "/v25.0"} {
			w := setup(t, false)
			status, answer := call(t, w, request(http.MethodPost, prefix+"/106540352242922/messages", c.body))
			if status != http.StatusOK || answer[c.key] == nil {
				t.Errorf("%s %s: %d %v", prefix, c.name, status, answer)
			}
		}
	}
	w := setup(t, false)
	_, answer := call(t, w, request(http.MethodPost, messages, `{"messaging_product":"whatsapp","to":"+55 11 98765-4417","text":{"body":"x"}}`))
	contact := answer["contacts"].([]any)[0].(map[string]any)
	if contact["input"] != "+55 11 98765-4417" || contact["wa_id"] != "5511987654417" {
		t.Errorf("contact %v", contact)
	}
}

func TestFaultsOfAccess(t *testing.T) {
	t.Parallel()
	body := `{"messaging_product":"whatsapp","to":"5511987654417","text":{"body":"x"}}`
	for _, c := range []struct {
		name, method, path, auth string
		status                   int
		code, subcode            any
	}{
		{"no token", "POST", messages, "", 401, 190.0, nil},
		{"basic", "POST", messages, "Basic eA==", 401, 190.0, nil},
		{"empty bearer", "POST", messages, "Bearer ", 401, 190.0, nil},
		{"wrong token", "POST", messages, "Bearer EAAother", 401, 190.0, nil},
		{"wrong token, GET", "GET", "/106540352242922", "Bearer x", 401, 190.0, nil},
		{"unknown phone", "POST", "/v23.0/1/messages", "Bearer EAAtoken", 400, 100.0, 33.0},
		{"unknown phone, GET", "GET", "/v23.0/1", "Bearer EAAtoken", 400, 100.0, 33.0},
		{"store down", "POST", "/down/messages", "Bearer EAAtoken", 503, 2.0, nil},
		{"unknown path", "POST", "/v23.0/106540352242922/calls", "Bearer EAAtoken", 400, 2500.0, nil},
		{"root", "GET", "/", "Bearer EAAtoken", 400, 2500.0, nil},
		{"only a version", "GET", "/v23.0", "Bearer EAAtoken", 400, 2500.0, nil},
		{"wrong method", "DELETE", messages, "Bearer EAAtoken", 400, 2500.0, nil},
	} {
		w := setup(t, false)
		r := request(c.method, c.path, body)
		r.Header.Set("Authorization", c.auth)
		status, answer := call(t, w, r)
		object, _ := answer["error"].(map[string]any)
		if status != c.status || object["code"] != c.code || object["error_subcode"] != c.subcode {
			t.Errorf("%s: %d %v", c.name, status, answer)
		}
	}
	form := request(http.MethodPost, messages, body)
	form.Header.Set("Content-Type", "text/plain")
	if status, answer := call(t, setup(t, false), form); status != http.StatusBadRequest {
		t.Errorf("not declared as JSON: %d %v", status, answer)
	}
}

func TestDescribePhone(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	status, answer := call(t, w, request(http.MethodGet, "/v23.0/106540352242922", ""))
	if status != http.StatusOK || answer["display_phone_number"] != "+55 11 4002-8922" || answer["quality_rating"] != "GREEN" {
		t.Errorf("%d %v", status, answer)
	}
	status, answer = call(t, w, request(http.MethodGet, "/106540352242922?fields=quality_rating,verified_name", ""))
	if status != http.StatusOK || len(answer) != 3 || answer["id"] != ours.ID {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ = call(t, w, request(http.MethodGet, "/106540352242922?fields=secret", "")); status != http.StatusBadRequest {
		t.Errorf("unknown field: %d", status)
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(`{"messaging_product":"whatsapp","to":"5511987654417","text":{"body":"x"}}`)
	f.Add(`{"messaging_product":"whatsapp","to":"5511900000004","type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"},"components":[{"type":"body","parameters":[{}]}]}}`)
	f.Add(`{"messaging_product":"whatsapp","status":"read","message_id":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		w := setup(t, false)
		rec := httptest.NewRecorder()
		w.sim.ServeHTTP(rec, request(http.MethodPost, messages, body))
		if rec.Code >= http.StatusInternalServerError {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		answer, err := io.ReadAll(rec.Body)
		if err != nil || !json.Valid(answer) {
			t.Fatalf("answer %q, %v", answer, err)
		}
		w.pass(t, 0)
	})
}
