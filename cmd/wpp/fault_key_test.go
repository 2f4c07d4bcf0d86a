package main

import (
	"net/http"
	"sync"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// TestOneKeyOneEffectAcrossAKill sends one message fifty times in parallel
// under one key, kills the program meanwhile, and sends it again.
func TestOneKeyOneEffectAcrossAKill(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	token := newSender(t, data)
	c := commands{t, data}
	account := c.ok(password, "account", "create", "--name", "Other", "--email", "other@loja.example", "--password-stdin")["account_id"]
	other := c.ok("", "token", "create", "--account", account, "--name", "Other", "--environment", "test", "--scopes", "*")["token"]
	const parallel = 50
	var kept []reply
	for range 3 {
		s := startChild(t, data)
		answers := make(chan reply, parallel)
		var all sync.WaitGroup
		for range parallel {
			all.Go(func() {
				if r, err := s.keyed(token, hello(1)); err == nil {
					answers <- r
				}
			})
		}
		kept = append(kept, <-answers) // the others are on their way
		s.killed()
		all.Wait()
		close(answers)
		for r := range answers {
			kept = append(kept, r)
		}
	}
	s := startChild(t, data)
	last, err := s.keyed(token, hello(1))
	if err != nil || last.header.Get("Idempotency-Replayed") != "true" {
		t.Fatalf("after the last kill: %d %v %s, %v", last.status, last.header, last.body, err)
	}
	fresh := 0
	for _, r := range kept {
		if r.status != http.StatusAccepted || r.body != last.body || r.header.Get("Location") != last.header.Get("Location") {
			t.Errorf("%d %s, want %s", r.status, r.body, last.body)
		}
		if r.header.Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if stored := s.query(`SELECT id FROM messages`); len(stored) != 1 || fresh > 1 {
		t.Errorf("messages %v, %d answers that are not replayed", stored, fresh)
	}
	if r, err := s.keyed(token, hello(2)); err != nil || r.status != http.StatusUnprocessableEntity || codeOf(r) != portal.CodeIdempotencyMismatch {
		t.Errorf("another body: %d %s, %v", r.status, r.body, err)
	}
	if r, err := s.keyed(other, hello(1)); err != nil || r.status != http.StatusAccepted || idOf(r) == idOf(last) {
		t.Errorf("another account: %d %s, %v", r.status, r.body, err)
	}
}

// keyed sends a message under the one key of the test.
func (s *server) keyed(token, body string) (reply, error) {
	return post(http.DefaultClient, s.url+"/v1/messages", body, http.Header{
		"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"PED-50"},
	})
}
