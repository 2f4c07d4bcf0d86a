package store

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Observer is told how the engine fares. It is called on the hot path, from
// several goroutines: it returns at once and does not use the store.
type Observer interface {
	// Tx is called when the outcome of a transaction is known.
	Tx(ctx context.Context, t TxTimes)
	// Batch is called when n transactions were committed together: many on
	// SQLite, one on PostgreSQL.
	Batch(n int, took time.Duration)
	// ReadWaited is called when a read of SQLite got its connection and had to wait for it.
	ReadWaited(took time.Duration)
	// Failed is called when the engine answered a read with an error of that code.
	Failed(code portal.Code)
}

// TxTimes is where the time of a transaction went. What SQLite's writer did for
// the neighbors in its batch counts as waiting, and as committing.
type TxTimes struct {
	Start  time.Time
	Wait   time.Duration // until its function started, the last time
	Work   time.Duration // inside its function; 0 when it never started
	Commit time.Duration // from there until the outcome was known
	Code   portal.Code   // of its error, "" when it committed
}

// unobserved is the Observer of nobody.
type unobserved struct{}

func (unobserved) Tx(context.Context, TxTimes) {}
func (unobserved) Batch(int, time.Duration)    {}
func (unobserved) ReadWaited(time.Duration)    {}
func (unobserved) Failed(portal.Code)          {}

// stopwatch times one transaction.
type stopwatch struct{ start, began, ended time.Time }

func (w *stopwatch) times(err error) TxTimes {
	now := time.Now()
	if w.began.IsZero() {
		return TxTimes{Start: w.start, Wait: now.Sub(w.start), Code: portal.CodeOf(err)}
	}
	return TxTimes{
		Start: w.start, Wait: w.began.Sub(w.start), Work: w.ended.Sub(w.began), Commit: now.Sub(w.ended), Code: portal.CodeOf(err),
	}
}

// watchedReads tells the observer which reads the engine could not answer.
type watchedReads struct {
	engine   engine
	observer Observer
}

func (w *watchedReads) query(ctx context.Context, sql string, args []any, limit int) ([][]any, error) {
	rows, err := w.engine.query(ctx, sql, args, limit)
	if err != nil {
		w.observer.Failed(portal.CodeOf(err))
	}
	return rows, err
}
