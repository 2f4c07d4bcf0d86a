package audit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// treatment says what becomes of a value.
type treatment int

const (
	plain      treatment = iota // only numbers, addresses and secrets inside it are masked
	telephone                   // a telephone number, or an id in its place
	hidden                      // all below becomes its length
	structural                  // hidden, but for the words of WhatsApp's own vocabulary
	secret                      // all below becomes •••
)

var (
	languageCode  = regexp.MustCompile(`^[a-z]{2,3}([_-][A-Za-z]{2,4})?$`)
	alreadyMasked = regexp.MustCompile(`^(?:\+\d{1,3} ?\d{0,2} ?\d?•{4}-?\d{4}|•{3,4}|•{3} \d{1,7} characters)$`)
	templateName  = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
)

// The names that decide, in alphabetical order.
var (
	hiddenNames     = []string{"attributes", "body", "boleto_line", "caption", "content", "email", "evidence", "filename", "footer", "link", "note", "parameters", "preview", "reason", "search", "text", "tracking_url", "username"}
	linkNames       = []string{"cart", "checkout", "invoice", "order"} // of an event's links: they may open a customer's cart
	secretNames     = []string{"headers"}                              // of an endpoint: a name of the customer's own tells nothing of its value
	secretWords     = []string{"code", "password", "secret", "token"}  // parts of a name
	structuralNames = []string{"components", "contacts", "interactive", "location"}
	structuralWords = []string{"component", "format", "index", "parameter_name", "sub_type", "type"}
	telephoneNames  = []string{"candidates", "e164", "from", "number", "phone", "phones", "tester_numbers", "testers", "to", "wa_id"}
	templateParents = []string{"fallback_template", "template"}
)

// reasons are the values of `reason` that are words of the API, not of a person.
var reasons = append([]string{portal.WindowExpired, portal.WindowNeverWrote, "plan", "staff", "token_expired", "policy", "payment", "not_registered"}, portal.EventReasons...)

// fieldCodes are the codes that stand inside answers beside those of the catalogue.
var fieldCodes = []string{
	portal.FieldRequired, portal.FieldUnknown, portal.FieldWrongType, portal.FieldInvalidFormat, portal.FieldInvalidValue,
	portal.FieldTooLong, portal.FieldTooShort, portal.FieldTooMany, portal.FieldOutOfRange, portal.FieldNotFound,
	portal.FieldConflict, portal.WarnOptOutKept,
}

// named are the treatments of all these names.
var named = func() map[string]treatment {
	all := map[string]treatment{}
	for _, group := range []struct {
		names []string
		treatment
	}{{telephoneNames, telephone}, {hiddenNames, hidden}, {structuralNames, structural}, {secretNames, secret}} {
		for _, name := range group.names {
			all[name] = group.treatment
		}
	}
	return all
}()

// rule returns how the member key of the object named parent is treated.
func rule(parent, key string) treatment {
	key = strings.ToLower(key)
	if t, ok := named[key]; ok {
		return t
	}
	switch {
	case parent == "links" && slices.Contains(linkNames, key), parent == "payment" && key == "url":
		return hidden
	case key == "name" && slices.Contains(templateParents, parent):
		return plain
	case key == "name" || strings.HasSuffix(key, "_name"):
		return hidden
	case secretName(key):
		return secret
	}
	return plain
}

// secretName reports whether the name of a member, a parameter or a header
// says that its value is a secret.
func secretName(name string) bool {
	for i := range len(name) {
		switch name[i] {
		case 'c', 'p', 's', 't': // how they begin
			for _, word := range secretWords {
				if strings.HasPrefix(name[i:], word) {
					return true
				}
			}
		}
	}
	return false
}

// below returns how a member of a value that is treated so is treated itself.
func (t treatment) below(parent, key string) treatment {
	switch {
	case t == structural && slices.Contains(structuralWords, key):
		return plain
	case t == hidden, t == structural, t == secret:
		return t
	}
	return rule(parent, key)
}

// text returns what is kept of a string.
func (t treatment) text(parent, key, s string) string {
	if strings.Contains(s, "•") && alreadyMasked.MatchString(s) {
		return s
	}
	switch t {
	case telephone:
		if s == "" || strings.HasPrefix(s, "ext:") || s[0] != '+' && isKept(s) {
			return scrub(s)
		}
		first, second := s, "+"+s
		if key == "wa_id" { // as WhatsApp writes them, without the plus sign
			first, second = second, first
		}
		if m := maskNumber(first); m != dots {
			return m
		}
		return maskNumber(second)
	case hidden, structural:
		if key == "reason" && slices.Contains(reasons, s) {
			return s
		}
		return lengthOf(s)
	case secret:
		if s == "" || isCode(parent, key, s) || isKept(s) {
			return s
		}
		return masked
	}
	if key == "name" && !templateName.MatchString(s) {
		return lengthOf(s)
	}
	return scrub(s)
}

// isCode reports whether a `code` is a word of the API: an error's or a language's.
func isCode(parent, key, s string) bool {
	if key != "code" && key != "error_code" {
		return false
	}
	if parent == "language" {
		return languageCode.MatchString(s)
	}
	_, known := portal.EntryOf(portal.Code(s))
	return known || slices.Contains(fieldCodes, s)
}

// digits returns what is kept of a JSON number: itself, or a string.
func (t treatment) digits(parent, key, raw string) (kept string, isString bool) {
	n := 0
	for i := range len(raw) {
		if raw[i] >= '0' && raw[i] <= '9' {
			n++
		}
	}
	switch {
	case t == hidden, t == structural:
		return lengthOf(raw), true
	case t == secret && (key != "code" || parent != "provider"):
		return masked, true
	case n >= 8:
		return maskNumber(raw), true
	}
	return raw, false
}
