package portal

import (
	"errors"
	"fmt"
	"time"
)

// Code names what went wrong. It never changes and is never translated; the
// catalogue in catalogue.go holds its HTTP status and its words.
type Code string

// The limits of a day: the account's own, and WhatsApp's of people written to first.
const (
	PolicyAccountDay  = "account-day"
	PolicyWhatsAppDay = "whatsapp-day"
)

// FieldError points at one part of a request that was refused. It never holds
// the refused value.
type FieldError struct {
	Pointer   string // JSON pointer in the body ("/text/body"), or ""
	Parameter string // query, path or header name, or ""
	Code      string // one of the Field… constants
	Detail    Words  // a sentence for the reader; zero means the code's own words
}

// The codes of a FieldError.
const (
	FieldRequired      = "required"
	FieldUnknown       = "unknown_field"
	FieldWrongType     = "wrong_type"
	FieldInvalidFormat = "invalid_format"
	FieldInvalidValue  = "invalid_value"
	FieldTooLong       = "too_long"
	FieldTooShort      = "too_short"
	FieldTooMany       = "too_many"
	FieldOutOfRange    = "out_of_range"
	FieldNotFound      = "not_found"
	FieldConflict      = "conflict"
)

// Words is one text in the two languages of the product.
type Words struct{ EN, PT string }

// In returns the text in lang: Portuguese for "pt-BR", English for all else.
func (w Words) In(lang string) string {
	if lang == LangPT {
		return w.PT
	}
	return w.EN
}

// The languages of the product, as BCP 47 tags.
const (
	LangEN = "en"
	LangPT = "pt-BR"
)

// Error is a refusal with two texts: Code leads to what the customer may read,
// Cause is what only the log sees. Neither may hold a secret or a phone number.
type Error struct {
	Code       Code
	Fields     []FieldError
	Detail     Words         // overrides the catalogue's detail when not zero
	RetryAfter time.Duration // when the same may succeed; 0 = not known
	Policy     string        // the limit of a day that was met, as the RateLimit header names it, or ""
	Quota      int           // of that
	Cause      error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v", e.Code, e.Cause)
	}
	return string(e.Code)
}

func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, portal.Refuse(code)) true for every error of that code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Refuse returns an error of the given code, with the parts of the request it is about.
func Refuse(code Code, fields ...FieldError) *Error { return &Error{Code: code, Fields: fields} }

// CodeOf returns the code of err: that of the first *Error in its chain, or
// CodeInternal. It returns "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// FieldsOf returns the fields that an error refuses, none for other errors.
func FieldsOf(err error) []FieldError {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

// Wrap puts the act in front of *err if it is not nil: defer portal.Wrap(&err, "Accept(%s)", id).
// Arguments must not be secrets or phone numbers.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
