package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func TestValuesComeBackAsTheyWent(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2026, 11, 22, 23, 59, 59, 123456000, time.FixedZone("", -3*3600))
		note, flag, raw := "ação ✓", true, []byte{0, 255}
		const sql = `INSERT INTO things (id, size, note, flag, raw, at) VALUES (?, ?, ?, ?, ?, ?)`
		must(t, s, func(tx *store.Tx) error {
			if err := exec(tx, sql, "full", 7, note, flag, raw, at); err != nil {
				return err
			}
			if err := exec(tx, sql, "pointers", new(int64(-7)), new("p"), new(false), &raw, &at); err != nil {
				return err
			}
			return exec(tx, sql, "empty", int64(0), (*string)(nil), (*bool)(nil), ([]byte)(nil), (*time.Time)(nil))
		})
		type thing struct {
			size       int
			note       *string
			flag       *bool
			raw        []byte
			at         *time.Time
			isPositive bool
			half       float64
		}
		read := func(id string) (x thing) {
			err := s.Reader(t.Context()).Row(`
SELECT size, note, flag, raw, at, size > 0, size / 2.0
FROM things
WHERE id = ?`, []any{id}, &x.size, &x.note, &x.flag, &x.raw, &x.at, &x.isPositive, &x.half)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		for id, want := range map[string]thing{
			"full":     {7, &note, &flag, raw, new(at.UTC()), true, 3.5},
			"pointers": {-7, new("p"), new(false), raw, new(at.UTC()), false, -3.5},
			"empty":    {},
		} {
			if d := cmp.Diff(want, read(id), cmp.AllowUnexported(thing{})); d != "" {
				t.Errorf("%s (-want +got):\n%s", id, d)
			}
		}
	})
}

func TestScanOfNullAndOfOtherTypesIsAnError(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		must(t, s, func(tx *store.Tx) error { return insert(tx, "a") })
		var (
			text string
			num  int64
			flag bool
			at   time.Time
			odd  uint8
		)
		for column, dest := range map[string]any{"note": &text, "at": &at, "flag": &flag, "id": &num, "size": &odd, "id, size": &text} {
			if err := s.Reader(t.Context()).Row(`SELECT `+column+` FROM things`, nil, dest); err == nil {
				t.Errorf("%s went into %T", column, dest)
			}
		}
	})
}

func TestArgumentsAreRefused(t *testing.T) {
	type named string
	engines(t, func(t *testing.T, s *store.Store) {
		for _, arg := range []any{named("x"), 1.5, uint(1), time.Time{}, struct{}{}, "a\x00b", "\xff", time.Second} {
			err := s.Tx(t.Context(), func(tx *store.Tx) error { return exec(tx, `INSERT INTO things (id) VALUES (?)`, arg) })
			if err == nil {
				t.Errorf("%T was accepted", arg)
			}
		}
		for _, args := range [][]any{{}, {"a", "b"}} {
			err := s.Tx(t.Context(), func(tx *store.Tx) error { return exec(tx, `INSERT INTO things (id) VALUES (?)`, args...) })
			if err == nil {
				t.Errorf("%d arguments for one placeholder were accepted", len(args))
			}
		}
		err := s.Tx(t.Context(), func(tx *store.Tx) error { return exec(tx, `DELETE FROM things; DELETE FROM things`) })
		if err == nil {
			t.Error("two statements were accepted")
		}
	})
}

func TestPlaceholdersBindInOrder(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		must(t, s, func(tx *store.Tx) error {
			return exec(tx, `
INSERT INTO things (id, note, size) -- what?
SELECT /* Things.? */ CAST(? AS TEXT), '?' || "n", CAST(? AS BIGINT)
FROM (SELECT CAST(? AS TEXT) AS "n") AS s
WHERE '''?' <> ?`, "first", 2, "third", "fourth")
		})
		var id, note string
		var size int
		if err := s.Reader(t.Context()).Row(`SELECT id, note, size FROM things`, nil, &id, &note, &size); err != nil {
			t.Fatal(err)
		}
		if id != "first" || note != "?third" || size != 2 {
			t.Errorf("stored %q, %q, %d", id, note, size)
		}
	})
}

