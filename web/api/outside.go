package api

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// claimLife is how long a key belongs to a call that asks somebody outside. A
// call that died holds it no longer.
const claimLife = time.Minute

// mountOutside registers an operation that changes something and asks somebody
// outside meanwhile, so that it cannot be one transaction: its Idempotency-Key
// is claimed first, and a second call with it is told to wait.
func mountOutside[I any](h huma.API, id string, run handler[I]) {
	mount(h, id, func(ctx context.Context, c *call, in *I) (reply, error) {
		if c.key == "" {
			return run(ctx, c, in)
		}
		replayed, err := c.claim(ctx)
		if err != nil || replayed {
			return reply{}, err
		}
		rep, err := run(ctx, c, in)
		if err != nil {
			c.giveBack(ctx)
			return reply{}, err
		}
		return rep, c.keep(ctx, rep)
	})
}

// claim takes the key for this call, or answers what was kept under it.
func (c *call) claim(ctx context.Context) (replayed bool, err error) {
	hash, print := sha256.Sum256([]byte(c.key)), c.fingerprint()
	var ans answer
	err = c.api.Store.Tx(ctx, func(tx *store.Tx) error {
		c.replayed, c.original = false, ""
		kept, claimed, err := tx.ClaimKey(c.caller.Tenant, store.KeyClaim{KeyHash: hash[:], Fingerprint: print, RequestID: c.id})
		if err != nil {
			return err
		}
		if claimed {
			return tx.KeepAnswer(c.caller.Tenant, hash[:], store.Kept{RequestID: c.id, Fingerprint: print, ExpiresAt: tx.Now().Add(claimLife)})
		}
		if kept.Status == 0 && kept.SameCall(print) {
			return portal.Refuse(portal.CodeIdempotencyConflict)
		}
		ans, err = c.replay(tx, kept, print)
		return err
	})
	if err != nil || ans.status == 0 {
		return false, err
	}
	c.recorded = true
	c.take(ans)
	return true, nil
}

// keep stores the answer under the claimed key. When that fails the effect
// stands, and a repeat within the claim's life is told to wait.
func (c *call) keep(ctx context.Context, rep reply) error {
	ans, err := render(rep)
	if err != nil {
		return err
	}
	hash, print := sha256.Sum256([]byte(c.key)), c.fingerprint()
	err = c.api.Store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.KeepAnswer(c.caller.Tenant, hash[:], store.Kept{
			RequestID: c.id, MessageID: c.messageID, Fingerprint: print, Status: ans.status, Headers: flat(ans.header), Body: ans.body,
		})
	})
	if err != nil {
		c.api.Logger.Error("answer not kept", "request_id", c.id, "error", err)
	}
	return nil
}

// giveBack gives the key back after a refusal: an error is not kept.
func (c *call) giveBack(ctx context.Context) {
	hash := sha256.Sum256([]byte(c.key))
	err := c.api.Store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.ReleaseKey(c.caller.Tenant, hash[:], c.id)
	})
	if err != nil {
		c.api.Logger.Error("key not released", "request_id", c.id, "error", err)
	}
}
