package ui

import (
	"context"
	"html"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// marks are WhatsApp's own: *bold*, _italic_, ~struck~ and ```code```, `code`.
var marks = []struct{ mark, tag string }{
	{"```", "code"}, {"`", "code"}, {"*", "strong"}, {"_", "em"}, {"~", "s"},
}

// Marked draws a text as WhatsApp does, with its marks turned into looks. What
// is no pair of marks around words stays as it was written.
func Marked(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var out strings.Builder
		writeMarked(&out, text)
		_, err := io.WriteString(w, out.String())
		return err
	})
}

func writeMarked(out *strings.Builder, text string) {
	plain := 0
	for i := 0; i < len(text); {
		tag, inner, end := markAt(text, i)
		if tag == "" {
			i++
			continue
		}
		out.WriteString(html.EscapeString(text[plain:i]))
		out.WriteString("<" + tag + ">")
		if tag == "code" {
			out.WriteString(html.EscapeString(inner))
		} else {
			writeMarked(out, inner)
		}
		out.WriteString("</" + tag + ">")
		i, plain = end, end
	}
	out.WriteString(html.EscapeString(text[plain:]))
}

// markAt returns what the pair of marks that begins at i holds, and where it
// ends; no tag when none begins there. A mark stands at the edge of a word.
func markAt(text string, i int) (tag, inner string, end int) {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	if i > 0 && wordy(before) {
		return "", "", 0
	}
	for _, m := range marks {
		rest, ok := strings.CutPrefix(text[i:], m.mark)
		if !ok {
			continue
		}
		for from := 0; ; {
			at := strings.Index(rest[from:], m.mark)
			if at < 0 {
				break
			}
			at += from
			from = at + len(m.mark)
			after, _ := utf8.DecodeRuneInString(rest[from:])
			if at > 0 && strings.TrimSpace(rest[:at]) == rest[:at] && (from == len(rest) || !wordy(after)) {
				return m.tag, rest[:at], i + len(m.mark) + from
			}
		}
	}
	return "", "", 0
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
