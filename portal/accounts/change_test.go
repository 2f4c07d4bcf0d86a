package accounts_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a, _ := b.account(t, "ana@loja.example")
	name, zone, yes := "Loja Nova", "America/Recife", true
	testers, departments := []string{"+55 11 98765-4321", "11987654321"}, []string{" vendas ", "suporte", "vendas"}
	b.wait(time.Minute)
	got, err := b.Update(t.Context(), staff, a.ID, accounts.Change{
		Name: &name, Timezone: &zone, Testers: &testers, Departments: &departments, OptInRequired: &yes,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := a
	want.Name, want.Timezone, want.OptInRequired, want.UpdatedAt = name, zone, true, b.now
	want.Testers, want.Departments = []string{"+5511987654321"}, []string{"vendas", "suporte"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("answer (-want +got):\n%s", d)
	}
	stored, err := b.Get(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, stored); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}

	empty, badTesters, badDepartments := "", []string{"+5511987654321", "12"}, []string{"a", ""}
	_, err = b.Update(t.Context(), staff, a.ID, accounts.Change{Name: &empty, Testers: &badTesters, Departments: &badDepartments})
	if got := fields(err); !slices.Equal(got, []string{"/departments/1 required", "/name required", "/testers/1 invalid_format"}) {
		t.Errorf("refusals: %v (%v)", got, err)
	}
	_, err = b.Update(t.Context(), staff, "acc_unknown", accounts.Change{Name: &name})
	mustCode(t, "unknown account", err, portal.CodeNotFound)
	rows, err := b.store.Reader(t.Context()).AuditOf(a.ID, a.ID, 10)
	if err != nil || rows[0].Action != "account.updated" || strings.Contains(string(rows[0].Details), "98765") {
		t.Errorf("audit: %s %s, %v", rows[0].Action, rows[0].Details, err)
	}
}

func TestStaffSwitches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a, _ := b.account(t, "ana@loja.example")
	messages := portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}, MessagesPerDay: 50}
	if err := b.SetModule(t.Context(), staff, a.ID, messages); err != nil {
		t.Fatal(err)
	}
	rows, err := b.Modules(t.Context(), a.ID)
	if err != nil || rows[0].Active || rows[0].Reason != "staff" || rows[0].MessagesPerDay != 50 || !rows[1].Active {
		t.Errorf("modules: %+v, %v", rows, err)
	}
	unknown := messages
	unknown.Name = "fax"
	mustCode(t, "unknown module", b.SetModule(t.Context(), staff, a.ID, unknown), portal.CodeNotFound)
	contacts := messages
	contacts.Name = portal.ModuleContacts
	mustCode(t, "limit where there is none", b.SetModule(t.Context(), staff, a.ID, contacts), portal.CodeValidationFailed)
	mustCode(t, "module of an unknown account", b.SetModule(t.Context(), staff, "acc_unknown", messages), portal.CodeNotFound)

	if err := b.SetPlan(t.Context(), staff, a.ID, portal.PlanUnlimited); err != nil {
		t.Fatal(err)
	}
	mustCode(t, "unknown plan", b.SetPlan(t.Context(), staff, a.ID, "free"), portal.CodeValidationFailed)
	if err := b.SetStatus(t.Context(), staff, a.ID, portal.AccountSuspended); err != nil {
		t.Fatal(err)
	}
	mustCode(t, "unknown status", b.SetStatus(t.Context(), staff, a.ID, "gone"), portal.CodeValidationFailed)
	got, err := b.Get(t.Context(), a.ID)
	if err != nil || got.Plan != portal.PlanUnlimited || got.Status != portal.AccountSuspended {
		t.Errorf("account: %+v, %v", got, err)
	}
	if got := b.actions(t, a.ID, a.ID); !slices.Equal(got, []string{"account.suspended", "account.updated", "account.created"}) {
		t.Errorf("audit: %v", got)
	}
	if got := b.actions(t, a.ID, portal.ModuleMessages); !slices.Equal(got, []string{"module.changed"}) {
		t.Errorf("audit of the module: %v", got)
	}
}

func TestEditsFollowEachOther(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := accounts.New(accounts.Options{Store: open()})
		a, _, err := s.Create(t.Context(), staff, accounts.NewAccount{Name: "Loja", Email: "ana@loja.example", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		name, zone := "Loja Nova", "America/Recife"
		var both sync.WaitGroup
		for _, ch := range []accounts.Change{{Name: &name}, {Timezone: &zone}} {
			both.Go(func() {
				if _, err := s.Update(context.WithoutCancel(t.Context()), staff, a.ID, ch); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got, err := s.Get(t.Context(), a.ID); err != nil || got.Name != name || got.Timezone != zone {
			t.Errorf("one edit overwrote the other: %+v, %v", got, err)
		}
	})
}
