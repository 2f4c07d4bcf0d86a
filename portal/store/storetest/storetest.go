// Package storetest opens real databases for tests: SQLite in a temporary
// file, and PostgreSQL in a database of its own on a server that is started
// for the test process. It contains no fakes.
//
// A package whose tests call Engines or Database needs this, so that the server stops:
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
//
// Known weakness: the server started here does not wait for the disk and
// sorts bytewise; durability and collations are not tested with it.
package storetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/wppmarketing/developers/portal/store"
)

// Opener opens a fresh, migrated database that lives as long as the test.
type Opener func(opts ...func(*store.Options)) *store.Store

// SecretKey is the key of the stores opened here.
func SecretKey() []byte { return bytes.Repeat([]byte{7}, 32) }

// Open returns a store on a fresh, migrated SQLite file in t.TempDir, closed
// when the test ends.
func Open(t testing.TB, opts ...func(*store.Options)) *store.Store {
	t.Helper()
	image, err := sqliteImage()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "wpp.db"), image, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, store.Options{DataDir: dir}, opts)
}

// Engines runs fn once an engine, as parallel subtests. Each call of open
// gives a database of its own.
func Engines(t *testing.T, fn func(t *testing.T, open Opener)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, func(opts ...func(*store.Options)) *store.Store {
			t.Helper()
			return Open(t, opts...)
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, func(opts ...func(*store.Options)) *store.Store {
			t.Helper()
			return open(t, store.Options{DatabaseURL: Database(t)}, opts)
		})
	})
}

// Node opens the PostgreSQL database at an address once more, as another process would.
func Node(t testing.TB, address string) *store.Store {
	t.Helper()
	return open(t, store.Options{DatabaseURL: address}, nil)
}

func open(t testing.TB, o store.Options, opts []func(*store.Options)) *store.Store {
	t.Helper()
	o.SecretKey = SecretKey()
	o.Migrate = true
	for _, opt := range opts {
		opt(&o)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// sqliteImage is a migrated, empty database. Copying it is faster than
// migrating a file for each test.
var sqliteImage = sync.OnceValues(func() (image []byte, err error) {
	dir, err := os.MkdirTemp("", "wpp-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := migrated(store.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, fmt.Errorf("close the first store: %w", err)
	}
	return os.ReadFile(filepath.Join(dir, "wpp.db"))
})
