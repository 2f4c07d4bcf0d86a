// Package audit keeps the request log: one row for every call of the API,
// refused ones included, masked before it is stored.
//
// A write's row is inserted in the write's own transaction (Record), so an
// accepted write without a row cannot exist; its durations and bodies follow (Finish).
// Reads and refusals are written in batches within 100 ms (Enqueue). Rows reach
// the live tails only after they are committed.
//
// The package must not hold what it masks, and must not slow the API down: its
// buffer is bounded, a caller waits at most one second for room, and rows that
// found none are counted (Lost, Missing). Charts read counts by minute, which are
// written with the rows on SQLite; on PostgreSQL, where all nodes add to the same
// rows, each node adds what it counted once a second.
//
// Known weaknesses. Rows in the buffer, and the durations and bodies of accepted
// writes in it, are lost when the process is killed; on PostgreSQL so is the last
// second of its counts, and of its count of lost rows, and a second is counted
// twice when the connection breaks while it is being committed. A tail that does
// not keep up misses rows, and so does one whose node is cut off from the others
// for a while; its page has them after a reload. Masking knows
// fields by their names: free text under a name it does not know keeps all but
// telephone numbers and e-mail addresses.
package audit

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	capacity  = 2048                  // rows waiting to be written
	batchSize = 512                   // rows written in one transaction
	linger    = 40 * time.Millisecond // rows gathered before a batch is written
	patience  = time.Second           // how long a full buffer is waited for
)

// Options are what the log needs.
type Options struct {
	Store  *store.Store
	Logger *slog.Logger // nil = discard
}

// Log writes and reads the request log. It is safe for concurrent use.
type Log struct {
	store   *store.Store
	logger  *slog.Logger
	queue   chan entry
	wake    chan struct{}
	writing sync.Mutex // one batch at a time, so that rows are published in order

	lost    atomic.Int64
	written atomic.Int64
	away    atomic.Bool // the store took nothing the last time

	floods  floods
	pending pending
	open    openCalls
	tails   tails
	afar    afar
}

// entry is a row to insert, or what was missing of one inserted before.
type entry struct {
	row      portal.Request
	finished *store.Finished
}

// New returns a log. Nothing reaches the store before Run or Flush.
func New(o Options) *Log {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Log{store: o.Store, logger: o.Logger, queue: make(chan entry, capacity), wake: make(chan struct{}, 1)}
}

// Record inserts the row of an accepted write in the write's transaction,
// without bodies: other writes wait meanwhile. The caller calls Finish after
// the answer, which also shows the row to the tails.
func (l *Log) Record(tx *store.Tx, r portal.Request) (err error) {
	defer portal.Wrap(&err, "Record(%s)", r.ID)
	r = prepare(r)
	r.Bodies = nil
	if err := tx.InsertRequest(r); err != nil {
		return err
	}
	tx.AfterCommit(func() { l.open.add(r) })
	return nil
}

// Finish adds durations and bodies to a recorded row, within 100 ms. Without
// the row it does nothing.
func (l *Log) Finish(f store.Finished) {
	r, ok := l.open.take(f.ID)
	if !ok {
		return
	}
	r.Duration, r.Timing.Store = &f.Duration, f.Store
	l.tails.publish(r)
	l.put(context.Background(), entry{row: r, finished: &f})
}

// Enqueue hands over the row of a read or a refusal. When the buffer is full it
// waits until there is room, ctx ends or a second has passed, and not at all
// while the store takes nothing; then the row is counted as lost. Rows of no
// account are kept once a second for each address and code, the rest is only
// counted (Suppressed).
func (l *Log) Enqueue(ctx context.Context, r portal.Request) {
	if r.AccountID == "" && !l.floods.allow(r.IP, r.ErrorCode, l.store.Now()) {
		return
	}
	l.put(ctx, entry{row: prepare(r)})
}

