package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// pgxTx is a transaction that travels little: BEGIN goes with the first
// statement, those that were posted with the next one whose answer somebody
// needs, and the last ones with COMMIT. So a message is accepted in two round
// trips, not five.
type pgxTx struct {
	conn  *pgx.Conn
	texts *texts
	batch *pgx.Batch
	names []string // the SQL of each statement of batch
	begun bool     // the server has seen BEGIN
}

func newPgxTx(conn *pgx.Conn, texts *texts) *pgxTx {
	t := &pgxTx{conn: conn, texts: texts, batch: &pgx.Batch{}}
	t.queue("BEGIN ISOLATION LEVEL READ COMMITTED", nil)
	return t
}

func (t *pgxTx) queue(sql string, values []any) {
	t.batch.Queue(sql, values...)
	t.names = append(t.names, sql)
}

func (t *pgxTx) post(_ context.Context, sql string, args []any) error {
	st, values, err := t.texts.bind(sql, args)
	if err == nil {
		t.queue(st.dollar, values)
	}
	return err
}

func (t *pgxTx) query(ctx context.Context, sql string, args []any, limit int) (out [][]any, err error) {
	if err := t.post(ctx, sql, args); err != nil {
		return nil, err
	}
	err = t.send(ctx, func(r pgx.BatchResults) error {
		rows, err := r.Query()
		if err == nil {
			out, err = readRows(rows, limit)
		}
		return err
	})
	return out, err
}

func (t *pgxTx) exec(ctx context.Context, sql string, args []any) (n int64, err error) {
	if err := t.post(ctx, sql, args); err != nil {
		return 0, err
	}
	err = t.send(ctx, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

// send sends what is queued and has last read the answer of the last
// statement. After a failure the server runs nothing more of what was sent.
func (t *pgxTx) send(ctx context.Context, last func(pgx.BatchResults) error) (err error) {
	batch, names := t.batch, t.names
	t.batch, t.names, t.begun = &pgx.Batch{}, nil, true
	results := t.conn.SendBatch(ctx, batch)
	defer func() {
		if closing := results.Close(); err == nil {
			err = postgresError(closing)
		}
	}()
	for _, sql := range names[:len(names)-1] {
		if _, err := results.Exec(); err != nil {
			return tagged(sql, postgresError(err))
		}
	}
	return postgresError(last(results))
}

// steer prepares nothing: in a transaction that failed PostgreSQL would refuse that.
func (t *pgxTx) steer(ctx context.Context, sqls ...string) error {
	for _, sql := range sqls {
		if _, err := t.conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
			return tagged(sql, postgresError(err))
		}
	}
	return nil
}

// commit sends nothing at all when the transaction asked for nothing.
func (t *pgxTx) commit(ctx context.Context) error {
	if !t.begun && t.batch.Len() == 1 {
		return nil
	}
	t.queue("COMMIT", nil)
	return t.send(ctx, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		if err == nil && tag.String() != "COMMIT" {
			err = errors.New("PostgreSQL rolled back instead of committing")
		}
		return err
	})
}

func (t *pgxTx) rollback(ctx context.Context) error {
	if !t.begun || t.conn.IsClosed() {
		return nil
	}
	_, err := t.conn.Exec(ctx, "ROLLBACK")
	return err
}
