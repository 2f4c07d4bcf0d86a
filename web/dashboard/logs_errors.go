package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// maxErrorGroups is how many groups the page shows.
const maxErrorGroups = 100

// logErrors shows what was refused or failed in a period, by code and endpoint.
// Of the filters only the period narrows it: the rest is not counted by code.
func (d *Dashboard) logErrors(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, now := r.Context(), d.Store.Now()
	asked := logQuery(r.URL.Query(), p.Zone)
	query := views.LogQuery{Range: asked.Range, From: asked.From, To: asked.To}
	f := logFilter(query, now)
	use := store.UseFilter{To: now.Add(time.Minute)}
	if f.To != nil && f.To.Before(use.To) {
		use.To = *f.To
	}
	if use.From = use.To.Add(-rangeOf("30d")); f.From != nil && f.From.After(use.From) {
		use.From = *f.From
	}
	use.Step = max(stepOf(use.To.Sub(use.From)), store.ErrorSlot)
	groups, err := d.Store.Reader(ctx).RequestErrors(p.Tenant(), use)
	if err != nil {
		return err
	}
	props := views.LogErrorsProps{Query: query, More: len(groups) > maxErrorGroups}
	for _, g := range groups[:min(len(groups), maxErrorGroups)] {
		row := views.LogErrorGroup{Code: g.Code, Calls: g.Calls, FirstAt: g.FirstAt, LastAt: g.LastAt}
		for _, n := range g.Steps {
			row.Steps = append(row.Steps, float64(n))
		}
		href := []string{"error", string(g.Code)}
		for _, pair := range query.Pairs() {
			href = append(href, pair.Name, pair.Value)
		}
		if op, ok := d.operation(g.Operation); ok {
			row.Method, row.Path = op.Method, op.Path
			prefix, _, _ := strings.Cut(op.Path, "{")
			href = append(href, "method", op.Method, "path", prefix)
		}
		row.Href = ui.Href(ctx, "/logs", href...)
		props.Groups = append(props.Groups, row)
	}
	if props.Missing, err = d.missing(ctx, p, f, now); err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.LogErrors(props))
}
