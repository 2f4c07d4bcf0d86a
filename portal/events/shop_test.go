package events_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// shop is a whole account: events, contacts, templates, messages and the simulator,
// on a real store whose clock the test moves.
type shop struct {
	*testing.T
	store     *store.Store
	service   *events.Service
	messaging *messaging.Service
	templates *templates.Service
	simulator *simulator.Simulator
	caller    portal.Caller
	ahead     *atomic.Int64
	refuse    *atomic.Pointer[portal.Error] // what sending refuses with; nil = it asks messaging
	dying     *atomic.Bool                  // the process dies after the message was taken
}

// onShops runs fn on both engines. It is about noon in São Paulo.
func onShops(t *testing.T, fn func(s shop), change ...func(a *portal.Account)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) { fn(newShop(t, open, change...)) })
}

func newShop(t *testing.T, open storetest.Opener, change ...func(a *portal.Account)) shop {
	t.Helper()
	y, m, d := time.Now().UTC().Date()
	noon := time.Date(y, m, d, 15, 0, 0, 0, time.UTC)
	s := shop{T: t, ahead: new(atomic.Int64), refuse: new(atomic.Pointer[portal.Error]), dying: new(atomic.Bool)}
	now := func() time.Time { return noon.Add(time.Duration(s.ahead.Load())) }
	s.store = open(func(o *store.Options) { o.Now = now })
	s.simulator = simulator.New(simulator.Options{Journal: store.SimulatorJournal{Store: s.store}, Now: now, Receive: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.hook(w, r) })})
	client := whatsapp.New(whatsapp.Options{Transport: whatsapp.HandlerTransport(s.simulator)})
	var err error
	if s.templates, err = templates.New(templates.Options{Store: s.store, Simulator: client}); err != nil {
		t.Fatal(err)
	}
	s.messaging, err = messaging.New(messaging.Options{
		Store: s.store, Simulator: client, Provider: portal.ProviderSimulator, LogIn: s.simulator.LogIn, Templates: s.templates.Apply,
		Wrote: func(tx *store.Tx, m portal.Message) error { return s.service.Wrote(tx, m) },
	})
	if err != nil {
		t.Fatal(err)
	}
	people := contacts.New(contacts.Options{Store: s.store})
	s.service, err = events.New(events.Options{
		Store: s.store, Send: s.send, Create: s.templates.Create,
		Upsert: func(tx *store.Tx, c portal.Caller, who events.Customer) (portal.Contact, error) {
			contact, _, _, err := people.UpsertTx(tx, c, contacts.Upsert{
				ExternalID: contacts.Optional[string](who.ExternalID), Phone: contacts.Optional[string](who.Phone), Name: contacts.Optional[string](who.Name),
				OptIn: contacts.Optional[portal.ConsentChange](who.OptIn), Source: portal.SourceEvent,
			})
			return contact, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanUnlimited,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: now(), UpdatedAt: now(),
	}
	for _, c := range change {
		c(&a)
	}
	s.tx(func(tx *store.Tx) error {
		if err := tx.InsertAccount(a); err != nil {
			return err
		}
		return s.messaging.Provision(tx, a)
	})
	s.caller = portal.Caller{
		Tenant: portal.Tenant{AccountID: a.ID, Environment: portal.Test}, Account: a, Portal: true, UserID: portal.NewID(portal.PrefixUser), UserName: "Ana",
		RequestID: portal.NewID(portal.PrefixRequest),
	}
	return s
}

// hook is what the portal's front door does with a callback.
func (s shop) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = s.messaging.Receive(r.Context(), strings.TrimPrefix(r.URL.Path, "/hooks/whatsapp/"), r.Header.Get(whatsapp.SignatureHeader), body)
	}
	if err != nil {
		s.Errorf("receive: %v", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (s shop) send(tx *store.Tx, c portal.Caller, w events.Wish) (portal.Message, error) {
	if refusal := s.refuse.Load(); refusal != nil {
		return portal.Message{}, refusal
	}
	m, err := s.messaging.AcceptTx(tx, c, "", messaging.Draft{
		To: w.ContactID, From: w.ChannelID, Type: portal.TypeTemplate, Reference: w.Reference,
		Template: &messaging.TemplateRef{Name: w.Template, Language: w.Language, Parameters: w.Parameters},
	})
	if err == nil && s.dying.Load() {
		return m, context.DeadlineExceeded // as if the process had died before the commit
	}
	return m, err
}

func (s shop) tx(fn func(tx *store.Tx) error) {
	s.Helper()
	if err := s.store.Tx(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

// pass lets time go by and does what is due then.
func (s shop) pass(d time.Duration) {
	s.Helper()
	s.ahead.Add(int64(d))
	for range 100 {
		runs, err := s.service.Work(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		sent, err := s.messaging.Dispatch(s.Context())
		s.messaging.Wait()
		if err != nil {
			s.Fatal(err)
		}
		told, err := s.simulator.DeliverDue(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		if runs+sent+told == 0 {
			return
		}
	}
	s.Fatal("always something due")
}

// preset makes a ready-made automation and publishes it.
func (s shop) preset(key string, change ...func(r *portal.Rule)) portal.Automation {
	s.Helper()
	a, err := s.service.Create(s.Context(), s.caller, "", key)
	if err != nil {
		s.Fatal(err)
	}
	s.pass(time.Minute) // WhatsApp approves the template
	rule := events.Working(a)
	for _, c := range change {
		c(&rule)
	}
	if _, err := s.service.SaveDraft(s.Context(), s.caller, a.ID, events.Form{Name: a.Name, Rule: rule}); err != nil {
		s.Fatal(err)
	}
	if a, err = s.service.Publish(s.Context(), s.caller, a.ID); err != nil {
		s.Fatalf("publish %s: %v %v", key, err, portal.FieldsOf(err))
	}
	return a
}

const (
	buyer   = "+5531987654321"
	inOrder = "1001"
)

// report is an event of the buyer that just happened.
func (s shop) report(eventType, externalID string, change ...func(r *events.Report)) (portal.Event, []portal.Run) {
	s.Helper()
	r := events.Sample(eventType, s.store.Now())
	r.ExternalID, r.Customer = externalID, events.Customer{Phone: given(buyer), Name: given("Ana Souza")}
	for _, c := range change {
		c(&r)
	}
	e, runs, _, err := s.service.Accept(s.Context(), s.caller, r)
	if err != nil {
		s.Fatalf("%s: %v %v", eventType, err, portal.FieldsOf(err))
	}
	return e, runs
}

func (s shop) run(id string) portal.Run {
	s.Helper()
	run, err := s.service.Run(s.Context(), s.caller.Tenant, id)
	if err != nil {
		s.Fatal(err)
	}
	return run
}

// want checks how the only run of an event stands now.
func (s shop) want(runs []portal.Run, outcome, reason string) portal.Run {
	s.Helper()
	if len(runs) != 1 {
		s.Fatalf("%d runs: %+v", len(runs), runs)
	}
	run := s.run(runs[0].ID)
	if run.Outcome != outcome || run.Reason != reason {
		s.Errorf("run is %s %q, want %s %q: %+v", run.Outcome, run.Reason, outcome, reason, run.Trace)
	}
	if (run.DueAt != nil) != (outcome == portal.RunScheduled) || (run.FinishedAt == nil) != (outcome == portal.RunScheduled) || run.Detail.EN == "" || run.Detail.PT == "" {
		s.Errorf("a %s run: due %v, finished %v, %+v", outcome, run.DueAt, run.FinishedAt, run.Detail)
	}
	return run
}

// messages returns what was sent to the buyer, newest first.
func (s shop) messages() []portal.Message {
	s.Helper()
	list, _, err := s.messaging.List(s.Context(), s.caller.Tenant, portal.MessageFilter{Direction: portal.Outbound}, portal.Page{})
	if err != nil {
		s.Fatal(err)
	}
	return list
}

func (s shop) sent(n int) {
	s.Helper()
	if got := len(s.messages()); got != n {
		s.Errorf("%d messages, want %d", got, n)
	}
}

func checkOf(run portal.Run, name string) portal.Check {
	i := slices.IndexFunc(run.Trace, func(c portal.Check) bool { return c.Check == name })
	if i < 0 {
		return portal.Check{}
	}
	return run.Trace[i]
}
