package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/wppmarketing/developers/portal"
)

// hostileURLs lead inside, or would: {port} is the port of the canary. Nobody may
// give one as a receiver or as the link of a file.
var hostileURLs = []string{
	"https://127.0.0.1:{port}/", "https://127.1.2.3:{port}/", "https://0.0.0.0:{port}/", "https://127.0.0.1.:{port}/",
	"https://127.1:{port}/", "https://127.0.1:{port}/", "https://0:{port}/", "https://2130706433:{port}/", "https://0x7f000001:{port}/", "https://017700000001:{port}/",
	"https://0x7f.0.0.1:{port}/", "https://0177.0.0.1:{port}/", "https://0177.0.0.0x1:{port}/", "https://127.0x0.1:{port}/",
	"https://10.0.0.1:{port}/", "https://10.255.255.255/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/", "https://100.64.0.1/",
	"https://169.254.169.254/latest/meta-data/", "https://169.254.170.2/", "https://192.0.0.192/", "https://198.18.0.1/", "https://192.0.2.1/",
	"https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
	"https://[::]:{port}/", "https://[::1]:{port}/", "https://[0:0:0:0:0:0:0:1]:{port}/", "https://[::ffff:127.0.0.1]:{port}/", "https://[::ffff:7f00:1]:{port}/", "https://[::127.0.0.1]:{port}/",
	"https://[64:ff9b::7f00:1]:{port}/", "https://[64:ff9b:1::7f00:1]:{port}/", "https://[2002:7f00:1::]:{port}/", "https://[2001:0:7f00:1::]:{port}/",
	"https://[fe80::1]:{port}/", "https://[fe80::1%25lo]:{port}/", "https://[fc00::1]:{port}/", "https://[fd00:ec2::254]/", "https://[fec0::1]/", "https://[ff02::1]/",
	"https://localhost:{port}/", "https://LOCALHOST:{port}/", "https://localhost.:{port}/", "https://wpp.localhost:{port}/", "https://printer/", "https://printer.local/",
	"https://metadata/", "https://metadata.google.internal/", "https://１２７.0.0.1:{port}/", "https://127。0。0。1:{port}/",
	"https://user:pass@127.0.0.1:{port}/", "https://erp.example.com@127.0.0.1:{port}/", "https://erp.example.com:443@127.0.0.1:{port}/", "https://user@erp.example.com/",
	"http://erp.example.com/", "http://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_", "file:///etc/passwd", "unix:///run/docker.sock",
	"//127.0.0.1:{port}/", "https:127.0.0.1:{port}", "https:/127.0.0.1:{port}/", "javascript:alert(1)", "data:text/plain,x", "https://%31%32%37.0.0.1:{port}/", "https://127.0.0.1\t:{port}/", "",
}

// hostileHosts look like names and are taken, because only who calls
// them knows better: to a client that normalizes them they are addresses.
var hostileHosts = []string{"①②⑦.⓪.⓪.①", "wpp.ⓛocalhost"}

// hostileAddresses are what names of the test's DNS lead to.
var hostileAddresses = []string{
	"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "224.0.0.1", "255.255.255.255",
	"::", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
}

// canary listens on this machine and counts who connects, whatever they say.
type canary struct {
	port      string
	connected atomic.Int64
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	c := new(canary)
	c.listen(t, "127.0.0.1:0")
	c.listen(t, "[::1]:"+c.port)
	return c
}

func (c *canary) listen(t *testing.T, addr string) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
	if err != nil {
		if c.port != "" {
			return // a machine without IPv6 cannot be reached by it either
		}
		t.Fatal(err)
	}
	_, c.port, _ = net.SplitHostPort(ln.Addr().String())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			c.connected.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
}

// names is a DNS server: hN.example.com leads to hostileAddresses[N], and
// rebind.example.com to a public address once and to this machine from then on.
type names struct {
	addr    string
	rebound atomic.Int64
}

func newNames(t *testing.T) *names {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n, done := &names{addr: conn.LocalAddr().String()}, make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, ok := n.reply(buffer[:size]); ok {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return n
}

func (n *names) reply(query []byte) (reply []byte, ok bool) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
	if at, found := n.lookup(q.Name.String(), q.Type); found {
		switch {
		case q.Type == dnsmessage.TypeA && at.Is4():
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: at.As4()}}}
		case q.Type == dnsmessage.TypeAAAA && at.Is6():
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: at.As16()}}}
		}
	}
	reply, err := m.Pack()
	return reply, err == nil
}

