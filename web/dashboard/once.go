package dashboard

import (
	"context"
	"crypto/sha256"
	"net/http"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// once is a form that makes a message: the same nonce with the same content
// makes it once, however often the form comes.
type once struct {
	nonce string
	what  []byte
	make  func(tx *store.Tx) (portal.Message, error)
}

// once makes the message, or returns the id of the one that the form made before.
func (d *Dashboard) once(ctx context.Context, p *Person, o once) (id string, err error) {
	// No key of the API can be this one: theirs are printable.
	key := sha256.Sum256(append([]byte("portal\n"+p.User.ID+"\n"+o.nonce+"\n"), o.what...))
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		request := portal.RequestID(ctx)
		kept, claimed, err := tx.ClaimKey(p.Tenant(), store.KeyClaim{KeyHash: key[:], Fingerprint: key[:], RequestID: request})
		if err != nil {
			return err
		}
		if !claimed {
			id = kept.MessageID
			return nil
		}
		m, err := o.make(tx)
		if err != nil {
			return err
		}
		id = m.ID
		if err := tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "message.sent", Target: id, RequestID: request}); err != nil {
			return err
		}
		return tx.KeepAnswer(p.Tenant(), key[:], store.Kept{RequestID: request, MessageID: id, Fingerprint: key[:], Status: http.StatusSeeOther})
	})
	return id, err
}
