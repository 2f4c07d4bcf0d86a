package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// bubble is a message part by part, as the customer's phone shows it.
func (t texts) bubble(ctx context.Context, m portal.Message, known files) (v views.Bubble) {
	v.File = known.of(ctx, m)
	switch {
	case m.Type == portal.TypeTemplate:
		t.drawTemplate(m.Content, &v)
	case m.Type == portal.TypeContacts:
		drawCards(m.Content, &v)
	case m.Type == portal.TypeLocation:
		drawPlace(ctx, m.Content, &v)
	case m.Type == portal.TypeInteractive && m.Direction == portal.Outbound:
		drawInteractive(ctx, m.Content, &v)
	case fileIcons[m.Type] != "":
		v.Lines = captionIn(m.Content)
	default:
		v.Lines = saidIn(m)
	}
	return v
}

var fileIcons = map[string]string{"image": "grid", "video": "play", "audio": "pulse", "document": "note", "sticker": "star"}

func captionIn(raw json.RawMessage) []string {
	var f struct{ Caption string }
	_ = json.Unmarshal(raw, &f) // what cannot be read has none
	return paragraphs(f.Caption)
}

func capital(text string) string {
	for i, r := range text {
		return strings.ToUpper(string(r)) + text[i+len(string(r)):]
	}
	return text
}

func drawPlace(ctx context.Context, raw json.RawMessage, v *views.Bubble) {
	var l struct {
		Name, Address       string
		Latitude, Longitude float64
	}
	if json.Unmarshal(raw, &l) != nil {
		return
	}
	v.Place = &views.Place{Name: l.Name, Address: l.Address, Degrees: degrees(l.Latitude, "N", "S") + ", " + degrees(l.Longitude, "E", "W")}
	if l.Name == "" {
		v.Place.Name = ui.L(ctx, "Location", "Localização")
	}
}

func drawCards(raw json.RawMessage, v *views.Bubble) {
	var cards []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
		Phones []struct {
			Phone string `json:"phone"`
		} `json:"phones"`
	}
	_ = json.Unmarshal(raw, &cards) // what cannot be read is no card
	for _, c := range cards {
		card := views.Card{Name: c.Name.Formatted}
		if len(c.Phones) > 0 {
			card.Number = c.Phones[0].Phone
		}
		v.Cards = append(v.Cards, card)
	}
}

func drawInteractive(ctx context.Context, raw json.RawMessage, v *views.Bubble) {
	var in portal.Interactive
	if json.Unmarshal(raw, &in) != nil {
		return
	}
	v.Lines = paragraphs(in.Body.Text)
	if in.Footer != nil {
		v.Footer = in.Footer.Text
	}
	if h := in.Header; h != nil {
		v.Header = h.Text
	}
	for i, b := range in.Action.Buttons {
		v.Taps = append(v.Taps, views.Tap{Icon: "back", Label: b.Reply.Title, Choice: strconv.Itoa(i)})
	}
	v.Menu = in.Action.Button
	n := 0
	for _, section := range in.Action.Sections {
		part := views.ListSection{Title: section.Title}
		for _, r := range section.Rows {
			part.Rows = append(part.Rows, views.ListRow{Title: r.Title, Text: r.Description, Choice: strconv.Itoa(n)})
			n++
		}
		v.Sections = append(v.Sections, part)
	}
	if in.Action.Parameters == nil {
		return
	}
	if in.Action.Parameters.URL != "" {
		v.Taps = append(v.Taps, views.Tap{Icon: "ext", Label: in.Action.Parameters.DisplayText, Href: in.Action.Parameters.URL})
	}
	if in.Action.Parameters.ReferenceID != "" {
		v.Order = phoneOrder(ctx, *in.Action.Parameters)
	}
}

// orderStates are the states of an order as a customer reads them.
var orderStates = map[string]portal.Words{
	"pending":           {EN: "to pay", PT: "a pagar"},
	"processing":        {EN: "being prepared", PT: "em preparo"},
	"partially-shipped": {EN: "partly shipped", PT: "enviado em parte"},
	"shipped":           {EN: "shipped", PT: "enviado"},
	"completed":         {EN: "completed", PT: "concluído"},
	"canceled":          {EN: "canceled", PT: "cancelado"},
}

