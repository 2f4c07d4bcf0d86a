package dial_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/dial"
)

// hostile are addresses inside, in the forms that guards have let pass.
var hostile = []string{
	"127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254",
	"169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1",
	"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1",
	"64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
	"fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
}

// canary is a listener on this machine that counts who connects.
func canary(t *testing.T) (port string, connected *atomic.Int64) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connected = new(atomic.Int64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port, connected
}

func ask(t *testing.T, c *http.Client, address string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	return err
}

// TestHostileAddresses is P21: none is dialed, and none is taken as a link.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	port, connected := canary(t)
	client := dial.Client(dial.Options{Timeout: 5 * time.Second})
	for _, address := range hostile {
		ip := netip.MustParseAddr(address)
		if portal.PublicAddr(ip) {
			t.Errorf("%s counts as public", address)
		}
		host := net.JoinHostPort(address, port)
		if err := ask(t, client, "https://"+host+"/"); !errors.Is(err, dial.ErrAddress) {
			t.Errorf("https://%s: %v", host, err)
		}
		if portal.PublicLink("https://" + host + "/a.jpg") {
			t.Errorf("https://%s is taken as a link", host)
		}
	}
	if err := ask(t, client, "http://127.0.0.1:"+port); !errors.Is(err, dial.ErrScheme) {
		t.Errorf("plain http: %v", err)
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d connections to this machine", n)
	}
}

func TestPublicLinks(t *testing.T) {
	t.Parallel()
	office := netip.MustParsePrefix("10.1.0.0/16")
	for link, want := range map[string]bool{
		"https://loja.example.com/a.jpg": true, "https://8.8.8.8/a": true, "https://[2606:4700::1111]/a": true,
		"http://loja.example.com/a.jpg": false, "https://user:pass@loja.example.com/": false, "https://localhost/": false,
		"https://printer/": false, "https://printer.local/": false, "https://metadata.google.internal/": false, "https://x.localhost./": false,
		"https://127.1/": false, "https://0x7f.0.0.1/": false, "https://2130706433/": false, "https://0177.0.0.0x1/": false, "https://127.0.0.1./": false,
		"https://[fe80::1%25lo]/": false, "ftp://loja.example.com/": false, "https:loja.example.com": false, "": false,
		"https://10.1.2.3/": true, "http://10.1.2.3/": true, "http://10.2.0.1/": false, "https://[::ffff:10.1.2.3]/": true,
	} {
		if got := portal.PublicLink(link, office); got != want {
			t.Errorf("%s: %v, want %v", link, got, want)
		}
	}
}

// TestRebindingName: a name that is public when it is checked and private when it is dialed.
func TestRebindingName(t *testing.T) {
	t.Parallel()
	port, connected := canary(t)
	answers := []string{"8.8.8.8", "127.0.0.1"}
	var asked atomic.Int64
	resolver := nameServer(t, func() string { return answers[min(asked.Add(1), 2)-1] })
	const name = "rebind.example.com"
	first, err := resolver.LookupNetIP(t.Context(), "ip4", name)
	if err != nil || !portal.PublicAddr(first[0]) {
		t.Fatalf("the first answer is %v, %v", first, err)
	}
	client := dial.Client(dial.Options{Resolver: resolver, Timeout: 5 * time.Second})
	if err := ask(t, client, "https://"+name+":"+port+"/"); !errors.Is(err, dial.ErrAddress) {
		t.Errorf("dialing: %v", err)
	}
	if asked.Load() < 2 || connected.Load() != 0 {
		t.Errorf("asked %d times, %d connections", asked.Load(), connected.Load())
	}
}

// TestPermittedRange: what the operator permits is reached, by plain http too,
// and its redirects are not followed.
func TestPermittedRange(t *testing.T) {
	t.Parallel()
	port, connected := canary(t)
	srv := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:"+port+"/", http.StatusFound))
	t.Cleanup(srv.Close)
	client := dial.Client(dial.Options{Permitted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusFound || connected.Load() != 0 {
		t.Errorf("%d, %d connections after the redirect", resp.StatusCode, connected.Load())
	}
}

// nameServer resolves every name to what answer says.
func nameServer(t *testing.T, answer func() string) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, ok := resolve(buffer[:n], answer); ok {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func resolve(query []byte, answer func() string) (reply []byte, ok bool) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA && strings.HasPrefix(q.Name.String(), "rebind.example.com.") {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(answer()).As4()},
		}}
	}
	reply, err := m.Pack()
	return reply, err == nil
}
