package whatsapp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	quick "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

// MaxCallback is the size of the largest callback Meta sends, in bytes.
const MaxCallback = 3 << 20

// Callback is what one call of WhatsApp told us. Meta batches entries, changes,
// statuses and messages; they are flat here, in their order.
type Callback struct {
	Statuses   []StatusUpdate
	Inbound    []Inbound
	Account    []AccountNews
	Wishes     []Wish
	Troubles   []Trouble
	Templates  []TemplateUpdate
	Unreadable int // parts that should have been one of these and could not be read
}

// StatusUpdate is news of a message that we sent. It repeats, and comes late
// and out of order.
type StatusUpdate struct {
	PhoneNumberID string
	MessageID     string // wamid
	Status        string // sent, delivered, read, failed, played; open
	At            time.Time
	RecipientID   string // the person as WhatsApp writes it; "" when hidden
	UserID        string // the person's id in this business, or ""
	Correlation   string // what Outgoing.Correlation was
	Errors        []ProviderError
	Pricing       json.RawMessage // verbatim, or nil
}

// Inbound is a message that a person sent to one of our numbers.
type Inbound struct {
	PhoneNumberID string
	MessageID     string // wamid
	From          string // the person as WhatsApp writes it; "" when hidden
	UserID        string // the person's id in this business, or ""
	ProfileName   string
	Type          string // text, image, …; open
	At            time.Time
	Text          string          // what can be read as text: body, caption, or the label of the button
	Content       json.RawMessage // the object named by Type, verbatim, or nil
	ContextID     string          // wamid of the message it answers, or ""
}

// NewNumber returns the number that the person has now, as WhatsApp writes it,
// when the message is WhatsApp's word that it changed; else "".
func (in Inbound) NewNumber() string {
	var s struct {
		Type    string `json:"type"`
		WAID    string `json:"wa_id"`
		NewWAID string `json:"new_wa_id"`
	}
	if in.Type != "system" || json.Unmarshal(in.Content, &s) != nil || !strings.HasSuffix(s.Type, "_changed_number") {
		return ""
	}
	return clean(cmp.Or(s.WAID, s.NewWAID))
}

// Wish is what a person chose inside WhatsApp about the business's marketing.
type Wish struct {
	PhoneNumberID string
	From          string // the person as WhatsApp writes it; "" when hidden
	UserID        string
	Stop          bool // false: the person wants marketing again
	At            time.Time
}

// Trouble is an error of a number that belongs to none of its messages.
type Trouble struct {
	PhoneNumberID string
	ProviderError
}

