package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

const (
	eventID      = "cev_01KB2M4X7Q9V0T3R5N8W6Y1Z0D"
	automationID = "aut_01KB2M4X7Q9V0T3R5N8W6Y1Z0F"
	sentID       = "msg_01KB2M4X7Q9V0T3R5N8W6Y1Z01"
)

func commerceEvent() portal.Event {
	return portal.Event{
		ID: eventID, Environment: portal.Test, ExternalID: "PED-1001:created", Type: portal.OrderCreated, OccurredAt: ago(time.Minute), ReceivedAt: ago(50 * time.Second),
		ContactID: "ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03", Source: portal.SourceAPI, RequestID: "req_01KB2M4X7Q9V0T3R5N8W6Y1Z0E",
		TokenID: "tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07", Outcome: portal.EventMatched, Repeats: 1,
	}
}

func run(outcome, reason string) portal.Run {
	return portal.Run{
		ID: "run_01KB2M4X7Q9V0T3R5N8W6Y1Z01", EventID: eventID, AutomationID: automationID, Name: "Order <follow-up>", Version: 7,
		Outcome: outcome, Reason: reason, CreatedAt: ago(49 * time.Second), FinishedAt: agoPtr(48 * time.Second),
		Trace: []portal.Check{
			{Check: "condition", Result: portal.CheckPass, Detail: portal.Words{EN: "total is at least R$ 100.00", PT: "total é no mínimo R$ 100,00"}},
			{Check: "quiet_hours", Result: portal.CheckPass, Detail: portal.Words{EN: "14:00 in America/Sao_Paulo", PT: "14:00 em America/Sao_Paulo"}},
		},
	}
}

func runsOfAll() []portal.Run {
	sent := run(portal.RunSent, "")
	sent.MessageID, sent.MessageStatus = sentID, portal.StatusDelivered
	waiting := run(portal.RunScheduled, "")
	due := uitest.Now.Add(time.Hour)
	waiting.DueAt, waiting.FinishedAt, waiting.Name = &due, nil, "Later"
	skipped := run(portal.RunSkipped, portal.ReasonConditionNotMet)
	skipped.FinishedAt, skipped.Name = &skipped.CreatedAt, "First purchase"
	canceled := run(portal.RunCanceled, portal.ReasonCanceledByEvent)
	canceled.CanceledBy = "cev_01KB2M4X7Q9V0T3R5N8W6Y1Z0G"
	failed := run(portal.RunFailed, string(portal.CodeChannelBlocked))
	return []portal.Run{skipped, sent, waiting, canceled, failed}
}

func eventProps() views.EventProps {
	took := 11 * time.Millisecond
	return views.EventProps{
		Event: commerceEvent(), Payload: []byte(`{"external_id":"PED-1001:created","customer":{"phone":"••••","name":"<b>Ana"}}`), Customer: "+55 11 9••••-2046", Name: "Ana",
		Value: &portal.Money{Amount: 129990, Currency: "BRL"}, Runs: runsOfAll(), Contact: true, MayReveal: true, Token: "loja-checkout",
		Request:  &portal.Request{ID: "req_01KB2M4X7Q9V0T3R5N8W6Y1Z0E", Status: 202, Duration: &took},
		Canceler: map[string]string{"cev_01KB2M4X7Q9V0T3R5N8W6Y1Z0G": portal.OrderCanceled},
		Sent: map[string]views.SentMessage{sentID: {
			Message: portal.Message{ID: sentID, Status: portal.StatusDelivered},
			News:    []portal.StatusNews{{Status: portal.StatusCreated, Applied: true, ReceivedAt: ago(47 * time.Second)}, {Status: portal.StatusDelivered, Applied: true, ReceivedAt: ago(46 * time.Second)}, {Status: portal.StatusDelivered, ReceivedAt: ago(45 * time.Second)}},
		}},
		Try: []views.AutomationRef{{ID: automationID, Name: "Order follow-up", Draft: true}},
	}
}

