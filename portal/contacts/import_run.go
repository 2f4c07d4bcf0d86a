package contacts

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// importLease is how long a worker has an import without saying that it lives:
// each part that is committed begins it anew.
const importLease = 10 * time.Second

// Retention of imports: a file nobody goes on with, and what was wrong with rows.
const (
	idleImport    = 24 * time.Hour
	importHistory = 30 * 24 * time.Hour
)

// WorkImports goes on with one import that is due, until it is over or ctx ends,
// and returns how many it found.
func (s *Service) WorkImports(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "WorkImports")
	var i portal.Import
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		if i, err = tx.ClaimImport(importLease); err == nil && i.Claims > store.MaxClaims {
			return finishImport(tx, i, portal.ImportFailed)
		}
		return err
	})
	if portal.CodeOf(err) == portal.CodeNotFound {
		return 0, nil
	}
	if err != nil || i.Claims > store.MaxClaims {
		return 1, err
	}
	w, err := s.newImporter(ctx, i)
	if err != nil {
		return 1, err
	}
	if i.Status == portal.ImportChecking {
		w.restart() // what it has seen is only in memory
	}
	for more := true; more && err == nil && ctx.Err() == nil; {
		more, err = w.part(ctx)
	}
	if ctx.Err() != nil {
		return 1, w.letGo()
	}
	return 1, err
}

// PurgeImports gives up files that nobody went on with for a day and forgets,
// after thirty days, what was wrong with rows.
func (s *Service) PurgeImports(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "PurgeImports")
	now := s.store.Now()
	return s.store.Purge(ctx, s.store.ImportPurges(now.Add(-idleImport), now.Add(-importHistory))...)
}

// importer goes through the rows of one import.
type importer struct {
	*Service
	i      portal.Import
	caller portal.Caller
	reader rowReader
	seen   map[string]bool // in a dry run: who would exist by now
}

func (s *Service) newImporter(ctx context.Context, i portal.Import) (*importer, error) {
	account, err := s.store.Reader(ctx).Account(i.AccountID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(account.Timezone)
	if err != nil {
		zone = time.UTC
	}
	return &importer{
		Service: s, i: i, reader: rowReader{mapping: i.Mapping, zone: zone, months: account.Country == "US"},
		caller: portal.Caller{Tenant: i.Tenant(), Account: account, Portal: true, UserID: i.UserID, UserName: i.UserName},
		seen:   map[string]bool{},
	}, nil
}

func (w *importer) restart() {
	w.i.Position, w.i.Created, w.i.Updated, w.i.Kept, w.i.Refused = 0, 0, 0, 0, 0
}

var errDry = errors.New("dry run")

// part does the next rows. What was done, what was wrong and where to go on are
// committed together, so that no row is done twice.
func (w *importer) part(ctx context.Context) (more bool, err error) {
	number := w.i.Position / rowsPerPart
	rows, err := w.store.Reader(ctx).ImportPart(w.i.ID, number)
	if err != nil {
		return false, err
	}
	done := tally{}
	if w.i.Status == portal.ImportChecking {
		err = w.store.Tx(ctx, func(tx *store.Tx) (err error) {
			if done, err = w.rows(tx, rows); err != nil {
				return err
			}
			return errDry
		})
		if !errors.Is(err, errDry) {
			return false, err
		}
		w.count(&done)
	}
	err = w.store.Tx(ctx, func(tx *store.Tx) (err error) {
		more = false
		now, err := tx.LockImport(w.i.Tenant(), w.i.ID)
		if err != nil {
			return err
		}
		if now.Status != w.i.Status || w.i.Status == portal.ImportRunning && now.Position != w.i.Position {
			return nil // canceled, or another worker has it
		}
		if w.i.Status == portal.ImportRunning {
			if done, err = w.rows(tx, rows); err != nil {
				return err
			}
		}
		more, err = w.save(tx, done, len(rows))
		return err
	})
	if err == nil && more {
		w.i = w.after(done, len(rows))
	}
	return more, err
}

// tally is what rows came to.
type tally struct {
	created, updated, kept, refused int
	who                             []string // whom rows of a dry run would create
	errors                          []portal.ImportError
}

func (w *importer) rows(tx *store.Tx, rows []portal.ImportRow) (done tally, err error) {
	for _, row := range rows {
		if row.Cells == nil {
			continue // erased while the file waited
		}
		var c portal.Contact
		var created bool
		var warnings []portal.Warning
		refused, err := tx.Apart(func() error {
			in, err := w.reader.upsert(row.Cells)
			if err != nil {
				return err
			}
			c, created, warnings, err = w.UpsertTx(tx, w.caller, in)
			return err
		})
		switch {
		case err != nil:
			return done, err
		case refused != nil:
			done.refused++
			done.errors = append(done.errors, w.reader.importErrors(row.Line, refused)...)
			continue
		case created:
			done.created++
			done.who = append(done.who, c.Phone+"\n"+c.ExternalID)
		default:
			done.updated++
		}
		if len(warnings) > 0 {
			done.kept++
		}
	}
	return done, nil
}

// count makes a person whom an earlier row of a dry run would have created one
// that is changed.
func (w *importer) count(done *tally) {
	for _, who := range done.who {
		if w.seen[who] {
			done.created--
			done.updated++
		}
		w.seen[who] = true
	}
}

func (w *importer) after(done tally, rows int) portal.Import {
	i := w.i
	i.Position += rows
	i.Created += done.created
	i.Updated += done.updated
	i.Kept += done.kept
	i.Refused += done.refused
	return i
}

// save writes how far the import is; more is false when that was all.
func (w *importer) save(tx *store.Tx, done tally, rows int) (more bool, err error) {
	i := w.after(done, rows)
	if w.i.Refused < maxErrorRows {
		if err := tx.AddImportErrors(i.ID, done.errors); err != nil {
			return false, err
		}
	}
	switch {
	case rows > 0 && i.Position < i.Total:
		now := tx.Now()
		until := now.Add(importLease)
		i.LeaseUntil = &until
		return true, tx.SaveImport(i, &now)
	case i.Status == portal.ImportChecking:
		i.Status, i.LeaseUntil = portal.ImportChecked, nil
		return false, tx.SaveImport(i, nil)
	}
	return false, finishImport(tx, i, portal.ImportDone)
}

// letGo lets another worker go on at once.
func (w *importer) letGo() error {
	return w.store.Tx(context.Background(), func(tx *store.Tx) error {
		now, err := tx.LockImport(w.i.Tenant(), w.i.ID)
		if err != nil || !now.Working() {
			return err
		}
		due := tx.Now()
		now.LeaseUntil = nil
		return tx.SaveImport(now, &due)
	})
}
