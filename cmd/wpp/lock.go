package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// occupy takes the data folder for this process, until release or the end of the
// process, however that comes: two servers on one SQLite folder would each take
// the other's work for left over. Commands that run beside a server do not need it.
func occupy(folder string) (release func(), err error) {
	f, err := os.Open(folder) //nolint:gosec // the operator's data folder
	if err != nil {
		return nil, fmt.Errorf("the data folder cannot be read: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = f.Close() }, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another wpp runs on %s. Stop it, choose another folder with --data, or use PostgreSQL for several servers", folder)
	}
	return nil, fmt.Errorf("the data folder cannot be locked: %w", err)
}
