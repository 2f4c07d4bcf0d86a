package apidocs

import (
	"embed"
	"strings"
)

//go:embed guides
var sampleFiles embed.FS

// Language is one of the languages that the guides show code in.
type Language struct {
	ID, Name  string
	extension string
}

// Languages are those of every sample, in the order of the page.
var Languages = []Language{
	{"curl", "cURL", ".sh"},
	{"go", "Go", ".go.txt"}, // no .go: it is no part of this module
	{"node", "Node", ".mjs"},
	{"php", "PHP", ".php"},
	{"python", "Python", ".py"},
}

// LanguageOf returns the language of that id, cURL for an unknown one.
func LanguageOf(id string) Language {
	for _, l := range Languages {
		if l.ID == id {
			return l
		}
	}
	return Languages[0]
}

// Sample returns a program of the guides in a language: send, retry, upload and
// report, which call the API at baseURL with the token in WPP_TOKEN, or verify, a
// receiver of webhooks that reads WPP_WEBHOOK_SECRET. Each language has an
// idempotency key of its own: the same key with other bytes is refused.
func Sample(name string, l Language, baseURL string) string {
	text := must(sampleFiles.ReadFile("guides/" + name + l.extension))
	return strings.ReplaceAll(strings.TrimSpace(string(text)), "BASE", baseURL)
}
