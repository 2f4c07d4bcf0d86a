package store_test

import (
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// An empty transaction succeeds on a full disk: readiness is not proven by it.
func TestReadySaysThatNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	s := openThings(t)
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		if err := exec(tx, `PRAGMA max_page_count = 1`); err != nil {
			return err
		}
		return exec(tx, `INSERT INTO things (id, raw) VALUES ('big', ?)`, make([]byte, 1<<22))
	})
	wantCode(t, err, portal.CodeStorageUnavailable)
	for range 2 { // the second has nothing to prove
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("with a new connection, which has no limit: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Ready(t.Context()), portal.CodeStorageUnavailable)
}

func TestReadyWritesOnBothEngines(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		lost := &portal.Error{Code: portal.CodeStorageUnavailable}
		wantCode(t, s.Tx(t.Context(), func(*store.Tx) error { return lost }), portal.CodeStorageUnavailable)
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("after the fault: %v", err)
		}
	})
}
