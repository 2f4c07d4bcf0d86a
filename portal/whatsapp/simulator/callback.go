package simulator

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

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
func (s *Simulator) schedule(ctx context.Context, ph Phone, wamid string, m message) error {
	b, now := behaviorOf(m.to), s.now()
	callbacks := make([]Callback, 0, len(b.statuses)+1)
	add := func(due time.Time, value map[string]any) error {
		cb, err := newCallback(ph, due, value)
		callbacks = append(callbacks, cb)
		return err
	}
	for _, st := range b.statuses {
		if err := add(now.Add(st.after), statusValue(wamid, m, st, now)); err != nil {
			return err
		}
	}
	if b.reply != "" {
		due := now.Add(replyAfter)
		if err := add(due, inboundValue(b.waID, newWAMID(m.to.E164, inbound), b.reply, due)); err != nil {
			return err
		}
	}
	if err := s.journal.Schedule(ctx, callbacks); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	return nil
}

func statusValue(wamid string, m message, st step, accepted time.Time) map[string]any {
	status := map[string]any{
		"id":           wamid,
		"status":       st.status,
		"timestamp":    unix(accepted.Add(cmp.Or(st.happened, st.after))),
		"recipient_id": behaviorOf(m.to).waID,
	}
	if m.correlation != "" {
		status["biz_opaque_callback_data"] = m.correlation
	}
	if st.status == "sent" || st.status == "delivered" {
		status["pricing"] = m.pricing
	}
	if st.code != 0 {
		status["errors"] = []map[string]any{{
			"code": st.code, "title": st.title, "message": st.title,
			"error_data": map[string]string{"details": st.title + " (simulated)."},
		}}
	}
	return map[string]any{"statuses": []any{status}}
}

// Inbound has the person at the number from (E.164) write text to ph: the
// callback is stored, and due now. profileName may be "".
func (s *Simulator) Inbound(ctx context.Context, ph Phone, from, text, profileName string) (err error) {
	defer portal.Wrap(&err, "Inbound(%s)", ph.ID)
	number, err := phone.Parse(from, "")
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(text); n == 0 || n > maxText {
		return portal.Refuse(portal.CodeValidationFailed)
	}
	now, waID := s.now(), phone.Digits(number.E164)
	value := inboundValue(waID, newWAMID(number.E164, inbound), text, now)
	if profileName != "" {
		value["contacts"] = []any{map[string]any{"wa_id": waID, "profile": map[string]string{"name": profileName}}}
	}
	cb, err := newCallback(ph, now, value)
	if err != nil {
		return err
	}
	return s.journal.Schedule(ctx, []Callback{cb})
}

// inboundValue is a text that a person wrote.
func inboundValue(waID, wamid, text string, at time.Time) map[string]any {
	return map[string]any{
		"contacts": []any{map[string]any{"wa_id": waID}},
		"messages": []any{map[string]any{
			"from": waID, "id": wamid, "timestamp": unix(at), "type": "text", "text": map[string]string{"body": text},
		}},
	}
}

// newCallback puts value into Meta's envelope.
func newCallback(ph Phone, due time.Time, value map[string]any) (Callback, error) {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]string{"display_phone_number": phone.Digits(ph.Number), "phone_number_id": ph.ID}
	body, err := marshalASCII(map[string]any{
		"object": "whatsapp_business_account",
		"entry":  []any{map[string]any{"id": ph.WABA, "changes": []any{map[string]any{"field": "messages", "value": value}}}},
	})
	return Callback{ID: portal.NewID(callbackPrefix), ChannelID: ph.ChannelID, DueAt: due, Body: body}, err
}

// ErrPanicked means that delivering a callback panicked, so that the callback
// itself may be what is wrong.
var ErrPanicked = errors.New("delivering the callback panicked")

// DeliverDue makes one pass over the callbacks that are due and returns how many
// it tried. What the receiver does not answer with 200 is postponed by the journal.
func (s *Simulator) DeliverDue(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "DeliverDue")
	return s.journal.Deliver(ctx, batch, func(cb Callback) (err error) {
		p := lanes.Contain(func() { err = s.deliver(ctx, cb) })
		if p != nil {
			s.log.ErrorContext(ctx, "simulator callback panicked", "callback", cb.ID, "panic", p.Value, "stack", p.Stack)
			return ErrPanicked
		}
		if err != nil {
			s.log.WarnContext(ctx, "simulator callback postponed", "callback", cb.ID, "channel", cb.ChannelID, "error", err)
		}
		return err
	})
}

func (s *Simulator) deliver(ctx context.Context, cb Callback) error {
	ph, err := s.sender(ctx, cb)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, receiveTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		"http://127.0.0.1/hooks/whatsapp/"+cb.ChannelID, bytes.NewReader(cb.Body))
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set(whatsapp.SignatureHeader, whatsapp.Sign(ph.AppSecret, cb.Body))
	resp, err := whatsapp.HandlerTransport(s.receive).RoundTrip(req)
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("receive: status %d", resp.StatusCode)
	}
	return nil
}

var errForeignCallback = errors.New("the journal holds a callback that names no phone")

// sender finds the phone in the callback itself, so that it is signed with the
// secret of now.
func (s *Simulator) sender(ctx context.Context, cb Callback) (Phone, error) {
	c, err := whatsapp.ParseCallback(cb.Body)
	if err != nil {
		return Phone{}, err
	}
	switch {
	case len(c.Statuses) > 0:
		return s.journal.Phone(ctx, c.Statuses[0].PhoneNumberID)
	case len(c.Inbound) > 0:
		return s.journal.Phone(ctx, c.Inbound[0].PhoneNumberID)
	default:
		return Phone{}, errForeignCallback
	}
}

// marshalASCII writes JSON as Meta does: everything above U+007F escaped.
func marshalASCII(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("marshal: %w", err)
	}
	escaped := make([]byte, 0, len(raw))
	for _, r := range string(raw) {
		switch {
		case r < utf8.RuneSelf:
			escaped = append(escaped, byte(r))
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped, nil
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

const wamidPrefix = "wamid."

// The directions of a message inside its id.
const (
	outbound = 0x11
	inbound  = 0x12
)

// newWAMID returns an id of Meta's form: the person's digits and a random key
// in a small binary record.
func newWAMID(e164 string, direction byte) string {
	var key [9]byte
	rand.Read(key[:]) // never fails (crypto/rand)
	digits, id := phone.Digits(e164), strings.ToUpper(hex.EncodeToString(key[:]))
	record := append([]byte{0x1c, 0x18, byte(len(digits))}, digits...)
	record = append(record, 0x15, 0x02, 0x00, direction, 0x18, byte(len(id)))
	record = append(record, id...)
	return wamidPrefix + base64.StdEncoding.EncodeToString(append(record, 0))
}
