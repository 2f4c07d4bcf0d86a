package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// arrange runs a form of the phone page for its customer and goes back to it.
func (d *Dashboard) arrange(w http.ResponseWriter, r *http.Request, p *Person, do func(ctx context.Context, who handset) error) error {
	if p.Environment != portal.Test {
		return portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	who, err := d.handset(r, p)
	if err == nil {
		err = do(r.Context(), who)
	}
	switch portal.CodeOf(err) {
	case portal.CodeValidationFailed, portal.CodeInvalidNumber, portal.CodeMalformedJSON:
		return d.showSimulator(w, r, p, whyRefused(err))
	}
	if err != nil {
		return err
	}
	var kv []string
	for _, k := range who.keys {
		kv = append(kv, k.Name, k.Value)
	}
	return d.redirect(w, r, "/simulator", kv...)
}

// errForgotten: the log is short, and under load not every try is kept.
var errForgotten = &portal.Error{Code: portal.CodeValidationFailed, Fields: []portal.FieldError{{Pointer: "/delivery", Code: portal.FieldNotFound}}}

func whyRefused(err error) portal.Words {
	// By identity: errors of the same code are equal to errors.Is.
	if e, ok := errors.AsType[*portal.Error](err); ok && e == errForgotten {
		return portal.Words{EN: "This callback is not in the log any more. The latest are below.", PT: "Este callback já não está no log. Os últimos estão abaixo."}
	}
	if portal.CodeOf(err) == portal.CodeInvalidNumber {
		return badNumber
	}
	return portal.Words{EN: "A customer could not send this. Check what the form asks for.", PT: "Um cliente não conseguiria enviar isto. Confira o que o formulário pede."}
}

// settle delivers what is due, so that the page that follows shows it.
func (d *Dashboard) settle(ctx context.Context) error {
	_, err := d.Simulator.DeliverDue(ctx)
	return err
}

// simulatorAnswer has the customer send something.
func (d *Dashboard) simulatorAnswer(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		in, err := d.written(r, p, who)
		if err != nil {
			return err
		}
		in.From = who.number
		if who.contact != nil && in.Name == "" {
			in.Name = who.contact.Name
		}
		if _, err := d.Simulator.Write(ctx, who.phone, in); err != nil {
			return err
		}
		return d.settle(ctx)
	})
}

var errNotWritten = portal.Refuse(portal.CodeValidationFailed)

// written reads what the customer sends.
func (d *Dashboard) written(r *http.Request, p *Person, who handset) (in simulator.Written, err error) {
	text := strings.TrimSpace(r.PostForm.Get("text"))
	if quick := r.PostForm.Get("quick"); quick != "" {
		return simulator.Written{Text: quick}, nil
	}
	if emoji := r.PostForm.Get("react"); emoji != "" {
		return d.reacted(r.Context(), p, r.PostForm.Get("message"), emoji)
	}
	switch kind := r.PostForm.Get("kind"); kind {
	case "", "text":
		return simulator.Written{Text: text}, nil
	case "choice":
		return d.chosen(r.Context(), p, r.PostForm.Get("message"), r.PostForm.Get("choice"))
	case "forwarded":
		return simulator.Written{Text: text, Forwards: 1}, nil
	case "hidden":
		return simulator.Written{Text: text, Hidden: true, UserID: hiddenID(who.number)}, nil
	case "referral":
		return simulator.Written{Text: text, Referral: adReferral(r.Context())}, nil
	case "unsupported":
		return simulator.Written{Type: kind}, nil
	case "system":
		return simulator.Written{Type: kind, MovesTo: r.PostForm.Get("other")}, nil
	case "location", "contacts", "order":
		return d.composed(r, p, kind, text)
	case "image", "document", "audio":
		return d.pictured(r.Context(), who, kind, text)
	}
	return in, errNotWritten
}

// hiddenID is the id by which a person with a hidden number is known.
func hiddenID(e164 string) string { return "BR." + lastDigits(e164) + "00001" }

func adReferral(ctx context.Context) json.RawMessage {
	return jsonOf(map[string]string{
		"source_url": "https://ads.example.com/1", "source_id": "120210000000000001", "source_type": "ad", "media_type": "image",
		"headline": ui.L(ctx, "Summer sale", "Liquidação de verão"), "body": ui.L(ctx, "Everything must go", "Tudo deve sair"), "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ",
	})
}

func jsonOf(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return raw
}

// composed is a place, a card or an order.
func (d *Dashboard) composed(r *http.Request, p *Person, kind, text string) (in simulator.Written, err error) {
	in.Type = kind
	switch kind {
	case "location":
		if text == "" {
			text = "Praça da Sé"
		}
		in.Content = jsonOf(map[string]any{"latitude": -23.5503, "longitude": -46.6339, "name": text, "address": "São Paulo, SP"})
	case "contacts":
		digits, err := numberDigits(r.PostForm.Get("other"), p.Account.Country)
		if err != nil {
			return in, err
		}
		if text == "" {
			return in, errNotWritten
		}
		in.Content = jsonOf([]any{map[string]any{
			"name":   map[string]string{"formatted_name": text, "first_name": text},
			"phones": []any{map[string]string{"phone": "+" + digits, "wa_id": digits, "type": "CELL"}},
		}})
	case "order":
		in.Content = jsonOf(map[string]any{"catalog_id": "194836987003835", "text": text, "product_items": []any{
			map[string]any{"product_retailer_id": "CAM-01", "quantity": 1, "item_price": 129.9, "currency": "BRL"},
		}})
	}
	return in, nil
}

