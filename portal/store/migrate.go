package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The database and the program do not fit together.
var (
	ErrNewerSchema = errors.New("the database was written by a newer version of this program")
	ErrOlderSchema = errors.New("the database has not been migrated; start `wpp serve` once")
)

// migrate compares the schema of db with the program's and, if allowed,
// brings it up to date. It creates goose's version table if there is none.
func migrate(ctx context.Context, db *sql.DB, o Options) error {
	p, err := newProvider(db, o.DatabaseURL != "")
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fmt.Errorf("%w: it has schema %d, this program knows %d", ErrNewerSchema, have, want)
	case !o.Migrate:
		return fmt.Errorf("%w: it has schema %d, this program needs %d", ErrOlderSchema, have, want)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the schema from %d to %d: %w", have, want, err)
	}
	if len(done) == 0 { // another node did it meanwhile
		return nil
	}
	o.Logger.Info("schema migrated", "from", have, "to", want)
	return nil
}

func newProvider(db *sql.DB, onPostgres bool) (*goose.Provider, error) {
	root, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true)}
	if !onPostgres {
		return goose.NewProvider(goose.DialectSQLite3, db, without{root, ".postgres.sql"}, options...)
	}
	// Nodes that start together migrate one after another.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // once a second, for five minutes
	if err != nil {
		return nil, err
	}
	options = append(options, goose.WithSessionLocker(locker))
	return goose.NewProvider(goose.DialectPostgres, db, without{root, ".sqlite.sql"}, options...)
}

// without hides the migrations of the other engine: goose would take a pair
// for one version given twice.
type without struct {
	fs.FS
	suffix string
}

// ReadDir lists the directory without the hidden files.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(w.FS, name)
	var seen []fs.DirEntry
	for _, e := range all {
		if !strings.HasSuffix(e.Name(), w.suffix) {
			seen = append(seen, e)
		}
	}
	return seen, err
}
