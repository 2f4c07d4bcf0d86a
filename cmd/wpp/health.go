package main

import (
	"cmp"
	"context"
	"maps"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

const (
	healthStep = time.Minute
	healthSpan = 5  // steps that the recent figures reach back
	healthLast = 60 // steps of the charts
)

// health turns the meters into the figures of the health page. It keeps a
// sample a minute, so that they tell of the last minutes and not of all time.
type health struct {
	meters  *meters
	census  *census
	log     logMeter
	limits  interface{ Degraded() bool }
	started time.Time

	mu      sync.Mutex
	recent  []sample // at most healthSpan+1, oldest first
	minutes []views.HealthMinute
}

func newHealth(p *program) *health {
	h := &health{meters: p.meters, census: &census{store: p.store}, log: p.log, limits: p.limits, started: time.Now()}
	p.meters.watch(p.log, p.limits.Degraded, h.census)
	h.recent = []sample{takeSample(p.meters.counted)}
	return h
}

// run takes a sample a minute until ctx ends.
func (h *health) run(ctx context.Context) error {
	tick := time.NewTicker(healthStep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			h.step(takeSample(h.meters.counted))
		}
	}
}

func (h *health) step(now sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.minutes = last(append(h.minutes, minuteOf(h.recent[len(h.recent)-1], now)), healthLast-1)
	h.recent = last(append(h.recent, now), healthSpan+1)
}

func last[T any](list []T, n int) []T {
	return slices.Clone(list[max(0, len(list)-n):])
}

// minuteOf sums up what happened between two samples.
func minuteOf(from, to sample) views.HealthMinute {
	m := views.HealthMinute{At: from.at, P50: -1, P95: -1, P99: -1, CommitP50: -1, CommitP95: -1}
	calls := to.since(from, metricRequests)
	for _, r := range calls {
		addClass(r, &m.OK, &m.Refused, &m.Failed)
	}
	if all := merged(calls); all.count > 0 {
		m.P50, m.P95, m.P99 = all.quantile(.5), all.quantile(.95), all.quantile(.99)
	}
	if c := to.one(from, metricCommit); c.count > 0 {
		m.CommitP50, m.CommitP95 = c.quantile(.5), c.quantile(.95)
	}
	return m
}

// addClass counts a series of requests, whose labels are class and route.
func addClass(r reading, ok, refused, failed *int64) {
	switch r.labels[0] {
	case "5xx":
		*failed += int64(r.count)
	case "4xx":
		*refused += int64(r.count)
	default:
		*ok += int64(r.count)
	}
}

// props returns the figures of now.
func (h *health) props(ctx context.Context) views.HealthProps {
	now := takeSample(h.meters.counted)
	h.mu.Lock()
	from, step := h.recent[0], h.recent[len(h.recent)-1]
	minutes := slices.Clone(h.minutes)
	h.mu.Unlock()
	p := views.HealthProps{
		Now: now.at, Started: h.started, Version: version(), Span: now.at.Sub(from.at),
		Minutes: append(minutes, minuteOf(step, now)), Loops: h.loopStates(),
	}
	for len(p.Minutes) < healthLast { // the time before the start is empty
		first := p.Minutes[0].At.Add(-healthStep)
		p.Minutes = slices.Insert(p.Minutes, 0, views.HealthMinute{At: first, P50: -1, P95: -1, P99: -1, CommitP50: -1, CommitP95: -1})
	}
	p.Total, p.Routes = routesOf(from, now)
	p.Calls = callsOf(from, now)
	p.Log.PerSecond = now.one(from, metricLogRows).value / max(1, p.Span.Seconds())
	p.Log.Written, p.Log.Lost, p.Log.Suppressed = h.log.Written(), h.log.Lost(), h.log.Suppressed()
	p.Log.Waiting, p.Log.Room = h.log.Waiting()
	p.LimitsAway = h.limits.Degraded()
	p.Memory, p.Goroutines = processFigures()
	h.database(ctx, &p, from, now)
	return p
}

