package media

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/wppmarketing/developers/portal/store"
)

// chunkSize is how much of a content is one row.
const chunkSize = 512 << 10

// Rows is a shelf in the database, where every node finds it.
type Rows struct{ store *store.Store }

// NewRows returns a shelf in the database.
func NewRows(s *store.Store) Rows { return Rows{s} }

// Put writes a content row by row.
func (r Rows) Put(ctx context.Context, key string, content io.Reader) (err error) {
	defer func() {
		if err != nil {
			_ = r.store.RemoveChunks(context.WithoutCancel(ctx), key) // or the next tidying does
		}
	}()
	buffer := make([]byte, chunkSize)
	for number := int64(0); ; number++ {
		n, err := fill(content, buffer)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		if n > 0 || number == 0 {
			if err := r.store.WriteChunk(ctx, key, number, buffer[:n]); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// fill is io.ReadFull, but for a content that ends early: its error stays what it is.
func fill(content io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = content.Read(buffer[n:])
		n += more
	}
	return n, err
}

// Open returns a reader that reads a row when it needs it.
func (r Rows) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	size, err := r.store.Reader(ctx).ChunksSize(key)
	if err != nil {
		return nil, err
	}
	return &rowsReader{ctx: ctx, store: r.store, key: key, size: size, at: -1}, nil
}

// Remove removes the rows of a key.
func (r Rows) Remove(ctx context.Context, key string) error { return r.store.RemoveChunks(ctx, key) }

// Old names the contents that were begun before a time.
func (r Rows) Old(ctx context.Context, before time.Time, each func(keys []string) error) error {
	after := ""
	for {
		keys, err := r.store.Reader(ctx).OldChunks(before, after, oldKeys)
		if err != nil || len(keys) == 0 {
			return err
		}
		after = keys[len(keys)-1]
		if err := each(keys); err != nil {
			return err
		}
	}
}

// rowsReader holds one row at a time.
type rowsReader struct {
	ctx    context.Context //nolint:containedctx // of the one who opened it
	store  *store.Store
	key    string
	size   int64
	offset int64
	at     int64 // number of the row held, or -1
	data   []byte
}

func (r *rowsReader) Read(p []byte) (int, error) {
	if r.offset >= r.size {
		return 0, io.EOF
	}
	if number := r.offset / chunkSize; number != r.at {
		data, err := r.store.Reader(r.ctx).Chunk(r.key, number)
		if err != nil {
			return 0, err
		}
		r.at, r.data = number, data
	}
	within := r.offset - r.at*chunkSize
	if within >= int64(len(r.data)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, r.data[within:])
	r.offset += int64(n)
	return n, nil
}

var errSeek = errors.New("seek: before the beginning")

func (r *rowsReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errSeek
	}
	r.offset = offset
	return offset, nil
}

func (r *rowsReader) Close() error { return nil }

// DefaultShelf returns the shelf that belongs to the store: files on SQLite,
// rows on PostgreSQL.
func DefaultShelf(s *store.Store, folder string) Shelf {
	if s.Engine() == "sqlite" {
		return NewFolder(folder)
	}
	return NewRows(s)
}

var (
	_ Shelf = Folder{}
	_ Shelf = Rows{}
)
