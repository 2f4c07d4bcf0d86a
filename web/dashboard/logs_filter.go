package dashboard

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// logFields are the filters of the log by the names that the URL and the search share.
var logFields = []struct {
	name  string
	of    func(*views.LogQuery) *string
	valid func(string) bool
}{
	{"error", func(q *views.LogQuery) *string { return &q.Error }, isErrorCode},
	{"from", func(q *views.LogQuery) *string { return &q.From }, isTime},
	{"id", func(q *views.LogQuery) *string { return &q.ID }, func(s string) bool { return portal.IsID(portal.PrefixRequest, s) }},
	{"message", func(q *views.LogQuery) *string { return &q.Message }, func(s string) bool { return portal.IsID(portal.PrefixMessage, s) }},
	{"method", func(q *views.LogQuery) *string { return &q.Method }, isMethod},
	{"min_ms", func(q *views.LogQuery) *string { return &q.MinMS }, isMillis},
	{"path", func(q *views.LogQuery) *string { return &q.Path }, isPath},
	{"range", func(q *views.LogQuery) *string { return &q.Range }, func(s string) bool { return rangeOf(s) > 0 }},
	{"source", func(q *views.LogQuery) *string { return &q.Source }, func(s string) bool { return s == portal.SourceAPI || s == portal.SourceConsole }},
	{"status", func(q *views.LogQuery) *string { return &q.Status }, func(s string) bool { return s == "2xx" || s == "4xx" || s == "5xx" }},
	{"to", func(q *views.LogQuery) *string { return &q.To }, isTime},
	{"token", func(q *views.LogQuery) *string { return &q.Token }, func(s string) bool { return portal.IsID(portal.PrefixToken, s) }},
}

func isErrorCode(s string) bool {
	_, ok := portal.EntryOf(portal.Code(s))
	return ok
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func isMethod(s string) bool {
	return slices.Contains([]string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}, s)
}

func isMillis(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n <= 600_000
}

func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && len(s) <= 255 && !strings.Contains(s, "\x00")
}

func rangeOf(name string) time.Duration {
	for _, p := range views.LogPeriods {
		if p.Name == name {
			return p.Length
		}
	}
	return 0
}

// logQuery reads the filters of a URL; what is not valid does not filter.
// Times without a zone, as date fields send them, are the reader's.
func logQuery(values url.Values, zone *time.Location) (q views.LogQuery) {
	for _, f := range logFields {
		if v := withZone(strings.TrimSpace(values.Get(f.name)), zone); v != "" && f.valid(v) {
			*f.of(&q) = v
		}
	}
	if before := values.Get("before"); portal.IsID(portal.PrefixRequest, strings.TrimSuffix(before, "0")) || portal.IsID(portal.PrefixRequest, before) {
		q.Before = before
	}
	if q.From != "" || q.To != "" {
		q.Range = ""
	}
	return q
}

func withZone(s string, zone *time.Location) string {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return s
}

// searchLogs adds the words of a search to a query: name:value, or a value that
// can only be one thing. It returns the words that are neither.
func searchLogs(q views.LogQuery, text string, tokens []portal.Token, zone *time.Location) (views.LogQuery, string) {
	var unknown []string
	for _, word := range strings.Fields(text) {
		if !addWord(&q, word, tokens, zone) {
			unknown = append(unknown, word)
		}
	}
	return q, strings.Join(unknown, " ")
}

func addWord(q *views.LogQuery, word string, tokens []portal.Token, zone *time.Location) bool {
	name, value, named := strings.Cut(word, ":")
	if !named || strings.HasPrefix(word, "/") {
		name, value = guess(word)
	}
	switch name {
	case "token":
		value = tokenID(value, tokens)
	case "method":
		value = strings.ToUpper(value)
	case "error", "source", "status":
		value = strings.ToLower(value)
	case "from", "to":
		value = withZone(value, zone)
		q.Range = ""
	}
	for _, f := range logFields {
		if f.name == name && f.valid(value) {
			*f.of(q) = value
			return true
		}
	}
	return false
}

// guess says which filter a bare word is.
func guess(word string) (name, value string) {
	switch {
	case strings.HasPrefix(word, "/"):
		return "path", word
	case portal.IsID(portal.PrefixRequest, word):
		return "id", word
	case portal.IsID(portal.PrefixMessage, word):
		return "message", word
	case portal.IsID(portal.PrefixToken, word):
		return "token", word
	case isMethod(strings.ToUpper(word)):
		return "method", word
	case isErrorCode(word):
		return "error", word
	}
	return "status", word
}

// tokenID finds a token by its id, its name or the start of its name.
func tokenID(s string, tokens []portal.Token) string {
	for _, match := range []func(portal.Token) bool{
		func(t portal.Token) bool { return t.ID == s || strings.EqualFold(t.Name, s) },
		func(t portal.Token) bool {
			return s != "" && strings.HasPrefix(strings.ToLower(t.Name), strings.ToLower(s))
		},
	} {
		if i := slices.IndexFunc(tokens, match); i >= 0 {
			return tokens[i].ID
		}
	}
	return s
}

// logFilter turns a query into the filter of the store. Without a period it is
// the last hour, except for what an id already says.
func logFilter(q views.LogQuery, now time.Time) portal.RequestFilter {
	f := portal.RequestFilter{
		PathPrefix: q.Path, Method: q.Method, TokenID: q.Token, ErrorCode: portal.Code(q.Error),
		ID: q.ID, Source: q.Source, MessageID: q.Message, From: parseTime(q.From), To: parseTime(q.To),
	}
	if q.Status != "" {
		f.Class = int(q.Status[0] - '0')
	}
	if ms, err := strconv.Atoi(q.MinMS); err == nil {
		f.MinDuration = time.Duration(ms) * time.Millisecond
	}
	if f.From == nil && f.To == nil && q.ID == "" && q.Message == "" {
		length := rangeOf(q.Range)
		if length == 0 {
			length = time.Hour
		}
		from := now.Truncate(time.Minute).Add(time.Minute - length)
		f.From = &from
	}
	return f
}

func parseTime(s string) *time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil
	}
	t = t.UTC()
	return &t
}
