package simulator

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

// Written is a message that a person writes to a number.
type Written struct {
	From     string          `json:"from"`              // the person's phone, or what Person knows them by
	Name     string          `json:"name,omitempty"`    // of the profile, or ""
	UserID   string          `json:"user_id,omitempty"` // the person's id in this business, or ""
	Hidden   bool            `json:"hidden,omitempty"`  // the number is not told, only UserID
	Type     string          `json:"type"`              // "" = text
	Text     string          `json:"text,omitempty"`    // of a text
	Content  json.RawMessage `json:"content,omitempty"` // Meta's object of any other type
	ReplyTo  string          `json:"reply_to,omitempty"`
	Forwards int             `json:"forwards,omitempty"` // how often it was forwarded before; from five on: frequently
	Referral json.RawMessage `json:"referral,omitempty"` // the ad that was clicked
	MovesTo  string          `json:"moves_to,omitempty"` // of type system: the person's new number
}

// writtenTypes are what a person can write.
var writtenTypes = []string{
	"audio", "button", "contacts", "document", "image", "interactive", "location", "order", "reaction", "sticker",
	"system", "text", "unsupported", "video",
}

// frequently is from how many forwards on WhatsApp calls a message frequently forwarded.
const frequently = 5

// author is a person as a callback names them.
type author struct{ waID, userID, name string }

// Inbound has the person at the number from (E.164) write text to ph: the
// callback is stored, and due now. profileName may be "".
func (s *Simulator) Inbound(ctx context.Context, ph Phone, from, text, profileName string) (err error) {
	_, err = s.Write(ctx, ph, Written{From: from, Text: text, Name: profileName})
	return err
}

// Write has a person write to ph, which opens the window, and returns the id of
// the message. Its callback is stored, and due now. It refuses what no person
// could write.
func (s *Simulator) Write(ctx context.Context, ph Phone, in Written) (wamid string, err error) {
	defer portal.Wrap(&err, "Write(%s)", ph.ID)
	if in.Type == "" {
		in.Type = "text"
	}
	if pointer := in.problem(); pointer != "" {
		return "", portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: portal.FieldInvalidValue})
	}
	number, err := phone.Parse(in.From, "")
	if err != nil {
		return "", err
	}
	moved := number
	if in.Type == "system" {
		if moved, err = phone.Parse(in.MovesTo, ""); err != nil {
			return "", err
		}
	}
	person, err := s.journal.Person(ctx, ph, number.E164)
	if err != nil {
		return "", err
	}
	now := s.now()
	if err := s.remember(ctx, ph, number.E164, in, now); err != nil {
		return "", err
	}
	wamid = newWAMID(number.E164, inbound)
	who := author{waID: person.waID(number.E164), userID: cmp.Or(in.UserID, person.UserID), name: in.Name}
	if slices.Contains(ph.Settings.Blocked, who.waID) {
		return wamid, nil // Meta does not tell what blocked people write
	}
	in.MovesTo = phone.Digits(moved.E164)
	callbacks := []news{{now, "messages", in.value(who, wamid, now)}}
	if ph.Settings.Chaos.Duplicates {
		callbacks = append(callbacks, news{now.Add(again), "messages", in.value(who, wamid, now)})
	}
	return wamid, s.tell(ctx, ph, callbacks...)
}

// remember keeps what a message tells of its author.
func (s *Simulator) remember(ctx context.Context, ph Phone, key string, in Written, at time.Time) error {
	err := s.journal.SetPerson(ctx, ph, key, func(p *Person) {
		p.WroteAt = at
		if in.Name != "" {
			p.Name = in.Name
		}
		if in.UserID != "" {
			p.UserID = in.UserID
		}
	})
	if err != nil || in.UserID == "" {
		return err
	}
	if err := s.journal.SetPerson(ctx, ph, in.UserID, func(p *Person) { p.WroteAt, p.Phone, p.UserID = at, key, in.UserID }); err != nil {
		return err
	}
	return s.journal.Configure(ctx, ph.ID, func(c *Settings) error { c.People = true; return nil })
}

// problem points to what no person could write, "" when all is well.
func (in Written) problem() string {
	switch n := utf8.RuneCountInString(in.Text); {
	case !slices.Contains(writtenTypes, in.Type):
		return "/type"
	case in.Type == "text" && (n == 0 || n > maxText):
		return "/text"
	case in.Type == "system" && in.MovesTo == "":
		return "/moves_to"
	case in.Hidden && in.UserID == "", in.UserID != "" && !userID.MatchString(in.UserID):
		return "/user_id"
	case len(in.Referral) > 0 && !isObject(in.Referral):
		return "/referral"
	case in.Type == "contacts" && !json.Valid(in.Content):
		return "/content"
	case !slices.Contains([]string{"contacts", "system", "text", "unsupported"}, in.Type) && !isObject(in.Content):
		return "/content"
	}
	return ""
}

func isObject(raw json.RawMessage) bool {
	var o map[string]json.RawMessage
	return json.Unmarshal(raw, &o) == nil && o != nil
}

// value is what the callback says.
func (in Written) value(who author, wamid string, at time.Time) map[string]any {
	message := map[string]any{"id": wamid, "timestamp": unix(at), "type": in.Type}
	contact := map[string]any{}
	if !in.Hidden {
		message["from"], contact["wa_id"] = who.waID, who.waID
	}
	if who.userID != "" {
		message["from_user_id"], contact["user_id"] = who.userID, who.userID
	}
	if who.name != "" {
		contact["profile"] = map[string]string{"name": who.name}
	}
	in.fill(message, who)
	if reply := in.context(); len(reply) > 0 {
		message["context"] = reply
	}
	if len(in.Referral) > 0 {
		message["referral"] = in.Referral
	}
	value := map[string]any{"messages": []any{message}}
	if in.Type != "system" { // Meta tells of a new number without contacts
		value["contacts"] = []any{contact}
	}
	return value
}

// fill writes the object of the type.
func (in Written) fill(message map[string]any, who author) {
	switch in.Type {
	case "text":
		message["text"] = map[string]string{"body": in.Text}
	case "system":
		message["system"] = map[string]string{
			"body": "User changed from " + who.waID + " to " + in.MovesTo, "wa_id": in.MovesTo, "type": "user_changed_number",
		}
	case "unsupported":
		message["errors"] = []any{map[string]any{
			"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
			"error_data": map[string]string{"details": "Message type is currently not supported."},
		}}
	default:
		message[in.Type] = in.Content
	}
}

func (in Written) context() map[string]any {
	reply := map[string]any{}
	if in.ReplyTo != "" {
		reply["id"] = in.ReplyTo
	}
	if in.Forwards >= frequently {
		reply["frequently_forwarded"] = true
	} else if in.Forwards > 0 {
		reply["forwarded"] = true
	}
	return reply
}
