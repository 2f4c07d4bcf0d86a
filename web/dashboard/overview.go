package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// overview shows the figures of a range, and what needs a person.
func (d *Dashboard) overview(w http.ResponseWriter, r *http.Request, p *Person) error {
	props := views.OverviewProps{Range: r.FormValue("range"), Now: d.Store.Now(), PlanRate: p.Account.Plan.RequestsPerSecond()}
	if stepLengths[props.Range] == 0 {
		props.Range = "24h"
	}
	length, step := rangeNamed(props.Range)
	from := startOf(props.Now, length, step)
	for _, fill := range []func() error{
		func() error { return d.overviewCalls(r.Context(), p, &props, span{from, props.Now, step}) },
		func() (err error) {
			props.Messages, err = d.Store.Reader(r.Context()).MessageCounts(p.Tenant(), from)
			return err
		},
		func() (err error) { props.Modules, err = d.Accounts.Modules(r.Context(), p.Account.ID); return err },
		func() (err error) { props.Limits, err = d.messageLimits(r.Context(), p.Account); return err },
		func() (err error) { props.Attention, err = d.attention(r.Context(), p, props.Limits); return err },
		func() (err error) { props.Empty, err = d.untouched(r.Context(), p, props); return err },
	} {
		if err := fill(); err != nil {
			return err
		}
	}
	return d.page(w, r, http.StatusOK, views.Overview(props))
}

// span is a range and the length of its steps.
type span struct {
	from, to time.Time
	step     time.Duration
}

// overviewCalls fills in what the counts of the log say about a range and the one before it.
func (d *Dashboard) overviewCalls(ctx context.Context, p *Person, props *views.OverviewProps, s span) error {
	t, reader := p.Tenant(), d.Store.Reader(ctx)
	f := store.UseFilter{From: s.from, To: s.to, Step: s.step, Latency: true}
	steps, err := reader.RequestUse(t, f)
	if err != nil {
		return err
	}
	props.Sum, props.Requests = sumOf(steps), barsOf(ctx, chart{steps: steps, step: s.step})
	for _, m := range steps {
		if n := m.OK + m.Refused + m.Failed; n > 0 {
			props.Rate = append(props.Rate, 100*float64(m.OK)/float64(n))
		}
		if p95 := m.Latency.Percentile(95); p95 > 0 {
			props.P95 = append(props.P95, float64(p95)/float64(time.Millisecond))
		}
	}
	earlier, err := reader.RequestOperations(t, store.UseFilter{From: s.from.Add(-s.to.Sub(s.from)), To: s.from})
	if err != nil {
		return err
	}
	for _, u := range earlier {
		props.Before.OK, props.Before.Refused, props.Before.Failed = props.Before.OK+u.OK, props.Before.Refused+u.Refused, props.Before.Failed+u.Failed
		props.Before.Latency.Merge(u.Latency)
	}
	props.Endpoints, err = d.endpoints(ctx, t, f, "range", props.Range)
	return err
}

// untouched reports whether the API was never called in this environment.
func (d *Dashboard) untouched(ctx context.Context, p *Person, props views.OverviewProps) (bool, error) {
	if props.Sum != (portal.Minute{}) || len(props.Messages) > 0 {
		return false, nil
	}
	rows, _, err := d.Log.List(ctx, p.Tenant(), portal.RequestFilter{}, portal.Page{Limit: 1})
	return len(rows) == 0, err
}

const (
	maxAttention = 5
	nearLimit    = 80 // percent
)

