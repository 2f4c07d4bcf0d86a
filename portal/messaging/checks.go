package messaging

import (
	"net/netip"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// warnOptInUnknown: marketing to a person of whom no consent is known.
const warnOptInUnknown portal.Code = "opt_in_unknown"

// evaluation is what is known about a draft, and what the checks say about it.
type evaluation struct {
	provider string
	caller   portal.Caller
	draft    Draft
	now      time.Time
	days     *counts[portal.Tenant] // nil: the day is counted
	people   *counts[string]        // of portfolios; likewise

	facts        store.SendFacts
	channel      portal.Channel // zero when there is none
	number       phone.Number
	numberCode   portal.Code    // why to is no number that can be written to
	phoneless    bool           // to names a contact that has no phone
	contact      portal.Contact // zero when numberCode is set
	created      bool           // the contact is new
	conversation string
	window       portal.Window
	always       bool // nobody asks for the window
	open         bool
	ref          *TemplateRef // the template, or the fallback
	day          Day
	waiting      int       // messages for the person, when WhatsApp's limits hold
	portfolio    Portfolio // of people written to first; zero when nobody counts them
	begins       bool      // sending it writes to the person first
	files        []file
	media        map[string]portal.Media // those of the files that are there, by id
	permitted    []netip.Prefix          // private addresses that links may name

	checks  []portal.Check
	refusal *portal.Error // of the first check that failed
}

// evaluate looks at a draft from every side. It refuses with validation_failed
// what names something that does not exist; all else is in the checks. It may
// create the contact, so a caller that does not want one rolls back. The use of
// the limits of a day is exact when asked for, else as of a moment ago.
func (s *Service) evaluate(tx *store.Tx, c portal.Caller, d Draft, exact bool) (*evaluation, error) {
	if err := checkShape(d, tx.Now(), s.linkable...); err != nil {
		return nil, err
	}
	e := &evaluation{permitted: s.linkable, provider: s.Provider(c.Environment), caller: c, draft: d, now: tx.Now(), checks: make([]portal.Check, 0, 8)}
	if !exact {
		e.days, e.people = &s.days, &s.people
	}
	for _, find := range []func(*store.Tx) error{
		e.findFacts, e.findChannel, e.findPerson, e.findWindow, e.findContext, e.findReaction, e.findFiles, e.findDay, e.findLimits,
	} {
		if err := find(tx); err != nil {
			return nil, err
		}
	}
	for _, judge := range []func(){
		e.judgeChannel, e.judgeNumber, e.judgeOptIn, e.judgeWindow, e.judgeTemplate, e.judgeParameters, e.judgeFiles, e.judgeLimits,
	} {
		judge()
	}
	return e, nil
}

// sendsAs says which content would go out now.
func (e *evaluation) sendsAs() string {
	switch {
	case e.draft.Type == portal.TypeTemplate:
		return "template"
	case e.open || e.draft.Fallback == nil:
		return "free_form"
	}
	return "fallback_template"
}

// note adds a check; the first that failed decides the refusal.
func (e *evaluation) note(check, result string, code portal.Code, pointer string, fields ...portal.FieldError) {
	c := portal.Check{Check: check, Result: result, Code: code, Pointer: pointer}
	c.Detail = explain(c, e.draft.Type == portal.TypeTemplate)
	e.checks = append(e.checks, c)
	if result != portal.CheckFail || e.refusal != nil {
		return
	}
	if len(fields) == 0 && pointer != "" {
		fields = []portal.FieldError{{Pointer: pointer, Code: portal.FieldInvalidValue}}
	}
	e.refusal = portal.Refuse(code, fields...)
}

func (e *evaluation) judgeChannel() {
	switch {
	case e.channel.ID == "":
		e.note("channel", portal.CheckFail, portal.CodeNoChannel, "")
	case e.channel.Status == portal.ChannelLoggedOut:
		e.note("channel", portal.CheckFail, portal.CodeChannelLoggedOut, "")
	case e.channel.Status == portal.ChannelBlocked:
		e.note("channel", portal.CheckFail, portal.CodeChannelBlocked, "")
	default:
		e.note("channel", portal.CheckPass, "", "")
	}
}

func (e *evaluation) judgeNumber() {
	switch {
	case e.phoneless:
		e.note("number", portal.CheckFail, e.numberCode, "/to", portal.FieldError{Pointer: "/to", Code: portal.FieldRequired, Detail: phoneless})
		e.checks[len(e.checks)-1].Detail = phoneless
		return
	case e.numberCode != "":
		e.note("number", portal.CheckFail, e.numberCode, "/to")
		return
	}
	e.note("number", portal.CheckPass, "", "")
}

func (e *evaluation) judgeOptIn() {
	if e.contact.ID == "" {
		e.note("opt_in", portal.CheckSkipped, "", "")
		return
	}
	category := ""
	if e.sendsAs() != "free_form" {
		category = "utility" // nothing is known of a template that does not exist
		if e.facts.Template != nil {
			category = e.facts.Template.Category
		}
	}
	rule := consent{optIn: e.contact.OptIn, lastInbound: e.contact.LastInboundAt, required: e.caller.Account.OptInRequired}
	result, code := rule.check(category)
	pointer := ""
	if code != "" {
		pointer = "/to"
	}
	e.note("opt_in", result, code, pointer)
}

func (e *evaluation) judgeWindow() {
	switch {
	case e.contact.ID == "" || e.channel.ID == "":
		e.note("window", portal.CheckSkipped, "", "")
	case e.draft.Type == portal.TypeTemplate:
		e.note("window", portal.CheckPass, "", "")
	case !e.open && e.draft.Fallback == nil:
		e.note("window", portal.CheckFail, portal.CodeWindowClosed, "/"+e.draft.Type)
	case !e.open, e.closesBefore(e.draft.SendAt):
		e.note("window", portal.CheckWarn, portal.CodeWindowClosed, "/"+e.draft.Type)
	default:
		e.note("window", portal.CheckPass, "", "")
	}
}

// closesBefore reports whether the window, open now, will be closed at that time.
func (e *evaluation) closesBefore(at *time.Time) bool {
	return at != nil && !e.always && !open(e.window, *at)
}

// templatePointer is where the template stands in the request.
func (e *evaluation) templatePointer() string {
	if e.draft.Type == portal.TypeTemplate {
		return "/template"
	}
	return "/fallback_template"
}

func (e *evaluation) judgeTemplate() {
	switch {
	case e.ref == nil:
		e.note("template", portal.CheckSkipped, "", "")
	case e.facts.Template == nil:
		e.note("template", portal.CheckFail, portal.CodeTemplateNotFound, e.templatePointer()+"/name")
	case e.facts.Template.Status != portal.TemplateApproved:
		e.note("template", portal.CheckFail, portal.CodeTemplateNotApproved, e.templatePointer()+"/name")
		e.saysWhy(e.facts.Template.Status)
	default:
		e.note("template", portal.CheckPass, "", "")
	}
}

func (e *evaluation) judgeParameters() {
	if e.facts.Template == nil {
		e.note("parameters", portal.CheckSkipped, "", "")
		return
	}
	problems := parameterProblems(*e.facts.Template, *e.ref, e.templatePointer())
	if len(problems) > 0 {
		e.note("parameters", portal.CheckFail, portal.CodeTemplateParameters, problems[0].Pointer, problems...)
		return
	}
	e.note("parameters", portal.CheckPass, "", "")
}

func (e *evaluation) judgeLimits() {
	switch {
	case e.day.Limit > 0 && e.day.Used >= e.day.Limit:
		e.noteDay(portal.PolicyAccountDay, e.day.Limit, e.day.ResetsAt)
	case e.begins && e.portfolio.Used >= e.portfolio.Limit:
		e.noteDay(portal.PolicyWhatsAppDay, e.portfolio.Limit, e.portfolio.ResetsAt)
	case e.waiting >= maxWaiting:
		e.note("limits", portal.CheckFail, portal.CodePairRateLimited, "")
		if e.refusal.Code == portal.CodePairRateLimited {
			e.refusal.RetryAfter = pairEvery
		}
	default:
		e.note("limits", portal.CheckPass, "", "")
	}
}

// noteDay adds the check of a limit of a day that is met.
func (e *evaluation) noteDay(policy string, quota int, resets *time.Time) {
	first := e.refusal == nil
	e.note("limits", portal.CheckFail, portal.CodeDailyLimitReached, "")
	if !first {
		return
	}
	e.refusal.Policy, e.refusal.Quota = policy, quota
	if resets != nil {
		e.refusal.RetryAfter = resets.Sub(e.now)
	}
}

// explanations are the sentences of checks, in the order of the checks. A row
// without a result stands for every result of its code.
var explanations = []struct {
	check  string
	result string
	code   portal.Code
	words  portal.Words
}{
	{"channel", portal.CheckPass, "", portal.Words{EN: "The number is connected.", PT: "O número está conectado."}},
	{"channel", "", portal.CodeNoChannel, portal.Words{EN: "The account has no number to send from.", PT: "A conta não tem número para enviar."}},
	{"channel", "", portal.CodeChannelLoggedOut, portal.Words{EN: "The number is logged out of WhatsApp.", PT: "O número está desconectado do WhatsApp."}},
	{"channel", "", portal.CodeChannelBlocked, portal.Words{EN: "WhatsApp blocked the number, or your team paused it.", PT: "O WhatsApp bloqueou o número, ou a sua equipe o pausou."}},
	{"number", portal.CheckPass, "", portal.Words{EN: "The number is valid.", PT: "O número é válido."}},
	{"number", portal.CheckWarn, portal.CodeNumberNotFound, portal.Words{EN: "The last message to this number found no WhatsApp.", PT: "A última mensagem para este número não encontrou WhatsApp."}},
	{"number", "", portal.CodeInvalidNumber, portal.Words{EN: "This is not a number that can be written to.", PT: "Não é um número que possa receber mensagens."}},
	{"number", "", portal.CodeUnsupportedForChannel, portal.Words{EN: "This channel sends to phone numbers only.", PT: "Este canal só envia para números de telefone."}},
	{"opt_in", portal.CheckPass, "", portal.Words{EN: "Nothing speaks against writing to this person.", PT: "Nada impede escrever a esta pessoa."}},
	{"opt_in", portal.CheckSkipped, "", portal.Words{EN: "Not checked: the number is not usable.", PT: "Não verificado: o número não pode ser usado."}},
	{"opt_in", "", portal.CodeOptedOut, portal.Words{EN: "The person asked for no more messages.", PT: "A pessoa pediu para não receber mensagens."}},
	{"opt_in", "", portal.CodeOptInRequired, portal.Words{EN: "The account requires consent for marketing.", PT: "A conta exige consentimento para marketing."}},
	{"opt_in", "", warnOptInUnknown, portal.Words{EN: "No consent for marketing is known.", PT: "Não há consentimento conhecido para marketing."}},
	{"window", portal.CheckPass, "", portal.Words{EN: "The 24-hour window is open.", PT: "A janela de 24 horas está aberta."}},
	{"window", portal.CheckSkipped, "", portal.Words{EN: "Not checked: there is no number or no channel.", PT: "Não verificado: falta o número ou o canal."}},
	{"window", portal.CheckFail, portal.CodeWindowClosed, portal.Words{EN: "The 24-hour window is closed.", PT: "A janela de 24 horas está fechada."}},
	{"window", portal.CheckWarn, portal.CodeWindowClosed, portal.Words{EN: "The 24-hour window is closed, or will be when the message goes out.", PT: "A janela de 24 horas está fechada, ou estará na hora do envio."}},
	{"template", portal.CheckPass, "", portal.Words{EN: "The template is approved.", PT: "O modelo está aprovado."}},
	{"template", portal.CheckSkipped, "", portal.Words{EN: "No template is used.", PT: "Nenhum modelo é usado."}},
	{"template", "", portal.CodeTemplateNotFound, portal.Words{EN: "The account has no such template in this language.", PT: "A conta não tem esse modelo neste idioma."}},
	{"template", "", portal.CodeTemplateNotApproved, portal.Words{EN: "WhatsApp has not approved the template.", PT: "O WhatsApp não aprovou o modelo."}},
	{"parameters", portal.CheckPass, "", portal.Words{EN: "Every parameter is filled.", PT: "Todos os parâmetros estão preenchidos."}},
	{"parameters", portal.CheckSkipped, "", portal.Words{EN: "There is no template to fill.", PT: "Não há modelo para preencher."}},
	{"parameters", "", portal.CodeTemplateParameters, portal.Words{EN: "The parameters do not match the template.", PT: "Os parâmetros não correspondem ao modelo."}},
	{"media", portal.CheckPass, "", portal.Words{EN: "Every file is there, and WhatsApp takes it.", PT: "Todos os arquivos existem e o WhatsApp os aceita."}},
	{"media", portal.CheckSkipped, "", portal.Words{EN: "There is no file.", PT: "Não há arquivo."}},
	{"media", "", portal.CodeMediaNotFound, portal.Words{EN: "A file does not exist, has expired, or is not there yet.", PT: "Um arquivo não existe, expirou ou ainda não chegou."}},
	{"media", "", portal.CodeMediaInvalid, portal.Words{EN: "WhatsApp does not take a file of this type or size here.", PT: "O WhatsApp não aceita aqui um arquivo deste tipo ou tamanho."}},
	{"limits", portal.CheckPass, "", portal.Words{EN: "Within the limits.", PT: "Dentro dos limites."}},
	{"limits", "", portal.CodeDailyLimitReached, portal.Words{EN: "The daily limit of messages, or of people written to first, is reached.", PT: "O limite diário de mensagens, ou de pessoas contatadas primeiro, foi atingido."}},
	{"limits", "", portal.CodePairRateLimited, portal.Words{EN: "A hundred messages wait for this person already.", PT: "Cem mensagens já esperam por esta pessoa."}},
}

var phoneless = portal.Words{
	EN: "This contact has no phone number. Give it one with PATCH /v1/contacts/{id}.",
	PT: "Este contato não tem telefone. Inclua um com PATCH /v1/contacts/{id}.",
}

var noWindowNeeded = portal.Words{EN: "Templates need no window.", PT: "Modelos não precisam de janela."}

// explain returns the sentence of a check; asTemplate tells why a window passed.
func explain(c portal.Check, asTemplate bool) portal.Words {
	if c.Check == "window" && c.Result == portal.CheckPass && asTemplate {
		return noWindowNeeded
	}
	for _, x := range explanations {
		if x.check == c.Check && x.code == c.Code && (x.result == "" || x.result == c.Result) {
			return x.words
		}
	}
	return portal.Words{}
}
