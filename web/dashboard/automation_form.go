package dashboard

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/views"
)

// eventFields are the fields of a type of events, as the form offers them.
func eventFields(trigger string) (list []views.EventField) {
	for _, f := range events.Fields(trigger) {
		field := views.EventField{Path: f.Path, Name: f.Words, Money: f.Kind == events.KindMoney, Operators: events.OperatorsOf(f.Kind)}
		for _, c := range f.Choices {
			field.Values = append(field.Values, c.Value)
		}
		list = append(list, field)
	}
	return list
}

func isMoney(path string) bool {
	return slices.ContainsFunc(events.Fields(""), func(f events.Field) bool { return f.Path == path && f.Kind == events.KindMoney })
}

// templateChoices are the templates by name, in all their languages.
func templateChoices(known texts) (list []views.TemplateChoice) {
	for _, name := range known.names() {
		c := views.TemplateChoice{Name: name}
		for _, t := range known.sorted() {
			if t.Name == name {
				c.Languages, c.Approved = append(c.Languages, t.Language), c.Approved || t.Status == portal.TemplateApproved
			}
		}
		list = append(list, c)
	}
	return list
}

// parameterForms are the parameters of a template in any of its languages, in
// their order, with the texts that fill them.
func parameterForms(known texts, template string, filled map[string]string) (list []views.ParameterForm) {
	seen := map[string]bool{}
	for _, t := range known.sorted() {
		if t.Name != template {
			continue
		}
		for _, q := range t.Parameters {
			if !seen[q.Name] && q.Component != "button" {
				seen[q.Name] = true
				list = append(list, views.ParameterForm{Name: q.Name, Value: filled[q.Name], Example: q.Example})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(filled)) {
		if !seen[name] && filled[name] != "" {
			list = append(list, views.ParameterForm{Name: name, Value: filled[name]})
		}
	}
	return list
}

// automationForm is the form of what is kept of an automation.
func automationForm(a portal.Automation, known texts, currency string) views.AutomationForm {
	rule := events.Working(a)
	f := views.AutomationForm{
		Name: a.Name, Trigger: rule.Trigger, CancelOn: rule.CancelOn, CancelReply: rule.CancelReply, Channel: rule.Channel,
		Template: rule.Template, Language: rule.Language, AlwaysSend: rule.AlwaysSend, Parameters: parameterForms(known, rule.Template, rule.Parameters),
		Delay: "0", Unit: views.UnitMinutes,
	}
	for _, u := range views.DelayUnits {
		if rule.DelaySeconds > 0 && rule.DelaySeconds%u.Seconds == 0 {
			f.Delay, f.Unit = strconv.FormatInt(rule.DelaySeconds/u.Seconds, 10), u.Name
			break
		}
	}
	if rule.CapMost > 0 {
		f.CapMost, f.CapHours = strconv.Itoa(rule.CapMost), strconv.Itoa(rule.CapHours)
	}
	for _, c := range rule.Conditions {
		value := c.Value
		if cents, err := strconv.ParseInt(value, 10, 64); err == nil && isMoney(c.Field) {
			_, value, _ = strings.Cut(events.FormatMoney(portal.Money{Amount: cents, Currency: currency}, "pt_BR"), " ")
		}
		f.Conditions = append(f.Conditions, views.ConditionForm{Field: c.Field, Operator: c.Operator, Value: value})
	}
	return f
}

// sentAutomation reads the form of the steps.
func (d *Dashboard) sentAutomation(r *http.Request, p *Person) (f views.AutomationForm, err error) {
	v := posted(r)
	f = views.AutomationForm{
		Name: strings.TrimSpace(v.Get("name")), Trigger: v.Get("trigger"), Delay: strings.TrimSpace(v.Get("delay")), Unit: v.Get("unit"),
		CancelOn: v["cancel_on"], CancelReply: v.Get("cancel_reply") != "", Channel: v.Get("channel"), Template: v.Get("template"), Language: v.Get("language"),
		AlwaysSend: v.Get("always") != "", CapMost: strings.TrimSpace(v.Get("cap_most")), CapHours: strings.TrimSpace(v.Get("cap_hours")),
	}
	operators, values := v["operator"], v["value"]
	for i, field := range v["field"] {
		if i < len(operators) && i < len(values) {
			f.Conditions = append(f.Conditions, views.ConditionForm{Field: field, Operator: operators[i], Value: strings.TrimSpace(values[i])})
		}
	}
	known, err := d.texts(r.Context(), p.Tenant())
	if err != nil {
		return f, err
	}
	f.Parameters = parameterForms(known, f.Template, nil)
	for i, q := range f.Parameters {
		f.Parameters[i].Value = strings.TrimSpace(v.Get("p." + q.Name))
	}
	return f, nil
}

var (
	notANumber = portal.Words{EN: "Write a whole number.", PT: "Escreva um número inteiro."}
	notMoney   = portal.Words{EN: "Write an amount, such as 50 or 49.90.", PT: "Escreva um valor, como 50 ou 49,90."}
)

// automationRule is the form as a rule, as far as it can be read, and what cannot.
func automationRule(f views.AutomationForm, currency string) (rule portal.Rule, errs map[string]portal.Words) {
	bad := func(id string, words portal.Words) {
		if errs == nil {
			errs = map[string]portal.Words{}
		}
		errs[id] = words
	}
	number := func(id, text string) int {
		n, err := strconv.Atoi(text)
		if text != "" && (err != nil || n < 0 || n > 1e6) {
			bad(id, notANumber)
			return 0
		}
		return n
	}
	rule = portal.Rule{
		Trigger: f.Trigger, CancelOn: f.CancelOn, CancelReply: f.CancelReply, Channel: f.Channel, Template: f.Template, Language: f.Language,
		AlwaysSend: f.AlwaysSend, CapMost: number("a-cap", f.CapMost), CapHours: number("a-cap", f.CapHours), Parameters: map[string]string{},
	}
	for _, u := range views.DelayUnits {
		if u.Name == f.Unit {
			rule.DelaySeconds = int64(number("a-delay", f.Delay)) * u.Seconds
		}
	}
	for _, q := range f.Parameters {
		rule.Parameters[q.Name] = q.Value
	}
	for i, c := range f.Conditions {
		value := c.Value
		if isMoney(c.Field) && !events.AsksNothing(c.Operator) {
			amount, ok := events.ParseAmount(c.Value, currency)
			if !ok {
				bad("c-"+strconv.Itoa(i), notMoney)
			}
			value = amount
		}
		rule.Conditions = append(rule.Conditions, portal.Condition{Field: c.Field, Operator: c.Operator, Value: value})
	}
	return rule, errs
}

// automationFields are the ids of the fields that a refusal can be about.
var automationFields = map[string]string{
	"name": "a-name", "trigger": "a-trigger", "delay_seconds": "a-delay", "cancel_on": "a-trigger", "template": "a-template",
	"language": "a-language", "channel": "a-channel", "cap_most": "a-cap", "cap_hours": "a-cap",
}

// automationErrors are the sentences of a refusal by the id of their field, ""
// for what is about the whole; nil for any other outcome.
func automationErrors(err error) map[string]portal.Words {
	refused := asRefusal(err)
	if refused == nil || refused.Code != portal.CodeValidationFailed {
		return nil
	}
	errs := map[string]portal.Words{}
	for _, f := range refused.Fields {
		words := f.Detail
		if words == (portal.Words{}) {
			words = fieldWords[f.Code]
		}
		name, rest, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		id := automationFields[name]
		switch name {
		case "conditions":
			n, _, _ := strings.Cut(rest, "/")
			id = "c-" + n
		case "parameters":
			id = "p-" + rest
		}
		if _, twice := errs[id]; !twice {
			errs[id] = words
		}
	}
	return errs
}
