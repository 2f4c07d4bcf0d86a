package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// composed is the body of POST /v1/messages that a form asks for. What the page
// shows as API call, what it checks and what it sends are these same bytes.
type composed struct {
	To   string `json:"to"`
	Type string `json:"type"`
	portal.Content
	Template  *filledTemplate `json:"template,omitempty"`
	From      string          `json:"from,omitempty"`
	Reference string          `json:"reference,omitempty"`
	Context   *answered       `json:"context,omitempty"`
	SendAt    string          `json:"send_at,omitempty"`
	ExpiresAt string          `json:"expires_at,omitempty"`
	Fallback  *filledTemplate `json:"fallback_template,omitempty"`
}

type answered struct {
	MessageID string `json:"message_id"`
}

type filledTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Parameters map[string]string `json:"parameters,omitempty"`
	Components []filledComponent `json:"components,omitempty"`
}

type filledComponent struct {
	Type       string           `json:"type"`
	SubType    string           `json:"sub_type,omitempty"`
	Index      string           `json:"index,omitempty"`
	Parameters []map[string]any `json:"parameters"`
}

// errRaw: what was typed as JSON is not JSON.
var errRaw = errors.New("not JSON")

// body turns the form into the body of the call.
func (c composer) body() ([]byte, error) {
	if c.form.Get("type") == views.KindJSON {
		raw := bytes.TrimSpace([]byte(c.form.Get("json")))
		if !json.Valid(raw) {
			return raw, errRaw
		}
		return raw, nil
	}
	b := composed{To: c.to, From: c.form.Get("from"), Reference: c.text("reference")}
	c.fill(&b)
	if id := c.text("reply_to"); id != "" && b.Type != portal.TypeReaction {
		b.Context = &answered{id}
	}
	start := c.now
	if at, err := time.ParseInLocation("2006-01-02T15:04", c.form.Get("send_at"), c.zone); err == nil {
		start, b.SendAt = at, at.Format(time.RFC3339)
	}
	if life, ok := lives[c.form.Get("expires")]; ok {
		b.ExpiresAt = start.Add(life).Truncate(time.Minute).In(c.zone).Format(time.RFC3339)
	}
	if b.Type != portal.TypeTemplate && b.Type != portal.TypeReaction {
		b.Fallback = c.template("fallback", "f.")
	}
	return plainJSON(b, "")
}

// message is what was written so far, which may not be enough to be sent.
func (c composer) message() portal.Message {
	if c.form.Get("type") == views.KindJSON {
		return portal.Message{}
	}
	var b composed
	c.fill(&b)
	m := portal.Message{Direction: portal.Outbound, Type: b.Type}
	switch {
	case b.Template != nil:
		m.Content, _ = plainJSON(b.Template, "")
	case b.Location != nil && max(math.Abs(b.Location.Latitude), math.Abs(b.Location.Longitude)) > 180:
	default:
		m.Content, _ = b.JSON(b.Type)
	}
	return m
}

// plainJSON writes v as a person would: no HTML escapes.
func plainJSON(v any, indent string) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return bytes.TrimSpace(out.Bytes()), err
}

// lives are the choices of how long a message may wait.
var lives = map[string]time.Duration{"1h": time.Hour, "6h": 6 * time.Hour, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour}

// composer reads a form.
type composer struct {
	form  url.Values
	to    string // as the call names the person
	known texts
	now   time.Time
	zone  *time.Location
}

func (c composer) text(name string) string { return strings.TrimSpace(c.form.Get(name)) }

func (c composer) fill(b *composed) {
	b.Type = c.form.Get("type")
	media := func() portal.File {
		if m := c.text("media"); strings.HasPrefix(m, portal.PrefixMedia+"_") {
			return portal.File{ID: m}
		}
		return portal.File{Link: c.text("media")}
	}
	picture := func() portal.Picture { return portal.Picture{File: media(), Caption: c.text("caption")} }
	switch b.Type {
	case portal.TypeText:
		b.Text = &portal.Text{Body: strings.ReplaceAll(c.form.Get("text"), "\r\n", "\n"), PreviewURL: c.form.Get("preview") == "on"}
	case portal.TypeImage:
		b.Image = new(picture())
	case portal.TypeVideo:
		b.Video = new(picture())
	case portal.TypeAudio:
		b.Audio = new(media())
	case portal.TypeSticker:
		b.Sticker = new(media())
	case portal.TypeDocument:
		b.Document = &portal.Document{Picture: picture(), Filename: c.text("filename")}
	case portal.TypeLocation:
		b.Location = &portal.Location{Latitude: c.degrees("latitude"), Longitude: c.degrees("longitude"), Name: c.text("place"), Address: c.text("address")}
	case portal.TypeContacts:
		b.Contacts = []portal.Card{c.card()}
	case portal.TypeReaction:
		b.Reaction = &portal.Reaction{MessageID: c.text("react_to"), Emoji: c.text("emoji")}
	case portal.TypeTemplate:
		b.Template = c.template("template", "p.")
	default:
		b.Type, b.Interactive = portal.TypeInteractive, c.interactive()
	}
}

// degrees reads a coordinate; what is none is out of range, so that the check names it.
func (c composer) degrees(name string) float64 {
	d, err := strconv.ParseFloat(strings.Replace(c.text(name), ",", ".", 1), 64)
	if err != nil || math.IsNaN(d) || math.IsInf(d, 0) {
		return 1000
	}
	return d
}

func (c composer) card() portal.Card {
	name := c.text("card_name")
	first, last, _ := strings.Cut(name, " ")
	card := portal.Card{Name: portal.CardName{Formatted: name, First: first, Last: strings.TrimSpace(last)}}
	if phone := c.text("card_phone"); phone != "" {
		card.Phones = []portal.CardPhone{{Phone: phone, Type: "CELL"}}
	}
	if email := c.text("card_email"); email != "" {
		card.Emails = []portal.CardEmail{{Email: email, Type: "WORK"}}
	}
	if company := c.text("card_company"); company != "" {
		card.Org = &portal.CardOrg{Company: company}
	}
	return card
}

// template fills the template that a field chooses with the fields behind prefix.
func (c composer) template(field, prefix string) *filledTemplate {
	name, language, ok := strings.Cut(c.form.Get(field), "/")
	if !ok || name == "" {
		if field == "template" {
			return &filledTemplate{}
		}
		return nil
	}
	t := fillTemplate(c.known[name+"\n"+language], func(field string) string { return c.text(prefix + field) })
	t.Name, t.Language.Code = name, language
	return &t
}
