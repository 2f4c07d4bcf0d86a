package storetest_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// TestApart: a part that fails, in whatever way, leaves nothing behind, and the
// parts beside it are stored.
func TestApart(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		sorry := errors.New("sorry")
		insert := func(tx *store.Tx, id string) error {
			_, err := tx.Exec(`INSERT /* Test.Chore */ INTO chores (id, due_at) VALUES (?, ?)`, id, tx.Now())
			return err
		}
		parts := map[string]func(tx *store.Tx) error{
			"refuses": func(tx *store.Tx) error { return errors.Join(insert(tx, "refused"), sorry) },
			"panics":  func(tx *store.Tx) error { _ = insert(tx, "panicked"); panic("poison") },
			"repeats": func(tx *store.Tx) error { _ = insert(tx, "twice"); return insert(tx, "first") },
			"forgets": func(tx *store.Tx) error { _ = insert(tx, "first"); return nil },
			"binds":   func(tx *store.Tx) error { return insert(tx, "nul\x00") },
			"posts": func(tx *store.Tx) error {
				return tx.Post(`INSERT /* Test.Post */ INTO chores (id, due_at) VALUES ('first', 1)`)
			},
			"post, no": func(tx *store.Tx) error {
				_ = tx.Post(`INSERT /* Test.Post */ INTO chores (id, due_at) VALUES ('first', 1)`)
				return sorry
			},
		}
		for name, part := range parts {
			hooks := 0
			var refused error
			err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
				if _, err := tx.Exec(`DELETE /* Test.Empty */ FROM chores`); err != nil {
					return err
				}
				if err := insert(tx, "first"); err != nil {
					return err
				}
				if refused, err = tx.Apart(func() error { tx.AfterCommit(func() { hooks += 100 }); return part(tx) }); err != nil {
					return err
				}
				_, err = tx.Apart(func() error { tx.AfterCommit(func() { hooks++ }); return insert(tx, "second") })
				return err
			})
			if err != nil || refused == nil || hooks != 1 {
				t.Errorf("%s: %v, refused %v, %d hooks", name, err, refused, hooks)
				continue
			}
			var ids []string
			err = s.Reader(t.Context()).Rows(`SELECT /* Test.Chores */ id FROM chores ORDER BY id`, nil, func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				ids = append(ids, id)
				return err
			})
			if diff := cmp.Diff([]string{"first", "second"}, ids); err != nil || diff != "" {
				t.Errorf("%s: %v %s", name, err, diff)
			}
		}
	})
}
