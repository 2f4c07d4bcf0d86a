package messaging

import (
	"encoding/json"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
)

// The limits of a draft.
const (
	maxReference  = 255
	maxName       = 512
	maxLanguage   = 20
	maxParameter  = 1024
	maxRecipient  = 300
	maxComponents = 64 << 10

	minExpiry     = 30 * time.Second
	maxExpiry     = 30 * 24 * time.Hour
	maxSchedule   = 30 * 24 * time.Hour
	defaultExpiry = 24 * time.Hour
)

// Draft is a message as its caller wants it.
type Draft struct {
	To               string // a phone, "ctc_…" or "ext:YOURID"
	From             string // "chn_…" or the phone of a channel; "" = the default channel
	Type             string // portal.TypeTemplate or the name of a free-form content
	Content          portal.Content
	Template         *TemplateRef
	Reference        string
	ContextMessageID string // "msg_…" that it answers, or ""
	SendAt           *time.Time
	ExpiresAt        *time.Time
	Fallback         *TemplateRef // goes out instead of free-form content when the window is closed
}

// TemplateRef names a template and fills it: by Parameters (name → text) or by
// Components in Meta's shape, not both.
type TemplateRef struct {
	Name       string
	Language   string
	Components json.RawMessage
	Parameters map[string]string
}

// wireTemplate is how a TemplateRef is kept in a message.
type wireTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components json.RawMessage   `json:"components,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
}

func (t *TemplateRef) content() (json.RawMessage, error) {
	w := wireTemplate{Name: t.Name, Components: t.Components, Parameters: t.Parameters}
	w.Language.Code = t.Language
	return json.Marshal(w)
}

func readTemplateRef(content json.RawMessage) (t TemplateRef, err error) {
	var w wireTemplate
	err = json.Unmarshal(content, &w)
	return TemplateRef{Name: w.Name, Language: w.Language.Code, Components: w.Components, Parameters: w.Parameters}, err
}

// shape collects what is wrong with a draft by itself, whatever the account knows.
type shape struct {
	fields    []portal.FieldError
	permitted []netip.Prefix // private addresses that links may name
}

func (s *shape) add(bad bool, pointer, code string) {
	if bad {
		s.fields = append(s.fields, portal.FieldError{Pointer: pointer, Code: code})
	}
}

// checkShape returns validation_failed with every field that no account could send.
func checkShape(d Draft, now time.Time, permitted ...netip.Prefix) error {
	s := shape{permitted: permitted}
	s.add(d.To == "", "/to", portal.FieldRequired)
	s.add(len(d.To) > maxRecipient, "/to", portal.FieldTooLong)
	s.add(len(d.From) > maxRecipient, "/from", portal.FieldTooLong)
	s.add(utf8.RuneCountInString(d.Reference) > maxReference, "/reference", portal.FieldTooLong)
	s.content(d)
	s.times(d, now)
	if len(s.fields) > 0 {
		return portal.Refuse(portal.CodeValidationFailed, s.fields...)
	}
	return nil
}

func (s *shape) content(d Draft) {
	switch {
	case d.Type == "":
		s.add(true, "/type", portal.FieldRequired)
	case d.Type == portal.TypeTemplate:
		s.fields = append(s.fields, d.Content.Check(d.Type, s.permitted...)...)
		s.add(d.Fallback != nil, "/fallback_template", portal.FieldConflict)
		s.template(d.Template, "/template")
	case portal.FreeForm(d.Type):
		s.fields = append(s.fields, d.Content.Check(d.Type, s.permitted...)...)
		s.add(d.Template != nil, "/template", portal.FieldConflict)
		// A template cannot stand for an emoji on a message.
		s.add(d.Fallback != nil && d.Type == portal.TypeReaction, "/fallback_template", portal.FieldConflict)
		if d.Fallback != nil {
			s.template(d.Fallback, "/fallback_template")
		}
	default:
		s.add(true, "/type", portal.FieldInvalidValue)
	}
}

func (s *shape) template(t *TemplateRef, pointer string) {
	if t == nil {
		s.add(true, pointer, portal.FieldRequired)
		return
	}
	s.add(t.Name == "", pointer+"/name", portal.FieldRequired)
	s.add(len(t.Name) > maxName, pointer+"/name", portal.FieldTooLong)
	s.add(t.Language == "", pointer+"/language/code", portal.FieldRequired)
	s.add(len(t.Language) > maxLanguage, pointer+"/language/code", portal.FieldTooLong)
	if t.Components == nil {
		return
	}
	s.add(t.Parameters != nil, pointer+"/parameters", portal.FieldConflict)
	s.add(len(t.Components) > maxComponents, pointer+"/components", portal.FieldTooLong)
	var components []component
	s.add(json.Unmarshal(t.Components, &components) != nil, pointer+"/components", portal.FieldWrongType)
}

func (s *shape) times(d Draft, now time.Time) {
	start := now
	if d.SendAt != nil {
		// Late is now; a year of one is a mistake, and no store keeps it.
		if d.SendAt.After(now.Add(maxSchedule)) || d.SendAt.Before(time.Unix(0, 0)) {
			s.fields = append(s.fields, portal.FieldError{Pointer: "/send_at", Code: portal.FieldOutOfRange, Detail: sendAtRange})
		}
		start = later(now, *d.SendAt)
	}
	if d.ExpiresAt != nil {
		lives := d.ExpiresAt.Sub(start)
		if lives < minExpiry || lives > maxExpiry {
			s.fields = append(s.fields, portal.FieldError{Pointer: "/expires_at", Code: portal.FieldOutOfRange, Detail: expiresAtRange})
		}
	}
}

// The ranges of the times of a draft, in words.
var (
	sendAtRange = portal.Words{
		EN: "At most 30 days ahead.",
		PT: "No máximo 30 dias à frente.",
	}
	expiresAtRange = portal.Words{
		EN: "From 30 seconds to 30 days after send_at, or after now without it.",
		PT: "De 30 segundos a 30 dias depois de send_at, ou de agora se ele faltar.",
	}
)

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
