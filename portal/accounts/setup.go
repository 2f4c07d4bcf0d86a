package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// setupLifetime is how long a set-up link can be used. A new one is made at each start.
const setupLifetime = 24 * time.Hour

// SetupLink makes the one-time code of the set-up page and ends every earlier
// one. It returns "" once there is a user. Only the code's hash is stored.
func (s *Service) SetupLink(ctx context.Context) (code string, expires time.Time, err error) {
	defer portal.Wrap(&err, "SetupLink")
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails since Go 1.24
	fresh := base64.RawURLEncoding.EncodeToString(raw)
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		code, expires = "", time.Time{}
		inhabited, err := tx.AnyUser()
		if err != nil || inhabited {
			return err
		}
		code, expires = fresh, tx.Now().Add(setupLifetime)
		return tx.ReplaceSetupLink(setupHash(code), expires)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return code, expires, nil
}

// CheckSetup returns when the link ends; not_found for a wrong, used or ended one.
func (s *Service) CheckSetup(ctx context.Context, code string) (expires time.Time, err error) {
	defer portal.Wrap(&err, "CheckSetup")
	expires, err = s.store.Reader(ctx).SetupLink(setupHash(code))
	if err == nil && !s.store.Now().Before(expires) {
		return time.Time{}, errNotFound
	}
	return expires, err
}

// Setup makes the first account and the first user, who is its owner and
// staff. It uses the link up; not_found for a wrong, used or ended one, and
// then nothing is made.
func (s *Service) Setup(ctx context.Context, code string, n NewAccount) (a portal.Account, u portal.User, err error) {
	defer portal.Wrap(&err, "Setup")
	// Before the password is hashed: nobody without the link makes us work.
	if _, err := s.CheckSetup(ctx, code); err != nil {
		return a, u, err
	}
	a, u, err = s.prepare(ctx, n)
	if err != nil {
		return portal.Account{}, portal.User{}, err
	}
	u.Staff, u.Language = true, a.Language
	actor := portal.Actor{Kind: portal.ActorUser, ID: u.ID, Name: u.Name}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.TakeSetupLink(setupHash(code)); err != nil {
			return err
		}
		if inhabited, err := tx.AnyUser(); err != nil || inhabited {
			return firstError(err, errNotFound)
		}
		return s.insert(tx, actor, newcomers{account: a, owner: u})
	})
	if err != nil {
		return portal.Account{}, portal.User{}, err
	}
	return a, u, nil
}

func setupHash(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return sum[:]
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
