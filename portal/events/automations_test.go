package events_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/store"
)

// pointersOf returns where an error points, after checking that it refuses.
func (s shop) pointersOf(err error) (list []string) {
	s.Helper()
	if portal.CodeOf(err) != portal.CodeValidationFailed {
		s.Errorf("%v is no validation_failed", err)
	}
	for _, f := range portal.FieldsOf(err) {
		list = append(list, f.Pointer+" "+f.Code)
	}
	slices.Sort(list)
	return list
}

func (s shop) refused(err error, want ...string) {
	s.Helper()
	if got := s.pointersOf(err); !slices.Equal(got, want) {
		s.Errorf("%v, want %v", got, want)
	}
}

// TestLifeOfAnAutomation: from blank to published, changed, switched and deleted,
// each step with its row in the audit trail.
func TestLifeOfAnAutomation(t *testing.T) {
	onShops(t, func(s shop) {
		ctx, c := s.Context(), s.caller
		_, err := s.service.Create(ctx, c, " ", "")
		s.refused(err, "/name required")
		_, err = s.service.Create(ctx, c, "x", "no_such")
		s.refused(err, "/preset invalid_value")
		a, err := s.service.Create(ctx, c, " Novidades ", "")
		if err != nil || a.Name != "Novidades" || a.Enabled || a.Version != 0 || a.Draft == nil {
			s.Fatalf("%+v, %v", a, err)
		}
		_, err = s.service.Publish(ctx, c, a.ID)
		s.refused(err, "/template required", "/trigger required")
		_, err = s.service.Switch(ctx, c, a.ID, true)
		s.refused(err, "/enabled conflict")
		_, err = s.service.SaveDraft(ctx, c, a.ID, events.Form{Name: "", Rule: portal.Rule{
			Trigger: portal.OrderCreated, Channel: "chn_01KB2M4X7Q9V0T3R5N8W6Y1Z02", Conditions: []portal.Condition{{Field: "x", Operator: "is", Value: "y"}},
		}})
		s.refused(err, "/channel not_found", "/conditions/0/field unknown_field", "/name required")

		save := func(rule portal.Rule) portal.Automation {
			s.Helper()
			saved, err := s.service.SaveDraft(ctx, c, a.ID, events.Form{Name: "Novidades", Rule: rule})
			if err != nil {
				s.Fatalf("%v %v", err, portal.FieldsOf(err))
			}
			return saved
		}
		save(portal.Rule{Trigger: portal.OrderCreated, Template: "no_such"})
		_, err = s.service.Publish(ctx, c, a.ID)
		s.refused(err, "/template not_found")
		save(portal.Rule{Trigger: portal.OrderCreated, Template: "order_update", Parameters: map[string]string{"name": "{{customer.name}}", "wrong": "x"}})
		_, err = s.service.Publish(ctx, c, a.ID)
		s.refused(err, "/parameters/order required", "/parameters/status required", "/parameters/wrong unknown_field")
		if _, runs := s.report(portal.OrderCreated, "before"); len(runs) != 0 {
			s.Errorf("a draft ran: %+v", runs)
		}

		good := portal.Rule{Trigger: portal.OrderCreated, Template: "order_update", Parameters: updated()}
		save(good)
		first, err := s.service.Publish(ctx, c, a.ID)
		if err != nil || first.Version != 1 || !first.Enabled || first.PublishedAt == nil {
			s.Fatalf("%+v, %v", first, err)
		}
		_, err = s.service.Publish(ctx, c, a.ID)
		s.refused(err, "/draft required")
		_, waiting := s.report(portal.OrderCreated, "1")
		slow := good
		slow.DelaySeconds = 3600
		if changed := save(slow); changed.Draft == nil || changed.Rule.DelaySeconds != 0 {
			s.Errorf("a draft must not answer: %+v", changed)
		}
		if back := save(good); back.Draft != nil {
			s.Errorf("what is published is no draft: %+v", back.Draft)
		}
		save(slow)
		second, err := s.service.Publish(ctx, c, a.ID)
		if err != nil || second.Version != 2 {
			s.Fatalf("%+v, %v", second, err)
		}
		s.pass(0)
		if run := s.want(waiting, portal.RunSent, ""); run.Version != 1 {
			s.Errorf("ran with version %d", run.Version)
		}
		versions, err := s.service.Versions(ctx, c.Tenant, a.ID)
		if err != nil || len(versions) != 2 || versions[0].Version != 2 || versions[1].Rule.DelaySeconds != 0 || versions[0].UserID != c.UserID {
			s.Errorf("%+v, %v", versions, err)
		}
		if _, err := s.service.Switch(ctx, c, a.ID, false); err != nil {
			s.Fatal(err)
		}
		list, err := s.service.Automations(ctx, c.Tenant)
		if err != nil || len(list) != 1 || list[0].Enabled || list[0].Counts.Outcomes[portal.RunSent] != 1 || list[0].Counts.LastAt == nil {
			s.Errorf("%+v, %v", list, err)
		}
		if err := s.service.Delete(ctx, c, a.ID); err != nil {
			s.Fatal(err)
		}
		rows, err := s.store.Reader(ctx).AuditOf(c.AccountID, a.ID, 50)
		var actions []string
		for _, row := range rows {
			actions = append(actions, strings.TrimPrefix(row.Action, "automation."))
		}
		slices.Reverse(actions)
		if want := "created saved saved saved published saved saved saved published disabled deleted"; err != nil || strings.Join(actions, " ") != want {
			s.Errorf("audit %v, %v", actions, err)
		}
	})
}

