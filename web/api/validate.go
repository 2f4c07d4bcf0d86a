package api

import (
	"context"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
)

// Verdict is what sending would do.
type Verdict struct {
	WouldSend bool          `json:"would_send" doc:"False: sending would answer blocking[0]."`
	SendsAs   *string       `json:"sends_as" doc:"free_form, template or fallback_template; null when nothing would be sent."`
	Blocking  []string      `json:"blocking" doc:"Codes, in the order in which sending checks."`
	Warnings  []string      `json:"warnings" doc:"Codes that do not stop it."`
	Checks    []Check       `json:"checks" doc:"All of them, in order."`
	Number    *Number       `json:"number" doc:"As POST /v1/numbers/resolve answers."`
	ContactID *string       `json:"contact_id" doc:"Null: a new person."`
	Window    *Window       `json:"window"`
	Limits    VerdictLimits `json:"limits" doc:"What is left; null = no limit."`
	Price     VerdictPrice  `json:"price"`
}

// Check is one rule that was looked at.
type Check struct {
	Check   string  `json:"check" doc:"channel, number, opt_in, window, template, parameters, media or limits."`
	Result  string  `json:"result" enum:"pass,warn,fail,skipped"`
	Code    *string `json:"code"`
	Detail  string  `json:"detail" doc:"The reason in the caller's language."`
	Pointer *string `json:"pointer" doc:"JSON pointer of the field in the body."`
}

// VerdictLimits are what is left of the limits.
type VerdictLimits struct {
	RequestsLeft      *int    `json:"requests_left"`
	MessagesLeftToday *int    `json:"messages_left_today"`
	PortfolioLeft     *int    `json:"portfolio_left" doc:"Of WhatsApp's limit; null when not known."`
	PairReadyAt       *string `json:"pair_ready_at" format:"date-time" doc:"Messages to this person are paced until then."`
}

// VerdictPrice is what sending would cost, in WhatsApp's terms.
type VerdictPrice struct {
	Category *string `json:"category" doc:"marketing, utility, authentication or service."`
	Billable *bool   `json:"billable" doc:"Null when not known."`
}

// Number is what is known about a number.
type Number struct {
	E164       string           `json:"e164" doc:"Canonical number, in Brazil with the ninth digit; unique in the environment."`
	Kind       string           `json:"kind" doc:"mobile, landline, toll_free, voip or other."`
	Country    string           `json:"country" doc:"ISO 3166-1 alpha-2."`
	Candidates []string         `json:"candidates" doc:"The forms under which WhatsApp may know it."`
	WAID       *string          `json:"wa_id" doc:"The number as WhatsApp wrote it. It may lack Brazil's ninth digit: never compare it with to."`
	OnWhatsApp *bool            `json:"on_whatsapp" doc:"Null: nobody knows before sending."`
	Confidence string           `json:"confidence" enum:"high,medium,low"`
	Evidence   []NumberEvidence `json:"evidence" doc:"Why we say so."`
}

// NumberEvidence is one reason for what we say about a number.
type NumberEvidence struct {
	Source string  `json:"source" doc:"static, history or provider."`
	At     *string `json:"at" format:"date-time"`
	Detail string  `json:"detail" doc:"The reason in the caller's language."`
}

// NumberBody is the body of resolveNumber.
type NumberBody struct {
	Number string `json:"number" minLength:"1" maxLength:"64" doc:"Any usual spelling; read in the account's country." example:"31 8765-4321"`
}

func (a *API) validateMessage(ctx context.Context, c *call, in *struct{ Body MessageBody }) (reply, error) {
	v, err := a.Messaging.Validate(ctx, c.caller, draftOf(in.Body))
	if err != nil {
		return reply{}, err
	}
	c.contactID = v.ContactID
	code := func(x portal.Code) string { return string(x) }
	w := Verdict{
		WouldSend: v.WouldSend, SendsAs: text(v.SendsAs), Blocking: each(v.Blocking, code), Warnings: each(v.Warnings, code),
		Checks: each(v.Checks, func(k portal.Check) Check {
			return Check{Check: k.Check, Result: k.Result, Code: text(string(k.Code)), Detail: k.Detail.In(c.lang), Pointer: text(k.Pointer)}
		}),
		ContactID: text(v.ContactID), Limits: VerdictLimits{
			RequestsLeft: c.left, MessagesLeftToday: v.LeftToday, PortfolioLeft: v.Portfolio, PairReadyAt: moment(v.PairReady),
		},
		Price: VerdictPrice{Category: text(v.Category), Billable: v.Billable},
	}
	if v.Number != nil {
		n := numberOf(*v.Number, c.lang)
		w.Number = &n
	}
	if v.Window != nil {
		win := windowOf(*v.Window, a.Store.Now())
		if v.SendsAs == "free_form" {
			win.Open, win.Reason = true, nil // testers' windows are open without a message of theirs
		}
		w.Window = &win
	}
	return reply{body: w}, nil
}

func (a *API) resolveNumber(ctx context.Context, c *call, in *struct{ Body NumberBody }) (reply, error) {
	n, err := a.Messaging.Resolve(ctx, c.caller.Tenant, c.caller.Account.Country, in.Body.Number)
	if err != nil {
		return reply{}, err
	}
	return reply{body: numberOf(n, c.lang)}, nil
}

func numberOf(n messaging.NumberReport, lang string) Number {
	return Number{
		E164: n.E164, Kind: n.Kind, Country: n.Country, Candidates: n.Candidates, WAID: text(n.WAID), OnWhatsApp: n.OnWhatsApp, Confidence: n.Confidence,
		Evidence: each(n.Evidence, func(e messaging.Evidence) NumberEvidence {
			return NumberEvidence{Source: e.Source, At: moment(e.At), Detail: e.Detail.In(lang)}
		}),
	}
}
