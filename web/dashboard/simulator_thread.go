package dashboard

import (
	"context"
	"encoding/json"
	"slices"

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
	row.Bubble = s.texts.bubble(ctx, m, s.files)
	if row.Empty() {
		row.Lines = []string{contentKind(ctx, m)}
	}
}

// numberDigits are the digits of a typed number, with those of its country.
func numberDigits(text, country string) (string, error) {
	n, err := phone.Parse(text, country)
	return phone.Digits(n.E164), err
}
