package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// paid is a payment of an order, as a store reports it.
func paid(order string, more ...string) string {
	return fmt.Sprintf(`{"external_id":"%s:paid","type":"payment.approved","occurred_at":"%s","customer":{"external_id":"CLI-77","phone":"21 98765-4321","name":"Ana Lima"},"data":{"order_id":"%s","payment":{"method":"pix"}}%s}`,
		order, moments, order, strings.Join(more, ""))
}

// moments is when the events of these tests happened.
var moments = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)

// TestEventOnceByAPI: sent five times, three of them at once, an event is
// decided once, and only the first answer is a 202.
func TestEventOnceByAPI(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		seen := map[string]int{}
		send := func() {
			g := f.do(post("/v1/events", paid("P-1")).with(f.secret))
			mu.Lock()
			defer mu.Unlock()
			seen[fmt.Sprint(g.status, g.value("duplicate"))]++
			seen[g.text("id")]++
			if g.status == 202 && g.header.Get("Location") != "/v1/events/"+g.text("id") {
				t.Errorf("Location %q", g.header.Get("Location"))
			}
		}
		for range 3 {
			wg.Go(send)
		}
		wg.Wait()
		send()
		send()
		if seen["202 false"] != 1 || seen["200 true"] != 4 || len(seen) != 3 {
			t.Errorf("answers: %v", seen)
		}
		f.do(post("/v1/events", strings.Replace(paid("P-1"), `"pix"`, `"card"`, 1)).with(f.secret)).want(409, portal.CodeEventConflict)
	})
}

// TestEventIsFoundAgain: the answer, the event, the list and the log row tell the same.
func TestEventIsFoundAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	made := f.do(post("/v1/events", paid("P-1"), "Idempotency-Key", "P-1").with(f.secret)).want(202, "")
	id := made.text("id")
	if made.text("decision.outcome") != "none" || made.text("decision.reason") != "no_automation" || made.text("customer.phone") != "+5521987654321" {
		t.Errorf("decision: %s", made.body)
	}
	again := f.do(post("/v1/events", paid("P-1"), "Idempotency-Key", "P-1").with(f.secret)).want(202, "")
	if string(again.body) != string(made.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replayed: %s", again.body)
	}
	read := f.do(get("/v1/events/"+id).with(f.secret)).want(200, "")
	if string(read.body) != string(made.body) || read.header.Get("ETag") == "" {
		t.Errorf("read again: %s", read.body)
	}
	for _, path := range []string{
		"external_id=P-1:paid", "contact_id=" + made.text("contact_id"), "type=payment.approved", "outcome=none&type=payment.approved",
		"type=payment.approved&received_since=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339),
	} {
		if g := f.do(get("/v1/events?"+path).with(f.secret)).want(200, ""); g.text("data.0.id") != id || len(g.value("data").([]any)) != 1 {
			t.Errorf("%s: %s", path, g.body)
		}
	}
	if g := f.do(get("/v1/events?received_before=2020-01-01T00:00:00Z").with(f.secret)).want(200, ""); len(g.value("data").([]any)) != 0 {
		t.Errorf("before all: %s", g.body)
	}
	for _, g := range []got{made, again, read} {
		row := f.row(f.account, portal.Test, g)
		if row.EventID != id {
			t.Errorf("log row of %s %s: event %q", g.ask.method, g.ask.path, row.EventID)
		}
		for _, secret := range []string{"98765", "Ana"} {
			if strings.Contains(row.Bodies.RequestBody+row.Bodies.ResponseBody, secret) {
				t.Errorf("the log shows %s: %s %s", secret, row.Bodies.RequestBody, row.Bodies.ResponseBody)
			}
		}
	}
	if g := f.do(get("/v1/contacts/ext:CLI-77").with(f.secret)).want(200, ""); g.text("source") != "event" || g.text("name") != "Ana Lima" {
		t.Errorf("contact: %s", g.body)
	}
}

// TestEventOfAnErasedPerson: nothing that is kept brings the person back.
func TestEventOfAnErasedPerson(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		made := f.do(post("/v1/events", paid("P-1"), "Idempotency-Key", "P-1").with(f.secret)).want(202, "")
		f.batch("/v1/events/batch", array([]string{paid("P-2", `,"idempotency_key":"P-2"`)})).counts(1, 0)
		f.do(ask{method: "DELETE", path: "/v1/contacts/" + made.text("contact_id"), token: f.secret}).want(204, "")
		f.do(post("/v1/events", paid("P-1"), "Idempotency-Key", "P-1").with(f.secret)).want(404, portal.CodeNotFound)
		f.batch("/v1/events/batch", array([]string{paid("P-2", `,"idempotency_key":"P-2"`)})).line(0).want(404, portal.CodeNotFound)
		for _, g := range []got{f.do(post("/v1/events", paid("P-1")).with(f.secret)).want(200, ""), f.do(get("/v1/events/"+made.text("id")).with(f.secret)).want(200, "")} {
			if strings.Contains(string(g.body), "98765") || strings.Contains(string(g.body), "Ana") || g.text("contact_id") != made.text("contact_id") {
				t.Errorf("after the erasure: %s", g.body)
			}
		}
		f.do(get("/v1/contacts/ext:CLI-77").with(f.secret)).want(404, portal.CodeNotFound)
	})
}

