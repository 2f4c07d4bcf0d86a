package simulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// marshalASCII writes JSON as Meta does: everything above U+007F escaped.
func marshalASCII(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("marshal: %w", err)
	}
	escaped := make([]byte, 0, len(raw))
	for _, r := range string(raw) {
		switch {
		case r < utf8.RuneSelf:
			escaped = append(escaped, byte(r))
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped, nil
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

const wamidPrefix = "wamid."

// newWAMID returns the id of a message to or from a person.
func newWAMID(e164 string, direction byte) string {
	return whatsapp.NewMessageID(phone.Digits(e164), direction)
}

// The directions of a message inside its id.
const (
	outbound = whatsapp.FromBusiness
	inbound  = whatsapp.FromPerson
)
