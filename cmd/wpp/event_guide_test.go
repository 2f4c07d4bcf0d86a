package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
)

// programs are how the samples of each language are run.
var programs = map[string][]string{
	"curl": {"sh"}, "go": goTool("run"), "node": {"node"}, "php": {"php"}, "python": {"python3"},
}

// runs runs a sample of the guides as it stands on its page and returns what it says.
func (s *server) runs(t *testing.T, name string, l apidocs.Language, token string) string {
	t.Helper()
	extension := map[string]string{"go": ".go", "node": ".mjs"}[l.ID]
	file := filepath.Join(t.TempDir(), name+extension)
	if err := os.WriteFile(file, []byte(apidocs.Sample(name, l, s.url)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	program := append(programs[l.ID], file)
	cmd := exec.CommandContext(t.Context(), program[0], program[1:]...)
	cmd.Env = append(os.Environ(), "WPP_TOKEN="+token)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v, if it is missing run make install-test-tools\n%s", err, out)
	}
	return string(out)
}

// TestEventSamples runs the programs of the guide: each reports an order, which
// an automation answers. The same order again is a repeat, another one under its
// key a conflict.
func TestEventSamples(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "Loja", "--environment", "test", "--scopes", "events:write,events:read")["token"]
	owner := s.signIn("ana@loja.example", password)
	made := owner.post("/automations", url.Values{"env": {"test"}, "name": {"Pedido"}, "trigger": {portal.OrderCreated}})
	id := idPattern.FindString(made.header.Get("Location"))
	if got := owner.post("/automations/"+id, url.Values{
		"env": {"test"}, "do": {"publish"}, "name": {"Pedido"}, "trigger": {portal.OrderCreated}, "delay": {"0"}, "unit": {"minutes"}, "always": {"1"},
		"template": {"order_update"}, "language": {"pt_BR"}, "p.name": {"{{customer.first_name}}"}, "p.order": {"{{order_id}}"}, "p.status": {"recebido"},
	}); got.status != http.StatusSeeOther {
		t.Fatalf("not published: %d %s", got.status, got.body)
	}
	for _, l := range apidocs.Languages {
		t.Run(l.ID, func(t *testing.T) {
			if page := s.visitor().get("/docs/events?code=" + l.ID).body; !strings.Contains(page, "order.created") || !strings.Contains(page, "WPP_TOKEN") {
				t.Error("the guide does not show it")
			}
			said := s.runs(t, "report", l, token)
			if !strings.Contains(said, portal.EventMatched) || !strings.Contains(said, portal.PrefixEvent) {
				t.Errorf("it says %s", said)
			}
		})
	}
	eventually(t, "a message of each event", func() bool {
		return len(s.query(`SELECT id FROM automation_runs WHERE outcome = 'sent' AND message_id <> ''`)) == len(apidocs.Languages)
	})
	s.repeats(token)
}

// repeats sends what a sample sent once more, and another order under its key.
func (s *server) repeats(token string) {
	s.Helper()
	var list struct{ Data []map[string]any }
	r := s.call(token, http.MethodGet, "/v1/events?external_id=PED-2003:created", "")
	if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list.Data) != 1 {
		s.Fatalf("%d %s", r.status, r.body)
	}
	body := map[string]any{
		"external_id": "PED-2003:created", "type": portal.OrderCreated, "occurred_at": list.Data[0]["occurred_at"],
		"customer": map[string]any{"external_id": "CLI-42", "phone": "+5511900000001", "name": "Cliente Exemplo"},
		"data":     map[string]any{"order_id": "2003", "total": map[string]any{"amount": 19990, "currency": "BRL"}},
	}
	for _, want := range []struct {
		status int
		says   string
	}{{http.StatusOK, `"duplicate":true`}, {http.StatusConflict, `"event_conflict"`}} {
		raw, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		if got := s.call(token, http.MethodPost, "/v1/events", string(raw)); got.status != want.status || !strings.Contains(got.body, want.says) {
			s.Errorf("%d %s, not %d", got.status, got.body, want.status)
		}
		body["data"] = map[string]any{"order_id": "2003", "total": map[string]any{"amount": 20000, "currency": "BRL"}}
	}
}
