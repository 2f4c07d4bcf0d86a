package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func openThings(t testing.TB, opts ...func(*store.Options)) *store.Store {
	t.Helper()
	s := storetest.Open(t, opts...)
	if err := s.Tx(t.Context(), func(tx *store.Tx) error { return exec(tx, things) }); err != nil {
		t.Fatal(err)
	}
	return s
}

// blockWriter keeps the writer busy until release, so that what is written
// meanwhile waits and becomes one batch.
func blockWriter(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	started, hold, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := s.Tx(t.Context(), func(*store.Tx) error {
			close(started)
			<-hold
			return nil
		})
		if err != nil {
			t.Errorf("the blocking transaction: %v", err)
		}
	}()
	<-started
	return func() {
		close(hold)
		<-done
	}
}

func TestSQLitePragmas(t *testing.T) {
	t.Parallel()
	s := openThings(t)
	pragma := func(r store.Reader, name string) (got string) {
		err := r.Rows("PRAGMA "+name, nil, func(scan func(...any) error) error {
			var n int64
			if scan(&n) != nil {
				return scan(&got)
			}
			got = fmt.Sprint(n)
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return got
	}
	must(t, s, func(tx *store.Tx) error {
		for name, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "auto_vacuum": "2", "busy_timeout": "0", "temp_store": "2",
		} {
			if got := pragma(tx.Reader, name); got != want {
				t.Errorf("the writer has %s = %s, want %s", name, got, want)
			}
		}
		return nil
	})
	for name, want := range map[string]string{"query_only": "1", "busy_timeout": "10000"} {
		if got := pragma(s.Reader(t.Context()), name); got != want {
			t.Errorf("a reader has %s = %s, want %s", name, got, want)
		}
	}
	if err := s.Reader(t.Context()).Rows(`DELETE FROM things RETURNING id`, nil, nil); err == nil {
		t.Error("a reader wrote")
	}
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a ?#% b")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o := store.Options{DataDir: dir}
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrOlderSchema) {
		t.Errorf("no database, no Migrate: %v", err)
	}
	o.Migrate = true
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, err := filepath.Glob(filepath.Join(dir, "wpp.db*"))
	if err != nil || len(files) != 4 {
		t.Errorf("files %q, %v, want the database and its three companions", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
	o.DataDir = filepath.Join(dir, "missing")
	if _, err := store.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("missing directory: %v, want one line", err)
	}
}

func TestSQLiteRefusesWhenTheQueueIsFull(t *testing.T) {
	t.Parallel()
	s := openThings(t)
	release := blockWriter(t, s)
	const callers, queue = 1100, 1024
	var wg sync.WaitGroup
	var stored atomic.Int64
	refused := make(chan error, callers)
	for n := range callers {
		wg.Go(func() {
			if err := s.Tx(t.Context(), func(tx *store.Tx) error { return insert(tx, fmt.Sprint(n)) }); err != nil {
				refused <- err
				return
			}
			stored.Add(1)
		})
	}
	for range callers - queue {
		wantCode(t, <-refused, portal.CodeOverloaded)
	}
	release()
	wg.Wait()
	if got := len(ids(t, s)); stored.Load() != queue || got != queue {
		t.Errorf("%d answered stored, %d rows, want %d", stored.Load(), got, queue)
	}
}

// Those who wait for a busy writer share its next transaction.
func TestSQLiteNeighborsInOneBatch(t *testing.T) {
	t.Parallel()
	s := openThings(t)
	release := blockWriter(t, s)
	neighbors(t, s, release)
}

// A full disk makes SQLite roll back the whole batch: nobody in it may believe
// to be stored, and later batches work again.
func TestSQLiteDropsTheBatch(t *testing.T) {
	t.Parallel()
	s := openThings(t)
	release := blockWriter(t, s)
	const neighbors = 5
	outcome := make(chan error, 2*neighbors+1)
	write := func(fn func(tx *store.Tx) error) {
		go func() { outcome <- s.Tx(t.Context(), fn) }()
	}
	for n := range 2 * neighbors {
		write(func(tx *store.Tx) error { return insert(tx, fmt.Sprint(n)) })
	}
	write(func(tx *store.Tx) error {
		// What the function does after the fault must not be stored either.
		err := exec(tx, `PRAGMA max_page_count = 1`)
		_ = exec(tx, `INSERT INTO things (id, raw) VALUES ('big', ?)`, make([]byte, 1<<22))
		_ = insert(tx, "after")
		return err
	})
	release()
	failed := 0
	for range 2*neighbors + 1 {
		if err := <-outcome; err != nil {
			failed++
			wantCode(t, err, portal.CodeStorageUnavailable)
		}
	}
	if got := len(ids(t, s)); failed == 0 || got+failed != 2*neighbors+1 {
		t.Errorf("%d rows and %d failures of %d", got, failed, 2*neighbors+1)
	}
	must(t, s, func(tx *store.Tx) error { return insert(tx, "again") })
}

func TestSQLiteLockedByAnotherProcess(t *testing.T) {
	t.Parallel()
	var o store.Options
	s := openThings(t, func(given *store.Options) {
		given.BusyTimeout = 20 * time.Millisecond
		o = *given
	})
	other, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	release := blockWriter(t, other)
	err = s.Tx(t.Context(), func(tx *store.Tx) error { return insert(tx, "a") })
	wantCode(t, err, portal.CodeOverloaded)
	wantIDs(t, s) // reading goes on
	release()
	must(t, s, func(tx *store.Tx) error { return insert(tx, "b") })
	wantIDs(t, other, "b")
}

func TestSQLiteCloseFinishesWhatWaits(t *testing.T) {
	t.Parallel()
	var o store.Options
	s := openThings(t, func(given *store.Options) { o = *given })
	release := blockWriter(t, s)
	var wg sync.WaitGroup
	var stored atomic.Int64
	for n := range 50 {
		wg.Go(func() {
			err := s.Tx(t.Context(), func(tx *store.Tx) error { return insert(tx, fmt.Sprint(n)) })
			if err == nil {
				stored.Add(1)
			} else {
				wantCode(t, err, portal.CodeStorageUnavailable)
			}
		})
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := int64(len(ids(t, again))); got != stored.Load() {
		t.Errorf("%d rows, %d answered stored", got, stored.Load())
	}
}

func BenchmarkSQLiteTx(b *testing.B) {
	for _, callers := range []int{1, 2, 4, 16, 64, 256} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := openThings(b)
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						err := s.Tx(b.Context(), func(tx *store.Tx) error {
							return errors.Join(insert(tx, fmt.Sprint("m", i)), insert(tx, fmt.Sprint("r", i)))
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func BenchmarkSQLiteRow(b *testing.B) {
	s := openThings(b)
	if err := s.Tx(b.Context(), func(tx *store.Tx) error { return insert(tx, "a") }); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var id string
		var size int
		if err := s.Reader(b.Context()).Row(`SELECT id, size FROM things WHERE id = ?`, []any{"a"}, &id, &size); err != nil {
			b.Fatal(err)
		}
	}
}
