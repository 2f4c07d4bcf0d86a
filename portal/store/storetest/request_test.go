package storetest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// requestTenant owns the rows below; the log asks for no account row.
var requestTenant = portal.Tenant{AccountID: "acc_log", Environment: portal.Test}

// requestNoon is not far from now: ids of the log carry the time they were minted.
var requestNoon = time.Now().UTC().Truncate(time.Hour)

func logRow(change ...func(*portal.Request)) portal.Request {
	d := 5 * time.Millisecond
	q := portal.Request{
		ID: portal.NewID(portal.PrefixRequest), AccountID: requestTenant.AccountID, Environment: requestTenant.Environment,
		At: requestNoon, Source: portal.SourceAPI, Method: "POST", Path: "/v1/messages", Operation: "sendMessage",
		Status: 202, Duration: &d, TokenID: "tok_1", TokenName: "ERP", IP: "203.0.113.7", UserAgent: "erp/4.2",
		IdempotencyKey: "PED-1", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", MessageID: "msg_1", ContactID: "ctc_1",
		Timing: portal.Timing{Auth: time.Millisecond, Limits: 2 * time.Microsecond, Validation: 3 * time.Microsecond, Store: 4 * time.Microsecond},
	}
	for _, f := range change {
		f(&q)
	}
	return q
}

