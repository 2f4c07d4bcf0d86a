package views

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// LogsProps are the request log: its list and, with Entry, one entry beside it.
type LogsProps struct {
	Query   LogQuery
	Unknown string // words of the search that are no filter
	Tokens  []portal.Token
	Rows    []portal.Request
	More    string // key of the next page, "" on the last
	Steps   []portal.Minute
	Step    time.Duration
	Missing int64 // calls of the period whose row could not be written
	Live    bool  // the list shows the newest rows, so new ones belong on top
	First   bool  // nothing was ever logged here
	Now     time.Time
	BaseURL string
	Entry   *portal.Request
}

// LogPeriods are the ranges of the log, by the names that the overview gives them too.
var LogPeriods = []struct {
	Name   string
	Length time.Duration
}{
	{"1h", time.Hour},
	{"24h", 24 * time.Hour},
	{"7d", 7 * 24 * time.Hour},
	{"30d", 30 * 24 * time.Hour},
}

func logRanges(ctx context.Context, q LogQuery) []ui.Link {
	var links []ui.Link
	for _, p := range LogPeriods {
		current := q.Range == p.Name || q.Range == "" && q.From == "" && q.To == "" && p.Name == "1h"
		links = append(links, ui.Link{
			Label: p.Name, Current: current,
			Href: q.href(ctx, "/logs", q.Pairs("range", "from", "to"), "range", p.Name),
		})
	}
	return links
}

// logChip is one applied filter.
type logChip struct {
	name, value string
	remove      templ.SafeURL
}

func logChips(ctx context.Context, p LogsProps) []logChip {
	q := p.Query
	var chips []logChip
	add := func(name, value string, params ...string) {
		if value != "" {
			chips = append(chips, logChip{name, value, q.without(ctx, params...)})
		}
	}
	add(ui.L(ctx, "Period", "Período"), logPeriod(ctx, q), "from", "to")
	add("Status", q.Status, "status")
	add(ui.L(ctx, "Method", "Método"), q.Method, "method")
	add("Endpoint", q.Path, "path")
	add("Token", logTokenName(p.Tokens, q.Token), "token")
	add(ui.L(ctx, "Error", "Erro"), q.Error, "error")
	if q.MinMS != "" {
		add(ui.L(ctx, "Duration", "Duração"), ui.L(ctx, "from ", "a partir de ")+q.MinMS+" ms", "min_ms")
	}
	add("ID", logShort(q.ID), "id")
	add(ui.L(ctx, "Source", "Origem"), q.Source, "source")
	add(ui.L(ctx, "Message", "Mensagem"), logShort(q.Message), "message")
	return chips
}

func logShort(id string) string {
	if id == "" {
		return ""
	}
	return ui.Short(id)
}

func logTokenName(tokens []portal.Token, id string) string {
	if i := slices.IndexFunc(tokens, func(t portal.Token) bool { return t.ID == id }); i >= 0 {
		return tokens[i].Name
	}
	return logShort(id)
}

// logPeriod writes a period given by its ends.
func logPeriod(ctx context.Context, q LogQuery) string {
	end := func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return "…"
		}
		return logDay(ctx, t)
	}
	if q.From == "" && q.To == "" {
		return ""
	}
	return end(q.From) + " – " + end(q.To)
}

// logDay is a day and a time of day without the year: 22 Nov 14:32.
func logDay(ctx context.Context, t time.Time) string {
	date, minute := ui.Date(ctx, t), ui.Clock(ctx, t)[:5]
	return date[:strings.LastIndexByte(date, ' ')] + " " + minute
}

