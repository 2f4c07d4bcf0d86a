package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

var (
	tenant = portal.Tenant{AccountID: "acc_a", Environment: portal.Test}
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

func setup(t *testing.T) (*audit.Log, *store.Store) {
	t.Helper()
	s := storetest.Open(t, func(o *store.Options) { o.Now = func() time.Time { return noon } })
	return audit.New(audit.Options{Store: s}), s
}

// idAtNoon returns a new id as it is minted at noon: the log finds a time by its ids.
func idAtNoon() string {
	const clock = len("req_") + 10
	return portal.FirstID(portal.PrefixRequest, noon)[:clock] + portal.NewID(portal.PrefixRequest)[clock:]
}

func row(change ...func(*portal.Request)) portal.Request {
	d := 3 * time.Millisecond
	r := portal.Request{
		ID: idAtNoon(), AccountID: tenant.AccountID, Environment: tenant.Environment, At: noon,
		Source: portal.SourceAPI, Method: "GET", Path: "/v1/messages", Operation: "listMessages", Status: 200,
		Duration: &d, TokenID: "tok_a", TokenName: "ERP", IP: "203.0.113.7",
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func list(t *testing.T, l *audit.Log, tn portal.Tenant, f portal.RequestFilter) []portal.Request {
	t.Helper()
	rows, _, err := l.List(t.Context(), tn, f, portal.Page{Limit: portal.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// steps counts the calls of each minute from noon on.
func steps(t *testing.T, l *audit.Log, f portal.RequestFilter, to time.Time) ([]portal.Minute, error) {
	t.Helper()
	f.From, f.To = &noon, &to
	return l.Steps(t.Context(), tenant, f, time.Minute)
}

func TestAReadIsLoggedMasked(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	r := row(func(r *portal.Request) {
		r.Path = "/v1/contacts/phone:+5511987654417?to=%2B5511987654417"
		r.UserAgent = "erp\x00/\xff"
		r.IdempotencyKey = "5511987654417"
		r.Bodies = &portal.Bodies{ResponseBody: "{}", ResponseHeaders: map[string]string{"etag": "x"}, RequestHeaders: map[string]string{}}
	})
	l.Enqueue(t.Context(), r)
	l.Flush(t.Context())
	got, err := l.Get(t.Context(), tenant, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := r
	want.Path = "/v1/contacts/phone:+55 11 9••••-4417?to=%2B55%2011%209••••-4417"
	want.UserAgent, want.IdempotencyKey = "erp /\uFFFD", "+55 11 9••••-4417"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAWritesRowStandsAndFallsWithTheWrite(t *testing.T) {
	t.Parallel()
	l, s := setup(t)
	kept, lost := row(), row()
	kept.Duration, lost.Duration = nil, nil
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return l.Record(tx, kept) }); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	err := s.Tx(t.Context(), func(tx *store.Tx) error { return errors.Join(l.Record(tx, lost), stop) })
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if rows := list(t, l, tenant, portal.RequestFilter{}); len(rows) != 1 || rows[0].Duration != nil {
		t.Fatalf("before the answer: %+v", rows)
	}
	for _, id := range []string{kept.ID, lost.ID} {
		l.Finish(store.Finished{Tenant: tenant, ID: id, Duration: 12 * time.Millisecond, Store: 10 * time.Millisecond, Bodies: &portal.Bodies{ResponseBody: "{}"}})
	}
	l.Flush(t.Context())
	rows := list(t, l, tenant, portal.RequestFilter{})
	if len(rows) != 1 || rows[0].Duration == nil || *rows[0].Duration != 12*time.Millisecond || rows[0].Timing.Store != 10*time.Millisecond {
		t.Fatalf("after the answer: %+v", rows)
	}
	if whole, err := l.Get(t.Context(), tenant, kept.ID); err != nil || whole.Bodies == nil || whole.Bodies.ResponseBody != "{}" {
		t.Fatalf("with its bodies: %+v, %v", whole, err)
	}
	minutes, err := steps(t, l, portal.RequestFilter{}, noon.Add(time.Minute))
	if err != nil || len(minutes) != 1 || minutes[0].OK != 1 {
		t.Fatalf("minutes: %+v, %v", minutes, err)
	}
}

func TestRunWritesSoonAndAtTheEnd(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	tail, cancel := l.Tail(tenant)
	defer cancel()
	first, last := row(), row()
	began := time.Now()
	l.Enqueue(t.Context(), first)
	if got := <-tail; got.ID != first.ID || got.Bodies != nil {
		t.Errorf("the tail shows %+v", got)
	}
	if waited := time.Since(began); waited > time.Second {
		t.Errorf("written after %v; promised within 100 ms", waited)
	}
	l.Enqueue(t.Context(), last)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if rows := list(t, l, tenant, portal.RequestFilter{}); len(rows) != 2 {
		t.Errorf("%d rows after the end, want 2", len(rows))
	}
	minutes, err := steps(t, l, portal.RequestFilter{TokenID: "tok_a", Class: 2}, noon.Add(time.Minute))
	if err != nil || minutes[0].OK != 2 {
		t.Errorf("minutes: %+v, %v", minutes, err)
	}
}

func TestTailsEndWithTheProgramAndStayWithinTheTenant(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	mine, cancel := l.Tail(tenant)
	other, cancelOther := l.Tail(portal.Tenant{AccountID: tenant.AccountID, Environment: portal.Live})
	defer cancelOther()
	l.Enqueue(t.Context(), row())
	l.Flush(t.Context())
	if len(mine) != 1 || len(other) != 0 {
		t.Errorf("mine %d rows, other environment %d", len(mine), len(other))
	}
	cancel()
	l.EndTails()
	if _, ok := <-other; ok {
		t.Error("the tail goes on")
	}
	late, _ := l.Tail(tenant)
	if _, ok := <-late; ok {
		t.Error("a tail opened after the end goes on")
	}
}

func missing(t *testing.T, l *audit.Log, tn portal.Tenant) int64 {
	t.Helper()
	n, err := l.Missing(t.Context(), tn, noon, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFullBufferLosesAndCounts(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	const sent = 2100 // more than the buffer holds; nobody writes
	for range sent {
		l.Enqueue(gone, row())
	}
	lost := l.Lost()
	if lost == 0 || missing(t, l, tenant) != lost || missing(t, l, portal.Tenant{AccountID: "acc_b"}) != 0 {
		t.Fatalf("lost %d, missing %d", lost, missing(t, l, tenant))
	}
	l.Flush(t.Context())
	n := 0
	if err := l.Export(t.Context(), tenant, portal.RequestFilter{}, func(portal.Request) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	if int64(n)+lost != sent {
		t.Errorf("%d written and %d lost of %d", n, lost, sent)
	}
}

func TestOneRowTheStoreRefusesIsLostAlone(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	twice := row()
	l.Enqueue(t.Context(), twice)
	l.Enqueue(t.Context(), row())
	l.Enqueue(t.Context(), twice)
	l.Flush(t.Context())
	if rows := list(t, l, tenant, portal.RequestFilter{}); len(rows) != 2 || l.Lost() != 1 {
		t.Errorf("%d rows, %d lost", len(rows), l.Lost())
	}
}

func TestAFloodOfNoAccountIsCountedNotStored(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s := storetest.Open(t, func(o *store.Options) {
		o.Now = func() time.Time { return noon.Add(time.Duration(offset.Load())) }
	})
	l := audit.New(audit.Options{Store: s})
	send := func(ip string, code portal.Code) {
		l.Enqueue(t.Context(), row(func(r *portal.Request) {
			r.AccountID, r.Environment, r.IP, r.ErrorCode, r.Status = "", "", ip, code, 401
		}))
	}
	for range 50 {
		send("203.0.113.7", portal.CodeInvalidToken)
	}
	send("203.0.113.7", portal.CodeMissingToken)
	send("203.0.113.8", portal.CodeInvalidToken)
	offset.Store(int64(time.Second))
	send("203.0.113.7", portal.CodeInvalidToken)
	l.Flush(t.Context())
	if rows := list(t, l, portal.Tenant{}, portal.RequestFilter{}); len(rows) != 4 || l.Suppressed() != 49 {
		t.Errorf("%d rows, %d only counted", len(rows), l.Suppressed())
	}
}

func TestMinutesOfAFilterAreCountedFromTheLog(t *testing.T) {
	t.Parallel()
	l, _ := setup(t)
	for i, status := range []int{200, 304, 422, 503} {
		l.Enqueue(t.Context(), row(func(r *portal.Request) {
			r.Status, r.At = status, noon.Add(time.Duration(i/2)*time.Minute)
			r.Method = "POST"
		}))
	}
	l.Enqueue(t.Context(), row())
	l.Flush(t.Context())
	want := []portal.Minute{{At: noon, OK: 2}, {At: noon.Add(time.Minute), Refused: 1, Failed: 1}, {At: noon.Add(2 * time.Minute)}}
	got, err := steps(t, l, portal.RequestFilter{Method: "POST"}, noon.Add(3*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = steps(t, l, portal.RequestFilter{Class: 4}, noon.Add(3*time.Minute))
	if err != nil || fmt.Sprint(got[0].OK, got[1].Refused, got[1].Failed) != "0 1 0" {
		t.Errorf("class 4: %+v, %v", got, err)
	}
}
