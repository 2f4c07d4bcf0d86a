package store

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	checkpointPages = 1000                  // of the write-ahead log, that are copied to the database at once
	restartPages    = 8192                  // of the log, after which it begins anew
	checkpointRest  = 50 * time.Millisecond // between two looks
)

// checkpointer copies the write-ahead log into the database beside the writer,
// which would otherwise stand still for as long as that takes. While the writer
// goes on the log never ends and so cannot begin anew: now and then the writer
// is asked to copy the little that is left itself.
type checkpointer struct {
	dsn     string
	log     *slog.Logger
	commits chan struct{} // holds a signal after a commit
	quit    chan struct{} // closed by stop
	ended   chan struct{}
	restart atomic.Bool // the writer's turn

	conn *sqliteConn // used by its goroutine only; nil = not open
}

func newCheckpointer(dsn string, log *slog.Logger) *checkpointer {
	c := &checkpointer{dsn: dsn, log: log, commits: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go c.loop()
	return c
}

// committed is called after each commit. It never waits.
func (c *checkpointer) committed() { wake(c.commits) }

// stop waits for the copying under way; SQLite copies the rest when the last connection closes.
func (c *checkpointer) stop() {
	close(c.quit)
	<-c.ended
}

func (c *checkpointer) loop() {
	defer close(c.ended)
	failing := false
	for rest := time.Duration(0); c.awake(rest); rest = checkpointRest {
		err := c.look()
		if err != nil && !failing {
			c.log.Warn("the write-ahead log was not copied into the database", "error", err)
		}
		failing = err != nil
		if failing {
			c.hangUp()
		}
	}
	c.hangUp()
}

// awake waits for a commit after a rest; false means that this is the end.
func (c *checkpointer) awake(rest time.Duration) bool {
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.quit:
		return false
	}
	select {
	case <-c.commits:
		return true
	case <-c.quit:
		return false
	}
}

func (c *checkpointer) look() (err error) {
	if c.conn == nil {
		if c.conn, err = dialSQLite(c.dsn); err != nil {
			return err
		}
	}
	pages, left, err := c.conn.checkpoint("NOOP")
	if err == nil && left >= checkpointPages {
		pages, _, err = c.conn.checkpoint("PASSIVE")
	}
	if err == nil && pages >= restartPages {
		c.restart.Store(true)
	}
	return err
}

// hangUp closes the connection: after a fault it is made anew.
func (c *checkpointer) hangUp() {
	if c.conn == nil {
		return
	}
	if err := c.conn.close(); err != nil {
		c.log.Warn("the checkpointer's connection was not closed cleanly", "error", err)
	}
	c.conn = nil
}

// checkpoint returns how many pages the log holds and how many of them the
// database lacks. PASSIVE waits for nobody; NOOP only counts.
func (c *sqliteConn) checkpoint(mode string) (pages, left int64, err error) {
	rows, err := c.query(context.Background(), "PRAGMA wal_checkpoint("+mode+")", nil, 1)
	if err != nil {
		return 0, 0, err
	}
	var busy, copied int64
	if err := scanRow(rows[0], []any{&busy, &pages, &copied}); err != nil {
		return 0, 0, err
	}
	return pages, pages - copied, nil
}