func (n *names) lookup(name string, kind dnsmessage.Type) (at netip.Addr, found bool) {
	if strings.HasPrefix(name, "rebind.example.com.") && kind == dnsmessage.TypeA {
		if n.rebound.Add(1) == 1 {
			return netip.MustParseAddr("8.8.8.8"), true
		}
		return netip.MustParseAddr("127.0.0.1"), true
	}
	if name == "wpp.localhost." {
		return netip.MustParseAddr("127.0.0.1"), true
	}
	var i int
	if _, err := fmt.Sscanf(name, "h%d.example.com.", &i); err != nil || i >= len(hostileAddresses) {
		return at, false
	}
	return netip.MustParseAddr(hostileAddresses[i]), true
}

// dnsVariable names the DNS server of a child that acts as the program.
const dnsVariable = "WPP_TEST_DNS"

// askOnly makes this process ask the server at addr for every name.
func askOnly(addr string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", addr)
	}}
}

// inside is a program whose customers try to reach what is inside.
type inside struct {
	*server
	*canary
	token string
	owner *visitor
	own   string // an endpoint with a decent address
}

func newInside(t *testing.T, dns *names) *inside {
	t.Helper()
	data := t.TempDir()
	start(t, data).end()
	c := commands{t, data}
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited", "--tester", tester)["account_id"]
	in := &inside{canary: newCanary(t)}
	in.token = c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	in.server = startChanged(t, data, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, dnsVariable+"="+dns.addr, "WPP_WEBHOOK_ALLOW_CIDRS=127.0.0.2/32")
	})
	in.owner = in.signIn("ana@loja.example", password)
	at, err := url.Parse(in.url)
	if err != nil {
		t.Fatal(err)
	}
	in.owner.client.Jar.SetCookies(at, []*http.Cookie{{Name: "lang", Value: portal.LangEN}})
	in.own = in.made(in.token, http.MethodPost, "/v1/webhook-endpoints", `{"url":"https://erp.example.com/wpp","events":["endpoint.*"]}`)
	return in
}

// hostForm is the form of an endpoint with that address.
func hostForm(address string) url.Values {
	return url.Values{"env": {"test"}, "nonce": {"once"}, "password": {password}, "url": {address}, "event": {"message.*"}}
}

// refused tries to give the address away at every door.
func (in *inside) refused(address string) {
	in.Helper()
	quoted, _ := json.Marshal(address) // of a string
	link := string(quoted)
	for _, c := range []struct{ method, path, body string }{
		{http.MethodPost, "/v1/webhook-endpoints", `{"url":` + link + `,"events":["*"]}`},
		{http.MethodPatch, "/v1/webhook-endpoints/" + in.own, `{"url":` + link + `}`},
		{http.MethodPost, "/v1/messages", `{"to":"` + tester + `","type":"image","image":{"link":` + link + `}}`},
	} {
		if got := in.call(in.token, c.method, c.path, c.body); got.status != http.StatusUnprocessableEntity {
			in.Errorf("%s %s with %q: %d %s", c.method, c.path, address, got.status, got.body)
		}
	}
	for _, path := range []string{"/webhooks/try", "/webhooks", "/webhooks/" + in.own} {
		if got := in.owner.post(path, hostForm(address)); got.status != http.StatusUnprocessableEntity {
			in.Errorf("the form %s with %q: %d", path, address, got.status)
		}
	}
}

// outcome returns what became of the last attempt of a delivery.
func outcome(body string) string {
	var d struct{ Attempts []struct{ Outcome string } }
	if json.Unmarshal([]byte(body), &d) != nil || len(d.Attempts) == 0 {
		return ""
	}
	return d.Attempts[len(d.Attempts)-1].Outcome
}

