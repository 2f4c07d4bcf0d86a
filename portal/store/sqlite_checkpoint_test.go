package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3" // the driver

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// While the writer never rests, the write-ahead log must not grow with all that
// is written.
func TestSQLiteLogBeginsAnewUnderWrites(t *testing.T) {
	t.Parallel()
	const reused = 32 << 20
	l := newLogWriter(t)
	for l.written <= l.size()+reused {
		l.write()
	}
}

// A long read, such as a backup, makes the write-ahead log grow. What it grew to
// is given back afterwards.
func TestSQLiteLogShrinks(t *testing.T) {
	t.Parallel()
	const kept = 64 << 20
	l := newLogWriter(t)
	end := l.longRead()
	for l.size() <= kept+kept/4 {
		l.write()
	}
	end()
	for l.size() > kept {
		l.write()
	}
}

// logWriter makes the write-ahead log of a store grow.
type logWriter struct {
	*testing.T
	store   *store.Store
	path    string // of the database
	written int64  // bytes
	raw     []byte
}

func newLogWriter(t *testing.T) *logWriter {
	t.Helper()
	l := &logWriter{T: t, raw: make([]byte, 1<<20)}
	l.store = storetest.Open(t, func(o *store.Options) { l.path = filepath.Join(o.DataDir, "wpp.db") })
	must(t, l.store, func(tx *store.Tx) error {
		if err := exec(tx, things); err != nil {
			return err
		}
		return insert(tx, "a")
	})
	return l
}

// write changes every page of a row; SQLite writes no page that stays as it is.
func (l *logWriter) write() {
	l.Helper()
	for i := range l.raw {
		l.raw[i]++
	}
	must(l.T, l.store, func(tx *store.Tx) error { return exec(tx, `UPDATE things SET raw = ?`, l.raw) })
	if l.written += int64(len(l.raw)); l.written > 1<<30 {
		l.Fatalf("%d MB are written, and the log holds %d MB", l.written>>20, l.size()>>20)
	}
}

func (l *logWriter) size() int64 {
	l.Helper()
	log, err := os.Stat(l.path + "-wal")
	if err != nil {
		l.Fatal(err)
	}
	return log.Size()
}

// longRead begins to read the database beside the store, until end is called.
func (l *logWriter) longRead() (end func()) {
	l.Helper()
	db, err := sql.Open("sqlite3", "file:"+l.path+"?mode=ro")
	if err != nil {
		l.Fatal(err)
	}
	tx, err := db.BeginTx(l.Context(), nil)
	if err != nil {
		l.Fatal(err)
	}
	var n int
	if err := tx.QueryRowContext(l.Context(), `SELECT COUNT(*) FROM things`).Scan(&n); err != nil {
		l.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			l.Fatal(err)
		}
	}
}
