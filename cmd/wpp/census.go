package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wppmarketing/developers/portal/store"
)

const (
	censusAge     = 5 * time.Second // an answer is told again for that long
	censusTimeout = 2 * time.Second // a scrape must not hang with the database
)

// census asks the database how it is and what is due. Several readers share an
// answer, so that watching costs the same however many watch.
type census struct {
	store *store.Store

	mu     sync.Mutex
	at     time.Time
	stats  store.Stats
	queues []store.Queue
	err    error
}

// take returns an answer of now or of a moment ago. With an error the figures
// that need no query are there all the same.
func (c *census) take(ctx context.Context) (store.Stats, []store.Queue, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) < censusAge {
		return c.stats, c.queues, c.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), censusTimeout)
	defer cancel()
	c.stats, c.err = c.store.Stats(ctx)
	c.queues = nil
	if c.err == nil {
		c.queues, c.err = c.store.Reader(ctx).Queues(c.store.Now())
	}
	c.at = time.Now()
	return c.stats, c.queues, c.err
}

func newDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	storeUp       = newDesc("wpp_store_up", "1 when the database answers.")
	storeSize     = newDesc("wpp_store_size_bytes", "Size of the database.")
	storeWAL      = newDesc("wpp_store_wal_bytes", "Size of SQLite's write-ahead log.")
	storeWaiting  = newDesc("wpp_store_writer_waiting", "Transactions that wait for SQLite's writer.")
	poolConns     = newDesc("wpp_store_pool_connections", "Connections to PostgreSQL, by state.", "state")
	poolWaits     = newDesc("wpp_store_pool_waits_total", "Times that no connection to PostgreSQL was free.")
	poolWaited    = newDesc("wpp_store_pool_wait_seconds_total", "Time spent waiting for one.")
	queueRows     = newDesc("wpp_queue_rows", "Rows with work to do, by kind and state.", "kind", "state")
	queueOldest   = newDesc("wpp_queue_oldest_due_seconds", "Age of the oldest due row, by kind.", "kind")
	censusMetrics = []*prometheus.Desc{storeUp, storeSize, storeWAL, storeWaiting, poolConns, poolWaits, poolWaited, queueRows, queueOldest}
)

// Describe is part of prometheus.Collector.
func (c *census) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range censusMetrics {
		ch <- d
	}
}

// Collect is part of prometheus.Collector. Without the database its figures are
// left out and the others stay readable.
func (c *census) Collect(ch chan<- prometheus.Metric) {
	stats, queues, err := c.take(context.Background())
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if err != nil {
		gauge(storeUp, 0)
	} else {
		gauge(storeUp, 1)
		gauge(storeSize, float64(stats.Size))
	}
	if p := stats.Pool; p != nil {
		gauge(poolConns, float64(p.InUse), "in_use")
		gauge(poolConns, float64(p.Idle), "idle")
		gauge(poolConns, float64(p.Most), "most")
		ch <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(p.Waits))
		ch <- prometheus.MustNewConstMetric(poolWaited, prometheus.CounterValue, p.Waited.Seconds())
	} else {
		gauge(storeWAL, float64(stats.WAL))
		gauge(storeWaiting, float64(stats.Waiting))
	}
	for _, q := range queues {
		gauge(queueRows, float64(q.Due), q.Kind, "due")
		gauge(queueRows, float64(q.Leased), q.Kind, "leased")
		gauge(queueRows, float64(q.Later), q.Kind, "later")
		gauge(queueRows, float64(q.Dead), q.Kind, "dead")
		gauge(queueOldest, oldest(q, c.store.Now()).Seconds(), q.Kind)
	}
}

// oldest returns how long the oldest due row of a kind waits.
func oldest(q store.Queue, now time.Time) time.Duration {
	if q.OldestDue == nil {
		return 0
	}
	return max(0, now.Sub(*q.OldestDue))
}
