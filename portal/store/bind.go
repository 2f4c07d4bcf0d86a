package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
)

// bindValue turns an argument into what both drivers store alike: string,
// int64, bool, []byte or nil. Times become Unix microseconds.
func bindValue(arg any) (any, error) {
	switch v := arg.(type) {
	case nil, int64, bool:
		return arg, nil
	case string:
		return arg, checkText(v)
	case int:
		return int64(v), nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return arg, nil
	case time.Time:
		if v.IsZero() {
			return nil, errors.New("the zero time is not stored: use a nil *time.Time for no time")
		}
		return v.UnixMicro(), nil
	case *string:
		return bindPointer(v)
	case *int:
		return bindPointer(v)
	case *int64:
		return bindPointer(v)
	case *bool:
		return bindPointer(v)
	case *[]byte:
		return bindPointer(v)
	case *time.Time:
		return bindPointer(v)
	}
	return nil, fmt.Errorf("type %T is not accepted: convert it to string, int, int64, bool, []byte or time.Time, or a pointer to one", arg)
}

func bindPointer[T any](p *T) (any, error) {
	if p == nil {
		return nil, nil
	}
	return bindValue(*p)
}

// checkText refuses text that PostgreSQL cannot hold, on SQLite too.
func checkText(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return &portal.Error{Code: portal.CodeValidationFailed, Cause: errors.New("text with a NUL or invalid UTF-8")}
	}
	return nil
}

// bindAll binds args for a statement with params placeholders.
func bindAll(args []any, params int) ([]any, error) {
	if len(args) != params {
		return nil, fmt.Errorf("%d arguments for %d placeholders", len(args), params)
	}
	out := make([]any, len(args))
	for i, arg := range args {
		v, err := bindValue(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		out[i] = v
	}
	return out, nil
}

// scanRow copies the values of a row into dest.
func scanRow(row, dest []any) error {
	if len(row) != len(dest) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), len(row))
	}
	for i, d := range dest {
		if err := scanValue(row[i], d); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// scanValue copies v, as a driver gave it, into dest. NULL goes only into a
// pointer to a pointer (nil) and into *[]byte (nil).
func scanValue(v, dest any) error {
	switch d := dest.(type) {
	case *string:
		return scanInto(v, d, textOf)
	case *int:
		return scanInto(v, d, intOf)
	case *int64:
		return scanInto(v, d, int64Of)
	case *bool:
		return scanInto(v, d, boolOf)
	case *float64:
		return scanInto(v, d, floatOf)
	case *time.Time:
		return scanInto(v, d, timeOf)
	case *[]byte:
		if v == nil {
			*d = nil
			return nil
		}
		return scanInto(v, d, bytesOf)
	case **string:
		return scanPointer(v, d, textOf)
	case **int:
		return scanPointer(v, d, intOf)
	case **int64:
		return scanPointer(v, d, int64Of)
	case **bool:
		return scanPointer(v, d, boolOf)
	case **time.Time:
		return scanPointer(v, d, timeOf)
	}
	return fmt.Errorf("destination %T is not accepted", dest)
}

// scanInto never names the value: it may be a secret.
func scanInto[T any](v any, d *T, convert func(any) (T, bool)) error {
	if v == nil {
		return fmt.Errorf("NULL does not go into %T: use a pointer to it", d)
	}
	t, ok := convert(v)
	if !ok {
		return fmt.Errorf("%T does not go into %T", v, d)
	}
	*d = t
	return nil
}

func scanPointer[T any](v any, d **T, convert func(any) (T, bool)) error {
	if v == nil {
		*d = nil
		return nil
	}
	var t T
	if err := scanInto(v, &t, convert); err != nil {
		return err
	}
	*d = &t
	return nil
}

func textOf(v any) (string, bool) { s, ok := v.(string); return s, ok }

func bytesOf(v any) ([]byte, bool) { b, ok := v.([]byte); return b, ok }

func int64Of(v any) (int64, bool) { n, ok := v.(int64); return n, ok }

func intOf(v any) (int, bool) { n, ok := v.(int64); return int(n), ok }

// boolOf takes a number too: SQLite has no boolean, an expression gives 0 or 1.
func boolOf(v any) (bool, bool) {
	if n, ok := v.(int64); ok {
		return n != 0, true
	}
	b, ok := v.(bool)
	return b, ok
}

func floatOf(v any) (float64, bool) {
	if n, ok := v.(int64); ok {
		return float64(n), true
	}
	f, ok := v.(float64)
	return f, ok
}

func timeOf(v any) (time.Time, bool) {
	n, ok := v.(int64)
	return time.UnixMicro(n).UTC(), ok
}
