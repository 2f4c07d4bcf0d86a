package audit

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
)

// The most that is kept of a call.
const (
	maxBody   = 16 << 10
	maxHeader = 1 << 10
	maxFields = 64 // headers, and parts of a query
)

const masked = "•••"

// lengthOf is what remains of a text whose content is nobody's business.
func lengthOf(s string) string {
	if s == "" {
		return ""
	}
	return masked + " " + strconv.Itoa(utf8.RuneCountInString(s)) + " characters"
}

// Mask returns a body as the log keeps it. JSON stays JSON of the same order;
// what is beyond 16 KiB is counted instead. Anything else becomes its length.
func Mask(contentType string, body []byte) string {
	if len(body) == 0 {
		return ""
	}
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	if mediaType = strings.TrimSpace(mediaType); mediaType == "" || strings.HasSuffix(mediaType, "json") {
		if out, ok := maskJSON(body); ok {
			return out
		}
	}
	return fmt.Sprintf("%s %d bytes", masked, len(body))
}

// MaskAnswer returns what somebody else's server said: JSON as Mask, any other
// text without the numbers, addresses and secrets in it. Lines stay lines
// unless something was masked.
func MaskAnswer(body []byte) string {
	if out, ok := maskJSON(body); ok {
		return out
	}
	flat := clean(string(body))
	text := scrub(flat)
	if text == flat { // nothing had to be masked, not even across lines: they may stay
		text = lines(string(body))
	}
	return cut(text, maxBody)
}

// lines is clean of each line.
func lines(s string) string {
	list := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range list {
		list[i] = clean(line)
	}
	return strings.Join(list, "\n")
}

// MaskHeaders returns headers with lower-case names, secrets and personal data masked.
func MaskHeaders(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		if len(out) == maxFields {
			break
		}
		lower, known := lowerNames[name]
		if !known {
			lower = strings.ToLower(name)
		}
		out[cut(clean(lower), maxHeader/8)] = headerValue(lower, strings.Join(values, ", "))
	}
	return out
}

// lowerNames spares the usual headers a conversion.
var lowerNames = func() map[string]string {
	all := map[string]string{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Language", "Content-Length",
		"Content-Type", "Etag", "Idempotency-Key", "If-None-Match", "Location", "Ratelimit", "Ratelimit-Policy", "Request-Id",
		"User-Agent", "Vary", "X-Forwarded-For", "X-Forwarded-Proto",
	} {
		all[name] = strings.ToLower(name)
	}
	return all
}()

// tagNames are headers that hold long hexadecimal numbers that mean nobody.
var tagNames = []string{"etag", "if-match", "if-none-match", "traceparent"}

// isTag recognizes the entity tags that the API makes.
func isTag(value string) bool {
	const length = 34
	if len(value) != length || value[0] != '"' || value[length-1] != '"' {
		return false
	}
	for i := 1; i < length-1; i++ {
		if c := value[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func headerValue(name, value string) string {
	switch {
	case name == "authorization" || name == "proxy-authorization":
		if scheme, _, ok := strings.Cut(value, " "); ok && strings.EqualFold(scheme, "bearer") {
			return scheme + " " + masked
		}
		return masked
	case strings.Contains(name, "cookie") || strings.Contains(name, "signature") || secretName(name):
		return masked
	case slices.Contains(tagNames, name) && (isTag(value) || fingerprint.MatchString(value)):
		return value
	case name == "content-disposition":
		how, _, named := strings.Cut(value, ";")
		if named { // the names of files are people's business
			return cut(clean(how), maxHeader) + "; " + masked
		}
		return cut(clean(how), maxHeader)
	case name == "link" || name == "location" || name == "referer":
		return cut(MaskTarget(value), maxHeader)
	}
	return cut(scrub(clean(value)), maxHeader)
}

// MaskTarget returns a path, with its query if it has one, as the log keeps it.
// The path's percent-encoding must be undone already.
func MaskTarget(target string) string {
	path, query, asked := strings.Cut(target, "?")
	if !asked && len(path) <= maxHeader && clean(path) == path && !suspicious(path) && !strings.Contains(path, "phone:") {
		return path
	}
	parts := strings.Split(clean(path), "/")
	for i, part := range parts {
		if number, ok := strings.CutPrefix(part, "phone:"); ok {
			parts[i] = "phone:" + telephone.text("", "phone", number)
			continue
		}
		parts[i] = scrub(part)
	}
	path = cut(strings.Join(parts, "/"), maxHeader)
	if !asked {
		return path
	}
	return path + "?" + MaskQuery(query)
}

// MaskQuery returns a query string (without its question mark) in the same
// order, with values masked by their names.
func MaskQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		if len(parts) == maxFields {
			break
		}
		key, value, found := strings.Cut(part, "=")
		key = scrub(clean(unescape(key)))
		if !found {
			parts = append(parts, escape(cut(key, maxHeader/8)))
			continue
		}
		value = clean(unescape(value))
		if t := rule("", key); t != hidden {
			value = t.text("", key, value)
		} else if value != "" {
			value = masked
		}
		parts = append(parts, escape(cut(key, maxHeader/8))+"="+escape(cut(value, maxHeader)))
	}
	return cut(strings.Join(parts, "&"), 2*maxHeader)
}

// unescape never fails: what is not an escape is kept.
func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

var readable = strings.NewReplacer("%E2%80%A2", "•", "%3A", ":", "%2C", ",", "%2F", "/", "+", "%20")

// escape keeps the dots of a mask readable.
func escape(s string) string { return readable.Replace(url.QueryEscape(s)) }

// clean makes text storable: valid UTF-8 without control characters.
func clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cut keeps at most limit bytes of whole characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// prepare makes a row storable, and masks once more what may hold a person's data.
func prepare(r portal.Request) portal.Request {
	r.Method = cut(clean(r.Method), 16)
	r.Path = MaskTarget(r.Path)
	r.UserAgent = cut(scrub(clean(r.UserAgent)), 256)
	r.IdempotencyKey = cut(scrub(clean(r.IdempotencyKey)), 255)
	r.TokenName = cut(clean(r.TokenName), 255)
	r.TraceID = cut(clean(r.TraceID), 64)
	return r
}
