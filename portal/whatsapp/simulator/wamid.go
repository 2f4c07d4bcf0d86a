package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal/phone"
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

// The directions of a message inside its id.
const (
	outbound = 0x11
	inbound  = 0x12
)

// newWAMID returns an id of Meta's form: the person's digits and a random key
// in a small binary record.
func newWAMID(e164 string, direction byte) string {
	var key [9]byte
	rand.Read(key[:]) // never fails (crypto/rand)
	digits, id := phone.Digits(e164), strings.ToUpper(hex.EncodeToString(key[:]))
	record := append([]byte{0x1c, 0x18, byte(len(digits))}, digits...)
	record = append(record, 0x15, 0x02, 0x00, direction, 0x18, byte(len(id)))
	record = append(record, id...)
	return wamidPrefix + base64.StdEncoding.EncodeToString(append(record, 0))
}
