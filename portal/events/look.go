package events

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// The checks of a trace, in their order.
const (
	checkTrigger   = "trigger"
	checkWhether   = "condition"
	checkFrequency = "frequency"
	checkConsent   = "consent"
	checkHandoff   = "handoff"
	checkQuiet     = "quiet_hours"
	checkTemplate  = "template"
	checkWindow    = "window"
	checkLimits    = "limits"
)

// look is one automation looking at one event: what it asks, in order, what came
// out, and what it would send.
type look struct {
	r       store.Reader
	tenant  portal.Tenant
	id      string // of the automation, "" for one that is not stored
	rule    portal.Rule
	enabled bool
	stop    string // why no automation answers this customer, or ""
	facts   facts
	quiet   *portal.QuietHours
	now     time.Time
	due     time.Time // when it is to be sent; quiet hours move it
	waits   bool      // it was not due when the event came, so what passes by itself may still pass

	trace      []portal.Check
	outcome    string // "" = nothing speaks against sending
	reason     string
	canceledBy string
	template   *portal.Template
	parameters map[string]string
}

// begin returns the look of an automation that has just heard of an event.
func (l look) begin() look {
	l.due = l.facts.event.ReceivedAt.Add(time.Duration(l.rule.DelaySeconds) * time.Second)
	l.waits = l.due.After(l.now)
	return l
}

var notLooked = portal.Words{EN: "Not looked at", PT: "Não verificado"}

