package main

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/tokens"
)

// prober calls one node a hundred times a second with one token.
type prober struct {
	node   *server
	secret string

	mu      sync.Mutex
	good    int       // 2xx
	last    time.Time // when the last of them came
	refused int       // since then
}

func (p *prober) run(stop <-chan struct{}) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	client := &http.Client{Timeout: patience}
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		r, err := get(client, p.node.url+"/v1/contacts", p.secret)
		if err != nil {
			p.node.Error(err)
			return
		}
		p.mu.Lock()
		if r.status/100 == 2 {
			p.good, p.last, p.refused = p.good+1, time.Now(), 0
		} else {
			p.refused++
		}
		p.mu.Unlock()
	}
}

func (p *prober) state() (good, refused int, last time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.good, p.refused, p.last
}

// lastGood makes a change while both nodes are called and returns how long after
// it, at most, a node still let a call through.
func (c *cluster) lastGood(nodes []*server, secret string, change func()) (latest time.Duration) {
	c.Helper()
	stop := make(chan struct{})
	var running sync.WaitGroup
	var probers []*prober
	for _, node := range nodes {
		p := &prober{node: node, secret: secret}
		probers = append(probers, p)
		running.Go(func() { p.run(stop) })
	}
	defer running.Wait()
	defer close(stop)
	all := func(holds func(p *prober) bool) func() bool {
		return func() bool {
			for _, p := range probers {
				if !holds(p) {
					return false
				}
			}
			return true
		}
	}
	eventually(c, "calls on every node", all(func(p *prober) bool { good, _, _ := p.state(); return good >= 30 }))
	change()
	changed := time.Now()
	eventually(c, "refusals on every node", all(func(p *prober) bool { _, refused, _ := p.state(); return refused >= 60 }))
	for _, p := range probers {
		_, _, last := p.state()
		latest = max(latest, last.Sub(changed))
	}
	return latest
}

// TestChangesHoldOnEveryNode: a token revoked by the command line, scopes and a
// module taken away by one node hold on all of them within a second.
func TestChangesHoldOnEveryNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	nodes := []*server{c.node(), c.node()}
	account := c.newAccount()
	tenant := portal.Tenant{AccountID: account, Environment: portal.Test}
	here := c.store()
	actor := portal.Actor{Kind: portal.ActorSystem}
	for _, ch := range []struct {
		name   string
		change func(id string) error
	}{
		{"revoked", func(id string) error { c.ok("", "token", "revoke", id); return nil }},
		{"scope", func(id string) error {
			scopes := []string{portal.ScopeMessagesRead}
			_, err := tokens.New(tokens.Options{Store: here}).Update(t.Context(), actor, tenant, id, tokens.Change{Scopes: &scopes})
			return err
		}},
		{"module", func(string) error {
			return accounts.New(accounts.Options{Store: here}).SetModule(t.Context(), actor, account, portal.AccountModule{Module: portal.Module{Name: portal.ModuleContacts}})
		}},
	} {
		id, secret := c.newToken(account, portal.ScopeContactsRead)
		took := c.lastGood(nodes, secret, func() {
			if err := ch.change(id); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: the last call was let through %s after", ch.name, took)
		if took > promised(time.Second) {
			t.Errorf("%s: the last call was let through %s after", ch.name, took)
		}
	}
}

// on is the same browser at another node.
func (v *visitor) on(node *server) *visitor { return &visitor{v.TB, node.url, v.client} }

// stream opens a live page. Lines are what it sends; it is closed at its end.
func (v *visitor) stream(path string) (lines <-chan string) {
	v.Helper()
	res, err := (&http.Client{Jar: v.client.Jar}).Get(v.url + path) // without a time limit
	if err != nil {
		v.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		v.Fatalf("%s: %d", path, res.StatusCode)
	}
	v.Cleanup(func() { _ = res.Body.Close() })
	out := make(chan string, 10000)
	go func() {
		defer close(out)
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			out <- in.Text()
		}
	}()
	return out
}

// ended returns how long it takes until a stream ends.
func ended(t *testing.T, lines <-chan string) time.Duration {
	t.Helper()
	start, late := time.Now(), time.After(patience)
	for {
		select {
		case _, open := <-lines:
			if !open {
				return time.Since(start)
			}
		case <-late:
			t.Fatal("the stream does not end")
		}
	}
}

// TestSessionsAndTailsOfEveryNode: whoever signed in at one node is signed in at
// the other, sees the calls of both, and is out of both at once.
func TestSessionsAndTailsOfEveryNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	a, b := c.node(), c.node()
	account := c.newAccount()
	_, secret := c.newToken(account, portal.ScopeContactsRead)
	onA := a.signIn("load@loja.example", password)
	onB := onA.on(b)
	if r := onB.get("/overview"); r.status != http.StatusOK {
		t.Fatalf("the other node: %d", r.status)
	}

	live := onB.stream("/logs/live?env=test")
	tailed(t, a, secret, live)

	// Another role ends what it may not see, on both nodes.
	const role = `UPDATE memberships SET role = 'agent' WHERE account_id = '`
	c.query(role + account + `'`)
	if took := ended(t, live); took > promised(time.Second) {
		t.Errorf("the stream ended %s after the role had changed", took)
	}
	for _, v := range []*visitor{onA, onB} {
		if r := v.get("/logs?env=test"); r.status == http.StatusOK {
			t.Error("the log is shown to an agent")
		}
	}
	c.query(strings.Replace(role, "agent", "owner", 1) + account + `'`)

	live = onB.stream("/logs/live?env=test")
	if r := onA.post("/logout", url.Values{}); r.status != http.StatusSeeOther {
		t.Fatalf("sign-out: %d", r.status)
	}
	if took := ended(t, live); took > promised(time.Second) {
		t.Errorf("the stream ended %s after sign-out", took)
	}
	if r := onB.get("/overview"); r.status != http.StatusSeeOther {
		t.Errorf("the other node after sign-out: %d", r.status)
	}
}

// tailed calls a node and waits until a stream of another one shows the call.
func tailed(t *testing.T, node *server, secret string, live <-chan string) {
	t.Helper()
	// The node hears of the stream some moments after it was opened.
	eventually(t, "the first call is shown", func() bool {
		node.call(secret, http.MethodGet, "/v1/contacts", "")
		select {
		case line := <-live:
			return strings.HasPrefix(line, "event: row")
		case <-time.After(200 * time.Millisecond):
			return false
		}
	})
	for range 10 {
		start := time.Now()
		id := node.call(secret, http.MethodGet, "/v1/contacts", "").header.Get("Request-Id")
		for line := range live {
			if strings.Contains(line, id) {
				break
			}
		}
		if took := time.Since(start); took > promised(time.Second) {
			t.Errorf("shown after %s", took)
		}
	}
}