// target is a message that the business sent to the customer.
func (d *Dashboard) target(ctx context.Context, p *Person, id string) (portal.Message, error) {
	m, _, err := d.Messaging.Get(ctx, p.Tenant(), id)
	if portal.CodeOf(err) == portal.CodeNotFound || err == nil && (m.Direction != portal.Outbound || m.ProviderMessageID == "") {
		err = errNotWritten
	}
	return m, err
}

func (d *Dashboard) reacted(ctx context.Context, p *Person, id, emoji string) (in simulator.Written, err error) {
	m, err := d.target(ctx, p, id)
	return simulator.Written{Type: "reaction", Content: jsonOf(map[string]string{"message_id": m.ProviderMessageID, "emoji": emoji})}, err
}

// chosen is the tap on a button, or the choice of a row, of a message.
func (d *Dashboard) chosen(ctx context.Context, p *Person, id, choice string) (in simulator.Written, err error) {
	m, err := d.target(ctx, p, id)
	if err != nil {
		return in, err
	}
	n, err := strconv.Atoi(choice)
	if err != nil || n < 0 {
		return in, errNotWritten
	}
	in.ReplyTo = m.ProviderMessageID
	if m.Type != portal.TypeInteractive || m.FallbackUsed {
		return in, d.tapTemplate(ctx, p, m, n, &in)
	}
	var content portal.Interactive
	if json.Unmarshal(m.Content, &content) != nil {
		return in, errNotWritten
	}
	in.Type = "interactive"
	if n < len(content.Action.Buttons) {
		reply := content.Action.Buttons[n].Reply
		in.Content = jsonOf(map[string]any{"type": "button_reply", "button_reply": map[string]string{"id": reply.ID, "title": reply.Title}})
		return in, nil
	}
	for _, section := range content.Action.Sections {
		if n >= len(section.Rows) {
			n -= len(section.Rows)
			continue
		}
		row := section.Rows[n]
		in.Content = jsonOf(map[string]any{"type": "list_reply", "list_reply": map[string]string{"id": row.ID, "title": row.Title, "description": row.Description}})
		return in, nil
	}
	return in, errNotWritten
}

// tapTemplate is the tap on a quick reply of a template; its payload is the
// one that the message gave, else the label.
func (d *Dashboard) tapTemplate(ctx context.Context, p *Person, m portal.Message, n int, in *simulator.Written) error {
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return err
	}
	raw := m.Content
	if m.FallbackUsed {
		raw = m.Fallback
	}
	s, row := screen{texts: known}, views.PhoneRow{}
	s.drawTemplate(raw, &row)
	for _, tap := range row.Taps {
		if tap.Choice != strconv.Itoa(n) {
			continue
		}
		in.Type, in.Content = "button", jsonOf(map[string]string{"payload": payloadOf(raw, n, tap.Label), "text": tap.Label})
		return nil
	}
	return errNotWritten
}

// payloadOf is what a quick reply carries.
func payloadOf(raw json.RawMessage, n int, label string) string {
	var sent struct {
		Components []struct {
			Type       string      `json:"type"`
			Index      json.Number `json:"index"`
			Parameters []struct {
				Payload string `json:"payload"`
			} `json:"parameters"`
		} `json:"components"`
	}
	_ = json.Unmarshal(raw, &sent) // without a payload the label stands in
	for _, c := range sent.Components {
		if strings.EqualFold(c.Type, "button") && c.Index.String() == strconv.Itoa(n) && len(c.Parameters) > 0 && c.Parameters[0].Payload != "" {
			return c.Parameters[0].Payload
		}
	}
	return label
}

// simulatorChaos applies the switches of the page, all at once.
func (d *Dashboard) simulatorChaos(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		wasOut := who.phone.Settings.Chaos.LoggedOut
		err := d.Simulator.Configure(ctx, who.phone.ID, func(s *simulator.Settings) error {
			for name, on := range switches(&s.Chaos) {
				*on = r.PostForm.Get(name) != ""
			}
			s.Chaos.Delay, s.Limits = 0, simulator.Limits{}
			if r.PostForm.Get("delay") != "" {
				s.Chaos.Delay = simulator.Seconds(lateStatus)
			}
			if r.PostForm.Get("limits") != "" {
				s.Limits = simulator.UsualLimits
			}
			return nil
		})
		if err == nil && wasOut && r.PostForm.Get("logged_out") == "" {
			return d.logIn(ctx, p, who)
		}
		return err
	})
}

// lateStatus is how late the switch makes statuses.
const lateStatus = 30 * time.Second

// simulatorLogin ends what logged the channel out.
func (d *Dashboard) simulatorLogin(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error { return d.logIn(ctx, p, who) })
}

