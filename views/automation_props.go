package views

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// EventField is one field of an event that conditions and texts can use.
type EventField struct {
	Path   string // "total", "payment.method", "customer.name"
	Name   portal.Words
	Money  bool     // its value is an amount
	Values []string // the words it can have; nil = any text

	Operators []string // what can be asked of it
}

// runsOf counts all runs of an automation.
func runsOf(c portal.RunCounts) (n int64) {
	for _, count := range c.Outcomes {
		n += count
	}
	return n
}

// AutomationForm is what a person has put into the steps of an automation.
type AutomationForm struct {
	Name, Trigger      string
	Conditions         []ConditionForm
	Delay, Unit        string // "30", one of DelayUnits
	CancelOn           []string
	CancelReply        bool
	Channel            string
	Template, Language string // name; "" = the language of the contact
	Parameters         []ParameterForm
	AlwaysSend         bool
	CapMost, CapHours  string
	Errors             map[string]portal.Words // by id of the field
	Open               string                  // the step that is opened
}

// ConditionForm is one condition as typed; an amount of money in whole units.
type ConditionForm struct{ Field, Operator, Value string }

// ParameterForm is one parameter of the template and the text that fills it.
type ParameterForm struct{ Name, Value, Example string }

// The units of a delay.
const (
	UnitMinutes = "minutes"
	UnitHours   = "hours"
	UnitDays    = "days"
)

// DelayUnits are the units of a delay in seconds, the longest first.
var DelayUnits = []struct {
	Name    string
	Seconds int64
	Words   portal.Words
}{
	{UnitDays, 86400, portal.Words{EN: "days", PT: "dias"}},
	{UnitHours, 3600, portal.Words{EN: "hours", PT: "horas"}},
	{UnitMinutes, 60, portal.Words{EN: "minutes", PT: "minutos"}},
}

// Operators are the operators of conditions, in the order that pages show them.
var Operators = []struct {
	Name  string
	Words portal.Words
	Bare  bool // it needs no value
}{
	{portal.OperatorIs, portal.Words{EN: "is", PT: "é"}, false},
	{portal.OperatorIsNot, portal.Words{EN: "is not", PT: "não é"}, false},
	{portal.OperatorAtLeast, portal.Words{EN: "is at least", PT: "é no mínimo"}, false},
	{portal.OperatorAtMost, portal.Words{EN: "is at most", PT: "é no máximo"}, false},
	{portal.OperatorHas, portal.Words{EN: "contains", PT: "contém"}, false},
	{portal.OperatorPresent, portal.Words{EN: "is given", PT: "foi informado"}, true},
	{portal.OperatorAbsent, portal.Words{EN: "is not given", PT: "não foi informado"}, true},
}

// TemplateChoice is a template that an automation can send, in all its languages.
type TemplateChoice struct {
	Name      string
	Languages []string
	Approved  bool // in any of them
}

// AutomationVersion is one published state of an automation.
type AutomationVersion struct {
	portal.AutomationVersion
	By string // who published it
}

// WantedTemplate is a language of the template that a preset wants.
type WantedTemplate struct{ Name, Language, Status string } // Status "" = the account has none

// StepChange is a step that publishing would change.
type StepChange struct{ Step, Before, After string }

// AutomationPreview is what the customer would get for an event.
type AutomationPreview struct {
	Look   TemplateLook
	Events []ui.Choice // what it can be shown with, the example among them
	Run    portal.Run  // what it would come to, not stored
}

// AutomationProps describe one automation and its steps.
type AutomationProps struct {
	Automation portal.Automation
	Form       AutomationForm
	Rule       portal.Rule // the form as a rule, for its summaries
	Fields     []EventField
	Templates  []TemplateChoice
	Channels   []portal.Channel
	Counts     portal.RunCounts
	Preview    AutomationPreview
	Versions   []AutomationVersion // newest first
	Wanted     []WantedTemplate    // of a preset, while one of its templates is not approved
	Currency   string              // of amounts in conditions
	Quiet      *portal.QuietHours
	Now        time.Time
	Kept       bool         // the form was saved as a draft, but not published
	Problem    portal.Words // why the last form was refused, when no field is to blame
}

func (p AutomationProps) path() string { return "/automations/" + p.Automation.ID }

func (p AutomationProps) field(name string) (EventField, bool) {
	i := slices.IndexFunc(p.Fields, func(f EventField) bool { return f.Path == name })
	if i < 0 {
		return EventField{}, false
	}
	return p.Fields[i], true
}

func (p AutomationProps) template() (TemplateChoice, bool) {
	i := slices.IndexFunc(p.Templates, func(t TemplateChoice) bool { return t.Name == p.Form.Template })
	if i < 0 {
		return TemplateChoice{}, false
	}
	return p.Templates[i], true
}

// problems are the fields of the form that were refused, in the order of the page.
func (p AutomationProps) problems(ctx context.Context) (list []ui.Problem) {
	if p.Problem != (portal.Words{}) {
		list = append(list, ui.Problem{Text: ui.W(ctx, p.Problem)})
	}
	ids := []string{"a-name", "a-trigger"}
	for i := range p.Form.Conditions {
		ids = append(ids, "c-"+strconv.Itoa(i))
	}
	ids = append(ids, "a-delay", "a-template", "a-language", "a-channel")
	for _, q := range p.Form.Parameters {
		ids = append(ids, "p-"+q.Name)
	}
	for _, id := range append(ids, "a-cap") {
		if w, ok := p.Form.Errors[id]; ok {
			list = append(list, ui.Problem{ID: id, Text: ui.W(ctx, w)})
		}
	}
	return list
}

