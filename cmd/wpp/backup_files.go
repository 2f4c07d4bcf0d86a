package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
)

// besideBackup is where the files of messages lie that belong to a backup.
func besideBackup(file string) string { return file + ".media" }

// haul is what became of the files that a database names.
type haul struct {
	files            int
	bytes            int64
	missing, damaged int
}

// carrier brings one content from one folder to another.
type carrier func(ctx context.Context, from, to string, c store.StoredContent) error

// errDifferent: a file does not have the content that its row says.
var errDifferent = errors.New("another content")

// carryFiles brings the files that a copy of the database names into a new
// folder, which has its name once all are in it. Without files there is none.
//
// A file is written before its row and never changes, so whatever a copy names
// was there when the copy was made; one that was deleted since is missing.
func carryFiles(ctx context.Context, from, to string, list []store.StoredContent, carry carrier) (h haul, err error) {
	if len(list) == 0 {
		return h, nil
	}
	partial := to + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return h, err
	}
	defer func() { _ = os.RemoveAll(partial) }()
	source, target := media.NewFolder(from), media.NewFolder(partial)
	if err := os.Mkdir(partial, 0o700); err != nil {
		return h, err
	}
	for _, c := range list {
		if err := os.MkdirAll(filepath.Dir(target.Path(c.Key)), 0o700); err != nil {
			return h, err
		}
		switch err := carry(ctx, source.Path(c.Key), target.Path(c.Key), c); {
		case errors.Is(err, fs.ErrNotExist):
			h.missing++
		case errors.Is(err, errDifferent):
			h.damaged++
		case err != nil:
			return h, err
		default:
			h.files++
			h.bytes += c.Size
		}
	}
	if err := syncFolders(partial); err != nil {
		return h, err
	}
	_, err = place(partial, to)
	return h, err
}

// linkOrCopy is how a backup gets a file: as a second name of it on the same
// disk, as a copy on another.
func linkOrCopy(ctx context.Context, from, to string, c store.StoredContent) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := os.Stat(from)
	switch {
	case err != nil:
		return err
	case info.Size() != c.Size:
		return errDifferent
	case os.Link(from, to) == nil:
		return nil
	}
	return copyFile(ctx, from, to)
}

// copyChecked is how a restored folder gets a file: only with the content that its row says.
func copyChecked(ctx context.Context, from, to string, c store.StoredContent) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, sum), interruptible{ctx, in})
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil && !bytes.Equal(sum.Sum(nil), c.SHA256) {
		err = errors.Join(errDifferent, os.Remove(to))
	}
	return err
}

// syncFolders has the disk keep the names in a folder and in those inside it.
func syncFolders(path string) error {
	return filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		d, err := os.Open(name) //nolint:gosec // the folder was made a moment ago, for nobody else
		if err != nil {
			return err
		}
		return errors.Join(d.Sync(), d.Close())
	})
}

// need is how many bytes the contents have.
func need(list []store.StoredContent) (n int64) {
	for _, c := range list {
		n += c.Size
	}
	return n
}

// said tells which files are there and which are not; "" when there are to be none.
func (h haul) said(from, folder string) (text string) {
	if h.files+h.missing+h.damaged == 0 {
		return ""
	}
	if h.files > 0 {
		text = fmt.Sprintf("files        %s, %s in %s\n", counting(h.files, "file of messages", "files of messages"), megabytes(h.bytes), folder)
	}
	if h.missing > 0 {
		text += fmt.Sprintf("Missing in %s: %s. The messages are whole; what is missing answers 404.\n", from, counting(h.missing, "file of messages", "files of messages"))
	}
	if h.damaged > 0 {
		text += fmt.Sprintf("Damaged and left out: %s, whose content is not the one that was kept. They answer 404.\n", counting(h.damaged, "file of messages", "files of messages"))
	}
	return text
}

func counting(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
