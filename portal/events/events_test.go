package events_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// bench is a service on a real store with one account, and a clock that stands still.
type bench struct {
	*testing.T
	store    *store.Store
	service  *events.Service
	contacts *contacts.Service
	caller   portal.Caller
}

// onBoth runs fn on both engines.
func onBoth(t *testing.T, fn func(b bench)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) { fn(setup(t, open)) })
}

func setup(t *testing.T, open storetest.Opener) bench {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second) // ids tell the time too
	s := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
	account := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: now, UpdatedAt: now,
	}
	people := contacts.New(contacts.Options{Store: s})
	service, err := events.New(events.Options{Store: s, Send: unsent, Upsert: func(tx *store.Tx, c portal.Caller, who events.Customer) (portal.Contact, error) {
		contact, _, _, err := people.UpsertTx(tx, c, contacts.Upsert{
			ExternalID: contacts.Optional[string](who.ExternalID), Phone: contacts.Optional[string](who.Phone), Name: contacts.Optional[string](who.Name),
			OptIn: contacts.Optional[portal.ConsentChange](who.OptIn), Source: portal.SourceEvent,
		})
		return contact, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(account) }); err != nil {
		t.Fatal(err)
	}
	return bench{t, s, service, people, portal.Caller{
		Tenant: portal.Tenant{AccountID: account.ID, Environment: portal.Test}, Account: account,
		Token: portal.Token{ID: portal.NewID(portal.PrefixToken), Name: "Loja"}, RequestID: portal.NewID(portal.PrefixRequest),
	}}
}

func given[T any](v T) events.Optional[T] { return events.Optional[T]{Set: true, Value: v} }

// order is an order of the customer CLI-42, as it comes.
func (b bench) order(id string) events.Report {
	return events.Report{
		ExternalID: "PED-" + id + ":created", Type: portal.OrderCreated, OccurredAt: b.store.Now().Add(-time.Minute),
		Customer: events.Customer{ExternalID: given("CLI-42"), Phone: given("31 98765-4321"), Name: given("Ana")},
		Data:     portal.EventData{OrderID: &id, Total: &portal.Money{Amount: 19990, Currency: "BRL"}},
	}
}

func (b bench) accept(r events.Report) (portal.Event, bool) {
	b.Helper()
	e, _, duplicate, err := b.service.Accept(b.Context(), b.caller, r)
	if err != nil {
		b.Fatal(err)
	}
	return e, duplicate
}

// refused returns the fields that r is refused for, after checking the code.
func (b bench) refused(r events.Report, code portal.Code) (fields []portal.FieldError) {
	b.Helper()
	_, _, _, err := b.service.Accept(b.Context(), b.caller, r)
	if portal.CodeOf(err) != code {
		b.Errorf("%s, want %s: %v", portal.CodeOf(err), code, err)
	}
	for _, f := range portal.FieldsOf(err) {
		fields = append(fields, portal.FieldError{Pointer: f.Pointer, Code: f.Code})
	}
	return fields
}

func (b bench) stored() []portal.Event {
	b.Helper()
	es, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.EventFilter{}, portal.Page{})
	if err != nil {
		b.Fatal(err)
	}
	return es
}

// TestOnce: an event that is reported five times, three of them at once, is
// stored and decided once.
func TestOnce(t *testing.T) {
	onBoth(t, func(b bench) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids, first := map[string]int{}, 0
		report := func() {
			e, _, duplicate, err := b.service.Accept(b.Context(), b.caller, b.order("1001"))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				b.Error(err)
			}
			ids[e.ID]++
			if !duplicate {
				first++
			}
		}
		for range 3 {
			wg.Go(report)
		}
		wg.Wait()
		report()
		report()
		es := b.stored()
		if len(ids) != 1 || first != 1 || len(es) != 1 || es[0].Repeats != 4 {
			b.Errorf("%d ids, %d firsts, stored %+v", len(ids), first, es)
		}
	})
}