func insertLog(t *testing.T, s *store.Store, rows ...portal.Request) {
	t.Helper()
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		for _, q := range rows {
			if err := tx.InsertRequest(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRequestRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		full := logRow(func(q *portal.Request) {
			q.ErrorCode, q.UserID, q.HandoffID, q.OriginalRequestID, q.Replayed = "window_closed", "usr_1", "hnd_1", "req_0", true
			q.Bodies = &portal.Bodies{
				RequestHeaders: map[string]string{"a": "b"}, RequestBody: `{"é":1}`,
				ResponseHeaders: map[string]string{}, ResponseBody: "{}",
			}
		})
		bare := logRow(func(q *portal.Request) { q.Duration = nil })
		insertLog(t, s, full, bare)
		for _, want := range []portal.Request{full, bare} {
			got, err := s.Reader(t.Context()).Request(requestTenant, want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		other := portal.Tenant{AccountID: requestTenant.AccountID, Environment: portal.Live}
		if _, err := s.Reader(t.Context()).Request(other, full.ID); portal.CodeOf(err) != portal.CodeNotFound {
			t.Errorf("in the other environment: %v", err)
		}
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			return tx.FinishRequests([]store.Finished{
				{Tenant: requestTenant, ID: bare.ID, Duration: time.Second, Store: time.Millisecond},
				{Tenant: other, ID: full.ID, Duration: time.Hour},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Reader(t.Context()).Request(requestTenant, bare.ID)
		if err != nil || *got.Duration != time.Second || got.Timing.Store != time.Millisecond {
			t.Errorf("finished: %+v, %v", got, err)
		}
		if got, err = s.Reader(t.Context()).Request(requestTenant, full.ID); err != nil || *got.Duration != *full.Duration {
			t.Errorf("finished by another tenant: %+v, %v", got, err)
		}
	})
}

func TestRequestFilters(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		a := logRow()
		b := logRow(func(q *portal.Request) {
			q.Status, q.Method, q.Path, q.TokenID, q.MessageID = 404, "GET", "/v1/contacts/x_y%z", "tok_2", ""
			q.ErrorCode, q.At = portal.CodeNotFound, requestNoon.Add(time.Minute)
		})
		c := logRow(func(q *portal.Request) {
			d := time.Second
			q.Status, q.Source, q.Duration, q.Path, q.MessageID = 500, portal.SourceConsole, &d, "/v1/contacts/xayb", ""
			q.At = requestNoon.Add(2 * time.Minute)
		})
		d := logRow(func(q *portal.Request) { q.Status, q.Path, q.MessageID = 304, "/v1/account", "" })
		insertLog(t, s, a, b, c, d, logRow(func(q *portal.Request) { q.Environment = portal.Live }))
		one, two := requestNoon.Add(time.Minute), requestNoon.Add(2*time.Minute)
		for name, tt := range map[string]struct {
			filter portal.RequestFilter
			want   []string
		}{
			"none":      {portal.RequestFilter{}, []string{d.ID, c.ID, b.ID, a.ID}},
			"2xx":       {portal.RequestFilter{Class: 2}, []string{d.ID, a.ID}},
			"4xx":       {portal.RequestFilter{Class: 4}, []string{b.ID}},
			"5xx":       {portal.RequestFilter{Class: 5}, []string{c.ID}},
			"path":      {portal.RequestFilter{PathPrefix: "/v1/contacts"}, []string{c.ID, b.ID}},
			"wild path": {portal.RequestFilter{PathPrefix: "/v1/contacts/x_y%"}, []string{b.ID}},
			"method":    {portal.RequestFilter{Method: "GET"}, []string{b.ID}},
			"token":     {portal.RequestFilter{TokenID: "tok_2"}, []string{b.ID}},
			"error":     {portal.RequestFilter{ErrorCode: portal.CodeNotFound}, []string{b.ID}},
			"duration":  {portal.RequestFilter{MinDuration: time.Second}, []string{c.ID}},
			"id":        {portal.RequestFilter{ID: a.ID}, []string{a.ID}},
			"source":    {portal.RequestFilter{Source: portal.SourceConsole}, []string{c.ID}},
			"message":   {portal.RequestFilter{MessageID: "msg_1"}, []string{a.ID}},
			"from":      {portal.RequestFilter{From: &one}, []string{c.ID, b.ID}},
			"to":        {portal.RequestFilter{From: &one, To: &two}, []string{b.ID}},
			"together":  {portal.RequestFilter{Class: 4, Method: "POST"}, nil},
		} {
			rows, next, err := s.Reader(t.Context()).Requests(requestTenant, tt.filter, portal.Page{Limit: 10})
			if err != nil || next != "" {
				t.Fatalf("%s: next %q, %v", name, next, err)
			}
			if diff := cmp.Diff(tt.want, idsOf(rows)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

func idsOf(rows []portal.Request) (ids []string) {
	for _, q := range rows {
		ids = append(ids, q.ID)
	}
	return ids
}

func TestRequestPages(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		var want []string
		var all []portal.Request
		for range 7 {
			q := logRow()
			all, want = append(all, q), append(want, q.ID)
		}
		insertLog(t, s, all...)
		slices.Reverse(want)
		var got []string
		page := portal.Page{Limit: 3}
		for {
			rows, next, err := s.Reader(t.Context()).Requests(requestTenant, portal.RequestFilter{}, page)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, idsOf(rows)...)
			if page.After = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRequestMinutes(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		count := func(minute int, op, token string, ok, failed int64) store.MinuteCount {
			return store.MinuteCount{
				Tenant: requestTenant, Minute: requestNoon.Add(time.Duration(minute) * time.Minute), Operation: op,
				TokenID: token, OK: ok, Failed: failed, Spent: 10 * time.Millisecond,
			}
		}
		for range 2 {
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				return tx.AddMinutes([]store.MinuteCount{
					count(0, "sendMessage", "tok_1", 2, 0), count(1, "getMessage", "tok_2", 1, 1), count(5, "sendMessage", "tok_1", 1, 0),
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		f := store.UseFilter{From: requestNoon, To: requestNoon.Add(6 * time.Minute), Step: 3 * time.Minute}
		got, err := s.Reader(t.Context()).RequestUse(requestTenant, f)
		if err != nil {
			t.Fatal(err)
		}
		want := []portal.Minute{{At: requestNoon, OK: 6, Failed: 2}, {At: requestNoon.Add(3 * time.Minute), OK: 2}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		f.TokenID = "tok_2"
		if got, err = s.Reader(t.Context()).RequestUse(requestTenant, f); err != nil || got[0].OK != 2 || got[1].OK != 0 {
			t.Errorf("one token: %+v, %v", got, err)
		}
		uses, err := s.Reader(t.Context()).RequestOperations(requestTenant, store.UseFilter{From: f.From, To: f.To})
		if err != nil {
			t.Fatal(err)
		}
		operations := []store.OperationUse{
			{Operation: "sendMessage", OK: 6, Average: (40 * time.Millisecond / 6).Truncate(time.Microsecond)},
			{Operation: "getMessage", OK: 2, Failed: 2, Average: 5 * time.Millisecond},
		}
		if diff := cmp.Diff(operations, uses); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRequestErrorsAndCounts(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		refused := func(code portal.Code) portal.Request {
			return logRow(func(q *portal.Request) { q.Status, q.ErrorCode = 422, code })
		}
		insertLog(t, s, refused("a"), refused("b"), refused("b"), logRow())
		r := s.Reader(t.Context())
		top, err := r.RequestErrors(requestTenant, requestNoon, requestNoon.Add(time.Hour), 5)
		if err != nil {
			t.Fatal(err)
		}
		want := []store.RequestErrors{{Code: "b", Calls: 2, LastAt: requestNoon}, {Code: "a", Calls: 1, LastAt: requestNoon}}
		if diff := cmp.Diff(want, top); diff != "" {
			t.Error(diff)
		}
		end := requestNoon.Add(2 * time.Minute)
		minutes, err := r.RequestCounts(requestTenant, portal.RequestFilter{From: &requestNoon, To: &end}, time.Minute)
		if diff := cmp.Diff([]portal.Minute{{At: requestNoon, OK: 1, Refused: 3}, {At: requestNoon.Add(time.Minute)}}, minutes); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func TestRequestPurge(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		q := logRow(func(q *portal.Request) { q.Bodies = &portal.Bodies{} })
		insertLog(t, s, q)
		purge := func(rows, bodies time.Time) (n int64) {
			t.Helper()
			err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
				n, err = tx.PurgeRequests(rows, bodies, 10)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		if n := purge(past, past); n != 0 {
			t.Errorf("%d young rows deleted", n)
		}
		if n := purge(past, future); n != 1 {
			t.Errorf("%d bodies deleted, want 1", n)
		}
		if got, err := s.Reader(t.Context()).Request(requestTenant, q.ID); err != nil || got.Bodies != nil {
			t.Errorf("without bodies: %+v, %v", got.Bodies, err)
		}
		if n := purge(future, future); n != 1 {
			t.Errorf("%d rows deleted, want 1", n)
		}
	})
}