func logBars(ctx context.Context, p LogsProps) ui.BarsProps {
	var bars []ui.Bar
	var sum portal.Minute
	for _, m := range p.Steps {
		sum.OK, sum.Refused, sum.Failed = sum.OK+m.OK, sum.Refused+m.Refused, sum.Failed+m.Failed
		end := m.At.Add(p.Step)
		bars = append(bars, ui.Bar{
			Label: fmt.Sprintf("%s: %s", logDay(ctx, m.At), ui.Num(ctx, m.OK+m.Refused+m.Failed)),
			Parts: []ui.Part{{Kind: "ok", Value: float64(m.OK)}, {Kind: "warn", Value: float64(m.Refused)}, {Kind: "err", Value: float64(m.Failed)}},
			Href: p.Query.href(ctx, "/logs", p.Query.Pairs("range", "from", "to"),
				"from", m.At.Format(time.RFC3339), "to", end.Format(time.RFC3339)),
		})
	}
	first, last := p.Steps[0].At, p.Steps[len(p.Steps)-1].At.Add(p.Step)
	return ui.BarsProps{
		Bars: bars, Partial: last.After(p.Now), Times: []string{logDay(ctx, first), logDay(ctx, last)},
		Label: ui.L(ctx, "Requests over time: ", "Requisições no tempo: ") +
			fmt.Sprintf("2xx %s, 4xx %s, 5xx %s", ui.Num(ctx, sum.OK), ui.Num(ctx, sum.Refused), ui.Num(ctx, sum.Failed)),
	}
}

// logRowCount says how many rows an export will have, where that was counted.
func logRowCount(ctx context.Context, steps []portal.Minute) string {
	if len(steps) == 0 {
		return ""
	}
	var rows int64
	for _, m := range steps {
		rows += m.OK + m.Refused + m.Failed
	}
	return ", " + ui.Num(ctx, rows) + " " + ui.L(ctx, "rows", "linhas")
}

func logTotals(ctx context.Context, steps []portal.Minute) []ui.Part {
	var sum portal.Minute
	for _, m := range steps {
		sum.OK, sum.Refused, sum.Failed = sum.OK+m.OK, sum.Refused+m.Refused, sum.Failed+m.Failed
	}
	return []ui.Part{
		{Kind: "ok", Name: "2xx", Text: ui.Num(ctx, sum.OK)},
		{Kind: "warn", Name: "4xx", Text: ui.Num(ctx, sum.Refused)},
		{Kind: "err", Name: "5xx", Text: ui.Num(ctx, sum.Failed)},
	}
}

// logSlow is the duration from which a call is amber.
const logSlow = 500 * time.Millisecond

func logMillis(ctx context.Context, d time.Duration) string {
	return ui.Millis(ctx, float64(d.Microseconds())/1000)
}

// logSplit is where the time of a call went; nil when it was not measured.
func logSplit(ctx context.Context, q portal.Request) []ui.Part {
	if q.Duration == nil {
		return nil
	}
	t := q.Timing
	part := func(kind, en, pt string, d time.Duration) ui.Part {
		return ui.Part{Kind: kind, Name: ui.L(ctx, en, pt), Value: float64(d), Text: logMillis(ctx, d)}
	}
	return []ui.Part{
		part("sent", "auth", "autenticação", t.Auth),
		part("queue", "limits", "limites", t.Limits),
		part("ok", "validation", "validação", t.Validation),
		part("read", "store", "gravação", t.Store),
	}
}

func logSplitLabel(ctx context.Context, parts []ui.Part) string {
	var words []string
	for _, p := range parts {
		words = append(words, p.Name+" "+p.Text)
	}
	return ui.L(ctx, "Time spent: ", "Tempo gasto: ") + strings.Join(words, ", ")
}

// logNeighbors returns the entries before and after id in the list, "" at the ends.
func logNeighbors(rows []portal.Request, id string) (previous, next string) {
	i := slices.IndexFunc(rows, func(q portal.Request) bool { return q.ID == id })
	if i > 0 {
		previous = rows[i-1].ID
	}
	if i >= 0 && i+1 < len(rows) {
		next = rows[i+1].ID
	}
	return previous, next
}