// TestContent: what is stored, and what makes another event under the same key.
func TestContent(t *testing.T) {
	onBoth(t, func(b bench) {
		r := b.order("1001")
		e, _ := b.accept(r)
		contact, err := b.contacts.Get(b.Context(), b.caller.Tenant, "ext:CLI-42")
		if err != nil || contact.Phone != "+5531987654321" || contact.Name != "Ana" || contact.Source != portal.SourceEvent {
			b.Errorf("contact %+v, %v", contact, err)
		}
		got, _, err := b.service.Get(b.Context(), b.caller.Tenant, e.ID)
		if err != nil || got.ContactID != contact.ID || got.Outcome != portal.EventNone || got.Reason != portal.ReasonNoAutomation {
			b.Errorf("stored %+v, %v", got, err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			b.Errorf("answered and stored differ: %s", diff)
		}
		var who portal.EventCustomer
		var data portal.EventData
		if err := json.Unmarshal(got.Customer, &who); err != nil || *who.Phone != "+5531987654321" || who.Email != nil {
			b.Errorf("customer %s, %v", got.Customer, err)
		}
		if err := json.Unmarshal(got.Data, &data); err != nil || data.Total.Amount != 19990 || data.Items == nil {
			b.Errorf("data %s, %v", got.Data, err)
		}
		spelled := r
		spelled.Customer.Phone = given("+55 (31) 8765-4321")
		spelled.OccurredAt = r.OccurredAt.In(time.FixedZone("", -3*3600))
		if _, duplicate := b.accept(spelled); !duplicate {
			b.Error("another spelling is another event")
		}
		other := r
		other.Data.Total = &portal.Money{Amount: 19991, Currency: "BRL"}
		other.Customer.Name = given("Bia")
		b.refused(other, portal.CodeEventConflict)
		if again, err := b.contacts.Get(b.Context(), b.caller.Tenant, "ext:CLI-42"); err != nil || again.Name != "Ana" {
			b.Errorf("a conflict changed the contact: %+v, %v", again, err)
		}
		paid := r
		paid.Type, paid.Data.Payment = portal.PaymentApproved, &portal.EventPayment{}
		if _, duplicate := b.accept(paid); duplicate {
			b.Error("another type is the same event")
		}
		if _, _, err := b.service.Get(b.Context(), portal.Tenant{AccountID: b.caller.AccountID, Environment: portal.Live}, e.ID); portal.CodeOf(err) != portal.CodeNotFound {
			b.Errorf("another environment sees it: %v", err)
		}
	})
}

// TestReasons: events that no automation may answer are stored and say why.
func TestReasons(t *testing.T) {
	onBoth(t, func(b bench) {
		reason := func(change func(r *events.Report)) (string, portal.Event) {
			r := b.order(portal.NewID("n"))
			change(&r)
			e, _ := b.accept(r)
			return e.Reason, e
		}
		for want, change := range map[string]func(r *events.Report){
			portal.ReasonNoAutomation:  func(*events.Report) {},
			portal.ReasonTooOld:        func(r *events.Report) { r.OccurredAt = b.store.Now().Add(-24*time.Hour - time.Second) },
			portal.ReasonNoPhone:       func(r *events.Report) { r.Customer = events.Customer{ExternalID: given("CLI-7")} },
			portal.ReasonInvalidNumber: func(r *events.Report) { r.Customer = events.Customer{ExternalID: given("CLI-8"), Phone: given("123")} },
		} {
			got, e := reason(change)
			if got != want || e.ContactID == "" || e.Outcome != portal.EventNone {
				b.Errorf("%s: %s, contact %q", want, got, e.ContactID)
			}
		}
		if got, e := reason(func(r *events.Report) { r.Customer = events.Customer{Phone: given("não tem"), Name: given("Ana")} }); got != portal.ReasonInvalidNumber || e.ContactID != "" {
			b.Errorf("nobody to find: %s, contact %q", got, e.ContactID)
		}
		// A number that is known already serves an event that names only the key.
		if got, _ := reason(func(r *events.Report) { r.Customer = events.Customer{ExternalID: given("CLI-42")} }); got != portal.ReasonNoAutomation {
			b.Errorf("known by the key: %s", got)
		}
		es, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.EventFilter{Reason: portal.ReasonInvalidNumber}, portal.Page{})
		if err != nil || len(es) != 2 {
			b.Errorf("%d with a bad number, %v", len(es), err)
		}
	})
}

