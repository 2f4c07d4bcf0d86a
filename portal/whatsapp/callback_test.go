package whatsapp

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
)

const batched = `{"object":"whatsapp_business_account","new":1,"entry":[
 {"id":"w1","time":1,"changes":[
  {"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"551140028922","phone_number_id":"p1"},
   "statuses":[
    {"id":"wamid.1","status":"delivered","timestamp":"1795356000","recipient_id":"553188887777","recipient_user_id":"BR.1","biz_opaque_callback_data":"msg_1",
     "conversation":{"id":"c"},"pricing":{"billable":true,"pricing_model":"PMP","type":"regular","category":"utility"}},
    {"id":"wamid.2","status":"failed","timestamp":1795356001,"recipient_id":"5531988887777",
     "errors":[{"code":131026,"title":"Message undeliverable","message":"x","error_data":{"details":"d"},"href":"h"},{"title":"no code"}]},
    {"id":"wamid.3","status":"read"}, 7, {"status":"sent","timestamp":"1"}, {"id":["wamid"],"status":"sent","timestamp":"1"}]}},
  {"field":"flows","value":{"event":"FLOW_STATUS_CHANGE"}},
  {"field":"messages","value":{"metadata":{"phone_number_id":"p1"},"errors":[{"code":131051}]}}]},
 {"id":"w2","changes":[
  {"field":"messages","value":{"metadata":{"phone_number_id":"p2"},
   "contacts":[{"profile":{"name":"Ana \u0000Souza"},"wa_id":"553188887777"},{"profile":{"name":"Bia"},"user_id":"BR.2"}],
   "messages":[
    {"from":"553188887777","id":"wamid.4","timestamp":"1795356002","type":"text","text":{"body":"Olá"},"context":{"id":"wamid.1","from":"5511"}},
    {"from_user_id":"BR.2","id":"wamid.5","timestamp":"1795356003","type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"1","title":"Sim"}}},
    {"from":"553188887777","id":"wamid.6","timestamp":"1795356004","type":"image","image":{"id":"9","caption":"foto"}},
    {"from":"553188887777","id":"wamid.7","timestamp":"1795356005","type":"contacts","contacts":[{"name":{}}]},
    {"from":"553188887777","id":"wamid.8","timestamp":"1795356006","type":"unsupported","errors":[{"code":131051}]},
    {"id":"wamid.9","timestamp":"1795356007","type":"text","text":{"body":"from nobody"}},
    {"from":"55"}]}},
  {"field":"messages","value":{}},
  {"field":"messages","value":null}]}]}`

