package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// vault seals the secrets that must be recovered in clear. A sealed value is
// key id (1 byte), nonce (12), AES-256-GCM ciphertext and tag. The key id and
// the row id are authenticated, so a value moved to another row does not open.
type vault struct {
	keyID  byte
	aead   cipher.AEAD
	pepper []byte // keys the hashes of numbers that outlive an erasure
}

// newVault derives the sealing key from secret. Without a secret it returns nil.
func newVault(secret []byte) (*vault, error) {
	if secret == nil {
		return nil, nil //nolint:nilnil // a store without a secret key is allowed; it cannot seal
	}
	if len(secret) != 32 {
		return nil, fmt.Errorf("the secret key has %d bytes, not 32", len(secret))
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "wpp/store/seal", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the sealing key: %w", err)
	}
	id, err := hkdf.Key(sha256.New, secret, nil, "wpp/store/key-id", 1)
	if err != nil {
		return nil, fmt.Errorf("derive the key id: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	pepper, err := hkdf.Key(sha256.New, secret, nil, "wpp/store/pepper", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the pepper: %w", err)
	}
	return &vault{keyID: id[0], aead: aead, pepper: pepper}, nil
}

var errNoKey = errors.New("the store was opened without a secret key")

// Seal encrypts plain for the row rowID. Two calls never give the same bytes.
func (s *Store) Seal(rowID string, plain []byte) ([]byte, error) { return s.vault.seal(rowID, plain) }

// Unseal returns what was given to Seal for the same row. Bytes of another
// row, of another secret key, or changed ones are an error.
func (s *Store) Unseal(rowID string, sealed []byte) ([]byte, error) {
	return s.vault.unseal(rowID, sealed)
}

func (v *vault) seal(rowID string, plain []byte) ([]byte, error) {
	if v == nil {
		return nil, errNoKey
	}
	sealed := make([]byte, 1+v.aead.NonceSize(), 1+v.aead.NonceSize()+len(plain)+v.aead.Overhead())
	sealed[0] = v.keyID
	if _, err := rand.Read(sealed[1:]); err != nil {
		return nil, fmt.Errorf("Seal(%s): %w", rowID, err)
	}
	return v.aead.Seal(sealed, sealed[1:], plain, v.bound(rowID)), nil
}

func (v *vault) unseal(rowID string, sealed []byte) ([]byte, error) {
	if v == nil {
		return nil, errNoKey
	}
	front := 1 + v.aead.NonceSize()
	if len(sealed) < front+v.aead.Overhead() {
		return nil, fmt.Errorf("Unseal(%s): the sealed value is too short", rowID)
	}
	if sealed[0] != v.keyID {
		return nil, fmt.Errorf("Unseal(%s): the value was sealed under another secret key", rowID)
	}
	plain, err := v.aead.Open(nil, sealed[1:front], sealed[front:], v.bound(rowID))
	if err != nil {
		return nil, fmt.Errorf("Unseal(%s): %w", rowID, err)
	}
	return plain, nil
}

func (v *vault) bound(rowID string) []byte { return append([]byte{v.keyID}, rowID...) }
