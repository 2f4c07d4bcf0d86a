package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// The rules of the engine, each on both engines. The cases bring their own table.
const things = `
CREATE TABLE things (
  id TEXT PRIMARY KEY,
  size BIGINT NOT NULL DEFAULT 0,
  note TEXT UNIQUE,
  flag BOOLEAN,
  raw BYTEA,
  at BIGINT,
  due_at BIGINT,
  lease_until BIGINT
)`

func engines(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		must(t, s, func(tx *store.Tx) error { return exec(tx, things) })
		fn(t, s)
	})
}

func exec(tx *store.Tx, sql string, args ...any) error {
	_, err := tx.Exec(sql, args...)
	return err
}

func insert(tx *store.Tx, id string) error {
	return exec(tx, `INSERT INTO things (id) VALUES (?)`, id)
}

func must(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func ids(t *testing.T, s *store.Store) []string {
	t.Helper()
	got := []string{}
	err := s.Reader(t.Context()).Rows(`SELECT id FROM things ORDER BY id`, nil, func(scan func(...any) error) error {
		var id string
		defer func() { got = append(got, id) }()
		return scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func wantIDs(t *testing.T, s *store.Store, want ...string) {
	t.Helper()
	if d := cmp.Diff(append([]string{}, want...), ids(t, s)); d != "" {
		t.Errorf("stored ids (-want +got):\n%s", d)
	}
}

func wantCode(t *testing.T, err error, want portal.Code) {
	t.Helper()
	if got := portal.CodeOf(err); got != want {
		t.Errorf("code %q, want %q (%v)", got, want, err)
	}
}

func TestAllConcurrentWritersAreStored(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		const writers, each = 64, 8
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for n := range each {
					err := s.Tx(t.Context(), func(tx *store.Tx) error { return insert(tx, fmt.Sprintf("%02d-%d", w, n)) })
					if err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		wg.Wait()
		if got := len(ids(t, s)); got != writers*each {
			t.Errorf("%d rows, want %d", got, writers*each)
		}
	})
}

func TestNeighborsAreUnharmed(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) { neighbors(t, s, func() {}) })
}

// neighbors writes concurrently: some fail in every possible way, the others
// are stored. It calls begun once all are on their way.
func neighbors(t *testing.T, s *store.Store, begun func()) {
	t.Helper()
	refused := errors.New("refused")
	ways := []func(tx *store.Tx) error{
		func(*store.Tx) error { return nil },
		func(*store.Tx) error { return refused },
		func(*store.Tx) error { panic("in a transaction") },
		func(*store.Tx) error { runtime.Goexit(); return nil },
		func(tx *store.Tx) error { return exec(tx, `INSERT INTO things (id, size) VALUES ('none', NULL)`) },
		func(tx *store.Tx) error { return exec(tx, `NOT SQL`) },
	}
	var wg, entered sync.WaitGroup
	var want []string
	for n := range 60 {
		id, way := fmt.Sprintf("%02d", n), n%len(ways)
		if way == 0 {
			want = append(want, id)
		}
		entered.Add(1)
		wg.Go(func() {
			entered.Done()
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				if err := insert(tx, id); err != nil {
					return err
				}
				return ways[way](tx)
			})
			if (err == nil) != (way == 0) {
				t.Errorf("way %d: %v", way, err)
			}
			if way == 1 && !errors.Is(err, refused) {
				t.Errorf("the function's own error is lost: %v", err)
			}
		})
	}
	entered.Wait()
	begun()
	wg.Wait()
	wantIDs(t, s, want...)
}

func TestFailedStatementEndsTheTransaction(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			if err := insert(tx, "a"); err != nil {
				return err
			}
			if err := insert(tx, "a"); !store.IsConflict(err) {
				t.Errorf("second insert: %v, want a conflict", err)
			}
			if err := insert(tx, "b"); err == nil {
				t.Error("a statement ran after a failed one")
			}
			return nil
		})
		if !store.IsConflict(err) {
			t.Errorf("Tx = %v, want the conflict that the function hid", err)
		}
		wantIDs(t, s)
	})
}

func TestTxIsOverAfterItsFunction(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		var kept *store.Tx
		must(t, s, func(tx *store.Tx) error { kept = tx; return nil })
		if err := insert(kept, "late"); err == nil {
			t.Error("a statement ran after the transaction")
		}
		wantIDs(t, s)
	})
}

func TestContext(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		err := s.Tx(ended, func(*store.Tx) error { t.Error("ran although ctx had ended"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Tx with an ended ctx = %v", err)
		}
		var one int64
		if err := s.Reader(ended).Row(`SELECT 1`, nil, &one); !errors.Is(err, context.Canceled) {
			t.Errorf("Row with an ended ctx = %v", err)
		}

		ends, cancel := context.WithCancel(t.Context())
		err = s.Tx(ends, func(tx *store.Tx) error {
			cancel()
			return insert(tx, "a")
		})
		if err != nil {
			t.Errorf("ctx ended while the function ran: %v, want the true outcome", err)
		}
		wantIDs(t, s, "a")
	})
}

func TestAfterCommitOnlyOnCommit(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		committed, rolledBack := 0, 0
		must(t, s, func(tx *store.Tx) error {
			tx.AfterCommit(func() {
				committed++
				wantIDs(t, s, "a")
			})
			return insert(tx, "a")
		})
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { rolledBack++ })
			return errors.New("no")
		})
		if err == nil || committed != 1 || rolledBack != 0 {
			t.Errorf("after commit %d times, after roll back %d times, %v", committed, rolledBack, err)
		}
	})
}

func TestClockIsInjectedAndStandsStill(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("", 3600))
		s := open(func(o *store.Options) {
			o.Now = func() time.Time { at = at.Add(time.Second); return at }
		})
		if got := s.Now(); got.Location() != time.UTC || got.Nanosecond() != 678901000 {
			t.Errorf("Now = %v, want UTC and whole microseconds", got)
		}
		must(t, s, func(tx *store.Tx) error {
			if !tx.Now().Equal(tx.Now()) {
				t.Error("the transaction's clock moves")
			}
			return nil
		})
	})
}

func TestClosedStore(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("Ping = %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.Ping(t.Context()), portal.CodeStorageUnavailable)
		wantCode(t, s.Tx(t.Context(), func(tx *store.Tx) error { return insert(tx, "a") }), portal.CodeStorageUnavailable)
	})
}

func TestSchemaMustFitTheProgram(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		var o store.Options
		s := open(func(given *store.Options) { o = *given })
		change := func(sql string, args ...any) {
			t.Helper()
			must(t, s, func(tx *store.Tx) error { return exec(tx, sql, args...) })
		}
		reopen := func(migrate bool) error {
			o.Migrate = migrate
			again, err := store.Open(t.Context(), o)
			if err == nil {
				err = again.Close()
			}
			return err
		}
		if err := reopen(false); err != nil {
			t.Errorf("the current schema: %v", err)
		}
		change(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, ?)`, true)
		for _, migrate := range []bool{true, false} {
			if err := reopen(migrate); !errors.Is(err, store.ErrNewerSchema) || strings.Contains(err.Error(), "\n") {
				t.Errorf("a newer schema: %v", err)
			}
		}
		change(`DELETE FROM goose_db_version WHERE version_id > 0`)
		if err := reopen(false); !errors.Is(err, store.ErrOlderSchema) {
			t.Errorf("an older schema: %v", err)
		}
	})
}
