package store_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestSealIsBoundToRowAndKey(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	for _, plain := range []string{"", "whsec_secret"} {
		sealed, err := s.Seal("whk_1", []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		if plain != "" && bytes.Contains(sealed, []byte(plain)) {
			t.Error("the secret is readable")
		}
		got, err := s.Unseal("whk_1", sealed)
		if err != nil || string(got) != plain {
			t.Errorf("Unseal = %q, %v", got, err)
		}
		if again, _ := s.Seal("whk_1", []byte(plain)); bytes.Equal(again, sealed) {
			t.Error("sealed twice to the same bytes")
		}
		if _, err := s.Unseal("whk_2", sealed); err == nil {
			t.Error("opened for another row")
		}
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			if _, err := s.Unseal("whk_1", changed); err == nil {
				t.Errorf("opened with byte %d changed", i)
			}
			if _, err := s.Unseal("whk_1", sealed[:i]); err == nil {
				t.Errorf("opened when cut to %d bytes", i)
			}
		}
	}
}

func TestSealNeedsTheSameKey(t *testing.T) {
	t.Parallel()
	sealed, err := storetest.Open(t).Seal("row", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	other := storetest.Open(t, func(o *store.Options) { o.SecretKey = bytes.Repeat([]byte{8}, 32) })
	if _, err := other.Unseal("row", sealed); err == nil || !strings.Contains(err.Error(), "another secret key") {
		t.Errorf("Unseal under another key = %v", err)
	}
	without := storetest.Open(t, func(o *store.Options) { o.SecretKey = nil })
	if _, err := without.Seal("row", nil); err == nil {
		t.Error("sealed without a key")
	}
	if _, err := without.Unseal("row", sealed); err == nil {
		t.Error("opened without a key")
	}
	if _, err := store.Open(t.Context(), store.Options{DataDir: t.TempDir(), SecretKey: []byte("short"), Migrate: true}); err == nil {
		t.Error("a short key was accepted")
	}
}
