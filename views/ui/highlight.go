package ui

import (
	"bytes"
	"encoding/json"
	"html"
	"strings"

	"github.com/a-h/templ"
)

// The classes of highlighted code.
const (
	keyClass    = "k" // names of JSON, commands of a shell
	stringClass = "s"
	numberClass = "d" // numbers and literals
	markClass   = "p" // punctuation
)

// JSON is the text of raw, indented and colored. What is not JSON is shown as
// it came. Everything is escaped.
func JSON(raw []byte) templ.Component {
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return templ.Raw(html.EscapeString(strings.ToValidUTF8(string(raw), "\uFFFD")))
	}
	return templ.Raw(highlightJSON(strings.ToValidUTF8(indented.String(), "\uFFFD")))
}

func highlightJSON(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		n, class := jsonToken(s)
		span(&out, class, s[:n])
		s = s[n:]
	}
	return out.String()
}

// jsonToken returns the length and class of the first token of s, which is valid JSON.
func jsonToken(s string) (n int, class string) {
	switch c := s[0]; {
	case c == '"':
		n = quoted(s, '"')
		if strings.HasPrefix(s[n:], ":") {
			return n, keyClass
		}
		return n, stringClass
	case strings.IndexByte("{}[],", c) >= 0:
		return 1, markClass
	case strings.IndexByte(" \n:", c) >= 0:
		return 1, ""
	}
	n = strings.IndexAny(s, "{}[], \n:\"")
	if n <= 0 {
		n = len(s)
	}
	return n, numberClass
}

// quoted returns the length of the quoted text that s begins with, to the end of s if it never closes.
func quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(s)
}

// ShellCode is a command line, colored: the command at the start of a line,
// and what is quoted. Everything is escaped.
func ShellCode(text string) templ.Component {
	var out strings.Builder
	text = strings.ToValidUTF8(text, "\uFFFD")
	start := true // of a command
	for len(text) > 0 {
		n, class := shellToken(text, start)
		token := text[:n]
		span(&out, class, token)
		start = strings.HasSuffix(token, "\n") && !strings.HasSuffix(token, "\\\n")
		text = text[n:]
	}
	return templ.Raw(out.String())
}

// shellToken returns the length and class of the first token of s.
func shellToken(s string, start bool) (n int, class string) {
	if s[0] == '"' || s[0] == '\'' {
		return quoted(s, s[0]), stringClass
	}
	if start {
		if n = strings.IndexAny(s, " \n\"'"); n > 0 {
			return n, keyClass
		}
	}
	n = strings.IndexAny(s, "\n\"'")
	switch {
	case n < 0:
		return len(s), ""
	case s[n] == '\n':
		return n + 1, ""
	}
	return n, ""
}

func span(out *strings.Builder, class, text string) {
	if class == "" {
		out.WriteString(html.EscapeString(text))
		return
	}
	out.WriteString(`<span class="` + class + `">` + html.EscapeString(text) + `</span>`)
}
