package events_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/store"
)

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
