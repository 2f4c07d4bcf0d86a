// Package store keeps what the product knows, on SQLite or PostgreSQL. It is
// the only package with SQL or a database driver.
//
// One file per noun holds the statements of that noun as methods on Reader
// (reading) and Tx (writing); this file, sqlite*.go and postgres.go are the
// engine below them. One SQL text serves both engines; rebind.go and bind.go
// keep the two from drifting apart.
//
// The package must not decide: rules live in portal and its use cases. It
// does no network or file access except to its database and copies of it.
//
// Several processes may share one PostgreSQL database: bell.go wakes and tells
// them. Signals are lost while that is away, and need a connection that lasts: a
// pooler in between must pool by session.
//
// Known weaknesses. A Tx started inside the function of another Tx waits for
// itself for ever on SQLite. When the connection to PostgreSQL breaks during
// COMMIT the outcome is unknown and reported as storage_unavailable. While a
// read of SQLite goes on, a backup for one, its write-ahead log grows with all
// that is written. Text is ordered by the collation of the PostgreSQL database,
// which is bytewise on SQLite: only ids and other ASCII keys may be paged by.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Options says where the data is and how to reach it.
type Options struct {
	DatabaseURL string           // PostgreSQL; empty = SQLite at DataDir/wpp.db
	DataDir     string           // an existing directory; used by SQLite only
	Now         func() time.Time // nil = time.Now
	Logger      *slog.Logger     // nil = discard
	SecretKey   []byte           // 32 bytes; nil: Seal and Unseal answer an error
	BusyTimeout time.Duration    // how long SQLite waits for another process; 0 = 10 s
	Migrate     bool             // true: bring an older schema up to date; false: refuse it
	Observer    Observer         // nil = nobody
	Present     Presenter        // of what webhooks tell; nil = nothing is told
}

// LogValue hides the secret key and the password inside the database address.
func (o Options) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Bool("postgres", o.DatabaseURL != ""),
		slog.String("data_dir", o.DataDir),
		slog.Bool("migrate", o.Migrate),
	)
}

// engine is everything that differs between SQLite and PostgreSQL.
type engine interface {
	querier
	// write runs work in a transaction and returns when its outcome is known.
	// It checks ctx before work starts and may run work more than once.
	write(ctx context.Context, work func(c conn) error) error
	locks() locks
	name() string
	stats() Stats // without a query
	close() error
}

// locks are the ends of SELECTs that keep others from the rows they return.
// SQLite has one writer, and needs none.
type locks struct {
	rows string // others wait
	free string // of a claim, of rows t: claimers pass each other by
}

// querier runs one statement and returns its rows, read to the end. A limit
// above zero stops after that many rows.
type querier interface {
	query(ctx context.Context, sql string, args []any, limit int) ([][]any, error)
}

// conn is a connection inside a transaction.
type conn interface {
	querier
	exec(ctx context.Context, sql string, args []any) (int64, error)
	// post is exec whose row count nobody needs: it may run, and fail, with a
	// later statement or with the commit.
	post(ctx context.Context, sql string, args []any) error
	// steer runs statements without arguments, even where the engine takes no
	// others because one has failed. Nothing may be posted and not yet sent.
	steer(ctx context.Context, sqls ...string) error
}

// Store is an open database, safe for concurrent use.
type Store struct {
	engine   engine
	reads    querier // the engine, watched
	observer Observer
	now      func() time.Time
	vault    *vault
	present  Presenter
	secrets  openedSecrets
	bell     bell
	log      *slog.Logger

	longest   atomic.Int64 // nanoseconds: a step of Purge
	unwritten atomic.Bool  // a transaction was refused for want of storage; Ready clears it
}

