package storetest

import (
	"testing"

	"github.com/wppmarketing/developers/portal/store"
)

// Rows returns how many rows a table has, of all tenants.
func Rows(t testing.TB, s *store.Store, table string) int {
	t.Helper()
	return number(t, s, `SELECT /* Test.Rows */ COUNT(*) FROM `+table)
}

// Pages returns how many pages the file of SQLite has, and how many of them are free.
func Pages(t testing.TB, s *store.Store) (all, free int) {
	t.Helper()
	return number(t, s, `/* Test.Pages */ PRAGMA page_count`), number(t, s, `/* Test.Free */ PRAGMA freelist_count`)
}

func number(t testing.TB, s *store.Store, query string) (n int) {
	t.Helper()
	if err := s.Reader(t.Context()).Row(query, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
