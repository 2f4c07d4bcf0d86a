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
				TokenID: token, OK: ok, Failed: failed, Latency: portal.Latency{3: ok + failed},
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
		f.Latency = true
		if got, err = s.Reader(t.Context()).RequestUse(requestTenant, f); err != nil || got[0].Latency[3] != 8 || got[1].Latency[3] != 2 {
			t.Errorf("with durations: %+v, %v", got, err)
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
			{Operation: "sendMessage", OK: 6, Latency: portal.Latency{3: 6}},
			{Operation: "getMessage", OK: 2, Failed: 2, Latency: portal.Latency{3: 4}},
		}
		if diff := cmp.Diff(operations, uses); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRequestCounts(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		refused := logRow(func(q *portal.Request) { q.Status = 422 })
		insertLog(t, s, refused, logRow())
		end := requestNoon.Add(2 * time.Minute)
		minutes, err := s.Reader(t.Context()).RequestCounts(requestTenant, portal.RequestFilter{From: &requestNoon, To: &end}, time.Minute)
		if diff := cmp.Diff([]portal.Minute{{At: requestNoon, OK: 1, Refused: 1}, {At: requestNoon.Add(time.Minute)}}, minutes); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func TestRequestErrors(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		refused := func(code portal.Code, minute int, tenant portal.Tenant) store.ErrorCount {
			at := requestNoon.Add(time.Duration(minute) * time.Minute)
			return store.ErrorCount{Tenant: tenant, Slot: at.Truncate(store.ErrorSlot), Code: code, Operation: "sendMessage", Calls: 2, FirstAt: at, LastAt: at.Add(time.Second)}
		}
		other := portal.Tenant{AccountID: requestTenant.AccountID, Environment: portal.Live}
		for _, c := range []store.ErrorCount{
			refused("a", 7, requestTenant), refused("b", 1, requestTenant), refused("b", 0, requestTenant),
			refused("b", 12, requestTenant), refused("a", 0, other),
		} {
			if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddErrors([]store.ErrorCount{c}) }); err != nil {
				t.Fatal(err)
			}
		}
		at := func(minute int) time.Time { return requestNoon.Add(time.Duration(minute) * time.Minute) }
		got, err := s.Reader(t.Context()).RequestErrors(requestTenant, store.UseFilter{From: requestNoon, To: at(15), Step: store.ErrorSlot})
		if err != nil {
			t.Fatal(err)
		}
		want := []store.RequestErrors{
			{Code: "b", Operation: "sendMessage", Calls: 6, FirstAt: at(0), LastAt: at(12).Add(time.Second), Steps: []int64{4, 0, 2}},
			{Code: "a", Operation: "sendMessage", Calls: 2, FirstAt: at(7), LastAt: at(7).Add(time.Second), Steps: []int64{0, 2, 0}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRequestLosses(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		for range 2 {
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				return tx.AddLosses([]store.LossCount{{Tenant: requestTenant, Minute: requestNoon, Lost: 3}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for to, want := range map[time.Time]int64{requestNoon.Add(time.Minute): 6, requestNoon: 0} {
			got, err := s.Reader(t.Context()).RequestLosses(requestTenant, requestNoon.Add(-time.Hour), to)
			if err != nil || got != want {
				t.Errorf("up to %v: %d, want %d, %v", to, got, want, err)
			}
		}
		got, err := s.Reader(t.Context()).RequestLosses(portal.Tenant{AccountID: "acc_other"}, requestNoon, requestNoon.Add(time.Hour))
		if err != nil || got != 0 {
			t.Errorf("of another tenant: %d, %v", got, err)
		}
	})
}

// Many rows in one call are more than one statement takes, and less than two.
func TestInsertRequests(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		var rows []portal.Request
		for range 37 {
			rows = append(rows, logRow(func(q *portal.Request) { q.Bodies = &portal.Bodies{RequestBody: q.ID} }))
		}
		if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertRequests(rows) }); err != nil {
			t.Fatal(err)
		}
		got, _, err := s.Reader(t.Context()).Requests(requestTenant, portal.RequestFilter{}, portal.Page{Limit: 100})
		slices.Reverse(got)
		if diff := cmp.Diff(idsOf(rows), idsOf(got)); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		for _, q := range []portal.Request{rows[0], rows[16], rows[36]} {
			if got, err := s.Reader(t.Context()).Request(requestTenant, q.ID); err != nil || got.Bodies.RequestBody != q.ID {
				t.Errorf("%+v, %v", got.Bodies, err)
			}
		}
	})
}
