package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// effect is an operation that changes something, inside its transaction. It may
// run twice.
type effect[I any] func(tx *store.Tx, c *call, in *I) (reply, error)

// mountWrite registers an operation whose effect, kept answer and log row are
// one transaction: none of them exists without the others.
func mountWrite[I any](h huma.API, id string, run effect[I]) {
	mount(h, id, func(ctx context.Context, c *call, in *I) (reply, error) {
		start := time.Now()
		defer func() { c.timing.Store = time.Since(start) }()
		var rep reply
		var ans *answer
		err := c.api.Store.Tx(ctx, func(tx *store.Tx) (err error) {
			rep, ans, err = c.write(tx, func() (reply, error) { return run(tx, c, in) })
			return err
		})
		if err != nil {
			// Nothing of the effect exists: the log must not link to it.
			c.messageID, c.contactID, c.handoffID, c.eventID, c.original, c.replayed = "", "", "", "", "", false
			return reply{}, err
		}
		c.recorded = true
		if ans == nil {
			ans = new(answer)
			if *ans, err = render(rep); err != nil {
				return reply{}, err
			}
		}
		c.take(*ans)
		return reply{}, nil
	})
}

// write claims the key, runs the effect or replays its kept answer, and logs.
// Without a key the answer is nil: rendering it can wait for the end of the
// transaction, while others cannot.
func (c *call) write(tx *store.Tx, run func() (reply, error)) (reply, *answer, error) {
	c.replayed, c.original = false, "" // the transaction may run twice
	if c.key == "" {
		rep, err := run()
		if err != nil {
			return rep, nil, err
		}
		return rep, nil, c.api.Log.Record(tx, c.row(rep.code()))
	}
	hash, print := sha256.Sum256([]byte(c.key)), c.fingerprint()
	kept, claimed, err := tx.ClaimKey(c.caller.Tenant, store.KeyClaim{KeyHash: hash[:], Fingerprint: print, RequestID: c.id})
	if err != nil {
		return reply{}, nil, err
	}
	var ans answer
	if claimed {
		ans, err = c.runOnce(tx, hash[:], print, run)
	} else {
		ans, err = c.replay(tx, kept, print)
	}
	return reply{}, &ans, err
}

// runOnce runs the effect and keeps its answer under the key.
func (c *call) runOnce(tx *store.Tx, hash, print []byte, run func() (reply, error)) (answer, error) {
	rep, err := run()
	if err != nil {
		return answer{}, err
	}
	ans, err := render(rep)
	if err != nil {
		return answer{}, err
	}
	kept := ans.body
	if rep.kept != nil {
		if kept, err = encode(rep.kept); err != nil {
			return answer{}, err
		}
	}
	err = tx.KeepAnswer(c.caller.Tenant, hash, store.Kept{
		RequestID: c.id, MessageID: c.messageID, ContactID: c.contactID, Fingerprint: print,
		Status: ans.status, Headers: flat(ans.header), Body: kept,
	})
	if err != nil {
		return answer{}, err
	}
	return ans, c.api.Log.Record(tx, c.row(ans.status))
}

// replay answers what was kept, if it was kept for the same request.
func (c *call) replay(tx *store.Tx, kept *store.Kept, print []byte) (answer, error) {
	if !kept.SameCall(print) {
		return answer{}, portal.Refuse(portal.CodeIdempotencyMismatch)
	}
	about, err := c.stillThere(tx, kept.Body)
	if err != nil {
		return answer{}, err
	}
	if portal.IsID(portal.PrefixEvent, about) {
		c.eventID = about
	}
	c.replayed, c.original, c.messageID = true, kept.RequestID, kept.MessageID
	if kept.MessageID != "" {
		if err := tx.AddReplay(kept.MessageID, c.id, c.caller.Token.ID); err != nil {
			return answer{}, err
		}
	}
	ans := answer{status: kept.Status, header: http.Header{"Idempotency-Replayed": {"true"}}, body: kept.Body}
	for k, v := range kept.Headers {
		ans.header.Set(k, v)
	}
	return ans, c.api.Log.Record(tx, c.row(ans.status))
}

// stillThere refuses to repeat what was said about a person who was erased
// meanwhile, and returns the id of what it is about. The key stays taken, so
// nothing happens twice either.
func (c *call) stillThere(tx *store.Tx, body []byte) (id string, err error) {
	if len(body) == 0 {
		return "", portal.Refuse(portal.CodeNotFound) // emptied by the erasure
	}
	var about struct {
		ID        string `json:"id"`
		ContactID string `json:"contact_id"`
	}
	if err := json.Unmarshal(body, &about); err != nil {
		return "", fmt.Errorf("kept answer: %w", err)
	}
	if about.ContactID == "" {
		return about.ID, nil
	}
	_, err = tx.ContactByRef(c.caller.Tenant, about.ContactID)
	return about.ID, err
}

// fingerprint tells one request from another under the same key.
func (c *call) fingerprint() []byte {
	h := sha256.New()
	h.Write([]byte(c.r.Method + " " + c.r.URL.EscapedPath() + "\n"))
	h.Write(c.body)
	return h.Sum(nil)
}

func flat(h http.Header) map[string]string {
	out := make(map[string]string, len(h))
	for k := range h {
		out[k] = h.Get(k)
	}
	return out
}
