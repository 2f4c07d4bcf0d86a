package messaging_test

import (
	"net/http"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// TestDueAgainBeforeItHasLanded: a pass that runs between the commit of an
// outcome and the end of the journey takes the message; it must not be left
// leased with nobody at work.
func TestDueAgainBeforeItHasLanded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	pass := func() {
		if n, err := b.service.Dispatch(t.Context()); err != nil || n != 1 {
			t.Errorf("took %d, %v", n, err)
		}
	}
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if b.sent(tester) > 1 {
			return false
		}
		b.committed.Store(&pass)
		fault(w, 400, 131047)
		return true
	})
	d := text(tester)
	d.Fallback = orderUpdate()
	m := b.accept(d)
	b.dispatch()
	b.want(m.ID, portal.StatusCreated, "")
}

// TestAcceptedWhileThePersonWasErased: a node that did not yet see the erasure
// accepted a message. Nothing is sent, and nothing of the person stays.
func TestAcceptedWhileThePersonWasErased(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(template(person))
	b.tx(func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE /* test */ FROM conversations WHERE contact_id = ?`, m.ContactID); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE /* test */ FROM contacts WHERE id = ?`, m.ContactID)
		return err
	})
	b.dispatch()
	m = b.want(m.ID, portal.StatusCanceled, "")
	if b.sent(person) != 0 || m.Content != nil || m.To == person {
		t.Errorf("sent %d times, to %s: %s", b.sent(person), m.To, m.Content)
	}
}
