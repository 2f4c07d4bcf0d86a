package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/wppmarketing/developers/portal"
)

// What may be wrong with a backup.
var (
	ErrNoBackup = errors.New("it is not a backup of this program")
	ErrDamaged  = errors.New("it is damaged or was cut off")
)

var errNotSQLite = errors.New("only SQLite is copied to a file")

// Backup writes what is committed now to a new file at path, which only its
// owner may read, and returns when the disk has it. Others read and write
// meanwhile; the write-ahead log cannot be emptied before the copy is done. On
// PostgreSQL it is an error. A file that could not be completed is removed.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	defer portal.Wrap(&err, "Backup")
	e, ok := s.engine.(*sqlite)
	if !ok {
		return errNotSQLite
	}
	if err := ctx.Err(); err != nil {
		return err // the driver would copy all of it first
	}
	// SQLite writes to an empty file, and would make one that everybody may read.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = e.copyTo(ctx, path)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}

func (s *sqlite) copyTo(ctx context.Context, path string) error {
	c, err := dialSQLite(s.readers.dsn)
	if err != nil {
		return err
	}
	// The file is only read; without this SQLite takes the copy for a write to it.
	err = c.control("PRAGMA query_only = FALSE")
	if err == nil {
		_, err = c.exec(ctx, `VACUUM /* Store.Backup */ INTO ?`, []any{path})
	}
	return errors.Join(err, c.close())
}

// VerifyOptions say how a copy is verified.
type VerifyOptions struct {
	SecretKey []byte // what the copy's secrets should open with
	Quick     bool   // do not compare indexes with their tables
}

// Copy is what Verify found in a copy.
type Copy struct {
	Schema, Newest int64           // the copy's and the program's
	Rows           []Count         // of the main tables
	Due            []Count         // work that leaves the house and a server on the copy would do; none of 0 rows
	Broken         []Break         // audit trails that were changed
	Contents       []StoredContent // of files, in the order of their keys
}

// Count is how many rows a table has.
type Count struct {
	Table string
	Rows  int64
}

// Break is where the audit trail of an account ("" is the platform's) breaks.
type Break struct{ AccountID, Place string }

// Verify reads the SQLite file at path, which nobody may be writing to, and
// changes nothing. ErrNoBackup and ErrDamaged say that it is of no use,
// ErrNewerSchema that it needs a newer program, ErrOtherKey another secret key.
// An older schema and a broken audit trail are no errors.
func Verify(ctx context.Context, path string, o VerifyOptions) (c Copy, err error) {
	defer portal.Wrap(&err, "Verify")
	v, err := newVault(o.SecretKey)
	if err != nil {
		return c, err
	}
	q := url.Values{"mode": {"ro"}, "immutable": {"1"}, "_query_only": {"true"}}
	file := still{newReaders("file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode(), unobserved{})}
	s := &Store{engine: file, reads: file, observer: unobserved{}, now: time.Now, vault: v}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, step := range []func(r Reader, o VerifyOptions) error{c.schema, c.integrity, c.count, c.due, c.contents, c.trails} {
		if err := step(s.Reader(ctx), o); err != nil {
			return c, unusable(err)
		}
	}
	return c, s.CheckKey(ctx)
}

// unusable says that a file which cannot be read is damaged.
func unusable(err error) error {
	var se sqlite3.Error
	switch {
	case !errors.As(err, &se):
		return err
	case se.Code == sqlite3.ErrNotADB:
		return ErrNoBackup
	case se.Code == sqlite3.ErrCorrupt:
		return ErrDamaged
	}
	return err
}

func (c *Copy) schema(r Reader, _ VerifyOptions) (err error) {
	if c.Newest, err = newestSchema(); err != nil {
		return err
	}
	var tables int64
	if err := r.Row(`
SELECT /* Copy.schema */ COUNT(*)
FROM sqlite_schema
WHERE name IN ('goose_db_version', 'accounts', 'messages')`, nil, &tables); err != nil {
		return err
	}
	if tables != 3 {
		return ErrNoBackup
	}
	if err := r.Row(`
SELECT /* Copy.schema */ MAX(version_id)
FROM goose_db_version`, nil, &c.Schema); err != nil {
		return err
	}
	if c.Schema > c.Newest {
		return fmt.Errorf("%w: it has schema %d, this program knows %d", ErrNewerSchema, c.Schema, c.Newest)
	}
	return nil
}

// newestSchema returns the number of the last migration.
func newestSchema() (newest int64, err error) {
	files, err := migrations.ReadDir("migrations")
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, err
		}
		newest = max(newest, n)
	}
	return newest, err
}

func (c *Copy) integrity(r Reader, o VerifyOptions) error { return r.Intact(o.Quick) }

