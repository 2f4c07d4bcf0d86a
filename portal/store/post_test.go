package store_test

import (
	"fmt"
	"testing"

	"github.com/wppmarketing/developers/portal/store"
)

func TestPostedStatements(t *testing.T) {
	engines(t, func(t *testing.T, s *store.Store) {
		post := func(tx *store.Tx, id string) error { return tx.Post(`INSERT INTO things (id) VALUES (?)`, id) }
		must(t, s, func(tx *store.Tx) error {
			for _, id := range []string{"a", "b"} {
				if err := post(tx, id); err != nil {
					return err
				}
			}
			var n int
			if err := tx.Row(`SELECT COUNT(*) FROM things`, nil, &n); err != nil || n != 2 {
				t.Errorf("the transaction reads %d posted rows, %v", n, err)
			}
			return post(tx, "c") // with the commit
		})
		must(t, s, func(*store.Tx) error { return nil })

		for name, after := range map[string]func(tx *store.Tx) error{
			"with the commit":         func(*store.Tx) error { return nil },
			"with the next statement": func(tx *store.Tx) error { return insert(tx, "d") },
			"with the next one, which is posted": func(tx *store.Tx) error {
				_ = post(tx, "d") // what follows a failure is not stored, whatever is made of it
				return nil
			},
			"and the next rows": func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM things`, nil, new(int)) },
		} {
			committed := false
			err := s.Tx(t.Context(), func(tx *store.Tx) error {
				tx.AfterCommit(func() { committed = true })
				if err := insert(tx, "z"); err != nil {
					return err
				}
				if err := post(tx, "a"); err != nil {
					return err
				}
				return after(tx)
			})
			if !store.IsConflict(err) || committed {
				t.Errorf("a second a, failing %s: %v, committed %v", name, err, committed)
			}
		}
		if got := fmt.Sprint(ids(t, s)); got != "[a b c]" {
			t.Errorf("stored are %s", got)
		}
	})
}
