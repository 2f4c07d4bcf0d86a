package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// ballast makes the database as large as one that has been used for a while.
func (s *server) ballast(megabytes int) {
	s.Helper()
	s.change(fmt.Sprintf(`CREATE TABLE ballast AS
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
SELECT i, randomblob(10000) AS filling FROM n`, megabytes*100))
}

// pace sends one message after another until ctx ends and returns how long each took.
func (l *load) pace(ctx context.Context) (took []time.Duration) {
	for ctx.Err() == nil {
		began := time.Now()
		if id, _ := l.one(http.DefaultClient); id != "" {
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	return took
}

// TestBackupUnderLoad backs the database up while messages are accepted, and
// restores it: what was acknowledged before the backup is there, and a token
// that was revoked stays so.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	start(t, data).end()
	token, revoked := newSender(t, data), commands{t, data}.revokedToken()
	s := startChild(t, data)
	size := 64
	if soak() {
		size = 1024
	}
	s.ballast(size)
	l := &load{url: s.url, token: token, ids: map[string]bool{}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.run(ctx, 4) }()
	eventually(t, "messages under way", func() bool { return l.acknowledged() >= 200 })
	file := filepath.Join(t.TempDir(), "wpp.backup")
	acknowledged := s.backedUp(l, file)
	cancel()
	<-done
	if len(l.faults) > 0 {
		t.Errorf("%d calls were refused, such as %q", len(l.faults), l.faults[0])
	}
	s.restored(file, func(r *server) {
		kept := r.query(`SELECT id FROM messages`)
		slices.Sort(kept)
		for id := range acknowledged {
			if _, found := slices.BinarySearch(kept, id); !found {
				t.Errorf("%s was acknowledged before the backup and is not in it", id)
			}
		}
		t.Logf("%d acknowledged before, %d in the backup, %d in the end", len(acknowledged), len(kept), l.acknowledged())
		if got := r.call(token, "POST", "/v1/messages", hello(1)); got.status != http.StatusAccepted {
			t.Errorf("the token answers %d %s", got.status, got.body)
		}
		if got := r.call(revoked, "GET", "/v1/account", ""); got.status != http.StatusUnauthorized {
			t.Errorf("the revoked token answers %d %s", got.status, got.body)
		}
	})
}

// backedUp makes a backup under load and returns what was acknowledged before.
// It compares how long messages are accepted in, before and meanwhile.
func (s *server) backedUp(l *load, file string) (acknowledged map[string]bool) {
	s.Helper()
	calm, rest := context.WithTimeout(s.Context(), time.Second)
	before := l.pace(calm)
	rest()
	acknowledged = l.copied()
	busy, stop := context.WithCancel(s.Context())
	during := make(chan []time.Duration, 1)
	go func() { during <- l.pace(busy) }()
	said := s.commands().must("backup", file)
	stop()
	slow := <-during
	if len(before) == 0 || len(slow) == 0 {
		s.Fatalf("%d sends before and %d during the backup", len(before), len(slow))
	}
	worst := slow[len(slow)-1]
	s.Logf("%s\naccept: median %s, worst %s before; median %s, worst %s of %d during", said,
		before[len(before)/2], before[len(before)-1], slow[len(slow)/2], worst, len(slow))
	if worst > promised(time.Second) {
		s.Errorf("an accept took %s during the backup", worst)
	}
	for _, want := range []string{"integrity checked", "write-ahead log has ", "messages ", "requests ", "secret key is not in it", filepath.Join(s.data, "secret.key")} {
		if !strings.Contains(said, want) {
			s.Errorf("backup does not say %q: %s", want, said)
		}
	}
	return acknowledged
}

// copied returns what is acknowledged so far.
func (l *load) copied() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make(map[string]bool, len(l.ids))
	for id := range l.ids {
		ids[id] = true
	}
	return ids
}

// revokedToken makes a token and revokes it.
func (c commands) revokedToken() (secret string) {
	c.t.Helper()
	account := c.ok(password, "account", "create", "--name", "Former", "--email", "former@loja.example", "--password-stdin")["account_id"]
	made := c.ok("", "token", "create", "--account", account, "--name", "Former", "--environment", "test", "--scopes", "*")
	c.ok("", "token", "revoke", made["id"])
	return made["token"]
}

