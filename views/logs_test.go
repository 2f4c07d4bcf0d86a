package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

func logEntry(id string, status int, change ...func(*portal.Request)) portal.Request {
	d := 38 * time.Millisecond
	q := portal.Request{
		ID: id, AccountID: "acc_01M8251CHYFNCTM9SN2AAGP3YS", Environment: portal.Test, At: uitest.Now, Source: portal.SourceAPI,
		Method: "POST", Path: "/v1/messages", Operation: "sendMessage", Status: status, Duration: &d,
		TokenID: "tok_01M8251CVTF6RTMW8DYW61QG1B", TokenName: "erp-producao", IP: "203.0.113.24", UserAgent: "go-http/1.26",
		IdempotencyKey: "pedido-88190-aviso", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
		Timing: portal.Timing{Auth: 2 * time.Millisecond, Limits: time.Millisecond, Validation: 29 * time.Millisecond, Store: 6 * time.Millisecond},
	}
	for _, f := range change {
		f(&q)
	}
	return q
}

func logsProps() views.LogsProps {
	refused := logEntry(requestID, 422, func(q *portal.Request) {
		q.ErrorCode, q.ContactID = portal.CodeWindowClosed, "ctc_01M8251CVTF6RTMW8DYW61QG1C"
		q.Bodies = &portal.Bodies{
			RequestHeaders: map[string]string{"content-type": "application/json", "authorization": "Bearer •••"}, ResponseHeaders: map[string]string{},
			RequestBody:  `{"to":"+55 11 9••••-7755","type":"text","text":{"body":"••• 35 characters"},"reference":"it's 1"}`,
			ResponseBody: `{"code":"window_closed","status":422}`,
		}
	})
	slow := logEntry("req_01M8251CVTF6RTMW8DYW61QG1D", 503, func(q *portal.Request) {
		d := 1204 * time.Millisecond
		q.Duration, q.ErrorCode, q.Path = &d, portal.CodeStorageUnavailable, `/v1/contacts?search=<script>`
	})
	console := logEntry("req_01M8251CVTF6RTMW8DYW61QG1E", 200, func(q *portal.Request) {
		q.Source, q.TokenID, q.TokenName, q.UserID, q.Method = portal.SourceConsole, "", "", "usr_1", "GET"
		q.Duration, q.At = nil, uitest.Now.Add(-30*time.Hour)
	})
	start := uitest.Now.Truncate(time.Minute)
	return views.LogsProps{
		Rows: []portal.Request{refused, slow, console}, More: "req_01M8251CVTF6RTMW8DYW61QG1E", Live: true,
		Steps: []portal.Minute{{At: start, OK: 1}, {At: start.Add(time.Minute), Refused: 1, Failed: 1}}, Step: time.Minute,
		Tokens: []portal.Token{{ID: "tok_01M8251CVTF6RTMW8DYW61QG1B", Name: "erp-producao"}},
		Now:    uitest.Now, BaseURL: "https://developers.example.com",
	}
}

func TestLogs(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		owner := uitest.Owner(lang)
		uitest.Page(t, "logs."+lang, owner, views.Logs(logsProps()))

		filtered := logsProps()
		filtered.Live, filtered.Missing, filtered.Unknown = false, 12, "foo"
		filtered.Query = views.LogQuery{
			Status: "4xx", Method: "POST", Path: "/v1/messages", Token: "tok_01M8251CVTF6RTMW8DYW61QG1B", Error: "window_closed",
			MinMS: "500", ID: requestID, Source: "api", Message: "msg_01M8251CVTF6RTMW8DYW61QG1F",
			From: "2026-11-22T14:00:00Z", To: "2026-11-22T14:01:00Z",
		}
		uitest.Page(t, "logs-filtered."+lang, owner, views.Logs(filtered))

		open := logsProps()
		open.Entry = &open.Rows[0]
		uitest.Page(t, "logs-entry."+lang, owner, views.Logs(open))
		open.Entry = &open.Rows[2]
		uitest.Page(t, "logs-entry-console."+lang, owner, views.Logs(open))

		uitest.Page(t, "logs-first."+lang, owner, views.Logs(views.LogsProps{First: true, Live: true, Now: uitest.Now, BaseURL: "https://developers.example.com"}))
		uitest.Page(t, "logs-nothing."+lang, owner, views.Logs(views.LogsProps{Now: uitest.Now, Query: views.LogQuery{Status: "5xx"}}))
	})
}

func TestLogErrors(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		p := views.LogErrorsProps{
			Query: views.LogQuery{Range: "24h"}, More: true, Missing: 3,
			Groups: []views.LogErrorGroup{
				{
					Code: portal.CodeWindowClosed, Method: "POST", Path: "/v1/messages", Calls: 1200, FirstAt: uitest.Now.Add(-5 * time.Hour),
					LastAt: uitest.Now, Steps: []float64{0, 3, 9, 1}, Href: "/logs?error=window_closed",
				},
				{Code: portal.CodeInvalidToken, Calls: 1, FirstAt: uitest.Now, LastAt: uitest.Now, Href: "/logs?error=invalid_token"},
			},
		}
		uitest.Page(t, "logs-errors."+lang, uitest.Owner(lang), views.LogErrors(p))
		uitest.Page(t, "logs-errors-none."+lang, uitest.Owner(lang), views.LogErrors(views.LogErrorsProps{}))
	})
}

// An auditor without tokens or an agent sees no link that they may not follow.
func TestLogEntryLinksOnlyWhatTheReaderMayOpen(t *testing.T) {
	t.Parallel()
	reader := uitest.Owner(portal.LangEN)
	reader.May = map[portal.Permission]bool{portal.ReadLogs: true}
	p := logsProps()
	p.Rows[0].MessageID = "msg_01M8251CVTF6RTMW8DYW61QG1F"
	p.Entry = &p.Rows[0]
	page := uitest.Render(t, reader, views.Logs(p))
	for _, path := range []string{"/messages/msg_", "/contacts/ctc_", "/tokens/tok_"} {
		if strings.Contains(page, path) {
			t.Errorf("a link to %s", path)
		}
	}
}
