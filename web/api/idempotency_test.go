package api

import (
	"strings"
	"sync"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// limitDay lets the account send n messages in 24 hours.
func (w *world) limitDay(acc portal.Account, n int) {
	w.Helper()
	w.tx(func(tx *store.Tx) error {
		return tx.SetModule(acc.ID, portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}, Active: true, MessagesPerDay: n})
	})
}

func TestOneKeyOneEffect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	q := post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"oi"},"reference":"once"}`, "Idempotency-Key", "PED-50").with(f.secret)
	const parallel = 50
	answers := make([]got, parallel)
	var wg sync.WaitGroup
	for i := range parallel {
		wg.Go(func() { answers[i] = f.do(q) })
	}
	wg.Wait()
	fresh, ids := 0, map[string]bool{}
	for _, g := range answers {
		g.want(202, "")
		ids[g.text("id")] = true
		if g.header.Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if fresh != 1 || len(ids) != 1 {
		t.Errorf("%d effects, %d messages", fresh, len(ids))
	}
	list := f.do(get("/v1/messages?reference=once").with(f.secret)).want(200, "")
	if n := len(list.value("data").([]any)); n != 1 {
		t.Errorf("%d messages stored", n)
	}
	g := f.do(get("/v1/messages/"+answers[0].text("id")).with(f.secret)).want(200, "")
	if n := strings.Count(string(g.body), `"replayed":true`); n != parallel-1 {
		t.Errorf("%d replays in the timeline, want %d", n, parallel-1)
	}
}

func TestKeyIsBoundToItsRequestAndAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body := `{"to":"+5511900000001","type":"text","text":{"body":"oi"}}`
	first := f.do(post("/v1/messages", body, "Idempotency-Key", "K").with(f.secret)).want(202, "")
	again := f.do(post("/v1/messages", body, "Idempotency-Key", `"K"`).with(f.token(f.account, portal.Test))).want(202, "")
	if again.header.Get("Idempotency-Replayed") != "true" || string(again.body) != string(first.body) || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("not the same answer: %v %s", again.header, again.body)
	}
	if again.header.Get("Request-Id") == first.header.Get("Request-Id") {
		t.Error("a replay has an id of its own")
	}
	if row := f.row(f.account, portal.Test, again); !row.Replayed || row.OriginalRequestID != first.header.Get("Request-Id") {
		t.Errorf("log row: replayed %v of %q", row.Replayed, row.OriginalRequestID)
	}
	f.do(post("/v1/messages", body+" ", "Idempotency-Key", "K").with(f.secret)).want(422, portal.CodeIdempotencyMismatch)
	f.do(post("/v1/handoffs", `{"contact":{"external_id":"CLI-43"},"reason":"x"}`, "Idempotency-Key", "K").with(f.secret)).want(422, portal.CodeIdempotencyMismatch)
	for _, token := range []string{f.token(f.world.account(portal.PlanUnlimited), portal.Test), f.token(f.account, portal.Live)} {
		g := f.do(post("/v1/messages", strings.Replace(body, `"text","text":{"body":"oi"}`, `"template","template":{"name":"hello_world","language":{"code":"pt_BR"}}`, 1), "Idempotency-Key", "K").with(token)).want(202, "")
		if g.text("id") == first.text("id") {
			t.Error("the key of another account or environment was answered")
		}
	}
}

func TestKeyStaysFreeAfterAnError(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bad := `{"to":"+5521987654321","type":"text","text":{"body":"oi"}}`
	g := f.do(post("/v1/messages", bad, "Idempotency-Key", "F").with(f.secret)).want(422, portal.CodeWindowClosed)
	if row := f.row(f.account, portal.Test, g); row.MessageID != "" || row.ContactID != "" {
		t.Errorf("a refused call links to %q %q", row.MessageID, row.ContactID)
	}
	f.do(post("/v1/messages", example("sendMessage"), "Idempotency-Key", "F").with(f.secret)).want(202, "")
}

func TestKeptAnswersDoNotOutliveThePerson(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	send := post("/v1/messages", `{"to":"+5521987650001","type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"}}}`, "Idempotency-Key", "E1").with(f.secret)
	ask4 := post("/v1/handoffs", `{"contact":{"phone":"+5521987650001"},"reason":"Troca"}`, "Idempotency-Key", "E2").with(f.secret)
	f.do(send).want(202, "")
	f.do(ask4).want(201, "")
	f.do(ask{method: "DELETE", path: "/v1/contacts/phone:+5521987650001", token: f.secret}).want(204, "")
	for _, q := range []ask{send, ask4} {
		g := f.do(q).want(404, portal.CodeNotFound) // and nothing happens again
		if row := f.row(f.account, portal.Test, g); row.MessageID != "" || row.HandoffID != "" {
			t.Errorf("%s did something", q.path)
		}
	}
	if n := len(f.do(get("/v1/contacts?search=%2B5521987650001").with(f.secret)).value("data").([]any)); n != 0 {
		t.Errorf("%d contacts came back", n)
	}
}

func TestKeyIsIgnoredWhereNothingIsWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, q := range []ask{post("/v1/numbers/resolve", example("resolveNumber")), post("/v1/messages/validate", example("validateMessage"))} {
		q.header["Idempotency-Key"] = "V"
		f.do(q.with(f.secret)).want(200, "")
		f.do(q.with(f.secret)).want(200, "")
	}
	f.do(post("/v1/messages", example("sendMessage"), "Idempotency-Key", "V").with(f.secret)).want(202, "")
}

func TestKeptAnswersHoldNoSecret(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		made := f.do(post("/v1/webhook-endpoints", `{"url":"https://erp.example.com/k","events":["*"]}`, "Idempotency-Key", "make").with(f.secret)).want(201, "")
		id := made.text("id")
		rotated := f.do(post("/v1/webhook-endpoints/"+id+"/rotate-secret", "{}", "Idempotency-Key", "turn").with(f.secret)).want(200, "")
		if made.text("secret") == "" || rotated.text("secret") == "" || made.text("secret") == rotated.text("secret") {
			t.Fatalf("secrets %q and %q", made.text("secret"), rotated.text("secret"))
		}
		for _, q := range []ask{
			post("/v1/webhook-endpoints", `{"url":"https://erp.example.com/k","events":["*"]}`, "Idempotency-Key", "make"),
			post("/v1/webhook-endpoints/"+id+"/rotate-secret", "{}", "Idempotency-Key", "turn"),
		} {
			again := f.do(q.with(f.secret))
			if again.header.Get("Idempotency-Replayed") != "true" || again.text("id") != id || again.value("secret") != nil {
				t.Errorf("%s: %v %s", q.path, again.header, again.body)
			}
		}
		now := f.do(get("/v1/webhook-endpoints/" + id).with(f.secret))
		if now.text("public_key") != rotated.text("public_key") {
			t.Error("a replay rotated the secret again")
		}
	})
}
