package store

import (
	"context"
	"math"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Retention says from when on the rows of the log are old.
type Retention struct{ Requests, Bodies, Counts time.Time }

// Purge removes one kind of old rows in steps.
type Purge struct {
	Name string
	// Step removes about limit rows in one transaction. It returns how many it
	// removed, 0 = none is left, and for how long its statements held the
	// writer: what it must look for, it looks for outside of the transaction.
	Step func(ctx context.Context, limit int) (n int64, held time.Duration, err error)
}

// Purges returns what the log's retention removes, one after another. On SQLite
// the file gives its free pages back at the end. On PostgreSQL the rows are
// those that lie outside of the days (KeepRequestDays).
func (s *Store) Purges(old Retention) []Purge {
	keys := Purge{"idempotency keys", s.purger(func(tx *Tx, limit int) (int64, error) { return tx.PurgeKeys(limit) })}
	lines := Purge{"kept lines", s.purger(func(tx *Tx, limit int) (int64, error) { return tx.PurgeKeptLines(limit) })}
	if s.engine.name() != "sqlite" {
		return append(s.strayPurges(old), keys, lines)
	}
	return []Purge{
		{"bodies", s.purgeBodies(firstRequest(old.Bodies))},
		{"requests", newSweep(s, "requests", "id", firstRequest(old.Requests)).step},
		{"losses", newSweep(s, "request_losses", "minute", old.Requests.UnixMicro()).step},
		{"errors", newSweep(s, "request_errors", "slot", old.Requests.UnixMicro()).step},
		{"minutes", newSweep(s, "request_minutes", "minute", old.Counts.UnixMicro()).step},
		keys,
		lines,
		{"free pages", s.giveBack()},
	}
}

func firstRequest(t time.Time) string { return portal.FirstID(portal.PrefixRequest, t) }

// purger makes a step of one statement.
func (s *Store) purger(remove func(tx *Tx, limit int) (int64, error)) func(context.Context, int) (int64, time.Duration, error) {
	return func(ctx context.Context, limit int) (n int64, held time.Duration, err error) {
		defer portal.Wrap(&err, "Purge")
		err = s.Tx(ctx, func(tx *Tx) (err error) {
			began := time.Now()
			n, err = remove(tx, limit)
			held = time.Since(began)
			return err
		})
		return n, held, err
	}
}

// purgeBodies walks through the bodies by their ids, which sort by time.
func (s *Store) purgeBodies(before string) func(context.Context, int) (int64, time.Duration, error) {
	return func(ctx context.Context, limit int) (int64, time.Duration, error) {
		found, err := oldKeys[string](s.Reader(ctx), `
SELECT /* Request.OldBodies */ request_id
FROM request_bodies
WHERE request_id < ?
ORDER BY request_id
LIMIT ?`, before, limit)
		if err != nil || len(found) == 0 {
			return 0, 0, err
		}
		return s.purger(func(tx *Tx, _ int) (int64, error) {
			return tx.Exec(`DELETE /* Request.PurgeBodies */ FROM request_bodies WHERE request_id <= ?`, found[len(found)-1])
		})(ctx, limit)
	}
}

func oldKeys[K string | int64](r Reader, sql string, args ...any) (keys []K, err error) {
	err = r.Rows(sql, args, func(scan func(dest ...any) error) error {
		var k K
		err := scan(&k)
		keys = append(keys, k)
		return err
	})
	return keys, err
}

// sweep removes the old rows of a table clustered by tenant and a key that
// grows with time, tenant by tenant: no index on the time alone is needed, which
// would cost every call an insert. What it reads first is warm when the writer
// comes to delete it.
type sweep[K string | int64] struct {
	store      *Store
	next, old  string // statements
	remove     string
	before     K
	tenant     portal.Tenant // the one at hand; rows of no account come first
	everything bool          // all tenants were visited
}

func newSweep[K string | int64](s *Store, table, key string, before K) *sweep[K] {
	return &sweep[K]{
		store: s, before: before,
		next: `
SELECT /* Purge.NextTenant */ account_id, environment
FROM ` + table + `
WHERE (account_id, environment) > (?, ?)
ORDER BY account_id, environment
LIMIT 1`,
		old: `
SELECT /* Purge.Old */ ` + key + `
FROM ` + table + `
WHERE account_id = ? AND environment = ? AND ` + key + ` < ?
ORDER BY ` + key + `
LIMIT ?`,
		remove: `
DELETE /* Purge.Delete */ FROM ` + table + `
WHERE account_id = ? AND environment = ? AND ` + key + ` <= ?`,
	}
}

// oldest are the first old rows of a tenant, up to a key.
type oldest[K string | int64] struct {
	portal.Tenant
	upTo K
}

func (w *sweep[K]) step(ctx context.Context, limit int) (int64, time.Duration, error) {
	found, err := w.find(w.store.Reader(ctx), limit)
	if err != nil || len(found) == 0 {
		return 0, 0, err
	}
	return w.store.purger(func(tx *Tx, _ int) (sum int64, err error) {
		for _, o := range found {
			n, err := tx.Exec(w.remove, o.AccountID, string(o.Environment), o.upTo)
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	})(ctx, limit)
}

// find returns up to limit old rows, of as many tenants as that takes.
func (w *sweep[K]) find(r Reader, limit int) (found []oldest[K], err error) {
	for limit > 0 && !w.everything {
		keys, err := oldKeys[K](r, w.old, w.tenant.AccountID, string(w.tenant.Environment), w.before, limit)
		if err != nil {
			return nil, err
		}
		if n := len(keys); n > 0 {
			found = append(found, oldest[K]{w.tenant, keys[n-1]})
		}
		if limit -= len(keys); limit == 0 {
			break // the tenant may have more
		}
		if err := w.advance(r); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (w *sweep[K]) advance(r Reader) error {
	err := r.Row(w.next, []any{w.tenant.AccountID, string(w.tenant.Environment)}, &w.tenant.AccountID, (*string)(&w.tenant.Environment))
	if portal.CodeOf(err) == portal.CodeNotFound {
		w.everything = true
		return nil
	}
	return err
}

const keptFree = 10 // percent of the file that stay free for the rows to come

// giveBack returns free pages at the end of SQLite's file to the file system,
// moving pages there if need be. A file made without that leaves it at one try.
func (s *Store) giveBack() func(context.Context, int) (int64, time.Duration, error) {
	last := int64(math.MaxInt64)
	return func(ctx context.Context, limit int) (n int64, held time.Duration, err error) {
		defer portal.Wrap(&err, "GiveBack")
		var pages, free int64
		r := s.Reader(ctx)
		if err = r.Row(`/* Purge.Pages */ PRAGMA page_count`, nil, &pages); err == nil {
			err = r.Row(`/* Purge.Free */ PRAGMA freelist_count`, nil, &free)
		}
		if err != nil || free <= pages*keptFree/100 || free >= last {
			return 0, 0, err
		}
		last = free
		return s.purger(func(tx *Tx, limit int) (int64, error) {
			return int64(limit), tx.Rows(vacuumText(limit), nil, func(func(dest ...any) error) error { return nil })
		})(ctx, limit)
	}
}

// vacuumText is one of a few statements: each is kept prepared. To move a page
// that is not in memory can take a fifth of a millisecond, so few are moved at once.
func vacuumText(pages int) string {
	switch {
	case pages >= 64:
		return `/* Purge.Vacuum */ PRAGMA incremental_vacuum(64)`
	case pages >= 16:
		return `/* Purge.Vacuum */ PRAGMA incremental_vacuum(16)`
	}
	return `/* Purge.Vacuum */ PRAGMA incremental_vacuum(4)`
}
