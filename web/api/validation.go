package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/wppmarketing/developers/portal"
)

// maxPointer bounds how much of an unknown field's own name is told back.
const maxPointer = 200

// huma builds its messages when a schema is made. Ours begin with the field
// code, then carry at most a limit of the schema, never a value of the request:
// %.0v swallows the arguments that could hold one.
func init() { //nolint:gochecknoinits // huma's messages are package variables
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	validation.MsgUnexpectedProperty = portal.FieldUnknown
	validation.MsgExpectedRequiredProperty = portal.FieldRequired + " %s"
	validation.MsgExpectedDependentRequiredProperty = portal.FieldRequired + " %s%.0s"
	for _, m := range []*string{
		&validation.MsgExpectedRFC3339DateTime, &validation.MsgExpectedRFC1123DateTime, &validation.MsgExpectedRFC3339Date,
		&validation.MsgExpectedRFC3339Time, &validation.MsgExpectedRFC5890Hostname, &validation.MsgExpectedRFC2673IPv4,
		&validation.MsgExpectedRFC2373IPv6, &validation.MsgExpectedRFCIPAddr, &validation.MsgExpectedRFC6570URITemplate,
		&validation.MsgExpectedRFC6901JSONPointer, &validation.MsgExpectedRFC6901RelativeJSONPointer, &validation.MsgExpectedBase64String,
	} {
		*m = portal.FieldInvalidFormat
	}
	for _, m := range []*string{
		&validation.MsgExpectedRFC5322Email, &validation.MsgExpectedRFC3986URI, &validation.MsgExpectedRFC4122UUID,
		&validation.MsgExpectedRegexp, &validation.MsgExpectedDuration, &validation.MsgExpectedBePattern, &validation.MsgExpectedMatchPattern,
	} {
		*m = portal.FieldInvalidFormat + "%.0v"
	}
	for _, m := range []*string{
		&validation.MsgExpectedMatchAtLeastOneSchema, &validation.MsgExpectedMatchExactlyOneSchema, &validation.MsgExpectedNotMatchSchema,
		&validation.MsgExpectedPropertyNameInObject, &validation.MsgExpectedArrayItemsUnique,
	} {
		*m = portal.FieldInvalidValue
	}
	validation.MsgExpectedOneOf = portal.FieldInvalidValue + " %s"
	validation.MsgExpectedConst = portal.FieldInvalidValue + " %v"
	validation.MsgExpectedBoolean = portal.FieldWrongType + " boolean"
	validation.MsgExpectedNumber = portal.FieldWrongType + " number"
	validation.MsgExpectedInteger = portal.FieldWrongType + " integer"
	validation.MsgExpectedString = portal.FieldWrongType + " string"
	validation.MsgExpectedArray = portal.FieldWrongType + " array"
	validation.MsgExpectedObject = portal.FieldWrongType + " object"
	validation.MsgExpectedMinimumNumber = portal.FieldOutOfRange + " >=%v"
	validation.MsgExpectedMaximumNumber = portal.FieldOutOfRange + " <=%v"
	validation.MsgExpectedExclusiveMinimumNumber = portal.FieldOutOfRange + " >%v"
	validation.MsgExpectedExclusiveMaximumNumber = portal.FieldOutOfRange + " <%v"
	validation.MsgExpectedNumberBeMultipleOf = portal.FieldOutOfRange + "%.0v"
	validation.MsgExpectedMinLength = portal.FieldTooShort + " %d"
	validation.MsgExpectedMaxLength = portal.FieldTooLong + " %d"
	validation.MsgExpectedMinItems = portal.FieldTooShort + " %d"
	validation.MsgExpectedMaxItems = portal.FieldTooMany + " %d"
	validation.MsgExpectedMinProperties = portal.FieldTooShort + " %d"
	validation.MsgExpectedMaxProperties = portal.FieldTooMany + " %d"
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
	where, name, _ := strings.Cut(d.Location, ".")
	f := portal.FieldError{}
	code, arg, _ := strings.Cut(d.Message, " ")
	if where == "body" {
		f.Pointer = pointer(name)
		if code == portal.FieldRequired {
			f.Pointer, arg = f.Pointer+"/"+arg, ""
		}
	} else {
		f.Parameter = shorten(name, maxPointer)
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

// pointer turns huma's path, such as "tags[3].name", into a JSON pointer.
func pointer(path string) string {
	if path == "" {
		return ""
	}
	path = strings.NewReplacer("~", "~0", "/", "~1", "[", ".", "]", "").Replace(path)
	return "/" + strings.ReplaceAll(shorten(path, maxPointer), ".", "/")
}