// TestTenants: nothing of it is there for another account, nor in live.
func TestTenants(t *testing.T) {
	onShops(t, func(s shop) {
		a := s.plain()
		_, runs := s.report(portal.OrderCreated, "1")
		other := s.caller
		other.AccountID = portal.NewID(portal.PrefixAccount)
		live := s.caller
		live.Environment = portal.Live
		for _, c := range []portal.Caller{other, live} {
			_, one := s.service.Automation(s.Context(), c.Tenant, a.ID)
			_, two := s.service.Run(s.Context(), c.Tenant, runs[0].ID)
			_, three := s.service.SaveDraft(s.Context(), c, a.ID, events.Form{Name: "x"})
			_, four := s.service.Publish(s.Context(), c, a.ID)
			_, five := s.service.Switch(s.Context(), c, a.ID, false)
			six := s.service.Delete(s.Context(), c, a.ID)
			_, seven := s.service.Try(s.Context(), s.caller, events.TryOptions{EventID: portal.NewID(portal.PrefixEvent)})
			for i, err := range []error{one, two, three, four, five, six, seven} {
				if portal.CodeOf(err) != portal.CodeNotFound {
					s.Errorf("%d: %v", i, err)
				}
			}
			list, err := s.service.Automations(s.Context(), c.Tenant)
			page, _, err2 := s.service.Runs(s.Context(), c.Tenant, portal.RunFilter{}, portal.Page{})
			versions, err3 := s.service.Versions(s.Context(), c.Tenant, a.ID)
			if len(list)+len(page)+len(versions) != 0 || err != nil || err2 != nil || err3 != nil {
				s.Errorf("seen from outside: %v %v %v", list, page, versions)
			}
		}
	})
}

// TestRunsArePaged: newest first, by what is asked for.
func TestRunsArePaged(t *testing.T) {
	onShops(t, func(s shop) {
		a := s.plain()
		for _, id := range []string{"1", "2", "3"} {
			s.report(portal.OrderCreated, id)
			s.pass(0)
		}
		e, _ := s.report(portal.OrderCreated, "4")
		var seen []string
		page := portal.Page{Limit: 2}
		for {
			list, next, err := s.service.Runs(s.Context(), s.caller.Tenant, portal.RunFilter{AutomationID: a.ID}, page)
			if err != nil {
				s.Fatal(err)
			}
			for _, run := range list {
				seen = append(seen, run.ID)
			}
			if page.After = next; next == "" {
				break
			}
		}
		if len(seen) != 4 || !slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }) {
			s.Errorf("%v", seen)
		}
		for _, f := range []portal.RunFilter{{EventID: e.ID}, {Outcome: portal.RunScheduled}, {Outcome: portal.RunScheduled, ContactID: e.ContactID}} {
			if list, _, err := s.service.Runs(s.Context(), s.caller.Tenant, f, portal.Page{}); err != nil || len(list) != 1 || list[0].EventID != e.ID {
				s.Errorf("%+v: %v, %v", f, list, err)
			}
		}
		if _, _, err := s.service.Runs(s.Context(), s.caller.Tenant, portal.RunFilter{}, portal.Page{After: "x"}); portal.CodeOf(err) != portal.CodeInvalidCursor {
			s.Errorf("%v", err)
		}
		runs, err := s.service.RunsOf(s.Context(), s.caller.Tenant, []string{e.ID, "cev_x"})
		if err != nil || len(runs[e.ID]) != 1 {
			s.Errorf("%v, %v", runs, err)
		}
	})
}