// routesOf returns the calls of all routes together and of each, most called first.
func routesOf(from, to sample) (total views.HealthRoute, list []views.HealthRoute) {
	readings := to.since(from, metricRequests)
	byRoute := map[string][]reading{}
	for _, r := range readings {
		if r.count > 0 {
			byRoute[r.labels[1]] = append(byRoute[r.labels[1]], r)
		}
	}
	for route, parts := range byRoute {
		list = append(list, routeOf(route, parts))
	}
	slices.SortFunc(list, func(a, b views.HealthRoute) int {
		return cmp.Or(cmp.Compare(b.Calls(), a.Calls()), cmp.Compare(a.Route, b.Route))
	})
	return routeOf("", readings), list
}

func routeOf(name string, parts []reading) views.HealthRoute {
	r := views.HealthRoute{Route: name}
	for _, part := range parts {
		addClass(part, &r.OK, &r.Refused, &r.Failed)
	}
	all := merged(parts)
	r.P50, r.P95, r.P99 = all.quantile(.5), all.quantile(.95), all.quantile(.99)
	return r
}

// callsOf returns the calls to WhatsApp, whose labels are outcome and provider,
// and those to webhook endpoints.
func callsOf(from, to sample) (list []views.HealthCall) {
	add := func(whom string, r reading) {
		if r.count > 0 {
			list = append(list, views.HealthCall{To: whom, Outcome: r.labels[0], Calls: int64(r.count), P95: r.quantile(.95)})
		}
	}
	for _, r := range to.since(from, metricCalls) {
		add(r.labels[1], r)
	}
	for _, r := range to.since(from, metricTold) {
		add("webhooks", r)
	}
	return list
}

// database fills in what the store counts and what the database itself says.
func (h *health) database(ctx context.Context, p *views.HealthProps, from, to sample) {
	stats, queues, err := h.census.take(ctx)
	batch, commit, waits := to.one(from, metricBatch), to.one(from, metricCommit), to.one(from, metricReadWait)
	p.Database = views.HealthDatabase{
		Engine: stats.Engine, Version: stats.Version, Schema: stats.Schema, Answers: err == nil,
		Size: stats.Size, WAL: stats.WAL, Waiting: stats.Waiting, Room: stats.Room,
		Commits: int64(batch.count), Transactions: int64(batch.sum), CommitP50: commit.quantile(.5), CommitP95: commit.quantile(.95),
		WaitP95: to.one(from, metricTxWait).quantile(.95), ReadWaits: int64(waits.count), ReadWaitP95: waits.quantile(.95),
	}
	if pool := stats.Pool; pool != nil {
		p.Database.InUse, p.Database.Most = pool.InUse, pool.Most
	}
	for _, r := range to.since(from, metricStoreError) {
		if r.labels[0] == string(portal.CodeOverloaded) {
			p.Database.Overloaded = int64(r.value)
		} else {
			p.Database.Unavailable = int64(r.value)
		}
	}
	for _, q := range queues {
		p.Queues = append(p.Queues, views.HealthQueue{
			Kind: q.Kind, Due: q.Due, Leased: q.Leased, Later: q.Later, Dead: q.Dead, Oldest: oldest(q, h.census.store.Now()),
		})
	}
}

// loopStates tells of each loop of this node by name, those that have not passed yet too.
func (h *health) loopStates() (list []views.HealthLoop) {
	h.meters.mu.Lock()
	defer h.meters.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(h.meters.loops)) {
		l := h.meters.loops[name]
		list = append(list, views.HealthLoop{Name: name, Every: l.every, Last: l.last, Failed: l.failed, Rows: l.rows, Failures: l.fails})
	}
	return list
}

// processFigures asks the runtime, without stopping the program.
func processFigures() (memory int64, goroutines int) {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64()), int(s[2].Value.Uint64())
}
