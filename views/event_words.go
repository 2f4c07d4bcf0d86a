package views

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/currency"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// currencySigns are the currencies that are not written by their code.
var currencySigns = map[string]string{"BRL": "R$", "USD": "US$", "EUR": "€", "GBP": "£"}

// money is an amount as the reader writes it: R$ 1,299.90.
func money(ctx context.Context, m portal.Money) string {
	places := moneyPlaces(m.Currency)
	x := float64(m.Amount)
	for range places {
		x /= 10
	}
	sign := currencySigns[m.Currency]
	if sign == "" {
		sign = m.Currency
	}
	return strings.TrimSpace(sign + " " + ui.Dec(ctx, x, places))
}

// moneyPlaces is how many decimals a currency has; two when it is not known.
func moneyPlaces(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	places, _ := currency.Standard.Rounding(unit)
	return places
}

// eventTitle is the name of a type of commercial events.
func eventTitle(ctx context.Context, name string) string {
	if t, ok := portal.CommerceTypeOf(name); ok {
		return ui.W(ctx, t.Title)
	}
	return name
}

// runLook is how the outcome of a run is drawn.
type runLook struct {
	kind string
	word portal.Words
}

var runLooks = map[string]runLook{
	portal.RunScheduled: {"none", portal.Words{EN: "waiting", PT: "em espera"}},
	portal.RunSent:      {"ok", portal.Words{EN: "sent", PT: "enviada"}},
	portal.RunSkipped:   {"none", portal.Words{EN: "skipped", PT: "pulada"}},
	portal.RunCanceled:  {"none", portal.Words{EN: "canceled", PT: "cancelada"}},
	portal.RunFailed:    {"err", portal.Words{EN: "failed", PT: "falhou"}},
}

// RunOutcomes are the outcomes of runs, in the order that pages show them.
var RunOutcomes = []string{portal.RunSent, portal.RunScheduled, portal.RunSkipped, portal.RunCanceled, portal.RunFailed}

func runLookOf(outcome string) runLook {
	if l, ok := runLooks[outcome]; ok {
		return l
	}
	return runLook{"none", portal.Words{EN: outcome, PT: outcome}}
}

// reasonWords say why an event started nothing, or a run sent nothing. They
// follow a colon.
var reasonWords = map[string]portal.Words{
	portal.ReasonNoAutomation:       {EN: "no automation answers it", PT: "nenhuma automação responde"},
	portal.ReasonTooOld:             {EN: "older than 24 hours", PT: "mais de 24 horas atrás"},
	portal.ReasonNoPhone:            {EN: "no phone", PT: "sem telefone"},
	portal.ReasonInvalidNumber:      {EN: "the phone is no number", PT: "telefone inválido"},
	portal.ReasonDisabled:           {EN: "the automation was off", PT: "a automação estava desligada"},
	portal.ReasonConditionNotMet:    {EN: "a condition did not hold", PT: "uma condição não valeu"},
	portal.ReasonOptedOut:           {EN: "the customer opted out", PT: "o cliente pediu para não receber"},
	portal.ReasonOptInRequired:      {EN: "marketing needs an opt-in", PT: "marketing exige consentimento"},
	portal.ReasonFrequencyCap:       {EN: "the customer had enough of it", PT: "o cliente já recebeu o bastante"},
	portal.ReasonHandoffOpen:        {EN: "a person is serving the customer", PT: "o cliente está em atendimento"},
	portal.ReasonTemplateNotReady:   {EN: "the template is not approved", PT: "o modelo não está aprovado"},
	portal.ReasonTemplateParameters: {EN: "the template could not be filled in", PT: "não deu para preencher o modelo"},
	portal.ReasonLimitReached:       {EN: "a limit was reached", PT: "um limite foi atingido"},
	portal.ReasonCanceledByEvent:    {EN: "another event came", PT: "chegou outro evento"},
	portal.ReasonCanceledByReply:    {EN: "the customer wrote", PT: "o cliente escreveu"},
}

// reasonText is a reason in words: of this list, else of the catalogue of errors.
func reasonText(ctx context.Context, reason string) string {
	if w, ok := reasonWords[reason]; ok {
		return ui.W(ctx, w)
	}
	if entry, ok := portal.EntryOf(portal.Code(reason)); ok {
		return ui.W(ctx, entry.Title)
	}
	return reason
}

// runChecks are the words of the checks of a run.
var runChecks = map[string]portal.Words{
	"trigger":     {EN: "Trigger", PT: "Gatilho"},
	"condition":   {EN: "Condition", PT: "Condição"},
	"frequency":   {EN: "Frequency", PT: "Frequência"},
	"consent":     {EN: "Consent", PT: "Consentimento"},
	"handoff":     {EN: "Handoff", PT: "Atendimento"},
	"quiet_hours": {EN: "Quiet hours", PT: "Silêncio"},
	"template":    {EN: "Template", PT: "Modelo"},
	"window":      {EN: "Window", PT: "Janela"},
	"limits":      {EN: "Limits", PT: "Limites"},
}

// namedTrace puts the checks of a run into words.
func namedTrace(ctx context.Context, checks []portal.Check) []ui.Check {
	out := make([]ui.Check, len(checks))
	for i, c := range checks {
		name := wordOr(ctx, runChecks, c.Check)
		if w, ok := checkNames[c.Check]; ok && name == c.Check {
			name = ui.W(ctx, w)
		}
		out[i] = ui.Check{Name: name, Result: c.Result, Reason: ui.W(ctx, c.Detail)}
	}
	return out
}

// telling are the outcomes of runs, what tells most of an event first: a
// failure must not hide behind an automation that was skipped.
var telling = []string{portal.RunSent, portal.RunScheduled, portal.RunFailed, portal.RunSkipped, portal.RunCanceled}

// leading returns the run that tells best what came of an event; ok is false without any.
func leading(runs []portal.Run) (best portal.Run, ok bool) {
	rank := func(r portal.Run) int { return slices.Index(telling, r.Outcome) }
	for i, r := range runs {
		if i == 0 || rank(r) < rank(best) {
			best = r
		}
	}
	return best, len(runs) > 0
}

// SourceName says how an event came to be.
func SourceName(ctx context.Context, source string) string { return sourceName(ctx, source) }
