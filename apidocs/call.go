package apidocs

import (
	"regexp"
	"strings"
)

// sampleBody finds, in the sample of each language that sends a message, the
// body it sends; sampleKey finds its Idempotency-Key.
var (
	sampleBody = map[string]*regexp.Regexp{
		"curl":   regexp.MustCompile(`(?s)-d '.*'`),
		"go":     regexp.MustCompile("(?s)body := `[^`]*`"),
		"node":   regexp.MustCompile(`(?s)JSON\.stringify\(.*?\n  \}\)`),
		"php":    regexp.MustCompile(`(?s)json_encode\(.*?\n    \]\)`),
		"python": regexp.MustCompile(`(?s)json\.dumps\(.*?\n    \}\)`),
	}
	sampleKey = regexp.MustCompile(`PED-[0-9]+:enviado`)
)

// SendCall returns the sample that sends a message, sending this very body
// under this key instead. body is JSON with an indent of two spaces; the token
// stays the environment variable WPP_TOKEN.
func SendCall(l Language, baseURL, key, body string) string {
	text := Sample("send", l, baseURL)
	text = sampleKey.ReplaceAllLiteralString(text, key)
	return sampleBody[l.ID].ReplaceAllLiteralString(text, literal(l.ID, body))
}

// literal writes the body as the language does.
func literal(language, body string) string {
	switch language {
	case "curl":
		return "-d '" + strings.ReplaceAll(body, "'", `'\''`) + "'"
	case "go":
		return "body := `" + strings.ReplaceAll(body, "`", "` + \"`\" + `") + "`"
	case "node":
		return "JSON.stringify(" + strings.ReplaceAll(body, "\n", "\n  ") + ")"
	case "php":
		return "<<<'JSON'\n" + body + "\nJSON"
	}
	return "json.dumps(" + strings.ReplaceAll(pythonWords(body), "\n", "\n    ") + ")"
}

// jsonPart is a text of JSON, or one of its words that Python spells otherwise.
var jsonPart = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\btrue\b|\bfalse\b|\bnull\b`)

func pythonWords(body string) string {
	return jsonPart.ReplaceAllStringFunc(body, func(s string) string {
		switch s {
		case "true":
			return "True"
		case "false":
			return "False"
		case "null":
			return "None"
		}
		return s
	})
}
