package media

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	// orphanAge is how old a content without a row must be before it is removed:
	// no upload lasts as long.
	orphanAge = time.Hour

	keepSimulated = 30 * 24 * time.Hour // as long as Meta keeps what is uploaded
)

// Tidy deletes the media whose time is over, and removes contents that belong to
// no row: what a process left that was killed between the two. It is a chore:
// one node does it for all.
func (s *Service) Tidy(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Tidy")
	err = s.store.Purge(ctx,
		s.store.Removing("media", (*store.Tx).ExpireMedia),
		s.store.Removing("simulated media", func(tx *store.Tx, limit int) (int64, error) {
			return tx.PurgeSimulatorMedia(tx.Now().Add(-keepSimulated), limit)
		}),
	)
	if err != nil {
		return err
	}
	// By the wall clock, because the files' times are.
	return s.shelf.Old(ctx, time.Now().Add(-orphanAge), func(keys []string) error { return s.sweep(ctx, keys) })
}

// sweep removes those contents that no row knows.
func (s *Service) sweep(ctx context.Context, keys []string) error {
	known, err := s.store.Reader(ctx).KnownContents(keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if known[key] {
			continue
		}
		if err := s.shelf.Remove(ctx, key); err != nil {
			return err
		}
		s.log.InfoContext(ctx, "content without a row removed", "content", key)
	}
	return nil
}
