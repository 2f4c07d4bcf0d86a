package store

import (
	"errors"
	"fmt"
	"os"
)

// accessFile lies beside the database. It holds a byte for each change that was
// published under TopicAccess, by whatever process.
const accessFile = "wpp.db-access"

// accessLog lets processes that share a file hear of each other's changes of
// access: a look at the length of a file costs less than any query.
type accessLog struct{ file *os.File }

func openAccessLog(path string) (*accessLog, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // beside the database that the operator names
	if err != nil {
		return nil, fmt.Errorf("the list of changes: %w", err)
	}
	return &accessLog{f}, nil
}

func (a *accessLog) add() error {
	_, err := a.file.Write([]byte{'\n'})
	return err
}

// close may be called again.
func (a *accessLog) close() error {
	if err := a.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

func (a *accessLog) length() (int64, error) {
	info, err := a.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// AccessMark returns a number that is another one after each Publish of
// TopicAccess by any process on the SQLite file; ok is false when it is not
// known. On PostgreSQL it is always 0: there the signals themselves travel.
func (s *Store) AccessMark() (mark int64, ok bool) {
	if s.bell.access == nil {
		return 0, true
	}
	mark, err := s.bell.access.length()
	return mark, err == nil
}
