package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// tx runs fn in a transaction and fails the test on an error.
func tx(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// someAccount stores an account that has a value in every field.
func someAccount(t *testing.T, s *store.Store) portal.Account {
	t.Helper()
	a := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja Exemplo", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", Testers: []string{"+5511987654321"},
		Departments: []string{"vendas", "suporte"}, OptInRequired: true, CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	tx(t, s, func(tx *store.Tx) error { return tx.InsertAccount(a) })
	return a
}

func somePerson(t *testing.T, s *store.Store, email string) portal.User {
	t.Helper()
	u := portal.User{
		ID: portal.NewID(portal.PrefixUser), Email: email, Name: "Pessoa", PasswordHash: "hash of " + email,
		Language: portal.LangEN, CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	tx(t, s, func(tx *store.Tx) error { return tx.InsertUser(u) })
	return u
}

func someToken(t *testing.T, s *store.Store, tenant portal.Tenant) (portal.Token, string) {
	t.Helper()
	secret := portal.NewSecret(tenant.Environment)
	token := portal.Token{
		ID: portal.NewID(portal.PrefixToken), AccountID: tenant.AccountID, Environment: tenant.Environment, Name: "ERP",
		Prefix: secret[:9], Last4: secret[len(secret)-4:], Scopes: []string{"messages:send"}, AllowedIPs: []string{"203.0.113.7"},
		RateLimit: 7, CreatedBy: "usr_x", CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	tx(t, s, func(tx *store.Tx) error { return tx.InsertToken(token, portal.HashSecret(secret)) })
	return token, secret
}

func mustDiff(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func mustCode(t *testing.T, what string, err error, want portal.Code) {
	t.Helper()
	if got := portal.CodeOf(err); got != want {
		t.Errorf("%s: %v, want code %q", what, err, want)
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r := s.Reader(t.Context())
		a := someAccount(t, s)
		got, err := r.Account(a.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "account as stored", got, a)

		a.Status, a.Testers, a.Departments, a.OptInRequired = portal.AccountSuspended, nil, []string{}, false
		tx(t, s, func(tx *store.Tx) error { a.UpdatedAt = tx.Now(); return tx.UpdateAccount(a) })
		got, err = r.Account(a.ID)
		if err != nil || got.Status != portal.AccountSuspended || len(got.Testers) != 0 || got.OptInRequired {
			t.Errorf("account after the update: %+v, %v", got, err)
		}
		_, err = r.Account("acc_unknown")
		mustCode(t, "unknown account", err, portal.CodeNotFound)
		a.ID = "acc_unknown"
		mustCode(t, "update of an unknown account", s.Tx(t.Context(), func(tx *store.Tx) error { return tx.UpdateAccount(a) }), portal.CodeNotFound)
	})
}

func TestAccountsArePaged(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		var want []string
		for range 5 {
			want = append(want, someAccount(t, s).ID)
		}
		slices.Reverse(want)
		var got []string
		for page := (portal.Page{Limit: 2}); ; {
			rows, next, err := s.Reader(t.Context()).Accounts(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range rows {
				got = append(got, a.ID)
			}
			if next == "" {
				break
			}
			page.After = next
		}
		mustDiff(t, "all pages", got, want)
	})
}

func TestPeople(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r := s.Reader(t.Context())
		if found, err := r.AnyUser(); err != nil || found {
			t.Errorf("AnyUser of an empty store: %v, %v", found, err)
		}
		u := somePerson(t, s, "ana@loja.example")
		if found, err := r.AnyUser(); err != nil || !found {
			t.Errorf("AnyUser: %v, %v", found, err)
		}
		got, err := r.UserByEmail("ana@loja.example")
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "person as stored", got, u)
		_, err = r.UserByEmail("ANA@loja.example")
		mustCode(t, "another spelling", err, portal.CodeNotFound)

		again := u
		again.ID = portal.NewID(portal.PrefixUser)
		if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertUser(again) }); !store.IsConflict(err) {
			t.Errorf("a second person with the e-mail: %v, want a conflict", err)
		}
		tx(t, s, func(tx *store.Tx) error { return tx.SetPasswordHash(u.ID, u.PasswordHash, "new") })
		err = s.Tx(t.Context(), func(tx *store.Tx) error { return tx.SetPasswordHash(u.ID, u.PasswordHash, "newer") })
		mustCode(t, "a password that is no longer", err, portal.CodeNotFound)
		tx(t, s, func(tx *store.Tx) error { return tx.SetStaff(u.ID, true) })
		if got, err := r.User(u.ID); err != nil || !got.Staff || got.PasswordHash != "new" {
			t.Errorf("person after the changes: %+v, %v", got, err)
		}
	})
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r := s.Reader(t.Context())
		a, b, u := someAccount(t, s), someAccount(t, s), somePerson(t, s, "bia@loja.example")
		member := portal.Membership{AccountID: a.ID, UserID: u.ID, Role: portal.RoleDeveloper, CreatedAt: s.Now()}
		tx(t, s, func(tx *store.Tx) error { return tx.InsertMembership(member) })
		member.AccountName = a.Name
		got, err := r.Membership(a.ID, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "membership", got, member)
		_, err = r.Membership(b.ID, u.ID)
		mustCode(t, "membership of another account", err, portal.CodeNotFound)
		all, err := r.Memberships(u.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "memberships", all, []portal.Membership{member})
	})
}

func TestSetupLinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		first, second := []byte("first"), []byte("second")
		end := s.Now().Add(time.Hour)
		for _, hash := range [][]byte{first, second} {
			tx(t, s, func(tx *store.Tx) error { return tx.ReplaceSetupLink(hash, end) })
		}
		_, err := s.Reader(t.Context()).SetupLink(first)
		mustCode(t, "a replaced link", err, portal.CodeNotFound)
		if got, err := s.Reader(t.Context()).SetupLink(second); err != nil || !got.Equal(end) {
			t.Errorf("link ends %v, %v, want %v", got, err, end)
		}
		var used sync.WaitGroup
		errs := make(chan error, 8)
		for range cap(errs) {
			used.Go(func() {
				errs <- s.Tx(context.WithoutCancel(t.Context()), func(tx *store.Tx) error { return tx.TakeSetupLink(second) })
			})
		}
		used.Wait()
		won := 0
		for range cap(errs) {
			switch err := <-errs; {
			case err == nil:
				won++
			default:
				mustCode(t, "the others", err, portal.CodeNotFound)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d used the link, want 1", won, cap(errs))
		}
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r, now := s.Reader(t.Context()), s.Now()
		row := func(hash, user string, seen time.Time) store.StoredSession {
			row := store.StoredSession{Hash: hash, Data: []byte{0, 1, 255}, Session: portal.Session{
				ID: portal.NewID(portal.PrefixSession), UserID: user, IP: "203.0.113.7", UserAgent: "agent",
				CreatedAt: now, LastSeenAt: seen, ExpiresAt: now.Add(time.Hour),
			}}
			tx(t, s, func(tx *store.Tx) error { return tx.InsertSession(row) })
			return row
		}
		mine, other, foreign := row("h1", "usr_1", now), row("h2", "usr_1", now.Add(-time.Minute)), row("h3", "usr_2", now)
		row("h4", "usr_1", now.Add(-3*time.Hour))

		got, err := r.SessionByHash("h1")
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "session as stored", got, mine)
		list, err := r.Sessions("usr_1", now.Add(-2*time.Hour), now)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "sessions, last seen first", list, []portal.Session{mine.Session, other.Session})

		moved := mine
		moved.Hash, moved.Data = "h1b", []byte("new")
		tx(t, s, func(tx *store.Tx) error { return tx.UpdateSession("h1", moved) })
		_, err = r.SessionByHash("h1")
		mustCode(t, "the old cookie", err, portal.CodeNotFound)
		err = s.Tx(t.Context(), func(tx *store.Tx) error { return tx.UpdateSession("h1", moved) })
		mustCode(t, "a session that has gone", err, portal.CodeNotFound)

		err = s.Tx(t.Context(), func(tx *store.Tx) error { return tx.EndSession("usr_1", foreign.ID) })
		mustCode(t, "another person's session", err, portal.CodeNotFound)
		tx(t, s, func(tx *store.Tx) error {
			n, err := tx.EndSessions("usr_1", mine.ID)
			if n != 2 {
				t.Errorf("ended %d others, want 2", n)
			}
			return err
		})
		tx(t, s, func(tx *store.Tx) error { return tx.PurgeSessions(now.Add(2 * time.Hour)) })
		for _, hash := range []string{"h1b", "h2", "h3", "h4"} {
			_, err := r.SessionByHash(hash)
			mustCode(t, hash+" after the purge", err, portal.CodeNotFound)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		r, a := s.Reader(t.Context()), someAccount(t, s)
		tenant := portal.Tenant{AccountID: a.ID, Environment: portal.Test}
		token, secret := someToken(t, s, tenant)

		got, account, err := r.TokenByHash(portal.HashSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "token by its hash", got, token)
		mustDiff(t, "its account", account, a)
		_, _, err = r.TokenByHash(portal.HashSecret(secret + "x"))
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
		mustDiff(t, "never switched", active, []string{portal.ModuleMessages, portal.ModuleContacts, portal.ModuleSupport})
		for _, on := range []bool{true, false} {
			m := portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}, Active: on, Reason: "staff", MessagesPerDay: 5}
			tx(t, s, func(tx *store.Tx) error { return tx.SetModule(a.ID, m) })
		}
		active, err = r.ActiveModules(a.ID)
		if err != nil {
			t.Fatal(err)
		}
		mustDiff(t, "messages off", active, []string{portal.ModuleContacts, portal.ModuleSupport})
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
