package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"sync"
	"testing"
)

// hearing is what a receiver heard.
type hearing struct {
	mu     sync.Mutex
	byID   map[string]string         // of an event, its body
	events map[string]map[int]string // of a subject: sequence to type
	faults []string
}

func (r *hearing) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var e struct {
		ID, Type, Subject string
		Sequence          int
	}
	raw, err := io.ReadAll(q.Body)
	if err != nil || json.Unmarshal(raw, &e) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, again := r.byID[e.ID]; again && before != string(raw) {
		r.faults = append(r.faults, e.ID+" came again with another body")
	}
	if e.ID != q.Header.Get("Webhook-Id") {
		r.faults = append(r.faults, e.ID+" under another webhook-id")
	}
	r.byID[e.ID] = string(raw)
	if r.events[e.Subject] == nil {
		r.events[e.Subject] = map[int]string{}
	}
	r.events[e.Subject][e.Sequence] = e.Type
	w.WriteHeader(http.StatusNoContent)
}

// whole says for how many messages every event from 1 to the last was heard.
func (r *hearing) whole() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, seen := range r.events {
		if seen[len(seen)] == "message.read" && seen[1] == "message.queued" {
			n++
		}
	}
	return n
}

// begun says for how many of the messages the first event was heard.
func (r *hearing) begun(ids []string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if r.events[id][1] == "message.queued" {
			n++
		}
	}
	return n
}

// TestEveryEventArrives kills the program during deliveries: the receiver hears
// of every event of every message at least once, under one id and with one body.
func TestEveryEventArrives(t *testing.T) {
	t.Parallel()
	r := &hearing{byID: map[string]string{}, events: map[string]map[int]string{}}
	receiver := httptest.NewServer(r)
	t.Cleanup(receiver.Close)
	data := t.TempDir()
	start(t, data).end()
	c := commands{t, data}
	account := c.ok(password, "account", "create", "--name", "Load", "--email", "load@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "Load", "--environment", "test", "--scopes", "*")["token"]
	permitted := func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "WPP_WEBHOOK_ALLOW_CIDRS=127.0.0.0/8") }

	s := startChanged(t, data, permitted)
	made := s.call(token, http.MethodPost, "/v1/webhook-endpoints", `{"url":"`+receiver.URL+`","events":["message.*"]}`)
	if made.status != http.StatusCreated {
		t.Fatalf("%d %s", made.status, made.body)
	}
	const rounds, each = 4, 60
	for round := range rounds {
		for i := range each {
			body := `{"to":"+55119` + strconv.Itoa(20000000+round*each+i) + `",` + helloTemplate + `}`
			if sent := s.call(token, http.MethodPost, "/v1/messages", body); sent.status != http.StatusAccepted {
				t.Fatalf("%d %s", sent.status, sent.body)
			}
		}
		before := r.whole()
		eventually(t, "deliveries under way", func() bool { return r.whole() > before })
		s.killed()
		s = startChanged(t, data, permitted)
	}
	// What WhatsApp was being asked when the program died nobody may ask again.
	lost := func() (ids []string) {
		var list struct{ Data []struct{ ID string } }
		answer := s.call(token, http.MethodGet, "/v1/messages?status=unknown&limit=100", "")
		if err := json.Unmarshal([]byte(answer.body), &list); err != nil || answer.status != http.StatusOK {
			t.Fatalf("%d %s", answer.status, answer.body)
		}
		for _, m := range list.Data {
			ids = append(ids, m.ID)
		}
		return ids
	}
	eventually(t, "every event", func() bool { return r.whole()+r.begun(lost()) == rounds*each })
	if n := len(lost()); n > rounds*each/2 {
		t.Errorf("%d messages of %d were lost in a call", n, rounds*each)
	}
	for _, fault := range r.faults {
		t.Error(fault)
	}
}