func TestParseCallback(t *testing.T) {
	t.Parallel()
	got, err := ParseCallback([]byte(batched))
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int64) time.Time { return time.Unix(1795356000+n, 0).UTC() }
	want := Callback{
		Statuses: []StatusUpdate{
			{
				PhoneNumberID: "p1", MessageID: "wamid.1", Status: "delivered", At: at(0),
				RecipientID: "553188887777", UserID: "BR.1", Correlation: "msg_1",
				Pricing: json.RawMessage(`{"billable":true,"pricing_model":"PMP","type":"regular","category":"utility"}`),
			},
			{
				PhoneNumberID: "p1", MessageID: "wamid.2", Status: "failed", At: at(1), RecipientID: "5531988887777",
				Errors: []ProviderError{{Code: 131026, Title: "Message undeliverable", Details: "d"}},
			},
		},
		Inbound: []Inbound{
			{
				PhoneNumberID: "p2", MessageID: "wamid.4", From: "553188887777", ProfileName: "Ana Souza", Type: "text",
				At: at(2), Text: "Olá", Content: json.RawMessage(`{"body":"Olá"}`), ContextID: "wamid.1",
			},
			{
				PhoneNumberID: "p2", MessageID: "wamid.5", UserID: "BR.2", ProfileName: "Bia", Type: "interactive",
				At: at(3), Text: "Sim", Content: json.RawMessage(`{"type":"list_reply","list_reply":{"id":"1","title":"Sim"}}`),
			},
			{
				PhoneNumberID: "p2", MessageID: "wamid.6", From: "553188887777", ProfileName: "Ana Souza", Type: "image",
				At: at(4), Text: "foto", Content: json.RawMessage(`{"id":"9","caption":"foto"}`),
			},
			{
				PhoneNumberID: "p2", MessageID: "wamid.7", From: "553188887777", ProfileName: "Ana Souza", Type: "contacts",
				At: at(5), Content: json.RawMessage(`[{"name":{}}]`),
			},
			{
				PhoneNumberID: "p2", MessageID: "wamid.8", From: "553188887777", ProfileName: "Ana Souza", Type: "unsupported",
				At: at(6), Content: json.RawMessage(`{"errors":[{"code":131051}]}`),
			},
		},
		Troubles:   []Trouble{{PhoneNumberID: "p1", ProviderError: ProviderError{Code: 131051}}},
		Unreadable: 8,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseCallbackRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw  string
		code portal.Code
	}{
		{"", portal.CodeMalformedJSON},
		{"{", portal.CodeMalformedJSON},
		{"[]", portal.CodeMalformedJSON},
		{`{"entry":{}}`, portal.CodeMalformedJSON},
		{strings.Repeat("[", 20000), portal.CodeMalformedJSON},
		{strings.Repeat(" ", MaxCallback+1), portal.CodeBodyTooLarge},
	} {
		if _, err := ParseCallback([]byte(c.raw)); !errors.Is(err, portal.Refuse(c.code)) {
			t.Errorf("ParseCallback(%.20q): %v, want %s", c.raw, err, c.code)
		}
	}
	other, err := ParseCallback([]byte(`{"object":"page","entry":[]}`))
	if err != nil || other.Unreadable != 1 {
		t.Errorf("another object: %+v, %v", other, err)
	}
}

func FuzzParseCallback(f *testing.F) {
	f.Add([]byte(batched))
	f.Add([]byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"},"messages":[{"from":"1","id":"\u0000","type":"\xff","timestamp":"4294967296"}]}}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCallback(raw)
		if err != nil {
			return
		}
		for _, s := range c.Statuses {
			if s.PhoneNumberID == "" || s.MessageID == "" || s.Status == "" || s.At.IsZero() || strings.Contains(s.MessageID+s.Correlation, "\x00") {
				t.Fatalf("%+v", s)
			}
			if s.Pricing != nil && !json.Valid(s.Pricing) {
				t.Fatalf("pricing %s", s.Pricing)
			}
		}
		for _, in := range c.Inbound {
			if in.From == "" && in.UserID == "" || in.MessageID == "" || in.Type == "" || in.At.IsZero() || strings.Contains(in.Text+in.ProfileName, "\x00") {
				t.Fatalf("%+v", in)
			}
			if in.Content != nil && !json.Valid(in.Content) {
				t.Fatalf("content %s", in.Content)
			}
		}
	})
}

func TestVerifySignature(t *testing.T) {
	t.Parallel()
	secret, raw := []byte("app secret"), []byte(`{"a":"\u00e1"}`)
	good := Sign(secret, raw)
	// Computed with: printf '%s' '{"a":"\u00e1"}' | openssl dgst -sha256 -hmac 'app secret'
	if good != "sha256=112839bbbec07f185c977e4a03247d0d2dc3c6d0694f87276107f51c7b771621" {
		t.Errorf("Sign = %s", good)
	}
	if !VerifySignature(secret, good, raw) || !VerifySignature(secret, "sha256="+strings.ToUpper(good[7:]), raw) {
		t.Error("a good signature is refused")
	}
	for name, header := range map[string]string{
		"none": "", "no prefix": good[7:], "sha1": "sha1=" + good[7:], "cut": good[:len(good)-2], "not hex": "sha256=zz",
		"other secret": Sign([]byte("other"), raw), "other bytes": Sign(secret, []byte(`{"a":"á"}`)),
	} {
		if VerifySignature(secret, header, raw) {
			t.Errorf("%s: believed", name)
		}
	}
	if VerifySignature(nil, Sign(nil, raw), raw) {
		t.Error("believed without a secret")
	}
}
