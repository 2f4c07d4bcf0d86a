package events

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// The limits of a rule.
const (
	maxConditions = 20
	maxDelay      = 30 * 24 * time.Hour
	maxCap        = 100
	maxCapHours   = 30 * 24
	maxName       = 100
	maxFilling    = 1024 // characters of a parameter's text
)

// Triggers are the events that an automation can answer.
var Triggers = []string{
	portal.CartCreated, portal.CartAbandoned, portal.OrderCreated, portal.OrderCanceled, portal.PaymentPending,
	portal.PaymentApproved, portal.PaymentRefused, portal.PaymentRefunded, portal.ShipmentUpdated, portal.CustomerCreated,
}

// ruleCheck collects what is wrong with a rule.
type ruleCheck struct{ fields []portal.FieldError }

func (k *ruleCheck) add(bad bool, pointer, code string, detail portal.Words) {
	if bad {
		k.fields = append(k.fields, portal.FieldError{Pointer: pointer, Code: code, Detail: detail})
	}
}

// checkShape returns what no account could use. What is not filled in yet is
// only wrong when the rule is to be published.
func checkShape(rule portal.Rule, publish bool) []portal.FieldError {
	k := &ruleCheck{}
	none := portal.Words{}
	k.add(publish && rule.Trigger == "", "/trigger", portal.FieldRequired, none)
	k.add(rule.Trigger != "" && !slices.Contains(Triggers, rule.Trigger), "/trigger", portal.FieldInvalidValue, none)
	k.add(len(rule.Conditions) > maxConditions, "/conditions", portal.FieldTooMany, none)
	for i, c := range rule.Conditions {
		k.fields = append(k.fields, checkCondition(c, "/conditions/"+strconv.Itoa(i))...)
	}
	k.add(rule.DelaySeconds < 0 || rule.DelaySeconds > int64(maxDelay/time.Second), "/delay_seconds", portal.FieldOutOfRange,
		portal.Words{EN: "Wait from 0 to 30 days.", PT: "Espere de 0 a 30 dias."})
	for i, on := range rule.CancelOn {
		k.add(!slices.Contains(Triggers, on), "/cancel_on/"+strconv.Itoa(i), portal.FieldInvalidValue, none)
	}
	k.add(publish && rule.Template == "", "/template", portal.FieldRequired, none)
	k.add(rule.Language != "" && !slices.Contains(portal.TemplateLanguages, rule.Language), "/language", portal.FieldInvalidValue, none)
	k.add((rule.CapMost > 0) != (rule.CapHours > 0), "/cap_hours", portal.FieldRequired,
		portal.Words{EN: "A cap needs a number of messages and of hours.", PT: "O limite precisa de um número de mensagens e de horas."})
	k.add(rule.CapMost < 0 || rule.CapMost > maxCap, "/cap_most", portal.FieldOutOfRange, portal.Words{EN: "At most 100 messages.", PT: "No máximo 100 mensagens."})
	k.add(rule.CapHours < 0 || rule.CapHours > maxCapHours, "/cap_hours", portal.FieldOutOfRange, portal.Words{EN: "At most 720 hours.", PT: "No máximo 720 horas."})
	k.fillings(rule)
	return k.fields
}

func (k *ruleCheck) fillings(rule portal.Rule) {
	for _, name := range slices.Sorted(maps.Keys(rule.Parameters)) {
		text, pointer := rule.Parameters[name], atParameter(name)
		k.add(utf8.RuneCountInString(text) > maxFilling, pointer, portal.FieldTooLong, portal.Words{})
		paths, broken := holesOf(text)
		k.add(broken, pointer, portal.FieldInvalidFormat,
			portal.Words{EN: "Write fields as {{total}}.", PT: "Escreva os campos como {{total}}."})
		for _, path := range paths {
			_, known := fieldOf(path)
			k.add(!known, pointer, portal.FieldUnknown,
				portal.Words{EN: fmt.Sprintf("Events have no field %s.", path), PT: fmt.Sprintf("Os eventos não têm o campo %s.", path)})
		}
	}
}

// atParameter is the JSON pointer (RFC 6901) of a parameter.
func atParameter(name string) string {
	return "/parameters/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// checkRule adds to checkShape what the account has: its templates and channels.
func checkRule(r store.Reader, t portal.Tenant, rule portal.Rule, publish bool) ([]portal.FieldError, error) {
	k := &ruleCheck{fields: checkShape(rule, publish)}
	if rule.Channel != "" {
		c, err := r.Channel(t, rule.Channel)
		if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
			return nil, err
		}
		k.add(err != nil || c.RemovedAt != nil, "/channel", portal.FieldNotFound, portal.Words{})
	}
	if rule.Template == "" {
		return k.fields, nil
	}
	list, err := templatesNamed(r, t, rule.Template)
	if err != nil {
		return nil, err
	}
	k.templates(rule, list, publish)
	return k.fields, nil
}

func (k *ruleCheck) templates(rule portal.Rule, list []portal.Template, publish bool) {
	if len(list) == 0 {
		k.add(publish, "/template", portal.FieldNotFound, portal.Words{EN: "The account has no template of this name.", PT: "A conta não tem um modelo com esse nome."})
		return
	}
	approved := slices.ContainsFunc(list, func(t portal.Template) bool { return t.Status == portal.TemplateApproved })
	k.add(publish && !approved, "/template", portal.FieldConflict, portal.Words{EN: "WhatsApp has not approved this template yet.", PT: "O WhatsApp ainda não aprovou este modelo."})
	wanted := map[string]bool{}
	for _, t := range list {
		for _, p := range t.Parameters {
			k.add(publish && !wanted["/"+p.Component] && (p.Type != "text" || p.Component == "button"), "/template", portal.FieldWrongType, portal.Words{
				EN: "This template asks for a file or has a button with a parameter. Automations fill in text only.",
				PT: "Este modelo pede um arquivo ou tem um botão com parâmetro. As automações preenchem apenas texto.",
			})
			wanted["/"+p.Component] = wanted["/"+p.Component] || p.Type != "text" || p.Component == "button"
			k.add(publish && !wanted[p.Name] && strings.TrimSpace(rule.Parameters[p.Name]) == "", atParameter(p.Name), portal.FieldRequired, portal.Words{})
			wanted[p.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rule.Parameters)) {
		k.add(publish && !wanted[name], atParameter(name), portal.FieldUnknown, portal.Words{EN: "The template has no such parameter.", PT: "O modelo não tem esse parâmetro."})
	}
}

// templatesNamed returns the languages of a template that exist, newest first.
func templatesNamed(r store.Reader, t portal.Tenant, name string) ([]portal.Template, error) {
	list, _, err := r.Templates(t, portal.TemplateFilter{Name: name}, portal.Page{Limit: portal.MaxLimit})
	return list, err
}
