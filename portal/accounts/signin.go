package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// ErrCredentials: e-mail and password do not belong together. It reads the same
// whether the e-mail is known or not.
var ErrCredentials = errors.New("wrong e-mail or password")

// ErrTooMany: too many wrong passwords from this address.
type ErrTooMany struct{ RetryAfter time.Duration } //nolint:errname // read as ErrCredentials' neighbor

func (e *ErrTooMany) Error() string {
	return fmt.Sprintf("too many wrong passwords; again in %s", e.RetryAfter)
}

// pause is how long a sign-in to an account takes that is being guessed at from
// many addresses. It slows the guesser down and does not lock the owner out.
const pause = time.Second

// SignIn returns the person whose e-mail and password these are. A wrong pair
// is ErrCredentials after the same time whether the e-mail exists or not; too
// many wrong ones from the address are *ErrTooMany. Only failures count.
func (s *Service) SignIn(ctx context.Context, email, password string, ip netip.Addr) (u portal.User, err error) {
	defer portal.Wrap(&err, "SignIn")
	email, ok := cleanEmail(email)
	if !ok {
		// Not stored text: it may not even be one the database takes.
		email = ""
	}
	u, err = s.store.Reader(ctx).UserByEmail(email)
	if errors.Is(err, errNotFound) {
		u, err = portal.User{PasswordHash: nobody}, nil
	}
	if err != nil {
		return portal.User{}, err
	}
	err = s.guess(ctx, guess{email: email, hash: u.PasswordHash, password: password, ip: ip.String()})
	if err == nil && u.ID == "" {
		err = ErrCredentials
	}
	if err != nil {
		return portal.User{}, err
	}
	return u, nil
}

// guess is one try of a password.
type guess struct{ email, hash, password, ip string }

// guess checks a password within the limits on wrong ones.
func (s *Service) guess(ctx context.Context, g guess) error {
	// Counted before it is checked, so that parallel tries cannot slip through,
	// and given back when it was right.
	try := s.limits.Take(ctx, debts(g.email, g.ip)...)
	if try.Wait > 0 {
		return &ErrTooMany{RetryAfter: try.Wait}
	}
	if try.Beyond { // the account sees many wrong passwords from anywhere
		if err := sleep(ctx, pause); err != nil {
			try.GiveBack()
			return err
		}
	}
	err := s.verify(ctx, g.hash, g.password)
	if !errors.Is(err, ErrCredentials) {
		try.GiveBack()
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
