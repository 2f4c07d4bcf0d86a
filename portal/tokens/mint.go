package tokens

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// What a token can be given at most.
const (
	maxName      = 80
	maxIPs       = 50
	maxRateLimit = 100_000
	maxNonce     = 100

	// MaxOverlap is how long a replaced token may go on working.
	MaxOverlap = 7 * 24 * time.Hour
)

// nonceLifetime is how long a form that made a token is remembered.
const nonceLifetime = 30 * 24 * time.Hour

// NewToken is what a token is made from.
type NewToken struct {
	Name       string
	Scopes     []string // of portal.Scopes, or "*"
	ExpiresAt  *time.Time
	AllowedIPs []string // addresses and CIDRs; empty = any
	RateLimit  int      // requests per second; 0 = the plan's
	Nonce      string   // of the form, so that a reload makes no second token; "" = none
	CreatedBy  string   // usr_… or ""
}

// Mint makes a token for the tenant and returns it with its secret, which is
// not kept. A nonce that was used before is *NonceUsedError and makes nothing;
// an unknown account is not_found, a suspended one account_suspended.
func (s *Service) Mint(ctx context.Context, actor portal.Actor, t portal.Tenant, n NewToken) (token portal.Token, secret string, err error) {
	defer portal.Wrap(&err, "Mint")
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(t.AccountID)
		if err != nil {
			return err
		}
		if account.Status != portal.AccountActive {
			return portal.Refuse(portal.CodeAccountSuspended)
		}
		token = portal.Token{
			AccountID: t.AccountID, Environment: t.Environment, Name: n.Name, Scopes: n.Scopes,
			AllowedIPs: n.AllowedIPs, RateLimit: n.RateLimit, ExpiresAt: n.ExpiresAt, CreatedBy: n.CreatedBy,
		}
		if fields := append(check(&token, tx.Now()), checkRate(token, account.Plan, actor)...); len(fields) > 0 {
			return portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		secret, err = s.insert(tx, &token, n.Nonce)
		if err != nil {
			return err
		}
		return tx.Audit(portal.Audit{
			AccountID: t.AccountID, Actor: actor, Action: "token.created", Target: token.ID, Details: facts(token),
		})
	})
	if err != nil {
		return portal.Token{}, "", err
	}
	return token, secret, nil
}

// Rotate makes a token like the one named, with as long a life, and ends the
// old one after the overlap (0 = now). A token that has ended or is being
// replaced already is precondition_failed; nonces are as for Mint.
func (s *Service) Rotate(ctx context.Context, actor portal.Actor, t portal.Tenant, o Rotation) (token portal.Token, secret string, err error) {
	defer portal.Wrap(&err, "Rotate(%s)", o.ID)
	if o.Overlap < 0 || o.Overlap > MaxOverlap {
		return token, "", refuseField("/overlap", portal.FieldOutOfRange)
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		old, err := tx.LockToken(t, o.ID)
		if err != nil {
			return err
		}
		token = portal.Token{
			AccountID: t.AccountID, Environment: t.Environment, Name: old.Name, Scopes: old.Scopes,
			AllowedIPs: old.AllowedIPs, RateLimit: old.RateLimit, RotatedFrom: old.ID,
		}
		if actor.Kind == portal.ActorUser {
			token.CreatedBy = actor.ID
		}
		if old.ExpiresAt != nil {
			end := tx.Now().Add(old.ExpiresAt.Sub(old.CreatedAt))
			token.ExpiresAt = &end
		}
		// The nonce first: to the form sent twice the answer is that it was.
		if secret, err = s.insert(tx, &token, o.Nonce); err != nil {
			return err
		}
		err = tx.RetireToken(t, old.ID, actor.ID, tx.Now().Add(o.Overlap))
		if isNotFound(err) {
			return portal.Refuse(portal.CodePreconditionFailed)
		}
		if err != nil {
			return err
		}
		s.changed(tx, t.AccountID)
		return auditRotation(tx, actor, old.ID, token, o.Overlap)
	})
	if err != nil {
		return portal.Token{}, "", err
	}
	return token, secret, nil
}

