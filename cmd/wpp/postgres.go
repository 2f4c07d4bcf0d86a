package main

import (
	"errors"
	"io"
	"strings"
)

// How a database on PostgreSQL is backed up and restored. The server's own
// tools do it better than this program could.
const (
	postgresBackup = `A dump, while the server runs:

  pg_dump --format=custom --file=wpp.dump "$WPP_DATABASE_URL"

Back to any second (PITR): archive the write-ahead log (archive_mode = on,
archive_command) and take a base backup now and then:

  pg_basebackup --pgdata=base --format=tar --gzip --checkpoint=fast --dbname="$WPP_DATABASE_URL"

Neither has the secret key in it: keep WPP_SECRET_KEY apart from them.
`
	postgresRestore = `From a dump, into an empty database:

  createdb --maintenance-db="$ADMIN_URL" wpp_restored
  pg_restore --no-owner --exit-on-error --dbname="$NEW_DATABASE_URL" wpp.dump

To a point in time (PITR): unpack the base backup into an empty data folder of
PostgreSQL, set restore_command and recovery_target_time, make the file
recovery.signal there, and start PostgreSQL.

Then set WPP_DATABASE_URL, and WPP_SECRET_KEY as it was, and run: wpp doctor

What waited then is done again, though the old server may have done it since:
messages, automation runs, webhook deliveries, mails. If that must not be, start
with wpp serve --workers off and first cancel the messages, switch the automations
off, disable the webhook endpoints and leave WPP_SMTP_URL out.
`
)

// explainPostgres prints the way and fails: the command itself did nothing.
func (a *app) explainPostgres(way, line string) error {
	if strings.Contains(a.DatabaseURL, "pool_") {
		way += "Leave out of the address what begins with pool_: only wpp knows it.\n"
	}
	if _, err := io.WriteString(a.Stdout, way+"\n"); err != nil {
		return err
	}
	return errors.New(line)
}
