package events_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

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
