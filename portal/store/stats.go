package store

import (
	"context"
	"os"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Stats is how the engine is at one moment.
type Stats struct {
	Engine  string // "sqlite" or "postgres"
	Version string // of the engine
	Schema  int64  // number of the newest migration
	Size    int64  // bytes of the database
	WAL     int64  // SQLite: bytes of its write-ahead log
	Waiting int    // SQLite: transactions that wait for the writer
	Room    int    // SQLite: how many may wait
	Pool    *Pool  // nil on SQLite
}

// Pool is the use of the connections to PostgreSQL.
type Pool struct {
	Most, InUse, Idle int
	Waits             int64         // acquisitions that found none free
	Waited            time.Duration // by those together
}

// Stats asks the engine how it is. What needs no query is returned even when
// the database does not answer, beside the error.
func (s *Store) Stats(ctx context.Context) (st Stats, err error) {
	defer portal.Wrap(&err, "Stats")
	st = s.engine.stats()
	st.Engine = s.engine.name()
	r := s.Reader(ctx)
	if err = r.Row(`
SELECT /* Store.Stats */ MAX(version_id)
FROM goose_db_version`, nil, &st.Schema); err != nil {
		return st, err
	}
	if st.Pool == nil {
		err = r.Row(`SELECT /* Store.StatsSQLite */ sqlite_version()`, nil, &st.Version)
		return st, err
	}
	err = r.Row(`
SELECT /* Store.StatsPostgres */ split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database())`,
		nil, &st.Version, &st.Size)
	return st, err
}

func (s *sqlite) stats() Stats {
	return Stats{Size: fileSize(s.path), WAL: fileSize(s.path + "-wal"), Waiting: len(s.queue), Room: cap(s.queue)}
}

// fileSize is 0 for a file that is not there or cannot be looked at.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (p *postgres) stats() Stats {
	s := p.pool.Stat()
	return Stats{Pool: &Pool{
		Most: int(s.MaxConns()), InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()),
		Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
	}}
}
