package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// turn is a load to put on a server.
type turn struct {
	server      *process
	requests    [][]byte // sent in rotation
	want        int      // the status that counts
	connections int
	time        time.Duration
	rate        float64 // calls a second, open loop; 0 = each connection as fast as it is answered
	calls       int64   // at most so many; 0 = no limit
}

// taken is what a turn came to.
type taken struct {
	accepted  int64 // answers with the wanted status, warm-up included
	answered  int64 // the same after the warm-up
	errors    int64 // any other answer, or none
	failure   string
	elapsed   time.Duration
	cpu       time.Duration
	latencies []time.Duration // sorted; of the answered
}

// drive runs a turn. The first tenth of a timed turn warms up and is not
// measured. Every call begun gets its answer before drive returns.
func drive(ctx context.Context, t turn) (out taken, err error) {
	d := &driver{turn: t, ctx: ctx, began: time.Now()}
	d.from, d.end = d.began, d.began.Add(t.time)
	if t.calls == 0 {
		d.from = d.began.Add(t.time / 10)
	}
	d.cpu.Store(d.readCPU())
	warm := time.AfterFunc(time.Until(d.from), func() { d.cpu.Store(d.readCPU()) })
	defer warm.Stop()
	parts := make([]taken, t.connections)
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() { d.connection(i, &parts[i]) })
	}
	all.Wait()
	out.elapsed = time.Since(d.from)
	out.cpu = d.readCPU() - d.cpu.Load()
	for _, p := range parts {
		out.accepted += p.accepted
		out.errors += p.errors
		out.latencies = append(out.latencies, p.latencies...)
		if p.failure != "" {
			out.failure = p.failure
		}
	}
	out.answered = int64(len(out.latencies))
	slices.Sort(out.latencies)
	if out.answered == 0 && ctx.Err() == nil {
		return out, fmt.Errorf("no call was answered with %d: %s", t.want, out.failure)
	}
	return out, ctx.Err()
}

// driver is a turn under way.
type driver struct {
	turn
	ctx              context.Context //nolint:containedctx // it lives as long as drive
	began, from, end time.Time
	next             atomic.Int64
	cpu              atomicDuration
}

type atomicDuration struct{ atomic.Int64 }

func (a *atomicDuration) Store(d time.Duration) { a.Int64.Store(int64(d)) }
func (a *atomicDuration) Load() time.Duration   { return time.Duration(a.Int64.Load()) }

func (d *driver) readCPU() time.Duration {
	used, _ := d.server.cpu() // a server that is gone answers no call either
	return used
}

// maxFailures ends a connection whose server is gone.
const maxFailures = 100

func (d *driver) connection(number int, out *taken) {
	c := &client{addr: d.server.addr}
	defer c.close()
	for out.errors < maxFailures && d.ctx.Err() == nil {
		n := d.next.Add(1) - 1
		due, more := d.due(n)
		if !more {
			return
		}
		// Neighbors in time send neighbors in rotation, on whatever connection.
		status, err := c.do(d.ctx, d.requests[n%int64(len(d.requests))])
		now := time.Now()
		if err != nil || status != d.want {
			out.errors++
			out.failure = fmt.Sprintf("connection %d: status %d, %v", number, status, err)
			continue
		}
		out.accepted++
		if !due.Before(d.from) {
			out.latencies = append(out.latencies, now.Sub(due))
		}
	}
}

// due returns when call n is due, and waits for that moment. In an open loop
// latency counts from there, whether or not a connection was free: a server
// that stalls is charged for all who would have come meanwhile.
func (d *driver) due(n int64) (at time.Time, more bool) {
	if d.rate > 0 {
		at = d.began.Add(time.Duration(float64(n) / d.rate * float64(time.Second)))
	} else {
		at = time.Now()
	}
	if d.calls > 0 && n >= d.calls || d.calls == 0 && !at.Before(d.end) {
		return at, false
	}
	if wait := time.Until(at); wait > 0 {
		time.Sleep(wait)
	}
	return at, true
}

// percentile returns the smallest value that at least p percent of the sorted
// values do not exceed; 0 of none.
func percentile[T time.Duration | float64](sorted []T, p float64) T {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(p/100*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
