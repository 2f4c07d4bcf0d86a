package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

const (
	ndjson   = "application/x-ndjson"
	maxLines = 1000
	maxShown = 32 << 10 // of lines that the log looks at
)

// line is one line of a batch, decoded; err says why it could not be.
type line[L any] struct {
	value L
	key   string // its idempotency_key, or ""
	print []byte // fingerprint of what it says
	err   error
}

// splitLines cuts the body into lines: the elements of a JSON array, or the
// lines of NDJSON, empty ones left out.
func splitLines(contentType string, body []byte) ([]jsontext.Value, error) {
	lines := arrayLines
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), ndjson) {
		lines = textLines
	}
	values, err := lines(body)
	switch {
	case err != nil:
		return nil, err
	case len(values) == 0:
		return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldTooShort, Detail: limitWords(portal.FieldTooShort, "1")})
	case len(values) > maxLines:
		return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldTooMany, Detail: limitWords(portal.FieldTooMany, "1000")})
	}
	return values, nil
}

func textLines(body []byte) (lines []jsontext.Value, err error) {
	for l := range bytes.Lines(body) {
		if l = bytes.TrimSpace(l); len(l) > 0 {
			lines = append(lines, jsontext.Value(l))
		}
		if len(lines) > maxLines {
			break
		}
	}
	return lines, nil
}

func arrayLines(body []byte) (lines []jsontext.Value, err error) {
	malformed := portal.Refuse(portal.CodeMalformedJSON)
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if kind := d.PeekKind(); kind != '[' {
		if err := d.SkipValue(); err != nil {
			return nil, malformed
		}
		return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldWrongType, Detail: limitWords(portal.FieldWrongType, "array")})
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, malformed
	}
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, malformed
		}
		if len(lines) <= maxLines {
			lines = append(lines, v.Clone())
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, malformed
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, malformed
	}
	return lines, nil
}

// keyed is a line that may carry its own key.
type keyed interface{ key() string }

// lineReader decodes the lines of an operation as strictly as single bodies.
type lineReader[L keyed] struct {
	registry huma.Registry
	schema   *huma.Schema
}

func newLineReader[L keyed](r huma.Registry) lineReader[L] {
	return lineReader[L]{r, r.Schema(reflect.TypeFor[L](), true, "")}
}

func (lr lineReader[L]) read(operation string, v jsontext.Value) (l line[L]) {
	if l.err = lr.check(v); l.err != nil {
		return l
	}
	if err := json.Unmarshal(v, &l.value, exactNumbers); err != nil {
		l.err = portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldInvalidValue})
		return l
	}
	if l.key = l.value.key(); l.key == "" {
		return l
	}
	if strings.ContainsFunc(l.key, func(r rune) bool { return r < ' ' || r > '~' }) {
		l.err = portal.Refuse(portal.CodeInvalidIdempotencyKey, portal.FieldError{Pointer: "/idempotency_key", Code: portal.FieldInvalidFormat})
		return l
	}
	said := v.Clone()
	if err := said.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil { // the same line in another spelling is a repeat
		l.err = portal.Refuse(portal.CodeMalformedJSON)
		return l
	}
	h := sha256.New()
	h.Write([]byte(operation + " line\n"))
	h.Write(said)
	l.print = h.Sum(nil)
	return l
}

// check validates a line against the schema of its operation.
func (lr lineReader[L]) check(v jsontext.Value) error {
	var tree any
	if err := decode(v, &tree); err != nil {
		return refusalOf(http.StatusUnprocessableEntity, "", []error{&huma.ErrorDetail{Message: err.Error(), Location: "body"}})
	}
	var result huma.ValidateResult
	path := huma.NewPathBuffer(make([]byte, 0, 64), 0)
	path.Push("body")
	huma.Validate(lr.registry, lr.schema, path, huma.ModeWriteToServer, tree, &result)
	if len(result.Errors) > 0 {
		return refusalOf(http.StatusUnprocessableEntity, "", result.Errors)
	}
	return nil
}

// shownLines is what the log keeps of NDJSON: the first lines, as an array.
func shownLines(values []jsontext.Value) []byte {
	out := []byte{'['}
	for i, v := range values {
		if len(out)+len(v) > maxShown {
			break
		}
		if !v.IsValid() {
			continue
		}
		if i > 0 && len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	return append(out, ']')
}
