package store

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"
)

func TestParseSQL(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		`SELECT 1`:                          `SELECT 1`,
		`SELECT ?, ?`:                       `SELECT $1, $2`,
		`VALUES (?,?,?,?,?,?,?,?,?,?)`:      `VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		`SELECT '?', ?`:                     `SELECT '?', $1`,
		`SELECT 'it''s ?', ?`:               `SELECT 'it''s ?', $1`,
		`SELECT "a""?" FROM t WHERE b = ?`:  `SELECT "a""?" FROM t WHERE b = $1`,
		"SELECT ? -- why?\n, ?":             "SELECT $1 -- why?\n, $2",
		`SELECT /* ? '-- */ ? /**/`:         `SELECT /* ? '-- */ $1 /**/`,
		"SELECT 1; -- the end\n /* done */": "SELECT 1; -- the end\n /* done */",
		``:                                  ``,
	} {
		got, err := parseSQL(sql)
		if err != nil || got.dollar != want || got.params != strings.Count(want, "$") {
			t.Errorf("parseSQL(%q) = %+v, %v, want %q", sql, got, err, want)
		}
		plus := regexp.MustCompile(`\$\d+`).ReplaceAllString(want, "+?")
		if got.plus != plus {
			t.Errorf("parseSQL(%q) for SQLite = %q, want %q", sql, got.plus, plus)
		}
	}
	for _, sql := range []string{
		`SELECT '`, `SELECT "a`, `SELECT /* ?`, `SELECT /* a /* b */ c */`, "SELECT \x00",
		`SELECT ?1`, `SELECT 1; SELECT 2`,
	} {
		if got, err := parseSQL(sql); err == nil {
			t.Errorf("parseSQL(%q) = %+v, want an error", sql, got)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	var known texts
	for n := range 3 * maxTexts {
		sql := "SELECT ?" + strings.Repeat(" ", n)
		for range 2 {
			if st, err := known.parse(sql); err != nil || st.params != 1 {
				t.Fatalf("parse = %+v, %v", st, err)
			}
		}
	}
	if len(known.known) > maxTexts {
		t.Errorf("%d texts kept", len(known.known))
	}
}

// FuzzParseSQL asks SQLite for a second opinion: whatever both accept has as
// many parameters for the one as for the other.
func FuzzParseSQL(f *testing.F) {
	for _, seed := range []string{
		`SELECT ?, '?', "?" -- ?`, `SELECT /* ? */ ?`, `SELECT 'it''s', ?;`, `VALUES (?, ?) ;-- x`, `SELECT '' '?' , ?`, `SELECT a FROM t WHERE b IN (?,?)`,
	} {
		f.Add(seed)
	}
	c, err := dialSQLite("file:" + f.TempDir() + "/fuzz.db")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = c.close() })
	f.Fuzz(func(t *testing.T, sql string) {
		st, err := parseSQL(sql)
		if err != nil || strings.ContainsAny(sql, "`[:@$#") { // SQLite's own quotes and parameters
			return
		}
		if strings.Count(st.dollar, "$") != st.params {
			t.Errorf("%d parameters in %q", st.params, st.dollar)
		}
		stmt, err := c.raw.Prepare(sql)
		if err != nil {
			return
		}
		if same, err := c.raw.Prepare(st.plus); err != nil {
			t.Errorf("%q: %v", st.plus, err)
		} else {
			_ = same.Close()
		}
		if got := stmt.(*sqlite3.SQLiteStmt).NumInput(); got != st.params {
			t.Errorf("%q: %d parameters, SQLite sees %d", sql, st.params, got)
		}
		_ = stmt.Close()
	})
}
