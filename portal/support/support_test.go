package support_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/support"
)

type bench struct {
	*testing.T
	store   *store.Store
	service *support.Service
	caller  portal.Caller
}

func setup(t *testing.T, departments ...string) bench {
	t.Helper()
	t.Parallel()
	s := storetest.Open(t)
	account := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", Departments: departments,
		CreatedAt: s.Now(), UpdatedAt: s.Now(),
	}
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(account) }); err != nil {
		t.Fatal(err)
	}
	return bench{t, s, support.New(support.Options{Store: s}), portal.Caller{
		Tenant: portal.Tenant{AccountID: account.ID, Environment: portal.Test}, Account: account,
		Token: portal.Token{ID: portal.NewID(portal.PrefixToken), Name: "CRM"},
	}}
}

func (b bench) try(a support.Ask) (h portal.Handoff, created bool, err error) {
	err = b.store.Tx(b.Context(), func(tx *store.Tx) (err error) {
		h, created, err = b.service.RequestTx(tx, b.caller, a)
		return err
	})
	return h, created, err
}

func (b bench) request(a support.Ask) (portal.Handoff, bool) {
	b.Helper()
	h, created, err := b.try(a)
	if err != nil {
		b.Fatal(err)
	}
	return h, created
}

func (b bench) resolve(r support.Resolution) (h portal.Handoff, err error) {
	err = b.store.Tx(b.Context(), func(tx *store.Tx) (err error) {
		h, err = b.service.ResolveTx(tx, b.caller.Tenant, r)
		return err
	})
	return h, err
}

func (b bench) take(id string, actor portal.Actor) (h portal.Handoff, err error) {
	err = b.store.Tx(b.Context(), func(tx *store.Tx) (err error) {
		h, err = b.service.TakeTx(tx, b.caller.Tenant, id, actor)
		return err
	})
	return h, err
}

func (b bench) refused(err error, code portal.Code) {
	b.Helper()
	if portal.CodeOf(err) != code {
		b.Errorf("got %v, want %s", err, code)
	}
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRequestOpensOnePerContact(t *testing.T) {
	b := setup(t, "vendas", "suporte")
	h, created := b.request(support.Ask{
		Phone: "31 8765-4321", Reason: "Cliente pediu troca", Department: "suporte", Note: "Pedido 1001", Reference: "PED-1001",
	})
	equal(t, "created", created, true)
	equal(t, "handoff", h, portal.Handoff{
		ID: h.ID, AccountID: b.caller.AccountID, Environment: portal.Test, ContactID: h.ContactID, ContactPhone: "+5531987654321",
		ConversationID: h.ConversationID, Status: portal.HandoffWaiting, Reason: "Cliente pediu troca", Priority: "normal",
		Department: "suporte", Note: "Pedido 1001", Reference: "PED-1001",
		RequestedBy: portal.Requester{Kind: portal.ActorToken, ID: b.caller.Token.ID, Name: "CRM"}, CreatedAt: h.CreatedAt,
	})
	again, created := b.request(support.Ask{ContactRef: h.ContactID, Reason: "De novo"})
	equal(t, "created again", created, false)
	equal(t, "the open one", again, h)
	n, err := b.service.Waiting(t.Context(), b.caller.Tenant)
	if err != nil || n != 1 {
		t.Errorf("waiting: %d, %v", n, err)
	}
	contact, err := b.store.Reader(t.Context()).ContactByRef(b.caller.Tenant, h.ContactID)
	if err != nil || contact.HandoffID != h.ID || contact.LastOutboundAt != nil {
		t.Errorf("contact: %+v, %v", contact, err)
	}
}

func TestRequestRefuses(t *testing.T) {
	ok := support.Ask{Phone: "31 98765-4321", Reason: "Troca"}
	for name, c := range map[string]struct {
		change func(a *support.Ask)
		code   portal.Code
		want   string
	}{
		"nobody":             {func(a *support.Ask) { a.Phone = "" }, portal.CodeValidationFailed, "/contact required"},
		"two names":          {func(a *support.Ask) { a.ExternalID = "1" }, portal.CodeValidationFailed, "/contact invalid_value"},
		"bad phone":          {func(a *support.Ask) { a.Phone = "12" }, portal.CodeInvalidNumber, "/contact/phone invalid_format"},
		"unknown id":         {func(a *support.Ask) { a.Phone, a.ContactRef = "", portal.NewID(portal.PrefixContact) }, portal.CodeValidationFailed, "/contact/id not_found"},
		"unknown key":        {func(a *support.Ask) { a.Phone, a.ExternalID = "", "?" }, portal.CodeValidationFailed, "/contact/external_id not_found"},
		"no reason":          {func(a *support.Ask) { a.Reason = " " }, portal.CodeValidationFailed, "/reason required"},
		"long reason":        {func(a *support.Ask) { a.Reason = strings.Repeat("á", 201) }, portal.CodeValidationFailed, "/reason too_long"},
		"priority":           {func(a *support.Ask) { a.Priority = "urgent" }, portal.CodeValidationFailed, "/priority invalid_value"},
		"unknown department": {func(a *support.Ask) { a.Department = "x" }, portal.CodeValidationFailed, "/department not_found"},
		"long note":          {func(a *support.Ask) { a.Note = strings.Repeat("a", 2001) }, portal.CodeValidationFailed, "/note too_long"},
		"NUL":                {func(a *support.Ask) { a.Note = "\x00" }, portal.CodeValidationFailed, "/note invalid_format"},
		"long reference":     {func(a *support.Ask) { a.Reference = strings.Repeat("a", 256) }, portal.CodeValidationFailed, "/reference too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			a := ok
			c.change(&a)
			_, _, err := b.try(a)
			b.refused(err, c.code)
			var e *portal.Error
			if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Pointer+" "+e.Fields[0].Code != c.want {
				t.Errorf("got %+v, want %s", e, c.want)
			}
		})
	}
}

