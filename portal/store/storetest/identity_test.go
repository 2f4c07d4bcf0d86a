package storetest_test

import (
	"context"
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
			if err := <-errs; err == nil {
				won++
			} else {
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
		tx(t, s, func(tx *store.Tx) error {
			_, err := tx.PurgeSessions(now.Add(2*time.Hour), 10)
			return err
		})
		for _, hash := range []string{"h1b", "h2", "h3", "h4"} {
			_, err := r.SessionByHash(hash)
			mustCode(t, hash+" after the purge", err, portal.CodeNotFound)
		}
	})
}
