package audit_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// cutter stands before PostgreSQL and breaks the connection on which it first
// sees a text, when the server answers to that.
type cutter struct {
	*testing.T
	network, server string
	text            []byte
	seen            atomic.Bool
}

// before puts itself before the server at an address and returns its own.
func (c *cutter) before(address string) string {
	c.Helper()
	u, err := url.Parse(address)
	if err != nil {
		c.Fatal(err)
	}
	query := u.Query()
	c.network, c.server = "tcp", u.Host
	if folder := query.Get("host"); folder != "" {
		c.network, c.server = "unix", filepath.Join(folder, ".s.PGSQL.5432")
	}
	ln, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = ln.Close() })
	go c.serve(ln)
	query.Del("host")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = ln.Addr().String(), query.Encode()
	return u.String()
}

func (c *cutter) serve(ln net.Listener) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), c.network, c.server)
		if err != nil {
			c.Error(err)
			return
		}
		var cut atomic.Bool
		go pipe(server, client, func(b []byte) bool {
			if bytes.Contains(b, c.text) && !c.seen.Swap(true) {
				cut.Store(true)
			}
			return true
		})
		go pipe(client, server, func([]byte) bool { return !cut.Load() })
	}
}

// pipe copies until one side ends, or pass refuses.
func pipe(to io.WriteCloser, from io.ReadCloser, pass func([]byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if err != nil || !pass(b[:n]) {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// A batch whose commit was never confirmed is written and counted once, and no
// row of it is called lost.
func TestACommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	c := &cutter{T: t, text: []byte("/v1/never-confirmed")}
	s, err := store.Open(t.Context(), store.Options{DatabaseURL: c.before(storetest.Database(t))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	l := audit.New(audit.Options{Store: s})
	for range 3 {
		l.Enqueue(t.Context(), row(func(r *portal.Request) { r.Path = string(c.text) }))
	}
	l.Flush(t.Context())
	if !c.seen.Load() {
		t.Fatal("nothing was cut")
	}
	minutes, err := s.Reader(t.Context()).RequestUse(tenant, store.UseFilter{From: noon, To: noon.Add(time.Minute)})
	if err != nil || len(minutes) != 1 || minutes[0].OK != 3 {
		t.Errorf("counted: %+v, %v", minutes, err)
	}
	if rows := list(t, l, tenant, portal.RequestFilter{}); len(rows) != 3 || l.Lost() != 0 {
		t.Errorf("%d rows, %d lost", len(rows), l.Lost())
	}
}
