package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// phoneThread is what the customer's screen shows, oldest first.
func (d *Dashboard) phoneThread(ctx context.Context, p *Person, who handset) ([]views.PhoneRow, error) {
	if who.contact == nil {
		return nil, nil
	}
	list, _, err := d.Messaging.List(ctx, p.Tenant(), portal.MessageFilter{ContactID: who.contact.ID}, portal.Page{Limit: threadLength})
	if err != nil {
		return nil, err
	}
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return nil, err
	}
	held, err := d.files(ctx, p, list...)
	if err != nil {
		return nil, err
	}
	screen := screen{texts: known, files: held, rows: map[string]int{}}
	slices.Reverse(list)
	for _, m := range list {
		if m.ChannelID == who.channel.ID {
			screen.add(ctx, m)
		}
	}
	day := ""
	for i := range screen.list {
		if on := ui.Date(ctx, screen.list[i].At); on != day {
			day, screen.list[i].Day = on, on
		}
	}
	return screen.list, nil
}

// screen collects rows; rows finds them by either id of their message.
type screen struct {
	texts texts
	files files
	list  []views.PhoneRow
	rows  map[string]int
}

// add puts a message on the screen. What never left us, or still waits, is not there.
func (s *screen) add(ctx context.Context, m portal.Message) {
	mine := m.Direction == portal.Inbound
	row := views.PhoneRow{ID: m.ID, Mine: mine, At: m.CreatedAt, Status: m.Status}
	if m.AcceptedAt != nil {
		row.At = *m.AcceptedAt
	}
	switch {
	case mine, m.Status == portal.StatusDelivered, m.Status == portal.StatusRead, m.Status == portal.StatusCreated:
	case m.Status == portal.StatusScheduled, m.Status == portal.StatusQueued, m.Status == portal.StatusUnknown:
		return
	default:
		row.Failed = ui.W(ctx, ui.StatusWords(m.Status))
		if m.Failure != nil {
			row.Failed = string(m.Failure.Code)
		}
		s.list = append(s.list, row)
		return
	}
	if m.Type == portal.TypeReaction {
		if target, ok := s.rows[reactionOf(m).Target]; ok {
			s.list[target].Reactions = reactions(s.list[target].Reactions, reactionOf(m).Emoji)
			return
		}
	}
	if at, ok := s.rows[m.ContextMessageID]; ok && m.ContextMessageID != "" {
		row.Quote = firstLine(s.list[at])
	}
	s.draw(ctx, m, &row)
	s.rows[m.ID] = len(s.list)
	if m.ProviderMessageID != "" {
		s.rows[m.ProviderMessageID] = len(s.list)
	}
	s.list = append(s.list, row)
}

type reaction struct {
	Target string `json:"message_id"`
	Emoji  string `json:"emoji"`
}

func reactionOf(m portal.Message) (r reaction) {
	_ = json.Unmarshal(m.Content, &r) // an erased one reacts to nothing
	return r
}

// reactions holds one of each side at most; an empty one takes them back.
func reactions(known []string, emoji string) []string {
	if emoji == "" {
		return nil
	}
	return append(known[:min(len(known), 1)], emoji)
}

func firstLine(row views.PhoneRow) string {
	switch {
	case len(row.Lines) > 0:
		return row.Lines[0]
	case row.File != nil:
		return row.File.Name
	case row.Place != nil:
		return row.Place.Name
	}
	return row.Header
}

// draw fills a row with the content of its message.
func (s *screen) draw(ctx context.Context, m portal.Message, row *views.PhoneRow) {
	if m.FallbackUsed {
		m.Type, m.Content = portal.TypeTemplate, m.Fallback
	}
	row.File = s.files.of(ctx, m)
	switch {
	case m.Type == portal.TypeTemplate:
		s.drawTemplate(m.Content, row)
	case m.Type == portal.TypeContacts:
		drawCards(m.Content, row)
	case m.Type == portal.TypeLocation:
		drawPlace(ctx, m.Content, row)
	case m.Type == portal.TypeInteractive && m.Direction == portal.Outbound:
		drawInteractive(ctx, m.Content, row)
	case fileIcons[m.Type] != "":
		row.Lines = captionIn(m.Content)
	default:
		row.Lines = saidIn(m)
	}
	if len(row.Lines) == 0 && row.File == nil && row.Place == nil && row.Cards == nil && row.Order == nil && row.Header == "" {
		row.Lines = []string{contentKind(ctx, m)}
	}
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

func drawPlace(ctx context.Context, raw json.RawMessage, row *views.PhoneRow) {
	var l struct {
		Name, Address       string
		Latitude, Longitude float64
	}
	if json.Unmarshal(raw, &l) != nil {
		return
	}
	row.Place = &views.PhonePlace{Name: l.Name, Address: l.Address, Degrees: degrees(l.Latitude, "N", "S") + ", " + degrees(l.Longitude, "E", "W")}
	if l.Name == "" {
		row.Place.Name = ui.L(ctx, "Location", "Localização")
	}
}

func drawCards(raw json.RawMessage, row *views.PhoneRow) {
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
		card := views.PhoneCard{Name: c.Name.Formatted}
		if len(c.Phones) > 0 {
			card.Number = c.Phones[0].Phone
		}
		row.Cards = append(row.Cards, card)
	}
}