// everything is a picture of all that a trial could have changed.
func (s shop) everything() string {
	s.Helper()
	r := s.store.Reader(s.Context())
	var all []any
	events, _, err := r.Events(s.caller.Tenant, portal.EventFilter{}, portal.Page{})
	runs, _, err2 := r.Runs(s.caller.Tenant, portal.RunFilter{}, portal.Page{})
	people, _, err3 := r.Contacts(s.caller.Tenant, portal.ContactFilter{}, portal.Page{})
	automations, err4 := r.Automations(s.caller.Tenant)
	all = append(all, events, runs, people, automations, s.messages())
	raw, err5 := json.Marshal(all)
	for _, err := range []error{err, err2, err3, err4, err5} {
		if err != nil {
			s.Fatal(err)
		}
	}
	return string(raw)
}

// TestTrying: a draft on a stored event or on a sample shows all that a run
// would, and leaves and sends nothing.
func TestTrying(t *testing.T) {
	onShops(t, func(s shop) {
		s.preset("cart_recovery")
		e, _ := s.report(portal.CartAbandoned, "CAR-1")
		before := s.everything()
		p, _ := events.PresetOf("cart_recovery")
		draft := p.Rule
		draft.DelaySeconds = 7200
		draft.Conditions = []portal.Condition{{Field: "total", Operator: portal.OperatorAtLeast, Value: "100"}}

		trial, err := s.service.Try(s.Context(), s.caller, events.TryOptions{Rule: draft, EventID: e.ID})
		if err != nil || trial.Sample || trial.Run.Outcome != portal.RunScheduled || !trial.Run.DueAt.Equal(s.store.Now().Add(2*time.Hour)) || len(trial.Run.Trace) != 9 {
			s.Errorf("%+v, %v", trial.Run, err)
		}
		want := "Olá Ana, você deixou no carrinho: Camiseta. O total é R$ 199,90. Para concluir a compra, acesse https://loja.example.com/c/77/fechar quando quiser."
		if trial.Template == nil || trial.Preview.Body != want {
			s.Errorf("%q", trial.Preview.Body)
		}
		sample, err := s.service.Try(s.Context(), s.caller, events.TryOptions{Rule: draft, Now: true})
		if err != nil || !sample.Sample || sample.Run.Outcome != portal.RunScheduled || !sample.Run.DueAt.Equal(s.store.Now()) || !strings.Contains(sample.Preview.Body, "Olá Ana") {
			s.Errorf("%+v %q, %v", sample.Run, sample.Preview.Body, err)
		}

		for reason, change := range map[string]func(r *portal.Rule){
			portal.ReasonConditionNotMet:    func(r *portal.Rule) { r.Conditions[0].Value = "9999999" },
			portal.ReasonTemplateNotReady:   func(r *portal.Rule) { r.Template = "no_such" },
			portal.ReasonTemplateParameters: func(r *portal.Rule) { r.Parameters = map[string]string{"name": "{{order_id}}"} },
		} {
			rule := draft
			rule.Conditions = slices.Clone(draft.Conditions)
			change(&rule)
			got, err := s.service.Try(s.Context(), s.caller, events.TryOptions{Rule: rule, EventID: e.ID})
			if err != nil || got.Run.Outcome != portal.RunSkipped || got.Run.Reason != reason || got.Run.Detail.PT == "" {
				s.Errorf("%s: %+v, %v", reason, got.Run, err)
			}
		}
		wrong, err := s.service.Try(s.Context(), s.caller, events.TryOptions{Rule: portal.Rule{Trigger: portal.OrderCreated, Template: "order_update"}, EventID: e.ID})
		if err != nil || wrong.Run.Trace[0].Result != portal.CheckFail || wrong.Run.Outcome != portal.RunSkipped {
			s.Errorf("%+v, %v", wrong.Run, err)
		}
		if _, err := s.service.Try(s.Context(), s.caller, events.TryOptions{}); err != nil {
			s.Errorf("a blank rule: %v", err)
		}
		if after := s.everything(); after != before {
			s.Errorf("a trial changed something:\n%s\n%s", before, after)
		}
	})
}

