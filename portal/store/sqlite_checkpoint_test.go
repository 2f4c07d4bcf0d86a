package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// While the writer never rests, the write-ahead log must not grow with all that
// is written.
func TestSQLiteLogBeginsAnewUnderWrites(t *testing.T) {
	t.Parallel()
	const chunk, reused, most = 1 << 20, 32 << 20, 1 << 30
	var dir string
	s := storetest.Open(t, func(o *store.Options) { dir = o.DataDir })
	must(t, s, func(tx *store.Tx) error {
		if err := exec(tx, things); err != nil {
			return err
		}
		return insert(tx, "a")
	})
	raw := bytes.Repeat([]byte{1}, chunk)
	for written := 0; ; written += chunk {
		must(t, s, func(tx *store.Tx) error { return exec(tx, `UPDATE things SET raw = ?`, raw) })
		log, err := os.Stat(filepath.Join(dir, "wpp.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		if int64(written) > log.Size()+reused {
			return
		}
		if written > most {
			t.Fatalf("%d MB are written, and the log holds %d MB", written>>20, log.Size()>>20)
		}
	}
}
