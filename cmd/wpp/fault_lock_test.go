package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// TestForeignLock lets another process hold the write lock for three seconds:
// no caller meets an error, what they sent is stored, and reading goes on.
func TestForeignLock(t *testing.T) {
	t.Parallel()
	s, token, v := newFaulty(t)
	release := s.lock()
	ids := s.underLoad(token, func(l *load) {
		held := after(t, 3*time.Second)
		for waiting := true; waiting; {
			s.mustRead(token, v)
			select {
			case <-held:
				waiting = false
			default:
			}
		}
		if n := l.acknowledged(); n > 0 {
			t.Errorf("%d messages were acknowledged under a foreign lock", n)
		}
		release()
		eventually(t, "messages under way", func() bool { return l.acknowledged() >= 16 })
		l.mustHaveNoFaults(t)
	})
	s.mustKeep(ids)
}

// TestCommandsUnderLoad makes and revokes tokens at the command line while the
// server writes as fast as it can: both get their turn.
func TestCommandsUnderLoad(t *testing.T) {
	t.Parallel()
	s, token, _ := newFaulty(t)
	account := s.query(`SELECT id FROM accounts`)[0]
	rounds := 3
	if soak() {
		rounds = 50
	}
	var slowest time.Duration
	ids := s.underLoad(token, func(l *load) {
		eventually(t, "messages under way", func() bool { return l.acknowledged() >= 50 })
		for n := range rounds {
			began := time.Now()
			made := s.commands().ok("", "token", "create", "--account", account, "--name", fmt.Sprint("Token ", n), "--environment", "test", "--scopes", "*")
			if r := s.call(made["token"], http.MethodGet, "/v1/account", ""); r.status != http.StatusOK {
				t.Errorf("with the new token: %d %s", r.status, r.body)
			}
			s.commands().ok("", "token", "revoke", made["id"])
			if r := s.call(made["token"], http.MethodGet, "/v1/account", ""); codeOf(r) != portal.CodeRevokedToken {
				t.Errorf("with the revoked token: %d %s", r.status, r.body)
			}
			slowest = max(slowest, time.Since(began))
		}
		l.mustHaveNoFaults(t)
	})
	t.Logf("the slowest of %d rounds took %s", rounds, slowest)
	if slowest > promised(2*time.Second) {
		t.Errorf("making and revoking a token took %s", slowest)
	}
	s.mustKeep(ids)
}

// TestOverload has more callers than may wait: the others are told when to
// come back, nothing accepted is lost, and then all goes on.
func TestOverload(t *testing.T) {
	t.Parallel()
	s, token, v := newFaulty(t)
	release := s.lock()
	before := s.memory()
	const callers = 1600 // the queue takes 1,024, the batch under way 256
	refused, acknowledged := s.atOnce(token, callers)
	for range 300 {
		mustBeUnavailable(t, <-refused, portal.CodeOverloaded)
	}
	s.mustRead(token, v)
	most := 256 << 20
	if !soak() {
		most *= 4 // the race detector needs several times the memory
	}
	if more := s.memory() - before; more > most {
		t.Errorf("%d MiB more for %d callers", more>>20, callers)
	}
	release()
	ids := map[string]bool{}
	for id := range acknowledged {
		ids[id] = true
	}
	for r := range refused {
		mustBeUnavailable(t, r, portal.CodeOverloaded)
	}
	s.mustKeep(ids)
	if stored := len(s.kept()); stored != len(ids) {
		t.Errorf("%d messages stored, %d acknowledged", stored, len(ids))
	}
	s.made(token, http.MethodPost, "/v1/messages", hello(0))
}

// atOnce sends that many messages on as many connections. The channels hold all
// answers and are closed after the last.
func (s *server) atOnce(token string, callers int) (refused chan reply, acknowledged chan string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	refused, acknowledged = make(chan reply, callers), make(chan string, callers)
	var all sync.WaitGroup
	for n := range int64(callers) {
		all.Go(func() {
			r, err := post(client, s.url+"/v1/messages", hello(n), http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}})
			switch {
			case err != nil:
				s.Error(err)
			case r.status == http.StatusAccepted:
				acknowledged <- idOf(r)
			default:
				refused <- r
			}
		})
	}
	go func() {
		all.Wait()
		client.CloseIdleConnections()
		close(refused)
		close(acknowledged)
	}()
	return refused, acknowledged
}

// mustHaveNoFaults fails the test if a caller met an error so far.
func (l *load) mustHaveNoFaults(t testing.TB) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.faults) > 0 {
		t.Errorf("%d callers met an error, such as %q", len(l.faults), l.faults[0])
	}
}

// newFaulty returns a child to be hurt, a token of every scope of its one
// account, and the owner at a browser.
func newFaulty(t *testing.T) (s *server, token string, owner *visitor) {
	t.Helper()
	return outage{data: t.TempDir()}.start(t)
}

// mustRead fails the test unless reading goes on as ever, by token and in the
// portal, although the visit itself is due to be noted.
func (s *server) mustRead(token string, owner *visitor) {
	s.Helper()
	look := func(what string, get func() reply) {
		s.Helper()
		began := time.Now()
		r := get()
		if took := time.Since(began); r.status != http.StatusOK || took > promised(time.Second) {
			s.Errorf("%s: %d after %s\n%s", what, r.status, took, firstLine(r.body))
		}
	}
	for _, path := range []string{"/v1/account", "/v1/messages", "/v1/contacts?search=55", "/v1/requests"} {
		look(path, func() reply { return s.call(token, http.MethodGet, path, "") })
	}
	for _, path := range []string{"/overview?env=test", "/messages?env=live", "/logs?env=test", "/tokens?env=live", "/security", "/docs"} {
		look(path, func() reply { return owner.get(path) })
	}
}

func firstLine(body string) string {
	line, _, _ := strings.Cut(body, "\n")
	return line[:min(len(line), 300)]
}
