// Package accounts is about who there is: accounts, the people in them, what
// they may do, how they sign in, and which modules an account has.
//
// It does not know browsers (web/session does) and does not decide which role
// a page needs (the route does). Passwords are kept as argon2id hashes; at most
// two are computed at once, so that sign-in cannot starve the API.
//
// Known weaknesses. The counters of failed sign-ins are those of portal/limits:
// without Redis they live in the process and start anew with it. A guesser with
// very many addresses is slowed down, not stopped, because stopping would lock
// the rightful owner out.
package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/store"
)

// Options are what the service works with.
type Options struct {
	Store *store.Store
	// Provision gives a new account what it starts with, inside its transaction.
	Provision func(tx *store.Tx, a portal.Account) error
	Limits    counter      // of wrong passwords; nil = counted in the process
	Logger    *slog.Logger // nil = discard
}

// Service is the use cases of accounts. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	provision func(tx *store.Tx, a portal.Account) error
	log       *slog.Logger
	hashing   chan struct{} // a place for each password being computed
	limits    counter
}

// New returns the service.
func New(o Options) *Service {
	if o.Provision == nil {
		o.Provision = func(*store.Tx, portal.Account) error { return nil }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Limits == nil {
		o.Limits = limits.Local(o.Store.Now)
	}
	return &Service{
		store:     o.Store,
		provision: o.Provision,
		log:       o.Logger,
		hashing:   make(chan struct{}, maxHashing),
		limits:    o.Limits,
	}
}

// Memberships returns the accounts that the person belongs to, oldest first.
func (s *Service) Memberships(ctx context.Context, user portal.User) (rows []portal.Membership, err error) {
	defer portal.Wrap(&err, "Memberships(%s)", user.ID)
	return s.store.Reader(ctx).Memberships(user.ID)
}

// Acting returns the account and the role in which the person acts there: that
// of the membership, or auditor for staff without one. To everybody else the
// account is not_found, whether it exists or not. The account may be suspended.
func (s *Service) Acting(ctx context.Context, user portal.User, accountID string) (account portal.Account, role portal.Role, err error) {
	defer portal.Wrap(&err, "Acting(%s, %s)", user.ID, accountID)
	r := s.store.Reader(ctx)
	m, err := r.Membership(accountID, user.ID)
	switch {
	case err == nil:
		role = m.Role
	case errors.Is(err, errNotFound) && user.Staff:
		role = portal.RoleAuditor
	default:
		return account, "", err
	}
	if account, err = r.Account(accountID); err != nil {
		return portal.Account{}, "", err
	}
	return account, role, nil
}

// Get returns the account; not_found for an unknown id. It checks nothing: it is for staff and the command line.
func (s *Service) Get(ctx context.Context, id string) (a portal.Account, err error) {
	defer portal.Wrap(&err, "Get(%s)", id)
	return s.store.Reader(ctx).Account(id)
}

// List returns every account of the platform, newest first. It is for staff.
func (s *Service) List(ctx context.Context, p portal.Page) (rows []portal.Account, next string, err error) {
	defer portal.Wrap(&err, "List")
	return s.store.Reader(ctx).Accounts(p)
}

var errNotFound = portal.Refuse(portal.CodeNotFound)

// details encodes what changed for the audit trail.
func details(kv map[string]any) json.RawMessage {
	raw, _ := json.Marshal(kv) // strings, numbers and booleans always encode
	return raw
}
