package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/worker"
)

// Names of metrics that the health page reads too.
const (
	metricRequests   = "wpp_http_request_seconds"
	metricBatch      = "wpp_store_batch_transactions"
	metricCommit     = "wpp_store_commit_seconds"
	metricTxWait     = "wpp_store_tx_wait_seconds"
	metricReadWait   = "wpp_store_read_wait_seconds"
	metricStoreError = "wpp_store_errors_total"
	metricCalls      = "wpp_whatsapp_call_seconds"
	metricTold       = "wpp_webhook_attempt_seconds"
	metricLogRows    = "wpp_log_rows_written_total"
	metricEvents     = "wpp_events_total"
)

// fast are buckets from a tenth of a millisecond to seconds.
var fast = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// abroad are buckets of calls to others, up to the longest time limit of them.
var abroad = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15}

// meters are what this process counts. Labels are of bounded number and never
// name an account, a person or a row.
type meters struct {
	all     prometheus.Gatherers
	counted *prometheus.Registry // in memory: cheap to read
	asked   *prometheus.Registry // asks the system or the database

	latency  *prometheus.HistogramVec
	batch    prometheus.Histogram
	commit   prometheus.Histogram
	txWait   prometheus.Histogram
	readWait prometheus.Histogram
	failed   *prometheus.CounterVec
	calls    *prometheus.HistogramVec
	attempts *prometheus.HistogramVec
	events   *prometheus.CounterVec
	rows     *prometheus.CounterVec
	failures *prometheus.CounterVec
	passes   *prometheus.HistogramVec

	tracer *tracer // nil = no traces
	mu     sync.Mutex
	loops  map[string]loopState
}

// loopState is what is known of a background loop.
type loopState struct {
	every        time.Duration
	last, failed time.Time
	rows, fails  int64
}

func newMeters(t *tracer) *meters {
	m := &meters{
		counted: prometheus.NewRegistry(), asked: prometheus.NewRegistry(), tracer: t, loops: map[string]loopState{},
		latency:  histograms(metricRequests, "Time to answer, by route and status class; live streams are left out.", []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, "route", "class"),
		batch:    histogram(metricBatch, "Transactions committed together: many on SQLite, one on PostgreSQL.", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}),
		commit:   histogram(metricCommit, "Time until a commit was on disk: on SQLite of the batch, statements included.", fast),
		txWait:   histogram(metricTxWait, "Wait of a transaction for its turn or its connection.", fast),
		readWait: histogram(metricReadWait, "Wait of the reads that found no free connection (SQLite).", fast),
		failed:   counters(metricStoreError, "Transactions and reads that the database refused, by code.", "code"),
		calls:    histograms(metricCalls, "Calls to WhatsApp, by who provides it and outcome.", abroad, "provider", "outcome"),
		attempts: histograms(metricTold, "Calls to webhook endpoints, by outcome.", abroad, "outcome"),
		events:   counters(metricEvents, "Events that were reported, by what was decided: matched, why none, or duplicate.", "outcome"),
		rows:     counters("wpp_worker_rows_total", "Due rows worked on, by loop.", "loop"),
		failures: counters("wpp_worker_failed_passes_total", "Passes that ended with an error, by loop.", "loop"),
		passes:   histograms("wpp_worker_pass_seconds", "Passes that found something to do, by loop.", fast, "loop"),
	}
	m.all = prometheus.Gatherers{m.counted, m.asked}
	m.counted.MustRegister(m.latency, m.batch, m.commit, m.txWait, m.readWait, m.failed, m.calls, m.attempts, m.events, m.rows, m.failures, m.passes)
	m.asked.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wpp_build_info", Help: "1, with what this program was built from."}, []string{"version", "go"})
	build.WithLabelValues(version(), runtime.Version()).Set(1)
	m.asked.MustRegister(build)
	for _, code := range []portal.Code{portal.CodeOverloaded, portal.CodeStorageUnavailable} {
		m.failed.WithLabelValues(string(code)) // an alert needs the zero before the first one
	}
	for _, outcome := range portal.Outcomes {
		m.attempts.WithLabelValues(outcome)
	}
	for _, outcome := range events.CountedOutcomes {
		m.events.WithLabelValues(outcome)
	}
	return m
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// Tx is part of store.Observer.
func (m *meters) Tx(ctx context.Context, t store.TxTimes) {
	m.txWait.Observe(t.Wait.Seconds())
	m.Failed(t.Code)
	m.tracer.tx(ctx, t)
}

