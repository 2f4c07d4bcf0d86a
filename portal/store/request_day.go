package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wppmarketing/developers/portal"
)

// On PostgreSQL the log is partitioned by day of its id. Rows of a day without a
// partition are in the default one, from which they are removed in steps.

const (
	day       = 24 * time.Hour
	daysAhead = 3
	// Making and dropping a partition locks the table for a moment. It gives up
	// soon, because whoever comes while it waits must wait too.
	dayLockTimeout = "100ms"
	dayTries       = 5
)

// dayTables are the tables partitioned by day.
var dayTables = []string{"requests", "request_bodies"}

// KeepRequestDays makes the days of the log that are about to begin and drops
// those that are wholly old. What is locked by others at the moment is left to
// the next call. On SQLite there is nothing to do.
func (s *Store) KeepRequestDays(ctx context.Context, old Retention) (err error) {
	defer portal.Wrap(&err, "KeepRequestDays")
	if s.engine.name() != "postgres" {
		return nil
	}
	var errs []error
	for i, table := range dayTables {
		have, err := s.Reader(ctx).requestDays(table)
		if err != nil {
			return err
		}
		before := []time.Time{old.Requests, old.Bodies}[i]
		errs = append(errs, s.makeDays(ctx, table, have), s.dropDays(ctx, table, have, before))
	}
	return errors.Join(errs...)
}

// requestDays returns the days that a table has partitions for.
func (r Reader) requestDays(table string) (days map[time.Time]bool, err error) {
	days = map[time.Time]bool{}
	err = r.Rows(`
SELECT /* RequestDay.List */ CAST(relname AS TEXT)
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = to_regclass(CAST(? AS TEXT))`, []any{table}, func(scan func(dest ...any) error) error {
		var name string
		if err := scan(&name); err != nil {
			return err
		}
		if at, err := time.Parse(table+"_20060102", name); err == nil {
			days[at] = true
		}
		return nil
	})
	return days, err
}

func (s *Store) makeDays(ctx context.Context, table string, have map[time.Time]bool) error {
	today := s.Now().Truncate(day)
	for n := range daysAhead + 1 {
		at := today.AddDate(0, 0, n)
		if have[at] {
			continue
		}
		name := dayName(table, at)
		// Attached in a second statement: making it in its place locks the whole table.
		err := s.changeDays(ctx,
			fmt.Sprintf(`CREATE TABLE %s (LIKE %s INCLUDING ALL)`, name, table),
			fmt.Sprintf(`ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')`,
				table, name, firstRequest(at), firstRequest(at.AddDate(0, 0, 1))))
		var pe *pgconn.PgError
		if errors.As(err, &pe) && (pe.Code == "23514" || pe.Code == "42P07" || pe.Code == "23505") {
			continue // the default one has rows of that day, which stay there; or another node was faster, or as fast
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dropDays(ctx context.Context, table string, have map[time.Time]bool, before time.Time) error {
	for at := range have {
		if at.AddDate(0, 0, 1).After(before) {
			continue
		}
		if err := s.changeDays(ctx, `DROP TABLE IF EXISTS `+dayName(table, at)); err != nil {
			return err
		}
	}
	return nil
}

func dayName(table string, at time.Time) string { return table + "_" + at.Format("20060102") }

// changeDays runs statements in one transaction, again while others hold the table.
func (s *Store) changeDays(ctx context.Context, statements ...string) (err error) {
	for range dayTries {
		err = s.Tx(ctx, func(tx *Tx) error {
			if _, err := tx.Exec(`/* RequestDay.Patience */ SET LOCAL lock_timeout = '` + dayLockTimeout + `'`); err != nil {
				return err
			}
			for _, statement := range statements {
				if _, err := tx.Exec("/* RequestDay.Change */ " + statement); err != nil {
					return err
				}
			}
			return nil
		})
		var pe *pgconn.PgError
		if !errors.As(err, &pe) || pe.Code != "55P03" { // lock not available
			return err
		}
	}
	return err
}

// strayPurges remove what lies outside of the days, and the counts, which have no days.
func (s *Store) strayPurges(old Retention) []Purge {
	purge := func(name, table, key string, before any) Purge {
		sql := strings.NewReplacer("TABLE", table, "KEY", key).Replace(`
DELETE /* Purge.Stray */ FROM TABLE
WHERE ctid = ANY(ARRAY(SELECT ctid FROM TABLE WHERE KEY < ? ORDER BY KEY LIMIT ?))`)
		return s.Removing(name, func(tx *Tx, limit int) (int64, error) { return tx.Exec(sql, before, limit) })
	}
	return []Purge{
		purge("bodies", "request_bodies_default", "request_id", firstRequest(old.Bodies)),
		purge("requests", "requests_default", "id", firstRequest(old.Requests)),
		purge("losses", "request_losses", "minute", old.Requests),
		purge("errors", "request_errors", "slot", old.Requests),
		purge("minutes", "request_minutes", "minute", old.Counts),
	}
}
