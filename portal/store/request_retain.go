package store

import (
	"context"
	"math"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Retention says from when on the rows of the log are old.
type Retention struct{ Requests, Bodies, Counts time.Time }

// LogPurges returns what the log's retention removes, one after another. On SQLite
// the file gives its free pages back at the end. On PostgreSQL the rows are
// those that lie outside of the days (KeepRequestDays).
func (s *Store) LogPurges(old Retention) []Purge {
	keys := s.Removing("idempotency keys", (*Tx).PurgeKeys)
	lines := s.Removing("kept lines", (*Tx).PurgeKeptLines)
	if s.engine.name() != "sqlite" {
		return append(s.strayPurges(old), keys, lines)
	}
	byTenant := func(table, key string) cluster {
		return cluster{table, []string{"account_id", "environment"}, key}
	}
	return []Purge{
		s.purgeBodies(firstRequest(old.Bodies)),
		sweeping(s, "requests", byTenant("requests", "id"), firstRequest(old.Requests)),
		sweeping(s, "losses", byTenant("request_losses", "minute"), old.Requests.UnixMicro()),
		sweeping(s, "errors", byTenant("request_errors", "slot"), old.Requests.UnixMicro()),
		sweeping(s, "minutes", byTenant("request_minutes", "minute"), old.Counts.UnixMicro()),
		keys,
		lines,
		s.giveBack(),
	}
}

func firstRequest(t time.Time) string { return portal.FirstID(portal.PrefixRequest, t) }

// purgeBodies walks through the bodies by their ids, which sort by time.
func (s *Store) purgeBodies(before string) Purge {
	return removal[string]{"bodies", func(r Reader, limit int) ([]string, error) {
		return oldKeys[string](r, `
SELECT /* Request.OldBodies */ request_id
FROM request_bodies
WHERE request_id < ?
ORDER BY request_id
LIMIT ?`, before, limit)
	}, func(tx *Tx, found []string) (int64, error) {
		return tx.Exec(`DELETE /* Request.PurgeBodies */ FROM request_bodies WHERE request_id <= ?`, found[len(found)-1])
	}}.of(s)
}

const keptFree = 10 // percent of the file that stay free for the rows to come

// giveBack returns free pages at the end of SQLite's file to the file system,
// moving pages there if need be. A file made without that leaves it at one try.
func (s *Store) giveBack() Purge {
	last := int64(math.MaxInt64)
	vacuum := s.Removing("free pages", func(tx *Tx, limit int) (int64, error) {
		return int64(limit), tx.Rows(vacuumText(limit), nil, func(func(dest ...any) error) error { return nil })
	})
	return Purge{vacuum.Name, func(ctx context.Context, limit int) (n int64, t TxTimes, err error) {
		defer portal.Wrap(&err, "GiveBack")
		var pages, free int64
		r := s.Reader(ctx)
		if err = r.Row(`/* Purge.Pages */ PRAGMA page_count`, nil, &pages); err == nil {
			err = r.Row(`/* Purge.Free */ PRAGMA freelist_count`, nil, &free)
		}
		if err != nil || free <= pages*keptFree/100 || free >= last {
			return 0, t, err
		}
		last = free
		return vacuum.Step(ctx, limit)
	}}
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