// Open opens the database and creates the SQLite file if there is none. It
// refuses a schema newer than the program (ErrNewerSchema) and, unless
// o.Migrate, an older or missing one (ErrOlderSchema).
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 10 * time.Second
	}
	if o.Observer == nil {
		o.Observer = unobserved{}
	}
	v, err := newVault(o.SecretKey)
	if err != nil {
		return nil, err
	}
	open := openSQLite
	if o.DatabaseURL != "" {
		open = openPostgres
	}
	e, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{engine: e, reads: &watchedReads{e, o.Observer}, observer: o.Observer, now: o.Now, vault: v, present: o.Present, log: o.Logger}
	switch e := e.(type) {
	case *postgres:
		s.bell.nodes, e.nodes.bell = e.nodes, &s.bell
	case *sqlite:
		s.bell.access = e.access
	}
	if o.Migrate { // after a long rest no day of the log is made ahead any more
		if err := s.KeepRequestDays(ctx, Retention{}); err != nil {
			o.Logger.Warn("the days of the request log were not made", "error", err)
		}
	}
	return s, nil
}

// Close waits for the transactions under way and closes the database. Later
// calls of the store's methods answer storage_unavailable.
func (s *Store) Close() error { return s.engine.close() }

// Engine returns "sqlite" or "postgres".
func (s *Store) Engine() string { return s.engine.name() }

// Now returns the time of the injected clock as the database keeps it: UTC,
// whole microseconds.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Ping reads one row, to prove that the database answers.
func (s *Store) Ping(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Ping")
	var version int64
	return s.Reader(ctx).Row(`
SELECT /* Store.Ping */ MAX(version_id)
FROM goose_db_version`, nil, &version)
}

// Reader reads what is committed; each of its methods is one statement with
// its own view of the data. It is cheap to make. Do not use it inside a Tx,
// which sees its own writes.
func (s *Store) Reader(ctx context.Context) Reader { return Reader{ctx: ctx, q: s.reads} }

// Tx runs fn in a transaction and commits if fn returns nil. It is the only
// way to write. It returns when the outcome is known, even if ctx ends
// meanwhile; ctx is checked before fn starts and not afterwards.
//
// fn may run twice, so it assigns results and never appends to them. It does
// no network or file access, calls no Tx and stops at the first failing
// statement: later ones are refused and nothing is committed. A panic or
// Goexit in fn is logged, rolls back and becomes an error.
//
// Beside the error of fn it returns overloaded when too many wait to write,
// and storage_unavailable when the database cannot be written.
func (s *Store) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	_, err := s.timed(ctx, fn)
	return err
}

// timed is Tx, and says where the time went.
func (s *Store) timed(ctx context.Context, fn func(tx *Tx) error) (t TxTimes, err error) {
	if err := ctx.Err(); err != nil {
		return t, err
	}
	var last *Tx
	watch := stopwatch{start: time.Now()}
	err = s.engine.write(ctx, func(c conn) error {
		watch.began = time.Now()
		defer func() { watch.ended = time.Now() }()
		tc := &txConn{conn: c}
		defer tc.end()
		tx := &Tx{Reader: Reader{ctx: context.Background(), q: tc}, c: tc, now: s.Now(), locks: s.engine.locks(), vault: s.vault, secrets: &s.secrets, notify: s.Notify, present: s.present}
		last = tx
		if err := fn(tx); err != nil {
			return err
		}
		return tc.failed
	})
	t = watch.times(err)
	s.observer.Tx(ctx, t)
	if err != nil {
		if portal.CodeOf(err) == portal.CodeStorageUnavailable {
			s.unwritten.Store(true)
		}
		return t, err
	}
	for _, f := range last.after {
		f()
	}
	return t, nil
}

// Reader reads rows. The noun files add one method per question.
type Reader struct {
	ctx context.Context //nolint:containedctx // a Reader lives as long as the one call it is made for
	q   querier
}

var errNoRow = portal.Refuse(portal.CodeNotFound)

// Row scans the first row into dest. Without a row it returns not_found.
func (r Reader) Row(sql string, args []any, dest ...any) error {
	rows, err := r.q.query(r.ctx, sql, args, 1)
	if err != nil {
		return tagged(sql, err)
	}
	if len(rows) == 0 {
		return errNoRow
	}
	return tagged(sql, scanRow(rows[0], dest))
}