func (p AutomationProps) words(rule portal.Rule) ruleWords {
	return ruleWords{p.Fields, p.Currency, rule}
}

// ruleWords writes the steps of a rule.
type ruleWords struct {
	fields   []EventField
	currency string
	rule     portal.Rule
}

func (w ruleWords) when(ctx context.Context) string {
	return eventTitle(ctx, w.rule.Trigger)
}

func (w ruleWords) onlyIf(ctx context.Context) string {
	if len(w.rule.Conditions) == 0 {
		return ui.L(ctx, "Every such event", "Todo evento assim")
	}
	parts := make([]string, len(w.rule.Conditions))
	for i, c := range w.rule.Conditions {
		parts[i] = w.condition(ctx, c)
	}
	return strings.Join(parts, ui.L(ctx, " and ", " e "))
}

func (w ruleWords) condition(ctx context.Context, c portal.Condition) string {
	name, value := cmp.Or(c.Field, "…"), cmp.Or(c.Value, "…")
	if i := slices.IndexFunc(w.fields, func(f EventField) bool { return f.Path == c.Field }); i >= 0 {
		name = ui.W(ctx, w.fields[i].Name)
		if cents, err := strconv.ParseInt(value, 10, 64); err == nil && w.fields[i].Money {
			value = money(ctx, portal.Money{Amount: cents, Currency: w.currency})
		}
	}
	for _, o := range Operators {
		if o.Name == c.Operator && o.Bare {
			return name + " " + ui.W(ctx, o.Words)
		}
		if o.Name == c.Operator {
			return name + " " + ui.W(ctx, o.Words) + " " + value
		}
	}
	return name + " " + c.Operator + " " + value
}

func (w ruleWords) wait(ctx context.Context) string {
	if w.rule.DelaySeconds == 0 {
		return ui.L(ctx, "At once", "Na hora")
	}
	return elapsed(ctx, time.Duration(w.rule.DelaySeconds)*time.Second)
}

func (w ruleWords) stopWhen(ctx context.Context) string {
	var parts []string
	for _, name := range w.rule.CancelOn {
		parts = append(parts, eventTitle(ctx, name))
	}
	if w.rule.CancelReply {
		parts = append(parts, ui.L(ctx, "the customer writes", "o cliente escreve"))
	}
	if len(parts) == 0 {
		return ui.L(ctx, "Nothing stops it", "Nada a cancela")
	}
	return strings.Join(parts, ui.L(ctx, " or ", " ou "))
}

func (w ruleWords) send(ctx context.Context) string {
	if w.rule.Template == "" {
		return ui.L(ctx, "No template chosen", "Nenhum modelo escolhido")
	}
	text := w.rule.Template
	if w.rule.Language != "" {
		text += " " + w.rule.Language
	}
	return text
}

// rules are the limits of a send, in words.
func (w ruleWords) limits(ctx context.Context) string {
	text := ui.L(ctx, "respects quiet hours", "respeita o horário de silêncio")
	if w.rule.AlwaysSend {
		text = ui.L(ctx, "at any hour", "a qualquer hora")
	}
	if w.rule.CapMost > 0 {
		text += ui.L(ctx, ", at most ", ", no máximo ") + ui.Num(ctx, int64(w.rule.CapMost)) +
			ui.L(ctx, " per customer in ", " por cliente em ") + elapsed(ctx, time.Duration(w.rule.CapHours)*time.Hour)
	}
	return text
}

// changes are the steps in which two rules differ, as people read them.
func (p AutomationProps) changes(ctx context.Context, before, after portal.Rule) (list []StepChange) {
	a, b := p.words(before), p.words(after)
	for _, s := range []struct {
		step          portal.Words
		before, after string
	}{
		{stepWhen, a.when(ctx), b.when(ctx)},
		{stepOnlyIf, a.onlyIf(ctx), b.onlyIf(ctx)},
		{stepWait, a.wait(ctx), b.wait(ctx)},
		{stepStop, a.stopWhen(ctx), b.stopWhen(ctx)},
		{stepSend, a.send(ctx) + ", " + a.limits(ctx), b.send(ctx) + ", " + b.limits(ctx)},
	} {
		if s.before != s.after {
			list = append(list, StepChange{ui.W(ctx, s.step), s.before, s.after})
		}
	}
	for _, name := range sortedNames(before.Parameters, after.Parameters) {
		if before.Parameters[name] != after.Parameters[name] {
			list = append(list, StepChange{name, before.Parameters[name], after.Parameters[name]})
		}
	}
	return list
}

func sortedNames(maps ...map[string]string) (names []string) {
	for _, m := range maps {
		for name := range m {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// The steps of an automation.
var (
	stepWhen   = portal.Words{EN: "When", PT: "Quando"}
	stepOnlyIf = portal.Words{EN: "Only if", PT: "Só se"}
	stepWait   = portal.Words{EN: "Wait", PT: "Esperar"}
	stepStop   = portal.Words{EN: "Stop when", PT: "Cancelar quando"}
	stepSend   = portal.Words{EN: "Send", PT: "Enviar"}
)

// quietText says when nothing is sent.
func quietText(ctx context.Context, q *portal.QuietHours) string {
	if q == nil {
		return ui.L(ctx, "Automations write at any hour.", "As automações escrevem a qualquer hora.")
	}
	return ui.L(ctx, "Nothing between ", "Nada entre ") + q.From + ui.L(ctx, " and ", " e ") + q.To + ui.L(ctx, ", in the customer’s zone.", ", no fuso do cliente.")
}
