package dashboard

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// soak reports whether the long forms of the tests are asked for.
func soak() bool { return os.Getenv("WPP_SOAK") != "" }

// filled fills the log of the desk's tenant and of so many others.
func (k *desk) filled(rows, tenants int) []portal.Tenant {
	k.t.Helper()
	all := []portal.Tenant{k.tenant}
	for n := range tenants - 1 {
		all = append(all, portal.Tenant{AccountID: fmt.Sprintf("acc_%026d", n), Environment: portal.Test})
	}
	now := k.Store.Now()
	storetest.FillLog(k.t, k.Store, storetest.LogFill{Rows: rows, Tenants: all, From: now.AddDate(0, 0, -29), To: now})
	return all
}

// median returns the middle of the times that a question took, one a tenant.
func median(t *testing.T, tenants []portal.Tenant, ask func(portal.Tenant) error) time.Duration {
	t.Helper()
	var took []time.Duration
	for n := range 41 {
		began := time.Now()
		if err := ask(tenants[n*7%len(tenants)]); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// Ten million rows of a thousand accounts: a page that finds its rows takes 5 ms
// at most, one that looks through 30 days in vain 25 ms, and a page of the
// portal 100 ms. The short form has as many rows an account and ten times the
// time, but only twenty accounts.
func TestLogAtScale(t *testing.T) {
	rows, slack := 200_000, 10
	if soak() {
		rows, slack = 10_000_000, 1
	}
	k := newDesk(t)
	tenants := k.filled(rows, rows/10_000)
	from := k.Store.Now().AddDate(0, 0, -30)
	threeDays, longAgo := k.Store.Now().AddDate(0, 0, -3), k.Store.Now().AddDate(0, 0, -25)
	for _, c := range []struct {
		name   string
		most   int // milliseconds
		filter portal.RequestFilter
		found  bool
	}{
		{"newest", 5, portal.RequestFilter{}, true},
		{"newest of three days", 5, portal.RequestFilter{From: &threeDays}, true},
		{"long ago", 5, portal.RequestFilter{From: &from, To: &longAgo}, true},
		{"5xx, less than a page", 25, portal.RequestFilter{Class: 5, From: &from}, true}, // walks through all
		{"4xx", 5, portal.RequestFilter{Class: 4, From: &from}, true},
		{"method", 5, portal.RequestFilter{Method: "POST", From: &from}, true},
		{"path", 5, portal.RequestFilter{PathPrefix: "/v1/messages", Method: "POST", From: &from}, true},
		{"slow", 5, portal.RequestFilter{MinDuration: 40 * time.Millisecond, From: &from}, true},
		{"error in vain", 25, portal.RequestFilter{ErrorCode: portal.CodeRateLimited, From: &from}, false},
		{"path in vain", 25, portal.RequestFilter{PathPrefix: "/v1/contacts", From: &from}, false},
		{"token in vain", 25, portal.RequestFilter{TokenID: "tok_x", From: &from}, false},
		{"message in vain", 25, portal.RequestFilter{MessageID: "msg_x"}, false},
		{"slow and failed in vain", 25, portal.RequestFilter{MinDuration: time.Minute, Class: 5, From: &from}, false},
	} {
		var found int
		took := median(t, tenants, func(tenant portal.Tenant) error {
			list, _, err := k.Log.List(t.Context(), tenant, c.filter, portal.Page{})
			found = len(list)
			return err
		})
		t.Logf("%-24s %v, %d rows", c.name, took, found)
		if most := time.Duration(c.most*slack) * time.Millisecond; took > most || (found > 0) != c.found {
			t.Errorf("%s took %v and found %d rows; at most %v are allowed", c.name, took, found, most)
		}
	}
	var took []time.Duration
	for _, path := range []string{"/logs?range=1h", "/logs?range=30d&status=5xx", "/logs?range=30d&path=/v1/contacts", "/logs?range=24h&min_ms=500", "/logs?range=30d&group=error"} {
		for range 10 {
			began := time.Now()
			k.read(path+"&env=test", 200)
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	p95 := took[len(took)*95/100]
	t.Logf("pages of the portal: median %v, p95 %v", took[len(took)/2], p95)
	if most := time.Duration(100*slack) * time.Millisecond; p95 > most {
		t.Errorf("p95 of the pages is %v, at most %v are allowed", p95, most)
	}
}

// An export of a large log is complete, says so, and is never in the memory as
// a whole. It is alone, so that no other test's memory is counted.
func TestLargeExport(t *testing.T) {
	rows := 100_000
	if soak() {
		rows = 1_000_000
	}
	k := newDesk(t)
	k.filled(rows, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for format, head := range map[string]int{"csv": 1, "ndjson": 0} {
		answer := k.open(t.Context(), "/logs/export?env=test&range=30d&format="+format)
		lines := 0
		for s := bufio.NewScanner(answer.Body); s.Scan(); lines++ {
		}
		if sent := answer.Trailer.Get(exportedRows); lines != rows+head || sent != fmt.Sprint(rows) {
			t.Errorf("%s: %d lines, the trailer says %q, want %d", format, lines, sent, rows)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("the memory grew by %d bytes", grown)
	}
}

// ended tells when an export was given up.
type ended chan struct{}

func (e ended) Enabled(context.Context, slog.Level) bool { return true }

func (e ended) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "export ended early" {
		close(e)
	}
	return nil
}

func (e ended) WithAttrs([]slog.Attr) slog.Handler { return e }
func (e ended) WithGroup(string) slog.Handler      { return e }

// Nobody reads on for a reader who has gone.
func TestAnExportEndsWithItsReader(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	k.filled(40_000, 1)
	given := make(ended)
	k.Logger = slog.New(given)
	ctx, leave := context.WithCancel(t.Context())
	answer := k.open(ctx, "/logs/export?env=test&range=30d&format=ndjson")
	if _, err := io.ReadFull(answer.Body, make([]byte, 1000)); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.StatusCode, err)
	}
	leave()
	select {
	case <-given:
	case <-time.After(10 * time.Second):
		t.Error("the export goes on")
	}
}

func TestErrorsPage(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	if page := k.read("/logs?env=test&group=error", 200); !strings.Contains(page, "No errors in this period") {
		t.Error("without errors the page does not say so")
	}
	for range 3 {
		k.called(func(q *portal.Request) { q.Status, q.ErrorCode = 422, portal.CodeWindowClosed })
	}
	k.called(func(q *portal.Request) { q.Status, q.ErrorCode, q.Operation = 404, portal.CodeNotFound, "" })
	k.called(func(q *portal.Request) { q.Status, q.ErrorCode, q.Environment = 422, portal.CodeOptedOut, portal.Live })
	for _, period := range []string{"", "&range=1h", "&range=30d"} {
		page := k.read("/logs?env=test&group=error"+period, 200)
		first, second := strings.Index(page, "<code>window_closed"), strings.Index(page, "<code>not_found")
		if first < 0 || second < first || strings.Contains(page, "opted_out") {
			t.Errorf("%q: the errors are not listed by how often they came", period)
		}
	}
	if page := k.read("/logs?env=test&group=error&from=2026-01-01T00:00&to=2026-01-02T00:00", 200); strings.Contains(page, "window_closed") {
		t.Error("the period does not narrow the errors")
	}
}

func TestMissingRowsAreShown(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for n := range 2100 { // more than the buffer holds; nobody writes
		k.Log.Enqueue(gone, portal.Request{
			ID: portal.NewID(portal.PrefixRequest), AccountID: k.tenant.AccountID, Environment: k.tenant.Environment, At: k.Store.Now(),
			Source: portal.SourceAPI, Method: "GET", Path: fmt.Sprint("/v1/", n), Status: 200,
		})
	}
	want := fmt.Sprintf("Calls of this period without a row: %d", k.Log.Lost())
	for _, state := range []string{"before", "after"} {
		for _, path := range []string{"/logs?env=test", "/logs?env=test&group=error"} {
			if page := k.read(path, 200); k.Log.Lost() == 0 || !strings.Contains(page, want) {
				t.Errorf("%s the store took it: %s does not say %q", state, path, want)
			}
		}
		if page := k.read("/logs?env=live", 200); strings.Contains(page, "without a row") {
			t.Error("another environment is told too")
		}
		k.Log.Flush(t.Context())
	}
}
