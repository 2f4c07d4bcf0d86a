package simulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/jsonschema/v6"

	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// contents has a valid object of every type of message, in Meta's shape.
var contents = map[string][]string{
	"audio":    {`{"id":"1003383421387256"}`, `{"link":"https://files.example.com/a.ogg"}`},
	"contacts": {`[{"name":{"formatted_name":"Lia Prado","first_name":"Lia"},"org":{"company":"Aurora"},"phones":[{"phone":"+55 11 4002-8922","wa_id":"551140028922","type":"WORK"}]}]`},
	"document": {`{"id":"1003383421387256","filename":"nota.pdf","caption":"Nota"}`},
	"image":    {`{"id":"1003383421387256","caption":"Foto"}`, `{"link":"https://files.example.com/a.png"}`},
	"interactive": {
		`{"type":"button","header":{"type":"text","text":"Entrega"},"body":{"text":"Onde?"},"footer":{"text":"Aurora"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"Casa"}},{"type":"reply","reply":{"id":"b","title":"Loja"}}]}}`,
		`{"type":"list","body":{"text":"Horário?"},"action":{"button":"Ver","sections":[{"title":"Manhã","rows":[{"id":"9","title":"9h","description":"cedo"}]},{"title":"Tarde","rows":[{"id":"14","title":"14h"}]}]}}`,
		`{"type":"cta_url","body":{"text":"Veja"},"action":{"name":"cta_url","parameters":{"display_text":"Abrir","url":"https://aurora.example.com"}}}`,
		`{"type":"order_details","body":{"text":"Pague"},"action":{"name":"review_and_pay","parameters":{"reference_id":"P-1","type":"physical-goods","payment_type":"br","currency":"BRL","total_amount":{"value":1000,"offset":100},"order":{"status":"pending","items":[{"retailer_id":"C","name":"Caneca","amount":{"value":1000,"offset":100},"quantity":1}],"subtotal":{"value":1000,"offset":100}}}}}`,
		`{"type":"order_status","body":{"text":"Saiu"},"action":{"name":"review_order","parameters":{"reference_id":"P-1","order":{"status":"shipped"}}}}`,
	},
	"location": {`{"latitude":-23.55,"longitude":-46.63,"name":"Sé","address":"São Paulo"}`},
	"reaction": {`{"message_id":"wamid.HBgN","emoji":"👍"}`},
	"sticker":  {`{"id":"1003383421387256"}`},
	"template": {
		`{"name":"hello_world","language":{"code":"en_US"}}`,
		`{"name":"order_update","language":{"code":"pt_BR","policy":"deterministic"},"components":[{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"Lia"},{"type":"text","parameter_name":"order","text":"1"},{"type":"text","parameter_name":"status","text":"pronto"}]}]}`,
	},
	"text":  {`{"body":"Olá","preview_url":true}`},
	"video": {`{"link":"https://files.example.com/a.mp4","caption":"Vídeo"}`},
}

// required are the fields without which each type is broken.
var required = map[string][]string{
	"audio": {"id", "link"}, "document": {"id"}, "image": {"id", "link"}, "sticker": {"id"}, "video": {"link"},
	"interactive": {"type", "body", "action"}, "location": {"latitude", "longitude"}, "reaction": {"message_id"},
	"template": {"name", "language"}, "text": {"body"},
}

func requestSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("testdata/request.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func valid(t *testing.T, schema *jsonschema.Schema, body []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// recorded passes requests on and keeps their bodies.
type recorded struct {
	next   http.RoundTripper
	bodies [][]byte
}

func (r *recorded) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.bodies = append(r.bodies, raw)
	req.Body = io.NopCloser(bytes.NewReader(raw))
	return r.next.RoundTrip(req)
}

// TestAdapterMeetsContract sends every type with our own client: what leaves
// follows the published shape of the request, and the simulator takes it.
func TestAdapterMeetsContract(t *testing.T) {
	t.Parallel()
	schema := requestSchema(t)
	for _, kind := range slices.Sorted(maps.Keys(contents)) {
		for _, content := range contents[kind] {
			w := setup(t, false)
			tape := &recorded{next: whatsapp.HandlerTransport(w.sim)}
			client := whatsapp.New(whatsapp.Options{BaseURL: "http://whatsapp.invalid", Version: "v23.0", Transport: tape})
			withMedia(t, w, &content)
			m := whatsapp.Outgoing{To: "5511987654417", Type: kind, Content: json.RawMessage(content), ReplyTo: "wamid.HBgN", Correlation: "msg_1"}
			out := client.Send(t.Context(), channel, m)
			if out.Kind != whatsapp.Accepted {
				t.Errorf("%s %s: %+v", kind, content, out.Error)
			}
			if err := valid(t, schema, tape.bodies[0]); err != nil {
				t.Errorf("%s: %v", tape.bodies[0], err)
			}
		}
	}
}

// withMedia gives a content that names a file by id the id of one that is there.
func withMedia(t *testing.T, w *world, content *string) {
	t.Helper()
	const id = "1003383421387256"
	if !strings.Contains(*content, id) {
		return
	}
	m, err := w.sim.PutMedia(t.Context(), ours.ID, "image/png", strings.NewReader("\x89PNG\r\n\x1a\n"))
	if err != nil {
		t.Fatal(err)
	}
	*content = strings.ReplaceAll(*content, id, m.ID)
}

