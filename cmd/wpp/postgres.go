package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
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

// dumpWait is how long pg_dump may take to read the schema.
const dumpWait = 20 * time.Second

// dumpSchema has pg_dump read the schema and lock each table as a backup does,
// and keeps nothing of it. The error is what pg_dump said.
func dumpSchema(ctx context.Context, address string) error {
	address, password, err := libpq(address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dumpWait)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "pg_dump", "--schema-only", "--no-password", "--dbname="+address) //nolint:gosec // the operator's own address, and no shell
	cmd.Stderr, cmd.WaitDelay = &said, time.Second
	if password != "" {
		cmd.Env = append(os.Environ(), "PGPASSWORD="+password) // arguments are seen by every user of the machine
	}
	err = cmd.Run()
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return dumpError(err, said.String())
	}
	return fmt.Errorf("it was not done after %s", dumpWait)
}

// dumpError is what pg_dump said in one line.
func dumpError(err error, said string) error {
	if err == nil {
		return nil
	}
	said = strings.TrimPrefix(strings.Join(strings.Fields(said), " "), "pg_dump: error: ")
	said, _, _ = strings.Cut(said, " pg_dump: detail: ") // the statement, with every table
	return errors.New(cmp.Or(said, err.Error()))
}

// A parameter of an address that is no URL, such as password='a b'.
var (
	parameter = regexp.MustCompile(`(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)`)
	escaped   = regexp.MustCompile(`\\(.)`)
)

// libpq returns the address as PostgreSQL's own tools take it: without what only
// wpp knows, and without its secrets. The password is apart, "" = none.
func libpq(address string) (rest, password string, err error) {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		rest = parameter.ReplaceAllStringFunc(address, func(pair string) string {
			m := parameter.FindStringSubmatch(pair)
			if m[1] == "password" {
				value := m[2]
				if strings.HasPrefix(value, "'") {
					value = value[1 : len(value)-1]
				}
				password = escaped.ReplaceAllString(value, "$1")
			}
			if foreign(m[1]) {
				return ""
			}
			return pair
		})
		return rest, password, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", "", errors.New("its address cannot be read") // err has the password
	}
	password, _ = u.User.Password()
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	password = cmp.Or(query.Get("password"), password)
	maps.DeleteFunc(query, func(name string, _ []string) bool { return foreign(name) })
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // libpq takes no + for a space
	return u.String(), password, nil
}

// foreign tells the parameters that pg_dump does not know or must not be given openly.
func foreign(name string) bool {
	return name == "password" || name == "sslpassword" || strings.HasPrefix(name, "pool_")
}
