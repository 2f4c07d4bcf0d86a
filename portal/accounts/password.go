package accounts

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// The length of a password, in characters.
const (
	minPassword = 10
	maxPassword = 128
)

// argon is said in full: the library's defaults depend on the machine.
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	maxHashing  = 2               // passwords computed at once
	hashingWait = 5 * time.Second // then overloaded
)

// nobody is a hash that no known password has: an unknown e-mail costs the same time as a known one.
var nobody = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argon.Memory, argon.Iterations, argon.Parallelism,
	base64.RawStdEncoding.EncodeToString(make([]byte, argon.SaltLength)),
	base64.RawStdEncoding.EncodeToString(make([]byte, argon.KeyLength)))

// CheckPassword returns nil if the password is the person's, ErrCredentials if
// not, *ErrTooMany after too many wrong ones. ip is where the request came from.
func (s *Service) CheckPassword(ctx context.Context, userID, password, ip string) (err error) {
	defer portal.Wrap(&err, "CheckPassword(%s)", userID)
	u, err := s.store.Reader(ctx).User(userID)
	if err != nil {
		return err
	}
	return s.guess(ctx, guess{email: u.Email, hash: u.PasswordHash, password: password, ip: ip})
}

// ChangePassword replaces the person's own password. A wrong old one is
// ErrCredentials, too many of them *ErrTooMany, an unfit new one
// validation_failed at /new_password. Sessions are the caller's to end.
func (s *Service) ChangePassword(ctx context.Context, userID, before, after string, actor portal.Actor) (err error) {
	defer portal.Wrap(&err, "ChangePassword(%s)", userID)
	u, err := s.store.Reader(ctx).User(userID)
	if err != nil {
		return err
	}
	if fields := checkPassword("/new_password", after); len(fields) > 0 {
		return portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	if err := s.guess(ctx, guess{email: u.Email, hash: u.PasswordHash, password: before, ip: actor.IP}); err != nil {
		return err
	}
	hash, err := s.hash(ctx, after)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		err := tx.SetPasswordHash(u.ID, u.PasswordHash, hash)
		if errors.Is(err, errNotFound) {
			return ErrCredentials // changed meanwhile: what was given is the old one no more
		}
		return firstError(err, tx.AuditPerson(u.ID, portal.Audit{Actor: actor, Action: "user.password_changed", Target: u.ID}))
	})
}

// SetPassword gives a person a new password without asking for the old one,
// and ends all their sessions. It is for the command line; not_found for an unknown e-mail.
func (s *Service) SetPassword(ctx context.Context, email, password string) (err error) {
	defer portal.Wrap(&err, "SetPassword")
	if fields := checkPassword("/password", password); len(fields) > 0 {
		return portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	email, _ = cleanEmail(email)
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByEmail(email)
		if err != nil {
			return err
		}
		if err := tx.SetPasswordHash(u.ID, u.PasswordHash, hash); err != nil {
			return err
		}
		if _, err := tx.EndSessions(u.ID, ""); err != nil {
			return err
		}
		actor := portal.Actor{Kind: portal.ActorSystem}
		return tx.AuditPerson(u.ID, portal.Audit{Actor: actor, Action: "user.password_changed", Target: u.ID})
	})
}

// SetStaff makes a person one of the platform's own people, or not. It is for
// the command line; not_found for an unknown e-mail.
func (s *Service) SetStaff(ctx context.Context, email string, on bool) (err error) {
	defer portal.Wrap(&err, "SetStaff")
	email, _ = cleanEmail(email)
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByEmail(email)
		if err != nil {
			return err
		}
		if err := tx.SetStaff(u.ID, on); err != nil {
			return err
		}
		return tx.AuditPerson(u.ID, portal.Audit{
			Actor: portal.Actor{Kind: portal.ActorSystem}, Action: "staff.changed", Target: u.ID,
			Details: details(map[string]any{"staff": on}),
		})
	})
}

// checkPassword returns what is wrong with a new password.
func checkPassword(pointer, password string) []portal.FieldError {
	var code string
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		code = portal.FieldInvalidFormat
	case n < minPassword:
		code = portal.FieldTooShort
	case n > maxPassword:
		code = portal.FieldTooLong
	default:
		return nil
	}
	return []portal.FieldError{{Pointer: pointer, Code: code, Detail: portal.Words{
		EN: fmt.Sprintf("A password has %d to %d characters.", minPassword, maxPassword),
		PT: fmt.Sprintf("Uma senha tem de %d a %d caracteres.", minPassword, maxPassword),
	}}}
}

// verify returns nil if the password has the hash, ErrCredentials if not, overloaded when too many wait.
func (s *Service) verify(ctx context.Context, hash, password string) error {
	if utf8.RuneCountInString(password) > maxPassword {
		return ErrCredentials
	}
	var match bool
	err := s.compute(ctx, func() (err error) {
		match, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	if err == nil && !match {
		return ErrCredentials
	}
	return err
}

func (s *Service) hash(ctx context.Context, password string) (hash string, err error) {
	err = s.compute(ctx, func() (err error) {
		hash, err = argon2id.CreateHash(password, argon)
		return err
	})
	return hash, err
}

// compute runs the work when one of the places is free; overloaded when none is for too long.
func (s *Service) compute(ctx context.Context, work func() error) error {
	wait, cancel := context.WithTimeout(ctx, hashingWait)
	defer cancel()
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return work()
	case <-wait.Done():
		return firstError(ctx.Err(), portal.Refuse(portal.CodeOverloaded))
	}
}
