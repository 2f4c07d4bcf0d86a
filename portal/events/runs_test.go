package events_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
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

// TestPresetToMessage: a new account goes from a preset to a message that arrived.
func TestPresetToMessage(t *testing.T) {
	onShops(t, func(s shop) {
		a := s.preset("order_received")
		if !a.Enabled || a.Version != 1 || a.Draft != nil {
			s.Errorf("published: %+v", a)
		}
		e, runs := s.report(portal.OrderCreated, "PED-1001:created")
		if e.Outcome != portal.EventMatched || e.Reason != "" {
			s.Errorf("decision %s %q", e.Outcome, e.Reason)
		}
		s.pass(0)
		s.pass(5 * time.Second)
		run := s.want(runs, portal.RunSent, "")
		list := s.messages()
		if len(list) != 1 {
			s.Fatalf("%d messages", len(list))
		}
		m := list[0]
		if m.ID != run.MessageID || m.EventID != e.ID || m.Source != portal.SourceAutomation || m.To != buyer || m.Status != portal.StatusRead || m.Reference != inOrder {
			s.Errorf("message %+v", m)
		}
		if !strings.Contains(string(m.Content), `"parameters":{"name":"Ana","order":"1001","total":"R$ 199,90"}`) {
			s.Errorf("content %s", m.Content)
		}
		if run.MessageStatus != portal.StatusRead || run.Version != 1 || run.Name != "Pedido recebido" || run.OrderID != inOrder {
			s.Errorf("run %+v", run)
		}
		var order []string
		for _, c := range run.Trace {
			order = append(order, c.Check)
		}
		if want := []string{"trigger", "condition", "frequency", "consent", "handoff", "quiet_hours", "template", "window", "limits"}; !slices.Equal(order, want) {
			s.Errorf("trace %v", order)
		}
	})
}

