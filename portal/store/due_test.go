package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func claim(t *testing.T, s *store.Store, c store.Claim) (got []string) {
	t.Helper()
	must(t, s, func(tx *store.Tx) (err error) {
		got, err = tx.ClaimDue(c)
		return err
	})
	slices.Sort(got)
	return got
}

func TestConcurrentClaimsAreDisjoint(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		const rows = 300
		must(t, s, func(tx *store.Tx) error {
			for n := range rows {
				if err := exec(tx, `INSERT INTO things (id, due_at) VALUES (?, ?)`, fmt.Sprintf("%03d", n), tx.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		owners := map[string]int{}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					var got []string
					err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
						got, err = tx.ClaimDue(store.Claim{Table: "things", Order: "due_at, id", Limit: 7, Lease: time.Hour})
						return err
					})
					if err != nil || len(got) > 7 {
						t.Errorf("claimed %d: %v", len(got), err)
					}
					if len(got) == 0 {
						return
					}
					mu.Lock()
					for _, id := range got {
						owners[id]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(owners) != rows {
			t.Errorf("%d rows claimed, want %d", len(owners), rows)
		}
		for id, n := range owners {
			if n != 1 {
				t.Errorf("%s claimed %d times", id, n)
			}
		}
	})
}

func TestClaimOrderConditionAndLease(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		s := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		must(t, s, func(tx *store.Tx) error {
			return errors.Join(
				exec(tx, things),
				exec(tx, `
INSERT INTO things (id, size, due_at)
VALUES ('a', 1, ?), ('b', 2, ?), ('c', 3, ?), ('later', 9, ?), ('never', 9, NULL), ('small', 0, ?)`,
					now, now, now, now.Add(time.Minute), now))
		})
		c := store.Claim{Table: "things", Order: "size DESC", Where: "size > ?", Args: []any{0}, Limit: 2, Lease: 10 * time.Second}
		for _, step := range []struct {
			after time.Duration
			want  []string
		}{
			{0, []string{"b", "c"}}, // the first two by order
			{0, []string{"a"}},      // what they left
			{10 * time.Second, nil}, // the leases still hold
			{time.Second, []string{"b", "c"}},
			{time.Hour, []string{"c", "later"}},
		} {
			now = now.Add(step.after)
			if d := cmp.Diff(step.want, claim(t, s, c)); d != "" {
				t.Errorf("after %v (-want +got):\n%s", step.after, d)
			}
		}
	})
}