// lock is Row, and keeps others from changing the row until the transaction ends.
// What it returns is what they committed last.
func (tx *Tx) lock(sql string, args []any, dest ...any) error {
	return tx.Row(sql+tx.locks.rows, args, dest...)
}

// Rows reads all rows and then calls each once a row, in order. An error of
// each ends the loop and is returned. Inside each other statements may run.
func (r Reader) Rows(sql string, args []any, each func(scan func(dest ...any) error) error) error {
	rows, err := r.q.query(r.ctx, sql, args, 0)
	if err != nil {
		return tagged(sql, err)
	}
	for _, row := range rows {
		err := each(func(dest ...any) error { return tagged(sql, scanRow(row, dest)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Tx is a transaction under way. It reads its own writes.
type Tx struct {
	Reader
	c        *txConn
	now      time.Time
	after    []func()
	locks    locks
	vault    *vault
	secrets  *openedSecrets
	notify   func(topic string)
	present  Presenter
	notified []string // topics that are notified after the commit
}

// Now returns the time of this transaction; it stands still.
func (tx *Tx) Now() time.Time { return tx.now }

// Exec runs a statement and returns how many rows it changed (for a statement
// that returns rows: how many it returned).
func (tx *Tx) Exec(sql string, args ...any) (rows int64, err error) {
	rows, err = tx.c.exec(tx.ctx, sql, args)
	return rows, tagged(sql, err)
}

// Post is Exec for a statement whose count nobody needs. On PostgreSQL it
// travels with the next statement, or with the commit, which then tell its error.
func (tx *Tx) Post(sql string, args ...any) error {
	return tagged(sql, tx.c.post(tx.ctx, sql, args))
}

// AfterCommit has fn called once the transaction is known to be committed, on
// the goroutine that called Store.Tx; never when it is rolled back.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// notifyOnce notifies the topic after the commit, however often it is asked to.
func (tx *Tx) notifyOnce(topic string) {
	if slices.Contains(tx.notified, topic) {
		return
	}
	tx.notified = append(tx.notified, topic)
	tx.AfterCommit(func() { tx.notify(topic) })
}

var errTxOver = errors.New("the transaction is over")

// txConn ends a transaction at its first failing statement on both engines,
// as PostgreSQL does by itself, and refuses statements after its end.
type txConn struct {
	conn   conn
	failed error
}

func (t *txConn) query(ctx context.Context, sql string, args []any, limit int) ([][]any, error) {
	if t.failed != nil {
		return nil, fmt.Errorf("after a failed statement: %w", t.failed)
	}
	rows, err := t.conn.query(ctx, sql, args, limit)
	t.failed = err
	return rows, err
}

func (t *txConn) exec(ctx context.Context, sql string, args []any) (int64, error) {
	if t.failed != nil {
		return 0, fmt.Errorf("after a failed statement: %w", t.failed)
	}
	n, err := t.conn.exec(ctx, sql, args)
	t.failed = err
	return n, err
}

func (t *txConn) post(ctx context.Context, sql string, args []any) error {
	if t.failed != nil {
		return fmt.Errorf("after a failed statement: %w", t.failed)
	}
	t.failed = t.conn.post(ctx, sql, args)
	return t.failed
}

func (t *txConn) steer(ctx context.Context, sqls ...string) error {
	t.failed = t.conn.steer(ctx, sqls...)
	return t.failed
}

func (t *txConn) end() { t.failed = errTxOver }

// tagged puts the statement's name, its first comment, in front of err.
func tagged(sql string, err error) error {
	if err == nil {
		return nil
	}
	_, rest, _ := strings.Cut(sql, "/*")
	if tag, _, ok := strings.Cut(rest, "*/"); ok {
		return fmt.Errorf("%s: %w", strings.TrimSpace(tag), err)
	}
	return err
}
