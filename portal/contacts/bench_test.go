package contacts_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

var start = time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)

// bench is a service on a real store with one account, and a clock that stands still.
type bench struct {
	*testing.T
	store   *store.Store
	service *contacts.Service
	caller  portal.Caller
	now     *time.Time
}

func setup(t *testing.T) bench {
	t.Helper()
	t.Parallel()
	return setupOn(t, func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) })
}

func setupOn(t *testing.T, open storetest.Opener) bench {
	t.Helper()
	now := start
	s := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
	account := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: now, UpdatedAt: now,
	}
	b := bench{t, s, contacts.New(contacts.Options{Store: s}), portal.Caller{
		Tenant: portal.Tenant{AccountID: account.ID, Environment: portal.Test}, Account: account,
		Token: portal.Token{ID: portal.NewID(portal.PrefixToken), Name: "ERP"},
	}, &now}
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(account) }); err != nil {
		t.Fatal(err)
	}
	return b
}

type answer struct {
	portal.Contact
	created  bool
	warnings []portal.Warning
}

func (b bench) try(in contacts.Upsert) (a answer, err error) {
	err = b.store.Tx(b.Context(), func(tx *store.Tx) (err error) {
		a.Contact, a.created, a.warnings, err = b.service.UpsertTx(tx, b.caller, in)
		return err
	})
	return a, err
}

func (b bench) upsert(in contacts.Upsert) answer {
	b.Helper()
	a, err := b.try(in)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func (b bench) tryPatch(ref string, in contacts.Upsert) (a answer, err error) {
	err = b.store.Tx(b.Context(), func(tx *store.Tx) (err error) {
		a.Contact, a.warnings, err = b.service.PatchTx(tx, b.caller, ref, in)
		return err
	})
	return a, err
}

func (b bench) patch(ref string, in contacts.Upsert) answer {
	b.Helper()
	a, err := b.tryPatch(ref, in)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func (b bench) refused(err error, code portal.Code) {
	b.Helper()
	if portal.CodeOf(err) != code {
		b.Errorf("got %v, want %s", err, code)
	}
}

func (b bench) count() int {
	b.Helper()
	cs, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.ContactFilter{}, portal.Page{Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	return len(cs)
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func byPhone(s string) contacts.Upsert { return contacts.Upsert{Phone: contacts.Some(s)} }