// TestEveryPresetSends: each of them, on the sample of its trigger.
func TestEveryPresetSends(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) })
	if err := s.service.SetQuietHours(t.Context(), s.caller, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range events.Presets {
		a := s.preset(p.Key)
		before := len(s.messages())
		_, runs := s.report(p.Rule.Trigger, p.Key, func(r *events.Report) {
			if p.Key == "boleto_waiting" {
				method, line := "boleto", "34191790010104351004791020150008291070026000123"
				r.Data.Payment = &portal.EventPayment{Method: &method, BoletoLine: &line}
			}
		})
		s.pass(2 * time.Hour)
		for _, run := range runs {
			if run.AutomationID == a.ID {
				s.want([]portal.Run{run}, portal.RunSent, "")
			}
		}
		s.sent(before + 1)
		if err := s.service.Delete(s.Context(), s.caller, a.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOrderEndsTheReminder: cart abandoned, then order created within the delay:
// no reminder, whichever of the two arrives first, and the trace says why.
func TestOrderEndsTheReminder(t *testing.T) {
	onShops(t, func(s shop) {
		s.preset("cart_recovery")
		_, runs := s.report(portal.CartAbandoned, "CAR-1")
		due := s.store.Now().Add(30 * time.Minute)
		waits := s.want(runs, portal.RunScheduled, "")
		if !waits.DueAt.Equal(due) || waits.Detail.EN != "Waits 30 min; allowed 08:00–20:00" || waits.Detail.PT != "Espera 30 min; horário permitido 08:00–20:00" {
			s.Errorf("due %v (want %v): %+v", waits.DueAt, due, waits.Detail)
		}
		s.pass(5 * time.Minute)
		order, _ := s.report(portal.OrderCreated, "PED-1")
		ended := s.want(runs, portal.RunCanceled, portal.ReasonCanceledByEvent)
		if c := checkOf(ended, "trigger"); ended.CanceledBy != order.ID || c.Result != portal.CheckFail || c.Code != portal.ReasonCanceledByEvent || !strings.Contains(c.Detail.EN, portal.OrderCreated) {
			s.Errorf("canceled by %s: %+v", ended.CanceledBy, c)
		}
		// The same in the other order of arrival.
		s.pass(time.Hour)
		happened := s.store.Now().Add(-10 * time.Minute)
		order, _ = s.report(portal.OrderCreated, "PED-2", func(r *events.Report) { r.OccurredAt = happened.Add(5 * time.Minute) })
		_, late := s.report(portal.CartAbandoned, "CAR-2", func(r *events.Report) { r.OccurredAt = happened })
		if ended := s.want(late, portal.RunCanceled, portal.ReasonCanceledByEvent); ended.CanceledBy != order.ID {
			s.Errorf("canceled by %s, want %s", ended.CanceledBy, order.ID)
		}
		s.pass(2 * time.Hour)
		s.sent(0)
		// Who leaves a new cart after that order is reminded of it.
		_, again := s.report(portal.CartAbandoned, "CAR-3")
		s.pass(31 * time.Minute)
		s.want(again, portal.RunSent, "")
		s.sent(1)
	})
}

// TestQuietHoursOfTheContact: what falls due at night where the contact is goes
// out in their morning.
func TestQuietHoursOfTheContact(t *testing.T) {
	onShops(t, func(s shop) {
		s.preset("boleto_waiting", func(r *portal.Rule) { r.Conditions, r.Template, r.Parameters = nil, "order_update", updated() })
		s.pass(8*time.Hour + 10*time.Minute) // 20:10 in São Paulo, 19:10 in Manaus
		inManaus := func(r *events.Report) {
			r.Customer = events.Customer{Phone: given("+5592987654321"), Name: given("Bia")}
		}
		_, runs := s.report(portal.PaymentPending, "PAY-1", inManaus)
		run := s.want(runs, portal.RunScheduled, "") // due at 20:10 in Manaus
		morning := time.Date(s.store.Now().Year(), s.store.Now().Month(), s.store.Now().Day()+1, 12, 0, 0, 0, time.UTC)
		if c := checkOf(run, "quiet_hours"); !run.DueAt.Equal(morning) || c.Result != portal.CheckWarn || !strings.Contains(c.Detail.PT, "America/Manaus") {
			s.Errorf("due %v, want %v: %+v", run.DueAt, morning, c)
		}
		s.pass(morning.Sub(s.store.Now()) - time.Minute)
		s.want(runs, portal.RunScheduled, "")
		// Longer quiet hours hold for what waits already.
		if err := s.service.SetQuietHours(s.Context(), s.caller, &portal.QuietHours{From: "20:00", To: "09:30"}); err != nil {
			s.Fatal(err)
		}
		s.pass(time.Minute)
		if run := s.want(runs, portal.RunScheduled, ""); !run.DueAt.Equal(morning.Add(90 * time.Minute)) {
			s.Errorf("due %v", run.DueAt)
		}
		if err := s.service.SetQuietHours(s.Context(), s.caller, nil); err != nil {
			s.Fatal(err)
		}
		if q, err := s.service.QuietHours(s.Context(), s.caller.AccountID); q != nil || err != nil {
			s.Errorf("%v, %v", q, err)
		}
		s.pass(90 * time.Minute)
		s.want(runs, portal.RunSent, "")
	})
}

// updated fills the template that every account has.
func updated() map[string]string {
	return map[string]string{"name": "{{customer.first_name}}", "order": "{{order_id|-}}", "status": "{{status|novo}}"}
}

// plain is an automation on orders that sends the template that every account
// has, at once or after a delay.
func (s shop) plain(change ...func(r *portal.Rule)) portal.Automation {
	s.Helper()
	return s.preset("order_received", append([]func(r *portal.Rule){func(r *portal.Rule) { r.Template, r.Parameters = "order_update", updated() }}, change...)...)
}

func after(d time.Duration) func(r *portal.Rule) {
	return func(r *portal.Rule) { r.DelaySeconds = int64(d / time.Second) }
}

func TestConditionIsAsked(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain(func(r *portal.Rule) {
			r.Conditions = []portal.Condition{{Field: "total", Operator: portal.OperatorAtLeast, Value: "30000"}}
		})
		e, runs := s.report(portal.OrderCreated, "PED-1")
		run := s.want(runs, portal.RunSkipped, portal.ReasonConditionNotMet)
		if e.Outcome != portal.EventMatched || run.Detail.PT != "Total ≥ R$ 300,00: é R$ 199,90" || checkOf(run, "template").Result != portal.CheckSkipped {
			s.Errorf("%s: %+v", e.Outcome, run)
		}
		s.pass(time.Minute)
		s.sent(0)
	})
}

// TestCap: of three orders at once one is answered, and another after the time.
func TestCap(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain(after(time.Minute), func(r *portal.Rule) { r.CapMost, r.CapHours = 1, 2 })
		var outcomes []string
		var all []portal.Run
		for _, id := range []string{"1", "2", "3"} {
			_, runs := s.report(portal.OrderCreated, id)
			all = append(all, runs...)
		}
		s.pass(time.Minute)
		for _, run := range all {
			run = s.run(run.ID)
			outcomes = append(outcomes, run.Outcome+run.Reason)
		}
		slices.Sort(outcomes)
		if want := []string{"sent", "skippedfrequency_cap", "skippedfrequency_cap"}; !slices.Equal(outcomes, want) {
			s.Errorf("%v", outcomes)
		}
		s.sent(1)
		s.pass(2 * time.Hour)
		_, runs := s.report(portal.OrderCreated, "4")
		s.pass(time.Minute)
		s.want(runs, portal.RunSent, "")
	})
}

