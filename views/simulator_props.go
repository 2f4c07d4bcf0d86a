package views

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// SimulatorProps describe the phone page.
type SimulatorProps struct {
	Phone   PhoneProps
	Chaos   []ChaosSwitch
	Limits  LimitsProps
	Person  PersonSwitches
	Rules   []PhoneRule
	Codes   []ui.Choice // Meta's errors that a rule may name
	Types   []string
	Ahead   time.Duration // how much time was let pass
	Owed    int           // callbacks that wait
	Next    time.Time     // when the first of them is due
	Calls   []PhoneCall
	Out     bool // the channel is logged out
	Problem portal.Words
	Now     time.Time
}

// PhoneProps are the customer's phone: who the customer is and what is on the screen.
type PhoneProps struct {
	Business string
	Number   string    // as it is shown
	Keys     []ui.Pair // which phone it is, for links and forms
	Choices  []PhoneChoice
	Channels []PhoneChoice
	Thread   []PhoneRow
	Window   PhoneWindow
	OptedOut bool
	Typing   bool   // the business is typing
	Last     string // id of the latest message of the business, to react to
	Now      time.Time
}

// PhoneChoice is a number to use, or a channel to write to.
type PhoneChoice struct {
	Label, Note, Icon string
	Keys              []ui.Pair
	Current           bool
}

// PhoneWindow is the state of the 24-hour window.
type PhoneWindow struct {
	Open, Always bool
	Until        *time.Time // when it closes, or closed; nil = the person never wrote
}

// PhoneRow is one thing in the thread.
type PhoneRow struct {
	ID     string // of the message
	Mine   bool   // the customer wrote it
	At     time.Time
	Day    string // the day that begins here, "" = the same
	Status portal.Status
	Failed string // why it never reached the phone, "" = it did
	Quote  string
	Bubble
	Reactions []string
}

// ChaosSwitch is one thing that WhatsApp does wrong on purpose.
type ChaosSwitch struct {
	Name string
	On   bool
}

// chaosWords are the switches in their order on the page: label and hint.
var chaosWords = []struct {
	name        string
	label, hint portal.Words
}{
	{"duplicates", portal.Words{EN: "Every callback twice", PT: "Cada callback em dobro"}, portal.Words{EN: "tests your handling of repeats", PT: "testa o tratamento de repetidos"}},
	{"disorder", portal.Words{EN: "Out of order", PT: "Fora de ordem"}, portal.Words{EN: "read before delivered", PT: "lida antes de entregue"}},
	{"delay", portal.Words{EN: "Late statuses", PT: "Status atrasados"}, portal.Words{EN: "each 30 seconds later", PT: "cada um 30 segundos depois"}},
	{"unread", portal.Words{EN: "Never read", PT: "Nunca lida"}, portal.Words{EN: "stays delivered", PT: "fica em entregue"}},
	{"slow", portal.Words{EN: "Slow WhatsApp", PT: "WhatsApp lento"}, portal.Words{EN: "answers after 5 seconds", PT: "responde após 5 segundos"}},
	{"drop", portal.Words{EN: "Lost answer", PT: "Resposta perdida"}, portal.Words{EN: "accepts, then drops the connection", PT: "aceita e corta a conexão"}},
	{"window_closed", portal.Words{EN: "Window closed", PT: "Janela fechada"}, portal.Words{EN: "131047 although it looks open", PT: "131047 embora pareça aberta"}},
	{"not_found", portal.Words{EN: "No WhatsApp", PT: "Sem WhatsApp"}, portal.Words{EN: "131026, asynchronously", PT: "131026, de forma assíncrona"}},
	{"never_delivered", portal.Words{EN: "Never delivered", PT: "Nunca entregue"}, portal.Words{EN: "until the message expires", PT: "até a mensagem expirar"}},
	{"logged_out", portal.Words{EN: "Channel logged out", PT: "Canal desconectado"}, portal.Words{EN: "190, sending stops", PT: "190, o envio para"}},
}

// LimitsProps are WhatsApp's limits of the number, and what is used of them.
type LimitsProps struct {
	On                bool
	Second, PerSecond int
	People, Portfolio int
}

// PersonSwitches are what is special about the person of the phone.
type PersonSwitches struct {
	Absent, Unread, Stopped bool
	Ninth                   string // the other form of the number; "" when there is only one
	WithoutNinth            bool
	Fixed                   bool // a number whose behavior never changes
}

// PhoneRule is a rule as the page shows it.
type PhoneRule struct {
	ID, Target, Trigger, Effect string
	Seen                        int
}

