package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal/store"
)

// restoreCmd makes a data folder from a backup and the files beside it.
type restoreCmd struct {
	File string `arg:"" help:"A file made by wpp backup." type:"path"`
}

// Run copies and verifies the file. The data folder must be empty but for the
// secret key; when something does not fit it is left as it was.
func (c *restoreCmd) Run(ctx context.Context, a *app) error {
	if a.DatabaseURL != "" {
		return a.explainPostgres(postgresRestore, "nothing was restored: pg_restore does that on PostgreSQL, in the way above")
	}
	if err := emptyFolder(a.Data); err != nil {
		return err
	}
	release, err := occupy(a.Data) // no server begins here meanwhile
	if err != nil {
		return err
	}
	defer release()
	key, err := a.secretKey(false)
	if errors.Is(err, errNoKey) {
		return fmt.Errorf("the secret key is not in a backup. Put the secret.key of the server that was backed up at %s, or set WPP_SECRET_KEY to it, and restore again",
			filepath.Join(a.Data, secretFile))
	}
	if err != nil {
		return err
	}
	file := filepath.Join(a.Data, databaseFile)
	partial := file + ".partial"
	defer func() { _ = os.Remove(partial) }()
	if err := copyFile(ctx, c.File, partial); err != nil {
		return err
	}
	found, err := store.Verify(ctx, partial, store.VerifyOptions{SecretKey: key})
	if err != nil {
		return c.useless(err)
	}
	if err := hasRoom(a.Data, need(found.Contents)); err != nil {
		return err
	}
	folder := filepath.Join(a.Data, mediaFolder)
	files, err := carryFiles(ctx, besideBackup(c.File), folder, found.Contents, copyChecked)
	if err != nil {
		return fmt.Errorf("nothing was restored: %s", cause(err))
	}
	size, err := place(partial, file)
	if err != nil {
		return errors.Join(err, os.RemoveAll(folder))
	}
	return c.report(a, found, restored{size, files.said(besideBackup(c.File), folder)})
}

// useless says what to do when the backup cannot be used.
func (c *restoreCmd) useless(err error) error {
	switch {
	case errors.Is(err, store.ErrNoBackup), errors.Is(err, store.ErrDamaged):
		return fmt.Errorf("%s was not restored: %s. Use another backup", c.File, cause(err))
	case errors.Is(err, store.ErrNewerSchema):
		return fmt.Errorf("%s was not restored: a newer wpp made it. Restore it with that version", c.File)
	case errors.Is(err, store.ErrOtherKey):
		return fmt.Errorf("%s was not restored: the secret key is not the one it was made with. Put the secret.key of that server into the data folder, or set WPP_SECRET_KEY to it", c.File)
	}
	return err
}

// restored is what lies in the folder now.
type restored struct {
	size  int64
	files string
}

func (c *restoreCmd) report(a *app, found store.Copy, got restored) error {
	schema := "that of this wpp"
	if found.Schema < found.Newest {
		schema = fmt.Sprintf("older than this wpp's %d: wpp serve brings it up to date", found.Newest)
	}
	trails := "each chain is whole\n"
	if len(found.Broken) > 0 {
		trails = "\n" + broken(found.Broken)
	}
	text := fmt.Sprintf("restored %s to %s, %s\nintegrity    tables and indexes agree\nschema       %d, %s\nsecret key   fits\naudit trail  %s%s\n",
		c.File, a.Data, megabytes(got.size), found.Schema, schema, trails, counted(found.Rows)) +
		got.files +
		"What happened after the backup is not in it: a token revoked since then is valid again, revoke it anew.\n" +
		again(found.Due)
	_, err := io.WriteString(a.Stdout, text)
	return err
}

// work is what a table of waiting work holds, and how its rows are kept from being done.
type work struct{ one, many, instead string }

var works = map[string]work{
	"messages":           {"message", "messages", "cancel the messages"},
	"automation_runs":    {"automation run", "automation runs", "switch the automations off until those runs have ended"},
	"webhook_deliveries": {"webhook delivery", "webhook deliveries", "disable the webhook endpoints: that cancels what waits for them"},
	"webhook_replays":    {"webhook replay", "webhook replays", "disable the webhook endpoints: that cancels what waits for them"},
	"mails":              {"mail", "mails", "leave WPP_SMTP_URL out: mails to owners and developers wait without it"},
}

// again says what a server on the copy does although it may be done already, and
// how to keep it from that.
func again(due []store.Count) string {
	if len(due) == 0 {
		return ""
	}
	var what, instead []string
	for _, n := range due {
		w := works[n.Table]
		name := w.many
		if n.Rows == 1 {
			name = w.one
		}
		what = append(what, fmt.Sprintf("%d %s", n.Rows, name))
		if !slices.Contains(instead, w.instead) {
			instead = append(instead, w.instead)
		}
	}
	return "Waiting in it: " + strings.Join(what, ", ") + ". The server may have done this after the backup, and wpp serve does it again: it then arrives twice.\n" +
		"If that must not be, start with wpp serve --workers off, which does none of it, and before you start as usual:\n  " +
		strings.Join(instead, "\n  ") + "\n"
}

// emptyFolder makes the data folder, or refuses one that holds more than a key.
func emptyFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("the data folder cannot be made: %w", err)
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name() != secretFile {
			return fmt.Errorf("%s is not empty, it holds %s: nothing was restored. A server may be running on it. Choose a new folder with --data", path, f.Name())
		}
	}
	return nil
}

// copyFile copies a file to a new one that only its owner may read, and returns
// when the disk has it.
func copyFile(ctx context.Context, from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("the backup cannot be read: %w", err)
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", from)
	}
	if err := hasRoom(filepath.Dir(to), info.Size()); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, interruptible{ctx, in})
	return errors.Join(err, out.Sync(), out.Close())
}

// interruptible ends a copy when its context does.
type interruptible struct {
	ctx context.Context //nolint:containedctx // it lives as long as one call of io.Copy
	in  io.Reader
}

func (r interruptible) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(b)
}

// cause returns the innermost reason, which an operator understands.
func cause(err error) string {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
