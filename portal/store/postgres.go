package store

import (
	"context"
	"errors"
	"fmt"
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

	// A server that is away must not hold requests up.
	connectWait = 3 * time.Second  // for a new connection
	acquireWait = 3 * time.Second  // for a free connection
	readLimit   = 30 * time.Second // of one statement outside a transaction
	txLimit     = 30 * time.Second // of a transaction
)

// postgres is the engine for more than one machine.
type postgres struct {
	pool   *pgxpool.Pool
	log    *slog.Logger
	watch  Observer
	texts  texts
	nodes  *nodes
	closed atomic.Bool
}

func openPostgres(ctx context.Context, o Options) (engine, error) {
	config, err := pgxpool.ParseConfig(o.DatabaseURL)
	if err != nil { // the password is not in its text
		return nil, fmt.Errorf("its address must look like postgres://user:password@db.internal:5432/wpp: %w", err)
	}
	if !strings.Contains(o.DatabaseURL, "pool_max_conns") {
		config.MaxConns = poolConns
	}
	if !strings.Contains(o.DatabaseURL, "connect_timeout") {
		config.ConnConfig.ConnectTimeout = connectWait
	}
	config.PingTimeout = connectWait
	if err := migratePostgres(ctx, config.ConnConfig, o); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, postgresError(err)
	}
	p := &postgres{pool: pool, log: o.Logger, watch: o.Observer, nodes: newNodes(pool, config.ConnConfig.Copy(), o.Logger)}
	if o.Migrate { // a server's database may be new
		p.nodes.works.Go(func() { p.learnYoung(p.nodes.ctx) })
	}
	return p, nil
}

func migratePostgres(ctx context.Context, config *pgx.ConnConfig, o Options) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	return postgresError(migrate(ctx, db, o))
}

func (p *postgres) name() string { return "postgres" }

func (p *postgres) locks() locks {
	return locks{rows: "\nFOR NO KEY UPDATE", free: "\n  FOR UPDATE OF t SKIP LOCKED"}
}

func (p *postgres) close() error {
	p.closed.Store(true)
	p.nodes.close()
	p.pool.Close()
	return nil
}

func (p *postgres) query(ctx context.Context, sql string, args []any, limit int) (rows [][]any, err error) {
	if p.closed.Load() {
		return nil, errClosed
	}
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	bounded, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	pending, err := p.ask(bounded, c, sql, args)
	if err == nil {
		rows, err = readRows(pending, limit)
		err = postgresError(err)
	}
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		err = &portal.Error{Code: portal.CodeStorageUnavailable, Cause: err}
	}
	return rows, err
}

// acquire takes a connection of the pool, and waits for one only a while.
func (p *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, acquireWait)
	defer cancel()
	c, err := p.pool.Acquire(bounded)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return c, postgresError(err)
	}
	if stat := p.pool.Stat(); stat.AcquiredConns() == stat.MaxConns() {
		return nil, &portal.Error{Code: portal.CodeOverloaded, Cause: errors.New("every connection of the pool is in use")}
	}
	return nil, &portal.Error{Code: portal.CodeStorageUnavailable, Cause: errors.New("PostgreSQL does not answer")}
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
	pooled, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer pooled.Release()
	defer limited(pooled.Conn())()
	tx := newPgxTx(pooled.Conn(), &p.texts)
	// From here on an ended ctx must not hide the outcome.
	ctx = context.WithoutCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		guard(p.log, func() error { return work(tx) }, func(e error) { err = e })
	}()
	<-done
	start := time.Now()
	if err == nil {
		err = tx.commit(ctx)
	}
	if err != nil {
		if undo := tx.rollback(ctx); undo != nil {
			p.log.Warn("a transaction was not rolled back cleanly", "error", undo)
		}
		return err
	}
	p.watch.Batch(1, time.Since(start))
	return nil
}

// limited breaks a connection that is still in use after txLimit: a server that
// vanished without a word would hold the transaction for a quarter of an hour.
func limited(c *pgx.Conn) (done func()) {
	timer := time.AfterFunc(txLimit, func() { _ = c.PgConn().Conn().SetDeadline(time.Now()) })
	return func() {
		if !timer.Stop() {
			_ = c.Close(context.Background()) // never to be used again
		}
	}
}

func (p *postgres) ask(ctx context.Context, c *pgxpool.Conn, sql string, args []any) (pgx.Rows, error) {
	st, values, err := p.texts.bind(sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, st.dollar, values...)
	return rows, postgresError(err)
}

// readRows reads up to limit rows, or all, and closes rows.
func readRows(rows pgx.Rows, limit int) (out [][]any, err error) {
	defer rows.Close()
	for (limit <= 0 || len(out) < limit) && rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			row[i] = plainValue(v)
		}
		out = append(out, row)
	}
	rows.Close()
	return out, rows.Err()
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
