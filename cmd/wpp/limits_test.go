package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal/limits/limitstest"
)

// degraded says whether limits should be shared and are not.
func (s *server) degraded() bool {
	s.Helper()
	return s.figure("wpp_limits_degraded") == 1
}

// TestRedisUnderTheProgram takes Redis away and gives it back: every call is
// answered, and the log and the metric tell.
func TestRedisUnderTheProgram(t *testing.T) {
	t.Parallel()
	redis := limitstest.Start(t)
	s := start(t, t.TempDir(), "--redis-url", redis.URL)
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "E", "--environment", "test", "--scopes", "*")["token"]
	call := func() {
		if r := s.call(token, "GET", "/v1/account", ""); r.status != http.StatusOK || r.header.Get("RateLimit") == "" {
			t.Errorf("%d %v", r.status, r.header)
		}
	}
	call()
	if s.degraded() {
		t.Error("degraded at first")
	}
	if said := c.must("doctor", "--redis-url", redis.URL); !strings.Contains(said, "ok   limits       shared by all nodes through redis ") {
		t.Error(said)
	}
	redis.Kill()
	for range 10 {
		call()
	}
	eventually(t, "degraded", s.degraded)
	code, said, _ := c.run("", "doctor", "--redis-url", redis.URL)
	if code != 1 || !strings.Contains(said, "BAD  limits       redis does not answer") {
		t.Errorf("doctor without Redis: exit %d, %s", code, said)
	}
	redis.Restart()
	eventually(t, "shared again", func() bool { return !s.degraded() })
	call()
	log := s.log.String()
	if lost, found := strings.Count(log, "limits are per node"), strings.Count(log, "limits are shared"); lost != 1 || found != 1 {
		t.Errorf("the log tells %d times that Redis went and %d times that it came:\n%s", lost, found, log)
	}
	if _, stdout, _ := c.run("", "config", "--redis-url", "redis://:hunter2@127.0.0.1:1/0"); strings.Contains(stdout, "hunter2") || !strings.Contains(stdout, "WPP_REDIS_URL=(set)") {
		t.Errorf("config prints %s", stdout)
	}
}