// TestRefused: a refused event leaves nothing, neither itself nor a contact.
func TestRefused(t *testing.T) {
	onBoth(t, func(b bench) {
		b.accept(b.order("1"))
		b.accept(func() events.Report {
			r := b.order("2")
			r.Customer = events.Customer{ExternalID: given("CLI-43"), Phone: given("+5511987654321")}
			return r
		}())
		for name, c := range map[string]struct {
			code   portal.Code
			change func(r *events.Report)
			want   []portal.FieldError
		}{
			"two people": {portal.CodeContactConflict, func(r *events.Report) { r.Customer.Phone = given("+5511987654321") }, []portal.FieldError{{Pointer: "/customer/phone", Code: "conflict"}}},
			"nobody":     {portal.CodeValidationFailed, func(r *events.Report) { r.Customer = events.Customer{} }, []portal.FieldError{{Pointer: "/customer/phone", Code: "required"}}},
			"to come":    {portal.CodeValidationFailed, func(r *events.Report) { r.OccurredAt = b.store.Now().Add(6 * time.Minute) }, []portal.FieldError{{Pointer: "/occurred_at", Code: "out_of_range"}}},
			"no type":    {portal.CodeValidationFailed, func(r *events.Report) { r.Type = "order.made" }, []portal.FieldError{{Pointer: "/type", Code: "invalid_value"}}},
			"their word": {portal.CodeValidationFailed, func(r *events.Report) {
				by := portal.ConsentByPerson
				r.Customer.OptIn = given(portal.ConsentChange{Source: &by})
			}, []portal.FieldError{{Pointer: "/customer/opt_in/source", Code: "invalid_value"}}},
			"no link": {portal.CodeValidationFailed, func(r *events.Report) { at := "http://loja.example.com"; r.Data.Links = &portal.EventLinks{Order: &at} }, []portal.FieldError{{Pointer: "/data/links/order", Code: "invalid_format"}}},
			"no money": {portal.CodeValidationFailed, func(r *events.Report) { r.Data.Total = &portal.Money{Amount: -1, Currency: "brl"} }, []portal.FieldError{
				{Pointer: "/data/total/amount", Code: "out_of_range"}, {Pointer: "/data/total/currency", Code: "invalid_value"},
			}},
			"an empty cart": {portal.CodeValidationFailed, func(r *events.Report) { r.Type, r.Data = portal.CartAbandoned, portal.EventData{} }, []portal.FieldError{
				{Pointer: "/data/cart_id", Code: "required"}, {Pointer: "/data/items", Code: "required"}, {Pointer: "/data/total", Code: "required"}, {Pointer: "/data/links/checkout", Code: "required"},
			}},
			"a pix without its code": {portal.CodeValidationFailed, func(r *events.Report) {
				pix, pending := "pix", "pending"
				r.Data.Payment = &portal.EventPayment{Method: &pix, Status: &pending}
			}, []portal.FieldError{{Pointer: "/data/payment/pix_code", Code: "required"}}},
		} {
			r := b.order("3")
			r.Customer.Name = given("Bia")
			c.change(&r)
			if diff := cmp.Diff(c.want, b.refused(r, c.code)); diff != "" {
				b.Errorf("%s: %s", name, diff)
			}
		}
		if es := b.stored(); len(es) != 2 {
			b.Errorf("%d events", len(es))
		}
		if c, err := b.contacts.Get(b.Context(), b.caller.Tenant, "ext:CLI-42"); err != nil || c.Name != "Ana" {
			b.Errorf("contact %+v, %v", c, err)
		}
	})
}

