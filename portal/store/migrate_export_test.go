package store

import (
	"context"
	"database/sql"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// MigrateTo brings an empty database to an old version and runs statements there.
func MigrateTo(ctx context.Context, o Options, version int64, statements ...string) error {
	db, err := emptyDatabase(o)
	if err != nil {
		return err
	}
	defer db.Close()
	p, err := newProvider(db, o.DatabaseURL != "")
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func emptyDatabase(o Options) (*sql.DB, error) {
	if o.DatabaseURL != "" {
		config, err := pgx.ParseConfig(o.DatabaseURL)
		if err != nil {
			return nil, err
		}
		return stdlib.OpenDB(*config), nil
	}
	path := filepath.Join(o.DataDir, sqliteFile)
	if err := createFile(path, true); err != nil {
		return nil, err
	}
	return sql.Open("sqlite3", sqliteDSN(path, o, false))
}
