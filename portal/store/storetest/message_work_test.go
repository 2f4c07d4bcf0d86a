package storetest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func TestMessageHistory(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.queued("c")
		checks := []portal.Check{
			{Check: "window", Result: portal.CheckWarn, Code: portal.CodeWindowClosed, Pointer: "/text"},
			{Check: "limits", Result: portal.CheckPass},
		}
		now := p.store.Now()
		next := now.Add(time.Minute)
		begun := portal.Attempt{MessageID: m.ID, Number: 1, At: now}
		done := portal.Attempt{
			MessageID: m.ID, Number: 1, At: now, Outcome: portal.AttemptRefused, Duration: 1500 * time.Microsecond, HTTPStatus: 400,
			TraceID: "A1", Failure: &portal.Failure{Code: portal.CodeWhatsAppError, Provider: &portal.ProviderError{Code: 131056}}, NextAttemptAt: &next,
		}
		news := []portal.StatusNews{
			{MessageID: m.ID, Status: portal.StatusDelivered, At: now, ReceivedAt: now, Applied: true, Sequence: 2},
			{MessageID: m.ID, Status: portal.StatusCreated, At: now, ReceivedAt: now.Add(time.Second)},
		}
		var again bool
		p.tx(func(tx *store.Tx) error {
			if err := tx.InsertMessage(m, checks, nil); err != nil {
				return err
			}
			if err := tx.InsertAttempt(begun); err != nil {
				return err
			}
			for _, n := range news {
				if fresh, err := tx.InsertNews(n); err != nil || !fresh {
					return fmt.Errorf("fresh %v: %w", fresh, err)
				}
			}
			var err error
			again, err = tx.InsertNews(news[0])
			return err
		})
		equal(p, "a repeat is fresh", again, false)
		state, err := p.store.Reader(p.Context()).SendState(p.tenant, m.ID)
		if err != nil || !state.UnderWay {
			p.Errorf("under way %v, %v", state.UnderWay, err)
		}
		p.tx(func(tx *store.Tx) error { return tx.FinishAttempt(done) })
		p.tx(func(tx *store.Tx) error {
			return tx.FinishAttempt(portal.Attempt{MessageID: m.ID, Number: 1, Outcome: portal.AttemptLost})
		})
		h, err := p.store.Reader(p.Context()).MessageHistory(p.tenant, m.ID)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "history", h, portal.History{Checks: checks, Attempts: []portal.Attempt{done}, News: news})
		_, err = p.store.Reader(p.Context()).MessageHistory(portal.Tenant{AccountID: "acc_x", Environment: portal.Test}, m.ID)
		mustCode(p.T, "of another tenant", err, portal.CodeNotFound)
	})
}

func TestAnswerCompletesWhatACallbackSaid(t *testing.T) {
	onMail(t, func(p mail) {
		m := p.insert(p.queued("c"), -1)
		answered := portal.Attempt{MessageID: m.ID, Number: 1, At: p.store.Now(), Outcome: portal.AttemptAccepted, HTTPStatus: 200, TraceID: "A1"}
		p.tx(func(tx *store.Tx) error {
			return errors.Join(
				tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: 1, At: tx.Now()}),
				tx.FinishAttempt(portal.Attempt{MessageID: m.ID, Number: 1, Outcome: portal.AttemptAccepted}),
				tx.FinishAttempt(answered))
		})
		h, err := p.store.Reader(p.Context()).MessageHistory(p.tenant, m.ID)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "attempts", h.Attempts, []portal.Attempt{answered})
	})
}

func TestSendState(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{Inbound: true})
		answered := p.queued(c.ID)
		answered.Status, answered.ProviderMessageID = portal.StatusRead, "wamid.1"
		p.insert(answered, -1)
		first := p.insert(p.queued(c.ID), time.Hour)
		m := p.queued(c.ID)
		m.ContextMessageID = answered.ID
		p.insert(m, 0)
		p.tx(func(tx *store.Tx) error { return tx.OpenWindow(p.tenant, c.ID, p.channel, tx.Now()) })
		s, err := p.store.Reader(p.Context()).SendState(p.tenant, m.ID)
		if err != nil {
			p.Fatal(err)
		}
		due, now := first.CreatedAt.Add(time.Hour), p.store.Now()
		free := store.Pace{ReadyAt: time.UnixMicro(0).UTC(), HeldUntil: time.UnixMicro(0).UTC()}
		want := store.SendState{
			OptIn:         portal.Consent{Status: portal.OptInUnknown, Marketing: portal.OptInUnknown},
			LastInboundAt: &now, Window: portal.Window{ChannelID: p.channel, LastInboundAt: &now}, ReplyTo: "wamid.1", Behind: &due,
			Testers: []string{}, Limited: true, Channel: free, Marketing: free, Pair: free,
		}
		equal(p, "state", s, want)
		gone := p.insert(p.queued("ctc_gone"), -1)
		if s, err = p.store.Reader(p.Context()).SendState(p.tenant, gone.ID); err != nil || s.OptIn.Status != "" || s.Behind != nil {
			p.Errorf("without a contact: %+v, %v", s, err)
		}
	})
}

func TestMessageFigures(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		start := p.store.Now()
		for _, status := range []portal.Status{portal.StatusQueued, portal.StatusRead, portal.StatusQueued, portal.StatusReceived} {
			m := p.queued(c.ID)
			m.Status = status
			if status == portal.StatusReceived {
				m.Direction = portal.Inbound
			}
			p.insert(m, -1)
			p.wait(time.Minute)
		}
		r := p.store.Reader(p.Context())
		counts, err := r.MessageCounts(p.tenant, start.Add(time.Minute))
		equal(p, "counts", counts, map[portal.Status]int64{"queued": 1, "read": 1, "received": 1})
		n, oldest, err2 := r.SentSince(p.tenant, start)
		first := start.Add(time.Minute)
		equal(p, "sent after the first", n, 2)
		equal(p, "the oldest of them", oldest, &first)
		n, oldest, err3 := r.SentSince(p.tenant, start.Add(time.Hour))
		equal(p, "sent later", n, 0)
		equal(p, "the oldest of none", oldest, nil)
		waiting, err4 := r.Waiting(p.tenant)
		equal(p, "waiting", waiting, map[string]int{p.channel: 2})
		status, _, err5 := r.LastEvidence(p.tenant, c.ID)
		equal(p, "evidence", status, portal.StatusReceived)
		if err := errors.Join(err, err2, err3, err4, err5); err != nil {
			p.Error(err)
		}
		_, _, err = r.LastEvidence(p.tenant, "ctc_x")
		mustCode(p.T, "evidence of nobody", err, portal.CodeNotFound)
	})
}

func TestContactSent(t *testing.T) {
	onMail(t, func(p mail) {
		c, _ := p.touch("31 98765-4321", store.Touch{Inbound: true})
		p.wait(time.Minute)
		p.tx(func(tx *store.Tx) error {
			return errors.Join(tx.ContactSent(p.tenant, c.ID, "553187654321"), tx.ContactSent(p.tenant, c.ID, ""), tx.ContactSent(p.tenant, "ctc_x", "1"))
		})
		got := p.contact(c.ID)
		equal(p, "wa_id", got.WAID, "553187654321")
		now := p.store.Now()
		equal(p, "written to", got.LastOutboundAt, &now)
	})
}
