package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Files in the data folder.
const (
	databaseFile = "wpp.db"
	secretFile   = "secret.key"
	mediaFolder  = "media" // contents of files
)

// databaseSize returns the bytes of the database with what is not yet merged into it.
func databaseSize(data string) int64 {
	path := filepath.Join(data, databaseFile)
	return fileSize(path) + fileSize(path+"-wal")
}

// fileSize is 0 for a file that is not there: the store says what is missing.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// freeSpace returns the bytes that may still be written to a folder's disk.
func freeSpace(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, fmt.Errorf("the free space of %s is not known: %w", folder, err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// sameDisk reports whether two folders lie on one disk, so that a file can have a name in both.
func sameDisk(a, b string) bool {
	var one, other syscall.Stat_t
	return syscall.Stat(a, &one) == nil && syscall.Stat(b, &other) == nil && one.Dev == other.Dev
}

// hasRoom refuses what would fill the disk, on which a server may be writing too.
func hasRoom(folder string, need int64) error {
	free, err := freeSpace(folder)
	if err == nil && free < need {
		err = fmt.Errorf("%s has %s free, %s are needed. Make room, or choose another disk", folder, megabytes(free), megabytes(need))
	}
	return err
}
