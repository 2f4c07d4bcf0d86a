package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// ImportPurges end imports that nobody went on with since idle, and delete what
// was wrong with those that ended before old, and rows that no import needs.
func (s *Store) ImportPurges(idle, old time.Time) []Purge {
	return []Purge{
		s.Removing("idle imports", func(tx *Tx, limit int) (int64, error) { return tx.giveUpImports(idle, limit) }),
		s.purgeImportErrors(old),
		s.purgeImportParts(idle),
	}
}

// giveUpImports asks twice: somebody may go on with one while this waits for its row.
func (tx *Tx) giveUpImports(idle time.Time, limit int) (int64, error) {
	return tx.Exec(`
UPDATE /* Import.GiveUp */ imports
SET status = 'canceled', finished_at = ?, updated_at = ?
WHERE id IN (
    SELECT i.id FROM imports i
    WHERE i.finished_at IS NULL AND i.status IN ('mapping', 'checked') AND i.updated_at < ?
    LIMIT ?)
AND status IN ('mapping', 'checked')
AND updated_at < ?`, tx.now, tx.now, idle, limit, idle)
}

// importKey is the key of a row that belongs to an import.
type importKey struct {
	id     string
	place  int64 // part or line
	number int64 // in the line
}

func (s *Store) purgeImportErrors(old time.Time) Purge {
	from := "" // imports before were gone through
	return removal[importKey]{"errors of imports", func(r Reader, limit int) (found []importKey, err error) {
		err = r.Rows(`
SELECT /* Import.OldErrors */ e.import_id, e.line, e.number
FROM import_errors e
WHERE e.import_id >= ?
AND EXISTS (SELECT 1 FROM imports i WHERE i.id = e.import_id AND i.finished_at < ?)
ORDER BY e.import_id, e.line, e.number
LIMIT ?`, []any{from, old, limit}, func(scan func(dest ...any) error) error {
			var k importKey
			err := scan(&k.id, &k.place, &k.number)
			found, from = append(found, k), k.id
			return err
		})
		return found, err
	}, func(tx *Tx, found []importKey) (int64, error) {
		for _, k := range found {
			err := tx.Post(`DELETE /* Import.PurgeError */ FROM import_errors WHERE import_id = ? AND line = ? AND number = ?`, k.id, k.place, k.number)
			if err != nil {
				return 0, err
			}
		}
		return int64(len(found)), nil
	}}.of(s)
}

// purgeImportParts removes what imports that are over left, and what no import
// ever came for.
func (s *Store) purgeImportParts(idle time.Time) Purge {
	return removal[importKey]{"rows of imports", func(r Reader, limit int) (found []importKey, err error) {
		err = r.Rows(`
SELECT /* Import.OldParts */ p.import_id, p.part
FROM import_parts p
WHERE EXISTS (SELECT 1 FROM imports i WHERE i.id = p.import_id AND i.finished_at IS NOT NULL)
OR p.import_id < ? AND NOT EXISTS (SELECT 1 FROM imports i WHERE i.id = p.import_id)
ORDER BY p.import_id, p.part
LIMIT ?`, []any{portal.FirstID(portal.PrefixImport, idle), limit}, func(scan func(dest ...any) error) error {
			var k importKey
			err := scan(&k.id, &k.place)
			found = append(found, k)
			return err
		})
		return found, err
	}, func(tx *Tx, found []importKey) (int64, error) {
		for _, k := range found {
			err := tx.Post(`DELETE /* Import.PurgePart */ FROM import_parts WHERE import_id = ? AND part = ?`, k.id, k.place)
			if err != nil {
				return 0, err
			}
		}
		return int64(len(found)), nil
	}}.of(s)
}
