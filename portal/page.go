package portal

import (
	"encoding/base64"
	"strings"
)

// The limits of a list.
const (
	DefaultLimit = 50
	MaxLimit     = 100
)

// Page asks for a part of a list. After is the key behind which it starts, as
// ParseCursor returned it; empty means the start.
type Page struct {
	Limit int
	After string
}

// Cursor returns the opaque text of the last key of a page of the named list.
func Cursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + key))
}

// ParseCursor returns the key inside a cursor of the named list: "" for "",
// invalid_cursor for a text that Cursor did not make for that list.
func ParseCursor(list, cursor string) (key string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", Refuse(CodeInvalidCursor)
	}
	name, key, ok := strings.Cut(string(raw), "\n")
	if !ok || name != list || key == "" {
		return "", Refuse(CodeInvalidCursor)
	}
	return key, nil
}
