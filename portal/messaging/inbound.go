package messaging

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// maxInboundText is the longest text a person can write, in characters.
const maxInboundText = 4096

// InboundDraft is a message that a person is made to write, in test.
type InboundDraft struct {
	From string // the person's phone
	To   string // "chn_…" or the phone of a channel; "" = the default channel
	Text string
	Name string // profile name, or ""
}

// InboundTx takes a text as if the person had just written it, in the caller's
// transaction: the same code takes what WhatsApp calls back with. Only in the
// test environment; environment_mismatch in live.
func (s *Service) InboundTx(tx *store.Tx, c portal.Caller, d InboundDraft) (m portal.Message, err error) {
	defer portal.Wrap(&err, "Inbound")
	if c.Environment != portal.Test {
		return m, portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	var bad shape
	bad.add(d.From == "", "/from", portal.FieldRequired)
	bad.add(d.Text == "", "/text/body", portal.FieldRequired)
	bad.add(utf8.RuneCountInString(d.Text) > maxInboundText, "/text/body", portal.FieldTooLong)
	bad.add(utf8.RuneCountInString(d.Name) > maxReference, "/name", portal.FieldTooLong)
	if len(bad.fields) > 0 {
		return m, portal.Refuse(portal.CodeValidationFailed, bad.fields...)
	}
	from, err := phone.Parse(d.From, c.Account.Country)
	if err != nil {
		return m, portal.Refuse(portal.CodeInvalidNumber, portal.FieldError{Pointer: "/from", Code: portal.FieldInvalidFormat})
	}
	channel, err := channelNamed(tx, c, d.To, "/to")
	if err != nil {
		return m, err
	}
	if channel.ID == "" {
		return m, portal.Refuse(portal.CodeNoChannel)
	}
	content, err := json.Marshal(portal.Text{Body: d.Text})
	if err != nil {
		return m, err
	}
	if err := tx.SimulatorWrote(channel.ID, from.E164, tx.Now()); err != nil {
		return m, err
	}
	return s.receive(tx, channel, whatsapp.Inbound{
		PhoneNumberID: channel.PhoneNumberID, MessageID: whatsapp.NewMessageID(phone.Digits(from.E164), whatsapp.FromPerson), From: phone.Digits(from.E164),
		ProfileName: d.Name, Type: portal.TypeText, At: tx.Now(), Text: d.Text, Content: content,
	})
}

// receive stores what a person wrote to a channel: it opens the window, and
// keeps a wish to be left alone. A repeated message changes nothing and is
// returned as it was stored.
func (s *Service) receive(tx *store.Tx, channel portal.Channel, in whatsapp.Inbound) (m portal.Message, err error) {
	t := portal.Tenant{AccountID: channel.AccountID, Environment: channel.Environment}
	if m, err = tx.MessageOfProvider(t, channel.ID, in.MessageID); portal.CodeOf(err) != portal.CodeNotFound {
		return m, err
	}
	at := earlier(in.At, tx.Now()) // a clock ahead of ours must not hold the window open
	n := numberOf(in.From)
	contact, err := author(tx, channel, n, in, at)
	if err != nil {
		return m, err
	}
	conversation, err := tx.Conversation(t, contact.ID)
	if err != nil {
		return m, err
	}
	m = inboundMessage(tx.Now(), channel, in)
	m.From, m.ContactID, m.ContactExternalID, m.ConversationID = n.E164, contact.ID, contact.ExternalID, conversation.ID
	if in.ContextID != "" {
		answered, err := tx.MessageOfProvider(t, channel.ID, in.ContextID)
		if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
			return m, err
		}
		m.ContextMessageID = answered.ID
	}
	if err := receiveFile(tx, &m); err != nil {
		return m, err
	}
	if m.Content, err = reactedTo(tx, t, channel.ID, m); err != nil {
		return m, err
	}
	if err := tx.InsertMessage(m, nil, nil); err != nil || m.Type == "system" {
		return m, err
	}
	return m, s.wrote(tx, m)
}

