package storetest_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestTokenUses(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		mine := portal.Tenant{AccountID: "acc_1", Environment: portal.Test}
		count := func(tenant portal.Tenant, token string, at time.Time, n int64) store.MinuteCount {
			return store.MinuteCount{Tenant: tenant, Minute: at, Operation: "sendMessage", TokenID: token, OK: n, Refused: 1}
		}
		tx(t, s, func(tx *store.Tx) error {
			return tx.AddMinutes([]store.MinuteCount{
				count(mine, "a", noon, 5), count(mine, "a", noon.Add(30*time.Minute), 2), count(mine, "a", noon.Add(time.Hour), 3),
				count(mine, "b", noon.Add(2*time.Hour), 4), count(mine, "a", noon.Add(-time.Hour), 100),
				count(portal.Tenant{AccountID: "acc_1", Environment: portal.Live}, "a", noon, 9),
				count(portal.Tenant{AccountID: "acc_2", Environment: portal.Test}, "c", noon, 9),
			})
		})
		got, err := s.Reader(t.Context()).TokenUses(mine, store.UseFilter{From: noon, To: noon.Add(3 * time.Hour), Step: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		step := func(i int, ok, refused int64) portal.Minute {
			return portal.Minute{At: noon.Add(time.Duration(i) * time.Hour), OK: ok, Refused: refused}
		}
		mustDiff(t, "uses", got, map[string][]portal.Minute{
			"a": {step(0, 7, 2), step(1, 3, 1), step(2, 0, 0)},
			"b": {step(0, 0, 0), step(1, 0, 0), step(2, 4, 1)},
		})
	})
}

func TestCountAndNewestToken(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r, tenant := s.Reader(t.Context()), portal.Tenant{AccountID: someAccount(t, s).ID, Environment: portal.Test}
		_, err := r.NewestToken(tenant, s.Now())
		mustCode(t, "the newest of none", err, portal.CodeNotFound)
		older, _ := someToken(t, s, tenant)
		newer, _ := someToken(t, s, tenant)
		someToken(t, s, portal.Tenant{AccountID: tenant.AccountID, Environment: portal.Live})
		if got, err := r.NewestToken(tenant, s.Now()); err != nil || got.ID != newer.ID {
			t.Errorf("newest is %s, want %s, %v", got.ID, newer.ID, err)
		}
		tx(t, s, func(tx *store.Tx) error { _, err := tx.RevokeToken(tenant, newer.ID, ""); return err })
		if got, err := r.NewestToken(tenant, s.Now()); err != nil || got.ID != older.ID {
			t.Errorf("newest that works is %s, want %s, %v", got.ID, older.ID, err)
		}
		for part, want := range map[string]int64{store.TokensActive: 1, store.TokensEnded: 1} {
			if n, err := r.CountTokens(tenant, store.TokenFilter{Part: part, Now: s.Now()}); err != nil || n != want {
				t.Errorf("%s: %d, want %d, %v", part, n, want, err)
			}
		}
	})
}