func phoneOrder(ctx context.Context, p portal.ActionParameters) *views.Order {
	o := &views.Order{Reference: p.ReferenceID}
	if p.TotalAmount != nil {
		o.Total = inReais(ctx, *p.TotalAmount)
	}
	if p.Order != nil {
		o.State = ui.W(ctx, orderStates[p.Order.Status])
		for _, item := range p.Order.Items {
			o.Items = append(o.Items, views.OrderItem{Name: fmt.Sprintf("%d × %s", item.Quantity, item.Name), Amount: inReais(ctx, item.Amount)})
		}
	}
	for _, pay := range p.PaymentSettings {
		switch {
		case pay.PIX != nil:
			o.PIX = pay.PIX.Code
		case pay.Boleto != nil:
			o.Boleto = pay.Boleto.DigitableLine
		case pay.PaymentLink != nil:
			o.Link = pay.PaymentLink.URI
		}
	}
	return o
}

// inReais is money as it is written in Brazil; nothing for what is not known yet.
func inReais(ctx context.Context, a portal.Amount) string {
	if a.Value < 0 {
		return "–"
	}
	return "R$ " + ui.Dec(ctx, float64(a.Value)/float64(max(a.Offset, 1)), 2)
}

// templatePart is a component of a template as it was created.
type templatePart struct {
	Type, Format, Text string
	Secret             bool `json:"add_security_recommendation"`
	Minutes            int  `json:"code_expiration_minutes"`
	Buttons            []struct {
		Type, Text, URL string
		Phone           string `json:"phone_number"`
	}
}

// drawTemplate fills in a template as the phone shows it.
func (t texts) drawTemplate(raw json.RawMessage, v *views.Bubble) {
	var sent sentTemplate
	_ = json.Unmarshal(raw, &sent) // an erased one has no name
	tpl, ok := t[sent.Name+"\n"+sent.Language.Code]
	var parts []templatePart
	if !ok || json.Unmarshal(tpl.Components, &parts) != nil {
		v.Lines = paragraphs(sent.Name)
		return
	}
	for _, part := range parts {
		text := strings.NewReplacer(sent.values(strings.ToLower(part.Type))...).Replace(part.shown(tpl))
		switch strings.ToUpper(part.Type) {
		case "HEADER":
			v.Header = text
			if icon := fileIcons[strings.ToLower(part.Format)]; icon != "" && v.File == nil {
				v.File = &views.File{Icon: icon, Name: capital(strings.ToLower(part.Format))}
			}
		case "BODY":
			v.Lines = paragraphs(text)
		case "FOOTER":
			v.Footer = text
		case "BUTTONS":
			for i, b := range part.Buttons {
				v.Taps = append(v.Taps, templateTap(i, b.Type, b.Text))
			}
		}
	}
}

// templateTap is a button of a template: a quick reply answers, the others lead away.
func templateTap(i int, kind, text string) views.Tap {
	switch strings.ToUpper(kind) {
	case "QUICK_REPLY":
		return views.Tap{Icon: "back", Label: text, Choice: strconv.Itoa(i)}
	case "URL":
		return views.Tap{Icon: "ext", Label: text}
	case "PHONE_NUMBER":
		return views.Tap{Icon: "phone", Label: text}
	case "COPY_CODE", "OTP":
		return views.Tap{Icon: "copy", Label: text}
	}
	return views.Tap{Icon: "right", Label: text}
}

// shown masks what a bubble says.
func (s sight) shown(v views.Bubble) views.Bubble {
	for _, text := range []*string{&v.Header, &v.Footer, &v.Menu} {
		*text = s.text(*text)
	}
	for i := range v.Lines {
		v.Lines[i] = s.text(v.Lines[i])
	}
	for i := range v.Taps {
		v.Taps[i].Label = s.text(v.Taps[i].Label)
	}
	for i := range v.Cards {
		v.Cards[i] = views.Card{Name: s.text(v.Cards[i].Name), Number: s.text(v.Cards[i].Number)}
	}
	for _, section := range v.Sections {
		for i, row := range section.Rows {
			section.Rows[i].Title, section.Rows[i].Text = s.text(row.Title), s.text(row.Text)
		}
	}
	if v.File != nil {
		v.File.Name = s.text(v.File.Name)
	}
	if p := v.Place; p != nil {
		p.Name, p.Address = s.text(p.Name), s.text(p.Address)
	}
	if o := v.Order; o != nil {
		o.PIX, o.Link = s.text(o.PIX), s.text(o.Link)
		for i := range o.Items {
			o.Items[i].Name = s.text(o.Items[i].Name)
		}
	}
	return v
}
