package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal/store"
)

// backupCmd copies the SQLite database to a file while the server runs, and the
// files of messages to a folder beside it.
type backupCmd struct {
	File string `arg:"" help:"The new file." type:"path"`
}

// Run writes, verifies and then names the file, last of all, so that a file of
// that name is always a whole backup.
func (c *backupCmd) Run(ctx context.Context, a *app) error {
	if a.DatabaseURL != "" {
		return a.explainPostgres(postgresBackup, "the database was not copied: pg_dump does that on PostgreSQL, in the way above")
	}
	if err := cmp.Or(absent(c.File), absent(besideBackup(c.File))); err != nil {
		return err
	}
	folder := filepath.Dir(c.File)
	if info, err := os.Stat(folder); err == nil && !info.IsDir() || errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no folder %s. Make it first", folder)
	}
	if err := hasRoom(folder, databaseSize(a.Data)); err != nil {
		return err
	}
	key, err := a.secretKey(false)
	if err != nil {
		return err
	}
	start, partial := time.Now(), c.File+".partial"
	if err := a.copyDatabase(ctx, partial); err != nil {
		return err
	}
	defer func() { _ = os.Remove(partial) }()
	found, err := store.Verify(ctx, partial, store.VerifyOptions{SecretKey: key, Quick: true})
	if err != nil {
		return fmt.Errorf("the copy was not kept: %w", err)
	}
	files, err := c.files(ctx, a, found.Contents)
	if err != nil {
		return err
	}
	size, err := place(partial, c.File)
	if err != nil {
		return errors.Join(err, os.RemoveAll(besideBackup(c.File)))
	}
	return c.report(a, found, files.said(filepath.Join(a.Data, mediaFolder), besideBackup(c.File)), fmt.Sprintf("%s in %s", megabytes(size), time.Since(start).Round(time.Millisecond)))
}

// files puts the files of messages beside the backup.
func (c *backupCmd) files(ctx context.Context, a *app, list []store.StoredContent) (haul, error) {
	folder := filepath.Join(a.Data, mediaFolder)
	if !sameDisk(folder, filepath.Dir(c.File)) {
		if err := hasRoom(filepath.Dir(c.File), need(list)); err != nil {
			return haul{}, err
		}
	}
	return carryFiles(ctx, folder, besideBackup(c.File), list, linkOrCopy)
}

// copyDatabase writes the partial file.
func (a *app) copyDatabase(ctx context.Context, partial string) error {
	st, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	switch err := st.Backup(ctx, partial); {
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%s is there: another backup writes it, or one was cut off. Remove it if none is running", partial)
	case err != nil:
		return fmt.Errorf("the backup was not written: %s", cause(err))
	}
	return nil
}

func (c *backupCmd) report(a *app, found store.Copy, files, what string) error {
	key := "in WPP_SECRET_KEY"
	if a.SecretKey == "" {
		key = "at " + filepath.Join(a.Data, secretFile)
	}
	text := fmt.Sprintf("%s: %s, schema %d, integrity checked\n%s\n", c.File, what, found.Schema, counted(found.Rows)) +
		// What is written during a long copy gathers there, and nobody else tells.
		fmt.Sprintf("The server's write-ahead log has %s now; the space is used again.\n", megabytes(fileSize(filepath.Join(a.Data, databaseFile+"-wal")))) +
		broken(found.Broken) +
		files +
		"The secret key is not in it. It is " + key + ": keep a copy of it, but not beside the backups. Without it neither is of use.\n"
	_, err := io.WriteString(a.Stdout, text)
	return err
}

// absent refuses a name that is taken.
func absent(file string) error {
	switch _, err := os.Lstat(file); {
	case err == nil:
		return fmt.Errorf("%s is there already and was not touched. Choose another name", file)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	return nil
}

// place gives a complete file its name, for good.
func place(partial, file string) (size int64, err error) {
	if err := absent(file); err != nil {
		return 0, err
	}
	if err := os.Rename(partial, file); err != nil {
		return 0, err
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return 0, err
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// counted writes the rows of the main tables in one line.
func counted(rows []store.Count) string {
	parts := make([]string, len(rows))
	for i, c := range rows {
		parts[i] = fmt.Sprintf("%s %d", c.Table, c.Rows)
	}
	return strings.Join(parts, ", ")
}

// broken says which audit trails were changed; "" when none was.
func broken(breaks []store.Break) (text string) {
	for _, b := range breaks {
		whose := "account " + b.AccountID
		if b.AccountID == "" {
			whose = "the platform"
		}
		text += fmt.Sprintf("Warning: the audit trail of %s was changed behind the program's back, first at %s.\n", whose, b.Place)
	}
	return text
}

func megabytes(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