func TestConsent(t *testing.T) {
	onShops(t, func(s shop) {
		s.preset("welcome")
		_, runs := s.report(portal.CustomerCreated, "1")
		if run := s.want(runs, portal.RunSkipped, portal.ReasonOptInRequired); checkOf(run, "consent").Result != portal.CheckFail {
			s.Errorf("%+v", run.Trace)
		}
		yes, no, at := portal.OptedIn, portal.OptedOut, s.store.Now()
		source := "checkout"
		_, runs = s.report(portal.CustomerCreated, "2", func(r *events.Report) {
			r.Customer.OptIn = given(portal.ConsentChange{Status: &yes, Marketing: &yes, Source: &source, At: &at})
		})
		s.want(runs, portal.RunScheduled, "")
		// Who opts out while a message waits gets none.
		later := at.Add(time.Minute)
		s.pass(2 * time.Minute)
		s.tx(func(tx *store.Tx) error {
			_, _, err := tx.SetConsent(s.caller.Tenant, runs[0].ContactID, portal.ConsentChange{Status: &no, Marketing: &no, Source: &source, At: &later})
			return err
		})
		s.pass(5 * time.Minute)
		s.want(runs, portal.RunSkipped, portal.ReasonOptedOut)
		s.sent(0)
	}, func(a *portal.Account) { a.OptInRequired = true })
}

func (s shop) handoff(contactID string) string {
	s.Helper()
	id := portal.NewID(portal.PrefixHandoff)
	s.tx(func(tx *store.Tx) error {
		thread, err := tx.Conversation(s.caller.Tenant, contactID)
		if err != nil {
			return err
		}
		_, err = tx.InsertHandoff(portal.Handoff{
			ID: id, AccountID: s.caller.AccountID, Environment: s.caller.Environment, ContactID: contactID, ConversationID: thread.ID,
			Priority: "normal", RequestedBy: portal.Requester{Kind: portal.ActorUser}, CreatedAt: tx.Now(),
		})
		return err
	})
	return id
}

// TestHandoffPauses: while a person of the team talks, automations keep silent.
func TestHandoffPauses(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain(after(10 * time.Minute))
		_, one := s.report(portal.OrderCreated, "1")
		id := s.handoff(one[0].ContactID)
		_, two := s.report(portal.OrderCreated, "2")
		if c := checkOf(s.want(two, portal.RunScheduled, ""), "handoff"); c.Result != portal.CheckWarn {
			s.Errorf("%+v", c)
		}
		s.pass(10 * time.Minute)
		s.want(one, portal.RunSkipped, portal.ReasonHandoffOpen)
		s.want(two, portal.RunSkipped, portal.ReasonHandoffOpen)
		_, three := s.report(portal.OrderCreated, "3")
		s.tx(func(tx *store.Tx) error {
			_, err := tx.ResolveHandoff(s.caller.Tenant, id, "solved", "")
			return err
		})
		s.pass(10 * time.Minute)
		s.want(three, portal.RunSent, "")
		s.sent(1)
	})
}

// TestReplyEnds: what waits is dropped when the customer writes, where the rule says so.
func TestReplyEnds(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain(after(10*time.Minute), func(r *portal.Rule) { r.CancelReply = true })
		stays := s.plain(after(10 * time.Minute))
		_, runs := s.report(portal.OrderCreated, "1")
		var wrote portal.Message
		s.tx(func(tx *store.Tx) (err error) {
			wrote, err = s.messaging.InboundTx(tx, s.caller, messaging.InboundDraft{From: buyer, Text: "Olá"})
			return err
		})
		s.pass(10 * time.Minute)
		for _, run := range runs {
			if run = s.run(run.ID); run.AutomationID == stays.ID {
				s.want([]portal.Run{run}, portal.RunSent, "")
			} else if got := s.want([]portal.Run{run}, portal.RunCanceled, portal.ReasonCanceledByReply); got.CanceledBy != wrote.ID {
				s.Errorf("canceled by %s, want %s", got.CanceledBy, wrote.ID)
			}
		}
		s.sent(1)
	})
}

