package webhooks

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"github.com/wppmarketing/developers/portal"
)

// reserved are headers that are ours or the connection's.
var reserved = []string{
	"Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "Keep-Alive",
	"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

func checkHeaders(headers map[string]string) (fields []portal.FieldError) {
	bad := func(name, code string) {
		fields = append(fields, portal.FieldError{Pointer: "/headers/" + pointerEscaper.Replace(name), Code: code})
	}
	if len(headers) > MaxHeaders {
		fields = append(fields, portal.FieldError{Pointer: "/headers", Code: portal.FieldTooMany})
	}
	fields = append(fields, repeated(headers)...)
	size := 0
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		value := headers[name]
		size += len(name) + len(value)
		key := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			fields = append(fields, portal.FieldError{Pointer: "/headers", Code: portal.FieldInvalidFormat})
		case slices.Contains(reserved, key), strings.HasPrefix(key, "Webhook-"):
			bad(name, portal.FieldInvalidValue)
		case value == hidden: // an answer of ours, sent back
			bad(name, portal.FieldInvalidValue)
		case !httpguts.ValidHeaderFieldValue(value), value == "", !utf8.ValidString(value):
			bad(name, portal.FieldInvalidFormat)
		}
	}
	if size > maxHeaderBytes {
		fields = append(fields, portal.FieldError{Pointer: "/headers", Code: portal.FieldTooLong})
	}
	return fields
}

// repeated refuses names that differ only in case: one of the values would be lost.
func repeated[V any](headers map[string]V) (fields []portal.FieldError) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		key := textproto.CanonicalMIMEHeaderKey(name)
		if seen[key] {
			fields = append(fields, portal.FieldError{Pointer: "/headers/" + pointerEscaper.Replace(name), Code: portal.FieldConflict})
		}
		seen[key] = true
	}
	return fields
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1") // RFC 6901

func canonical(headers map[string]string) map[string]string {
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		out[textproto.CanonicalMIMEHeaderKey(name)] = value
	}
	return out
}

func names(headers map[string]string) []string { return slices.Sorted(maps.Keys(canonical(headers))) }