// TestEventIsRefused holds the places of faults to a table.
func TestEventIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	with := func(old, now string) string { return strings.Replace(paid("P-9"), old, now, 1) }
	for name, c := range map[string]struct {
		body   string
		status int
		at     string
	}{
		"unknown field":     {with(`"data":{`, `"data":{"color":"red",`), 422, "/data/color"},
		"unknown in a part": {with(`"method":"pix"`, `"method":"pix","pix":"1"`), 422, "/data/payment/pix"},
		"type":              {with("payment.approved", "payment.made"), 422, "/type"},
		"no time":           {with(`"occurred_at":"`+moments+`",`, ""), 422, "/occurred_at"},
		"time to come":      {with(moments, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)), 422, "/occurred_at"},
		"no customer":       {with(`"external_id":"CLI-77","phone":"21 98765-4321",`, ""), 422, "/customer/phone"},
		"no key":            {with(`"P-9:paid"`, `""`), 422, "/external_id"},
		"e-mail":            {with(`"name":"Ana Lima"`, `"email":"ana"`), 422, "/customer/email"},
		"method":            {with(`"pix"`, `"cash"`), 422, "/data/payment/method"},
		"needs":             {with(`"order_id":"P-9",`, ""), 422, "/data/order_id"},
		"link":              {with(`"order_id"`, `"links":{"order":"http://loja.example.com"},"order_id"`), 422, "/data/links/order"},
		"money in halves":   {with(`"order_id"`, `"total":{"amount":10.5,"currency":"BRL"},"order_id"`), 422, "/data/total/amount"},
		"currency":          {with(`"order_id"`, `"total":{"amount":10,"currency":"ABC"},"order_id"`), 422, "/data/total/currency"},
		"boleto":            {with(`"pix"`, `"boleto","boleto_line":"123"`), 422, "/data/payment/boleto_line"},
		"nothing else":      {paid("P-11"), 202, ""},
		"nulls":             {strings.Replace(paid("P-10"), `"order_id"`, `"cart_id":null,"total":null,"items":null,"shipment":null,"links":null,"order_id"`, 1), 202, ""},
	} {
		g := f.do(post("/v1/events", c.body).with(f.secret))
		if g.status != c.status || c.at != "" && g.text("errors.0.pointer") != c.at {
			t.Errorf("%s: %d %s", name, g.status, g.body)
		}
	}
}

// TestEventsInBatches: a thousand lines, each with a result of its own.
func TestEventsInBatches(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		lines := make([]string, 1000)
		for i := range lines {
			lines[i] = strings.Replace(paid(fmt.Sprintf("B-%d", i)), `"external_id":"CLI-77","phone":"21 98765-4321"`, fmt.Sprintf(`"phone":"21 98%07d"`, i%50), 1)
		}
		lines[3] = lines[2]
		lines[5] = strings.Replace(lines[4], `"pix"`, `"card"`, 1)
		lines[7] = `{"type":"order.created"}`
		lines[9] = strings.Replace(lines[9], `"phone":"21 98`, `"phone":"20 9`, 1)
		began := time.Now()
		g := f.batch("/v1/events/batch", array(lines)).counts(998, 2)
		t.Logf("1,000 events in %s", time.Since(began).Round(time.Millisecond))
		for i, want := range map[int]string{2: "202 false", 3: "200 true", 999: "202 false"} {
			if got := fmt.Sprint(g.value(fmt.Sprintf("data.%d.status", i)), g.value(fmt.Sprintf("data.%d.event.duplicate", i))); got != want {
				t.Errorf("line %d: %s, want %s", i, got, want)
			}
		}
		if reason := g.text("data.9.event.decision.reason"); reason != "invalid_number" {
			t.Errorf("line 9: %s", reason)
		}
		whole := g
		whole.line(5).want(409, portal.CodeEventConflict)
		whole.line(7).want(422, portal.CodeValidationFailed)
		nd := f.batch("/v1/events/batch", strings.Join(lines[:4], "\n"), "Content-Type", ndjson).counts(4, 0)
		if nd.value("data.0.event.duplicate") != true {
			t.Errorf("again, as NDJSON: %.300s", nd.body)
		}
	})
}

// TestEventTypes: the catalog says what each type needs, and its examples are accepted.
func TestEventTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	g := f.do(get("/v1/event-types", "Accept-Language", "pt-BR").with(f.secret)).want(200, "")
	for i, kind := range portal.CommerceTypes {
		at := fmt.Sprintf("data.%d.", i)
		if g.text(at+"type") != kind.Name || g.text(at+"title") != kind.Title.PT || g.text(at+"example.type") != kind.Name || g.text(at+"schema.properties.type.const") != kind.Name {
			t.Errorf("%s: %v", kind.Name, g.value(fmt.Sprintf("data.%d", i)))
		}
		seen := g.value(at + "last_received_at")
		if (seen != nil) != (kind.Name == portal.OrderCreated) {
			t.Errorf("%s was last seen %v", kind.Name, seen)
		}
	}
	if got := fmt.Sprint(g.value("data.0.schema.properties.data.required")); got != "[cart_id items total links]" {
		t.Errorf("a cart needs %s", got)
	}
	if strings.Contains(string(g.body), "$ref") {
		t.Error("a schema has references")
	}
}