// PhoneCall is one callback that was delivered, or tried.
type PhoneCall struct {
	ID, Name string
	At       time.Time
	Status   int
	Took     time.Duration
	Body     []byte
}

func callNote(ctx context.Context, c PhoneCall) string {
	if c.Status == 0 {
		return ui.L(ctx, "no answer", "sem resposta")
	}
	return ui.Num(ctx, int64(c.Status)) + ", " + ui.Millis(ctx, float64(c.Took.Microseconds())/1000)
}

// windowLine says how the window stands.
func windowLine(ctx context.Context, p PhoneProps) (kind, text string) {
	w := p.Window
	switch {
	case w.Always:
		return "ok", ui.L(ctx, "Window always open for this number", "Janela sempre aberta para este número")
	case w.Open:
		left := w.Until.Sub(p.Now)
		return "ok", ui.L(ctx, "Window open, "+span(ctx, left)+" left", "Janela aberta, restam "+span(ctx, left))
	case w.Until != nil:
		return "warn", ui.L(ctx, "Window closed "+span(ctx, p.Now.Sub(*w.Until))+" ago", "Janela fechada há "+span(ctx, p.Now.Sub(*w.Until)))
	}
	return "none", ui.L(ctx, "Window closed: never wrote", "Janela fechada: nunca escreveu")
}

// span is a duration in its two largest units: 23 h 58 min.
func span(ctx context.Context, d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes := int64(d/(24*time.Hour)), int64(d/time.Hour)%24, int64(d/time.Minute)%60
	n := func(v int64) string { return ui.Num(ctx, v) }
	switch {
	case days > 0:
		return n(days) + " d " + n(hours) + " h"
	case hours > 0:
		return n(hours) + " h " + n(minutes) + " min"
	case minutes > 0:
		return n(minutes) + " min"
	}
	return n(int64(d/time.Second)) + " s"
}

// ruleTriggers and ruleEffects are the choices of the form of a rule.
func ruleTriggers(ctx context.Context) []ui.Choice {
	return []ui.Choice{
		{Value: "always", Label: ui.L(ctx, "always", "sempre")},
		{Value: "next 1", Label: ui.L(ctx, "the next one", "a próxima")},
		{Value: "next 3", Label: ui.L(ctx, "the next 3", "as próximas 3")},
		{Value: "every 2", Label: ui.L(ctx, "every 2nd", "a cada 2")},
		{Value: "every 10", Label: ui.L(ctx, "every 10th", "a cada 10")},
		{Value: "every 50", Label: ui.L(ctx, "every 50th", "a cada 50")},
	}
}

func ruleTargets(ctx context.Context, types []string) []ui.Choice {
	list := []ui.Choice{{Value: "", Label: ui.L(ctx, "all messages", "todas as mensagens")}, {Value: "person", Label: ui.L(ctx, "this person", "esta pessoa")}}
	for _, t := range types {
		list = append(list, ui.Choice{Value: "type " + t, Label: ui.L(ctx, "type ", "tipo ") + t})
	}
	return list
}

// RuleEffects are what a rule may do beside one of Meta's errors.
var RuleEffects = []struct {
	Value string
	Words portal.Words
}{
	{"slow", portal.Words{EN: "answers after 5 seconds", PT: "responde após 5 segundos"}},
	{"timeout", portal.Words{EN: "accepts, never answers", PT: "aceita e nunca responde"}},
	{"drop_before", portal.Words{EN: "drops the connection, takes nothing", PT: "corta a conexão, não aceita nada"}},
	{"drop_after", portal.Words{EN: "accepts, then drops the connection", PT: "aceita e corta a conexão"}},
	{"gateway", portal.Words{EN: "502 of a gateway, no error object", PT: "502 de um gateway, sem objeto de erro"}},
	{"retry_after", portal.Words{EN: "130429 as HTTP 429, Retry-After: 5", PT: "130429 como HTTP 429, Retry-After: 5"}},
}

func ruleEffects(ctx context.Context, codes []ui.Choice) []ui.Choice {
	var list []ui.Choice
	for _, e := range RuleEffects {
		list = append(list, ui.Choice{Value: e.Value, Label: ui.W(ctx, e.Words)})
	}
	return append(list, codes...)
}

// phoneHref is an address of the page for one phone.
func phoneHref(ctx context.Context, path string, keys []ui.Pair) templ.SafeURL {
	var kv []string
	for _, k := range keys {
		kv = append(kv, k.Name, k.Value)
	}
	return ui.Href(ctx, path, kv...)
}