// ParseCallback reads the body of a callback whose signature was verified. It
// ignores fields and kinds it does not know, skips and counts a part it cannot
// read, and refuses only what is too large or not JSON.
func ParseCallback(raw []byte) (Callback, error) {
	var c Callback
	if len(raw) > MaxCallback {
		return c, portal.Refuse(portal.CodeBodyTooLarge)
	}
	var envelope struct {
		Object string `json:"object"`
		Entry  []struct {
			ID      string `json:"id"`
			Changes []struct {
				Field string          `json:"field"`
				Value json.RawMessage `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	// What is kept verbatim must be text that any store takes.
	raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	if unmarshal(raw, &envelope) != nil {
		return c, portal.Refuse(portal.CodeMalformedJSON)
	}
	if envelope.Object != "whatsapp_business_account" {
		c.Unreadable++
		return c, nil
	}
	for _, entry := range envelope.Entry {
		for _, change := range entry.Changes {
			switch {
			case change.Field == "messages":
				c.readMessages(change.Value)
			case change.Field == "user_preferences":
				c.readWishes(change.Value)
			case slices.Contains(accountFields, change.Field):
				c.readAccount(entry.ID, change.Field, change.Value)
			case templateFields[change.Field]:
				c.readTemplate(entry.ID, change.Value)
			}
		}
	}
	return c, nil
}

// unmarshal is json.Unmarshal in half the time, which counts where every status
// of every message passes. Of a repeated name it takes the last, too.
func unmarshal(raw []byte, into any) error {
	return quick.Unmarshal(raw, into, jsontext.AllowDuplicateNames(true)) //nolint:wrapcheck // nobody sees it
}

// readMessages reads the value of one change of the field messages.
func (c *Callback) readMessages(raw json.RawMessage) {
	var value struct {
		Metadata struct {
			PhoneNumberID string `json:"phone_number_id"`
		} `json:"metadata"`
		Contacts []wireContact     `json:"contacts"`
		Statuses []json.RawMessage `json:"statuses"`
		Messages []json.RawMessage `json:"messages"`
		Errors   []wireError       `json:"errors"`
	}
	err := unmarshal(raw, &value)
	phoneNumberID := clean(value.Metadata.PhoneNumberID)
	if err != nil || phoneNumberID == "" {
		c.Unreadable++
		return
	}
	for _, s := range value.Statuses {
		if update, ok := readStatus(s); ok {
			update.PhoneNumberID = phoneNumberID
			c.Statuses = append(c.Statuses, update)
		} else {
			c.Unreadable++
		}
	}
	for _, e := range value.Errors {
		if e.Code != nil {
			c.Troubles = append(c.Troubles, Trouble{phoneNumberID, *e.public()})
		}
	}
	for _, m := range value.Messages {
		if in, ok := readInbound(m, value.Contacts); ok {
			in.PhoneNumberID = phoneNumberID
			c.Inbound = append(c.Inbound, in)
		} else {
			c.Unreadable++
		}
	}
}

// readWishes reads the value of one change of the field user_preferences.
func (c *Callback) readWishes(raw json.RawMessage) {
	var value struct {
		Metadata struct {
			PhoneNumberID string `json:"phone_number_id"`
		} `json:"metadata"`
		Preferences []struct {
			WAID      string      `json:"wa_id"`
			UserID    string      `json:"user_id"`
			Category  string      `json:"category"`
			Value     string      `json:"value"`
			Timestamp unixSeconds `json:"timestamp"`
		} `json:"user_preferences"`
	}
	phoneNumberID := ""
	if json.Unmarshal(raw, &value) == nil {
		phoneNumberID = clean(value.Metadata.PhoneNumberID)
	}
	if phoneNumberID == "" {
		c.Unreadable++
		return
	}
	for _, p := range value.Preferences {
		known := p.Category == "marketing_messages" && (p.Value == "stop" || p.Value == "resume")
		if !known || p.Timestamp.IsZero() || p.WAID == "" && p.UserID == "" {
			c.Unreadable++
			continue
		}
		c.Wishes = append(c.Wishes, Wish{
			PhoneNumberID: phoneNumberID, From: clean(p.WAID), UserID: clean(p.UserID), Stop: p.Value == "stop", At: p.Timestamp.Time,
		})
	}
}

func readStatus(raw json.RawMessage) (StatusUpdate, bool) {
	var s struct {
		ID              string          `json:"id"`
		Status          string          `json:"status"`
		Timestamp       unixSeconds     `json:"timestamp"`
		RecipientID     string          `json:"recipient_id"`
		RecipientUserID string          `json:"recipient_user_id"`
		Correlation     string          `json:"biz_opaque_callback_data"`
		Pricing         json.RawMessage `json:"pricing"`
		Errors          []wireError     `json:"errors"`
	}
	if unmarshal(raw, &s) != nil || s.Timestamp.IsZero() {
		return StatusUpdate{}, false
	}
	update := StatusUpdate{
		MessageID:   clean(s.ID),
		Status:      clean(s.Status),
		At:          s.Timestamp.Time,
		RecipientID: clean(s.RecipientID),
		UserID:      clean(s.RecipientUserID),
		Correlation: clean(s.Correlation),
	}
	if len(s.Pricing) > 0 && s.Pricing[0] == '{' {
		update.Pricing = s.Pricing
	}
	for _, e := range s.Errors {
		if e.Code != nil {
			update.Errors = append(update.Errors, *e.public())
		}
	}
	return update, update.MessageID != "" && update.Status != ""
}

type wireContact struct {
	WAID    string `json:"wa_id"`
	UserID  string `json:"user_id"`
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
}

func readInbound(raw json.RawMessage, contacts []wireContact) (Inbound, bool) {
	var m struct {
		ID         string      `json:"id"`
		From       string      `json:"from"`
		FromUserID string      `json:"from_user_id"`
		Type       string      `json:"type"`
		Timestamp  unixSeconds `json:"timestamp"`
		Context    struct {
			ID string `json:"id"`
		} `json:"context"`
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil || json.Unmarshal(raw, &all) != nil || m.Timestamp.IsZero() {
		return Inbound{}, false
	}
	who := author(m.From, m.FromUserID, contacts)
	in := Inbound{
		MessageID:   clean(m.ID),
		From:        clean(m.From),
		UserID:      clean(cmp.Or(m.FromUserID, who.UserID)),
		ProfileName: clean(who.Profile.Name),
		Type:        clean(m.Type),
		At:          m.Timestamp.Time,
		Content:     all[m.Type],
		ContextID:   clean(m.Context.ID),
	}
	in.Text = clean(readText(in.Content))
	in.Content = withOrigin(in.Content, all)
	return in, in.MessageID != "" && in.Type != "" && (in.From != "" || in.UserID != "")
}

// withOrigin adds to the content of a message how it came, as WhatsApp tells it
// beside the content: forwarded, about a product, from an ad, or of a type that
// it cannot hand over. Contents that are no object stay as they are.
func withOrigin(content json.RawMessage, all map[string]json.RawMessage) json.RawMessage {
	var context map[string]json.RawMessage
	_ = json.Unmarshal(all["context"], &context) // most messages have none
	origin := map[string]json.RawMessage{
		"forwarded": context["forwarded"], "frequently_forwarded": context["frequently_forwarded"],
		"referred_product": context["referred_product"], "referral": all["referral"], "errors": all["errors"],
	}
	object := map[string]json.RawMessage{}
	if content != nil && json.Unmarshal(content, &object) != nil {
		return content
	}
	added := false
	for name, value := range origin {
		if value != nil && object[name] == nil && string(value) != "false" && string(value) != "null" {
			object[name], added = value, true
		}
	}
	if !added {
		return content
	}
	out, err := json.Marshal(object)
	if err != nil {
		return content
	}
	return out
}

// author finds the contact that wrote; a lone contact is the author even if
// WhatsApp spells the number in two ways.
func author(from, userID string, contacts []wireContact) wireContact {
	for _, c := range contacts {
		if c.WAID != "" && c.WAID == from || c.UserID != "" && c.UserID == userID {
			return c
		}
	}
	if len(contacts) == 1 {
		return contacts[0]
	}
	return wireContact{}
}

// readText finds the text in the object of any type: text.body, a caption, the
// text of a button, the title of a chosen reply.
func readText(content json.RawMessage) string {
	var t struct {
		Body    string `json:"body"`
		Text    string `json:"text"`
		Caption string `json:"caption"`
		Button  struct {
			Title string `json:"title"`
		} `json:"button_reply"`
		List struct {
			Title string `json:"title"`
		} `json:"list_reply"`
	}
	if json.Unmarshal(content, &t) != nil {
		return ""
	}
	return cmp.Or(t.Body, t.Text, t.Caption, t.Button.Title, t.List.Title)
}

// unixSeconds reads Meta's timestamps, which are strings, and sometimes numbers.
type unixSeconds struct{ time.Time }

func (u *unixSeconds) UnmarshalJSON(raw []byte) error {
	seconds, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	// Out of range counts as missing: one status without a time is not a broken callback.
	if err == nil && seconds > 0 && seconds <= math.MaxUint32 {
		u.Time = time.Unix(seconds, 0).UTC()
	}
	return nil
}

// clean removes NUL, which PostgreSQL refuses in text.
func clean(s string) string { return strings.ReplaceAll(s, "\x00", "") }
