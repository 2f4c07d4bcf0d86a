package events_test

import (
	"slices"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
)

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
