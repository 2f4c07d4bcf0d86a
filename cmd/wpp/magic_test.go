package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ending is what the contract says of one of the simulator's numbers.
type ending struct {
	number, status, code string
	more                 func(m magicWorld, answer map[string]any) string // what is wrong beside that, or ""
}

// magicWorld is an account that writes to the simulator's numbers.
type magicWorld struct {
	*server
	token string
}

// endings lists all of them but 10, which stops the account's number.
var endings = []ending{
	{"01", "delivered", "", nil},
	{"02", "read", "", func(_ magicWorld, m map[string]any) string { return want(m["delivered_at"], nil) }},
	{"03", "failed", "whatsapp_error", func(_ magicWorld, m map[string]any) string { return want(m["attempts"], 1.0) }},
	{"04", "number_not_found", "number_not_found", nil},
	{"05", "read", "", func(_ magicWorld, m map[string]any) string { return want(m["attempts"], 3.0) }},
	{"06", "read", "", nil},
	{"07", "read", "", func(_ magicWorld, m map[string]any) string { return want(m["attempts"], 1.0) }},
	{"08", "read", "", func(_ magicWorld, m map[string]any) string { return want(m["sequence"], 3.0) }},
	{"09", "expired", "expired_undelivered", nil},
	{"11", "failed", "window_closed", nil},
	{"12", "read", "", func(_ magicWorld, m map[string]any) string { return want(m["wa_id"], "551100000012") }},
	{"13", "read", "", nil},
	{"14", "read", "", func(w magicWorld, m map[string]any) string { return w.consent(m, "opted_out", "opted_out") }},
	{"15", "failed", "marketing_capped", nil},
	{"16", "failed", "opted_out", func(w magicWorld, m map[string]any) string { return w.consent(m, "unknown", "opted_out") }},
	{"17", "read", "", func(w magicWorld, m map[string]any) string { return w.answered(m, "Olá") }},
}

func want(got, want any) string {
	if got == want {
		return ""
	}
	raw, _ := json.Marshal([]any{got, want})
	return "got and want " + string(raw)
}

func (w magicWorld) get(path string) (answer map[string]any) {
	w.Helper()
	r := w.call(w.token, http.MethodGet, path, "")
	if err := json.Unmarshal([]byte(r.body), &answer); err != nil || r.status != http.StatusOK {
		w.Fatalf("GET %s: %d %s", path, r.status, r.body)
	}
	return answer
}

// consent waits for what the person chose.
func (w magicWorld) consent(m map[string]any, status, marketing string) string {
	w.Helper()
	eventually(w, "consent "+status+" "+marketing, func() bool {
		c := w.get("/v1/contacts/" + m["contact_id"].(string))["opt_in"].(map[string]any)
		return c["status"] == status && c["marketing"] == marketing
	})
	return ""
}

// answered waits for the person's answer.
func (w magicWorld) answered(m map[string]any, body string) string {
	w.Helper()
	eventually(w, "the answer "+body, func() bool {
		r := w.call(w.token, http.MethodGet, "/v1/messages?direction=inbound&contact_id="+m["contact_id"].(string), "")
		return strings.Contains(r.body, `"body":"`+body+`"`) || strings.Contains(r.body, `"body":"Ol\u00e1"`)
	})
	return ""
}

// TestMagicNumbersByTheAPI sends to each of the simulator's numbers through the
// public API: each message ends as the contract says.
func TestMagicNumbersByTheAPI(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := start(t, data)
	account := func(email string) string {
		c := s.commands()
		id := c.ok(password, "account", "create", "--name", "Magic", "--email", email, "--password-stdin", "--plan", "unlimited")["account_id"]
		return c.ok("", "token", "create", "--account", id, "--name", "Magic", "--environment", "test", "--scopes", "*")["token"]
	}
	w := magicWorld{s, account("magic@loja.example")}
	ids := map[string]string{}
	for _, e := range endings {
		ids[e.number] = w.made(w.token, http.MethodPost, "/v1/messages", textTo("+55119000000"+e.number, "Oi"))
	}
	w.logsOut(account("ten@loja.example"))
	for _, e := range endings {
		var m map[string]any
		late := time.After(time.Minute)
		for m = w.get("/v1/messages/" + ids[e.number]); m["status"] != e.status; m = w.get("/v1/messages/" + ids[e.number]) {
			select {
			case <-late:
				t.Fatalf("number %s: %v after a minute, want %s", e.number, m["status"], e.status)
			case <-time.After(100 * time.Millisecond):
			}
		}
		code := ""
		if failure, ok := m["error"].(map[string]any); ok {
			code, _ = failure["code"].(string)
		}
		if code != e.code {
			t.Errorf("number %s: error %q, want %q", e.number, code, e.code)
		}
		if e.more != nil {
			if wrong := e.more(w, m); wrong != "" {
				t.Errorf("number %s: %s", e.number, wrong)
			}
		}
	}
}

// logsOut is number 10: its message fails, the account's number stops, and a
// login brings it back.
func (w magicWorld) logsOut(token string) {
	w.Helper()
	w.token = token
	id := w.made(token, http.MethodPost, "/v1/messages", textTo("+5511900000010", "Oi"))
	eventually(w, "number 10 failed", func() bool { return w.get("/v1/messages/" + id)["status"] == "failed" })
	hello := `{"to":"+5511900000001",` + helloTemplate + `}`
	if r := w.call(token, http.MethodPost, "/v1/messages", hello); !strings.Contains(r.body, "channel_logged_out") {
		w.Errorf("after number 10: %d %s", r.status, r.body)
	}
	channel := w.get("/v1/configuration")["default_channel_id"].(string)
	if r := w.call(token, http.MethodPost, "/v1/test/channels/"+channel+"/login", ""); r.status >= 300 {
		w.Errorf("login: %d %s", r.status, r.body)
	}
	if r := w.call(token, http.MethodPost, "/v1/messages", hello); r.status != http.StatusAccepted {
		w.Errorf("after the login: %d %s", r.status, r.body)
	}
}
