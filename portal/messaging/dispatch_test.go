package messaging_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
)

func TestExpiryBeforeSending(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := text(tester)
	at := b.clock.Now().Add(time.Minute)
	d.ExpiresAt = &at
	m := b.accept(d)
	b.clock.add(time.Hour)
	b.dispatch()
	b.want(m.ID, portal.StatusExpired, portal.CodeExpiredUnsent)
	if b.sent(tester) != 0 {
		t.Error("sent although expired")
	}
}

func TestExpiryOfTheCallerAfterAcceptance(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := text(magic("09"))
	at := b.clock.Now().Add(time.Minute)
	d.ExpiresAt = &at
	m := b.accept(d)
	b.pass(50*time.Second, 5*time.Second)
	b.want(m.ID, portal.StatusCreated, "")
	b.pass(15*time.Second, 5*time.Second)
	b.want(m.ID, portal.StatusExpired, portal.CodeExpiredUndelivered)
}

func TestScheduledAndCanceled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := b.clock.Now().Add(time.Hour)
	d := text(tester)
	d.SendAt = &at
	kept, canceled := b.accept(d), b.accept(d)
	if kept.Status != portal.StatusScheduled || kept.Sequence != 0 || !kept.ExpiresAt.Equal(at.Add(24*time.Hour)) {
		t.Errorf("scheduled as %s, sequence %d, until %v", kept.Status, kept.Sequence, kept.ExpiresAt)
	}
	cancel := func(id string) (err error) {
		return b.store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := b.service.CancelTx(tx, b.caller, id)
			return err
		})
	}
	if err := cancel(canceled.ID); err != nil {
		t.Fatal(err)
	}
	b.pass(59*time.Minute, 10*time.Minute)
	b.want(kept.ID, portal.StatusScheduled, "")
	b.pass(2*time.Minute, 10*time.Second)
	m := b.want(kept.ID, portal.StatusRead, "")
	if m.Sequence != 4 {
		t.Errorf("sequence %d, want 4", m.Sequence)
	}
	b.want(canceled.ID, portal.StatusCanceled, "")
	code(t, "cancel a read message", cancel(kept.ID), portal.CodeNotCancelable)
	code(t, "cancel twice", cancel(canceled.ID), portal.CodeNotCancelable)
	code(t, "cancel an unknown message", cancel(portal.NewID(portal.PrefixMessage)), portal.CodeNotFound)
	if b.sent(tester) != 1 {
		t.Errorf("sent %d times", b.sent(tester))
	}
}

func TestFallbackTemplate(t *testing.T) {
	t.Parallel()
	withFallback := func(to string) messaging.Draft {
		d := text(to)
		d.Fallback = orderUpdate()
		return d
	}
	t.Run("window closed", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		m := b.accept(withFallback(person))
		b.pass(3*time.Second, time.Second/2)
		m = b.want(m.ID, portal.StatusRead, "")
		if !m.FallbackUsed || m.Type != portal.TypeTemplate || m.Category != "utility" {
			t.Errorf("fallback %v, type %s, category %s", m.FallbackUsed, m.Type, m.Category)
		}
	})
	t.Run("window open", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		m := b.accept(withFallback(tester))
		b.pass(3*time.Second, time.Second/2)
		if m = b.want(m.ID, portal.StatusRead, ""); m.FallbackUsed || m.Type != portal.TypeText {
			t.Errorf("fallback %v, type %s", m.FallbackUsed, m.Type)
		}
	})
	t.Run("closed only over there", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			if b.sent(tester) > 1 {
				return false
			}
			fault(w, 400, 131047)
			return true
		})
		m := b.accept(withFallback(tester))
		b.pass(3*time.Second, time.Second/2)
		if m = b.want(m.ID, portal.StatusRead, ""); !m.FallbackUsed || m.Attempts != 2 {
			t.Errorf("fallback %v, %d attempts", m.FallbackUsed, m.Attempts)
		}
	})
}

func TestWindowOpensWhenThePersonWritesAndClosesAfterADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.try(b.caller, text(person))
	code(t, "before the person wrote", err, portal.CodeWindowClosed)
	b.writes(person, "Olá")
	at := b.clock.Now().Add(25 * time.Hour)
	d := text(person)
	d.SendAt = &at
	tooLate := b.accept(d)
	b.clock.add(24*time.Hour - time.Second)
	inTime := b.accept(text(person))
	b.dispatch()
	b.want(inTime.ID, portal.StatusCreated, "")
	b.clock.add(2 * time.Second)
	_, err = b.try(b.caller, text(person))
	code(t, "after a day", err, portal.CodeWindowClosed)
	b.pass(2*time.Hour, time.Hour)
	b.want(tooLate.ID, portal.StatusFailed, portal.CodeWindowClosed)
}