// TestBrokenRequests takes from each valid request what it needs, one field
// after the other: the shape refuses it, and so does the simulator, in Meta's
// words.
func TestBrokenRequests(t *testing.T) {
	t.Parallel()
	schema := requestSchema(t)
	for kind, fields := range required {
		for _, field := range fields {
			content := brokenContent(t, kind, field)
			body := []byte(`{"messaging_product":"whatsapp","to":"5511987654417","type":"` + kind + `","` + kind + `":` + content + `}`)
			if valid(t, schema, body) == nil {
				t.Errorf("the shape takes %s", body)
			}
			w := setup(t, false)
			status, answer := call(t, w, request(http.MethodPost, messages, string(body)))
			object, _ := answer["error"].(map[string]any)
			data, _ := object["error_data"].(map[string]any)
			if status != http.StatusBadRequest || object["type"] != "OAuthException" || object["fbtrace_id"] == nil || object["code"] == nil ||
				data["details"] == nil || data["messaging_product"] != "whatsapp" || !strings.HasPrefix(object["message"].(string), "(#") {
				t.Errorf("%s: %d %v", body, status, answer)
			}
		}
	}
}

// brokenContent is the first valid content of a kind that has the field, without it.
func brokenContent(t *testing.T, kind, field string) string {
	t.Helper()
	for _, content := range contents[kind] {
		var o map[string]any
		if err := json.Unmarshal([]byte(content), &o); err != nil {
			t.Fatal(err)
		}
		if _, has := o[field]; !has {
			continue
		}
		delete(o, field)
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	t.Fatalf("%s has no content with %s", kind, field)
	return ""
}

// TestEveryPersonIsUnderstood has people write every type: each callback is
// read without loss.
func TestEveryPersonIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, in := range []simulator.Written{
		{Type: "text", Text: "Ainda tem? 😀"},
		{Type: "text", Text: "Vi o anúncio", Referral: json.RawMessage(`{"source_type":"ad","source_id":"1","ctwa_clid":"x"}`)},
		{Type: "text", Text: "De outro", Forwards: 1},
		{Type: "text", Text: "De muitos", Forwards: 7, ReplyTo: "wamid.HBgN"},
		{Type: "text", Text: "Sem número", Hidden: true, UserID: "BR.1301131208303"},
		{Type: "image", Content: json.RawMessage(`{"id":"1","mime_type":"image/jpeg","sha256":"eA==","caption":"Foto"}`)},
		{Type: "audio", Content: json.RawMessage(`{"id":"1","mime_type":"audio/ogg; codecs=opus","sha256":"eA==","voice":true}`)},
		{Type: "sticker", Content: json.RawMessage(`{"id":"1","mime_type":"image/webp","sha256":"eA==","animated":false}`)},
		{Type: "document", Content: json.RawMessage(`{"id":"1","mime_type":"application/pdf","sha256":"eA==","filename":"a.pdf"}`)},
		{Type: "video", Content: json.RawMessage(`{"id":"1","mime_type":"video/mp4","sha256":"eA=="}`)},
		{Type: "location", Content: json.RawMessage(`{"latitude":-23.5,"longitude":-46.6,"name":"Sé","url":"https://maps.example.com"}`)},
		{Type: "contacts", Content: json.RawMessage(`[{"name":{"formatted_name":"Lia","first_name":"Lia"},"phones":[{"phone":"+5511"}]}]`)},
		{Type: "reaction", Content: json.RawMessage(`{"message_id":"wamid.HBgN","emoji":"👍"}`)},
		{Type: "button", ReplyTo: "wamid.HBgN", Content: json.RawMessage(`{"payload":"parar","text":"Parar"}`)},
		{Type: "interactive", ReplyTo: "wamid.HBgN", Content: json.RawMessage(`{"type":"button_reply","button_reply":{"id":"a","title":"Casa"}}`)},
		{Type: "interactive", ReplyTo: "wamid.HBgN", Content: json.RawMessage(`{"type":"list_reply","list_reply":{"id":"9","title":"9h","description":"cedo"}}`)},
		{Type: "order", Content: json.RawMessage(`{"catalog_id":"1","text":"","product_items":[{"product_retailer_id":"C","quantity":2,"item_price":30,"currency":"BRL"}]}`)},
		{Type: "system", MovesTo: "+5511987654418"},
		{Type: "unsupported"},
	} {
		w := setup(t, false)
		in.From = "+5511987654417"
		wamid, err := w.sim.Write(t.Context(), ours, in)
		if err != nil {
			t.Fatalf("%s: %v", in.Type, err)
		}
		w.pass(t, 0)
		if len(w.heard) != 1 || len(w.heard[0].Told.Inbound) != 1 {
			t.Fatalf("%s: heard %d", in.Type, len(w.heard))
		}
		got := w.heard[0].Told.Inbound[0]
		if got.MessageID != wamid || got.Type != in.Type || got.ContextID != in.ReplyTo || got.UserID != in.UserID || (got.From == "") != in.Hidden {
			t.Errorf("%s: %+v", in.Type, got)
		}
		if in.Text != "" && got.Text != in.Text || len(in.Content) > 0 && !sameJSON(t, in.Content, got.Content) {
			t.Errorf("%s: text %q, content %s", in.Type, got.Text, got.Content)
		}
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	one, _ := json.Marshal(x)
	two, _ := json.Marshal(y)
	return bytes.Equal(one, two)
}
