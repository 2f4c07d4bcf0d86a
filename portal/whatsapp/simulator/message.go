package simulator

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal/phone"
)

// The limits of the envelope and of the types.
const (
	maxBody        = 1 << 20
	maxCorrelation = 512
	maxID          = 512
)

// message is a valid request to send.
type message struct {
	input       string // the recipient as the caller wrote it
	to          phone.Number
	person      string // E.164, or the id of a person whose number is hidden
	kind        string
	correlation string
	pricing     pricing
}

// pricing is what a status says about the price of its message.
type pricing struct {
	Billable bool   `json:"billable"`
	Model    string `json:"pricing_model"`
	Type     string `json:"type"`
	Category string `json:"category"`
}

// kinds are the types of message, each with the check of what the request
// holds under its name.
var kinds = map[string]func(request object) (pricing, error){
	"audio":       free("audio", media()),
	"contacts":    checkContacts,
	"document":    free("document", media("caption", "filename")),
	"image":       free("image", media("caption")),
	"interactive": free("interactive", checkInteractive),
	"location":    free("location", checkLocation),
	"reaction":    free("reaction", checkReaction),
	"sticker":     free("sticker", media()),
	"template":    func(object) (pricing, error) { return pricing{}, nil }, // checkTemplate, which needs the account
	"text":        free("text", checkText),
	"video":       free("video", media("caption")),
}

// messages answers POST /{phone-number-id}/messages.
func (s *Simulator) messages(r *http.Request, ph Phone) (any, error) {
	o, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if o.has("status") {
		return s.markRead(r.Context(), ph, o)
	}
	m, err := readMessage(o, ph)
	if err != nil {
		return nil, err
	}
	if m.kind == "template" {
		if m.pricing, err = s.checkTemplate(r.Context(), ph, o); err != nil {
			return nil, err
		}
	}
	b, err := s.behave(r.Context(), ph, m)
	if err != nil {
		return nil, err
	}
	if b.hangUp {
		panic(http.ErrAbortHandler) // how a handler hangs up without an answer
	}
	if err := s.refuse(ph, m, b); err != nil {
		wait(r.Context(), b.delay)
		return nil, err
	}
	wamid := newWAMID(m.to.E164, outbound)
	if err := s.schedule(r.Context(), ph, wamid, sending{m, b}); err != nil {
		return nil, err
	}
	s.kept.add(ph, wamid, sending{m, b}, o, s.now())
	if b.drop {
		panic(http.ErrAbortHandler)
	}
	wait(r.Context(), b.delay)
	contact := map[string]string{"input": m.input, "wa_id": b.waID}
	if b.userID != "" {
		contact["user_id"] = b.userID
	}
	return map[string]any{
		"messaging_product": "whatsapp",
		"contacts":          []map[string]string{contact},
		"messages":          []map[string]string{{"id": wamid, "message_status": "accepted"}},
	}, nil
}

// sending is a message and what happens to it.
type sending struct {
	message
	behavior
}

// refuse returns why the number does not take the message now.
func (s *Simulator) refuse(ph Phone, m message, b behavior) error {
	set := ph.Settings
	switch {
	case set.Leaving.Deregistered:
		return explained(133010, "The number is not registered with the Cloud API.")
	case slices.Contains(set.Blocked, b.waID):
		return explained(130403, "The number blocks this person.")
	case b.logsOut:
		s.memory.logOut(ph.ID, s.now().Add(loggedOut))
		return errBadToken
	case b.fault != nil:
		return b.fault
	case b.refusal == nil:
		return nil
	}
	// Without our id of the message, all to the same person count as one.
	key := ph.ID + " " + cmp.Or(m.correlation, m.to.E164)
	if f := b.refusal(m.kind, s.memory.next(key, s.now())); f != nil {
		return f
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func readBody(r *http.Request) (object, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return object{}, invalid("The parameter messaging_product is required.")
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return object{}, fmt.Errorf("read body: %w", err)
	}
	if len(raw) > maxBody {
		return object{}, invalid("The request is too large.")
	}
	o, err := parseObject("", raw)
	if err != nil {
		return o, err
	}
	if product, err := o.optionalText("messaging_product", maxID); err != nil || product != "whatsapp" {
		return o, invalid("The parameter messaging_product is required and must be whatsapp.")
	}
	return o, nil
}

// markRead answers a read receipt, with or without a typing indicator, which the
// author of the message then sees.
func (s *Simulator) markRead(ctx context.Context, ph Phone, o object) (any, error) {
	if err := o.only("messaging_product", "status", "message_id", "typing_indicator"); err != nil {
		return nil, err
	}
	if status, err := o.text("status", maxID); err != nil || status != "read" {
		return nil, badValue("Param status must be read.")
	}
	if err := checkWAMID(o); err != nil {
		return nil, err
	}
	if o.has("typing_indicator") {
		typing, err := o.child("typing_indicator")
		if err != nil {
			return nil, err
		}
		if kind, err := typing.text("type", maxID); err != nil || kind != "text" {
			return nil, badValue("Param typing_indicator['type'] must be text.")
		}
		if err := s.showTyping(ctx, ph, o); err != nil {
			return nil, err
		}
	}
	return success, nil
}

// readMessage checks everything about a message before anything happens.
func readMessage(o object, ph Phone) (message, error) {
	m := message{}
	kind, err := o.optionalText("type", maxID)
	if err != nil {
		return m, err
	}
	if kind == "" {
		kind = "text"
	}
	m.kind = kind
	check, ok := kinds[kind]
	if !ok {
		return m, refused(131051, "Unsupported message type", "Message type is not supported by the simulator.")
	}
	known := []string{"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data", kind}
	if err := o.only(known...); err != nil {
		return m, err
	}
	if err := m.readRecipient(o, ph); err != nil {
		return m, err
	}
	m.pricing, err = check(o)
	return m, err
}

func (m *message) readRecipient(o object, ph Phone) (err error) {
	if recipient, err := o.optionalText("recipient_type", maxID); err != nil || recipient != "" && recipient != "individual" {
		return badValue("Param recipient_type must be individual.")
	}
	if err := m.readAddress(o, ph); err != nil {
		return err
	}
	if m.correlation, err = o.optionalText("biz_opaque_callback_data", maxCorrelation); err != nil {
		return err
	}
	if !o.has("context") {
		return nil
	}
	reply, err := o.child("context")
	if err != nil {
		return err
	}
	if err := reply.only("message_id"); err != nil {
		return err
	}
	return checkWAMID(reply)
}

// readAddress takes a phone number or, in its place, the id of a person.
func (m *message) readAddress(o object, ph Phone) (err error) {
	if o.has("recipient") && !o.has("to") {
		if m.person, err = o.text("recipient", maxID); err == nil && !userID.MatchString(m.person) {
			err = badValue("Param recipient is not the id of a person.")
		}
		m.input = m.person
		return err
	}
	if m.input, err = o.text("to", maxID); err != nil {
		return err
	}
	if m.to, err = phone.Parse("+"+strings.TrimPrefix(m.input, "+"), ""); err != nil {
		return badValue("Param to is not a phone number.")
	}
	if m.to.E164 == ph.Number {
		return errToOneself
	}
	m.person = m.to.E164
	return nil
}

// userID is the form of a person's id in a business: the country and a key.
var userID = regexp.MustCompile(`^[A-Z]{2}\.[0-9A-Za-z]{1,128}$`)

func checkWAMID(o object) error {
	id, err := o.text("message_id", maxID)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(id, wamidPrefix) {
		return badValue("Param message_id is not the id of a message.")
	}
	return nil
}
