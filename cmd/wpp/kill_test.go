package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hello is a template, which needs no window, to the n-th of a thousand numbers.
func hello(n int64) string {
	return fmt.Sprintf(`{"to":"+55119%08d",%s}`, 10000000+n%1000, helloTemplate)
}

// newSender gives a data folder an account without limits and a token that sends.
func newSender(t testing.TB, data string) (token string) {
	t.Helper()
	c := commands{t, data}
	account := c.ok(password, "account", "create", "--name", "Load", "--email", "load@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	return c.ok("", "token", "create", "--account", account, "--name", "Load", "--environment", "test", "--scopes", "messages:send")["token"]
}

// load sends messages on several connections until its context ends, and keeps
// what was acknowledged.
type load struct {
	url, token string
	sent       atomic.Int64
	mu         sync.Mutex
	ids        map[string]bool // acknowledged
	faults     []string        // answers that are no acknowledgement and no refused connection
}

// run returns after ctx has ended and every call has its answer, or none.
func (l *load) run(ctx context.Context, connections int) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for ctx.Err() == nil {
				id, fault := l.one(client)
				l.mu.Lock()
				if id != "" {
					l.ids[id] = true
				}
				if fault != "" {
					l.faults = append(l.faults, fault)
				}
				l.mu.Unlock()
			}
		})
	}
	all.Wait()
}

// one sends a message. A call without an answer is neither acknowledged nor a fault.
func (l *load) one(client *http.Client) (id, fault string) {
	r, err := http.NewRequest(http.MethodPost, l.url+"/v1/messages", strings.NewReader(hello(l.sent.Add(1))))
	if err != nil {
		return "", err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := client.Do(r)
	if err != nil {
		return "", ""
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return "", "cut: " + err.Error()
	}
	var message struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &message); err != nil || res.StatusCode != http.StatusAccepted {
		return "", fmt.Sprintf("%d %s", res.StatusCode, raw)
	}
	return message.ID, ""
}

// acknowledged returns how many messages were acknowledged so far.
func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

// refused returns how many calls had another answer so far.
func (l *load) refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.faults)
}

// TestKillUnderLoad kills the program while it accepts messages: it is ready
// soon again, and whatever was acknowledged is there, with its row of the log.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	token, ids := newSender(t, data), map[string]bool{}
	end := time.Now().Add(time.Minute)
	for round := 0; round < 3 || soak() && time.Now().Before(end); round++ {
		began := time.Now()
		s := startChild(t, data)
		if took := time.Since(began); took > promised(time.Second) {
			t.Errorf("ready %s after the start", took)
		}
		life := after(t, 300*time.Millisecond+rand.N(700*time.Millisecond))
		maps.Copy(ids, s.underLoad(token, func(l *load) {
			eventually(t, "messages under way", func() bool { return l.acknowledged() >= 10 })
			<-life
			s.killed()
		}))
	}
	s := start(t, data)
	s.mustKeep(ids)
	// Nobody is told twice: a message has one row at the most that WhatsApp accepted.
	if twice := s.query(`SELECT message_id FROM attempts WHERE outcome = 'accepted' GROUP BY message_id HAVING count(*) > 1`); len(twice) > 0 {
		t.Errorf("sent twice: %v", twice)
	}
}

// underLoad sends messages on sixteen connections while act runs, and returns
// the acknowledged ids.
func (s *server) underLoad(token string, act func(l *load)) map[string]bool {
	s.Helper()
	l := &load{url: s.url, token: token, ids: map[string]bool{}}
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.run(ctx, 16) }()
	act(l)
	cancel()
	<-done
	return l.ids
}

// TestStopUnderLoad stops the program while it accepts messages and a live page
// is open: it ends by itself, and whoever was let in has an answer.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	token := newSender(t, data)
	s := startChild(t, data)
	stream := s.signIn("load@loja.example", password).live("/logs/live?env=test")
	defer stream()
	l := &load{url: s.url, token: token, ids: map[string]bool{}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.run(ctx, 16) }()
	eventually(t, "messages under way", func() bool { return l.acknowledged() >= 200 })
	began := time.Now()
	code := s.end()
	took := time.Since(began)
	cancel()
	<-done
	if code != 0 || took > promised(10*time.Second) {
		t.Errorf("exit %d after %s\n%s", code, took, s.log)
	}
	if len(l.faults) > 0 {
		t.Errorf("%d calls were cut or refused, such as %q", len(l.faults), l.faults[0])
	}
	if kept := len(start(t, data).query(`SELECT id FROM messages`)); kept != l.acknowledged() {
		t.Errorf("%d messages were stored, %d acknowledged", kept, l.acknowledged())
	}
}

// live opens a page's stream and leaves it open.
func (v *visitor) live(path string) (leave func()) {
	v.Helper()
	res, err := v.client.Get(v.url + path)
	if err != nil {
		v.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		v.Fatalf("%s: %d %s", path, res.StatusCode, res.Header)
	}
	return func() { _ = res.Body.Close() }
}
