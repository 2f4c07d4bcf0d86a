package audit

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// tries is how often a batch is offered to a store that cannot be written.
const tries = 5

// lastWait is how long the end of the program waits for such a store.
const lastWait = 2 * time.Second

// Run writes what was handed over until ctx ends, then what is left. Counts that
// are not written with the rows are written once a second.
func (l *Log) Run(ctx context.Context) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	defer l.joinNodes(ctx)()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWait)
			defer cancel()
			l.Flush(last)
			return nil
		case <-l.wake:
			l.gather(ctx)
			for l.flushRows(ctx) {
				// Under lasting load there is always more, and the counts must not wait for its end.
				select {
				case <-second.C:
					l.everySecond(ctx)
				default:
				}
			}
		case <-second.C:
			l.everySecond(ctx)
		}
	}
}

func (l *Log) everySecond(ctx context.Context) {
	l.flushCounts(ctx)
	l.watchNodes()
}

// gather waits a moment, so that a batch holds more than the row that woke it.
func (l *Log) gather(ctx context.Context) {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for len(l.queue) < batchSize {
		select {
		case <-l.wake:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// Flush writes all that was handed over before the call, the counts included.
func (l *Log) Flush(ctx context.Context) {
	for l.flushRows(ctx) {
	}
	l.flushCounts(ctx)
}

// flushRows writes what waits, at most a full buffer; more says that it was that
// much. What comes meanwhile is gathered anew: a commit a row would be dear.
func (l *Log) flushRows(ctx context.Context) (more bool) {
	l.writing.Lock()
	defer l.writing.Unlock()
	for range capacity / batchSize {
		batch := l.take()
		if len(batch) > 0 {
			l.write(ctx, batch)
		}
		if len(batch) < batchSize {
			return false
		}
	}
	return true
}

func (l *Log) take() []entry {
	batch := make([]entry, 0, min(len(l.queue), batchSize))
	for len(batch) < batchSize {
		select {
		case e := <-l.queue:
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

// write stores a batch. A store that is away is tried again, meanwhile the
// buffer fills; a row that the store refuses is lost alone.
func (l *Log) write(ctx context.Context, batch []entry) {
	err := l.insertSurely(ctx, batch)
	if err == nil {
		l.shown(batch)
		return
	}
	l.logger.Error("request log not written", "rows", len(batch), "error", err)
	alone := len(batch) > 1 && !away(err)
	for _, e := range batch {
		if alone && l.insert([]entry{e}) == nil {
			l.shown([]entry{e})
		} else {
			l.lose(e)
		}
	}
}

func (l *Log) insertSurely(ctx context.Context, batch []entry) (err error) {
	for n := range tries {
		if n > 0 && l.stored(ctx, batch) {
			l.count(batch)
			return nil
		}
		err = l.insert(batch)
		l.away.Store(away(err))
		if !l.away.Load() {
			return err
		}
		select {
		case <-time.After(time.Duration(n+1) * 100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return err
}

// stored reports whether a batch was committed after all: PostgreSQL may have
// gone away before it said so.
func (l *Log) stored(ctx context.Context, batch []entry) bool {
	if l.store.Engine() == "sqlite" {
		return false
	}
	for _, e := range batch {
		if e.finished == nil || e.finished.Bodies != nil {
			q, err := l.Get(ctx, tenantOf(e.row), e.row.ID)
			return err == nil && (e.finished == nil || q.Bodies != nil)
		}
	}
	return false // writing it once more changes nothing
}

// away reports whether the store takes nothing at the moment, whatever it is given.
func away(err error) bool {
	code := portal.CodeOf(err)
	return code == portal.CodeStorageUnavailable || code == portal.CodeOverloaded
}

func (l *Log) insert(batch []entry) error {
	rows := make([]portal.Request, 0, len(batch))
	var finished []store.Finished
	for _, e := range batch {
		if e.finished != nil {
			finished = append(finished, *e.finished)
		} else {
			rows = append(rows, e.row)
		}
	}
	// On PostgreSQL nodes would wait for each other's rows of a minute.
	together := l.store.Engine() == "sqlite"
	for i := range finished {
		if err := finished[i].Encode(); err != nil {
			return err
		}
	}
	// The end of a request or of the program must not cut its own log off.
	err := l.store.Tx(context.Background(), func(tx *store.Tx) error {
		if err := tx.InsertRequests(rows); err != nil {
			return err
		}
		if err := tx.FinishRequests(finished); err != nil || !together {
			return err
		}
		counts := countsOf(batch)
		return counts.write(tx)
	})
	if err == nil && !together {
		l.count(batch)
	}
	return err
}

// count has a batch that is stored counted with the next second's.
func (l *Log) count(batch []entry) {
	counts := countsOf(batch)
	l.pending.change(func(t *tally) { t.merge(counts) })
}

func countsOf(batch []entry) (counts tally) {
	for _, e := range batch {
		counts.add(e.row)
	}
	return counts
}

// shown publishes rows that are committed now. Finish did so already for its own.
func (l *Log) shown(batch []entry) {
	l.written.Add(int64(len(batch)))
	for _, e := range batch {
		if e.finished == nil {
			l.tails.publish(e.row)
		}
	}
	l.tellNodes(batch)
}

func (l *Log) flushCounts(ctx context.Context) {
	counts := l.pending.take()
	if counts.empty() {
		return
	}
	if err := l.store.Tx(context.WithoutCancel(ctx), counts.write); err != nil {
		l.logger.Error("request counts not written", "error", err)
		l.pending.change(func(t *tally) { t.merge(counts) })
	}
}