// logCause explains a refused or failed call; ok is false when there is nothing to explain.
func logCause(ctx context.Context, q portal.Request) (c ui.CalloutProps, ok bool) {
	e, known := portal.EntryOf(q.ErrorCode)
	if !known {
		return c, false
	}
	c = ui.CalloutProps{Kind: "warn", Title: ui.W(ctx, e.Title), Text: ui.W(ctx, e.Detail) + " " + ui.W(ctx, e.Action)}
	if q.Status >= 500 {
		c.Kind = "err"
	}
	c.Links = []ui.Link{
		{Label: "Docs: " + string(q.ErrorCode), Href: ui.Href(ctx, "/docs/errors#"+string(q.ErrorCode))},
		{Label: ui.L(ctx, "All with this error", "Todas com este erro"), Href: ui.Href(ctx, "/logs", "error", string(q.ErrorCode), "range", "24h")},
	}
	return c, true
}

// logHeaderLines writes headers one a line, by name.
func logHeaderLines(h map[string]string) string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name + ": " + h[name] + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// logCurl is the call as a command. The token never stands in it, masked values stay masked.
func logCurl(base string, q portal.Request) string {
	var b strings.Builder
	b.WriteString("curl ")
	body := ""
	if q.Bodies != nil {
		body = q.Bodies.RequestBody
	}
	usual := "GET"
	if body != "" {
		usual = "POST"
	}
	if q.Method != usual {
		b.WriteString("-X " + logQuote(q.Method) + " ")
	}
	b.WriteString(logQuote(base + q.Path))
	b.WriteString(" \\\n  -H \"Authorization: Bearer $WPP_TOKEN\"")
	if body != "" {
		b.WriteString(" \\\n  --json " + logQuote(body))
	}
	return b.String()
}

// logQuote quotes s unless it is plain.
func logQuote(s string) string {
	if s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/._-") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// logHasMask reports whether the command holds values that the log does not keep.
func logHasMask(curl string) bool { return strings.Contains(curl, "•••") }

// logFirstCurl is the call that fills an empty log.
func logFirstCurl(base string) string {
	return "curl " + base + "/v1/account \\\n  -H \"Authorization: Bearer $WPP_TOKEN\""
}

// The choices that the filters offer.

func logChoices(current string, values ...string) []ui.Choice {
	var all []ui.Choice
	for _, v := range values {
		all = append(all, ui.Choice{Value: v, Label: v, Code: true, Chosen: v == current})
	}
	return all
}

func logStatusChoices(ctx context.Context, current string) []ui.Choice {
	return []ui.Choice{
		{Value: "2xx", Label: ui.L(ctx, "2xx success", "2xx sucesso"), Chosen: current == "2xx"},
		{Value: "4xx", Label: ui.L(ctx, "4xx client error", "4xx erro do cliente"), Chosen: current == "4xx"},
		{Value: "5xx", Label: ui.L(ctx, "5xx server error", "5xx erro do servidor"), Chosen: current == "5xx"},
	}
}

func logDurationChoices(ctx context.Context, current string) []ui.Choice {
	var all []ui.Choice
	for _, ms := range []string{"50", "250", "500", "1000"} {
		all = append(all, ui.Choice{Value: ms, Label: ui.L(ctx, "from ", "a partir de ") + ms + " ms", Chosen: ms == current})
	}
	return all
}

func logTokenChoices(tokens []portal.Token, current string) []ui.Choice {
	var all []ui.Choice
	for _, t := range tokens {
		all = append(all, ui.Choice{Value: t.ID, Label: t.Name, Chosen: t.ID == current})
	}
	return all
}

func logErrorCodes() []string {
	var codes []string
	for _, e := range portal.Catalogue {
		if e.Status != 0 {
			codes = append(codes, string(e.Code))
		}
	}
	return codes
}

var logPaths = []string{"/v1/account", "/v1/contacts", "/v1/handoffs", "/v1/messages", "/v1/numbers", "/v1/templates"}

// logInputTime writes an end of the period as a datetime-local field does, in the reader's zone.
func logInputTime(ctx context.Context, s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return ""
	}
	if zone := ui.From(ctx).Zone; zone != nil {
		t = t.In(zone)
	}
	return t.Format("2006-01-02T15:04")
}
