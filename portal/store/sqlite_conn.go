package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/mattn/go-sqlite3"

	"github.com/wppmarketing/developers/portal"
)

// sqliteConn is a raw connection of the driver with its prepared statements.
// It is used by one goroutine at a time. Contexts are given to reading
// connections only: an interrupt would roll back a writer's whole batch.
type sqliteConn struct {
	raw      *sqlite3.SQLiteConn
	prepared map[string]*prepared
	values   []driver.NamedValue // of the statement under way
	wrote    bool                // a statement that may write was begun; the writer resets it
}

type prepared struct {
	stmt    *sqlite3.SQLiteStmt
	params  int
	columns int  // 0 = not known before the first query
	hasRows bool // SELECT or … RETURNING
	writes  bool
	buffer  []driver.Value // a row on its way from the driver
}

// dialSQLite opens the file of dsn. Pragmas that the driver's address cannot
// say are said here, so every connection must come from here.
func dialSQLite(dsn string) (*sqliteConn, error) {
	opened, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, sqliteError(err)
	}
	c := &sqliteConn{raw: opened.(*sqlite3.SQLiteConn), prepared: map[string]*prepared{}}
	if err := c.control("PRAGMA temp_store = MEMORY"); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

var returning = regexp.MustCompile(`(?i)\bRETURNING\b`)

func (c *sqliteConn) prepare(sql string) (*prepared, error) {
	if p, ok := c.prepared[sql]; ok {
		return p, nil
	}
	st, err := parseSQL(sql)
	if err != nil {
		return nil, err
	}
	made, err := c.raw.Prepare(st.plus)
	if err != nil {
		return nil, sqliteError(err)
	}
	stmt := made.(*sqlite3.SQLiteStmt)
	p := &prepared{stmt: stmt, params: st.params, hasRows: stmt.Readonly() || returning.MatchString(sql), writes: !stmt.Readonly()}
	if stmt.NumInput() != st.params {
		return nil, errors.Join(errors.New("parameters other than ?"), stmt.Close())
	}
	if len(c.prepared) >= maxTexts {
		if err := c.forget(); err != nil {
			return nil, errors.Join(err, stmt.Close())
		}
	}
	c.prepared[sql] = p
	return p, nil
}

func (c *sqliteConn) bind(sql string, args []any) (*prepared, []driver.NamedValue, error) {
	p, err := c.prepare(sql)
	if err != nil {
		return nil, nil, err
	}
	if len(args) != p.params {
		return nil, nil, fmt.Errorf("%d arguments for %d placeholders", len(args), p.params)
	}
	c.values, c.wrote = c.values[:0], c.wrote || p.writes
	for i, arg := range args {
		v, err := bindValue(arg)
		if err != nil {
			return nil, nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		c.values = append(c.values, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return p, c.values, nil
}

func (c *sqliteConn) query(ctx context.Context, sql string, args []any, limit int) ([][]any, error) {
	p, values, err := c.bind(sql, args)
	if err != nil {
		return nil, err
	}
	return p.query(ctx, values, limit)
}

func (p *prepared) query(ctx context.Context, values []driver.NamedValue, limit int) (out [][]any, err error) {
	rows, err := p.stmt.QueryContext(ctx, values)
	if err != nil {
		return nil, sqliteError(err)
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = sqliteError(closing)
		}
	}()
	if p.columns == 0 {
		p.columns = len(rows.Columns())
		p.buffer = make([]driver.Value, p.columns)
	}
	for limit <= 0 || len(out) < limit {
		if err := rows.Next(p.buffer); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, sqliteError(err)
		}
		row := make([]any, len(p.buffer))
		for i, v := range p.buffer {
			row[i] = v
		}
		out = append(out, row)
	}
	return out, nil
}

// exec runs a statement. One with rows is read to its end: a statement left
// open would hold its transaction.
func (c *sqliteConn) exec(ctx context.Context, sql string, args []any) (int64, error) {
	p, values, err := c.bind(sql, args)
	if err != nil {
		return 0, err
	}
	if p.hasRows {
		rows, err := p.query(ctx, values, 0)
		return int64(len(rows)), err
	}
	result, err := p.stmt.ExecContext(ctx, values)
	if err != nil {
		return 0, sqliteError(err)
	}
	return result.RowsAffected()
}

// post runs a statement the way a query runs: the driver then hands all
// arguments over in one call, while for exec it makes a call for each.
func (c *sqliteConn) post(ctx context.Context, sql string, args []any) error {
	p, values, err := c.bind(sql, args)
	if err != nil {
		return err
	}
	_, err = p.query(ctx, values, 0)
	return err
}

// control runs a statement that only steers the transaction.
func (c *sqliteConn) control(sql string) error {
	p, err := c.prepare(sql)
	if err != nil {
		return err
	}
	_, err = p.stmt.ExecContext(context.Background(), nil)
	return sqliteError(err)
}

func (c *sqliteConn) steer(_ context.Context, sqls ...string) error {
	for _, sql := range sqls {
		if err := c.control(sql); err != nil {
			return err
		}
	}
	return nil
}

// inTransaction is false after SQLite has rolled back a whole transaction by itself.
func (c *sqliteConn) inTransaction() bool { return !c.raw.AutoCommit() }

func (c *sqliteConn) forget() error {
	var errs []error
	for _, p := range c.prepared {
		errs = append(errs, p.stmt.Close())
	}
	clear(c.prepared)
	return errors.Join(errs...)
}

func (c *sqliteConn) close() error { return errors.Join(c.forget(), c.raw.Close()) }

// sqliteError gives err the code a caller can act on. Constraint failures and
// mistakes in SQL stay as they are.
func sqliteError(err error) error {
	var se sqlite3.Error
	if !errors.As(err, &se) {
		return err
	}
	switch se.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return &portal.Error{Code: portal.CodeOverloaded, Cause: err}
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrReadonly, sqlite3.ErrCorrupt,
		sqlite3.ErrNotADB, sqlite3.ErrNomem, sqlite3.ErrPerm:
		return &portal.Error{Code: portal.CodeStorageUnavailable, Cause: err}
	}
	return err
}
