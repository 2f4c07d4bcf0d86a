package store

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const (
	maxQueue  = 1024                    // callers that may wait; one more is refused
	maxBatch  = 256                     // commands committed together
	minCrowd  = 5                       // commands in a batch, after which the next one lingers
	maxLinger = 1500 * time.Microsecond // how long a batch waits for callers on their way
	lockEvery = time.Millisecond        // how often it is tried to get another process's lock
	carefully = 64                      // batches with savepoints after one that needed them
)

var (
	errClosed  = &portal.Error{Code: portal.CodeStorageUnavailable, Cause: errors.New("the store is closed")}
	errDropped = &portal.Error{Code: portal.CodeStorageUnavailable, Cause: errors.New("the batch was rolled back as a whole")}
	errStopped = errors.New("the transaction function did not return")

	errPanicked = errors.New("the transaction function panicked") // with what, only the log says
)

// writer is the one goroutine that writes to SQLite. It commits many commands
// in one transaction, so that they share the wait for the disk. One that fails
// leaves no trace and harms no neighbor: if it had written anything, the batch
// is rolled back and run once more with a savepoint for each command. Savepoints
// copy every page that a command touches, so that for a while only batches that
// may need them have them.
type writer struct {
	dsn      string
	patience time.Duration // with another process's lock
	log      *slog.Logger
	observer Observer
	queue    chan *command
	finished chan struct{} // closed when the last command is done

	mu     sync.RWMutex // guards closed against sending on a closed queue
	closed bool

	// Used by the writing goroutine only.
	conn       *sqliteConn
	dropped    error // why SQLite has rolled back the batch
	careful    int   // batches to come that have savepoints
	again      bool  // the batch without savepoints needs them
	last       int   // commands in the last batch
	before     int   // and in the one before
	checkpoint *checkpointer
}

type command struct {
	ctx  context.Context //nolint:containedctx // checked when the command's turn comes
	work func(c conn) error
	err  error
	done chan struct{}
}

func newWriter(dsn string, o Options) (*writer, error) {
	w := &writer{dsn: dsn, patience: o.BusyTimeout, log: o.Logger, observer: o.Observer, queue: make(chan *command, maxQueue), finished: make(chan struct{})}
	if err := w.dial(); err != nil {
		return nil, err
	}
	w.checkpoint = newCheckpointer(dsn, o.Logger)
	go w.loop()
	return w, nil
}

func (w *writer) write(ctx context.Context, work func(c conn) error) error {
	c := &command{ctx: ctx, work: work, done: make(chan struct{})}
	if err := w.send(c); err != nil {
		return err
	}
	<-c.done
	return c.err
}

func (w *writer) send(c *command) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- c:
		return nil
	default:
		return portal.Refuse(portal.CodeOverloaded)
	}
}

// close lets the commands that wait finish.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.finished
}

func (w *writer) loop() {
	defer close(w.finished)
	for first := range w.queue {
		batch := w.collect(first)
		w.before, w.last = w.last, len(batch)
		w.commit(batch)
		for _, c := range batch {
			close(c.done)
		}
		w.restartLog()
	}
	w.checkpoint.stop()
	w.hangUp()
}

// collect takes what waits in the queue, and lingers for a crowd.
func (w *writer) collect(first *command) []*command {
	batch := []*command{first}
	var patience <-chan time.Time
	for len(batch) < maxBatch {
		select {
		case c, open := <-w.queue:
			if !open {
				return batch
			}
			batch = append(batch, c)
			continue
		default:
		}
		if len(batch) >= w.crowd() {
			return batch
		}
		if patience == nil {
			patience = time.After(maxLinger)
		}
		select {
		case c, open := <-w.queue:
			if !open {
				return batch
			}
			batch = append(batch, c)
		case <-patience:
			return batch
		}
	}
	return batch
}

// crowd is how many commands a batch waits for. While some wait for a commit,
// others are on their way here: the last two batches together tell how many
// there are. To wait for more than about half of them would leave the disk and
// the other processors idle in turn. Whoever writes alone, or with a few, never
// waits.
func (w *writer) crowd() int {
	if w.last < minCrowd {
		return 0
	}
	return (w.last + w.before) * 4 / 10
}

// commit runs the batch and leaves in each command its outcome.
func (w *writer) commit(batch []*command) {
	start := time.Now()
	err := w.try(batch)
	if err == nil && w.again {
		w.careful = carefully
		err = w.try(batch)
	}
	w.careful = max(w.careful-1, 0)
	if err == nil {
		w.observer.Batch(len(batch), time.Since(start))
		w.checkpoint.committed()
		return
	}
	w.log.Error("a batch of transactions was not stored", "commands", len(batch), "error", err)
	for _, c := range batch {
		c.err = err
	}
	if portal.CodeOf(err) == portal.CodeStorageUnavailable || w.conn != nil && w.conn.inTransaction() {
		w.hangUp()
	}
}

