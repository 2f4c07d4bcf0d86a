package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal/store/pgserver"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// diagnosed runs wpp doctor on a database of PostgreSQL until it has a line
// that begins with the words.
func diagnosed(t *testing.T, address, want string) {
	t.Helper()
	c, said := commands{t, t.TempDir()}, ""
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("instead of %q:\n%s", want, said)
		}
	})
	eventually(t, want, func() bool {
		var code int
		code, said, _ = c.run("", "doctor", "--database-url", address, "--secret-key", clusterKey())
		return strings.Contains("\n"+said, "\n"+want) && (code != 0) == strings.Contains(said, "BAD ")
	})
}

// TestDoctorOnArchive: that archiving is switched on says nothing of whether
// anything is archived.
func TestDoctorOnArchive(t *testing.T) {
	t.Parallel()
	postgres, err := pgserver.Start("fsync=off", "archive_mode=on")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Stop(); err != nil {
			t.Error(err)
		}
	})
	address := postgres.Address()
	storetest.Node(t, address) // migrates
	archiveBy := func(command string) {
		storetest.Query(t, address, `ALTER SYSTEM SET archive_command = '`+command+`'`)
		storetest.Query(t, address, `SELECT pg_reload_conf()`)
	}
	diagnosed(t, address, "BAD  archive      archive_mode is on but archive_command is empty")
	archiveBy("true")
	diagnosed(t, address, "note archive      archive_mode is on, none was archived yet. SELECT pg_switch_wal()")
	archiveBy("false")
	storetest.Query(t, address, `SELECT pg_switch_wal()`)
	diagnosed(t, address, "BAD  archive      archive_mode is on but archiving fails, none was archived yet")
	archiveBy("true")
	diagnosed(t, address, "ok   archive      archive_mode is on, the last file was archived on ")

	// A server seldom is PostgreSQL's superuser.
	storetest.Query(t, address, `CREATE ROLE plain LOGIN`)
	storetest.Query(t, address, `GRANT SELECT ON goose_db_version, accounts, channels, media, tokens TO plain`)
	plain := with(t, address, "user", "plain")
	diagnosed(t, plain, "ok   archive      archive_mode is on, the last file was archived on ")
	diagnosed(t, plain, "note backup       pg_dump on this machine does not read the database: query failed: ERROR: permission denied for table ")
	storetest.Query(t, address, `GRANT pg_read_all_data TO plain`)
	diagnosed(t, plain, "ok   backup       pg_dump ")
}

// TestDoctorAsksPgDump: a pg_dump that is there and new enough may be refused
// all the same.
func TestDoctorAsksPgDump(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	storetest.Node(t, address)
	diagnosed(t, with(t, address, "pool_max_conns", "4"), "ok   backup       pg_dump ")
	diagnosed(t, with(t, address, "search_path", "public"), `note backup       pg_dump on this machine does not read the database: invalid URI query parameter: "search_path"`)
}

// with returns an address with one more parameter.
func with(t testing.TB, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// TestDoctorHidesThePassword looks at what a pg_dump is given.
func TestDoctorHidesThePassword(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), storetest.Database(t)
	storetest.Node(t, address)
	tools(t, `cat >"$DIR/pg_dump" <<'END'
#!/bin/sh
[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit
echo "$@" >"$0.arguments"
echo "$PGPASSWORD" >"$0.password"
printf 'pg_dump: error: the door\nis shut\npg_dump: detail: Query was: LOCK TABLE a\n' >&2
exit 1
END
chmod +x "$DIR/pg_dump"`, "DIR="+dir)
	cmd := childCommand(t, "doctor")
	cmd.Env = append(cmd.Env, "PATH="+dir+":"+os.Getenv("PATH"), "WPP_SECRET_KEY="+clusterKey(),
		"WPP_DATABASE_URL="+with(t, with(t, address, "password", "ge heim+"), "pool_max_conns", "4"))
	said, err := cmd.Output()
	if want := "note backup       pg_dump on this machine does not read the database: the door is shut. "; err != nil || !strings.Contains(string(said), want) {
		t.Errorf("%v, not %q:\n%s", err, want, said)
	}
	given := func(what string) string {
		raw, err := os.ReadFile(filepath.Join(dir, "pg_dump."+what))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(raw))
	}
	if got := given("arguments"); strings.Contains(got, "heim") || strings.Contains(got, "pool_") {
		t.Errorf("the arguments are %s", got)
	}
	if got := given("password"); got != "ge heim+" {
		t.Errorf("the password is %q", got)
	}
}

func TestLibpq(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{
		"postgres://wpp:s%40crt@db:5432/wpp?pool_max_conns=4&sslmode=require": {"postgres://wpp@db:5432/wpp?sslmode=require", "s@crt"},
		"postgresql:///wpp?host=%2Frun&application_name=a+b":                  {"postgresql:///wpp?application_name=a%20b&host=%2Frun", ""},
		"postgres://wpp:first@db/wpp?password=second":                         {"postgres://wpp@db/wpp", "second"},
		`host=db password='it\'s a secret' dbname=wpp pool_max_conns = 4`:     {"host=db  dbname=wpp ", "it's a secret"},
		`password=a\ b host='x password=y' sslpassword=z`:                     {" host='x password=y' ", "a b"},
		"postgres://wpp:secret@%zz/":                                          {"", ""},
	} {
		rest, password, err := libpq(address)
		if rest != want[0] || password != want[1] || (err != nil) != (rest == "") {
			t.Errorf("%s: %q, %q, %v", address, rest, password, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error has the password: %v", err)
		}
	}
}