// TestQuietHoursAreChecked: what is none is refused, what is one is kept and audited.
func TestQuietHoursAreChecked(t *testing.T) {
	onShops(t, func(s shop) {
		if q, err := s.service.QuietHours(s.Context(), s.caller.AccountID); err != nil || q == nil || *q != (portal.QuietHours{From: "20:00", To: "08:00"}) {
			s.Errorf("at first %v, %v", q, err)
		}
		for want, q := range map[string]portal.QuietHours{
			"/from invalid_format": {From: "8:00", To: "09:00"}, "/to invalid_format": {From: "08:00", To: "24:00"},
			"/to conflict": {From: "08:00", To: "08:00"}, "/from required": {To: "08:00"},
		} {
			s.refused(s.service.SetQuietHours(s.Context(), s.caller, &q), want)
		}
		q := portal.QuietHours{From: "22:30", To: "07:15"}
		if err := s.service.SetQuietHours(s.Context(), s.caller, &q); err != nil {
			s.Fatal(err)
		}
		if got, err := s.service.QuietHours(s.Context(), s.caller.AccountID); err != nil || got == nil || *got != q {
			s.Errorf("%v, %v", got, err)
		}
		rows, err := s.store.Reader(s.Context()).AuditOf(s.caller.AccountID, s.caller.AccountID, 1)
		if err != nil || len(rows) != 1 || rows[0].Action != "quiet_hours.changed" {
			s.Errorf("%+v, %v", rows, err)
		}
	})
}

// TestPresetTemplates: in the test environment they come along once; what is there stays.
func TestPresetTemplates(t *testing.T) {
	onShops(t, func(s shop) {
		states := func(key string) string {
			s.Helper()
			list, err := s.service.TemplatesOf(s.Context(), s.caller.Tenant, key)
			if err != nil {
				s.Fatal(err)
			}
			var text []string
			for _, l := range list {
				text = append(text, l.Language+"="+l.Status)
			}
			return strings.Join(text, " ")
		}
		if got := states("cart_recovery"); got != "pt_BR= en_US=" {
			s.Error(got)
		}
		if got := states("shipment"); got != "pt_BR=approved en_US=approved" {
			s.Error(got)
		}
		for range 2 {
			if _, err := s.service.Create(s.Context(), s.caller, "", "cart_recovery"); err != nil {
				s.Fatal(err)
			}
			s.pass(time.Minute)
		}
		if got := states("cart_recovery"); got != "pt_BR=approved en_US=approved" {
			s.Error(got)
		}
		if _, err := s.service.TemplatesOf(s.Context(), s.caller.Tenant, "x"); portal.CodeOf(err) != portal.CodeNotFound {
			s.Errorf("%v", err)
		}
	})
}

// TestRunsAreForgotten with their events.
func TestRunsAreForgotten(t *testing.T) {
	onShops(t, func(s shop) {
		s.plain(after(time.Hour))
		_, done := s.report(portal.OrderCreated, "1")
		s.pass(time.Hour)
		s.ahead.Add(int64(events.Kept) + int64(48*time.Hour))
		_, waits := s.report(portal.OrderCreated, "2")
		if err := s.service.Forget(s.Context()); err != nil {
			s.Fatal(err)
		}
		if _, err := s.service.Run(s.Context(), s.caller.Tenant, done[0].ID); portal.CodeOf(err) != portal.CodeNotFound {
			s.Errorf("the old run: %v", err)
		}
		s.want(waits, portal.RunScheduled, "")
	})
}

// TestManyAutomations: an environment has a bounded number of them.
func TestManyAutomations(t *testing.T) {
	onShops(t, func(s shop) {
		for range 100 {
			s.tx(func(tx *store.Tx) error {
				return tx.InsertAutomation(portal.Automation{
					ID: portal.NewID(portal.PrefixAutomation), AccountID: s.caller.AccountID, Environment: portal.Test, Name: "x", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
				})
			})
		}
		_, err := s.service.Create(s.Context(), s.caller, "one more", "")
		s.refused(err, "/name too_many")
	})
}