// TestOffWhileWaiting: switched off, nothing goes; switched on in time, it does;
// deleted, what waits is canceled.
func TestOffWhileWaiting(t *testing.T) {
	onShops(t, func(s shop) {
		a := s.plain(after(10 * time.Minute))
		turn := func(on bool) {
			s.Helper()
			if _, err := s.service.Switch(s.Context(), s.caller, a.ID, on); err != nil {
				s.Fatal(err)
			}
		}
		_, one := s.report(portal.OrderCreated, "1")
		turn(false)
		_, off := s.report(portal.OrderCreated, "2")
		s.want(off, portal.RunSkipped, portal.ReasonDisabled)
		s.pass(10 * time.Minute)
		s.want(one, portal.RunSkipped, portal.ReasonDisabled)
		turn(true)
		_, two := s.report(portal.OrderCreated, "3")
		turn(false)
		turn(true)
		s.pass(10 * time.Minute)
		s.want(two, portal.RunSent, "")
		_, three := s.report(portal.OrderCreated, "4")
		if err := s.service.Delete(s.Context(), s.caller, a.ID); err != nil {
			s.Fatal(err)
		}
		s.want(three, portal.RunCanceled, portal.ReasonDisabled)
		s.pass(time.Hour)
		s.sent(1)
		if e, runs := s.report(portal.OrderCreated, "5"); len(runs) != 0 || e.Reason != portal.ReasonNoAutomation {
			s.Errorf("after its end: %+v %v", e, runs)
		}
		if _, err := s.service.Automation(s.Context(), s.caller.Tenant, a.ID); portal.CodeOf(err) != portal.CodeNotFound {
			s.Errorf("deleted: %v", err)
		}
	})
}

// TestOneEventOneMessage: an event sent five times, three of them at once, gives
// one run and one message, however many workers there are.
func TestOneEventOneMessage(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain()
		s.report(portal.CartCreated, "warm") // the contact exists
		var all sync.WaitGroup
		r := events.Sample(portal.OrderCreated, s.store.Now())
		r.Customer = events.Customer{Phone: given(buyer), Name: given("Ana")}
		accept := func() {
			if _, runs, _, err := s.service.Accept(s.Context(), s.caller, r); err != nil || len(runs) != 1 {
				s.Errorf("%v %v", runs, err)
			}
		}
		for range 3 {
			all.Go(accept)
		}
		all.Wait()
		accept()
		accept()
		for range 4 {
			all.Go(func() {
				if _, err := s.service.Work(s.Context()); err != nil {
					s.Error(err)
				}
			})
		}
		all.Wait()
		s.pass(time.Second)
		s.sent(1)
		list, _, err := s.service.Runs(s.Context(), s.caller.Tenant, portal.RunFilter{}, portal.Page{})
		if err != nil || len(list) != 1 {
			s.Errorf("%d runs, %v", len(list), err)
		}
	})
}

// TestDiedBetween: a process that ends between the message and the outcome of its
// run leaves neither, and who comes after sends once.
func TestDiedBetween(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain()
		_, runs := s.report(portal.OrderCreated, "1")
		s.dying.Store(true)
		if _, err := s.service.Work(s.Context()); err == nil {
			s.Error("the failure is not told")
		}
		s.dying.Store(false)
		s.want(runs, portal.RunScheduled, "")
		s.sent(0)
		if n, err := s.service.Work(s.Context()); n != 0 || err != nil {
			s.Errorf("taken %d while it is leased: %v", n, err)
		}
		s.pass(31 * time.Second)
		s.want(runs, portal.RunSent, "")
		s.sent(1)
		// What was claimed when the process ended goes on at its next start.
		_, runs = s.report(portal.OrderCreated, "2")
		s.tx(func(tx *store.Tx) error {
			_, err := tx.ClaimRuns(10, time.Hour)
			return err
		})
		if err := s.service.RecoverRuns(s.Context()); err != nil {
			s.Fatal(err)
		}
		s.pass(0)
		s.want(runs, portal.RunSent, "")
		// One that no attempt can handle is given up.
		_, runs = s.report(portal.OrderCreated, "3")
		s.dying.Store(true)
		for range store.MaxClaims {
			if _, err := s.service.Work(s.Context()); err == nil {
				s.Error("the failure is not told")
			}
			s.ahead.Add(int64(31 * time.Second))
		}
		s.pass(0)
		s.want(runs, portal.RunFailed, string(portal.CodeInternal))
		s.sent(2)
	})
}

