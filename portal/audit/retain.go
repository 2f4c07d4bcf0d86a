package audit

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// How long the log is kept. On PostgreSQL, whose days are dropped whole, up to a
// day longer.
const (
	KeepRequests = 30 * 24 * time.Hour
	KeepBodies   = 7 * 24 * time.Hour
	KeepMinutes  = 90 * 24 * time.Hour
)

// A step of a purge is as large as the last one proved to be quick enough:
// writes wait behind it.
const (
	maxHold   = 20 * time.Millisecond // promised
	aimedHold = 6 * time.Millisecond
	firstStep = 32
	smallest  = 8
	largest   = 4096
	leastRest = time.Millisecond
)

// Retain removes what is older than its retention: rows, bodies, counts and
// expired idempotency keys; and on PostgreSQL it makes the days to come. One
// node does it for all, about once an hour. What could not be removed now is
// tried again by the next call.
func (l *Log) Retain(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Retain")
	now := l.store.Now()
	old := store.Retention{Requests: now.Add(-KeepRequests), Bodies: now.Add(-KeepBodies), Counts: now.Add(-KeepMinutes)}
	errs := []error{l.store.KeepRequestDays(ctx, old)}
	for _, p := range l.store.Purges(old) {
		errs = append(errs, l.purge(ctx, p))
	}
	return errors.Join(errs...)
}

// purge runs the steps of one kind to their end, resting after each for longer than it took.
func (l *Log) purge(ctx context.Context, p store.Purge) (err error) {
	defer portal.Wrap(&err, "Purge(%s)", p.Name)
	for size := firstStep; ; {
		n, held, err := p.Step(ctx, size)
		if err != nil || n == 0 {
			return err
		}
		l.held(held)
		size = nextStep(size, held)
		rest := time.NewTimer(max(2*held, leastRest))
		select {
		case <-rest.C:
		case <-ctx.Done():
			rest.Stop()
			return ctx.Err()
		}
	}
}

func nextStep(size int, held time.Duration) int {
	switch {
	case held > aimedHold:
		size /= 2
	case held < aimedHold/3:
		size *= 2
	}
	return min(max(size, smallest), largest)
}

// held remembers the longest step.
func (l *Log) held(d time.Duration) {
	for {
		longest := l.longest.Load()
		if int64(d) <= longest || l.longest.CompareAndSwap(longest, int64(d)) {
			return
		}
	}
}

// LongestHold returns for how long a step of Retain held the writer at most
// since the start; promised are 20 ms.
func (l *Log) LongestHold() time.Duration { return time.Duration(l.longest.Load()) }
