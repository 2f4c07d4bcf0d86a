// Package tokens makes, checks, replaces and ends the bearer tokens of the API.
//
// A token's secret exists in the answer of the call that made it and nowhere
// else: the store keeps its SHA-256, prefix and last four characters. Who may
// make tokens is decided by the caller; what a token may do never grows except
// by an edit of a person.
//
// Known weaknesses. When a process is killed, the last uses of tokens noted in
// the minute before are lost. They are for display only. A change made by
// hand in the database, without the signal that the use cases give, holds after
// half a second.
package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// ExpiringWithin is how near a token's end is when it is listed as expiring.
const ExpiringWithin = 14 * 24 * time.Hour

// The parts in which tokens are listed.
const (
	Active   = store.TokensActive
	Expiring = store.TokensExpiring
	Revoked  = store.TokensEnded // revoked or expired
)

// Options are what the service works with.
type Options struct {
	Store  *store.Store
	Notice func(tx *store.Tx, t portal.Token) error // tells people that a token ends soon; nil = nobody
	Logger *slog.Logger                             // nil = discard
}

// Service is the use cases of tokens. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	log    *slog.Logger
	notice func(tx *store.Tx, t portal.Token) error
	used   lastUses
	cache  atomic.Pointer[cache] // nil = every call reads the store
}

// New returns the service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Notice == nil {
		o.Notice = func(*store.Tx, portal.Token) error { return nil }
	}
	return &Service{store: o.Store, log: o.Logger, notice: o.Notice}
}

// NonceUsedError: the form was sent before. The token it made is not shown again.
type NonceUsedError struct{ TokenID string } // "" when the token is not the tenant's

func (e *NonceUsedError) Error() string { return "the form was used before, for " + e.TokenID }

// Get returns the token; not_found for an unknown or foreign id.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (token portal.Token, err error) {
	defer portal.Wrap(&err, "Get(%s)", id)
	return s.store.Reader(ctx).Token(t, id)
}

// List returns one part of the tenant's tokens (Active, Expiring or Revoked), newest first.
func (s *Service) List(ctx context.Context, t portal.Tenant, part string, p portal.Page) (rows []portal.Token, next string, err error) {
	defer portal.Wrap(&err, "List")
	now := s.store.Now()
	return s.store.Reader(ctx).Tokens(t, store.TokenFilter{Part: part, Now: now, Expiring: now.Add(ExpiringWithin)}, p)
}

// historyLimit is how many rows of a token's history are shown.
const historyLimit = 100

// History returns what was done to the token, newest first, at most the last
// hundred changes; not_found for an unknown or foreign id.
func (s *Service) History(ctx context.Context, t portal.Tenant, id string) (rows []portal.Audit, err error) {
	defer portal.Wrap(&err, "History(%s)", id)
	r := s.store.Reader(ctx)
	if _, err := r.Token(t, id); err != nil {
		return nil, err
	}
	return r.AuditOf(t.AccountID, id, historyLimit)
}

// Revoke ends the token: the next request with it is refused. Revoking one
// that has ended changes nothing; an unknown or foreign id is not_found.
func (s *Service) Revoke(ctx context.Context, actor portal.Actor, t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "Revoke(%s)", id)
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Token(t, id); err != nil {
			return err
		}
		_, err := s.revoke(tx, actor, t, id)
		return err
	})
}

// RevokeMany ends those of the tokens that are the tenant's and have not
// ended, all or none, and returns how many.
func (s *Service) RevokeMany(ctx context.Context, actor portal.Actor, t portal.Tenant, ids []string) (n int, err error) {
	defer portal.Wrap(&err, "RevokeMany")
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		n = 0
		for _, id := range ids {
			done, err := s.revoke(tx, actor, t, id)
			if err != nil {
				return err
			}
			if done {
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// RevokeAny ends a token of whatever account. It is for the command line.
func (s *Service) RevokeAny(ctx context.Context, actor portal.Actor, id string) (err error) {
	defer portal.Wrap(&err, "RevokeAny(%s)", id)
	if !portal.IsID(portal.PrefixToken, id) {
		return errNotFound
	}
	t, err := s.store.Reader(ctx).Owner(id)
	if err != nil {
		return err
	}
	return s.Revoke(ctx, actor, t, id)
}

func (s *Service) revoke(tx *store.Tx, actor portal.Actor, t portal.Tenant, id string) (done bool, err error) {
	done, err = tx.RevokeToken(t, id, actor.ID)
	if err != nil || !done {
		return false, err
	}
	s.changed(tx, t.AccountID)
	return true, tx.Audit(portal.Audit{AccountID: t.AccountID, Actor: actor, Action: "token.revoked", Target: id})
}

var errNotFound = portal.Refuse(portal.CodeNotFound)

func isNotFound(err error) bool { return errors.Is(err, errNotFound) }

// details encodes what changed for the audit trail.
func details(kv map[string]any) json.RawMessage {
	raw, _ := json.Marshal(kv) // strings, numbers and lists of them always encode
	return raw
}
