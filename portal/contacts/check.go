package contacts

import (
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

// The limits of a contact.
const (
	maxText       = 255
	maxTags       = 50
	maxTag        = 64
	maxAttributes = 50
	maxValue      = 500
	maxSource     = 64
	maxEvidence   = 500
)

var (
	attributeName = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
	languageCode  = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2})?$`)
)

// clockSkew is how far the caller's clock may run ahead of ours.
const clockSkew = 5 * time.Minute

// check reads the phone and returns all that is wrong with the fields at once.
func check(in Upsert, country string, now time.Time) (n phone.Number, err error) {
	var k checker
	k.text("/external_id", in.ExternalID, maxText)
	if in.ExternalID.given() && in.ExternalID.Value == "" {
		k.add("/external_id", portal.FieldTooShort)
	}
	k.text("/name", in.Name, maxText)
	k.text("/email", in.Email, maxText)
	k.format("/email", in.Email, isEmail)
	k.format("/country", in.Country, isCountry)
	k.format("/language", in.Language, languageCode.MatchString)
	k.format("/timezone", in.Timezone, isTimezone)
	k.tags(in.Tags.Value)
	k.attributes(in.Attributes.Value)
	k.optIn(in.OptIn.Value, now)
	if in.Phone.given() {
		if n, err = phone.Parse(in.Phone.Value, country); err != nil {
			others := len(k.fields)
			k.add("/phone", portal.FieldInvalidFormat)
			if others == 0 {
				return n, portal.Refuse(portal.CodeInvalidNumber, k.fields...)
			}
		}
	}
	if len(k.fields) > 0 {
		return n, portal.Refuse(portal.CodeValidationFailed, k.fields...)
	}
	return n, nil
}

// checker collects what is wrong. It never keeps a value.
type checker struct{ fields []portal.FieldError }

func (k *checker) add(pointer, code string) {
	k.fields = append(k.fields, portal.FieldError{Pointer: pointer, Code: code})
}

func (k *checker) text(pointer string, o Optional[string], limit int) {
	switch {
	case !o.given():
	case utf8.RuneCountInString(o.Value) > limit:
		k.add(pointer, portal.FieldTooLong)
	case strings.ContainsFunc(o.Value, unicode.IsControl):
		k.add(pointer, portal.FieldInvalidFormat)
	}
}

func (k *checker) format(pointer string, o Optional[string], ok func(string) bool) {
	if o.given() && utf8.RuneCountInString(o.Value) <= maxText && !ok(o.Value) {
		k.add(pointer, portal.FieldInvalidFormat)
	}
}

func (k *checker) tags(tags []string) {
	if len(tags) > maxTags {
		k.add("/tags", portal.FieldTooMany)
		return
	}
	for i, tag := range tags {
		pointer := fmt.Sprintf("/tags/%d", i)
		if strings.TrimSpace(tag) == "" {
			k.add(pointer, portal.FieldTooShort)
		}
		k.text(pointer, Some(tag), maxTag)
	}
}

func (k *checker) attributes(set map[string]any) {
	if len(set) > maxAttributes {
		k.add("/attributes", portal.FieldTooMany)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if !attributeName.MatchString(name) {
			// The pointer would repeat what the caller wrote, so it stops at the object.
			k.fields = append(k.fields, portal.FieldError{Pointer: "/attributes", Code: portal.FieldInvalidFormat, Detail: badAttributeName})
			continue
		}
		k.attribute("/attributes/"+name, set[name])
	}
}

var badAttributeName = portal.Words{
	EN: "Names of attributes have 1 to 40 characters of a–z, 0–9 and _.",
	PT: "Nomes de atributos têm de 1 a 40 caracteres entre a–z, 0–9 e _.",
}

func (k *checker) attribute(pointer string, value any) {
	switch v := value.(type) {
	case nil, bool:
	case portal.Number:
		if len(v) > maxValue {
			k.add(pointer, portal.FieldTooLong)
		}
	case string:
		switch {
		case utf8.RuneCountInString(v) > maxValue:
			k.add(pointer, portal.FieldTooLong)
		case strings.ContainsRune(v, 0):
			k.add(pointer, portal.FieldInvalidFormat)
		}
	default:
		k.add(pointer, portal.FieldWrongType)
	}
}

func (k *checker) optIn(ch portal.ConsentChange, now time.Time) {
	states := []string{portal.OptedIn, portal.OptedOut, portal.OptInUnknown}
	if ch.Status != nil && !slices.Contains(states, *ch.Status) {
		k.add("/opt_in/status", portal.FieldInvalidValue)
	}
	if ch.Marketing != nil && !slices.Contains(states, *ch.Marketing) {
		k.add("/opt_in/marketing", portal.FieldInvalidValue)
	}
	if ch.Source != nil {
		k.text("/opt_in/source", Some(*ch.Source), maxSource)
		if *ch.Source == portal.ConsentByPerson {
			k.fields = append(k.fields, portal.FieldError{Pointer: "/opt_in/source", Code: portal.FieldInvalidValue, Detail: sourceIsOurs})
		}
	}
	if ch.Evidence != nil {
		k.text("/opt_in/evidence", Some(*ch.Evidence), maxEvidence)
	}
	// A moment to come would outlive every later word of the person.
	if ch.At != nil && (ch.At.After(now.Add(clockSkew)) || ch.At.Before(time.Unix(0, 0))) {
		k.add("/opt_in/at", portal.FieldOutOfRange)
	}
}

var sourceIsOurs = portal.Words{
	EN: "“whatsapp” marks what the person said in WhatsApp and is written by us only.",
	PT: "“whatsapp” marca o que a pessoa disse no WhatsApp e só nós o gravamos.",
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// isCountry reports whether s is a code of ISO 3166-1 alpha-2, in capitals.
func isCountry(s string) bool {
	if len(s) != 2 {
		return false
	}
	region, err := language.ParseRegion(s)
	return err == nil && region.IsCountry() && region.String() == s && region.Canonicalize() == region
}

// zones remembers the zones that exist, so that a write rarely reads a file.
var zones sync.Map

func isTimezone(s string) bool {
	if _, ok := zones.Load(s); ok {
		return true
	}
	if s == "" || s == "Local" {
		return false
	}
	if _, err := time.LoadLocation(s); err != nil {
		return false
	}
	zones.Store(s, true)
	return true
}
