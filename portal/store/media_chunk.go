package store

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// WriteChunk writes one piece of a content, numbered from 0; what was there is replaced.
func (s *Store) WriteChunk(ctx context.Context, key string, number int64, data []byte) (err error) {
	defer portal.Wrap(&err, "WriteChunk")
	return s.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`
INSERT /* MediaChunk.Write */ INTO media_chunks (content_key, number, data, created_at)
VALUES (?, ?, ?, ?)
ON CONFLICT (content_key, number) DO UPDATE
SET data = excluded.data, created_at = excluded.created_at`, key, number, data, tx.now)
		return err
	})
}

// Chunk returns one piece of a content; not_found when there is none.
func (r Reader) Chunk(key string, number int64) (data []byte, err error) {
	err = r.Row(`
SELECT /* MediaChunk.Read */ data
FROM media_chunks
WHERE content_key = ? AND number = ?`, []any{key, number}, &data)
	return data, err
}

// ChunksSize returns how long a content is altogether; not_found when nothing of it is there.
func (r Reader) ChunksSize(key string) (size int64, err error) {
	var n int64
	err = r.Row(`
SELECT /* MediaChunk.Size */ COUNT(*), COALESCE(SUM(LENGTH(data)), 0)
FROM media_chunks
WHERE content_key = ?`, []any{key}, &n, &size)
	if err == nil && n == 0 {
		err = errNoRow
	}
	return size, err
}

// RemoveChunks removes a content.
func (s *Store) RemoveChunks(ctx context.Context, key string) (err error) {
	defer portal.Wrap(&err, "RemoveChunks")
	return s.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`
DELETE /* MediaChunk.Remove */ FROM media_chunks
WHERE content_key = ?`, key)
		return err
	})
}

// OldChunks returns up to limit keys of contents begun before a time, in the
// order of the keys, behind the key after.
func (r Reader) OldChunks(before time.Time, after string, limit int) (keys []string, err error) {
	err = r.Rows(`
SELECT /* MediaChunk.Old */ content_key
FROM media_chunks
WHERE number = 0 AND created_at < ? AND content_key > ?
ORDER BY content_key
LIMIT ?`, []any{before, after, limit}, func(scan func(dest ...any) error) error {
		var key string
		err := scan(&key)
		keys = append(keys, key)
		return err
	})
	return keys, err
}
