package api

import (
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

const (
	malformed = "malformed" // how the errors of decode begin that are about syntax
	maxDepth  = 32          // of objects and arrays in a body
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

// decode is strictJSON's reader. Its errors hold nothing of the data.
func decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return errMalformed
	}
	tree, untyped := v.(*any)
	if !untyped {
		return nil
	}
	if tooDeep(*tree, maxDepth) {
		return errMalformed
	}
	if holdsNUL(*tree) {
		return errors.New(portal.FieldInvalidValue)
	}
	return nil
}

func tooDeep(v any, left int) bool {
	if left == 0 {
		return true
	}
	return anyChild(v, func(child any) bool { return tooDeep(child, left-1) })
}

// holdsNUL reports text with U+0000, which no store keeps.
func holdsNUL(v any) bool {
	if s, ok := v.(string); ok {
		return strings.IndexByte(s, 0) >= 0
	}
	if m, ok := v.(map[string]any); ok {
		for k := range m {
			if strings.IndexByte(k, 0) >= 0 {
				return true
			}
		}
	}
	return anyChild(v, holdsNUL)
}

func anyChild(v any, is func(any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, child := range v {
			if is(child) {
				return true
			}
		}
	case []any:
		for _, child := range v {
			if is(child) {
				return true
			}
		}
	}
	return false
}

// optional is a field of which absent, null and a value mean three things.
type optional[T any] struct {
	Set, Null bool
	Value     T
}

// Schema lets the field be null.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	if s.Ref != "" {
		return &huma.Schema{AnyOf: []*huma.Schema{&s, {Type: "null"}}}
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