// try runs the batch in a transaction and commits it, unless it has to be run again.
func (w *writer) try(batch []*command) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.runAll(batch)
	return w.end()
}

func (w *writer) begin() (err error) {
	w.dropped, w.again = nil, false
	if w.conn == nil {
		if err := w.dial(); err != nil {
			return err
		}
	}
	return w.lock()
}

// lock takes the write lock. SQLite's own way of waiting looks ten times a
// second: beside a process that writes without a pause that would starve.
func (w *writer) lock() error {
	deadline := time.Now().Add(w.patience)
	for {
		err := w.conn.control("BEGIN IMMEDIATE")
		if portal.CodeOf(err) != portal.CodeOverloaded || time.Now().After(deadline) {
			return err
		}
		time.Sleep(lockEvery)
	}
}

func (w *writer) dial() error {
	c, err := dialSQLite(w.dsn)
	if err != nil {
		return err
	}
	// The checkpointer copies the log, and lock does the waiting. What a long read
	// made the log grow to is given back when it begins anew.
	for _, pragma := range []string{"PRAGMA wal_autocheckpoint = 0", "PRAGMA busy_timeout = 0", "PRAGMA journal_size_limit = 67108864"} {
		if err := c.control(pragma); err != nil {
			return errors.Join(err, c.close())
		}
	}
	w.conn = c
	return nil
}

// restartLog copies what the checkpointer left, when it asks for that. Nobody
// may have to wait for a reader, so it may take several turns.
func (w *writer) restartLog() {
	if w.conn == nil || !w.checkpoint.restart.Swap(false) {
		return
	}
	if _, _, err := w.conn.checkpoint("PASSIVE"); err != nil {
		w.log.Warn("the write-ahead log was not copied into the database", "error", err)
	}
}

// end commits, or answers why nothing of the batch is stored.
func (w *writer) end() error {
	err := w.dropped
	if err == nil && w.again {
		return w.conn.control("ROLLBACK")
	}
	if err == nil {
		err = w.conn.control("COMMIT")
	}
	if err != nil && w.conn.inTransaction() {
		err = errors.Join(err, w.conn.control("ROLLBACK"))
	}
	return err
}

// runAll runs the commands one after another on a goroutine of their own: a
// Goexit in one of them ends that goroutine, and the next one carries on.
func (w *writer) runAll(batch []*command) {
	for next := 0; next < len(batch); {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for next < len(batch) {
				c := batch[next]
				next++
				w.run(c)
			}
		}()
		<-done
	}
}

// run executes one command.
func (w *writer) run(c *command) {
	if w.dropped != nil || w.again {
		return
	}
	if c.err = c.ctx.Err(); c.err != nil {
		return
	}
	if w.careful == 0 {
		w.conn.wrote = false
		guard(w.log, func() error { return c.work(w.conn) }, func(err error) { c.err = w.judge(err) })
		return
	}
	if c.err = w.conn.control("SAVEPOINT command"); c.err != nil {
		w.dropped = errors.Join(errDropped, c.err)
		return
	}
	guard(w.log, func() error { return c.work(w.conn) }, func(err error) { c.err = w.settle(err) })
}

// judge ends a command that has no savepoint.
func (w *writer) judge(err error) error {
	if !w.conn.inTransaction() {
		w.dropped = errors.Join(errDropped, err)
	}
	w.again = err != nil && w.conn.wrote
	return err
}

// settle closes the savepoint. Some faults (a full disk) make SQLite roll back
// everything by itself; statements would then commit one by one, so the batch
// ends here.
func (w *writer) settle(err error) error {
	if !w.conn.inTransaction() {
		w.dropped = errors.Join(errDropped, err)
		return err
	}
	if err == nil {
		if err = w.conn.control("RELEASE command"); err == nil {
			return nil
		}
	}
	if undo := errors.Join(w.conn.control("ROLLBACK TO command"), w.conn.control("RELEASE command")); undo != nil {
		w.log.Error("a savepoint was not rolled back", "error", undo)
		w.dropped = errors.Join(errDropped, undo)
	}
	return err
}

// hangUp closes the connection; the next batch dials anew.
func (w *writer) hangUp() {
	if w.conn == nil {
		return
	}
	if err := w.conn.close(); err != nil {
		w.log.Error("the database connection was not closed cleanly", "error", err)
	}
	w.conn = nil
}

// guard runs work and gives its error to settle, in all cases: a panic is
// turned into an error; after a Goexit settle runs and the goroutine ends.
func guard(log *slog.Logger, work func() error, settle func(err error)) {
	err := errStopped
	defer func() {
		if p := recover(); p != nil {
			err = errPanicked
			log.Error("a transaction function panicked", "panic", p, "stack", string(debug.Stack()))
		} else if errors.Is(err, errStopped) {
			log.Error("a transaction function ended its goroutine", "stack", string(debug.Stack()))
		}
		settle(err)
	}()
	err = work()
}