func TestReturningAndOnConflict(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		upsert := func(size int) (got int, err error) {
			err = s.Tx(t.Context(), func(tx *store.Tx) error {
				return tx.Row(`
INSERT INTO things (id, size)
VALUES ('a', ?)
ON CONFLICT (id) DO UPDATE SET size = things.size + excluded.size
RETURNING size`, []any{size}, &got)
			})
			return got, err
		}
		for _, want := range []int{5, 10} {
			if got, err := upsert(5); err != nil || got != want {
				t.Errorf("upsert = %d, %v, want %d", got, err, want)
			}
		}
		must(t, s, func(tx *store.Tx) error {
			for _, c := range []struct {
				sql  string
				want int64
			}{
				{`INSERT INTO things (id) VALUES ('a') ON CONFLICT (id) DO NOTHING`, 0},
				{`INSERT INTO things (id) VALUES ('b'), ('c') ON CONFLICT DO NOTHING RETURNING id`, 2},
				{`SELECT id FROM things WHERE id IN ('b', 'c')`, 2},
				{`UPDATE things SET size = 1 WHERE id = 'nobody'`, 0},
				{`UPDATE things SET size = 1`, 3},
			} {
				if got, err := tx.Exec(c.sql); err != nil || got != c.want {
					t.Errorf("%s: %d rows, %v, want %d", c.sql, got, err, c.want)
				}
			}
			return nil
		})
		wantIDs(t, s, "a", "b", "c")
	})
}

func TestKeysetAndAggregates(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		must(t, s, func(tx *store.Tx) error {
			return exec(tx, `INSERT INTO things (id, size) VALUES ('a', 1), ('b', 2), ('c', 2), ('d', 3)`)
		})
		var got []string
		err := s.Reader(t.Context()).Rows(`
SELECT id
FROM things
WHERE (size, id) < (?, ?)
ORDER BY size DESC, id DESC
LIMIT ?`, []any{2, "c", 2}, func(scan func(...any) error) error {
			got = append(got, "")
			return scan(&got[len(got)-1])
		})
		if d := cmp.Diff([]string{"b", "a"}, got); err != nil || d != "" {
			t.Errorf("page (-want +got):\n%s%v", d, err)
		}
		var count, sum, some int64
		var mean float64
		err = s.Reader(t.Context()).Row(`
SELECT COUNT(*), SUM(size), COUNT(*) FILTER (WHERE size > ?), AVG(size)
FROM things`, []any{1}, &count, &sum, &some, &mean)
		if err != nil || count != 4 || sum != 8 || some != 3 || mean != 2 {
			t.Errorf("count %d, sum %d, some %d, mean %v, %v", count, sum, some, mean, err)
		}
	})
}

func TestStatementsInsideRows(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		must(t, s, func(tx *store.Tx) error {
			if err := exec(tx, `INSERT INTO things (id) VALUES ('a'), ('b')`); err != nil {
				return err
			}
			return tx.Rows(`SELECT id FROM things`, nil, func(scan func(...any) error) error {
				var id string
				if err := scan(&id); err != nil {
					return err
				}
				return insert(tx, id+id)
			})
		})
		wantIDs(t, s, "a", "aa", "b", "bb")

		stop := errors.New("stop")
		calls := 0
		err := s.Reader(t.Context()).Rows(`SELECT id FROM things`, nil, func(func(...any) error) error {
			calls++
			return stop
		})
		if !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

func TestNoRowIsNotFound(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		var id string
		err := s.Reader(t.Context()).Row(`SELECT id FROM things WHERE id = ?`, []any{"x"}, &id)
		if !errors.Is(err, portal.Refuse(portal.CodeNotFound)) {
			t.Errorf("no row: %v", err)
		}
		// Not finding is no failed statement: the transaction goes on.
		must(t, s, func(tx *store.Tx) error {
			wantCode(t, tx.Row(`SELECT id FROM things`, nil, &id), portal.CodeNotFound)
			return insert(tx, "a")
		})
		wantIDs(t, s, "a")
	})
}

func TestIsConflictOnlyForUniqueness(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		must(t, s, func(tx *store.Tx) error { return exec(tx, `INSERT INTO things (id, note) VALUES ('a', 'n')`) })
		for sql, want := range map[string]bool{
			`INSERT INTO things (id) VALUES ('a')`:             true,
			`INSERT INTO things (id, note) VALUES ('b', 'n')`:  true,
			`INSERT INTO things (id, size) VALUES ('c', NULL)`: false,
			`INSERT INTO nowhere (id) VALUES ('a')`:            false,
		} {
			err := s.Tx(t.Context(), func(tx *store.Tx) error { return exec(tx, sql) })
			if err == nil || store.IsConflict(err) != want {
				t.Errorf("%s: %v, conflict wanted: %v", sql, err, want)
			}
		}
	})
}

func TestErrorsNameTheStatement(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		err := s.Reader(t.Context()).Rows(`SELECT /* Thing.Nowhere */ id FROM nowhere`, nil, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "Thing.Nowhere: ") {
			t.Errorf("error %v", err)
		}
		const secret = "+5531987654321"
		for _, sql := range []string{
			`SELECT nothing FROM things WHERE id = ?`,
			`SELECT id FROM things WHERE size = ?`, // on PostgreSQL the wrong type, on SQLite no row
		} {
			err := s.Reader(t.Context()).Rows(sql, []any{secret}, nil)
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error quotes its argument: %v", err)
			}
		}
	})
}