func TestEvents(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		none := commerceEvent()
		none.ID, none.Outcome, none.Reason = "cev_01KB2M4X7Q9V0T3R5N8W6Y1Z0H", portal.EventNone, portal.ReasonTooOld
		props := views.EventsProps{
			Now: uitest.Now, Type: portal.OrderCreated, Outcome: portal.ReasonTooOld, Contact: "ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03", Older: "x",
			Rows: []views.EventRow{
				{Event: commerceEvent(), Customer: "+55 11 9••••-2046", Name: "Ana", Value: &portal.Money{Amount: 129990, Currency: "BRL"}, Source: "loja-checkout", Runs: runsOfAll()},
				{Event: none, Customer: "CLI-42", Source: "API", Value: &portal.Money{Amount: 1500, Currency: "JPY"}},
			},
		}
		uitest.Page(t, "events."+lang, uitest.Owner(lang), views.Events(props))
		empty := views.EventsProps{BaseURL: "https://wpp.example", Tester: "+5511987654321", Now: uitest.Now}
		uitest.Page(t, "events-empty."+lang, uitest.Owner(lang), views.Events(empty))
		empty.Query = "x"
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Events(empty)))
		page := uitest.Render(t, uitest.Owner(lang), views.Events(props))
		for _, want := range []string{map[string]string{portal.LangEN: "R$ 1,299.90", portal.LangPT: "R$ 1.299,90"}[lang], map[string]string{portal.LangEN: "JPY 1,500", portal.LangPT: "JPY 1.500"}[lang]} {
			if !strings.Contains(page, want) {
				t.Errorf("the list does not say %s", want)
			}
		}
	})
}

func TestEvent(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "event."+lang, uitest.Owner(lang), views.Event(eventProps()))
		for _, reason := range []string{portal.ReasonNoAutomation, portal.ReasonTooOld, portal.ReasonNoPhone, portal.ReasonInvalidNumber, "later"} {
			p := views.EventProps{Event: commerceEvent(), Revealed: reason == "later", Erased: reason == portal.ReasonTooOld, Sender: "Ana"}
			p.Event.Reason, p.Event.Outcome, p.Event.ContactID = reason, portal.EventNone, ""
			page := uitest.Render(t, uitest.Owner(lang), views.Event(p))
			uitest.CheckPage(t, page)
			if got, want := strings.Contains(page, "/automations/new?"), reason == portal.ReasonNoAutomation; got != want {
				t.Errorf("%s: offers an automation: %t", reason, got)
			}
		}
	})
	page := uitest.Render(t, uitest.Owner(portal.LangEN), views.Event(eventProps()))
	for _, link := range []string{"/logs/req_", "/contacts/ctc_", "/messages/" + sentID, "/automations/" + automationID, "/automations/" + automationID + "/try?", "/events/cev_01KB2M4X7Q9V0T3R5N8W6Y1Z0G", "/tokens/tok_"} {
		if !strings.Contains(page, link) {
			t.Errorf("the event does not lead to %s", link)
		}
	}
}

func TestEventOfAnAgent(t *testing.T) {
	agent := uitest.Owner(portal.LangEN)
	agent.May = map[portal.Permission]bool{portal.ReadMessages: true}
	page := uitest.Render(t, agent, views.Event(eventProps()))
	for _, link := range []string{`href="/logs/`, `href="/tokens/`, `href="/automations/` + automationID + `?`} {
		if strings.Contains(page, link) {
			t.Errorf("an agent is led to %s", link)
		}
	}
}

func TestEventTypes(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		examples := map[string][]byte{}
		for _, c := range portal.CommerceTypes {
			examples[c.Name] = []byte(`{"type":"` + c.Name + `"}`)
		}
		uitest.Page(t, "event-types."+lang, uitest.Owner(lang), views.EventTypes(views.EventTypesProps{
			Examples: examples, Seen: map[string]time.Time{portal.OrderCreated: ago(time.Hour)},
			Answered: map[string][]views.AutomationRef{portal.OrderCreated: {{ID: automationID, Name: "Order follow-up"}, {ID: automationID, Name: "Another"}}},
		}))
	})
}

