package store

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/wppmarketing/developers/portal"
)

// Apart runs a part of a transaction whose failure leaves no trace while the
// other parts go on. When fn returns an error or panics, what it wrote is undone
// and the error is returned as refused. An err ends the whole transaction: the
// storage or a collision with another node caused it. Parts do not nest.
func (tx *Tx) Apart(fn func() error) (refused, err error) {
	hooks := len(tx.after)
	if err := tx.Post("SAVEPOINT part"); err != nil {
		return nil, err
	}
	if refused = contained(fn); refused == nil && tx.c.failed == nil {
		// Not posted: what was posted before it fails here, inside the part.
		if _, refused = tx.Exec("RELEASE SAVEPOINT part"); refused == nil {
			return nil, nil
		}
	}
	tx.after = tx.after[:hooks]
	if failed := tx.c.failed; failed != nil && !ofPart(failed) {
		return nil, failed
	}
	if refused == nil {
		refused = tx.c.failed
	}
	return refused, tx.undoPart()
}

func (tx *Tx) undoPart() error {
	tx.c.failed = nil
	_, err := tx.Exec("ROLLBACK TO SAVEPOINT part")
	if err == nil {
		return tx.Post("RELEASE SAVEPOINT part")
	}
	if !ofPart(err) {
		return err
	}
	// PostgreSQL prepares nothing after a failed statement, posted ones included.
	tx.c.failed = nil
	return tx.c.steer(tx.ctx, "ROLLBACK TO SAVEPOINT part", "RELEASE SAVEPOINT part")
}

// ofPart reports whether a failed statement says nothing about the storage or
// about other transactions.
func ofPart(err error) bool {
	code := portal.CodeOf(err)
	return !collided(err) && code != portal.CodeStorageUnavailable && code != portal.CodeOverloaded
}

var errPartPanicked = errors.New("a part of the transaction panicked")

func contained(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPartPanicked, p, debug.Stack())
		}
	}()
	return fn()
}
