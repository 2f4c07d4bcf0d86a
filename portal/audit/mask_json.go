package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxDepth  = 32
	maxString = 1200     // bytes of one string as JSON
	softLimit = 12 << 10 // beyond it values are counted, not kept: room for one string and the ends
)

var errNotJSON = errors.New("not JSON")

// masker copies one JSON value and masks on the way. Every call passes through
// here: what stays as it is is copied byte for byte, without becoming a string.
type masker struct {
	in     *jsontext.Decoder
	source bytes.Buffer
	out    []byte
	depth  int
}

// maskers are kept for the next call: their buffers cost more than the masking.
var maskers = sync.Pool{New: func() any { return &masker{in: new(jsontext.Decoder)} }}

// place is where a value stands.
type place struct {
	parent, key string
	treatment   treatment
}

// maskJSON returns ok false for what is not exactly one JSON value.
func maskJSON(body []byte) (out string, ok bool) {
	m := maskers.Get().(*masker)
	defer maskers.Put(m)
	m.source = *bytes.NewBuffer(body) // read in place
	m.in.Reset(&m.source, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	m.out, m.depth = m.out[:0], 0
	defer func() { m.source = bytes.Buffer{} }()
	if err := m.value(place{}); err != nil {
		return "", false
	}
	if _, err := m.in.ReadToken(); !errors.Is(err, io.EOF) || len(m.out) > maxBody {
		return "", false
	}
	return string(m.out), true
}

func (m *masker) value(at place) error {
	kind := m.in.PeekKind()
	if (kind == '{' || kind == '[') && m.depth >= maxDepth {
		m.quote(masked)
		return m.in.SkipValue()
	}
	if kind == '"' {
		raw, err := m.in.ReadValue()
		if err == nil {
			m.text(at, raw)
		}
		return err
	}
	token, err := m.in.ReadToken()
	if err != nil {
		return err
	}
	switch kind {
	case '{':
		return m.object(at)
	case '[':
		return m.array(at)
	case '0':
		m.number(at, token.String())
	case 'n':
		m.out = append(m.out, "null"...)
	case 't', 'f':
		m.boolean(at, token.String())
	default:
		return errNotJSON
	}
	return nil
}

// text copies a string, or what is kept of it.
func (m *masker) text(at place, raw jsontext.Value) {
	if at.treatment == plain && at.key != "name" && unremarkable(raw[1:len(raw)-1]) {
		m.out = append(m.out, raw...)
		return
	}
	m.quote(at.treatment.text(at.parent, at.key, unquoted(raw)))
}

// name copies the name of a member and returns it.
func (m *masker) name(raw jsontext.Value) (key string) {
	if inner := raw[1 : len(raw)-1]; unremarkable(inner) {
		m.out = append(append(m.out, raw...), ':')
		return string(inner)
	}
	key = unquoted(raw)
	m.quote(scrub(key))
	m.out = append(m.out, ':')
	return key
}

func unquoted(raw jsontext.Value) string {
	s, _ := jsontext.AppendUnquote(nil, raw) // invalid UTF-8 becomes U+FFFD
	return string(s)
}

func (m *masker) object(at place) error {
	m.depth++
	m.out = append(m.out, '{')
	kept, dropped := 0, 0
	for m.in.PeekKind() == '"' {
		name, err := m.in.ReadValue()
		if err != nil {
			return err
		}
		if len(m.out) > softLimit {
			dropped++
			if err := m.in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		m.comma(kept)
		key := m.name(name)
		kept++
		if err := m.value(place{parent: at.key, key: key, treatment: at.treatment.below(at.key, key)}); err != nil {
			return err
		}
	}
	if dropped > 0 {
		m.comma(kept)
		m.out = fmt.Appendf(m.out, `"%s":"%d more"`, masked, dropped)
	}
	return m.end('}')
}

func (m *masker) array(at place) error {
	m.depth++
	m.out = append(m.out, '[')
	// WhatsApp's own shape: objects with a type. A map of parameters has names of the caller's.
	if at.treatment == hidden && at.key == "parameters" {
		at.treatment = structural
	}
	kept, dropped := 0, 0
	for m.in.PeekKind() != ']' {
		if len(m.out) > softLimit {
			dropped++
			if err := m.in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		m.comma(kept)
		kept++
		if err := m.value(at); err != nil {
			return err
		}
	}
	if dropped > 0 {
		m.comma(kept)
		m.out = fmt.Appendf(m.out, `"%s %d more"`, masked, dropped)
	}
	return m.end(']')
}

func (m *masker) end(bracket byte) error {
	m.depth--
	m.out = append(m.out, bracket)
	_, err := m.in.ReadToken()
	return err
}

func (m *masker) comma(kept int) {
	if kept > 0 {
		m.out = append(m.out, ',')
	}
}

func (m *masker) number(at place, raw string) {
	kept, isString := at.treatment.digits(at.parent, at.key, raw)
	if isString {
		m.quote(kept)
		return
	}
	m.out = append(m.out, kept...)
}

// boolean keeps it, except where even yes and no are personal.
func (m *masker) boolean(at place, raw string) {
	if at.treatment == hidden && at.key != "preview_url" {
		m.quote(masked)
		return
	}
	m.out = append(m.out, raw...)
}

func (m *masker) quote(s string) {
	start := len(m.out)
	out, err := jsontext.AppendQuote(m.out, s)
	if err != nil || len(out)-start > maxString {
		// Only ASCII and dots: this cannot fail.
		out, _ = jsontext.AppendQuote(m.out[:start], lengthOf(s))
	}
	m.out = out
}