func rule() portal.Rule {
	return portal.Rule{
		Trigger: portal.CartAbandoned, DelaySeconds: 5400, CancelOn: []string{portal.OrderCreated}, CancelReply: true, Template: "order_update", Language: "pt_BR",
		Conditions: []portal.Condition{{Field: "total", Operator: portal.OperatorAtLeast, Value: "5000"}, {Field: "payment.method", Operator: portal.OperatorPresent}},
		Parameters: map[string]string{"name": "{{customer.name}}"}, CapMost: 1, CapHours: 48,
	}
}

func automation() portal.Automation {
	draft := rule()
	draft.DelaySeconds, draft.Parameters = 0, map[string]string{"name": "<i>{{customer.name}}"}
	return portal.Automation{
		ID: automationID, Name: "Cart <recovery>", Enabled: true, Version: 3, Rule: rule(), Draft: &draft,
		CreatedAt: ago(time.Hour), UpdatedAt: ago(time.Minute), PublishedAt: agoPtr(time.Hour),
	}
}

func automationProps() views.AutomationProps {
	a := automation()
	return views.AutomationProps{
		Automation: a, Rule: *a.Draft, Now: uitest.Now, Quiet: &portal.QuietHours{From: "20:00", To: "08:00"}, Currency: "BRL",
		Wanted: []views.WantedTemplate{{"cart_reminder", "pt_BR", portal.TemplatePending}, {"cart_reminder", "en_US", ""}},
		Fields: []views.EventField{
			{Path: "total", Name: portal.Words{EN: "Total", PT: "Total"}, Money: true},
			{Path: "payment.method", Name: portal.Words{EN: "Payment method", PT: "Forma de pagamento"}, Values: []string{"pix", "boleto"}},
			{Path: "customer.name", Name: portal.Words{EN: "Customer’s name", PT: "Nome do cliente"}},
		},
		Form: views.AutomationForm{
			Name: a.Name, Trigger: portal.CartAbandoned, Delay: "0", Unit: views.UnitMinutes, CancelOn: []string{portal.OrderCreated}, CancelReply: true, Template: "order_update", Language: "pt_BR", Open: "if",
			Conditions: []views.ConditionForm{{"total", portal.OperatorAtLeast, "50"}, {"payment.method", portal.OperatorPresent, ""}, {"gone", portal.OperatorIs, "x"}},
			Parameters: []views.ParameterForm{{Name: "name", Value: "<i>{{customer.name}}", Example: "Ana"}}, CapMost: "1", CapHours: "48",
			Errors: map[string]portal.Words{"c-2": {EN: "There is no such field.", PT: "Não existe esse campo."}, "p-name": {EN: "Wrong.", PT: "Errado."}},
		},
		Templates: []views.TemplateChoice{{Name: "order_update", Languages: []string{"pt_BR", "en_US"}, Approved: true}, {Name: "cart", Languages: []string{"pt_BR"}}},
		Channels:  []portal.Channel{{ID: "chn_1", Name: "Loja", Phone: "+55 11 4002-8922"}, {ID: "chn_2", Name: "Outra"}},
		Counts:    figures(), Versions: []views.AutomationVersion{{portal.AutomationVersion{Version: 3, PublishedAt: ago(time.Hour)}, "Ana"}, {portal.AutomationVersion{Version: 2, PublishedAt: ago(2 * time.Hour)}, ""}},
		Preview: views.AutomationPreview{
			Look: views.PreviewOf(template(portal.TemplateApproved)), Run: run(portal.RunSkipped, portal.ReasonTemplateParameters),
			Events: []ui.Choice{{Value: "", Label: "Example", Chosen: true}, {Value: eventID, Label: "PED-1001"}},
		},
	}
}

