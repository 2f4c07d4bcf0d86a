package api

import (
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

const (
	malformed  = "malformed" // how the errors of decode begin that are about syntax
	faulty     = "at "       // how those begin that name a place
	maxDepth   = 32          // of objects and arrays in a body
	maxMembers = 200         // of one object
)

var errMalformed = errors.New(malformed)

// strictJSON refuses what JSON libraries often let pass: repeated keys, bad
// UTF-8, numbers out of range, data behind the end, deep nesting. Names match
// exactly; unknown ones are refused by the schema.
var strictJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		b, err := encode(v)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	},
	Unmarshal: decode,
}

// encode writes wire values: nil slices as [], map keys sorted, so that equal
// values have equal bytes and ETags.
func encode(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }

// decode is strictJSON's reader. Its errors hold nothing of the values.
func decode(data []byte, v any) error {
	tree, untyped := v.(*any)
	if !untyped {
		if err := json.Unmarshal(data, v, exactNumbers); err != nil {
			return errMalformed
		}
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return errMalformed
	}
	if !harmless(*tree, maxDepth) {
		return bounded(*tree, "", maxDepth)
	}
	return nil
}

// exactNumbers keeps the numbers of fields of any type as they were written.
var exactNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	raw, err := d.ReadValue()
	*v = portal.Number(raw)
	return err
}))

// faultAt is an error of decode that names the place; fieldOf reads it.
func faultAt(code, at string) error { return errors.New(faulty + code + " " + at) }

// bounded refuses trees that no schema here describes and that would be dear to
// look at: deep or wide ones, odd names (huma takes dots and brackets in a name
// for its own path, which then grows with every name), and text with U+0000,
// which no store keeps.
func bounded(v any, at string, left int) error {
	switch v := v.(type) {
	case string:
		if strings.IndexByte(v, 0) >= 0 {
			return faultAt(portal.FieldInvalidValue, at)
		}
	case map[string]any:
		if left == 0 {
			return errMalformed
		}
		if len(v) > maxMembers {
			return faultAt(portal.FieldTooMany, at)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if len(name) > maxPointer || strings.ContainsAny(name, ".[]\x00") {
				return faultAt(portal.FieldUnknown, at+"/"+shorten(escapePointer.Replace(name)))
			}
			if err := bounded(v[name], at+"/"+escapePointer.Replace(name), left-1); err != nil {
				return err
			}
		}
	case []any:
		if left == 0 {
			return errMalformed
		}
		for i, item := range v {
			if err := bounded(item, at+"/"+strconv.Itoa(i), left-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// harmless reports whether bounded would find no fault, and keeps no account of
// the place: most bodies have none.
func harmless(v any, left int) bool {
	switch v := v.(type) {
	case string:
		return strings.IndexByte(v, 0) < 0
	case map[string]any:
		if left == 0 || len(v) > maxMembers {
			return false
		}
		for name, member := range v {
			if len(name) > maxPointer || strings.ContainsAny(name, ".[]\x00") || !harmless(member, left-1) {
				return false
			}
		}
	case []any:
		if left == 0 {
			return false
		}
		for _, item := range v {
			if !harmless(item, left-1) {
				return false
			}
		}
	}
	return true
}

// optional is a field of which absent, null and a value mean three things.
type optional[T any] struct {
	Set, Null bool
	Value     T
}

// Schema lets the field be null. That of an object stands in its place: beside a
// reference huma takes anything for null.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	t := reflect.TypeFor[T]()
	s := *r.Schema(t, true, "")
	if s.Ref != "" {
		s = *huma.SchemaFromType(r, t)
	}
	s.Nullable = true
	return &s
}

// UnmarshalJSONFrom is only called for a field that is there.
func (o *optional[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	o.Set = true
	if d.PeekKind() == 'n' {
		o.Null = true
		return d.SkipValue()
	}
	return json.UnmarshalDecode(d, &o.Value)
}
