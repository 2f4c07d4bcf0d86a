package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r, a := s.Reader(t.Context()), someAccount(t, s)
		tenant := portal.Tenant{AccountID: a.ID, Environment: portal.Test}
		token, secret := someToken(t, s, tenant)

		got, err := r.TokenByHash(portal.HashSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "token by its hash", got.Token, token)
		mustDiff(t, "its account", got.Account, a)
		_, err = r.TokenByHash(portal.HashSecret(secret + "x"))
		mustCode(t, "an unknown hash", err, portal.CodeNotFound)

		for _, foreign := range []portal.Tenant{{AccountID: a.ID, Environment: portal.Live}, {AccountID: someAccount(t, s).ID, Environment: portal.Test}} {
			_, err = r.Token(foreign, token.ID)
			mustCode(t, "a foreign token", err, portal.CodeNotFound)
			stolen := token
			stolen.AccountID, stolen.Environment = foreign.AccountID, foreign.Environment
			err = s.Tx(t.Context(), func(tx *store.Tx) error { return tx.UpdateToken(stolen) })
			mustCode(t, "update of a foreign token", err, portal.CodeNotFound)
			tx(t, s, func(tx *store.Tx) error {
				done, err := tx.RevokeToken(foreign, token.ID, "usr_thief")
				if done {
					t.Error("revoked a foreign token")
				}
				return err
			})
		}
		use := store.TokenUse{Tenant: tenant, ID: token.ID, At: s.Now(), IP: "203.0.113.9"}
		older := use
		older.At, older.IP = use.At.Add(-time.Hour), "203.0.113.1"
		tx(t, s, func(tx *store.Tx) error { return errors.Join(tx.TouchToken(use), tx.TouchToken(older)) })
		if got, err := r.Token(tenant, token.ID); err != nil || !got.LastUsedAt.Equal(use.At) || got.LastUsedIP != use.IP {
			t.Errorf("last use %v from %s, %v", got.LastUsedAt, got.LastUsedIP, err)
		}
	})
}

