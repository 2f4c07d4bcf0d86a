package store_test

import (
	"context"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func BenchmarkRevToken(b *testing.B) {
	s := storetest.Open(b)
	a := portal.Account{ID: "acc_1", Name: "x", Status: "active", Plan: "unlimited", Language: "en", Timezone: "UTC", Country: "BR", CreatedAt: s.Now(), UpdatedAt: s.Now()}
	if err := s.Tx(b.Context(), func(tx *store.Tx) error {
		if err := tx.InsertAccount(a); err != nil {
			return err
		}
		return tx.InsertToken(portal.Token{ID: "tok_1", AccountID: "acc_1", Environment: "test", Name: "n", Scopes: []string{"*"}, CreatedAt: s.Now(), UpdatedAt: s.Now()}, []byte("12345678901234567890123456789012"))
	}); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("token-bg", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Reader(context.Background()).TokenByHash([]byte("12345678901234567890123456789012")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("token-ctx", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.Reader(ctx).TokenByHash([]byte("12345678901234567890123456789012")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("modules-ctx", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Reader(ctx).ActiveModules("acc_1"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("account", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Reader(ctx).Account("acc_1"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRevVariants(b *testing.B) {
	s := storetest.Open(b)
	a := portal.Account{ID: "acc_1", Name: "x", Status: "active", Plan: "unlimited", Language: "en", Timezone: "UTC", Country: "BR", CreatedAt: s.Now(), UpdatedAt: s.Now()}
	h := []byte("12345678901234567890123456789012")
	_ = s.Tx(b.Context(), func(tx *store.Tx) error {
		_ = tx.InsertAccount(a)
		return tx.InsertToken(portal.Token{ID: "tok_1", AccountID: "acc_1", Environment: "test", Name: "n", Scopes: []string{"*"}, CreatedAt: s.Now(), UpdatedAt: s.Now()}, h)
	})
	for name, q := range map[string]string{
		"id":      "SELECT t.id FROM tokens t WHERE t.hash = ?",
		"idlim":   "SELECT t.id FROM tokens t WHERE t.hash = ? LIMIT 1",
		"cov":     "SELECT COUNT(*) FROM tokens t WHERE t.hash = ?",
		"join":    "SELECT t.id FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.hash = ?",
		"acc":     "SELECT t.id FROM accounts t WHERE CAST(? AS BLOB) IS NOT NULL AND t.id = 'acc_1'",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var id any
				_ = id
				_ = s.Reader(context.Background()).Rows(q, []any{h}, func(func(dest ...any) error) error { return nil })
			}
		})
	}
}