func figures() portal.RunCounts {
	return portal.RunCounts{Outcomes: map[string]int64{portal.RunSent: 2377, portal.RunScheduled: 512, portal.RunSkipped: 25}, LastAt: agoPtr(time.Minute)}
}

func TestAutomations(t *testing.T) {
	presets := []views.PresetCard{{ID: "cart", Title: portal.Words{EN: "Recover a cart", PT: "Recuperar carrinho"}, Text: portal.Words{EN: "A reminder.", PT: "Um lembrete."}, Rule: rule()}}
	uitest.Languages(t, func(t *testing.T, lang string) {
		draft := automation()
		draft.ID, draft.Version, draft.PublishedAt = "aut_01KB2M4X7Q9V0T3R5N8W6Y1Z0G", 0, nil
		uitest.Page(t, "automations."+lang, uitest.Owner(lang), views.Automations(views.AutomationsProps{
			Rows: []views.AutomationRow{{Automation: automation(), Counts: figures()}, {Automation: draft}}, Now: uitest.Now, Quiet: &portal.QuietHours{From: "20:00", To: "08:00"},
		}))
		uitest.Page(t, "automations-empty."+lang, uitest.Owner(lang), views.Automations(views.AutomationsProps{
			Presets: presets, Errors: map[string]portal.Words{"from": {EN: "Wrong.", PT: "Errado."}},
		}))
		uitest.Page(t, "automation-new."+lang, uitest.Owner(lang), views.AutomationNew(views.AutomationNewProps{
			Presets: presets, Trigger: portal.OrderCreated, Errors: map[string]portal.Words{"a-name": {EN: "Give it a name.", PT: "Dê um nome."}},
		}))
	})
}

func TestAutomation(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "automation."+lang, uitest.Owner(lang), views.Automation(automationProps()))
		never := automationProps()
		never.Automation.Version, never.Automation.PublishedAt, never.Form.Template, never.Form.Parameters, never.Quiet = 0, nil, "gone", nil, nil
		never.Problem = portal.Words{EN: "Refused.", PT: "Recusada."}
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Automation(never)))

		auditor := uitest.Owner(lang)
		auditor.May = map[portal.Permission]bool{portal.ReadMessages: true, portal.ReadTokens: true}
		page := uitest.Render(t, auditor, views.Automation(automationProps()))
		uitest.CheckPage(t, page)
		if strings.Contains(page, `action="/automations/`) {
			t.Error("who may only read is offered a form")
		}
	})
}

func TestAutomationRuns(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		props := views.AutomationRunsProps{Automation: automation(), Outcome: portal.RunSent, Older: "x", Now: uitest.Now}
		for _, r := range runsOfAll() {
			props.Rows = append(props.Rows, views.RunRow{Run: r, Event: commerceEvent(), Customer: "+55 11 9••••-2046"})
		}
		for i := range props.Rows {
			props.Rows[i].Run.ID = "run_01KB2M4X7Q9V0T3R5N8W6Y1Z0" + string(rune('0'+i))
		}
		uitest.Page(t, "automation-runs."+lang, uitest.Owner(lang), views.AutomationRuns(props))
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.AutomationRuns(views.AutomationRunsProps{Automation: automation()})))
	})
}

func TestAutomationTry(t *testing.T) {
	e := commerceEvent()
	uitest.Languages(t, func(t *testing.T, lang string) {
		for _, r := range runsOfAll() {
			props := views.AutomationTryProps{
				Automation: automation(), Event: &e, Draft: r.Outcome == portal.RunSkipped, Result: views.TryResult{Run: r, Look: views.PreviewOf(template(portal.TemplateApproved))},
				Events: []ui.Choice{{Value: eventID, Label: "PED-1001", Chosen: true}}, Now: uitest.Now,
			}
			if r.Outcome == portal.RunScheduled {
				uitest.Page(t, "automation-try."+lang, uitest.Owner(lang), views.AutomationTry(props))
			} else {
				uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.AutomationTry(props)))
			}
		}
	})
}