func (l *Log) put(ctx context.Context, e entry) {
	select {
	case l.queue <- e:
	default:
		if l.away.Load() { // waiting would not help, and reading goes on
			l.lose(e)
			return
		}
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case l.queue <- e:
		case <-ctx.Done():
			l.lose(e)
			return
		case <-timer.C:
			l.lose(e)
			return
		}
	}
	select {
	case l.wake <- struct{}{}:
	default: // the writer is awake already
	}
}

// lose counts a row that was not written. Durations that were not written leave
// their row "not measured", but the call has its row and counts.
func (l *Log) lose(e entry) {
	if e.finished != nil {
		l.pending.change(func(t *tally) { t.add(e.row) })
		return
	}
	l.lost.Add(1)
	l.pending.change(func(t *tally) { t.lose(e.row) })
}

// Lost returns how many rows found no room or no working store since the start.
func (l *Log) Lost() int64 { return l.lost.Load() }

// Missing returns how many of the tenant's calls between from and to have no
// row, on all nodes: what another node has not told the store yet, for a second
// or as long as the store takes nothing, is not in it.
func (l *Log) Missing(ctx context.Context, t portal.Tenant, from, to time.Time) (n int64, err error) {
	defer portal.Wrap(&err, "Missing(%s)", t.AccountID)
	n, err = l.store.Reader(ctx).RequestLosses(t, from, to)
	return n + l.pending.lost(t, from, to), err
}

// Suppressed returns how many rows of no account were only counted.
func (l *Log) Suppressed() int64 { return l.floods.suppressed.Load() }

// Written returns how many rows were written since the start.
func (l *Log) Written() int64 { return l.written.Load() }

// Waiting returns how many rows wait to be written, and for how many there is room.
func (l *Log) Waiting() (rows, room int) { return len(l.queue), cap(l.queue) }

// List returns a page of the log without bodies, newest first.
func (l *Log) List(ctx context.Context, t portal.Tenant, f portal.RequestFilter, p portal.Page) ([]portal.Request, string, error) {
	return l.store.Reader(ctx).Requests(t, f, p)
}

// Get returns an entry with its bodies; not_found for one of another tenant.
func (l *Log) Get(ctx context.Context, t portal.Tenant, id string) (portal.Request, error) {
	return l.store.Reader(ctx).Request(t, id)
}

// Steps returns the calls of each step of whole minutes from f.From up to f.To,
// which must be set, empty steps included. Filters that the counts do not know
// (Counted) are counted from the log.
func (l *Log) Steps(ctx context.Context, t portal.Tenant, f portal.RequestFilter, step time.Duration) ([]portal.Minute, error) {
	if !Counted(f) {
		return l.store.Reader(ctx).RequestCounts(t, f, step)
	}
	all, err := l.store.Reader(ctx).RequestUse(t, store.UseFilter{TokenID: f.TokenID, From: *f.From, To: *f.To, Step: step})
	for i := range all {
		all[i] = onlyClass(all[i], f.Class)
	}
	return all, err
}

// Counted reports whether the counts alone answer the filter: it names no more
// than a token, a class and a time. Others read the log, row by row.
func Counted(f portal.RequestFilter) bool {
	f.TokenID, f.Class, f.From, f.To = "", 0, nil, nil
	return f == portal.RequestFilter{}
}

func onlyClass(m portal.Minute, class int) portal.Minute {
	switch class {
	case 2:
		return portal.Minute{At: m.At, OK: m.OK}
	case 4:
		return portal.Minute{At: m.At, Refused: m.Refused}
	case 5:
		return portal.Minute{At: m.At, Failed: m.Failed}
	}
	return m
}

// Export calls each with every row of the filter, newest first, without bodies.
// It reads page by page, so a long export holds no transaction open. An error
// of each ends it and is returned.
func (l *Log) Export(ctx context.Context, t portal.Tenant, f portal.RequestFilter, each func(portal.Request) error) (err error) {
	defer portal.Wrap(&err, "Export(%s)", t.AccountID)
	page := portal.Page{Limit: batchSize}
	for {
		rows, next, err := l.List(ctx, t, f, page)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := each(r); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		page.After = next
	}
}