func (d *Dashboard) logIn(ctx context.Context, p *Person, who handset) error {
	return d.Store.Tx(ctx, func(tx *store.Tx) error {
		_, err := d.Messaging.LogInTx(tx, p.caller(ctx), who.channel.ID)
		return err
	})
}

// simulatorPerson changes what is special about the person.
func (d *Dashboard) simulatorPerson(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		return d.Simulator.SetPerson(ctx, who.phone, who.number, func(person *simulator.Person) {
			person.Absent = r.PostForm.Get("absent") != ""
			person.Unread = r.PostForm.Get("unread_person") != ""
			person.Stopped = r.PostForm.Get("stopped") != ""
			person.WAID = ""
			if r.PostForm.Get("ninth") != "" {
				person.WAID = withoutNinth(who.number)
			}
		})
	})
}

// steps are how much time the page lets pass.
var steps = map[string]time.Duration{"1h": time.Hour, "24h": 24 * time.Hour, "168h": 7 * 24 * time.Hour}

// simulatorClock lets time pass for the channel, or ends a window or what waits.
func (d *Dashboard) simulatorClock(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		step, known := steps[r.PostForm.Get("add")]
		switch {
		case r.PostForm.Get("add") == "close":
			return d.closeWindow(ctx, p, who)
		case r.PostForm.Get("add") == "expire":
			return d.expireWaiting(ctx, p, who)
		case !known:
			return errNotWritten
		}
		if err := d.Simulator.Pass(ctx, who.phone, step); err != nil {
			return err
		}
		if err := d.settle(ctx); err != nil {
			return err
		}
		err := d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.LetTimePass(who.channel, step) })
		d.Store.Notify(messaging.Topic)
		return err
	})
}

func (d *Dashboard) closeWindow(ctx context.Context, p *Person, who handset) error {
	err := d.Simulator.SetPerson(ctx, who.phone, who.number, func(person *simulator.Person) {
		if !person.WroteAt.IsZero() {
			person.WroteAt = d.Store.Now().Add(-portal.WindowLength)
		}
	})
	if err != nil || who.contact == nil {
		return err
	}
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.CloseWindow(p.Tenant(), who.contact.ID, who.channel.ID) })
}

func (d *Dashboard) expireWaiting(ctx context.Context, p *Person, who handset) error {
	if who.contact == nil {
		return nil
	}
	err := d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ExpireWaiting(p.Tenant(), who.contact.ID) })
	d.Store.Notify(messaging.Topic)
	return err
}

// effects are what a rule of the page can do beside answering with a code.
var effects = map[string]simulator.Effect{
	"drop_after":  {Drop: simulator.DropAfter},
	"drop_before": {Drop: simulator.DropBefore},
	"gateway":     {HTTPStatus: http.StatusBadGateway},
	"retry_after": {Code: 130429, HTTPStatus: http.StatusTooManyRequests, RetryAfter: simulator.Seconds(5 * time.Second)},
	"slow":        {Wait: simulator.Seconds(5 * time.Second)},
	"timeout":     {Wait: simulator.Seconds(time.Minute)},
}

// simulatorAddRule adds a rule of errors to the number.
func (d *Dashboard) simulatorAddRule(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		rule, ok := ruleOf(r, who)
		if !ok {
			return errNotWritten
		}
		return d.Simulator.Configure(ctx, who.phone.ID, func(s *simulator.Settings) error { s.Rules = append(s.Rules, rule); return nil })
	})
}

func ruleOf(r *http.Request, who handset) (rule simulator.Rule, ok bool) {
	switch target := r.PostForm.Get("target"); {
	case target == "person":
		rule.Target.Person = who.number
	case strings.HasPrefix(target, "type "):
		rule.Target.Type = strings.TrimPrefix(target, "type ")
	}
	word, number, _ := strings.Cut(r.PostForm.Get("trigger"), " ")
	n, _ := strconv.Atoi(number)
	switch word {
	case "next":
		rule.Trigger.Next = n
	case "every":
		rule.Trigger.Every = n
	}
	effect := r.PostForm.Get("effect")
	if rule.Effect, ok = effects[effect]; ok {
		return rule, true
	}
	code, byStatus := strings.CutPrefix(effect, "status ")
	rule.Effect.ByStatus = byStatus
	var err error
	rule.Effect.Code, err = strconv.Atoi(code)
	return rule, err == nil
}

// simulatorDropRule removes a rule.
func (d *Dashboard) simulatorDropRule(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		return d.Simulator.Configure(ctx, who.phone.ID, func(s *simulator.Settings) error { s.Drop(r.PostForm.Get("rule")); return nil })
	})
}

// simulatorRedeliver has a callback of the log delivered once more.
func (d *Dashboard) simulatorRedeliver(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		err := d.Simulator.Redeliver(ctx, who.phone, r.PostForm.Get("delivery"))
		if portal.CodeOf(err) == portal.CodeNotFound {
			return errForgotten
		}
		if err != nil {
			return err
		}
		return d.settle(ctx)
	})
}
