package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wppmarketing/developers/portal"
)

// laptop is the machine of a developer: a receiver, and wpp listen.
type laptop struct {
	testing.TB
	receiver *httptest.Server
	state    string
	token    string
	url      string // of the server
	status   atomic.Int64

	mu     sync.Mutex
	ids    []string // of the events that came, in order
	types  []string
	faults []string
	secret *standardwebhooks.Webhook
}

func newLaptop(t *testing.T, server, token string) *laptop {
	t.Helper()
	l := &laptop{TB: t, state: t.TempDir(), token: token, url: server}
	l.status.Store(http.StatusNoContent)
	l.receiver = httptest.NewServer(l)
	t.Cleanup(l.receiver.Close)
	return l
}

func (l *laptop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var e struct{ ID, Type string }
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil || json.Unmarshal(body, &e) != nil || e.ID != r.Header.Get("Webhook-Id"):
		l.faults = append(l.faults, "no event: "+string(body))
	case l.secret.Verify(body, r.Header) != nil:
		l.faults = append(l.faults, e.ID+" does not verify")
	}
	l.ids, l.types = append(l.ids, e.ID), append(l.types, e.Type)
	w.WriteHeader(int(l.status.Load()))
}

func (l *laptop) heard() (ids, types []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ids), slices.Clone(l.types)
}

// reads waits until so many events came, and returns their ids.
func (l *laptop) reads(count int) []string {
	l.Helper()
	eventually(l, "events at the receiver", func() bool {
		ids, _ := l.heard()
		return len(ids) >= count
	})
	ids, _ := l.heard()
	return ids
}

// listening is wpp listen at work.
type listening struct {
	*laptop
	out   *output
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// command is a command line of wpp listen.
func (l *laptop) command(more ...string) *exec.Cmd {
	args := append([]string{"listen", "--forward", l.receiver.URL + "/wpp", "--url", l.url, "--state", l.state}, more...)
	cmd := childCommand(l, args...)
	cmd.Env = append(cmd.Env, "WPP_TOKEN="+l.token)
	return cmd
}

// listen starts it, and has the receiver verify with the secret that it prints.
func (l *laptop) listen(more ...string) *listening {
	l.Helper()
	on := &listening{laptop: l, out: newOutput(), cmd: l.command(more...)}
	on.cmd.Stdout, on.cmd.Stderr = on.out, on.out
	var err error
	if on.stdin, err = on.cmd.StdinPipe(); err != nil {
		l.Fatal(err)
	}
	if err := on.cmd.Start(); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(on.end)
	_, secret, _ := strings.Cut(on.says("WPP_WEBHOOK_SECRET="), "WPP_WEBHOOK_SECRET=")
	secret, _, _ = strings.Cut(secret, "\n")
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		l.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret = wh
	return on
}

// says waits until the words were written, and returns all that was.
func (on *listening) says(words string) string {
	on.Helper()
	eventually(on, "wpp listen says "+words, func() bool {
		text := on.out.String()
		return strings.Contains(text, words) && strings.HasSuffix(text, "\n")
	})
	return on.out.String()
}

func (on *listening) end() {
	_ = on.cmd.Process.Kill()
	_ = on.cmd.Wait()
}

// goingOn is the program behind an address that stays the same while it is
// killed and started again.
type goingOn struct {
	*server
	front *httptest.Server
	at    atomic.Pointer[url.URL]
}

func newGoingOn(t *testing.T, data string) *goingOn {
	t.Helper()
	g := new(goingOn)
	g.front = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(g.at.Load()) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(g.front.Close)
	g.up(t, data)
	return g
}

func (g *goingOn) up(t *testing.T, data string) {
	t.Helper()
	g.server = startChild(t, data)
	at, err := url.Parse(g.url)
	if err != nil {
		t.Fatal(err)
	}
	g.at.Store(at)
}

// hello sends a message, and waits for the last of its four events.
func (g *goingOn) hello(token string) {
	g.Helper()
	id := g.made(token, http.MethodPost, "/v1/messages", `{"to":"+5531987654321",`+helloTemplate+`}`)
	eventually(g, "read", func() bool {
		return strings.Contains(g.call(token, http.MethodGet, "/v1/webhook-events?after=&limit=100", "").body, `"type":"message.read"`) &&
			strings.Contains(g.call(token, http.MethodGet, "/v1/messages/"+id, "").body, `"status":"read"`)
	})
}

// TestListen follows a developer's day: events arrive signed, a failing receiver
// gets them again, a resend by key, a server that is killed, and the next run,
// which goes on where the last one ended.
func TestListen(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	c := commands{t, data}
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	g := newGoingOn(t, data)
	g.hello(token) // before anybody listened: not forwarded
	l := newLaptop(t, g.front.URL, token)

	on := l.listen("--types", "message.*")
	eventually(t, "the first place", func() bool {
		return len(places(t, l.state)) == 1 && strings.Contains(places(t, l.state)[0], `"known":true`)
	})
	g.hello(token)
	first := l.reads(4)
	if _, types := l.heard(); !slices.Equal(types, []string{"message.queued", "message.created", "message.delivered", "message.read"}) {
		t.Errorf("heard %v", types)
	}

	if _, err := io.WriteString(on.stdin, "r\nr "+first[0]+"\nr evt_nonsense\nx\n"); err != nil {
		t.Fatal(err)
	}
	if ids := l.reads(6); ids[4] != first[3] || ids[5] != first[0] {
		t.Errorf("sent again: %v of %v", ids[4:], first)
	}
	on.says("is no id of an event")
	on.says("Type r, or r evt_…")

	g.killed()
	on.says("Waiting for it.")
	g.up(t, data)
	l.status.Store(http.StatusInternalServerError)
	g.hello(token)
	before := l.reads(8)
	if before[6] != before[7] {
		t.Errorf("a failing receiver got %v", before[6:])
	}
	l.status.Store(http.StatusNoContent)
	if ids := l.reads(11); ids[len(ids)-1] == before[7] {
		t.Error("it did not go on after a failure")
	}
	eventually(t, "the third message", func() bool {
		_, types := l.heard()
		return types[len(types)-1] == "message.read"
	})
	on.end()
	seen, _ := l.heard()

	g.hello(token)
	secret := places(t, l.state)[0]
	on = l.listen("--types", "message.*")
	if again := places(t, l.state)[0]; again[:60] != secret[:60] {
		t.Error("the next run signs with another secret")
	}
	var after []string
	eventually(t, "the fourth message", func() bool {
		ids, types := l.heard()
		after = ids[len(seen):]
		return len(after) >= 4 && types[len(types)-1] == "message.read"
	})
	if len(after) == 5 && after[0] == seen[len(seen)-1] {
		after = after[1:] // it was killed after its receiver had the event, before it noted so
	}
	if len(after) != 4 || slices.ContainsFunc(after, func(id string) bool { return slices.Contains(seen, id) }) {
		t.Errorf("the next run got %v after %v", after, seen)
	}
	on.end()
	if out, err := l.command("--event", first[1]).Output(); err != nil || !strings.Contains(string(out), first[1]) {
		t.Errorf("--event: %v %s", err, out)
	}
	heard, _ := l.heard()
	on = l.listen("--since", first[0])
	l.reads(len(heard) + 12)
	on.end()
	for _, fault := range l.faults {
		t.Error(fault)
	}
}

// places returns what is kept in a folder of wpp listen.
func places(t *testing.T, folder string) (texts []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(folder + "/" + e.Name())
		if info, statErr := e.Info(); statErr == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %s", e.Name(), info.Mode())
		}
		if err == nil && !strings.HasSuffix(e.Name(), ".new") {
			texts = append(texts, string(raw))
		}
	}
	return texts
}

