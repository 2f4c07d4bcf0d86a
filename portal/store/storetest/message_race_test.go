package storetest_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
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

// Two nodes that note messages of one person at the same time keep the later time.
func TestTouchesDoNotStepBack(t *testing.T) {
	onMail(t, func(p mail) {
		n, err := phone.Parse("+5531987654321", "")
		if err != nil {
			p.Fatal(err)
		}
		first, last := p.store.Now(), p.store.Now().Add(time.Hour)
		p.touch(n.E164, store.Touch{Inbound: true, At: first})
		touch := func(tx *store.Tx, at time.Time) error {
			_, _, err := tx.TouchContact(p.tenant, n, store.Touch{Inbound: true, At: at})
			return err
		}
		done := make(chan error, 1)
		p.tx(func(tx *store.Tx) error {
			err := touch(tx, last)
			go func() {
				done <- p.store.Tx(p.Context(), func(tx *store.Tx) error { return touch(tx, first.Add(time.Minute)) })
			}()
			select {
			case early := <-done:
				p.Errorf("did not wait: %v", early)
			case <-time.After(300 * time.Millisecond): // it has read the person, and waits for us now
			}
			return err
		})
		mustCode(p.T, "the earlier one", <-done, "")
		c, err := p.store.Reader(p.Context()).ContactByPhone(p.tenant, n.Candidates)
		if err != nil || c.LastInboundAt == nil || !c.LastInboundAt.Equal(last) {
			p.Errorf("last message at %v, want %v, %v", c.LastInboundAt, last, err)
		}
	})
}
