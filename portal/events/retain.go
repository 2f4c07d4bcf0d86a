package events

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Kept is how long events and what automations made of them are kept.
const Kept = 180 * 24 * time.Hour

const purgeBatch = 200 // rows a transaction, so that the writer is never held for long

// Forget removes runs and events older than Kept, in short steps, until none is left or
// ctx ends.
func (s *Service) Forget(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Forget")
	before := s.store.Now().Add(-Kept)
	for _, purge := range []func(*store.Tx, time.Time, int) (int, error){(*store.Tx).PurgeRuns, (*store.Tx).PurgeEvents} {
		for n := 1; n > 0 && err == nil; {
			err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
				n, err = purge(tx, before, purgeBatch)
				return err
			})
		}
	}
	return err
}
