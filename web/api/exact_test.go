package api

import (
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// A customer's number is not another one after a while here.
func TestNumbersOfAttributesStayExact(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body := `{"external_id":"CLI-9","attributes":{"erp_id":9007199254740993,"nota":1.10,"grande":123456789012345678901234567890,"negativo":-0.5,"vip":true}}`
	want := `"attributes":{"erp_id":9007199254740993,"grande":123456789012345678901234567890,"negativo":-0.5,"nota":1.10,"vip":true}`
	q := ask{method: "PUT", path: "/v1/contacts", body: body}.with(f.secret)
	for what, g := range map[string]got{"written": f.do(q).want(201, ""), "read": f.do(get("/v1/contacts/ext:CLI-9").with(f.secret)).want(200, "")} {
		if !strings.Contains(string(g.body), want) {
			t.Errorf("%s: %s", what, g.body)
		}
	}
	again := f.do(q).want(200, "")
	if first := f.do(q).want(200, ""); first.text("updated_at") != again.text("updated_at") {
		t.Error("the same numbers were a change")
	}
	batch := f.do(post("/v1/contacts/batch", "["+body+"]").with(f.secret)).want(200, "")
	if !strings.Contains(string(batch.body), want) {
		t.Errorf("in a batch: %s", batch.body)
	}
	f.do(ask{method: "PUT", path: "/v1/contacts", body: `{"external_id":"CLI-9","attributes":{"n":1e400}}`}.with(f.secret)).want(400, "malformed_json")
	f.do(ask{method: "PUT", path: "/v1/contacts", body: `{"external_id":"CLI-9","attributes":{"n":1.` + strings.Repeat("0", 501) + `}}`}.with(f.secret)).want(422, "validation_failed")
}

// What is missing or out of range is named, not only pointed at.
func TestLimitsAreNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.do(ask{method: "PUT", path: "/v1/contacts", body: `{"external_id":"SEM-FONE","name":"Ana"}`}.with(f.secret)).want(201, "")
	for body, c := range map[string]struct{ code, words string }{
		`{"to":"ext:SEM-FONE","type":"text","text":{"body":"oi"}}`:                                       {"invalid_number", "has no phone number"},
		`{"to":"+5511900000001","type":"text","text":{"body":"oi"},"send_at":"2999-01-01T00:00:00Z"}`:    {"validation_failed", "30 days ahead"},
		`{"to":"+5511900000001","type":"text","text":{"body":"oi"},"expires_at":"2999-01-01T00:00:00Z"}`: {"validation_failed", "30 seconds to 30 days"},
	} {
		g := f.do(post("/v1/messages", body, "Accept-Language", "en").with(f.secret)).want(422, portal.Code(c.code))
		if !strings.Contains(string(g.body), c.words) {
			t.Errorf("%s does not say %q", g.body, c.words)
		}
	}
	g := f.do(post("/v1/messages/validate", `{"to":"ext:SEM-FONE","type":"text","text":{"body":"oi"}}`, "Accept-Language", "en").with(f.secret)).want(200, "")
	if !strings.Contains(string(g.body), "has no phone number") {
		t.Errorf("%s", g.body)
	}
}