// attention returns what needs a person, worst first.
func (d *Dashboard) attention(ctx context.Context, p *Person, limits []views.Limit) (list []ui.Attention, err error) {
	list = limitAttention(ctx, p, limits)
	for _, find := range []func(context.Context, *Person) ([]ui.Attention, error){
		d.webhookAttention, d.tokenAttention, d.waitingAttention, d.errorAttention,
	} {
		found, err := find(ctx, p)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list[:min(len(list), maxAttention)], nil
}

func limitAttention(ctx context.Context, p *Person, limits []views.Limit) []ui.Attention {
	for _, l := range limits {
		if l.Env != p.Environment || l.Most == 0 || l.Used*100 < l.Most*nearLimit {
			continue
		}
		a := ui.Attention{
			Level: "w", Icon: "gauge", Fix: ui.L(ctx, "View plan", "Ver plano"), Href: ui.Href(ctx, "/account"),
			Title: ui.L(ctx, "The daily limit of messages is near", "O limite diário de mensagens está perto"),
			Text:  fmt.Sprintf(ui.L(ctx, "%s of %s in the last 24 hours", "%s de %s nas últimas 24 horas"), ui.Num(ctx, l.Used), ui.Num(ctx, l.Most)),
		}
		if l.Used >= l.Most {
			a.Level, a.Title = "e", ui.L(ctx, "The daily limit of messages is reached", "O limite diário de mensagens foi atingido")
		}
		return []ui.Attention{a}
	}
	return nil
}

// webhookAttention tells of endpoints that get nothing, or are on the way to it.
// It ends by itself with the first success.
func (d *Dashboard) webhookAttention(ctx context.Context, p *Person) (list []ui.Attention, err error) {
	if !p.May(portal.ReadTokens) {
		return nil, nil
	}
	rows, _, err := d.Webhooks.List(ctx, p.Tenant(), portal.Page{Limit: webhooks.MaxEndpoints})
	if err != nil {
		return nil, err
	}
	for _, e := range rows {
		var recent portal.RecentDeliveries
		if e.FailingSince != nil {
			if recent, err = d.Webhooks.Recent(ctx, e); err != nil {
				return nil, err
			}
		}
		notice, told := views.EndpointNotice(ctx, e, recent)
		if !told {
			continue
		}
		list = append(list, ui.Attention{
			Level: notice.Level, Icon: "bolt", Context: views.WebhookName(e), Title: notice.Title, Text: notice.Text,
			Fix: ui.L(ctx, "Open", "Abrir"), Href: ui.Href(ctx, "/webhooks/"+e.ID),
		})
	}
	return list, nil
}

// expiringShown is how many tokens near their end are named one by one.
const expiringShown = 2

func (d *Dashboard) tokenAttention(ctx context.Context, p *Person) (list []ui.Attention, err error) {
	if !p.May(portal.ReadTokens) {
		return nil, nil
	}
	now := d.Store.Now()
	rows, _, err := d.Tokens.List(ctx, p.Tenant(), tokens.Expiring, portal.Page{Limit: portal.DefaultLimit})
	if err != nil {
		return nil, err
	}
	for _, t := range rows {
		if t.State(now) != portal.TokenActive || len(list) == expiringShown {
			continue // the end of a token that is being replaced was chosen
		}
		a := ui.Attention{
			Level: "w", Icon: "clock", Context: t.Name, Fix: ui.L(ctx, "Open", "Abrir"), Href: ui.Href(ctx, "/tokens/"+t.ID),
			Title: fmt.Sprintf(ui.L(ctx, "Token %s expires on %s", "Token %s vence em %s"), t.Name, ui.Date(ctx, *t.ExpiresAt)),
			Text:  ui.L(ctx, "Never used", "Nunca usado"),
		}
		if t.LastUsedAt != nil {
			a.Text = ui.L(ctx, "Last used ", "Último uso ") + ui.DateTime(ctx, *t.LastUsedAt)
		}
		if p.May(portal.WriteTokens) {
			a.Fix, a.Href = ui.L(ctx, "Rotate", "Rotacionar"), ui.Href(ctx, "/tokens/"+t.ID+"/rotate")
		}
		list = append(list, a)
	}
	return list, nil
}

func (d *Dashboard) waitingAttention(ctx context.Context, p *Person) ([]ui.Attention, error) {
	if !p.May(portal.ReadConversations) {
		return nil, nil
	}
	n, err := d.Support.Waiting(ctx, p.Tenant())
	if err != nil || n == 0 {
		return nil, err
	}
	title := fmt.Sprintf(ui.L(ctx, "%d conversations waiting", "%d atendimentos aguardando"), n)
	if n == 1 {
		title = ui.L(ctx, "1 conversation waiting", "1 atendimento aguardando")
	}
	return []ui.Attention{{
		Level: "w", Icon: "inbox", Title: title, Text: ui.L(ctx, "Nobody has taken them yet", "Ninguém assumiu ainda"),
		Fix: ui.L(ctx, "Open", "Abrir"), Context: ui.L(ctx, "conversations", "atendimento"), Href: ui.Href(ctx, "/conversations", "view", "waiting"),
	}}, nil
}

func (d *Dashboard) errorAttention(ctx context.Context, p *Person) ([]ui.Attention, error) {
	if !p.May(portal.ReadLogs) {
		return nil, nil
	}
	now := d.Store.Now()
	groups, err := d.Store.Reader(ctx).RequestErrors(p.Tenant(), store.UseFilter{From: now.Add(-aDay), To: now, Step: aDay})
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	code, calls := topError(groups)
	return []ui.Attention{{
		Level: "i", Icon: "list", Fix: ui.L(ctx, "See logs", "Ver logs"), Context: code,
		Title: code + " " + ui.L(ctx, "is the top error", "é o erro mais comum"),
		Text:  failedCalls(ctx, calls),
		Href:  ui.Href(ctx, "/logs", "error", code, "range", "24h"),
	}}, nil
}

// topError returns the code that was answered most often, by whatever operation.
func topError(groups []store.RequestErrors) (code string, calls int64) {
	sums := map[portal.Code]int64{}
	for _, g := range groups {
		sums[g.Code] += g.Calls
		if n := sums[g.Code]; n > calls {
			code, calls = string(g.Code), n
		}
	}
	return code, calls
}

func failedCalls(ctx context.Context, n int64) string {
	if n == 1 {
		return ui.L(ctx, "1 request in the last 24 hours", "1 requisição nas últimas 24 horas")
	}
	return fmt.Sprintf(ui.L(ctx, "%s requests in the last 24 hours", "%s requisições nas últimas 24 horas"), ui.Num(ctx, n))
}
