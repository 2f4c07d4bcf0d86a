package audit

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal/phone"
)

// kept are the texts with many digits that identify no person: our ids, dates
// and times, UUIDs and addresses of machines.
var kept = regexp.MustCompile(`\b[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}\b` +
	`|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?)?\b` +
	`|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b` +
	`|\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)

var (
	// number is eight digits or more, with what people write between them.
	number = regexp.MustCompile(`\+?\(?\d(?:[ .()/\x{a0}\x{2010}-\x{2014}-]{0,3}\d){7,}`)
	email  = regexp.MustCompile(`[^\s@"<>:;,=&?/]+@[^\s@"<>:;,=&?/]+`)
	// WhatsApp's message ids hold the number in base64.
	wamid = regexp.MustCompile(`wamid\.[A-Za-z0-9+/=_-]+`)
	// Our own tokens, wherever somebody put one.
	bearer      = regexp.MustCompile(`wpp_(live|test)_[0-9A-Za-z]+`)
	fingerprint = regexp.MustCompile(`^(?:(?:W/)?"[0-9a-f]{16,64}"|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})$`)
)

// MaskText returns a text with the telephone numbers, e-mail addresses and
// secrets in it masked, as pages show it before they are revealed.
func MaskText(s string) string { return scrub(s) }

// scrub masks telephone numbers, e-mail addresses and secrets inside a text.
func scrub(s string) string {
	if !suspicious(s) || looksLikeID(s) || looksLikeTime(s) {
		return s
	}
	if strings.Contains(s, "wpp_") {
		s = bearer.ReplaceAllString(s, "wpp_${1}_"+masked)
	}
	if strings.Contains(s, "wamid.") {
		s = wamid.ReplaceAllString(s, "wamid."+masked)
	}
	if strings.Contains(s, "@") {
		s = email.ReplaceAllString(s, masked+"@"+masked)
	}
	var b strings.Builder
	from := 0
	for _, at := range kept.FindAllStringIndex(s, -1) {
		b.WriteString(number.ReplaceAllStringFunc(s[from:at[0]], maskNumber))
		b.WriteString(s[at[0]:at[1]])
		from = at[1]
	}
	b.WriteString(number.ReplaceAllStringFunc(s[from:], maskNumber))
	return b.String()
}

// unremarkable reports whether a text inside quotes of JSON stays as it is: it
// means itself, and scrub would find nothing in it.
func unremarkable(inner []byte) bool {
	digits := 0
	for _, c := range inner {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '\\' || c == '@' || c >= utf8.RuneSelf:
			return false
		}
	}
	if digits >= 8 {
		return looksLikeID(inner) || looksLikeTime(inner)
	}
	return !bytes.Contains(inner, []byte("wamid.")) && !bytes.Contains(inner, []byte("wpp_"))
}

// suspicious spares most texts the regular expressions.
func suspicious(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '@':
			return true
		}
	}
	return digits >= 8 || strings.Contains(s, "wamid.") || strings.Contains(s, "wpp_")
}

// looksLikeID and looksLikeTime spare most texts of an answer the regular
// expressions too.
func looksLikeID[T string | []byte](s T) bool {
	const prefix, length = 4, 30
	if len(s) != length || s[prefix-1] != '_' {
		return false
	}
	for i := range prefix - 1 {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	for i := prefix; i < length; i++ {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z' || c == 'I' || c == 'L' || c == 'O' || c == 'U') {
			return false
		}
	}
	return true
}

// looksLikeTime recognizes portal.TimeFormat.
func looksLikeTime[T string | []byte](s T) bool {
	const form = "0000-00-00T00:00:00.000Z"
	if len(s) != len(form) {
		return false
	}
	for i := range len(form) {
		if c := s[i]; form[i] != '0' && c != form[i] || form[i] == '0' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isKept reports whether all of s is one of the texts that stay.
func isKept(s string) bool {
	if looksLikeID(s) || looksLikeTime(s) {
		return true
	}
	at := kept.FindStringIndex(s)
	return at != nil && at[0] == 0 && at[1] == len(s)
}

// dots is what remains of digits that are no telephone number.
const dots = "••••"

// maskNumber shows country, area and the last four digits of a telephone
// number, and nothing of what is none.
func maskNumber(s string) string {
	if s == "" {
		return ""
	}
	n, err := phone.Parse(s, "BR")
	if err != nil {
		return dots
	}
	return phone.Mask(n.E164)
}
