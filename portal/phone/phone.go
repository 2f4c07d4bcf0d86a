// Package phone reads telephone numbers the way their owners write them and
// knows under which forms WhatsApp may know a Brazilian mobile: accounts opened
// before the ninth digit came keep their old twelve-digit id.
//
// It is a leaf: numbers in, numbers out, no input or output. It is the only
// importer of the phonenumbers library.
//
// Known weakness: only Brazil has a rule of its own. Other countries whose
// WhatsApp ids differ from E.164 (Mexico, Argentina) have one candidate.
package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/wppmarketing/developers/portal"
)

// The kinds of a Number.
const (
	Mobile   = "mobile"
	Landline = "landline"
	TollFree = "toll_free"
	VoIP     = "voip"
	Other    = "other"
)

// Number is one valid telephone number.
type Number struct {
	E164       string   // canonical: Brazilian mobiles with the ninth digit
	Country    string   // ISO 3166-1 alpha-2; "" for numbers of no country
	Kind       string   // mobile, landline, toll_free, voip or other
	Candidates []string // E.164 forms WhatsApp may know it by, canonical first
	Zone       string   // IANA zone, "" when the number does not tell it
}

// maxInput leaves room for any E.164 number written with generous punctuation.
const maxInput = 40

// Parse reads a number in E.164, or digits with the usual punctuation in
// defaultCountry (ISO 3166-1 alpha-2). Brazilian mobiles with eight digits gain
// the ninth. Anything else is refused with invalid_number, which never holds
// the value. Digits that came from WhatsApp need a "+" in front first.
func Parse(input, defaultCountry string) (Number, error) {
	digits, ok := strip(input)
	if !ok {
		return Number{}, portal.Refuse(portal.CodeInvalidNumber)
	}
	// Most numbers come in this form, and the library takes fifty times as long.
	if national, ok := strings.CutPrefix(digits, "+55"); ok {
		if n, ok := brazilian(national); ok {
			return n, nil
		}
	}
	parsed, err := phonenumbers.Parse(digits, strings.ToUpper(defaultCountry))
	if err != nil {
		return Number{}, portal.Refuse(portal.CodeInvalidNumber)
	}
	if parsed.GetCountryCode() == brazilCode {
		if n, ok := brazilian(phonenumbers.GetNationalSignificantNumber(parsed)); ok {
			return n, nil
		}
	}
	if !phonenumbers.IsValidNumber(parsed) {
		return Number{}, portal.Refuse(portal.CodeInvalidNumber)
	}
	return foreign(parsed), nil
}

// FromQuery undoes what a query string does to a plus sign: a leading space
// becomes "+".
func FromQuery(value string) string {
	if rest, ok := strings.CutPrefix(value, " "); ok {
		return "+" + strings.TrimSpace(rest)
	}
	return value
}

// Digits returns the number without its plus sign, as WhatsApp writes it.
func Digits(e164 string) string { return strings.TrimPrefix(e164, "+") }

// Same reports whether a and b, both E.164, may be the same WhatsApp account.
func Same(a, b string) bool {
	known := candidates(b)
	for _, c := range candidates(a) {
		for _, k := range known {
			if c == k {
				return true
			}
		}
	}
	return false
}

// candidates never fails: a number that is not valid is known by itself only.
func candidates(e164 string) []string {
	n, err := Parse(e164, "")
	if err != nil {
		return []string{e164}
	}
	return n.Candidates
}

func foreign(parsed *phonenumbers.PhoneNumber) Number {
	e164 := phonenumbers.Format(parsed, phonenumbers.E164)
	n := Number{E164: e164, Kind: kindOf(parsed), Candidates: []string{e164}}
	if region := phonenumbers.GetRegionCodeForNumber(parsed); len(region) == 2 {
		n.Country = region
	}
	zones, err := phonenumbers.GetTimezonesForNumber(parsed)
	if err == nil && len(zones) == 1 && zones[0] != phonenumbers.UNKNOWN_TIMEZONE {
		n.Zone = zones[0]
	}
	return n
}

func kindOf(parsed *phonenumbers.PhoneNumber) string {
	switch phonenumbers.GetNumberType(parsed) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return Mobile
	case phonenumbers.FIXED_LINE:
		return Landline
	case phonenumbers.TOLL_FREE:
		return TollFree
	case phonenumbers.VOIP:
		return VoIP
	default:
		return Other
	}
}

// strip removes punctuation and refuses everything that is not part of a
// number: the library would read letters as keys and "ext" as an extension.
func strip(input string) (string, bool) {
	if len(input) > 3*maxInput {
		return "", false
	}
	var b strings.Builder
	for _, r := range input {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteByte('+')
		case strings.ContainsRune(punctuation, r):
		default:
			return "", false
		}
	}
	return b.String(), b.Len() <= maxInput
}

// punctuation includes the spaces, hyphens and invisible direction marks that
// come along when a number is copied from a page or a phone book.
const punctuation = " \t-.()/\u00a0\u2010\u2011\u2012\u2013\u2014\u200e\u200f\u202a\u202c\u202d\u2066\u2068\u2069"