// Rotation says which token to replace and how.
type Rotation struct {
	ID      string
	Overlap time.Duration // how long both work
	Nonce   string        // as in NewToken
}

func auditRotation(tx *store.Tx, actor portal.Actor, oldID string, token portal.Token, overlap time.Duration) error {
	row := portal.Audit{
		AccountID: token.AccountID, Actor: actor, Action: "token.rotated", Target: oldID,
		Details: details(map[string]any{"replaced_by": token.ID, "overlap_seconds": int64(overlap / time.Second)}),
	}
	if err := tx.Audit(row); err != nil {
		return err
	}
	row.Action, row.Target, row.Details = "token.created", token.ID, facts(token)
	return tx.Audit(row)
}

// Change is what may be edited of a token; nil fields stay.
type Change struct {
	Name       *string
	Scopes     *[]string
	AllowedIPs *[]string
	RateLimit  *int
	SetExpiry  bool       // take ExpiresAt, nil meaning never
	ExpiresAt  *time.Time // in the future
}

// Update edits the token; it holds from the next request on. An unknown or
// foreign id is not_found, a token that has ended precondition_failed.
func (s *Service) Update(ctx context.Context, actor portal.Actor, t portal.Tenant, id string, ch Change) (token portal.Token, err error) {
	defer portal.Wrap(&err, "Update(%s)", id)
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		account, err := tx.Account(t.AccountID)
		if err != nil {
			return err
		}
		if token, err = tx.LockToken(t, id); err != nil {
			return err
		}
		if state := token.State(tx.Now()); state == portal.TokenRevoked || state == portal.TokenExpired {
			return portal.Refuse(portal.CodePreconditionFailed)
		}
		before := token.RateLimit
		ch.apply(&token)
		fields := check(&token, tx.Now())
		if token.RateLimit != before {
			fields = append(fields, checkRate(token, account.Plan, actor)...)
		}
		if len(fields) > 0 {
			return portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		token.UpdatedAt = tx.Now()
		s.changed(tx, t.AccountID)
		err = tx.UpdateToken(token)
		if isNotFound(err) {
			return portal.Refuse(portal.CodePreconditionFailed)
		}
		if err != nil {
			return err
		}
		return tx.Audit(portal.Audit{AccountID: t.AccountID, Actor: actor, Action: "token.updated", Target: id, Details: facts(token)})
	})
	if err != nil {
		return portal.Token{}, err
	}
	return token, nil
}

func (ch Change) apply(t *portal.Token) {
	if ch.Name != nil {
		t.Name = *ch.Name
	}
	if ch.Scopes != nil {
		t.Scopes = *ch.Scopes
	}
	if ch.AllowedIPs != nil {
		t.AllowedIPs = *ch.AllowedIPs
	}
	if ch.RateLimit != nil {
		t.RateLimit = *ch.RateLimit
	}
	if ch.SetExpiry {
		t.ExpiresAt = ch.ExpiresAt
	}
}

// insert gives the token its id and secret and stores it, after using up the nonce.
func (s *Service) insert(tx *store.Tx, token *portal.Token, nonce string) (secret string, err error) {
	token.ID = portal.NewID(portal.PrefixToken)
	if len(nonce) > maxNonce {
		return "", refuseField("/nonce", portal.FieldTooLong)
	}
	if nonce != "" {
		made, fresh, err := tx.UseNonce(portal.Tenant{AccountID: token.AccountID, Environment: token.Environment}, nonce, token.ID)
		if err != nil {
			return "", err
		}
		if !fresh {
			return "", &NonceUsedError{TokenID: made}
		}
	}
	secret = portal.NewSecret(token.Environment)
	token.Prefix = secret[:strings.LastIndexByte(secret, '_')+1]
	token.Last4 = secret[len(secret)-4:]
	token.CreatedAt, token.UpdatedAt = tx.Now(), tx.Now()
	return secret, tx.InsertToken(*token, portal.HashSecret(secret))
}

