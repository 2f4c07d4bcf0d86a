package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/views"
)

// histogramReach is how far back a histogram is counted from the log itself.
const histogramReach = 24 * time.Hour

// logs shows the request log. What was typed into the search becomes filters of the URL.
func (d *Dashboard) logs(w http.ResponseWriter, r *http.Request, p *Person) error {
	if r.FormValue("group") == "error" {
		return d.logErrors(w, r, p)
	}
	known, err := d.logTokens(r.Context(), p)
	if err != nil {
		return err
	}
	asked, words := logQuery(r.URL.Query(), p.Zone), r.FormValue("q")
	query, unknown := searchLogs(asked, words, known, p.Zone)
	if query != asked {
		target := "/logs"
		if portal.IsID(portal.PrefixRequest, query.ID) && query.ID != asked.ID {
			target, query.ID = "/logs/"+query.ID, ""
		}
		kv := []string{"q", unknown}
		for _, pair := range query.Pairs() {
			kv = append(kv, pair.Name, pair.Value)
		}
		return d.redirect(w, r, target, kv...)
	}
	props, err := d.logList(r.Context(), p, query, nil)
	if err != nil {
		return err
	}
	props.Tokens, props.Unknown = known, unknown
	return d.page(w, r, http.StatusOK, views.Logs(props))
}

// logEntry shows one entry, beside the list it was opened from or the one it belongs to.
func (d *Dashboard) logEntry(w http.ResponseWriter, r *http.Request, p *Person) error {
	entry, err := d.Log.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	known, err := d.logTokens(r.Context(), p)
	if err != nil {
		return err
	}
	props, err := d.logList(r.Context(), p, logQuery(r.URL.Query(), p.Zone), &entry)
	if err != nil {
		return err
	}
	props.Tokens = known
	return d.page(w, r, http.StatusOK, views.Logs(props))
}

// logTokens returns the tokens that the filter offers and search knows by name.
func (d *Dashboard) logTokens(ctx context.Context, p *Person) ([]portal.Token, error) {
	if !p.May(portal.ReadTokens) {
		return nil, nil
	}
	list, _, err := d.Tokens.List(ctx, p.Tenant(), tokens.Active, portal.Page{Limit: portal.MaxLimit})
	return list, err
}

// logList reads the list of a query. When entry is given and not among its
// rows, the list starts at the entry instead.
func (d *Dashboard) logList(ctx context.Context, p *Person, q views.LogQuery, entry *portal.Request) (views.LogsProps, error) {
	now := d.Store.Now()
	props := views.LogsProps{
		Query: q, Now: now, BaseURL: d.BaseURL, Entry: entry,
		Live: q.Before == "" && q.To == "",
	}
	f := logFilter(q, now)
	var err error
	page := portal.Page{Limit: portal.DefaultLimit, After: q.Before}
	if props.Rows, props.More, err = d.Log.List(ctx, p.Tenant(), f, page); err != nil {
		return props, err
	}
	if entry != nil && !holds(props.Rows, entry.ID) {
		if err := d.startAt(ctx, p, &props, *entry); err != nil {
			return props, err
		}
	}
	if len(props.Rows) == 0 && !q.Filtered() {
		if props.First, err = d.neverCalled(ctx, p); err != nil {
			return props, err
		}
	}
	if props.Missing, err = d.missing(ctx, p, f, now); err != nil {
		return props, err
	}
	props.Steps, props.Step, err = d.logSteps(ctx, p, f, now)
	return props, err
}

// missing counts the calls of a filter's period that have no row.
func (d *Dashboard) missing(ctx context.Context, p *Person, f portal.RequestFilter, now time.Time) (int64, error) {
	if f.From == nil {
		return 0, nil
	}
	to := now.Add(time.Minute)
	if f.To != nil {
		to = *f.To
	}
	return d.Log.Missing(ctx, p.Tenant(), *f.From, to)
}

func holds(rows []portal.Request, id string) bool {
	for _, q := range rows {
		if q.ID == id {
			return true
		}
	}
	return false
}

// startAt lists from the entry on, whatever the filters say, so that it stands in its surroundings.
func (d *Dashboard) startAt(ctx context.Context, p *Person, props *views.LogsProps, entry portal.Request) (err error) {
	// No id lies between one and the same with a character more.
	page := portal.Page{Limit: portal.DefaultLimit, After: entry.ID + "0"}
	props.Query, props.Live = views.LogQuery{Range: "30d", Before: page.After}, false
	props.Rows, props.More, err = d.Log.List(ctx, p.Tenant(), portal.RequestFilter{}, page)
	return err
}

// neverCalled reports whether the tenant's log is empty.
func (d *Dashboard) neverCalled(ctx context.Context, p *Person) (bool, error) {
	rows, _, err := d.Log.List(ctx, p.Tenant(), portal.RequestFilter{}, portal.Page{Limit: 1})
	return len(rows) == 0, err
}

// logSteps counts the period of a filter in steps that fit the width of the page.
func (d *Dashboard) logSteps(ctx context.Context, p *Person, f portal.RequestFilter, now time.Time) ([]portal.Minute, time.Duration, error) {
	if f.From == nil {
		return nil, 0, nil // of one entry or message there is nothing to count
	}
	if f.To == nil || f.To.After(now) {
		end := now.Truncate(time.Minute).Add(time.Minute)
		f.To = &end
	}
	length := f.To.Sub(*f.From)
	if length <= 0 || length > histogramReach && !audit.Counted(f) {
		return nil, 0, nil
	}
	step := stepOf(length)
	steps, err := d.Log.Steps(ctx, p.Tenant(), f, step)
	return steps, step, err
}

// stepOf returns the width of a bar: a minute, as long as the minutes fit.
func stepOf(length time.Duration) time.Duration {
	for _, step := range []time.Duration{time.Minute, 15 * time.Minute, 2 * time.Hour} {
		if length <= 121*step {
			return step
		}
	}
	return max(12*time.Hour, (length / 120).Truncate(time.Hour))
}