// Batch is part of store.Observer.
func (m *meters) Batch(n int, took time.Duration) {
	m.batch.Observe(float64(n))
	m.commit.Observe(took.Seconds())
}

// ReadWaited is part of store.Observer.
func (m *meters) ReadWaited(took time.Duration) { m.readWait.Observe(took.Seconds()) }

// Failed is part of store.Observer. Refusals that a rule wants are not failures.
func (m *meters) Failed(code portal.Code) {
	if code == portal.CodeOverloaded || code == portal.CodeStorageUnavailable {
		m.failed.WithLabelValues(string(code)).Inc()
	}
}

// told counts a call to a webhook endpoint.
func (m *meters) told(outcome string, took time.Duration) {
	m.attempts.WithLabelValues(outcome).Observe(took.Seconds())
}

// event counts an event that was reported.
func (m *meters) event(outcome string) { m.events.WithLabelValues(outcome).Inc() }

// call returns what a client of WhatsApp tells after each call.
func (m *meters) call(provider string) func(whatsapp.Call) {
	return func(c whatsapp.Call) {
		m.calls.WithLabelValues(provider, string(c.Outcome.Kind)).Observe(c.Outcome.Duration.Seconds())
		m.tracer.call(provider, c)
	}
}

// expect makes loops known before they have passed.
func (m *meters) expect(loops []worker.Loop) []worker.Loop {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range loops {
		m.loops[l.Name] = loopState{every: l.Every}
		m.failures.WithLabelValues(l.Name) // an alert needs the zero before the first one
	}
	return loops
}

// pass counts what a background loop did.
func (m *meters) pass(p worker.Pass) {
	m.rows.WithLabelValues(p.Loop).Add(float64(p.Found))
	if p.Found > 0 || p.Err != nil {
		m.passes.WithLabelValues(p.Loop).Observe(p.Duration.Seconds())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.loops[p.Loop]
	l.last, l.rows = time.Now(), l.rows+int64(p.Found)
	if p.Err != nil {
		m.failures.WithLabelValues(p.Loop).Inc()
		l.failed, l.fails = l.last, l.fails+1
	}
	m.loops[p.Loop] = l
}

// logMeter is what the request log counts by itself.
type logMeter interface {
	Lost() int64
	Suppressed() int64
	Written() int64
	Waiting() (rows, room int)
}

// watch adds what other parts count by themselves, and what the database is asked for.
func (m *meters) watch(log logMeter, degraded func() bool, c *census) {
	count := func(reg *prometheus.Registry, name, help string, n func() int64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(n()) }))
	}
	count(m.counted, metricLogRows, "Rows of the request log that were written.", log.Written)
	count(m.counted, "wpp_log_rows_lost_total", "Rows of the request log that found no room in the buffer.", log.Lost)
	count(m.counted, "wpp_log_rows_suppressed_total", "Calls of no known account that were only counted, at most one a second is kept.", log.Suppressed)
	gauge := func(name, help string, n func() float64) {
		m.counted.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, n))
	}
	gauge("wpp_log_buffer_rows", "Rows of the request log that wait to be written.", func() float64 { rows, _ := log.Waiting(); return float64(rows) })
	gauge("wpp_log_buffer_room", "How many may wait.", func() float64 { _, room := log.Waiting(); return float64(room) })
	gauge("wpp_retention_hold_seconds", "The longest step of any retention since the start, from its first statement until it was on the disk.", func() float64 { return c.store.LongestHold().Seconds() })
	gauge("wpp_limits_degraded", "1 while limits should be shared and Redis does not answer, so that this node counts for itself.", func() float64 {
		if degraded() {
			return 1
		}
		return 0
	})
	m.asked.MustRegister(c)
}