// run asks everything in order. After the first no, the rest is not looked at.
func (l *look) run() error {
	for _, step := range []struct {
		check string
		ask   func() error
	}{
		{checkTrigger, l.askTrigger},
		{checkWhether, l.askConditions},
		{checkFrequency, l.askFrequency},
		{checkConsent, l.askConsent},
		{checkHandoff, l.askHandoff},
		{checkQuiet, l.askQuiet},
		{checkTemplate, l.askTemplate},
		{checkWindow, l.askWindow},
		{checkLimits, l.askLimits},
	} {
		if l.outcome != "" {
			l.note(step.check, portal.CheckSkipped, "", notLooked)
			continue
		}
		if err := step.ask(); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) note(check, result, code string, detail portal.Words) {
	l.trace = append(l.trace, portal.Check{Check: check, Result: result, Code: portal.Code(code), Detail: detail})
}

// end notes a no and what it makes of the run.
func (l *look) end(check, outcome, reason string, detail portal.Words) {
	l.note(check, portal.CheckFail, reason, detail)
	l.outcome, l.reason = outcome, reason
}

var stopWords = map[string]portal.Words{
	portal.ReasonNoPhone:          {EN: "The event names no phone number, and the contact has none", PT: "O evento não traz telefone, e o contato não tem"},
	portal.ReasonAccountSuspended: {EN: "The account is suspended", PT: "A conta está suspensa"},
	portal.ReasonModuleInactive:   {EN: "The module of events or of messages is off", PT: "O módulo de eventos ou de mensagens está desligado"},
	portal.ReasonInvalidNumber:    {EN: "The event's phone number is not valid", PT: "O telefone do evento não é válido"},
}

func (l *look) askTrigger() error {
	switch {
	case !l.enabled:
		l.end(checkTrigger, portal.RunSkipped, portal.ReasonDisabled, portal.Words{EN: "The automation is off", PT: "A automação está desligada"})
		return nil
	case l.stop != "":
		l.end(checkTrigger, portal.RunSkipped, l.stop, stopWords[l.stop])
		return nil
	case l.rule.Trigger != l.facts.event.Type:
		l.end(checkTrigger, portal.RunSkipped, portal.ReasonConditionNotMet, portal.Words{
			EN: "The automation does not answer " + l.facts.event.Type, PT: "A automação não responde a " + l.facts.event.Type,
		})
		return nil
	}
	by, err := l.endedBy()
	if err != nil {
		return err
	}
	if by.EventID != "" {
		l.canceledBy = by.EventID
		l.end(checkTrigger, portal.RunCanceled, portal.ReasonCanceledByEvent, canceledWords(by.Type))
		return nil
	}
	l.note(checkTrigger, portal.CheckPass, "", portal.Words{EN: l.facts.event.Type, PT: l.facts.event.Type})
	return nil
}

func canceledWords(eventType string) portal.Words {
	return portal.Words{EN: eventType + " of the same customer ends it", PT: eventType + " do mesmo cliente a encerra"}
}

// cartMemory is how far back an order of the same cart ends what answers the cart.
const cartMemory = 30 * 24 * time.Hour

// endedBy finds the first event that ends what the rule began, whichever of the
// two arrived first; the zero Occurrence when there is none.
func (l *look) endedBy() (store.Occurrence, error) {
	e := l.facts.event
	if len(l.rule.CancelOn) == 0 || e.ID == "" {
		return store.Occurrence{}, nil
	}
	since := e.OccurredAt
	if isCart(e.Type) {
		since = since.Add(-cartMemory)
	}
	list, err := l.r.Occurrences(l.tenant, l.facts.contact.ID, l.rule.CancelOn, since)
	if err != nil {
		return store.Occurrence{}, err
	}
	trigger := happening{id: e.ID, kind: e.Type, at: e.OccurredAt, order: textOf(l.facts.data.OrderID), cart: textOf(l.facts.data.CartID)}
	for _, o := range list {
		other, err := happeningOf(o)
		if err != nil {
			return o, err
		}
		if other.ends(trigger) {
			return o, nil
		}
	}
	return store.Occurrence{}, nil
}

func (l *look) askConditions() error {
	if len(l.rule.Conditions) == 0 {
		l.note(checkWhether, portal.CheckPass, "", portal.Words{EN: "No conditions", PT: "Sem condições"})
	}
	for _, c := range l.rule.Conditions {
		if !l.facts.holds(c) {
			l.end(checkWhether, portal.RunSkipped, portal.ReasonConditionNotMet, l.facts.unmet(c))
			return nil
		}
		l.note(checkWhether, portal.CheckPass, "", told(c, l.facts.currency()))
	}
	return nil
}

func (l *look) askFrequency() error {
	if l.rule.CapMost == 0 {
		l.note(checkFrequency, portal.CheckPass, "", portal.Words{EN: "No cap for each customer", PT: "Sem limite por cliente"})
		return nil
	}
	n := 0
	if l.id != "" && l.facts.contact.ID != "" {
		var err error
		since := l.due.Add(-time.Duration(l.rule.CapHours) * time.Hour)
		if n, err = l.r.CountSentRuns(l.tenant, l.id, l.facts.contact.ID, since); err != nil {
			return err
		}
	}
	said := portal.Words{
		EN: fmt.Sprintf("%d of %d messages to this customer in %d h", n, l.rule.CapMost, l.rule.CapHours),
		PT: fmt.Sprintf("%d de %d mensagens a este cliente em %d h", n, l.rule.CapMost, l.rule.CapHours),
	}
	if n >= l.rule.CapMost {
		l.end(checkFrequency, portal.RunSkipped, portal.ReasonFrequencyCap, said)
		return nil
	}
	l.note(checkFrequency, portal.CheckPass, "", said)
	return nil
}

// askConsent repeats the rule of every message, so that a run says no at once.
func (l *look) askConsent() error {
	if err := l.findTemplate(); err != nil {
		return err
	}
	marketing := l.template == nil || l.template.Category == portal.CategoryMarketing
	switch in := l.facts.contact.OptIn; {
	case in.Status == portal.OptedOut:
		l.end(checkConsent, portal.RunSkipped, portal.ReasonOptedOut, portal.Words{EN: "The person opted out", PT: "A pessoa optou por não receber"})
	case !marketing:
		l.note(checkConsent, portal.CheckPass, "", portal.Words{EN: "Only marketing needs consent", PT: "Só marketing precisa de consentimento"})
	case in.Marketing == portal.OptedOut:
		l.end(checkConsent, portal.RunSkipped, portal.ReasonOptedOut, portal.Words{EN: "The person opted out of marketing", PT: "A pessoa optou por não receber marketing"})
	case in.Marketing == portal.OptedIn:
		l.note(checkConsent, portal.CheckPass, "", portal.Words{EN: "The person opted in to marketing", PT: "A pessoa aceitou receber marketing"})
	case l.facts.account.OptInRequired:
		l.end(checkConsent, portal.RunSkipped, portal.ReasonOptInRequired, portal.Words{EN: "Marketing needs an opt-in, and none is known", PT: "Marketing exige aceite, e nenhum é conhecido"})
	default:
		l.note(checkConsent, portal.CheckWarn, "opt_in_unknown", portal.Words{EN: "No opt-in to marketing is known", PT: "Nenhum aceite de marketing é conhecido"})
	}
	return nil
}

func (l *look) askHandoff() error {
	open := l.facts.contact.HandoffID != ""
	said := portal.Words{EN: "A person of your team has the conversation", PT: "Uma pessoa da sua equipe está no atendimento"}
	switch {
	case open && !l.waits:
		l.end(checkHandoff, portal.RunSkipped, portal.ReasonHandoffOpen, said)
	case open:
		l.note(checkHandoff, portal.CheckWarn, portal.ReasonHandoffOpen, portal.Words{EN: said.EN + ": asked again when it is due", PT: said.PT + ": verificado de novo na hora do envio"})
	default:
		l.note(checkHandoff, portal.CheckPass, "", portal.Words{EN: "No open handoff", PT: "Nenhum atendimento aberto"})
	}
	return nil
}

func (l *look) askQuiet() error {
	if l.rule.AlwaysSend {
		l.note(checkQuiet, portal.CheckPass, "", portal.Words{EN: "Sent at any hour", PT: "Enviada a qualquer hora"})
		return nil
	}
	zone := l.facts.zone()
	said := quietWords(l.quiet, l.due, zone)
	end, quiet := quietUntil(l.quiet, l.due, zone)
	if !quiet {
		l.note(checkQuiet, portal.CheckPass, "", said)
		return nil
	}
	l.note(checkQuiet, portal.CheckWarn, checkQuiet, said)
	l.due = end
	return nil
}

func (l *look) findTemplate() error {
	if l.rule.Template == "" {
		return nil
	}
	list, err := templatesNamed(l.r, l.tenant, l.rule.Template)
	l.template = chooseTemplate(list, l.rule, l.facts.contact, l.facts.account)
	return err
}

// notReady says how a template stands that cannot be sent.
var notReady = map[string]portal.Words{
	portal.TemplatePending:  {EN: "being reviewed by", PT: "está em análise no"},
	portal.TemplateRejected: {EN: "rejected by", PT: "foi rejeitado pelo"},
	portal.TemplatePaused:   {EN: "paused by", PT: "foi pausado pelo"},
	portal.TemplateDisabled: {EN: "disabled by", PT: "foi desativado pelo"},
	portal.TemplateDeleted:  {EN: "deleted at", PT: "foi apagado no"},
}

func (l *look) askTemplate() error {
	t := l.template
	switch {
	case l.rule.Template == "":
		l.end(checkTemplate, portal.RunSkipped, portal.ReasonTemplateNotReady, portal.Words{EN: "No template is chosen", PT: "Nenhum modelo foi escolhido"})
		return nil
	case t == nil:
		l.end(checkTemplate, portal.RunSkipped, portal.ReasonTemplateNotReady, portal.Words{EN: "The account has no template " + l.rule.Template, PT: "A conta não tem o modelo " + l.rule.Template})
		return nil
	case t.Status != portal.TemplateApproved:
		stands := notReady[t.Status]
		l.end(checkTemplate, portal.RunSkipped, portal.ReasonTemplateNotReady, portal.Words{
			EN: fmt.Sprintf("%s in %s is %s WhatsApp", t.Name, t.Language, cmp.Or(stands.EN, "not approved by")),
			PT: fmt.Sprintf("%s em %s %s WhatsApp", t.Name, t.Language, cmp.Or(stands.PT, "não foi aprovado pelo")),
		})
		return nil
	}
	out := l.facts.fill(l.rule, *t)
	l.parameters = out.parameters
	if len(out.missing) > 0 {
		l.end(checkTemplate, portal.RunSkipped, portal.ReasonTemplateParameters, out.missing[0].words())
		return nil
	}
	l.note(checkTemplate, portal.CheckPass, "", portal.Words{EN: t.Name + " in " + t.Language, PT: t.Name + " em " + t.Language})
	return nil
}

func (l *look) askWindow() error {
	l.note(checkWindow, portal.CheckPass, "", portal.Words{EN: "Templates need no window", PT: "Modelos não precisam de janela"})
	return nil
}

func (l *look) askLimits() error {
	l.note(checkLimits, portal.CheckSkipped, "", portal.Words{EN: "Looked at when it is sent", PT: "Verificados na hora do envio"})
	return nil
}

// isCart reports whether an event is about a cart that was not bought yet.
func isCart(eventType string) bool {
	return slices.Contains([]string{portal.CartCreated, portal.CartAbandoned}, eventType)
}