// Intact reads all of SQLite's file: ErrDamaged or SQLite's own error when it
// contradicts itself. Quick leaves out comparing indexes with their tables. It
// is of no use on PostgreSQL.
func (r Reader) Intact(quick bool) error {
	check := `PRAGMA integrity_check(1)`
	if quick {
		check = `PRAGMA quick_check(1)`
	}
	var found string
	if err := r.Row(check, nil, &found); err != nil {
		return err
	}
	if found != "ok" {
		return ErrDamaged
	}
	return nil
}

// mainTables are those whose rows an operator knows.
var mainTables = []string{"accounts", "users", "tokens", "contacts", "messages", "requests", "audit"}

// outgoing are the tables of work that others notice, and which rows of them
// are it. A server that starts on a copy does again what the first did since.
var outgoing = []struct{ table, where string }{
	{"messages", "due_at IS NOT NULL AND status IN ('queued', 'scheduled')"}, // the others wait for news
	{"automation_runs", "due_at IS NOT NULL"},
	{"webhook_deliveries", "due_at IS NOT NULL"},
	{"webhook_replays", "due_at IS NOT NULL"},
	{"mails", "due_at IS NOT NULL"},
}

func (c *Copy) count(r Reader, _ VerifyOptions) error {
	for _, table := range mainTables {
		n := Count{Table: table}
		if err := r.Row(`
SELECT /* Copy.count */ COUNT(*)
FROM `+table, nil, &n.Rows); err != nil {
			return err
		}
		c.Rows = append(c.Rows, n)
	}
	return nil
}

// due counts what is outgoing; a table that the copy's schema has not is empty.
func (c *Copy) due(r Reader, _ VerifyOptions) error {
	for _, work := range outgoing {
		var there bool
		n := Count{Table: work.table}
		err := r.Row(`
SELECT /* Copy.has */ COUNT(*) > 0
FROM sqlite_schema
WHERE type = 'table' AND name = ?`, []any{work.table}, &there)
		if err == nil && there {
			err = r.Row(`
SELECT /* Copy.due */ COUNT(*)
FROM `+work.table+`
WHERE `+work.where, nil, &n.Rows)
		}
		if err != nil {
			return err
		}
		if n.Rows > 0 {
			c.Due = append(c.Due, n)
		}
	}
	return nil
}

// contents lists the files that belong to the copy; those of a schema that has
// no files are none.
func (c *Copy) contents(r Reader, _ VerifyOptions) (err error) {
	var tables int64
	if err := r.Row(`
SELECT /* Copy.contents */ COUNT(*)
FROM sqlite_schema
WHERE name IN ('media', 'simulator_media')`, nil, &tables); err != nil || tables < 2 {
		return err
	}
	c.Contents, err = r.StoredContents()
	return err
}

func (c *Copy) trails(r Reader, _ VerifyOptions) error {
	return r.Rows(`
SELECT /* Copy.trails */ account_id
FROM audit
UNION
SELECT account_id
FROM audit_heads`, nil, func(scan func(dest ...any) error) error {
		var b Break
		if err := scan(&b.AccountID); err != nil {
			return err
		}
		place, err := r.AuditBreak(b.AccountID)
		if b.Place = place; place != "" {
			c.Broken = append(c.Broken, b)
		}
		return err
	})
}

// still is the engine of a file that nobody writes to.
type still struct{ *readers }

func (still) name() string   { return "sqlite" }
func (still) locks() locks   { return locks{} }
func (still) stats() Stats   { return Stats{Engine: "sqlite"} }
func (s still) close() error { return s.readers.close() }

func (still) write(context.Context, func(c conn) error) error {
	return errors.New("the copy is only read")
}

// Archive is how PostgreSQL archives its write-ahead log.
type Archive struct {
	Mode       string     // archive_mode: "off", "on" or "always"
	Set        bool       // archive_command or archive_library says how
	ArchivedAt *time.Time // the last file that was archived; nil = none since its statistics begin
	Failing    bool       // a file was tried since then, in vain
}

// Archive tells whether PostgreSQL keeps what point-in-time recovery needs.
func (r Reader) Archive() (a Archive, err error) {
	err = r.Row(`
SELECT /* Store.Archive */ current_setting('archive_mode'),
  current_setting('archive_command') <> '' OR COALESCE(current_setting('archive_library', TRUE), '') <> '',
  CAST(EXTRACT(EPOCH FROM last_archived_time) * 1000000 AS BIGINT),
  COALESCE(last_failed_time > COALESCE(last_archived_time, '-infinity'), FALSE)
FROM pg_stat_archiver`, nil, &a.Mode, &a.Set, &a.ArchivedAt, &a.Failing)
	return a, err
}