// told registers addresses, tests each by the API and by the page, sends a
// message, and expects every call to end like that.
func (in *inside) told(want string, addresses ...string) {
	in.Helper()
	made := map[string]string{}
	for _, address := range addresses {
		quoted, _ := json.Marshal(address) // of a string
		id := in.made(in.token, http.MethodPost, "/v1/webhook-endpoints", `{"url":`+string(quoted)+`,"events":["message.queued"]}`)
		made[id] = address
		if got := outcome(in.call(in.token, http.MethodPost, "/v1/webhook-endpoints/"+id+"/test", "").body); got != want {
			in.Errorf("the test of %q by the API: %q, want %q", address, got, want)
		}
		shown := in.owner.get(in.owner.post("/webhooks/"+id+"/test", url.Values{"env": {"test"}}).header.Get("Location"))
		if shown.status != http.StatusOK || !strings.Contains(shown.body, insideWords[want]) {
			in.Errorf("the test of %q by the page: %d without %q", address, shown.status, insideWords[want])
		}
		if got := in.owner.post("/webhooks/try", hostForm(address)); got.status != http.StatusOK || !strings.Contains(got.body, insideWords[want]) {
			in.Errorf("trying %q: %d without %q", address, got.status, insideWords[want])
		}
	}
	in.made(in.token, http.MethodPost, "/v1/messages", textTo(tester, "Olá"))
	for id, address := range made {
		eventually(in, "a delivery to "+address, func() bool { return in.delivered(id) == want })
		in.call(in.token, http.MethodDelete, "/v1/webhook-endpoints/"+id, "")
	}
}

// insideWords are how the page of a delivery says an outcome.
var insideWords = map[string]string{
	portal.OutcomeAddressRefused: "not public", portal.OutcomeRedirect: "redirect",
}

// delivered returns what became of the delivery of a message's event.
func (in *inside) delivered(endpoint string) string {
	var list struct{ Data []struct{ ID string } }
	r := in.call(in.token, http.MethodGet, "/v1/webhook-endpoints/"+endpoint+"/deliveries?type=message.queued", "")
	if json.Unmarshal([]byte(r.body), &list) != nil || len(list.Data) == 0 {
		return ""
	}
	return outcome(in.call(in.token, http.MethodGet, "/v1/webhook-endpoints/"+endpoint+"/deliveries/"+list.Data[0].ID, "").body)
}

// TestNobodyGetsInside gives the program addresses of its own network at every
// door that takes one, names that lead there, a name that changes its mind, and
// redirects: a listener on this machine hears of none.
func TestNobodyGetsInside(t *testing.T) {
	t.Parallel()
	dns := newNames(t)
	in := newInside(t, dns)
	for _, address := range hostileURLs {
		in.refused(strings.ReplaceAll(address, "{port}", in.port))
	}
	var named []string
	for _, host := range hostileHosts {
		named = append(named, "https://"+host+":"+in.port+"/")
	}
	for i := range hostileAddresses {
		named = append(named, "https://h"+strconv.Itoa(i)+".example.com:"+in.port+"/wpp")
	}
	in.told(portal.OutcomeAddressRefused, named[:12]...)
	in.told(portal.OutcomeAddressRefused, named[12:]...)

	first, err := askOnly(dns.addr).LookupNetIP(t.Context(), "ip4", "rebind.example.com")
	if err != nil || !portal.PublicAddr(first[0]) {
		t.Fatalf("who checks the name first sees %v, %v", first, err)
	}
	in.told(portal.OutcomeAddressRefused, "https://rebind.example.com:"+in.port+"/")
	if n := dns.rebound.Load(); n < 4 {
		t.Errorf("the name was asked for %d times: it is not resolved for each call", n)
	}
	in.made(in.token, http.MethodPost, "/v1/messages", `{"to":"`+tester+`","type":"image","image":{"link":"https://h0.example.com:`+in.port+`/a.jpg"}}`)
	in.redirected()
	if n := in.connected.Load(); n != 0 {
		t.Errorf("%d connections to the canary", n)
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+in.port); err == nil {
		_ = conn.Close()
	}
	eventually(t, "the canary hears", func() bool { return in.connected.Load() == 1 })
}

// redirected has a receiver that may be called send the program inside.
func (in *inside) redirected() {
	in.Helper()
	var called atomic.Int64
	receiver := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called.Add(1)
		status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(status)
	}))
	ln, err := (&net.ListenConfig{}).Listen(in.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		in.Fatal(err)
	}
	_ = receiver.Listener.Close()
	receiver.Listener = ln
	receiver.Start()
	in.Cleanup(receiver.Close)
	var addresses []string
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		for _, to := range []string{"http://127.0.0.1:" + in.port + "/", "https://localhost:" + in.port + "/"} {
			addresses = append(addresses, "http://"+ln.Addr().String()+"/"+status+"?to="+url.QueryEscape(to))
		}
	}
	in.told(portal.OutcomeRedirect, addresses...)
	if n := called.Load(); n < int64(4*len(addresses)) {
		in.Errorf("%d calls of %d receivers", n, len(addresses))
	}
}
