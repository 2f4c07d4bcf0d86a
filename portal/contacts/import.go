package contacts

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// The limits of an import.
const (
	MaxImportBytes = 20 << 20
	maxImportRows  = 100_000
	maxColumns     = 100
	rowsPerPart    = 100 // and rows that share a commit
	partsPerTx     = 50
	maxFileName    = 120
	maxErrorRows   = 10_000 // rows of which it is kept what was wrong
)

// TopicImports is notified when an import became due.
const TopicImports = "imports"

// Import returns one import; not_found when the tenant has none of that id.
func (s *Service) Import(ctx context.Context, t portal.Tenant, id string) (portal.Import, error) {
	return s.store.Reader(ctx).Import(t, id)
}

// Imports returns the latest imports, newest first.
func (s *Service) Imports(ctx context.Context, t portal.Tenant) ([]portal.Import, error) {
	return s.store.Reader(ctx).Imports(t, 20)
}

// ImportSample returns the first rows of a file that is not yet over.
func (s *Service) ImportSample(ctx context.Context, i portal.Import, n int) ([]portal.ImportRow, error) {
	rows, err := s.store.Reader(ctx).ImportPart(i.ID, 0)
	return rows[:min(n, len(rows))], err
}

// ImportErrors returns up to limit of what was wrong, in the order of the file.
func (s *Service) ImportErrors(ctx context.Context, i portal.Import, limit int) ([]portal.ImportError, error) {
	return s.store.Reader(ctx).ImportErrors(i.ID, limit)
}

// Upload stores a file of contacts with a guess of what its columns mean. It
// refuses with validation_failed what is no table of contacts.
func (s *Service) Upload(ctx context.Context, c portal.Caller, name string, file io.Reader) (i portal.Import, err error) {
	defer portal.Wrap(&err, "Upload")
	t, err := openTable(file)
	if err != nil {
		return i, err
	}
	i = portal.Import{
		ID: portal.NewID(portal.PrefixImport), AccountID: c.AccountID, Environment: c.Environment,
		UserID: c.UserID, UserName: c.UserName, FileName: fileName(name), Status: portal.ImportMapping,
		Encoding: t.encoding, Delimiter: string(t.delimiter), Header: t.header, Mapping: Guess(t.header),
	}
	parts, err := t.parts()
	if err != nil {
		return i, err
	}
	for _, p := range parts {
		i.Total += len(p)
	}
	first := 0
	for group := range slices.Chunk(parts, partsPerTx) {
		err := s.store.Tx(ctx, func(tx *store.Tx) error {
			for n, rows := range group {
				if err := tx.InsertImportPart(i.ID, first+n, rows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return i, err
		}
		first += len(group)
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.InsertImport(i); err != nil {
			return err
		}
		return auditImport(tx, c, i.ID, "import.uploaded")
	})
	return i, err
}

// fileName makes what a browser calls the file fit to be shown.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(path.Base(strings.ReplaceAll(name, `\`, "/")), ""))
	if r := []rune(name); len(r) > maxFileName {
		name = string(r[:maxFileName])
	}
	return name
}

func auditImport(tx *store.Tx, c portal.Caller, id, action string) error {
	return tx.Audit(portal.Audit{AccountID: c.AccountID, Actor: c.Actor(), Action: action, Target: id, RequestID: c.RequestID})
}

// CheckImport says what the columns mean and begins the dry run. It refuses with
// validation_failed a mapping that names nobody, or one target twice.
func (s *Service) CheckImport(ctx context.Context, c portal.Caller, id string, mapping []string) (err error) {
	defer portal.Wrap(&err, "CheckImport(%s)", id)
	return s.moveImport(ctx, c, id, func(tx *store.Tx, i *portal.Import) error {
		if i.Over() || i.Status == portal.ImportRunning {
			return portal.Refuse(portal.CodeNotCancelable)
		}
		if err := checkMapping(*i, mapping); err != nil {
			return err
		}
		i.Mapping, i.Status = mapping, portal.ImportChecking
		return nil
	})
}

// StartImport begins to write the rows of a checked file.
func (s *Service) StartImport(ctx context.Context, c portal.Caller, id string) (err error) {
	defer portal.Wrap(&err, "StartImport(%s)", id)
	return s.moveImport(ctx, c, id, func(tx *store.Tx, i *portal.Import) error {
		if i.Status != portal.ImportChecked {
			return portal.Refuse(portal.CodeNotCancelable)
		}
		i.Status = portal.ImportRunning
		return auditImport(tx, c, id, "import.started")
	})
}

// moveImport sets an import back to its first row, in another state, and due.
func (s *Service) moveImport(ctx context.Context, c portal.Caller, id string, move func(tx *store.Tx, i *portal.Import) error) error {
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		i, err := tx.LockImport(c.Tenant, id)
		if err != nil {
			return err
		}
		if err := move(tx, &i); err != nil {
			return err
		}
		i.Position, i.Created, i.Updated, i.Kept, i.Refused, i.LeaseUntil = 0, 0, 0, 0, 0, nil
		if err := tx.DeleteImportErrors(id); err != nil {
			return err
		}
		now := tx.Now()
		tx.AfterCommit(func() { s.store.Notify(TopicImports) })
		return tx.SaveImport(i, &now)
	})
}

// CancelImport ends an import. Rows that were written stay; the file is deleted.
func (s *Service) CancelImport(ctx context.Context, c portal.Caller, id string) (err error) {
	defer portal.Wrap(&err, "CancelImport(%s)", id)
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		i, err := tx.LockImport(c.Tenant, id)
		if err != nil {
			return err
		}
		if i.Over() {
			return nil
		}
		if err := auditImport(tx, c, id, "import.canceled"); err != nil {
			return err
		}
		return finishImport(tx, i, portal.ImportCanceled)
	})
}

// finishImport ends an import and deletes its file.
func finishImport(tx *store.Tx, i portal.Import, status string) error {
	now := tx.Now()
	i.Status, i.FinishedAt, i.LeaseUntil = status, &now, nil
	if err := tx.DeleteImportParts(i.ID); err != nil {
		return err
	}
	return tx.SaveImport(i, nil)
}
