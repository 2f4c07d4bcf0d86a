package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/wppmarketing/developers/portal"
)

// maxPointer bounds how much of an unknown field's own name is told back.
const maxPointer = 200

// messages are huma's own, in our words: first the field code, then at most a
// limit of the schema, never a value of the request: %.0v swallows the
// arguments that could hold one.
var messages = []struct {
	of   *string
	text string
}{
	{&validation.MsgExpectedArray, portal.FieldWrongType + " array"},
	{&validation.MsgExpectedArrayItemsUnique, portal.FieldInvalidValue},
	{&validation.MsgExpectedBase64String, portal.FieldInvalidFormat},
	{&validation.MsgExpectedBePattern, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedBoolean, portal.FieldWrongType + " boolean"},
	{&validation.MsgExpectedConst, portal.FieldInvalidValue + " %v"},
	{&validation.MsgExpectedDependentRequiredProperty, portal.FieldRequired + " %s%.0s"},
	{&validation.MsgExpectedDuration, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedExclusiveMaximumNumber, portal.FieldOutOfRange + " <%v"},
	{&validation.MsgExpectedExclusiveMinimumNumber, portal.FieldOutOfRange + " >%v"},
	{&validation.MsgExpectedInteger, portal.FieldWrongType + " integer"},
	{&validation.MsgExpectedMatchAtLeastOneSchema, portal.FieldInvalidValue},
	{&validation.MsgExpectedMatchExactlyOneSchema, portal.FieldInvalidValue},
	{&validation.MsgExpectedMatchPattern, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedMaxItems, portal.FieldTooMany + " %d"},
	{&validation.MsgExpectedMaxLength, portal.FieldTooLong + " %d"},
	{&validation.MsgExpectedMaxProperties, portal.FieldTooMany + " %d"},
	{&validation.MsgExpectedMaximumNumber, portal.FieldOutOfRange + " <=%v"},
	{&validation.MsgExpectedMinItems, portal.FieldTooShort + " %d"},
	{&validation.MsgExpectedMinLength, portal.FieldTooShort + " %d"},
	{&validation.MsgExpectedMinProperties, portal.FieldTooShort + " %d"},
	{&validation.MsgExpectedMinimumNumber, portal.FieldOutOfRange + " >=%v"},
	{&validation.MsgExpectedNotMatchSchema, portal.FieldInvalidValue},
	{&validation.MsgExpectedNumber, portal.FieldWrongType + " number"},
	{&validation.MsgExpectedNumberBeMultipleOf, portal.FieldOutOfRange + "%.0v"},
	{&validation.MsgExpectedObject, portal.FieldWrongType + " object"},
	{&validation.MsgExpectedOneOf, portal.FieldInvalidValue + " %s"},
	{&validation.MsgExpectedPropertyNameInObject, portal.FieldInvalidValue},
	{&validation.MsgExpectedRFC1123DateTime, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC2373IPv6, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC2673IPv4, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC3339Date, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC3339DateTime, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC3339Time, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC3986URI, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedRFC4122UUID, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedRFC5322Email, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedRFC5890Hostname, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC6570URITemplate, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC6901JSONPointer, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFC6901RelativeJSONPointer, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRFCIPAddr, portal.FieldInvalidFormat},
	{&validation.MsgExpectedRegexp, portal.FieldInvalidFormat + "%.0v"},
	{&validation.MsgExpectedRequiredProperty, portal.FieldRequired + " %s"},
	{&validation.MsgExpectedString, portal.FieldWrongType + " string"},
	{&validation.MsgUnexpectedProperty, portal.FieldUnknown},
}

func init() { //nolint:gochecknoinits // huma's settings are package variables, read when a schema is made
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	for _, m := range messages {
		*m.of = m.text
	}
}

// fixed are the messages that huma does not let us name.
var fixed = []struct{ prefix, code string }{
	{"unknown query parameter", portal.FieldUnknown},
	{"required ", portal.FieldRequired}, // also our own "required NAME", which fieldOf takes first
	{"invalid integer", portal.FieldWrongType},
	{"invalid float", portal.FieldWrongType},
	{"invalid boolean", portal.FieldWrongType},
	{"invalid date/time", portal.FieldInvalidFormat},
}

// fieldOf reads one detail of huma: where, and one of the messages above.
func fieldOf(d *huma.ErrorDetail) portal.FieldError {
	if fault, ok := strings.CutPrefix(d.Message, faulty); ok {
		code, at, _ := strings.Cut(fault, " ")
		return portal.FieldError{Code: code, Pointer: at}
	}
	where, name, _ := strings.Cut(d.Location, ".")
	f := portal.FieldError{}
	code, arg, _ := strings.Cut(d.Message, " ")
	if where == "body" {
		f.Pointer = pointer(name)
		if code == portal.FieldRequired {
			f.Pointer, arg = f.Pointer+"/"+arg, ""
		}
	} else {
		f.Parameter = shorten(name)
		for _, m := range fixed {
			if strings.HasPrefix(d.Message, m.prefix) {
				code, arg = m.code, ""
				break
			}
		}
	}
	if _, known := fieldWords[code]; !known {
		code, arg = portal.FieldInvalidValue, ""
	}
	f.Code, f.Detail = code, limitWords(code, arg)
	return f
}

// limitWords says the code with the limit that was broken; zero when there is none to tell.
func limitWords(code, arg string) portal.Words {
	if arg == "" {
		return portal.Words{}
	}
	switch code {
	case portal.FieldInvalidValue:
		return portal.Words{EN: "It must be one of: " + arg + ".", PT: "Deve ser um destes: " + arg + "."}
	case portal.FieldWrongType:
		return portal.Words{EN: "It must be of type " + arg + ".", PT: "Deve ser do tipo " + arg + "."}
	case portal.FieldTooLong:
		return portal.Words{EN: "At most " + arg + " characters.", PT: "No máximo " + arg + " caracteres."}
	case portal.FieldTooShort:
		return portal.Words{EN: "At least " + arg + ".", PT: "No mínimo " + arg + "."}
	case portal.FieldTooMany:
		return portal.Words{EN: "At most " + arg + ".", PT: "No máximo " + arg + "."}
	case portal.FieldOutOfRange:
		return portal.Words{EN: "It must be " + arg + ".", PT: "Deve ser " + arg + "."}
	}
	return portal.Words{}
}

// escapePointer makes a name a part of a JSON pointer.
var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// pointer turns huma's path, such as "tags[3].name", into a JSON pointer.
func pointer(path string) string {
	if path == "" {
		return ""
	}
	path = strings.NewReplacer("[", ".", "]", "").Replace(escapePointer.Replace(shorten(path)))
	return "/" + strings.ReplaceAll(path, ".", "/")
}
