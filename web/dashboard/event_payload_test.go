package dashboard

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// TestEventPayload shows what was sent: no field that was left out, the shop's
// goods and links, and nothing of the customer until it is revealed.
func TestEventPayload(t *testing.T) {
	t.Parallel()
	e := portal.Event{
		ExternalID: "PED-1", Type: portal.OrderCreated,
		Customer: json.RawMessage(`{"external_id":null,"phone":"+5531987654321","name":"Ana Souza","email":"ana@example.com","country":null,"opt_in":null}`),
		Data: json.RawMessage(`{"cart_id":null,"total":{"amount":0,"currency":"BRL"},"items":[{"name":"Camiseta azul","quantity":0,"url":null}],` +
			`"payment":{"method":"pix","pix_code":"000201BR"},"shipment":{"tracking_code":"BR123"},"links":{"order":"https://loja.example/p/1","cart":null}}`),
	}
	for _, c := range []struct {
		name       string
		sight      sight
		has, lacks []string
	}{
		{"masked", sight{}, []string{`"amount":0`, `"quantity":0`, "Camiseta azul", "https://loja.example/p/1", "Ana Souza", "-4321"}, []string{"987654321", "ana@example.com", "000201BR", "BR123"}},
		{"revealed", sight{revealed: true}, []string{"+5531987654321", "ana@example.com", "000201BR", "BR123"}, []string{"•"}},
		{"withheld", sight{withheld: true}, []string{`"pix"`}, []string{"Ana Souza", "987654321", "ana@example.com", "000201BR", "BR123", "https://"}},
	} {
		raw, err := c.sight.payload(e)
		if err != nil || !json.Valid(raw) {
			t.Fatalf("%s: %v, %s", c.name, err, raw)
		}
		for _, want := range c.has {
			if !strings.Contains(string(raw), want) {
				t.Errorf("%s: %q is not in %s", c.name, want, raw)
			}
		}
		for _, no := range append(c.lacks, "null", "cart_id", "country") {
			if strings.Contains(string(raw), no) {
				t.Errorf("%s: %q is in %s", c.name, no, raw)
			}
		}
	}
	numbered := portal.Event{Customer: json.RawMessage(`{"external_id":"5531987654321"}`)}
	for _, hidden := range []sight{{}, {withheld: true}} {
		if who, _ := hidden.customer(numbered); strings.Contains(who, "987654321") {
			t.Errorf("the shop's id of the customer is their number: %q", who)
		}
	}
	for id, want := range map[string]string{"PED-1:paid": "PED-1:paid", "ana@example.com:created": "•••@•••:created"} {
		if got := (sight{withheld: true}).key(id); got != want {
			t.Errorf("%s is shown as %s", id, got)
		}
	}
	if got := (sight{}).key("20261123101500:paid"); got != "20261123101500:paid" {
		t.Errorf("who writes needs the whole key, not %s", got)
	}
	e.Customer, e.Data = json.RawMessage(`{}`), json.RawMessage(`{}`)
	if raw, err := (sight{}).payload(e); err != nil || !strings.Contains(string(raw), `"customer":{},"data":{}`) {
		t.Errorf("erased: %s, %v", raw, err)
	}
}
