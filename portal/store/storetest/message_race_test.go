package storetest_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// News of a message may come while the answer that tells WhatsApp's id is being
// written: they wait for it and then find the message, by that id.
func TestLockSentFindsAMessageWhoseAnswerIsBeingWritten(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.insert(p.queued("c"), -1)
		var found portal.Message
		done := make(chan error, 1)
		p.tx(func(tx *store.Tx) error {
			m, err := tx.LockMessage(p.tenant, m.ID)
			if err != nil {
				return err
			}
			go func() {
				done <- p.store.Tx(p.Context(), func(tx *store.Tx) (err error) {
					found, err = tx.LockSent(p.channel, "wamid.1", m.ID)
					return err
				})
			}()
			select {
			case err := <-done:
				p.Errorf("did not wait: %v", err)
			case <-time.After(300 * time.Millisecond): // it waits for us now
			}
			m.ProviderMessageID = "wamid.1"
			return tx.SaveMessage(m, nil)
		})
		mustCode(p.T, "news", <-done, "")
		equal(p, "found", found.ID, m.ID)
	})
}
