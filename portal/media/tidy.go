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
	purgeBatch    = 500
)

// Tidy deletes the media whose time is over, and removes contents that belong to
// no row: what a process left that was killed between the two. It is a chore:
// one node does it for all.
func (s *Service) Tidy(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Tidy")
	for _, purge := range []func(tx *store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return tx.ExpireMedia(purgeBatch) },
		func(tx *store.Tx) (int64, error) {
			return tx.PurgeSimulatorMedia(tx.Now().Add(-keepSimulated), purgeBatch)
		},
	} {
		if err := s.all(ctx, purge); err != nil {
			return err
		}
	}
	// By the wall clock, because the files' times are.
	return s.shelf.Old(ctx, time.Now().Add(-orphanAge), func(keys []string) error { return s.sweep(ctx, keys) })
}

// all repeats a purge until it finds nothing.
func (s *Service) all(ctx context.Context, purge func(tx *store.Tx) (int64, error)) error {
	for n := int64(purgeBatch); n == purgeBatch; {
		err := s.store.Tx(ctx, func(tx *store.Tx) (err error) {
			n, err = purge(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
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
