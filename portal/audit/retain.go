package audit

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// How long the log is kept. On PostgreSQL, whose days are dropped whole, up to a
// day longer.
const (
	KeepRequests = 30 * 24 * time.Hour
	KeepBodies   = 7 * 24 * time.Hour
	KeepMinutes  = 90 * 24 * time.Hour
)

// Retain removes what is older than its retention: rows, bodies, counts and
// expired idempotency keys; and on PostgreSQL it makes the days to come. One
// node does it for all, about once an hour. What could not be removed now is
// tried again by the next call.
func (l *Log) Retain(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Retain")
	now := l.store.Now()
	old := store.Retention{Requests: now.Add(-KeepRequests), Bodies: now.Add(-KeepBodies), Counts: now.Add(-KeepMinutes)}
	return errors.Join(l.store.KeepRequestDays(ctx, old), l.store.Purge(ctx, l.store.LogPurges(old)...))
}
