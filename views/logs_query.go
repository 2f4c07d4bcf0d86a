package views

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/views/ui"
)

// LogQuery is the state of the request log as its URL holds it. Empty fields do not filter.
type LogQuery struct {
	Status  string // 2xx, 4xx or 5xx
	Method  string
	Path    string // prefix
	Token   string // tok_…
	Error   string // code
	MinMS   string // milliseconds
	ID      string // req_…
	Source  string // api or console
	Message string // msg_…
	Range   string // 1h, 24h, 7d or 30d; "" is 1h unless From or To is given
	From    string // RFC 3339
	To      string // RFC 3339
	Before  string // the last id of the page before
}

// Pairs returns the query without the named parameters and without the page.
func (q LogQuery) Pairs(except ...string) []ui.Pair {
	var pairs []ui.Pair
	for _, p := range []ui.Pair{
		{Name: "status", Value: q.Status},
		{Name: "method", Value: q.Method},
		{Name: "path", Value: q.Path},
		{Name: "token", Value: q.Token},
		{Name: "error", Value: q.Error},
		{Name: "min_ms", Value: q.MinMS},
		{Name: "id", Value: q.ID},
		{Name: "source", Value: q.Source},
		{Name: "message", Value: q.Message},
		{Name: "range", Value: q.Range},
		{Name: "from", Value: q.From},
		{Name: "to", Value: q.To},
	} {
		if p.Value != "" && !slices.Contains(except, p.Name) {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// Filtered reports whether anything but the period narrows the list.
func (q LogQuery) Filtered() bool { return len(q.Pairs("range", "from", "to")) > 0 }

// href returns path with the pairs and further names and values.
func (q LogQuery) href(ctx context.Context, path string, pairs []ui.Pair, more ...string) templ.SafeURL {
	var kv []string
	for _, p := range pairs {
		kv = append(kv, p.Name, p.Value)
	}
	return ui.Href(ctx, path, append(kv, more...)...)
}

// list returns the link to the list with further names and values.
func (q LogQuery) list(ctx context.Context, more ...string) templ.SafeURL {
	return q.href(ctx, "/logs", q.Pairs(), more...)
}

// without returns the link to the list that no longer has the named filters.
func (q LogQuery) without(ctx context.Context, names ...string) templ.SafeURL {
	return q.href(ctx, "/logs", q.Pairs(names...))
}

// Entry returns the link to an entry beside this list.
func (q LogQuery) Entry(ctx context.Context, id string) templ.SafeURL { return q.entries(ctx)(id) }

// entries returns what makes such links: all of them end alike.
func (q LogQuery) entries(ctx context.Context) func(id string) templ.SafeURL {
	const before = "/logs/"
	end := q.href(ctx, before, q.Pairs(), "before", q.Before)[len(before):]
	return func(id string) templ.SafeURL { return before + templ.SafeURL(id) + end }
}
