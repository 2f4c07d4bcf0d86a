package messaging

import (
	"regexp"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// warnOptInUnknown: marketing to a person of whom no consent is known.
const warnOptInUnknown portal.Code = "opt_in_unknown"

// userID matches WhatsApp's business-scoped user ids, such as BR.1502576394655843.
var userID = regexp.MustCompile(`^[A-Z]{2}\.`)

// evaluation is what is known about a draft, and what the checks say about it.
type evaluation struct {
	provider string
	caller   portal.Caller
	draft    Draft
	now      time.Time

	channel    portal.Channel // zero when there is none
	number     phone.Number
	numberCode portal.Code    // why to is no number that can be written to
	contact    portal.Contact // zero when numberCode is set
	created    bool           // the contact is new
	window     portal.Window
	open       bool
	ref        *TemplateRef // the template, or the fallback
	template   *portal.Template
	day        Day

	checks  []portal.Check
	refusal *portal.Error // of the first check that failed
}

// evaluate looks at a draft from every side. It refuses with validation_failed
// what names something that does not exist; all else is in the checks. It may
// create the contact, so a caller that does not want one rolls back.
func (s *Service) evaluate(tx *store.Tx, c portal.Caller, d Draft) (*evaluation, error) {
	if err := checkShape(d, tx.Now()); err != nil {
		return nil, err
	}
	e := &evaluation{provider: s.Provider(c.Environment), caller: c, draft: d, now: tx.Now()}
	for _, find := range []func(*store.Tx) error{
		e.findChannel, e.findPerson, e.findWindow, e.findTemplate, e.findContext, e.findDay,
	} {
		if err := find(tx); err != nil {
			return nil, err
		}
	}
	for _, judge := range []func(){
		e.judgeChannel, e.judgeNumber, e.judgeOptIn, e.judgeWindow, e.judgeTemplate, e.judgeParameters, e.judgeLimits,
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

func refuseField(pointer, code string) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: code})
}

// absent turns "no such row" of what a field names into validation_failed.
func absent(err error, pointer string) error {
	if portal.CodeOf(err) == portal.CodeNotFound {
		return refuseField(pointer, portal.FieldNotFound)
	}
	return err
}

func (e *evaluation) findChannel(tx *store.Tx) (err error) {
	switch {
	case e.draft.From == "":
		e.channel, err = tx.DefaultChannel(e.caller.Tenant)
		if portal.CodeOf(err) == portal.CodeNotFound {
			return nil
		}
		return err
	case strings.HasPrefix(e.draft.From, portal.PrefixChannel+"_"):
		e.channel, err = tx.Channel(e.caller.Tenant, e.draft.From)
		return absent(err, "/from")
	}
	n, err := phone.Parse(e.draft.From, e.caller.Account.Country)
	if err != nil {
		return refuseField("/from", portal.FieldInvalidFormat)
	}
	channels, err := tx.Channels(e.caller.Tenant)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if phone.Same(c.Phone, n.E164) {
			e.channel = c
			return nil
		}
	}
	return refuseField("/from", portal.FieldNotFound)
}

func (e *evaluation) findPerson(tx *store.Tx) (err error) {
	to := e.draft.To
	switch {
	case userID.MatchString(to):
		e.numberCode = portal.CodeUnsupportedForChannel
		return nil
	case strings.HasPrefix(to, portal.PrefixContact+"_"), strings.HasPrefix(to, "ext:"):
		if e.contact, err = tx.ContactByRef(e.caller.Tenant, to); err != nil {
			return absent(err, "/to")
		}
		to = e.contact.Phone
	}
	e.number, err = phone.Parse(to, e.caller.Account.Country)
	magic := magicNumber.MatchString(e.number.E164) && e.provider == portal.ProviderCloud
	if err != nil || magic {
		e.numberCode = portal.CodeInvalidNumber
		return nil
	}
	if e.contact.ID == "" {
		e.contact, e.created, err = tx.EnsureContact(e.caller.Tenant, e.number, portal.SourceAPI)
		return err
	}
	return nil
}

func (e *evaluation) findWindow(tx *store.Tx) (err error) {
	if e.contact.ID == "" || e.channel.ID == "" {
		return nil
	}
	if !e.created && e.draft.Type != portal.TypeTemplate {
		if e.window, err = tx.Window(e.contact.ID, e.channel.ID); err != nil {
			return err
		}
	}
	e.window.ChannelID = e.channel.ID
	e.open = windowOpen(e.caller.Environment, e.caller.Account.Testers, e.number.E164, e.window, e.now)
	return nil
}

func (e *evaluation) findTemplate(tx *store.Tx) error {
	e.ref = e.draft.Template
	if e.draft.Type == portal.TypeText {
		e.ref = e.draft.Fallback
	}
	if e.ref == nil {
		return nil
	}
	t, err := tx.Template(e.caller.Tenant, e.ref.Name, e.ref.Language)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	e.template = &t
	return err
}

func (e *evaluation) findContext(tx *store.Tx) error {
	if e.draft.ContextMessageID == "" || e.contact.ID == "" {
		return nil
	}
	m, err := tx.Message(e.caller.Tenant, e.draft.ContextMessageID)
	if err == nil && m.ContactID != e.contact.ID {
		return refuseField("/context/message_id", portal.FieldNotFound)
	}
	return absent(err, "/context/message_id")
}

func (e *evaluation) findDay(tx *store.Tx) (err error) {
	e.day, err = readDay(tx.Reader, e.caller.Account.Plan, e.caller.Tenant, e.now)
	return err
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
	if e.numberCode != "" {
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
		if e.template != nil {
			category = e.template.Category
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
		e.note("window", portal.CheckFail, portal.CodeWindowClosed, "/text")
	case !e.open, e.closesBefore(e.draft.SendAt):
		e.note("window", portal.CheckWarn, portal.CodeWindowClosed, "/text")
	default:
		e.note("window", portal.CheckPass, "", "")
	}
}

// closesBefore reports whether the window, open now, will be closed at that time.
func (e *evaluation) closesBefore(at *time.Time) bool {
	return at != nil && !windowOpen(e.caller.Environment, e.caller.Account.Testers, e.number.E164, e.window, *at)
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
	case e.template == nil:
		e.note("template", portal.CheckFail, portal.CodeTemplateNotFound, e.templatePointer()+"/name")
	case e.template.Status != portal.TemplateApproved:
		e.note("template", portal.CheckFail, portal.CodeTemplateNotApproved, e.templatePointer()+"/name")
	default:
		e.note("template", portal.CheckPass, "", "")
	}
}

func (e *evaluation) judgeParameters() {
	if e.template == nil {
		e.note("parameters", portal.CheckSkipped, "", "")
		return
	}
	problems := parameterProblems(*e.template, *e.ref, e.templatePointer())
	if len(problems) > 0 {
		e.note("parameters", portal.CheckFail, portal.CodeTemplateParameters, problems[0].Pointer, problems...)
		return
	}
	e.note("parameters", portal.CheckPass, "", "")
}

func (e *evaluation) judgeLimits() {
	if e.day.Limit > 0 && e.day.Used >= e.day.Limit {
		e.note("limits", portal.CheckFail, portal.CodeDailyLimitReached, "")
		return
	}
	e.note("limits", portal.CheckPass, "", "")
}
