package dashboard

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/web/session"
)

// desk is the log's pages with one signed-in owner.
type desk struct {
	*Dashboard
	t       *testing.T
	tenant  portal.Tenant
	server  *httptest.Server
	browser *http.Client
}

func newDesk(t *testing.T, opts ...func(*store.Options)) *desk {
	t.Helper()
	s := storetest.Open(t, opts...)
	a := accounts.New(accounts.Options{Store: s})
	sessions, err := session.New(session.Options{Store: s, Accounts: a, SecretKey: storetest.SecretKey()})
	if err != nil {
		t.Fatal(err)
	}
	account, user, err := a.Create(t.Context(), portal.Actor{Kind: portal.ActorSystem}, accounts.NewAccount{
		Name: "Example", Email: "owner@example.test", Password: "correct horse battery", Language: portal.LangEN, Timezone: "America/Sao_Paulo",
	})
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := webhooks.New(webhooks.Options{
		Store: s, Permitted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Mask: audit.MaskAnswer,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := New(Options{
		Webhooks: hooks, Store: s, Accounts: a, Sessions: sessions, BaseURL: "https://developers.example.com",
		Tokens: tokens.New(tokens.Options{Store: s}), Support: support.New(support.Options{Store: s}),
		Log:      audit.New(audit.Options{Store: s}),
		Health:   func(context.Context) views.HealthProps { return views.HealthProps{Version: "v0.3.0"} },
		ClientIP: func(*http.Request) netip.Addr { return netip.Addr{} },
		Logger:   slog.New(slog.DiscardHandler),
	})
	mux := http.NewServeMux()
	for _, rt := range d.Routes() {
		mux.Handle(rt.Pattern, d.Handler(rt))
	}
	mux.HandleFunc("POST /enter", func(_ http.ResponseWriter, r *http.Request) {
		if err := sessions.SignIn(r.Context(), user); err != nil {
			t.Error(err)
		}
	})
	k := &desk{Dashboard: d, t: t, tenant: portal.Tenant{AccountID: account.ID, Environment: portal.Test}}
	k.server = httptest.NewServer(sessions.Middleware(mux))
	t.Cleanup(func() { d.Log.EndTails(); k.server.Close() })
	k.browser = newBrowser(t)
	r, err := k.browser.Post(k.server.URL+"/enter", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return k
}

// newBrowser keeps its cookies.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// called logs a call of the tenant and returns it.
func (k *desk) called(change ...func(*portal.Request)) portal.Request {
	k.t.Helper()
	d := 12 * time.Millisecond
	q := portal.Request{
		ID: portal.NewID(portal.PrefixRequest), AccountID: k.tenant.AccountID, Environment: k.tenant.Environment, At: k.Store.Now(),
		Source: portal.SourceAPI, Method: "POST", Path: "/v1/messages", Operation: "sendMessage", Status: 202, Duration: &d,
		TokenID: "tok_01M8251CVTF6RTMW8DYW61QG1B", TokenName: "ERP", IP: "203.0.113.7", UserAgent: "=cmd()|x",
	}
	for _, f := range change {
		f(&q)
	}
	k.Log.Enqueue(k.t.Context(), q)
	k.Log.Flush(k.t.Context())
	return q
}

func (k *desk) open(ctx context.Context, path string) *http.Response {
	k.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.server.URL+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	answer, err := k.browser.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func (k *desk) read(path string, status int) string {
	k.t.Helper()
	answer := k.open(k.t.Context(), path)
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	if answer.StatusCode != status {
		k.t.Fatalf("%s answered %d, want %d", path, answer.StatusCode, status)
	}
	return string(body)
}

func TestLogPages(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	if page := k.read("/logs?env=test", 200); !strings.Contains(page, "No requests yet") || !strings.Contains(page, "/logs/first") {
		t.Error("the empty log does not say how to fill it")
	}
	q := k.called()
	refused := k.called(func(q *portal.Request) { q.Status, q.ErrorCode = 422, portal.CodeWindowClosed })
	live := k.called(func(q *portal.Request) { q.Environment = portal.Live })
	page := k.read("/logs?env=test", 200)
	if !strings.Contains(page, "/logs/"+q.ID) || strings.Contains(page, live.ID) || !strings.Contains(page, "/logs/live") {
		t.Error("the list is not the environment's")
	}
	if page = k.read("/logs?env=test&status=4xx", 200); strings.Contains(page, "/logs/"+q.ID) || !strings.Contains(page, "/logs/"+refused.ID) {
		t.Error("the status does not filter")
	}
	if page = k.read("/logs/"+refused.ID, 200); !strings.Contains(page, "window_closed") || !strings.Contains(page, "$WPP_TOKEN") {
		t.Error("the entry is not explained")
	}
	k.read("/logs/"+portal.NewID(portal.PrefixRequest), 404)
	// An id page takes its environment from the row.
	k.read("/logs/"+live.ID, 200)
	foreign := k.called(func(q *portal.Request) { q.AccountID = "acc_other" })
	k.read("/logs/"+foreign.ID, 404)
}

func TestSearchBecomesFilters(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	q := k.called()
	answer := k.open(t.Context(), "/logs?env=test&q="+url.QueryEscape("status:4xx method:post /v1/messages window_closed min_ms:500 foo"))
	want := url.Values{"env": {"test"}, "status": {"4xx"}, "method": {"POST"}, "path": {"/v1/messages"}, "error": {"window_closed"}, "min_ms": {"500"}, "q": {"foo"}}
	if diff := cmp.Diff(want, answer.Request.URL.Query()); diff != "" || answer.StatusCode != 200 {
		t.Error(answer.StatusCode, diff)
	}
	if answer = k.open(t.Context(), "/logs?env=test&q="+q.ID); answer.Request.URL.Path != "/logs/"+q.ID {
		t.Errorf("an id opens %s", answer.Request.URL.Path)
	}
}

func TestLogQueryTakesOnlyWhatIsValid(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", -3*3600)
	got := logQuery(url.Values{
		"status": {"9xx"}, "method": {"post"}, "path": {"messages"}, "token": {"x"}, "error": {"nope"}, "min_ms": {"-1"},
		"source": {"ftp"}, "range": {"1y"}, "from": {"2026-11-22T14:00"}, "to": {"yesterday"}, "before": {"'; --"},
	}, zone)
	if diff := cmp.Diff(views.LogQuery{From: "2026-11-22T17:00:00Z"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzSearchLogs(f *testing.F) {
	f.Add("status:4xx token: path:/ from:2026-11-22T14:00 ::: /v1 é")
	known := []portal.Token{{ID: "tok_01M8251CVTF6RTMW8DYW61QG1B", Name: "ERP"}}
	f.Fuzz(func(t *testing.T, text string) {
		q, unknown := searchLogs(views.LogQuery{}, text, known, time.UTC)
		again, rest := searchLogs(q, unknown, known, time.UTC)
		if again != q || rest != unknown {
			t.Errorf("%q: a redirect would lead to another page", text)
		}
	})
}

func TestExport(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	k.called()
	k.called(func(q *portal.Request) { q.Status = 500; q.Duration = nil })
	rows, err := csv.NewReader(strings.NewReader(k.read("/logs/export?env=test&format=csv", 200))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[0][0] != "id" || rows[2][14] != "'=cmd()|x" || rows[1][9] != "" || rows[2][9] != "12" {
		t.Errorf("rows: %q", rows)
	}
	lines := strings.Split(strings.TrimSpace(k.read("/logs/export?env=test&format=ndjson&status=5xx", 200)), "\n")
	var entry map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &entry); err != nil || len(lines) != 1 || entry["status"] != 500.0 || entry["duration_ms"] != nil {
		t.Errorf("%v: %v", err, lines)
	}
	k.read("/logs/export?env=test&format=xls", 404)
}

// newsOf reads a stream in the background.
func newsOf(r io.Reader) <-chan string {
	out := make(chan string, 10)
	go func() {
		defer close(out)
		var event []string
		for s := bufio.NewScanner(r); s.Scan(); {
			if s.Text() != "" {
				event = append(event, s.Text())
				continue
			}
			if text := strings.Join(event, "\n"); strings.HasPrefix(text, "event:") {
				out <- text
			}
			event = nil
		}
	}()
	return out
}

func TestLiveTail(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	answer := k.open(t.Context(), "/logs/live?env=test&status=2xx")
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("%d %s", answer.StatusCode, got)
	}
	news := newsOf(answer.Body)
	k.called(func(q *portal.Request) { q.Status = 404 })
	k.called(func(q *portal.Request) { q.Environment = portal.Live })
	q := k.called()
	if got := <-news; !strings.HasPrefix(got, "event: row\ndata: <tr") || !strings.Contains(got, q.ID) {
		t.Errorf("the tail sends %q", got)
	}
	k.Log.EndTails()
	if got, open := <-news; open {
		t.Errorf("after the end: %q", got)
	}
}

func TestLiveTailEndsWithTheSession(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	news := newsOf(k.open(t.Context(), "/logs/live?env=test").Body)
	answer, err := k.browser.Post(k.server.URL+"/logout", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	began := time.Now()
	if got := <-news; !strings.HasPrefix(got, "event: end") || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %q", time.Since(began), got)
	}
}

func TestFiveStreamsAPerson(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	ctx, leave := context.WithCancel(t.Context())
	for range maxStreams {
		if answer := k.open(ctx, "/logs/live?env=test"); answer.StatusCode != 200 {
			t.Fatal(answer.StatusCode)
		}
	}
	if answer := k.open(t.Context(), "/logs/live?env=test"); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", answer.StatusCode)
	}
	leave()
	for deadline := time.Now().Add(5 * time.Second); ; {
		if answer := k.open(t.Context(), "/logs/live?env=test"); answer.StatusCode == 200 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the places stay taken")
		}
	}
}

func TestFirstRequest(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	const token = "tok_01M8251CVTF6RTMW8DYW61QG1B"
	waiting := newsOf(k.open(t.Context(), "/logs/first?env=test&token="+token).Body)
	k.called(func(q *portal.Request) { q.TokenID = "tok_other" })
	q := k.called()
	if got := <-waiting; !strings.HasPrefix(got, "event: swap") || !strings.Contains(got, q.ID) {
		t.Errorf("the listener gets %q", got)
	}
	if got, open := <-waiting; open {
		t.Errorf("and then %q", got)
	}
	late := newsOf(k.open(t.Context(), "/logs/first?env=test&token="+token).Body)
	if got := <-late; !strings.Contains(got, q.ID) {
		t.Errorf("a late listener gets %q", got)
	}
}
