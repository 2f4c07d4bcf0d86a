package storetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// purgeAll takes every step of the purges and returns how many rows each kind lost.
func purgeAll(t *testing.T, s *store.Store, old store.Retention, limit int) map[string]int64 {
	t.Helper()
	sums := map[string]int64{}
	for _, p := range s.LogPurges(old) {
		for {
			n, _, err := p.Step(t.Context(), limit)
			if err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
			if n == 0 {
				break
			}
			sums[p.Name] += n
		}
	}
	return sums
}

// oldID is an id of the log as it was minted at a time.
func oldID(at time.Time, n int) string {
	first := portal.FirstID(portal.PrefixRequest, at)
	return first[:len(first)-6] + fmt.Sprintf("%06d", n)
}

func TestPurges(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		now := s.Now()
		old := store.Retention{Requests: now.Add(-30 * 24 * time.Hour), Bodies: now.Add(-7 * 24 * time.Hour), Counts: now.Add(-90 * 24 * time.Hour)}
		tenants := []portal.Tenant{{}, requestTenant, {AccountID: requestTenant.AccountID, Environment: portal.Live}, {AccountID: "acc_z", Environment: portal.Test}}
		var rows []portal.Request
		var counts []store.MinuteCount
		var losses []store.LossCount
		var errors []store.ErrorCount
		for i, tenant := range tenants {
			for _, age := range []int{100, 31, 8, 0} {
				at := now.AddDate(0, 0, -age)
				for n := range 3 {
					rows = append(rows, logRow(func(q *portal.Request) {
						q.AccountID, q.Environment, q.ID, q.At = tenant.AccountID, tenant.Environment, oldID(at, 10*i+n), at
						q.Bodies = &portal.Bodies{}
					}))
				}
				minute := at.Truncate(store.ErrorSlot)
				counts = append(counts, store.MinuteCount{Tenant: tenant, Minute: minute, OK: 1})
				losses = append(losses, store.LossCount{Tenant: tenant, Minute: minute, Lost: 1})
				errors = append(errors, store.ErrorCount{Tenant: tenant, Slot: minute, Code: "a", Calls: 1, FirstAt: at, LastAt: at})
			}
		}
		insertLog(t, s, rows...)
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			if err := tx.AddMinutes(counts); err != nil {
				return err
			}
			if err := tx.AddLosses(losses); err != nil {
				return err
			}
			return tx.AddErrors(errors)
		})
		if err != nil {
			t.Fatal(err)
		}
		got := purgeAll(t, s, old, 5)
		for name, want := range map[string]int64{"requests": 24, "bodies": 36, "minutes": 4, "losses": 8, "errors": 8} {
			if got[name] != want {
				t.Errorf("%d %s removed, want %d", got[name], name, want)
			}
		}
		for _, tenant := range tenants {
			left, _, err := s.Reader(t.Context()).Requests(tenant, portal.RequestFilter{}, portal.Page{})
			if err != nil || len(left) != 6 {
				t.Errorf("%v keeps %d rows, want 6, %v", tenant, len(left), err)
			}
			for _, q := range left {
				whole, err := s.Reader(t.Context()).Request(tenant, q.ID)
				if err != nil || (whole.Bodies != nil) != q.At.After(old.Bodies) {
					t.Errorf("row of %v: bodies %v, %v", q.At, whole.Bodies, err)
				}
			}
		}
		if again := purgeAll(t, s, old, 5); len(again) != 0 {
			t.Errorf("a second time: %v", again)
		}
	})
}

// What was deleted leaves the file too, but for a tenth kept for rows to come.
func TestPurgesGiveTheFileBack(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	past := s.Now().AddDate(0, 0, -10)
	var rows []portal.Request
	for n := range 400 {
		rows = append(rows, logRow(func(q *portal.Request) {
			q.ID, q.At = oldID(past, n), past
			q.Bodies = &portal.Bodies{RequestBody: strings.Repeat("x", 16<<10)}
		}))
	}
	insertLog(t, s, rows...)
	full, _ := storetest.Pages(t, s)
	purgeAll(t, s, store.Retention{Requests: past.Add(-time.Hour), Bodies: s.Now(), Counts: past}, 100)
	if left, _ := storetest.Pages(t, s); left > full/2 {
		t.Errorf("%d of %d pages are left", left, full)
	}
}

func TestRequestDaysOnPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		today := time.Now().UTC().Truncate(24 * time.Hour)
		now := today.Add(time.Hour)
		s := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		if s.Engine() != "postgres" {
			if err := s.KeepRequestDays(t.Context(), store.Retention{}); err != nil {
				t.Error("SQLite has no days, which is no error:", err)
			}
			return
		}
		in := func(table string, at time.Time) (n int64) {
			t.Helper()
			name := table + "_default"
			if !at.IsZero() {
				name = table + at.Format("_20060102")
			}
			if err := s.Reader(t.Context()).Row(`SELECT /* Test.Day */ COUNT(*) FROM `+name, nil, &n); err != nil {
				return -1
			}
			return n
		}
		row := func(at time.Time) portal.Request {
			return logRow(func(q *portal.Request) { q.ID, q.At, q.Bodies = oldID(at, 1), at, &portal.Bodies{} })
		}
		first, last, far := row(today), row(today.Add(24*time.Hour-time.Millisecond)), row(today.AddDate(0, 0, 9))
		insertLog(t, s, first, last, far)
		for _, table := range []string{"requests", "request_bodies"} {
			if day, none := in(table, today), in(table, time.Time{}); day != 2 || none != 1 {
				t.Errorf("%s: %d rows today, want 2; %d without a day, want 1", table, day, none)
			}
		}
		// Days later: the days to come are made, those that are old dropped.
		now = today.AddDate(0, 0, 8)
		old := store.Retention{Requests: now.AddDate(0, 0, -30), Bodies: now.AddDate(0, 0, -7)}
		if err := s.KeepRequestDays(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		if rows, bodies := in("requests", today), in("request_bodies", today); rows != 2 || bodies != -1 {
			t.Errorf("after eight days: %d rows, want 2; %d bodies, want the day dropped", rows, bodies)
		}
		if in("requests", today.AddDate(0, 0, 8)) != 0 || in("requests", today.AddDate(0, 0, 11)) != 0 {
			t.Error("the days to come are not made")
		}
		if in("requests", today.AddDate(0, 0, 9)) != -1 || in("requests", time.Time{}) != 1 {
			t.Error("a row without a day does not stay where it is")
		}
		got, err := s.Reader(t.Context()).Request(requestTenant, last.ID)
		if err != nil || got.Bodies != nil {
			t.Errorf("without the day of its bodies: %+v, %v", got.Bodies, err)
		}
		now = today.AddDate(0, 0, 40)
		old = store.Retention{Requests: now.AddDate(0, 0, -30), Bodies: now.AddDate(0, 0, -7), Counts: now}
		if err := s.KeepRequestDays(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		if got := purgeAll(t, s, old, 5); got["requests"] != 1 || in("requests", today) != -1 || in("requests", time.Time{}) != 0 {
			t.Errorf("after forty days: %v", got)
		}
	})
}
