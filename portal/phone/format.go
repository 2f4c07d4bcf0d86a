package phone

import (
	"fmt"

	"github.com/nyaruka/phonenumbers"
)

const dots = "••••"

// Mask hides the middle of an E.164 number: "+55 11 9••••-4417" in Brazil,
// elsewhere country code, dots and the last four digits. What is not a number
// becomes dots only; "" stays "".
func Mask(e164 string) string {
	if e164 == "" {
		return ""
	}
	if area, subscriber, ok := splitBrazil(e164); ok {
		return "+55 " + area + " " + subscriber[:len(subscriber)-8] + dots + "-" + last4(subscriber)
	}
	parsed, err := phonenumbers.Parse(e164, "")
	// A short number would show most of itself.
	if err != nil || len(e164) < 9 {
		return dots
	}
	return fmt.Sprintf("+%d %s%s", parsed.GetCountryCode(), dots, last4(e164))
}

// Format writes an E.164 number for reading: "+55 11 98765-4417". What is not
// a number comes back as it is.
func Format(e164 string) string {
	if area, subscriber, ok := splitBrazil(e164); ok {
		return fmt.Sprintf("+55 %s %s-%s", area, subscriber[:len(subscriber)-4], last4(subscriber))
	}
	parsed, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return e164
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}

func last4(digits string) string { return digits[len(digits)-4:] }
