package events

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Kept is how long events and what automations made of them are kept.
const Kept = 180 * 24 * time.Hour

// Forget removes runs and events older than Kept, in short steps, until none is left or
// ctx ends.
func (s *Service) Forget(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Forget")
	before := s.store.Now().Add(-Kept)
	return s.store.Purge(ctx,
		s.store.Removing("runs", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeRuns(before, limit) }),
		s.store.Removing("events", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeEvents(before, limit) }),
	)
}
