package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// sqliteFile is the name of the database inside the data directory.
const sqliteFile = "wpp.db"

// maxReaders bounds the reading connections of SQLite.
const maxReaders = 8

// sqlite is the embedded engine: one writer and a pool of readers on one file
// in WAL mode.
type sqlite struct {
	*writer
	readers *readers
	access  *accessLog
	path    string
}

func openSQLite(ctx context.Context, o Options) (engine, error) {
	path := filepath.Join(o.DataDir, sqliteFile)
	if err := createFile(path, o.Migrate); err != nil {
		return nil, err
	}
	if err := migrateSQLite(ctx, path, o); err != nil {
		return nil, err
	}
	access, err := openAccessLog(filepath.Join(o.DataDir, accessFile))
	if err != nil {
		return nil, err
	}
	w, err := newWriter(sqliteDSN(path, o, false), o)
	if err != nil {
		return nil, errors.Join(err, access.close())
	}
	return &sqlite{writer: w, readers: newReaders(sqliteDSN(path, o, true), o.Observer), access: access, path: path}, nil
}

// createFile makes the file before SQLite does, readable by its owner only;
// the files SQLite puts beside it take the same permissions.
func createFile(path string, create bool) error {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) && !create {
		return fmt.Errorf("%w: there is no database at %s", ErrOlderSchema, path)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteDSN holds every pragma: one said through a pool would reach one
// connection only.
func sqliteDSN(path string, o Options, readOnly bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10))
	q.Set("_foreign_keys", "true")
	q.Set("_mutex", "no") // a connection is used by one goroutine at a time
	if readOnly {
		q.Set("mode", "ro")
		q.Set("_query_only", "true")
	} else {
		q.Set("mode", "rw")
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		q.Set("_cache_size", "-16000")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func migrateSQLite(ctx context.Context, path string, o Options) (err error) {
	dsn := sqliteDSN(path, o, false)
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		dsn += "&_auto_vacuum=incremental" // before the first table; later it would be a write at every start
	}
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	return sqliteError(migrate(ctx, db, o))
}

func (s *sqlite) name() string { return "sqlite" }
func (s *sqlite) locks() locks { return locks{} }

func (s *sqlite) query(ctx context.Context, sql string, args []any, limit int) ([][]any, error) {
	return s.readers.query(ctx, sql, args, limit)
}

func (s *sqlite) close() error {
	s.writer.close()
	return errors.Join(s.readers.close(), s.access.close())
}

// readers is a pool of read-only connections, opened when needed and used
// last in, first out, so that a quiet program keeps one warm.
type readers struct {
	dsn      string
	slots    chan struct{}
	observer Observer

	mu     sync.Mutex
	idle   []*sqliteConn
	closed bool
}

func newReaders(dsn string, observer Observer) *readers {
	return &readers{dsn: dsn, slots: make(chan struct{}, maxReaders), observer: observer}
}

func (r *readers) query(ctx context.Context, sql string, args []any, limit int) ([][]any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-r.slots }()
	c, err := r.take()
	if err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, sql, args, limit)
	return rows, errors.Join(err, r.put(c, err))
}

// enter waits for one of the slots.
func (r *readers) enter(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	default:
	}
	start := time.Now()
	select {
	case r.slots <- struct{}{}:
		r.observer.ReadWaited(time.Since(start))
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *readers) take() (*sqliteConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if last := len(r.idle) - 1; last >= 0 {
		c := r.idle[last]
		r.idle = r.idle[:last]
		return c, nil
	}
	return dialSQLite(r.dsn)
}

// put gives c back. A connection that met a storage fault is closed: the next
// query dials anew.
func (r *readers) put(c *sqliteConn, err error) error {
	if portal.CodeOf(err) == portal.CodeStorageUnavailable {
		return c.close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, c)
	return nil
}

// close waits for the queries under way.
func (r *readers) close() error {
	for range maxReaders {
		r.slots <- struct{}{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var errs []error
	for _, c := range r.idle {
		errs = append(errs, c.close())
	}
	r.idle = nil
	for range maxReaders {
		<-r.slots // those still waiting find the pool closed
	}
	return errors.Join(errs...)
}