// TestRefusals: what passes by itself is waited for up to a day, the rest ends the run.
func TestRefusals(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain()
		for code, want := range map[portal.Code]string{
			portal.CodeOptedOut: "skipped opted_out", portal.CodeTemplateNotFound: "skipped template_not_approved", portal.CodeTemplateParameters: "skipped template_parameters",
			portal.CodeUnsupportedForChannel: "skipped no_phone", portal.CodeMediaInvalid: "failed media_invalid", portal.CodeChannelLoggedOut: "scheduled ",
			portal.CodePairRateLimited: "scheduled ", portal.CodeOverloaded: "scheduled ",
		} {
			s.refuse.Store(portal.Refuse(code))
			_, runs := s.report(portal.OrderCreated, "PED-"+string(code))
			s.pass(0)
			outcome, reason, _ := strings.Cut(want, " ")
			run := s.want(runs, outcome, reason)
			if c := checkOf(run, "limits"); c.Result == portal.CheckSkipped || c.Detail.PT == "" {
				s.Errorf("%s: %+v", code, c)
			}
		}
		s.refuse.Store(&portal.Error{Code: portal.CodeDailyLimitReached, Policy: portal.PolicyAccountDay})
		_, runs := s.report(portal.OrderCreated, "own limit")
		s.pass(0)
		s.want(runs, portal.RunSkipped, portal.ReasonLimitReached)
		s.refuse.Store(&portal.Error{Code: portal.CodeDailyLimitReached, Policy: portal.PolicyWhatsAppDay})
		_, patient := s.report(portal.OrderCreated, "WhatsApp's limit")
		s.pass(time.Minute)
		_, brief := s.report(portal.OrderCreated, "WhatsApp's limit, later")
		for range 40 {
			s.pass(30 * time.Minute)
		}
		s.want(patient, portal.RunScheduled, "")
		s.want(brief, portal.RunScheduled, "")
		for range 10 {
			s.pass(30 * time.Minute)
		}
		s.want(patient, portal.RunFailed, string(portal.CodeDailyLimitReached))
		s.refuse.Store(nil)
		s.pass(30 * time.Minute)
		s.sent(0)
		_, runs = s.report(portal.OrderCreated, "again")
		s.refuse.Store(portal.Refuse(portal.CodeOverloaded))
		s.pass(0)
		s.refuse.Store(nil)
		s.pass(time.Minute)
		s.want(runs, portal.RunSent, "")
	})
}

// TestNobodyToWriteTo: without a number a published automation says so.
func TestNobodyToWriteTo(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain()
		for _, c := range []struct {
			who    events.Customer
			reason string
		}{
			{events.Customer{ExternalID: given("CLI-1")}, portal.ReasonNoPhone},
			{events.Customer{Phone: given("123")}, portal.ReasonInvalidNumber},
		} {
			e, runs := s.report(portal.OrderCreated, c.reason, func(r *events.Report) { r.Customer = c.who })
			if s.want(runs, portal.RunSkipped, c.reason); e.Outcome != portal.EventNone || e.Reason != c.reason {
				s.Errorf("decision %s %s", e.Outcome, e.Reason)
			}
		}
		e, runs := s.report(portal.OrderCreated, "old", func(r *events.Report) { r.OccurredAt = s.store.Now().Add(-25 * time.Hour) })
		if len(runs) != 0 || e.Reason != portal.ReasonTooOld {
			s.Errorf("%+v %v", e, runs)
		}
		// Who is erased while a message waits gets none.
		s.plain(after(time.Hour))
		_, runs = s.report(portal.OrderCreated, "erased")
		s.pass(0)
		s.tx(func(tx *store.Tx) error { return tx.EraseContact(s.caller.Tenant, runs[0].ContactID) })
		s.pass(time.Hour)
		for _, run := range runs {
			if run = s.run(run.ID); run.Outcome == portal.RunScheduled || run.Outcome == portal.RunCanceled && run.Reason != portal.ReasonContactErased {
				s.Errorf("%+v", run)
			}
		}
		s.sent(1)
	})
}

// TestStoppedAccount: a suspended account and a switched-off module send nothing.
func TestStoppedAccount(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain()
		_, runs := s.report(portal.OrderCreated, "1")
		s.tx(func(tx *store.Tx) error {
			return tx.SetModule(s.caller.AccountID, portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}})
		})
		s.pass(0)
		s.want(runs, portal.RunSkipped, portal.ReasonModuleInactive)
		_, runs = s.report(portal.OrderCreated, "2")
		a := s.caller.Account
		a.Status = portal.AccountSuspended
		s.tx(func(tx *store.Tx) error { return tx.UpdateAccount(a) })
		s.pass(0)
		s.want(runs, portal.RunSkipped, portal.ReasonAccountSuspended)
		s.sent(0)
	})
}