func TestTokenParts(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		now := s.Now()
		tenant := portal.Tenant{AccountID: someAccount(t, s).ID, Environment: portal.Live}
		at := func(d time.Duration) *time.Time { end := now.Add(d); return &end }
		ids := map[string]string{}
		for name, ends := range map[string][2]*time.Time{ // expires, revoked
			"endless": {nil, nil}, "far": {at(1000 * time.Hour), nil}, "near": {at(time.Hour), nil},
			"rotating": {nil, at(time.Hour)}, "expired": {at(-time.Hour), nil}, "revoked": {nil, at(-time.Hour)},
		} {
			token, _ := someToken(t, s, tenant)
			ids[token.ID] = name
			tx(t, s, func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE tokens SET expires_at = ?, revoked_at = ? WHERE id = ?`, ends[0], ends[1], token.ID)
				return err
			})
		}
		for part, want := range map[string][]string{
			store.TokensActive:   {"endless", "far", "near", "rotating"},
			store.TokensExpiring: {"near", "rotating"},
			store.TokensEnded:    {"expired", "revoked"},
		} {
			f := store.TokenFilter{Part: part, Now: now, Expiring: now.Add(24 * time.Hour)}
			var got []string
			for page := (portal.Page{Limit: 3}); ; {
				rows, next, err := s.Reader(t.Context()).Tokens(tenant, f, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range rows {
					got = append(got, ids[row.ID])
				}
				if page.After = next; next == "" {
					break
				}
			}
			slices.Sort(got)
			mustDiff(t, part, got, want)
		}
	})
}

func TestNonceIsUsedOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		tenant := portal.Tenant{AccountID: someAccount(t, s).ID, Environment: portal.Test}
		token, _ := someToken(t, s, tenant)
		use := func(tenant portal.Tenant) (id string, fresh bool) {
			tx(t, s, func(tx *store.Tx) (err error) { id, fresh, err = tx.UseNonce(tenant, "nonce", token.ID); return err })
			return id, fresh
		}
		if _, fresh := use(tenant); !fresh {
			t.Error("a new nonce was refused")
		}
		if id, fresh := use(tenant); fresh || id != token.ID {
			t.Errorf("second use: %s, %v", id, fresh)
		}
		if id, fresh := use(portal.Tenant{AccountID: someAccount(t, s).ID, Environment: portal.Test}); fresh || id != "" {
			t.Errorf("another account learned %q, fresh %v", id, fresh)
		}
	})
}

func TestModules(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r, a := s.Reader(t.Context()), someAccount(t, s)
		active, err := r.ActiveModules(a.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "never switched", active, []string{portal.ModuleMessages, portal.ModuleContacts, portal.ModuleSupport, portal.ModuleEvents, portal.ModuleWebhooks})
		for _, on := range []bool{true, false} {
			m := portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}, Active: on, Reason: "staff", MessagesPerDay: 5}
			tx(t, s, func(tx *store.Tx) error { return tx.SetModule(a.ID, m) })
		}
		active, err = r.ActiveModules(a.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "messages off", active, []string{portal.ModuleContacts, portal.ModuleSupport, portal.ModuleEvents, portal.ModuleWebhooks})
		_, secret := someToken(t, s, portal.Tenant{AccountID: a.ID, Environment: portal.Test})
		holder, err := r.TokenByHash(portal.HashSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "messages off, with the token", holder.Modules, active)
		rows, err := r.Modules(a.ID, s.Now())
		if err != nil {
			t.Fatal(err)
		}
		if m := rows[0]; m.Active || m.Reason != "staff" || m.MessagesPerDay != 5 || m.Title.PT != "Mensagens" || m.UpdatedAt.IsZero() {
			t.Errorf("messages: %+v", m)
		}
		if n, err := r.MessagesPerDay(a.ID); err != nil || n != 5 {
			t.Errorf("MessagesPerDay: %d, %v", n, err)
		}
	})
}

func TestAuditChain(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		a := someAccount(t, s)
		var writers sync.WaitGroup
		for i := range 20 {
			writers.Go(func() {
				if err := s.Tx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
					return tx.Audit(portal.Audit{AccountID: a.ID, Action: "token.created", Target: fmt.Sprintf("tok_%d", i), Details: []byte(`{"n":1}`)})
				}); err != nil {
					t.Errorf("append: %v", err)
				}
			})
		}
		writers.Wait()
		rows, err := s.Reader(t.Context()).AuditOf(a.ID, "tok_7", 10)
		if err != nil || len(rows) != 1 || string(rows[0].Details) != `{"n":1}` {
			t.Fatalf("rows about tok_7: %+v, %v", rows, err)
		}
		for name, damage := range map[string]string{
			"":         ``,
			"edited":   `UPDATE audit SET action = 'token.revoked' WHERE account_id = ? AND seq = 7`,
			"restored": `UPDATE audit SET action = 'token.created' WHERE account_id = ? AND seq = 7`,
			"reorder":  `UPDATE audit SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE account_id = ? AND seq IN (3, 4)`,
			"beheaded": `DELETE FROM audit WHERE account_id = ? AND seq = 20`,
			"gap":      `DELETE FROM audit WHERE account_id = ? AND seq = 5`,
		} {
			t.Run(name, func(t *testing.T) { // one after the other, each undone by its rollback
				undo := errors.New("undo")
				err := s.Tx(t.Context(), func(tx *store.Tx) error {
					if damage != "" {
						if _, err := tx.Exec(damage, a.ID); err != nil {
							return err
						}
					}
					place, err := tx.AuditBreak(a.ID)
					if whole := place == ""; err != nil || whole != (name == "" || name == "restored") {
						t.Errorf("first bad row %q, %v", place, err)
					}
					return undo
				})
				if !errors.Is(err, undo) {
					t.Error(err)
				}
			})
		}
	})
}