// reactedTo returns the content of a message with our id of the message that a
// reaction is on; null when it is none of ours.
func reactedTo(tx *store.Tx, t portal.Tenant, channelID string, m portal.Message) (json.RawMessage, error) {
	var r struct {
		MessageID *string `json:"message_id"`
		Emoji     string  `json:"emoji"`
	}
	if m.Type != portal.TypeReaction || !readable(m.Content, &r) || r.MessageID == nil {
		return m.Content, nil
	}
	on, err := tx.MessageOfProvider(t, channelID, *r.MessageID)
	if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
		return nil, err
	}
	if r.MessageID = &on.ID; on.ID == "" {
		r.MessageID = nil
	}
	return json.Marshal(r)
}

// readable decodes JSON of WhatsApp; false when it has another shape, which is kept as it came.
func readable(raw json.RawMessage, into any) bool { return json.Unmarshal(raw, into) == nil }

// author returns the person a message came from, after what it means for them:
// their window opens, and a wish to be left alone is kept. What WhatsApp itself
// says in their name is no message of theirs.
func author(tx *store.Tx, channel portal.Channel, n phone.Number, in whatsapp.Inbound, at time.Time) (c portal.Contact, err error) {
	t := channel.Tenant()
	touch := store.Touch{WAID: in.From, UserID: in.UserID, Name: in.ProfileName, Source: "inbound", Inbound: true, At: at}
	if in.Type == "system" {
		if c, err = tx.KnownPerson(t, n, touch); err != nil {
			return c, err
		}
		return c, move(tx, c, numberOf(in.NewNumber()))
	}
	if c, _, err = tx.TouchContact(t, n, touch); err != nil {
		return c, err
	}
	if err := tx.OpenWindow(t, c.ID, channel.ID, at); err != nil {
		return c, err
	}
	if isOptOut(in) {
		err = optOut(tx, t, c.ID, at)
	}
	return c, err
}

// move gives a person the number that WhatsApp says they have now, unless it is
// another contact's. Their windows belonged to the old one.
func move(tx *store.Tx, c portal.Contact, n phone.Number) error {
	if n.E164 == "" || n.E164 == c.Phone {
		return nil
	}
	t := portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}
	_, err := tx.ContactByPhone(t, n.Candidates)
	if portal.CodeOf(err) != portal.CodeNotFound {
		return err // somebody has it, and what two contacts are is for a person to say
	}
	if err := tx.KeepOptOut(c); err != nil {
		return err
	}
	c.Phone, c.WAID = n.E164, ""
	if err := tx.UpdateContact(&c); err != nil {
		return err
	}
	return tx.CloseWindows(c)
}

func inboundMessage(now time.Time, channel portal.Channel, in whatsapp.Inbound) portal.Message {
	m := portal.Message{
		ID: portal.NewID(portal.PrefixMessage), AccountID: channel.AccountID, Environment: channel.Environment,
		Direction: portal.Inbound, Status: portal.StatusReceived, Type: in.Type, To: channel.Phone, ChannelID: channel.ID,
		WAID: in.From, Category: "service", Source: "whatsapp", ProviderMessageID: in.MessageID, Sequence: 1,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now,
	}
	if json.Valid(in.Content) {
		m.Content = in.Content
	}
	return m
}

// numberOf reads a number as WhatsApp writes it; zero when it hides the phone.
func numberOf(waID string) phone.Number {
	n, err := phone.Parse("+"+waID, "")
	if err != nil {
		return phone.Number{}
	}
	return n
}

// optOut keeps that the person wants no more messages of any kind.
func optOut(tx *store.Tx, t portal.Tenant, contactID string, at time.Time) error {
	out, source := portal.OptedOut, portal.ConsentByPerson
	_, _, err := tx.SetConsent(t, contactID, portal.ConsentChange{Status: &out, Marketing: &out, Source: &source, At: &at})
	return err
}
