package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store/pgserver"
)

// outageAnswer is how soon a refusal comes while PostgreSQL is away.
const outageAnswer = 5 * time.Second

// TestPostgresAway takes PostgreSQL away for a while: every call is refused soon
// and in order, no node dies, and afterwards all goes on by itself.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
	postgres, err := pgserver.Start("fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := &cluster{t, postgres.Address()}
	a := c.node()
	b := c.node()
	account := c.newAccount()
	_, secret := c.newToken(account, portal.ScopeMessagesSend, portal.ScopeMessagesRead)
	person := a.signIn("load@loja.example", password)
	sent := c.accepted(a, secret)

	if err := postgres.Crash(); err != nil {
		t.Fatal(err)
	}
	away := 2 * time.Second
	if soak() {
		away = 10 * time.Second
	}
	for start := time.Now(); time.Since(start) < away; {
		for _, v := range []*visitor{person, person.on(b)} {
			v.refused(secret)
		}
	}
	c.refusesToStart()
	if err := postgres.Restart(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	for _, node := range []*server{a, b, c.node()} {
		eventually(t, "ready again", func() bool { return node.call("", http.MethodGet, "/readyz", "").status == http.StatusOK })
		eventually(t, "accepting again", func() bool {
			return node.call(secret, http.MethodPost, "/v1/messages", hello(1)).status == http.StatusAccepted
		})
	}
	t.Logf("accepting %s after PostgreSQL was back", time.Since(back))
	eventually(t, "sending again", func() bool {
		return c.count(`SELECT count(*) FROM messages WHERE status IN ('delivered', 'read')`) >= 3
	})
	t.Logf("sending %s after PostgreSQL was back", time.Since(back))
	if n := c.count(`SELECT count(*) FROM messages WHERE id = '` + sent + `'`); n != 1 {
		t.Error("what was acknowledged before is gone")
	}
	// The nodes hear each other again.
	live := person.stream("/logs/live?env=test")
	_, secret = c.newToken(account, portal.ScopeContactsRead)
	tailed(t, b, secret, live)
}

// refusesToStart starts a node while PostgreSQL is away, which says why it ends
// and what to do, and nothing secret.
func (c *cluster) refusesToStart() {
	c.Helper()
	said := serveOnce(c.TB, "--addr", "127.0.0.1:0", "--database-url", with(c.TB, c.address, "password", "geheim"), "--secret-key", clusterKey())
	for _, want := range []string{"wpp: the database cannot be opened", "failed to connect", "PostgreSQL runs", "WPP_DATABASE_URL"} {
		if !strings.Contains(said, want) {
			c.Errorf("a node that starts meanwhile does not say %q: %s", want, said)
		}
	}
	if strings.Contains(said, "geheim") {
		c.Errorf("the password is in the answer: %s", said)
	}
}

// refused checks how a node answers while PostgreSQL is away.
func (v *visitor) refused(secret string) {
	v.Helper()
	for _, ask := range []struct{ method, path, body, want string }{
		{http.MethodGet, "/v1/messages", "", `"code":"storage_unavailable"`},
		{http.MethodPost, "/v1/messages", hello(1), `"code":"storage_unavailable"`},
		{http.MethodGet, "/overview", "", ""},
	} {
		h := http.Header{"Content-Type": {"application/json"}}
		if strings.HasPrefix(ask.path, "/v1/") {
			h.Set("Authorization", "Bearer "+secret)
		}
		start := time.Now()
		r := v.send(ask.method, ask.path, strings.NewReader(ask.body), h)
		if took := time.Since(start); took > promised(outageAnswer) {
			v.Errorf("%s %s: answered after %s", ask.method, ask.path, took)
		}
		if r.status != http.StatusServiceUnavailable || !strings.Contains(r.body, ask.want) || r.header.Get("Retry-After") == "" {
			v.Errorf("%s %s: %d, Retry-After %q, %s", ask.method, ask.path, r.status, r.header.Get("Retry-After"), r.body)
		}
	}
	for path, want := range map[string]int{"/readyz": http.StatusServiceUnavailable, "/healthz": http.StatusOK} {
		if r := v.get(path); r.status != want {
			v.Errorf("%s: %d, want %d", path, r.status, want)
		}
	}
}

// accepted sends a message and returns its id.
func (c *cluster) accepted(node *server, secret string) string {
	c.Helper()
	return node.made(secret, http.MethodPost, "/v1/messages", hello(0))
}