func drawInteractive(ctx context.Context, raw json.RawMessage, row *views.PhoneRow) {
	var in portal.Interactive
	if json.Unmarshal(raw, &in) != nil {
		return
	}
	row.Lines = paragraphs(in.Body.Text)
	if in.Footer != nil {
		row.Footer = in.Footer.Text
	}
	if h := in.Header; h != nil {
		row.Header = h.Text
	}
	for i, b := range in.Action.Buttons {
		row.Taps = append(row.Taps, views.PhoneTap{Icon: "back", Label: b.Reply.Title, Choice: strconv.Itoa(i)})
	}
	row.Menu = in.Action.Button
	n := 0
	for _, section := range in.Action.Sections {
		part := views.PhoneSection{Title: section.Title}
		for _, r := range section.Rows {
			part.Rows = append(part.Rows, views.PhoneListRow{Title: r.Title, Text: r.Description, Choice: strconv.Itoa(n)})
			n++
		}
		row.Sections = append(row.Sections, part)
	}
	if in.Action.Parameters == nil {
		return
	}
	if in.Action.Parameters.URL != "" {
		row.Taps = append(row.Taps, views.PhoneTap{Icon: "ext", Label: in.Action.Parameters.DisplayText, Href: in.Action.Parameters.URL})
	}
	if in.Action.Parameters.ReferenceID != "" {
		row.Order = phoneOrder(ctx, *in.Action.Parameters)
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

func phoneOrder(ctx context.Context, p portal.ActionParameters) *views.PhoneOrder {
	o := &views.PhoneOrder{Reference: p.ReferenceID}
	if p.TotalAmount != nil {
		o.Total = inReais(ctx, *p.TotalAmount)
	}
	if p.Order != nil {
		o.State = ui.W(ctx, orderStates[p.Order.Status])
		for _, item := range p.Order.Items {
			o.Items = append(o.Items, views.PhoneItem{Name: fmt.Sprintf("%d × %s", item.Quantity, item.Name), Amount: inReais(ctx, item.Amount)})
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

func inReais(ctx context.Context, a portal.Amount) string {
	return "R$ " + ui.Dec(ctx, float64(a.Value)/float64(max(a.Offset, 1)), 2)
}

// templatePart is a component of a template as it was created.
type templatePart struct {
	Type, Format, Text string
	Buttons            []struct {
		Type, Text, URL string
		Phone           string `json:"phone_number"`
	}
}

// drawTemplate fills in a template as the phone shows it.
func (s *screen) drawTemplate(raw json.RawMessage, row *views.PhoneRow) {
	var sent sentTemplate
	_ = json.Unmarshal(raw, &sent) // an erased one has no name
	tpl, ok := s.texts[sent.Name+"\n"+sent.Language.Code]
	var parts []templatePart
	if !ok || json.Unmarshal(tpl.Components, &parts) != nil {
		row.Lines = []string{sent.Name}
		return
	}
	for _, part := range parts {
		text := strings.NewReplacer(sent.values(strings.ToLower(part.Type))...).Replace(part.Text)
		switch strings.ToUpper(part.Type) {
		case "HEADER":
			row.Header = text
			if icon := fileIcons[strings.ToLower(part.Format)]; icon != "" && row.File == nil {
				row.File = &views.File{Icon: icon, Name: capital(strings.ToLower(part.Format))}
			}
		case "BODY":
			row.Lines = paragraphs(text)
		case "FOOTER":
			row.Footer = text
		case "BUTTONS":
			for i, b := range part.Buttons {
				row.Taps = append(row.Taps, templateTap(i, b.Type, b.Text))
			}
		}
	}
}

// templateTap is a button of a template: a quick reply answers, the others lead away.
func templateTap(i int, kind, text string) views.PhoneTap {
	switch strings.ToUpper(kind) {
	case "QUICK_REPLY":
		return views.PhoneTap{Icon: "back", Label: text, Choice: strconv.Itoa(i)}
	case "URL":
		return views.PhoneTap{Icon: "ext", Label: text}
	case "PHONE_NUMBER":
		return views.PhoneTap{Icon: "phone", Label: text}
	case "COPY_CODE", "OTP":
		return views.PhoneTap{Icon: "copy", Label: text}
	}
	return views.PhoneTap{Icon: "right", Label: text}
}

// numberDigits are the digits of a typed number, with those of its country.
func numberDigits(text, country string) (string, error) {
	n, err := phone.Parse(text, country)
	return phone.Digits(n.E164), err
}