// TestListenSaysWhy: each mistake is told in one line that a person can act on.
func TestListenSaysWhy(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir())
	c := w.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	token := func(scopes string) map[string]string {
		return c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", scopes)
	}
	good, narrow, old := token("webhooks:read"), token("messages:send"), token("webhooks:read")
	c.ok("", "token", "revoke", old["id"])
	stranger := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	elsewhere := httptest.NewServer(http.RedirectHandler(w.url, http.StatusMovedPermanently))
	t.Cleanup(elsewhere.Close)
	for _, row := range []struct {
		name, token, want string
		args              []string
	}{
		{"no token", "", "There is no token", nil},
		{"no token of ours", "sk_live_1", "no token of this API", nil},
		{"revoked", old["token"], "revoked_token", nil},
		{"too little", narrow["token"], "insufficient_scope", nil},
		{"receiver", good["token"], "--forward must look like", []string{"--forward", "localhost:3000"}},
		{"types", good["token"], "--types", []string{"--types", "mesage.*"}},
		{"since", good["token"], "--since must be like", []string{"--since", "yesterday"}},
		{"event", good["token"], "--event takes ids", []string{"--event", "evt_1"}},
		{"unknown event", good["token"], "the feed has no event", []string{"--event", portal.NewID(portal.PrefixWebhookEvent)}},
		{"in clear", good["token"], "travel in clear", []string{"--url", "http://developers.example.com"}},
		{"redirect", good["token"], "sends us elsewhere", []string{"--url", elsewhere.URL}},
		{"another server", good["token"], "no server of this API", []string{"--url", stranger.URL}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLaptop(t, w.url, row.token)
			out, err := l.command(row.args...).CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if last := lines[len(lines)-1]; err == nil || !strings.HasPrefix(last, "wpp: ") || !strings.Contains(strings.ToLower(last), strings.ToLower(row.want)) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
