package whatsapp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

const wamidPrefix = "wamid."

// The directions of a message inside its id.
const (
	FromBusiness = 0x11
	FromPerson   = 0x12
)

// NewMessageID returns an id of Meta's form, for messages that are simulated:
// the person's digits and a random key in a small binary record.
func NewMessageID(digits string, direction byte) string {
	var key [9]byte
	rand.Read(key[:]) // never fails (crypto/rand)
	id := strings.ToUpper(hex.EncodeToString(key[:]))
	record := append([]byte{0x1c, 0x18, byte(len(digits))}, digits...)
	record = append(record, 0x15, 0x02, 0x00, direction, 0x18, byte(len(id)))
	record = append(record, id...)
	return wamidPrefix + base64.StdEncoding.EncodeToString(append(record, 0))
}

// AuthorOf returns the digits of the person in an id that NewMessageID made for
// a message of theirs; "" for any other id.
func AuthorOf(id string) string {
	record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(id, wamidPrefix))
	if err != nil || len(record) < 3 || record[0] != 0x1c {
		return ""
	}
	end := 3 + int(record[2])
	if len(record) < end+4 || record[end+3] != FromPerson {
		return ""
	}
	return string(record[3:end])
}
