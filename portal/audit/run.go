package audit

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// tries is how often a batch is offered to a store that cannot be written.
const tries = 5

// Run writes what was handed over until ctx ends, then what is left. It adds up
// the minutes once a second and removes old rows once an hour.
func (l *Log) Run(ctx context.Context) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	purge := time.After(0)
	for {
		select {
		case <-ctx.Done():
			l.Flush(context.WithoutCancel(ctx))
			return nil
		case <-l.wake:
			l.gather(ctx)
			l.flushRows(ctx)
		case <-second.C:
			l.flushMinutes(ctx)
		case <-hour.C:
			purge = time.After(0)
		case <-purge:
			if purge = nil; l.purge(ctx) {
				purge = time.After(purgeRest)
			}
		}
	}
}

// gather waits a moment, so that a batch holds more than the row that woke it.
func (l *Log) gather(ctx context.Context) {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Flush writes all that was handed over before the call, the minutes included.
func (l *Log) Flush(ctx context.Context) {
	l.flushRows(ctx)
	l.flushMinutes(ctx)
}

func (l *Log) flushRows(ctx context.Context) {
	l.writing.Lock()
	defer l.writing.Unlock()
	for {
		batch := l.take()
		if len(batch) == 0 {
			return
		}
		l.write(ctx, batch)
	}
}

func (l *Log) take() []entry {
	var batch []entry
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
		if err = l.insert(batch); err == nil || !away(err) {
			return err
		}
		select {
		case <-time.After(time.Duration(n+1) * 100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return err
}

// away reports whether the store takes nothing at the moment, whatever it is given.
func away(err error) bool {
	code := portal.CodeOf(err)
	return code == portal.CodeStorageUnavailable || code == portal.CodeOverloaded
}

func (l *Log) insert(batch []entry) error {
	// The end of a request or of the program must not cut its own log off.
	return l.store.Tx(context.Background(), func(tx *store.Tx) error {
		var finished []store.Finished
		for _, e := range batch {
			if e.finished != nil {
				finished = append(finished, *e.finished)
				continue
			}
			if err := tx.InsertRequest(e.row); err != nil {
				return err
			}
		}
		return tx.FinishRequests(finished)
	})
}

// shown counts and publishes rows that are committed now. Finish did so already for its own.
func (l *Log) shown(batch []entry) {
	for _, e := range batch {
		if e.finished == nil {
			l.minutes.add(e.row)
			l.tails.publish(e.row)
		}
	}
}

func (l *Log) flushMinutes(ctx context.Context) {
	counts := l.minutes.take()
	if len(counts) == 0 {
		return
	}
	err := l.store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.AddMinutes(counts) })
	if err != nil {
		l.logger.Error("request counts not written", "error", err)
		l.minutes.putBack(counts)
	}
}

// purge removes a step of what is older than its retention; more says that
// there is more.
func (l *Log) purge(ctx context.Context) (more bool) {
	var n int64
	err := l.store.Tx(ctx, func(tx *store.Tx) error {
		rows, err := tx.PurgeRequests(tx.Now().Add(-KeepRequests), tx.Now().Add(-KeepBodies), purgeStep)
		if err != nil {
			return err
		}
		keys, err := tx.PurgeKeys(purgeStep)
		if err != nil {
			return err
		}
		if n = rows + keys; n > 0 {
			return nil // the counts come with the last step
		}
		_, err = tx.PurgeMinutes(tx.Now().Add(-KeepMinutes))
		return err
	})
	if err != nil && ctx.Err() == nil {
		l.logger.Error("old log rows not removed", "error", err)
	}
	return err == nil && n > 0
}
