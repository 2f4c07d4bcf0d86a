package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Folder is a shelf of files. It belongs to one machine.
type Folder struct{ path string }

// NewFolder returns a shelf in a folder, which is made when something is put there.
func NewFolder(path string) Folder { return Folder{path} }

// bufferSize is how much of a content is held in memory.
const bufferSize = 256 << 10

// Path returns where the content of a key lies.
func (f Folder) Path(key string) string { return filepath.Join(f.path, key[:2], key) }

// Put writes a file beside its place, has the disk keep it, and names it.
func (f Folder) Put(ctx context.Context, key string, content io.Reader) error {
	folder := filepath.Dir(f.Path(key))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return unwritten(err)
	}
	file, err := os.CreateTemp(folder, key+".*") // 0600
	if err != nil {
		return unwritten(err)
	}
	err = pour(ctx, file, content)
	if synced := errors.Join(file.Sync(), file.Close()); err == nil && synced != nil {
		err = unwritten(synced)
	}
	if err == nil {
		err = unwritten(os.Rename(file.Name(), f.Path(key)))
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return err
	}
	// The name, and the folder's own, must outlive a power cut too.
	return unwritten(errors.Join(flush(folder), flush(f.path), flush(filepath.Dir(f.path))))
}

// pour copies content into file. It tells a reader that fails from a disk that does.
func pour(ctx context.Context, file io.Writer, content io.Reader) error {
	buffer := make([]byte, bufferSize)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := content.Read(buffer)
		if n > 0 {
			if _, failed := file.Write(buffer[:n]); failed != nil {
				return unwritten(failed)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func flush(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// unwritten is a disk that takes nothing.
func unwritten(err error) error {
	if err == nil {
		return nil
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = fmt.Errorf("%s: %w", at.Op, at.Err) // without the path
	}
	return &portal.Error{Code: portal.CodeStorageUnavailable, Cause: err}
}

// Open returns the file of a key.
func (f Folder) Open(_ context.Context, key string) (io.ReadSeekCloser, error) {
	file, err := os.Open(f.Path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, portal.Refuse(portal.CodeNotFound)
	}
	if err != nil {
		return nil, unwritten(err)
	}
	return file, nil
}

// Remove removes the file of a key.
func (f Folder) Remove(_ context.Context, key string) error {
	if err := os.Remove(f.Path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritten(err)
	}
	return nil
}

// Old names the files that were not written to since a time, folder by folder.
// What was cut off while it was written counts under the key it was to have,
// and is removed at once: it is nobody's.
func (f Folder) Old(ctx context.Context, before time.Time, each func(keys []string) error) error {
	folders, err := os.ReadDir(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritten(err)
	}
	for _, folder := range folders {
		if err := ctx.Err(); err != nil {
			return err
		}
		keys, err := oldFiles(filepath.Join(f.path, folder.Name()), before)
		if err != nil {
			return err
		}
		for len(keys) > 0 {
			n := min(len(keys), oldKeys)
			if err := each(keys[:n]); err != nil {
				return err
			}
			keys = keys[n:]
		}
	}
	return nil
}

// oldKeys is how many keys Old names at a time.
const oldKeys = 100

func oldFiles(folder string, before time.Time) (keys []string, err error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, unwritten(err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().Before(before) {
			continue // it is gone already, or not old
		}
		if strings.Contains(file.Name(), ".") {
			_ = os.Remove(filepath.Join(folder, file.Name()))
			continue
		}
		keys = append(keys, file.Name())
	}
	return keys, nil
}
