package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

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
	case "image", "video", "document", "audio", "sticker":
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
	if m.Type != portal.TypeInteractive {
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
	var look views.Bubble
	known.drawTemplate(m.Content, &look)
	for _, tap := range look.Taps {
		if tap.Choice != strconv.Itoa(n) {
			continue
		}
		in.Type, in.Content = "button", jsonOf(map[string]string{"payload": payloadOf(m.Content, n, tap.Label), "text": tap.Label})
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