// ForgetForms forgets the forms that are too old to be sent again.
func (s *Service) ForgetForms(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "ForgetForms")
	before := s.store.Now().Add(-nonceLifetime)
	return s.store.Purge(ctx, s.store.Removing("forms", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeNonces(before, limit) }))
}

// check tidies a token and returns what is wrong with it.
func check(t *portal.Token, now time.Time) (fields []portal.FieldError) {
	refuse := func(pointer, code string) {
		fields = append(fields, portal.FieldError{Pointer: pointer, Code: code})
	}
	t.Name = strings.TrimSpace(t.Name)
	switch {
	case t.Name == "":
		refuse("/name", portal.FieldRequired)
	case utf8.RuneCountInString(t.Name) > maxName:
		refuse("/name", portal.FieldTooLong)
	case !utf8.ValidString(t.Name) || strings.ContainsFunc(t.Name, unicode.IsControl):
		refuse("/name", portal.FieldInvalidFormat)
	}
	var ok bool
	if t.Scopes, ok = cleanScopes(t.Scopes); !ok {
		refuse("/scopes", portal.FieldInvalidValue)
	} else if len(t.Scopes) == 0 {
		refuse("/scopes", portal.FieldRequired)
	}
	if t.ExpiresAt != nil {
		end := t.ExpiresAt.UTC().Truncate(time.Microsecond)
		t.ExpiresAt = &end
		if !end.After(now) {
			refuse("/expires_at", portal.FieldOutOfRange)
		}
	}
	if t.RateLimit < 0 || t.RateLimit > maxRateLimit {
		refuse("/rate_limit", portal.FieldOutOfRange)
	}
	ips, wrong := cleanIPs(t.AllowedIPs)
	t.AllowedIPs = ips
	return append(fields, wrong...)
}

// checkRate keeps people within their plan. The operator of the command line may give more.
func checkRate(t portal.Token, plan portal.Plan, actor portal.Actor) []portal.FieldError {
	most := plan.RequestsPerSecond()
	if actor.Kind == portal.ActorSystem || most == 0 || t.RateLimit <= most {
		return nil
	}
	return []portal.FieldError{{Pointer: "/rate_limit", Code: portal.FieldOutOfRange, Detail: portal.Words{
		EN: fmt.Sprintf("The plan allows at most %d requests per second.", most),
		PT: fmt.Sprintf("O plano permite no máximo %d requisições por segundo.", most),
	}}}
}

// cleanScopes returns the scopes in the contract's order without repeats; "*" stands alone.
func cleanScopes(in []string) (out []string, ok bool) {
	for _, scope := range in {
		if scope != portal.AllScopes && !slices.Contains(portal.Scopes, scope) {
			return nil, false
		}
	}
	if slices.Contains(in, portal.AllScopes) {
		return []string{portal.AllScopes}, true
	}
	for _, scope := range portal.Scopes {
		if slices.Contains(in, scope) {
			out = append(out, scope)
		}
	}
	return out, true
}

// cleanIPs returns addresses and networks as they are matched, without repeats.
func cleanIPs(in []string) (out []string, fields []portal.FieldError) {
	if len(in) > maxIPs {
		return nil, []portal.FieldError{{Pointer: "/allowed_ips", Code: portal.FieldTooMany}}
	}
	for i, text := range in {
		p, err := portal.ParseIPRange(strings.TrimSpace(text))
		if err != nil {
			fields = append(fields, portal.FieldError{Pointer: fmt.Sprintf("/allowed_ips/%d", i), Code: portal.FieldInvalidFormat})
			continue
		}
		if value := rangeText(p); !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	return out, fields
}

func rangeText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// facts is what the audit trail keeps of a token.
func facts(t portal.Token) []byte {
	kv := map[string]any{"name": t.Name, "environment": t.Environment, "scopes": t.Scopes, "rate_limit": t.RateLimit, "allowed_ips": len(t.AllowedIPs)}
	if t.ExpiresAt != nil {
		kv["expires_at"] = portal.FormatTime(*t.ExpiresAt)
	}
	if t.RotatedFrom != "" {
		kv["rotated_from"] = t.RotatedFrom
	}
	return details(kv)
}

func refuseField(pointer, code string) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: code})
}
