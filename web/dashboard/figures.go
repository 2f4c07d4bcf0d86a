package dashboard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// Operation is one operation of the API, as pages name it.
type Operation struct{ ID, Method, Path string }

// stepLengths are the lengths of a bucket in a range's charts.
var stepLengths = map[string]time.Duration{"1h": time.Minute, "24h": 30 * time.Minute, "7d": 2 * time.Hour, "30d": 12 * time.Hour}

// rangeNamed returns the length of a range and of its steps; zeros for an unknown name.
func rangeNamed(name string) (length, step time.Duration) { return rangeOf(name), stepLengths[name] }

// startOf returns when a range begins, so that it has whole steps and ends with the one under way.
func startOf(now time.Time, length, step time.Duration) time.Time {
	return now.Truncate(step).Add(step - length)
}

func sumOf(steps []portal.Minute) (sum portal.Minute) {
	for _, m := range steps {
		sum.OK, sum.Refused, sum.Failed = sum.OK+m.OK, sum.Refused+m.Refused, sum.Failed+m.Failed
		sum.Latency.Merge(m.Latency)
	}
	return sum
}

// chart is the calls of a range in steps, and the filters of the log that lists them.
type chart struct {
	steps []portal.Minute
	step  time.Duration
	query []string
}

// axisTimes is how many times stand under a chart.
const axisTimes = 5

// barsOf draws calls by class of status; each bar leads to its part of the log.
func barsOf(ctx context.Context, c chart) ui.BarsProps {
	props := ui.BarsProps{Label: chartLabel(ctx, c.steps), Partial: true}
	linked := ui.From(ctx).May[portal.ReadLogs]
	for _, m := range c.steps {
		bar := ui.Bar{
			Label: ui.DateTime(ctx, m.At) + ": " + ui.Num(ctx, m.OK+m.Refused+m.Failed),
			Parts: []ui.Part{{Kind: "ok", Value: float64(m.OK)}, {Kind: "warn", Value: float64(m.Refused)}, {Kind: "err", Value: float64(m.Failed)}},
		}
		if linked {
			from, to := m.At.Format(time.RFC3339), m.At.Add(c.step).Format(time.RFC3339)
			bar.Href = ui.Href(ctx, "/logs", append([]string{"from", from, "to", to}, c.query...)...)
		}
		props.Bars = append(props.Bars, bar)
	}
	for i := range axisTimes {
		if n := len(c.steps); n > axisTimes {
			props.Times = append(props.Times, axisTime(ctx, c.steps[i*(n-1)/(axisTimes-1)].At, c.step))
		}
	}
	if n := len(props.Times); n > 0 {
		props.Times[n-1] = ui.L(ctx, "now", "agora")
	}
	return props
}

func axisTime(ctx context.Context, at time.Time, step time.Duration) string {
	if step < time.Hour {
		return ui.Clock(ctx, at)[:5]
	}
	date := ui.Date(ctx, at)
	return date[:strings.LastIndexByte(date, ' ')]
}

func chartLabel(ctx context.Context, steps []portal.Minute) string {
	sum := sumOf(steps)
	return fmt.Sprintf(ui.L(ctx,
		"API requests. %s in total: %s successful, %s client errors, %s server errors.",
		"Requisições à API. Total %s: %s com sucesso, %s erros do cliente, %s erros do servidor."),
		ui.Num(ctx, sum.OK+sum.Refused+sum.Failed), ui.Num(ctx, sum.OK), ui.Num(ctx, sum.Refused), ui.Num(ctx, sum.Failed))
}

// endpoints returns the use of each operation, most used first; the query narrows the log they link to.
func (d *Dashboard) endpoints(ctx context.Context, t portal.Tenant, f store.UseFilter, query ...string) (out []views.EndpointUse, err error) {
	rows, err := d.Store.Reader(ctx).RequestOperations(t, f)
	if err != nil {
		return nil, err
	}
	for _, u := range rows {
		e := views.EndpointUse{Operation: u.Operation, Requests: u.OK + u.Refused + u.Failed, Errors: u.Refused + u.Failed, Latency: u.Latency}
		if op, ok := d.operation(u.Operation); ok {
			e.Method, e.Path = op.Method, op.Path
			if ui.From(ctx).May[portal.ReadLogs] {
				prefix, _, _ := strings.Cut(op.Path, "{")
				e.Href = ui.Href(ctx, "/logs", append([]string{"method", op.Method, "path", prefix}, query...)...)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// operation returns the operation of the API with that id.
func (d *Dashboard) operation(id string) (Operation, bool) {
	for _, op := range d.Operations {
		if op.ID == id {
			return op, true
		}
	}
	return Operation{}, false
}

// messageLimit returns how many messages the account has sent in 24 h, and may.
func (d *Dashboard) messageLimit(ctx context.Context, a portal.Account, env portal.Environment) (l views.Limit, err error) {
	l.Env = env
	own, err := d.Store.Reader(ctx).MessagesPerDay(a.ID)
	if err != nil {
		return l, err
	}
	l.Most = int64(own)
	if own == 0 {
		l.Most = int64(a.Plan.MessagesPerDay(env))
	}
	n, _, err := d.Store.Reader(ctx).SentSince(portal.Tenant{AccountID: a.ID, Environment: env}, d.Store.Now().Add(-aDay))
	l.Used = int64(n)
	return l, err
}

func (d *Dashboard) messageLimits(ctx context.Context, a portal.Account) (limits []views.Limit, err error) {
	for _, env := range []portal.Environment{portal.Live, portal.Test} {
		l, err := d.messageLimit(ctx, a, env)
		if err != nil {
			return nil, err
		}
		limits = append(limits, l)
	}
	return limits, nil
}
