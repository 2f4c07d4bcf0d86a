package store

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const (
	maxQueue  = 1024                 // callers that may wait; one more is refused
	maxBatch  = 256                  // commands committed together
	maxLinger = 2 * time.Millisecond // how long a batch waits for callers on their way
)

var (
	errClosed  = &portal.Error{Code: portal.CodeStorageUnavailable, Cause: errors.New("the store is closed")}
	errDropped = &portal.Error{Code: portal.CodeStorageUnavailable, Cause: errors.New("the batch was rolled back as a whole")}
	errStopped = errors.New("the transaction function did not return")

	errPanicked = errors.New("the transaction function panicked") // with what, only the log says
)

// writer is the one goroutine that writes to SQLite. It commits many commands
// in one transaction, so that they share the wait for the disk, each in a
// savepoint of its own, so that one that fails leaves no trace and harms no
// neighbor.
type writer struct {
	dsn      string
	log      *slog.Logger
	queue    chan *command
	finished chan struct{} // closed when the last command is done

	inFlight atomic.Int64 // callers inside write

	mu     sync.RWMutex // guards closed against sending on a closed queue
	closed bool

	// Used by the writing goroutine only.
	conn    *sqliteConn
	dropped bool // SQLite has rolled back the batch
}

type command struct {
	ctx  context.Context //nolint:containedctx // checked when the command's turn comes
	work func(c conn) error
	err  error
	done chan struct{}
}

func newWriter(dsn string, log *slog.Logger) (*writer, error) {
	c, err := dialSQLite(dsn)
	if err != nil {
		return nil, err
	}
	w := &writer{dsn: dsn, log: log, queue: make(chan *command, maxQueue), finished: make(chan struct{}), conn: c}
	go w.loop()
	return w, nil
}

func (w *writer) write(ctx context.Context, work func(c conn) error) error {
	w.inFlight.Add(1)
	defer w.inFlight.Add(-1)
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
		w.commit(batch)
		for _, c := range batch {
			close(c.done)
		}
	}
	w.hangUp()
}

// collect takes what waits in the queue. It lingers only while other callers
// are on their way here, so a lone caller never waits.
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
		if int64(len(batch)) >= w.inFlight.Load() {
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

// commit runs the batch and leaves in each command its outcome.
func (w *writer) commit(batch []*command) {
	err := w.begin()
	if err == nil {
		w.runAll(batch)
		err = w.end()
	}
	if err == nil {
		return
	}
	w.log.Error("a batch of transactions was not stored", "commands", len(batch), "error", err)
	for _, c := range batch {
		c.err = err
	}
	if portal.CodeOf(err) == portal.CodeStorageUnavailable {
		w.hangUp()
	}
}

func (w *writer) begin() (err error) {
	w.dropped = false
	if w.conn == nil {
		if w.conn, err = dialSQLite(w.dsn); err != nil {
			w.conn = nil
			return err
		}
	}
	return w.conn.control("BEGIN IMMEDIATE")
}

// end commits, or answers why nothing of the batch is stored.
func (w *writer) end() error {
	err := error(errDropped)
	if !w.dropped {
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

// run executes one command inside its savepoint.
func (w *writer) run(c *command) {
	if w.dropped {
		return
	}
	if c.err = c.ctx.Err(); c.err != nil {
		return
	}
	if c.err = w.conn.control("SAVEPOINT command"); c.err != nil {
		w.dropped = true
		return
	}
	guard(w.log, func() error { return c.work(w.conn) }, func(err error) { c.err = w.settle(err) })
}

// settle closes the savepoint. Some faults (a full disk) make SQLite roll back
// everything by itself; statements would then commit one by one, so the batch
// ends here.
func (w *writer) settle(err error) error {
	if !w.conn.inTransaction() {
		w.dropped = true
		return err
	}
	if err == nil {
		if err = w.conn.control("RELEASE command"); err == nil {
			return nil
		}
	}
	if undo := errors.Join(w.conn.control("ROLLBACK TO command"), w.conn.control("RELEASE command")); undo != nil {
		w.log.Error("a savepoint was not rolled back", "error", undo)
		w.dropped = true
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