// TestPages: filters and keyset.
func TestPages(t *testing.T) {
	onBoth(t, func(b bench) {
		var ids []string
		for _, n := range []string{"1", "2", "3", "4", "5"} {
			e, _ := b.accept(b.order(n))
			ids = append(ids, e.ID)
		}
		slices.Reverse(ids)
		var got []string
		p := portal.Page{Limit: 2}
		for more := true; more; more = p.After != "" {
			es, next, err := b.service.List(b.Context(), b.caller.Tenant, portal.EventFilter{Type: portal.OrderCreated}, p)
			if err != nil {
				b.Fatal(err)
			}
			for _, e := range es {
				got = append(got, e.ID)
			}
			p.After = next
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			b.Error(diff)
		}
		for name, f := range map[string]portal.EventFilter{
			"type": {Type: portal.CartCreated}, "key": {ExternalID: "PED-6:created"}, "contact": {ContactID: "ctc_0"}, "outcome": {Outcome: portal.EventMatched},
			"since": {Since: b.store.Now().Add(time.Second)}, "before": {Before: b.store.Now()},
		} {
			if es, _, err := b.service.List(b.Context(), b.caller.Tenant, f, portal.Page{}); err != nil || len(es) != 0 {
				b.Errorf("%s: %d, %v", name, len(es), err)
			}
		}
		if es, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.EventFilter{ExternalID: "PED-3:created"}, portal.Page{}); err != nil || len(es) != 1 {
			b.Errorf("by key: %d, %v", len(es), err)
		}
		_, _, err := b.service.List(b.Context(), b.caller.Tenant, portal.EventFilter{}, portal.Page{After: "x"})
		if portal.CodeOf(err) != portal.CodeInvalidCursor {
			b.Errorf("a key of nobody: %v", err)
		}
		seen, err := b.service.LastSeen(b.Context(), b.caller.Tenant)
		if diff := cmp.Diff(map[string]time.Time{portal.OrderCreated: b.store.Now()}, seen); err != nil || diff != "" {
			b.Errorf("last seen: %v %s", err, diff)
		}
	})
}

// TestErased: an erasure takes the person out of its events, and a repeat does
// not bring it back.
func TestErased(t *testing.T) {
	onBoth(t, func(b bench) {
		r := b.order("1001")
		e, _ := b.accept(r)
		err := b.store.Tx(b.Context(), func(tx *store.Tx) error { return b.contacts.DeleteTx(tx, b.caller, e.ContactID) })
		if err != nil {
			b.Fatal(err)
		}
		got, duplicate := b.accept(r)
		if !duplicate || got.ID != e.ID || string(got.Customer) != "{}" || string(got.Data) != "{}" {
			b.Errorf("after the erasure: %+v, duplicate %v", got, duplicate)
		}
		if _, err := b.contacts.Get(b.Context(), b.caller.Tenant, "ext:CLI-42"); portal.CodeOf(err) != portal.CodeNotFound {
			b.Errorf("the person is back: %v", err)
		}
	})
}

// TestForget: events go after their time, and only then.
func TestForget(t *testing.T) {
	onBoth(t, func(b bench) {
		b.accept(b.order("1"))
		old, _ := b.accept(b.order("2"))
		ancient := old
		ancient.ID, ancient.ExternalID = portal.FirstID(portal.PrefixEvent, b.store.Now().Add(-events.Kept-time.Hour)), "PED-0"
		err := b.store.Tx(b.Context(), func(tx *store.Tx) error {
			_, err := tx.InsertEvent(ancient)
			return err
		})
		if err != nil || len(b.stored()) != 3 {
			b.Fatalf("%d stored, %v", len(b.stored()), err)
		}
		if err := b.service.Forget(b.Context()); err != nil {
			b.Fatal(err)
		}
		if es := b.stored(); len(es) != 2 {
			b.Errorf("%d are left", len(es))
		}
	})
}

// unsent is for tests in which no automation sends.
func unsent(*store.Tx, portal.Caller, events.Wish) (portal.Message, error) {
	return portal.Message{}, portal.Refuse(portal.CodeNoChannel)
}
