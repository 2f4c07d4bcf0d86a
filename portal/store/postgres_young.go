package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	youngFor  = time.Minute // after that PostgreSQL's own autovacuum has come by
	youngSize = 4           // pages from which reading a whole table is dear
)

// learnYoung has PostgreSQL look at tables that have rows and were never looked
// at. As long as it takes them for empty, one index is as good as another to it,
// and what it plans for a connection's statements stays planned.
func (p *postgres) learnYoung(ctx context.Context) {
	for wait := time.Second; wait < youngFor; wait *= 2 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		if err := p.analyzeYoung(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("new tables were not analyzed", "error", postgresError(err))
			return
		}
	}
}

func (p *postgres) analyzeYoung(ctx context.Context) error {
	rows, err := p.pool.Query(ctx, `
SELECT /* Young.List */ relname
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND reltuples <= 0
  AND pg_relation_size(oid) >= $1 * current_setting('block_size')::BIGINT
  AND pg_has_role(relowner, 'USAGE')`, youngSize)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := p.pool.Exec(ctx, `ANALYZE /* Young.Analyze */ `+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
