package messaging_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
)

// setTemplate gives the template offer another status.
func (b *bench) setTemplate(status string) {
	b.Helper()
	b.tx(func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE /* test */ templates SET status = ? WHERE name = 'offer'`, status)
		return err
	})
}

// TestAPausedTemplateIsWaitedFor: what was accepted goes out when WhatsApp ends
// the pause, and no later than it was wished; a template that is disabled ends it.
func TestAPausedTemplateIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.addTemplate("offer", "marketing", portal.TemplateApproved, "named")
	var calls atomic.Int32
	var approved atomic.Bool
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if calls.Add(1); !approved.Load() {
			fault(w, 400, 132015)
		} else {
			taken(w)
		}
		return true
	})
	offer := messaging.Draft{To: person, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: "offer", Language: "pt_BR"}}
	first := b.accept(offer)
	offer.To = "+5531987650001"
	second := b.accept(offer)
	offer.To, offer.ExpiresAt = "+5531987650002", new(time.Time)
	*offer.ExpiresAt = b.clock.Now().Add(time.Hour)
	brief := b.accept(offer)
	offer.ExpiresAt = nil
	b.pass(2*time.Hour, 10*time.Minute)
	b.want(first.ID, portal.StatusQueued, "")
	b.want(second.ID, portal.StatusQueued, "")
	b.want(brief.ID, portal.StatusExpired, portal.CodeExpiredUnsent)
	waiting, _ := b.get(second.ID)
	if h, err := b.service.Hindered(t.Context(), waiting); err != nil || h == nil || !h.Until.IsZero() {
		t.Errorf("hindered by %+v, %v", h, err)
	}
	_, err := b.try(b.caller, offer)
	code(t, "accepted while it is paused", err, portal.CodeTemplateNotApproved)
	if n := calls.Load(); n > 3 {
		t.Errorf("%d calls with a template that is paused", n)
	}
	approved.Store(true)
	b.setTemplate(portal.TemplateApproved)
	b.pass(10*time.Minute, time.Minute)
	b.want(first.ID, portal.StatusCreated, "")
	b.want(second.ID, portal.StatusCreated, "")

	late := b.accept(offer)
	b.setTemplate(portal.TemplateDisabled)
	b.dispatch()
	b.want(late.ID, portal.StatusFailed, portal.CodeTemplateNotApproved)
}
