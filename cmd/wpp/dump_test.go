package main

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3" // read beside the program, to see what it kept
)

// restless are the columns that time moves by itself: a visit is noted at most
// once a minute, a token's use likewise, chores come due, and WhatsApp is asked
// about each number now and then.
var restless = []string{
	"sessions.last_seen_at", "tokens.last_used_at", "tokens.last_used_ip", "chores.due_at", "chores.lease_until", "channels.checked_at",
}

// query runs a statement on the server's SQLite file and returns its rows as text.
func (s *server) query(statement string) (rows []string) {
	s.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(s.data, "wpp.db")+"?mode=ro&_busy_timeout=10000")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	found, err := db.QueryContext(s.Context(), statement)
	if err != nil {
		s.Fatalf("%s: %v", statement, err)
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		s.Fatal(err)
	}
	for found.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := found.Scan(cells...); err != nil {
			s.Fatal(err)
		}
		rows = append(rows, line(cells))
	}
	if err := found.Err(); err != nil {
		s.Fatal(err)
	}
	return rows
}

func line(cells []any) string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		v := *c.(*any)
		if raw, ok := v.([]byte); ok {
			v = fmt.Sprintf("%x", raw)
		}
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, "|")
}

// dump returns every row of every table, without the restless columns.
func (s *server) dump() map[string][]string {
	s.Helper()
	tables := map[string][]string{}
	for _, table := range s.query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`) {
		columns := slices.DeleteFunc(s.query(fmt.Sprintf(`SELECT name FROM pragma_table_info('%s')`, table)), func(column string) bool {
			return slices.Contains(restless, table+"."+column)
		})
		list := strings.Join(columns, ", ")
		tables[table] = s.query(fmt.Sprintf(`SELECT %s FROM %s ORDER BY %s`, list, table, list))
	}
	return tables
}

// same fails when the tables are not what they were before something was done.
func (s *server) same(before map[string][]string, done string) {
	s.Helper()
	if diff := cmp.Diff(before, s.dump()); diff != "" {
		s.Errorf("%s changed the database (-before +after):\n%s", done, diff)
	}
}

// change writes to the server's SQLite file behind its back.
func (s *server) change(statement string) {
	s.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(s.data, "wpp.db")+"?_busy_timeout=10000")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(s.Context(), statement); err != nil {
		s.Fatalf("%s: %v", statement, err)
	}
}
