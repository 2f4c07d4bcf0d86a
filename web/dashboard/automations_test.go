package dashboard

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
)

// orderSteps is the form of an automation that answers orders.
func orderSteps(do string, more ...string) url.Values {
	v := url.Values{
		"env": {"test"}, "do": {do}, "name": {"Pedido"}, "trigger": {portal.OrderCreated}, "delay": {"2"}, "unit": {"hours"}, "always": {"1"},
		"template": {"order_update"}, "language": {"pt_BR"}, "p.name": {"{{customer.first_name}}"}, "p.order": {"{{order_id}}"}, "p.status": {"recebido"},
		"field": {"total", "payment.method"}, "operator": {portal.OperatorAtLeast, portal.OperatorAbsent}, "value": {"49,90", ""},
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// automate makes an automation with a name and returns its path.
func (o *office) automate() string {
	o.t.Helper()
	answer, _ := o.desk.send("/automations", url.Values{"env": {"test"}, "name": {"Pedido"}, "trigger": {portal.OrderCreated}}, 200)
	return answer.Request.URL.Path
}

func (o *office) kept(path string) portal.Automation {
	o.t.Helper()
	a, err := o.Events.Automation(o.t.Context(), o.tenant, strings.TrimPrefix(path, "/automations/"))
	if err != nil {
		o.t.Fatal(err)
	}
	return a.Automation
}

// TestAutomationSteps edits, publishes, switches, goes back and deletes, by forms alone.
func TestAutomationSteps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.has(o.read("/automations?env=test", 200), "/automations", "preset")
	path := o.automate()

	_, page := o.desk.send(path, orderSteps("add"), 200)
	if n := strings.Count(page, `name="operator"`); n != 3 || o.kept(path).Draft.Template != "" {
		t.Errorf("adding a condition shows %d and keeps %q", n, o.kept(path).Draft.Template)
	}
	_, page = o.desk.send(path, orderSteps("remove-0"), 200)
	o.lacks(page, "49,90")
	_, page = o.desk.send(path, orderSteps("save", "delay", "soon", "value", "much"), 422)
	o.has(page, `href="#a-delay"`, `href="#c-0"`, "Nothing was saved")
	misfit := orderSteps("save")
	misfit["operator"] = []string{portal.OperatorHas, portal.OperatorIs}
	_, page = o.desk.send(path, misfit, 422)
	o.has(page, "This comparison does not fit “Total”. Choose one of the list.", `href="#c-0"`)
	misfit.Set("do", "fit")
	_, page = o.desk.send(path, misfit, 200)
	o.has(page, `<option value="at_least" selected>`, `<option value="is" selected>`)
	o.lacks(page, `<option value="contains"`)
	_, page = o.desk.send(path, orderSteps("publish", "template", "", "p.order", "{{order"), 422)
	o.has(page, "Saved as a draft, not published", `href="#a-template"`)

	o.desk.send(path, orderSteps("publish"), 200)
	a := o.kept(path)
	if a.Version != 1 || !a.Enabled || a.Rule.DelaySeconds != 7200 || a.Rule.Conditions[0].Value != "4990" || a.Rule.Parameters["order"] != "{{order_id}}" {
		t.Errorf("published %+v", a)
	}
	o.has(o.read(path, 200), `value="49,90"`, `value="2"`)
	o.desk.send(path, orderSteps("save", "delay", "0"), 200)
	o.has(o.read(path, 200), "This draft is not published", "<del>2 h</del>")
	o.desk.send(path+"/discard", url.Values{}, 200)
	o.lacks(o.read(path, 200), "This draft is not published")
	o.desk.send(path, orderSteps("publish", "delay", "1"), 200)
	o.has(o.read(path, 200), "Restore version 1?", "in use")
	o.desk.send(path+"/restore", url.Values{"version": {"9"}}, 404)
	o.desk.send(path+"/restore", url.Values{"version": {"1"}}, 200)
	if a = o.kept(path); a.Version != 2 || a.Rule.DelaySeconds != 3600 || a.Draft == nil || a.Draft.DelaySeconds != 7200 {
		t.Errorf("restored %+v", a)
	}
	if n := o.audited("automation.restored", a.ID); n != 1 {
		t.Errorf("%d rows say that a version was restored", n)
	}
	o.desk.send(path+"/switch", url.Values{"back": {"https://elsewhere.example"}}, 200)
	if o.kept(path).Enabled {
		t.Error("it is still on")
	}
	o.desk.send(path+"/delete", url.Values{"confirm": {"another"}}, 422)
	o.desk.send(path+"/delete", url.Values{"confirm": {"Pedido"}}, 200)
	o.read(path, 404)
}

func TestAutomationPreview(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := o.automate()
	_, page := o.desk.send(path+"/preview", orderSteps("", "p.status", "a caminho"), 200)
	o.has(page, "a caminho", "Would be skipped")
	if o.kept(path).Draft.Template != "" {
		t.Error("a preview was kept")
	}
	o.has(o.read(path+"/try?event=example", 200), "No template is chosen")
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, page := o.desk.send("/automations/quiet-hours", url.Values{"env": {"test"}, "from": {"9"}, "to": {"08:00"}}, 422)
	o.has(page, "such as 20:00")
	o.desk.send("/automations/quiet-hours", url.Values{"env": {"test"}, "from": {"21:30"}, "to": {"07:00"}}, 200)
	o.has(o.read("/automations?env=test", 200), "21:30", "07:00")
	o.desk.send("/automations/quiet-hours", url.Values{"env": {"test"}, "never": {"1"}}, 200)
	if q, err := o.Events.QuietHours(t.Context(), o.tenant.AccountID); q != nil || err != nil {
		t.Errorf("%v, %v", q, err)
	}
}

// biaPhone is of somebody whom nobody serves.
const biaPhone = "+5511976543210"

// report tells of an order of hers.
func (o *office) report(id string) portal.Event {
	o.t.Helper()
	r := events.Sample(portal.OrderCreated, o.Store.Now())
	r.ExternalID = id
	r.Customer.Phone = events.Optional[string]{Set: true, Value: biaPhone}
	r.Data.Payment = nil
	e, _, _, err := o.Events.Accept(o.t.Context(), o.caller, r)
	if err != nil {
		o.t.Fatal(err)
	}
	return e
}

// TestEventPage follows an event to its automation, its run and its message,
// and shows no number until it is asked for.
func TestEventPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := o.automate()
	none := o.report("before")
	o.has(o.read("/events/"+none.ID, 200), "/automations/new?")
	o.desk.send(path, orderSteps("publish", "delay", "0"), 200)
	e := o.report("after")
	if n, err := o.Events.Work(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	page := o.read("/events/"+e.ID, 200)
	o.has(page, path, "/messages/msg_", "/contacts/"+e.ContactID, "R$ 199.90", "Message accepted", "Quiet hours")
	o.lacks(page, biaPhone)
	o.has(o.read("/events?env=test", 200), "after", "before", "/events/"+e.ID)
	o.lacks(o.read("/events?env=test&outcome="+portal.ReasonNoAutomation, 200), "/events/"+e.ID)
	o.lacks(o.read("/events?env=test&q=before", 200), "/events/"+e.ID)
	o.has(o.read("/contacts/"+e.ContactID, 200), "/events/"+e.ID)
	o.has(o.read(path+"/runs?outcome=sent", 200), "/events/"+e.ID, "/messages/msg_")
	o.lacks(o.read(path+"/runs?outcome=failed", 200), "/events/"+e.ID)
	o.has(o.read(path+"/try?event="+none.ID, 200), "It would answer", "before")

	_, page = o.desk.send("/events/"+e.ID+"/reveal", url.Values{}, 200)
	o.has(page, biaPhone)
	if n := o.audited("event.revealed", e.ID); n != 1 {
		t.Errorf("%d rows say that the event was revealed", n)
	}
}

func TestEventTypesPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.report("one")
	page := o.read("/events/types?env=test", 200)
	o.has(page, "/events?env=test&amp;type=order.created", "links.checkout")
	if n := strings.Count(page, "never seen"); n != len(portal.CommerceTypes)-1 {
		t.Errorf("%d types were never seen", n)
	}
}

