package simulator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/lanes"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

const (
	callbackPrefix = "scb"
	batch          = 256
	receiveTimeout = 10 * time.Second
)

// schedule stores every status that the message will have.
func (s *Simulator) schedule(ctx context.Context, ph Phone, wamid string, m sending) error {
	now := s.now()
	told := make([]news, 0, len(m.ladder)+1)
	for _, st := range m.ladder {
		told = append(told, news{now.Add(st.after), "messages", statusValue(wamid, m, st, now)})
	}
	if m.reply != "" {
		due := now.Add(replyAfter)
		if err := s.journal.SetPerson(ctx, ph, m.person, func(p *Person) { p.WroteAt = due }); err != nil {
			return fmt.Errorf("person: %w", err)
		}
		said := Written{Type: "text", Text: m.reply}
		told = append(told, news{due, "messages", said.value(author{waID: m.waID}, newWAMID(m.to.E164, inbound), due)})
	}
	return s.tell(ctx, ph, told...)
}

// news is one callback to be made: when, of which field, and what it says.
type news struct {
	due   time.Time
	field string
	value map[string]any
}

// tell stores callbacks, if anybody listens to the phone.
func (s *Simulator) tell(ctx context.Context, ph Phone, all ...news) error {
	if !s.heard(ph) {
		return nil
	}
	callbacks := make([]Callback, 0, len(all))
	for _, n := range all {
		cb, err := newCallback(ph, n.due, n.field, n.value)
		if err != nil {
			return err
		}
		callbacks = append(callbacks, cb)
	}
	if len(callbacks) == 0 {
		return nil
	}
	if err := s.journal.Schedule(ctx, callbacks); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return nil
}

// heard reports whether the phone's callbacks have somewhere to go.
func (s *Simulator) heard(ph Phone) bool {
	return !ph.Settings.Unheard && (s.receive != nil || s.address(ph) != "")
}

// address is where the phone's callbacks go over the network, "" = nowhere.
func (s *Simulator) address(ph Phone) string {
	if s.outward == nil {
		return ""
	}
	return cmp.Or(ph.Settings.Callback, s.callback)
}

func statusValue(wamid string, m sending, st step, accepted time.Time) map[string]any {
	status := map[string]any{
		"id":           wamid,
		"status":       st.status,
		"timestamp":    unix(accepted.Add(cmp.Or(st.happened, st.after))),
		"recipient_id": m.waID,
	}
	if m.userID != "" {
		status["recipient_user_id"] = m.userID
	}
	if m.correlation != "" {
		status["biz_opaque_callback_data"] = m.correlation
	}
	if st.status == "sent" || st.status == "delivered" {
		status["pricing"] = m.pricing
	}
	if st.code != 0 {
		title := Title(st.code)
		status["errors"] = []map[string]any{{
			"code": st.code, "title": title, "message": title,
			"error_data": map[string]string{"details": title + " (simulated)."},
			"href":       "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
		}}
	}
	return map[string]any{"statuses": []any{status}}
}

// newCallback puts value into Meta's envelope. What is about a number says
// which one it is.
func newCallback(ph Phone, due time.Time, field string, value map[string]any) (Callback, error) {
	if field == "messages" {
		value["messaging_product"] = "whatsapp"
		value["metadata"] = map[string]string{"display_phone_number": phone.Digits(ph.Number), "phone_number_id": ph.ID}
	}
	entry, err := marshalASCII(map[string]any{
		"id": ph.WABA, "time": due.Unix(), "changes": []any{map[string]any{"field": field, "value": value}},
	})
	return Callback{
		ID: portal.NewID(callbackPrefix), ChannelID: ph.ChannelID, DueAt: due, Body: slices.Concat(envelopeStart, entry, envelopeEnd),
	}, err
}

// ErrPanicked means that delivering a callback panicked, so that the callback
// itself may be what is wrong.
var ErrPanicked = errors.New("delivering the callback panicked")

// DeliverDue makes one pass over the callbacks that are due and returns how many
// it tried. What the receiver does not answer with 200 is postponed by the journal.
func (s *Simulator) DeliverDue(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "DeliverDue")
	return s.journal.Deliver(ctx, batch, func(all []Callback) (err error) {
		p := lanes.Contain(func() { err = s.deliver(ctx, all[0].ChannelID, together(all)) })
		log := s.log.With("callback", all[0].ID, "channel", all[0].ChannelID, "together", len(all))
		if p != nil {
			log.ErrorContext(ctx, "simulator callback panicked", "panic", p.Value, "stack", p.Stack)
			return ErrPanicked
		}
		if err != nil {
			log.WarnContext(ctx, "simulator callback postponed", "error", err)
		}
		return err
	})
}

// together is the body of one call with several callbacks, whose entries stay
// the bytes that they are.
func together(all []Callback) []byte {
	if len(all) == 1 {
		return all[0].Body
	}
	entries := make([][]byte, 0, len(all))
	for _, cb := range all {
		entries = append(entries, bytes.TrimSuffix(bytes.TrimPrefix(cb.Body, envelopeStart), envelopeEnd))
	}
	return slices.Concat(envelopeStart, bytes.Join(entries, []byte{','}), envelopeEnd)
}

// What is around the entries of every callback.
var envelopeStart, envelopeEnd = []byte(`{"entry":[`), []byte(`],"object":"whatsapp_business_account"}`)

// deliver calls the receiver of a channel; the body is signed with the secret of now.
func (s *Simulator) deliver(ctx context.Context, channelID string, body []byte) error {
	ph, err := s.journal.PhoneOf(ctx, channelID)
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	address, transport := s.address(ph), s.outward
	if address == "" {
		if s.receive == nil {
			return errNoReceiver
		}
		address, transport = "http://127.0.0.1/hooks/whatsapp/"+channelID, whatsapp.HandlerTransport(s.receive)
	}
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the callback address is not one")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set(whatsapp.SignatureHeader, whatsapp.Sign(ph.AppSecret, body))
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &RefusedError{Status: resp.StatusCode}
	}
	return nil
}

var errNoReceiver = errors.New("the callback has nowhere to go")

// Redeliver has a callback of the log delivered once more, the same bytes;
// not_found when the log of the phone does not hold it.
func (s *Simulator) Redeliver(ctx context.Context, ph Phone, id string) (err error) {
	defer portal.Wrap(&err, "Redeliver(%s)", id)
	all, err := s.journal.Deliveries(ctx, ph, maxDeliveries)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.ID == id {
			return s.journal.Schedule(ctx, []Callback{{
				ID: portal.NewID(callbackPrefix), ChannelID: ph.ChannelID, DueAt: s.now(), Body: d.Body,
			}})
		}
	}
	return portal.Refuse(portal.CodeNotFound)
}

// maxDeliveries is how far the log of a phone goes back.
const maxDeliveries = 200
