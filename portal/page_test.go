package portal

import (
	"encoding/base64"
	"testing"
)

func TestCursor(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03", "17.ctc_1", "a\nb", "á"} {
		got, err := ParseCursor("contacts", Cursor("contacts", key))
		if err != nil || got != key {
			t.Errorf("%q: %q, %v", key, got, err)
		}
	}
	if key, err := ParseCursor("contacts", ""); key != "" || err != nil {
		t.Errorf("no cursor: %q, %v", key, err)
	}
}

func TestParseCursorRefuses(t *testing.T) {
	t.Parallel()
	for name, cursor := range map[string]string{
		"of another list":  Cursor("messages", "x"),
		"of a longer name": Cursor("contacts2", "x"),
		"an empty key":     Cursor("contacts", ""),
		"no list":          base64.RawURLEncoding.EncodeToString([]byte("contacts")),
		"not base64":       "!!!",
		"padded":           Cursor("contacts", "x") + "=",
		"with a line":      Cursor("contacts", "x") + "\n ",
	} {
		if key, err := ParseCursor("contacts", cursor); CodeOf(err) != CodeInvalidCursor {
			t.Errorf("%s: %q, %v", name, key, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(Cursor("contacts", "ctc_1"))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		key, err := ParseCursor("contacts", cursor)
		if err != nil && CodeOf(err) != CodeInvalidCursor {
			t.Errorf("%q: %v", cursor, err)
		}
		if err == nil && (key == "") != (cursor == "") {
			t.Errorf("%q has the key %q", cursor, key)
		}
	})
}