func TestStepOfTheFirstRefusal(t *testing.T) {
	t.Parallel()
	w := portal.Words{EN: "x"}
	for want, errs := range map[string]map[string]portal.Words{
		"when": {"a-name": w, "c-0": w}, "if": {"c-3": w, "a-template": w}, "wait": {"a-delay": w, "p-name": w}, "send": {"p-name": w}, "": {},
	} {
		if got := refusedStep(errs); got != want {
			t.Errorf("%v opens %q, want %q", errs, got, want)
		}
	}
}

// TestExportHasEvents: what is kept of a person has what stores reported of
// them, whole, and what automations made of it.
func TestExportHasEvents(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.desk.send(o.automate(), orderSteps("publish"), 200)
	e := o.report("PED-1")
	_, page := o.desk.send("/contacts/"+e.ContactID+"/export", url.Values{}, 200)
	var got struct {
		Events []struct {
			ID       string
			Customer struct{ Phone string }
			Decision struct {
				Automations []struct{ Name, Outcome string }
			}
		}
	}
	if err := json.Unmarshal([]byte(page), &got); err != nil {
		t.Fatalf("%v in %s", err, page)
	}
	if len(got.Events) != 1 || got.Events[0].ID != e.ID || got.Events[0].Customer.Phone != biaPhone {
		t.Fatalf("%+v", got.Events)
	}
	if runs := got.Events[0].Decision.Automations; len(runs) != 1 || runs[0].Name != "Pedido" || runs[0].Outcome != portal.RunScheduled {
		t.Errorf("%+v", runs)
	}
	_, page = o.desk.send("/contacts/"+o.contact.ID+"/export", url.Values{}, 200)
	o.has(page, `"events":[]`)
}
