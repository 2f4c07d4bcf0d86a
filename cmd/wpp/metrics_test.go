package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// What an operator watches is there from the first scrape on, and no label
// names an account, a token, a number or a row.
func TestMetrics(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	s := start(t, t.TempDir(), "--webhook-allow-cidrs", "127.0.0.0/8")
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	s.made(token, http.MethodPost, "/v1/webhook-endpoints", `{"url":"`+receiver.URL+`","events":["message.queued"]}`)
	s.made(token, http.MethodPost, "/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"Olá"}}`)
	event := `{"external_id":"C-1","type":"customer.created","occurred_at":"` + time.Now().UTC().Format(time.RFC3339) + `","customer":{"external_id":"CLI-1"},"data":{}}`
	s.made(token, http.MethodPost, "/v1/events", event)
	s.made(token, http.MethodPost, "/v1/events", event)
	var page string
	eventually(s, "the message was sent and its event delivered", func() bool {
		page = s.visitor().get("/metrics").body
		return strings.Contains(page, `wpp_webhook_attempt_seconds_count{outcome="succeeded"} 1`) &&
			strings.Contains(page, `wpp_whatsapp_call_seconds_count{outcome="accepted",provider="simulator"} 1`)
	})
	for _, want := range []string{
		`wpp_build_info{go="go`, "process_start_time_seconds ", "wpp_store_up 1\n",
		`wpp_http_request_seconds_count{class="2xx",route="POST /v1/messages"} 1`,
		"wpp_store_batch_transactions_count ", "wpp_store_commit_seconds_count ", "wpp_store_tx_wait_seconds_count ", "wpp_store_read_wait_seconds_count ",
		`wpp_store_errors_total{code="overloaded"} 0`, `wpp_store_errors_total{code="storage_unavailable"} 0`,
		"wpp_store_writer_waiting ", "wpp_store_size_bytes ", "wpp_store_wal_bytes ",
		`wpp_queue_rows{kind="messages",state="due"} `, `wpp_queue_rows{kind="simulator",state="dead"} `, `wpp_queue_oldest_due_seconds{kind="messages"} `,
		`wpp_webhook_attempt_seconds_count{outcome="timeout"} 0`,
		`wpp_events_total{outcome="no_phone"} 1`, `wpp_events_total{outcome="duplicate"} 1`, `wpp_events_total{outcome="matched"} 0`,
		"wpp_log_rows_written_total ", "wpp_log_rows_lost_total 0", "wpp_log_rows_suppressed_total ", "wpp_log_buffer_rows ", "wpp_log_buffer_room ",
		`wpp_worker_rows_total{loop="messages"} 1`, `wpp_worker_failed_passes_total{loop="messages"} 0`, "wpp_retention_hold_seconds ", `wpp_worker_pass_seconds_count{loop="messages"} 1`, "wpp_limits_degraded 0",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if id := regexp.MustCompile(`[a-z]{3}_[0-9A-Z]{26}|wpp_test_|11900000001`).FindString(page); id != "" {
		t.Errorf("/metrics names %s", id)
	}
}

// The health page tells of the requests before it, and of the database.
func TestHealthPage(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	c := s.commands()
	c.ok(password, "account", "create", "--name", "Plataforma", "--email", "staff@platform.example", "--password-stdin")
	c.ok("", "user", "staff", "--email", "staff@platform.example", "on")
	v := s.signIn("staff@platform.example", password)
	for range 3 {
		s.visitor().get("/docs/errors")
	}
	page := v.get("/admin/health").body
	for _, want := range []string{"/docs/{guide}", "SQLite 3.", "<code>messages</code>", "Everything works."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// seen is a sample of one histogram whose buckets end at 1, 2 and 4 seconds.
func seen(at time.Time, labels string, cumulated ...uint64) sample {
	r := reading{labels: strings.Fields(labels), count: cumulated[len(cumulated)-1]}
	for i, upTo := range []float64{1, 2, 4} {
		r.buckets = append(r.buckets, bucket{upTo, cumulated[i]})
	}
	return sample{at: at, families: map[string][]reading{metricRequests: {r}}}
}

func TestReadings(t *testing.T) {
	t.Parallel()
	now := time.Now()
	before, after := seen(now, "2xx a", 10, 10, 10, 10), seen(now, "2xx a", 10, 20, 20, 20)
	added := after.since(before, metricRequests)
	if len(added) != 1 || added[0].count != 10 {
		t.Fatalf("added %+v", added)
	}
	for q, want := range map[float64]time.Duration{.5: 1500 * time.Millisecond, 1: 2 * time.Second} {
		if got := added[0].quantile(q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if got := merged(append(added, seen(now, "5xx b", 0, 0, 10, 10).families[metricRequests]...)).quantile(.75); got != 3*time.Second {
		t.Errorf("merged: %v", got)
	}
	if before := after.families[metricRequests][0].buckets[1].count; before != 20 {
		t.Errorf("the sample itself has changed: %d", before)
	}
	for name, r := range map[string]reading{"nothing": {}, "nothing added": after.since(after, metricRequests)[0]} {
		if got := r.quantile(.99); got < 0 || got > 4*time.Second {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := seen(now, "2xx a", 0, 0, 0, 7).families[metricRequests][0].quantile(.5); got != 4*time.Second {
		t.Errorf("beyond the last bucket: %v", got)
	}
}

// A step adds a minute, and the recent figures reach back five steps.
func TestHealthSteps(t *testing.T) {
	t.Parallel()
	at := time.Now()
	h := &health{recent: []sample{seen(at, "2xx a", 0, 0, 0, 0)}}
	for i := range uint64(70) {
		h.step(seen(at.Add(time.Duration(i+1)*healthStep), "2xx a", i+1, i+1, i+1, i+1))
	}
	if len(h.minutes) != healthLast-1 || len(h.recent) != healthSpan+1 {
		t.Fatalf("%d minutes, %d samples", len(h.minutes), len(h.recent))
	}
	for _, m := range h.minutes {
		if m.OK != 1 || m.Failed != 0 || m.P50 != 500*time.Millisecond || m.CommitP50 >= 0 {
			t.Fatalf("%+v", m)
		}
	}
	if got, _ := routesOf(h.recent[0], h.recent[healthSpan]); got.OK != healthSpan {
		t.Errorf("the last minutes: %+v", got)
	}
}

// Only what the database could not do counts as its failure.
func TestRefusalsAreNoFailures(t *testing.T) {
	t.Parallel()
	m := newMeters(nil)
	for _, code := range []portal.Code{"", portal.CodeNotFound, portal.CodeInternal, portal.CodeOverloaded, portal.CodeStorageUnavailable} {
		m.Failed(code)
	}
	if got := merged(takeSample(m.counted).families[metricStoreError]).value; got != 2 {
		t.Errorf("%v failures", got)
	}
}