func TestAssignAndResolve(t *testing.T) {
	b := setup(t)
	h, _ := b.request(support.Ask{Phone: "31 98765-4321", Reason: "Troca", Priority: "high"})
	ana, bia := portal.Actor{Kind: portal.ActorUser, ID: "usr_1", Name: "Ana"}, portal.Actor{Kind: portal.ActorUser, ID: "usr_2", Name: "Bia"}
	first, err := b.take(h.ID, ana)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "status", first.Status, portal.HandoffAssigned)
	again, err := b.take(h.ID, ana)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "taken twice", again, first)
	taken, err := b.take(h.ID, bia)
	if !errors.Is(err, support.ErrTaken) || taken.AssignedTo.Name != "Ana" {
		t.Errorf("the second to take it got %v, and is told that %v has it", err, taken.AssignedTo)
	}

	_, err = b.resolve(support.Resolution{ID: h.ID, Outcome: "done", Actor: bia})
	b.refused(err, portal.CodeValidationFailed)
	_, err = b.resolve(support.Resolution{ID: h.ID, Outcome: "other", Note: strings.Repeat("a", 2001), Actor: bia})
	b.refused(err, portal.CodeValidationFailed)
	done, err := b.resolve(support.Resolution{ID: h.ID, Outcome: "solved", Note: "ok", Actor: bia})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "resolution", []string{done.Status, done.Outcome, done.ResolutionNote}, []string{portal.HandoffResolved, "solved", "ok"})
	if done.ResolvedAt == nil {
		t.Error("no time of resolution")
	}
	_, err = b.resolve(support.Resolution{ID: h.ID, Outcome: "solved", Actor: bia})
	b.refused(err, portal.CodeAlreadyResolved)
	_, err = b.take(h.ID, ana)
	b.refused(err, portal.CodeAlreadyResolved)

	next, created := b.request(support.Ask{ContactRef: h.ContactID, Reason: "Outra vez"})
	equal(t, "a new one", created && next.ID != h.ID, true)
	open, _, err := b.service.List(t.Context(), b.caller.Tenant, store.HandoffFilter{Status: portal.HandoffWaiting}, portal.Page{Limit: 9})
	if err != nil || len(open) != 1 || open[0].ID != next.ID {
		t.Errorf("waiting: %v, %v", open, err)
	}
}

func TestForeignHandoffsAreNotFound(t *testing.T) {
	b := setup(t)
	h, _ := b.request(support.Ask{Phone: "31 98765-4321", Reason: "Troca"})
	b.caller.Environment = portal.Live
	_, err := b.service.Get(t.Context(), b.caller.Tenant, h.ID)
	b.refused(err, portal.CodeNotFound)
	_, err = b.resolve(support.Resolution{ID: h.ID, Outcome: "solved"})
	b.refused(err, portal.CodeNotFound)
	_, err = b.take(h.ID, portal.Actor{Kind: portal.ActorUser, ID: "usr_1"})
	b.refused(err, portal.CodeNotFound)
	_, _, err = b.try(support.Ask{ContactRef: h.ContactID, Reason: "Troca"})
	b.refused(err, portal.CodeValidationFailed)
}