// must runs a command that succeeds and returns what it prints.
func (c commands) must(args ...string) string {
	c.t.Helper()
	code, stdout, stderr := c.run("", args...)
	if code != 0 || stderr != "" {
		c.t.Errorf("wpp %s: exit %d, %q", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// refused runs a command that fails with a line that has all the words.
func (c commands) refused(args []string, words ...string) {
	c.t.Helper()
	code, _, stderr := c.run("", args...)
	for _, w := range words {
		if !strings.Contains(stderr, w) {
			c.t.Errorf("wpp %s does not say %q: %q", strings.Join(args, " "), w, stderr)
		}
	}
	if code != 1 || strings.Count(stderr, "\n") != 1 {
		c.t.Errorf("wpp %s: exit %d, %q", strings.Join(args, " "), code, stderr)
	}
}

// restored restores the file beside the server's key into a new folder, serves
// it and hands it over.
func (s *server) restored(file string, look func(*server)) {
	s.Helper()
	folder := filepath.Join(s.TempDir(), "restored")
	s.giveKey(folder)
	said := commands{s, folder}.must("restore", file)
	for _, want := range []string{"tables and indexes agree", "secret key   fits", "each chain is whole", "revoke it anew"} {
		if !strings.Contains(said, want) {
			s.Errorf("restore does not say %q: %s", want, said)
		}
	}
	r := start(s, folder)
	defer r.end()
	look(r)
}

// giveKey makes a folder with nothing but the server's secret key.
func (s *server) giveKey(folder string) {
	s.Helper()
	key, err := os.ReadFile(filepath.Join(s.data, "secret.key"))
	if err == nil {
		err = os.Mkdir(folder, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "secret.key"), key, 0o600)
	}
	if err != nil {
		s.Fatal(err)
	}
}

func TestBackupAndRestoreRefuse(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	newSender(t, s.data)
	dir := t.TempDir()
	file := filepath.Join(dir, "wpp.backup")
	s.commands().must("backup", file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	key, err := os.ReadFile(filepath.Join(s.data, "secret.key"))
	if err != nil || bytes.Contains(whole, bytes.TrimSpace(key)) {
		t.Errorf("the backup holds the secret key, %v", err)
	}
	s.commands().refused([]string{"backup", file}, "is there already")
	s.commands().refused([]string{"backup", filepath.Join(dir, "no", "folder")}, "there is no folder "+filepath.Join(dir, "no"))
	commands{s, t.TempDir()}.refused([]string{"backup", filepath.Join(dir, "another")}, "no server has run on this data folder")
	s.commands().refused([]string{"restore", file}, "is not empty")
	refusedRestores(s, file, whole)
}

// refusedRestores tries what must not be restored into a new folder, and then
// what must.
func refusedRestores(s *server, file string, whole []byte) {
	s.Helper()
	dir := s.TempDir()
	folder := filepath.Join(dir, "new")
	c := commands{s, folder}
	c.refused([]string{"restore", file}, "secret key is not in a backup", filepath.Join(folder, "secret.key"))
	c.refused([]string{"restore", file, "--secret-key", strings.Repeat("A", 43) + "="}, "not the one it was made with")
	if err := os.Remove(folder); err != nil {
		s.Errorf("a refused restore left something: %v", err)
	}
	s.giveKey(folder)
	for name, raw := range map[string][]byte{
		"half":  whole[:len(whole)/2],
		"page":  whole[:4096],
		"empty": nil,
		"text":  []byte(strings.Repeat("no database ", 1000)),
		"torn":  slices.Concat(whole[:len(whole)/2], make([]byte, 8192), whole[len(whole)/2+8192:]),
	} {
		bad := filepath.Join(dir, name)
		if err := os.WriteFile(bad, raw, 0o600); err != nil {
			s.Fatal(err)
		}
		c.refused([]string{"restore", bad}, bad+" was not restored", "Use another backup")
	}
	c.refused([]string{"restore", filepath.Join(dir, "nothing")}, "cannot be read")
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		s.Errorf("refused restores left %v, %v", left, err)
	}
	c.must("restore", file)
	c.refused([]string{"restore", file}, "is not empty")
}

// TestRestoreTellsWhatIsDoneAgain restores a backup in which no message waits,
// but a reminder and a mail.
func TestRestoreTellsWhatIsDoneAgain(t *testing.T) {
	t.Parallel()
	s, file := &server{TB: t, data: newCommands(t).data}, filepath.Join(t.TempDir(), "wpp.backup")
	err := s.store().Tx(t.Context(), func(tx *store.Tx) error {
		due := tx.Now().Add(time.Hour)
		reminder := portal.Run{ID: portal.NewID(portal.PrefixRun), Environment: portal.Live, Outcome: portal.RunScheduled, DueAt: &due, CreatedAt: tx.Now()}
		return errors.Join(tx.InsertRun(reminder), tx.InsertMail(store.Mail{ID: "mail"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	s.commands().must("backup", file)
	folder := filepath.Join(t.TempDir(), "restored")
	s.giveKey(folder)
	said := commands{t, folder}.must("restore", file)
	for _, want := range []string{"Waiting in it: 1 automation run, 1 mail.", "--workers off", "\n  switch the automations off", "\n  leave WPP_SMTP_URL out"} {
		if !strings.Contains(said, want) {
			t.Errorf("restore does not say %q: %s", want, said)
		}
	}
	if strings.Contains(said, "cancel the messages") {
		t.Errorf("restore speaks of messages, and none waits: %s", said)
	}
}

// TestPostgresBackup follows what the commands print on PostgreSQL.
func TestPostgresBackup(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("A", 43) + "="
	from, admin := storetest.Database(t), storetest.Database(t)
	on := func(address string, args ...string) []string {
		return append(args, "--database-url", address, "--secret-key", secret)
	}
	c := commands{t, t.TempDir()}
	code, backup, _ := c.run("", on(from, "backup", "x")...)
	if code != 1 {
		t.Errorf("backup: exit %d", code)
	}
	code, restore, _ := c.run("", on(from, "restore", "x")...)
	if code != 1 {
		t.Errorf("restore: exit %d", code)
	}
	account := c.ok(password, on(from, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")...)["account_id"]
	target := otherDatabase(t, admin, "wpp_restored")
	script := linesWith(backup, "pg_dump") + linesWith(restore, "createdb", "pg_restore")
	t.Cleanup(func() { tools(t, `dropdb --if-exists --maintenance-db="$ADMIN_URL" wpp_restored`, "ADMIN_URL="+admin) })
	tools(t, script, "WPP_DATABASE_URL="+from, "ADMIN_URL="+admin, "NEW_DATABASE_URL="+target)
	if got := storetest.Query(t, target, `SELECT id FROM accounts`); !slices.Equal(got, []string{account}) {
		t.Errorf("restored accounts %v, want %s", got, account)
	}
	doctor := c.must(on(target, "doctor")...)
	for _, want := range []string{"ok   version      PostgreSQL", "ok   backup       pg_dump", "note archive      archive_mode is off", "note limits       per node"} {
		if !strings.Contains(doctor, want) {
			t.Errorf("doctor does not say %q:\n%s", want, doctor)
		}
	}
}

// otherDatabase returns the address of another database of the same server.
func otherDatabase(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// tools runs a script of PostgreSQL's tools, in a folder of its own.
func tools(t *testing.T, script string, env ...string) {
	t.Helper()
	cmd := exec.Command("sh", "-ec", script)
	cmd.Env, cmd.Dir = append(os.Environ(), env...), t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s\n%v: %s", script, err, out)
	}
}

// linesWith returns the lines of a text that begin with one of the commands.
func linesWith(text string, commands ...string) (script string) {
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(line, "  "+c) }) {
			script += line
		}
	}
	return script
}

// TestReadmeBackup follows the README: a backup, and a new folder from it.
func TestReadmeBackup(t *testing.T) {
	t.Parallel()
	s, work := start(t, t.TempDir()), t.TempDir()
	newSender(t, s.data)
	restore, _, _ := strings.Cut(block(t, "wpp restore"), "bin/wpp serve")
	s.shell("cd '" + work + "'; cp '" + s.data + "/secret.key' .\n" + block(t, "wpp backup") + restore)
	r := start(t, filepath.Join(work, "restored"))
	if got := r.query(`SELECT name FROM accounts`); !slices.Equal(got, []string{"Load"}) {
		t.Errorf("restored accounts: %v", got)
	}
}

// TestDoctorOnSQLite looks at a whole database and at one with a torn page.
func TestDoctorOnSQLite(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")
	said := c.must("doctor")
	if !strings.Contains(said, "quick check passed") || !strings.Contains(said, "ok   limits       counted by the server") || strings.Contains(said, "archive") {
		t.Error(said)
	}
	path := filepath.Join(c.data, "wpp.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(raw, []byte("ana@loja.example")) / 4096 * 4096
	copy(raw[at:], make([]byte, 4096))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	code, said, _ := c.run("", "doctor")
	if code != 1 || !strings.Contains(said, "BAD  backup       the database") {
		t.Errorf("exit %d: %s", code, said)
	}
}
