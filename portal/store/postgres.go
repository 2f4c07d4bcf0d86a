package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/wppmarketing/developers/portal"
)

const (
	maxAttempts = 5 // of a transaction that met another one
	poolConns   = 16
	retryPause  = 5 * time.Millisecond
)

// postgres is the engine for more than one machine.
type postgres struct {
	pool   *pgxpool.Pool
	log    *slog.Logger
	texts  texts
	closed atomic.Bool
}

func openPostgres(ctx context.Context, o Options) (engine, error) {
	config, err := pgxpool.ParseConfig(o.DatabaseURL)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(o.DatabaseURL, "pool_max_conns") {
		config.MaxConns = poolConns
	}
	if err := migratePostgres(ctx, config.ConnConfig, o); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, postgresError(err)
	}
	return &postgres{pool: pool, log: o.Logger}, nil
}

func migratePostgres(ctx context.Context, config *pgx.ConnConfig, o Options) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	return postgresError(migrate(ctx, db, o))
}

func (p *postgres) name() string       { return "postgres" }
func (p *postgres) skipLocked() string { return "\n  FOR UPDATE SKIP LOCKED" }

func (p *postgres) close() error {
	p.closed.Store(true)
	p.pool.Close()
	return nil
}

func (p *postgres) query(ctx context.Context, sql string, args []any, limit int) ([][]any, error) {
	if p.closed.Load() {
		return nil, errClosed
	}
	return (&pgxConn{db: p.pool, texts: &p.texts}).query(ctx, sql, args, limit)
}

// write repeats the transaction when PostgreSQL ends it in favor of another.
func (p *postgres) write(ctx context.Context, work func(c conn) error) error {
	if p.closed.Load() {
		return errClosed
	}
	for attempt := 1; ; attempt++ {
		err := p.try(ctx, work)
		if !collided(err) {
			return err
		}
		if attempt == maxAttempts {
			return &portal.Error{Code: portal.CodeOverloaded, Cause: err}
		}
		pause := retryPause << attempt
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *postgres) try(ctx context.Context, work func(c conn) error) error {
	tx, err := p.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return postgresError(err)
	}
	// From here on an ended ctx must not hide the outcome.
	ctx = context.WithoutCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c := &pgxConn{db: tx, texts: &p.texts}
		guard(p.log, func() error { return work(c) }, func(e error) { err = e })
	}()
	<-done
	if err != nil {
		if undo := tx.Rollback(ctx); undo != nil && !errors.Is(undo, pgx.ErrTxClosed) {
			p.log.Warn("a transaction was not rolled back cleanly", "error", undo)
		}
		return err
	}
	return postgresError(tx.Commit(ctx))
}

// pgxConn speaks to a pool or to a transaction.
type pgxConn struct {
	db interface {
		Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	}
	texts *texts
}

func (c *pgxConn) bind(sql string, args []any) (string, []any, error) {
	st, err := c.texts.parse(sql)
	if err != nil {
		return "", nil, err
	}
	values, err := bindAll(args, st.params)
	return st.dollar, values, err
}

func (c *pgxConn) query(ctx context.Context, sql string, args []any, limit int) (out [][]any, err error) {
	text, values, err := c.bind(sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := c.db.Query(ctx, text, values...)
	if err != nil {
		return nil, postgresError(err)
	}
	defer rows.Close()
	for (limit <= 0 || len(out) < limit) && rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return nil, postgresError(err)
		}
		for i, v := range row {
			row[i] = plainValue(v)
		}
		out = append(out, row)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, postgresError(err)
	}
	return out, nil
}

func (c *pgxConn) exec(ctx context.Context, sql string, args []any) (int64, error) {
	text, values, err := c.bind(sql, args)
	if err != nil {
		return 0, err
	}
	tag, err := c.db.Exec(ctx, text, values...)
	if err != nil {
		return 0, postgresError(err)
	}
	return tag.RowsAffected(), nil
}

// plainValue turns PostgreSQL's narrower and wider numbers into those SQLite
// gives: sum() over a BIGINT, for one, is a numeric.
func plainValue(v any) any {
	switch n := v.(type) {
	case int16:
		return int64(n)
	case int32:
		return int64(n)
	case float32:
		return float64(n)
	case pgtype.Numeric:
		if !n.Valid {
			return nil
		}
		if whole, err := n.Int64Value(); err == nil && whole.Valid {
			return whole.Int64
		}
		if f, err := n.Float64Value(); err == nil && f.Valid {
			return f.Float64
		}
	}
	return v
}

// collided says whether the same transaction may succeed when repeated:
// serialization failure or deadlock.
func collided(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// postgresError gives err the code a caller can act on. Constraint failures,
// ended contexts and mistakes in SQL stay as they are.
func postgresError(err error) error {
	var ce *pgconn.ConnectError
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &ce): // its text has a line for each address tried
		return &portal.Error{Code: portal.CodeStorageUnavailable, Cause: errors.New(strings.Join(strings.Fields(err.Error()), " "))}
	case errors.Is(err, context.DeadlineExceeded):
		return err
	case unreachable(err):
		return &portal.Error{Code: portal.CodeStorageUnavailable, Cause: err}
	}
	if before, _, ok := strings.Cut(err.Error(), ": unable to encode"); ok {
		return errors.New(before) // the rest of that text quotes the argument
	}
	return err
}

func unreachable(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code[:2] {
		case "08", "53", "57", "58", "XX": // connection, resources, operator, system, internal
			return true
		}
		return pe.Code == "25006" // read-only: a standby
	}
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}
