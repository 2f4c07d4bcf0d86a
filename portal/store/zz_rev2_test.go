package store_test

import (
	"context"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func BenchmarkRevCols(b *testing.B) {
	s := storetest.Open(b)
	a := portal.Account{ID: "acc_1", Name: "x", Status: "active", Plan: "unlimited", Language: "en", Timezone: "UTC", Country: "BR", CreatedAt: s.Now(), UpdatedAt: s.Now()}
	h := []byte("12345678901234567890123456789012")
	_ = s.Tx(b.Context(), func(tx *store.Tx) error {
		_ = tx.InsertAccount(a)
		return tx.InsertToken(portal.Token{ID: "tok_1", AccountID: "acc_1", Environment: "test", Name: "n", Scopes: []string{"*"}, CreatedAt: s.Now(), UpdatedAt: s.Now()}, h)
	})
	for name, q := range map[string]string{
		"01-1":      "SELECT t.name FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = ?",
		"02-a":      "SELECT a.name FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = ?",
		"03-a12":    "SELECT a.name,a.name,a.name,a.name,a.name,a.name,a.name,a.name,a.name,a.name,a.name,a.name FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = ?",
		"04-t12":    "SELECT t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = ?",
		"05-t12nojoin":    "SELECT t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name FROM tokens t WHERE t.hash = ?",
		"06-t12sub":    "SELECT t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,t.name,(SELECT a.name FROM accounts a WHERE a.id=t.account_id) FROM tokens t WHERE t.hash = ?",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = s.Reader(context.Background()).Rows(q, []any{h}, func(func(dest ...any) error) error { return nil })
			}
		})
	}
}
