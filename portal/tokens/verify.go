package tokens

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Verify returns who a secret speaks for. A wrong shape or checksum is
// invalid_token without a look at the store; otherwise the store is read at
// least every half second and after each change that was heard of (cache.go): on
// SQLite those of all processes are, before the changing call returns. Refusals are
// invalid_token, revoked_token, expired_token, account_suspended and
// ip_not_allowed; but for the first, the caller is returned beside the error
// so that the refused call can be logged for the account.
func (s *Service) Verify(ctx context.Context, secret string, ip netip.Addr) (c portal.Caller, err error) {
	defer portal.Wrap(&err, "Verify")
	if _, ok := portal.SecretEnvironment(secret); !ok {
		return portal.Caller{IP: ip}, portal.Refuse(portal.CodeInvalidToken)
	}
	h, err := s.holder(ctx, portal.HashSecret(secret))
	if isNotFound(err) {
		return portal.Caller{IP: ip}, portal.Refuse(portal.CodeInvalidToken)
	}
	if err != nil {
		return portal.Caller{IP: ip}, err
	}
	c = portal.Caller{
		Tenant:  portal.Tenant{AccountID: h.Token.AccountID, Environment: h.Token.Environment},
		Account: h.Account, Token: h.Token, Modules: h.Modules, IP: ip,
	}
	switch state := h.Token.State(s.store.Now()); {
	case state == portal.TokenRevoked:
		return c, portal.Refuse(portal.CodeRevokedToken)
	case state == portal.TokenExpired:
		return c, portal.Refuse(portal.CodeExpiredToken)
	case h.Account.Status != portal.AccountActive:
		return c, portal.Refuse(portal.CodeAccountSuspended)
	case !h.Token.AllowsIP(ip):
		return c, portal.Refuse(portal.CodeIPNotAllowed)
	}
	return c, nil
}

// noteEvery is how often the last use of a token is written.
const noteEvery = time.Minute

// flushEvery is how often it is looked at what is to be written.
const flushEvery = 5 * time.Second

// maxUses bounds the memory: uses of further tokens are not noted until the next flush.
const maxUses = 100_000

// lastUses remembers the last uses that are not written yet. The zero value is ready.
type lastUses struct {
	mu      sync.Mutex
	pending map[string]store.TokenUse
	written map[string]time.Time
}

// Used notes that a call was made with the caller's token. It does not touch
// the store: Run writes it, at most once a minute a token.
func (s *Service) Used(c portal.Caller) {
	if c.Token.ID == "" {
		return
	}
	u := &s.used
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pending == nil {
		u.pending, u.written = map[string]store.TokenUse{}, map[string]time.Time{}
	}
	if _, known := u.pending[c.Token.ID]; known || len(u.pending) < maxUses {
		u.pending[c.Token.ID] = store.TokenUse{Tenant: c.Tenant, ID: c.Token.ID, At: s.store.Now(), IP: c.IP.String()}
	}
}

// Run writes the last uses until ctx ends, and then those that are left.
// Meanwhile tokens are remembered for a moment.
func (s *Service) Run(ctx context.Context) error {
	defer s.remembers()()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := s.Flush(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("last uses of tokens not written", "error", err)
			}
		case <-ctx.Done():
			if err := s.write(context.WithoutCancel(ctx), s.used.take(func(string) bool { return true })); err != nil {
				s.log.Error("last uses of tokens not written", "error", err)
			}
			return nil
		}
	}
}

// Flush writes the last uses of the tokens that were not written within a
// minute, and returns how many.
func (s *Service) Flush(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Flush")
	now := s.store.Now()
	due := s.used.take(func(id string) bool { return !s.used.written[id].After(now.Add(-noteEvery)) })
	if err := s.write(ctx, due); err != nil {
		s.used.putBack(due)
		return 0, err
	}
	s.used.wrote(due, now)
	return len(due), nil
}

func (s *Service) write(ctx context.Context, uses []store.TokenUse) error {
	if len(uses) == 0 {
		return nil
	}
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		for _, u := range uses {
			if err := tx.TouchToken(u); err != nil {
				return err
			}
		}
		return nil
	})
}

// take removes and returns the pending uses that are due, in the order of their
// tokens: nodes that write at the same moment then wait for each other's rows
// and never for one another.
func (u *lastUses) take(due func(id string) bool) (uses []store.TokenUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, use := range u.pending {
		if due(id) {
			uses = append(uses, use)
			delete(u.pending, id)
		}
	}
	slices.SortFunc(uses, func(a, b store.TokenUse) int { return strings.Compare(a.ID, b.ID) })
	return uses
}

// putBack keeps uses that were not written for the next time, unless newer ones came.
func (u *lastUses) putBack(uses []store.TokenUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, use := range uses {
		if _, newer := u.pending[use.ID]; !newer {
			u.pending[use.ID] = use
		}
	}
}

// wrote remembers when the uses were written, and forgets what no longer matters.
func (u *lastUses) wrote(uses []store.TokenUse, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, at := range u.written {
		if !at.After(now.Add(-noteEvery)) {
			delete(u.written, id)
		}
	}
	for _, use := range uses {
		u.written[use.ID] = now
	}
}
