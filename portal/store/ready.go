package store

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Ready proves that the database answers and, after a transaction was refused
// with storage_unavailable, that it takes writes again.
func (s *Store) Ready(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Ready")
	if err := s.Ping(ctx); err != nil || !s.unwritten.Load() {
		return err
	}
	// A transaction that leaves every page as it is would never reach the disk,
	// so this one sets a time that nobody reads.
	err = s.Tx(ctx, func(tx *Tx) error {
		return tx.one(tx.Exec(`
UPDATE /* Store.Ready */ goose_db_version
SET tstamp = ?
WHERE version_id = 0`, tx.Now().Format(time.DateTime+".000000")))
	})
	if err == nil {
		s.unwritten.Store(false)
	}
	return err
}
