package storetest_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// asks opens a handoff for a new person.
func (p people) asks(number, priority, department string) portal.Handoff {
	p.Helper()
	c, _ := p.touch(number, store.Touch{})
	h := portal.Handoff{
		ID: portal.NewID(portal.PrefixHandoff), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, ContactID: c.ID,
		ConversationID: portal.NewID(portal.PrefixConversation), Reason: "Troca", Priority: priority, Department: department, CreatedAt: p.store.Now(),
	}
	p.tx(func(tx *store.Tx) error {
		_, err := tx.InsertHandoff(h)
		return err
	})
	return h
}

// The urgent come first, and among equals who waits longest; pages neither skip nor repeat.
func TestQueueByUrgency(t *testing.T) {
	onPeople(t, func(p people) {
		low, normal, high, later := p.asks("31 98765-4321", "low", ""), p.asks("31 98765-4322", "normal", "trocas"), p.asks("31 98765-4323", "high", ""), p.asks("31 98765-4324", "high", "trocas")
		r := p.store.Reader(p.Context())
		var got []string
		for after := ""; ; {
			page, next, err := r.Handoffs(p.tenant, store.HandoffFilter{Open: true, OldestFirst: true}, portal.Page{Limit: 1, After: after})
			if err != nil {
				p.Fatal(err)
			}
			for _, h := range page {
				got = append(got, h.ID)
			}
			if after = next; next == "" {
				break
			}
		}
		equal(p, "order", got, []string{high.ID, later.ID, normal.ID, low.ID})
		list, _, err := r.Handoffs(p.tenant, store.HandoffFilter{Department: "trocas", OldestFirst: true}, portal.Page{Limit: 9})
		if err != nil || len(list) != 2 {
			p.Errorf("%d of the department, %v", len(list), err)
		}
		p.tx(func(tx *store.Tx) error {
			taken, err := tx.TakeHandoff(p.tenant, high.ID, portal.Requester{ID: "usr_1", Name: "Bia"})
			equal(p, "taken", taken, true)
			return err
		})
		p.tx(func(tx *store.Tx) error {
			taken, err := tx.TakeHandoff(p.tenant, high.ID, portal.Requester{ID: "usr_2", Name: "Caio"})
			equal(p, "taken by the second", taken, false)
			return err
		})
		counts, err := r.CountHandoffs(p.tenant, "usr_1", "")
		equal(p, "counts", counts, store.HandoffCounts{Waiting: 3, Mine: 1, Open: 4})
		if err == nil {
			counts, err = r.CountHandoffs(p.tenant, "usr_1", "trocas")
		}
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "counts of a department", counts, store.HandoffCounts{Waiting: 2, Open: 2})
	})
}

func TestHandoffNotes(t *testing.T) {
	onPeople(t, func(p people) {
		h := p.asks("31 98765-4321", "normal", "")
		for _, body := range []string{"Primeira", "Segunda"} {
			p.tx(func(tx *store.Tx) error {
				return tx.AddNote(p.tenant, portal.HandoffNote{HandoffID: h.ID, Author: portal.Requester{ID: "usr_1", Name: "Bia"}, Body: body})
			})
		}
		other := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		err := p.store.Tx(p.Context(), func(tx *store.Tx) error { return tx.AddNote(other, portal.HandoffNote{HandoffID: h.ID, Body: "x"}) })
		if portal.CodeOf(err) != portal.CodeNotFound {
			p.Errorf("a note of another tenant: %v", err)
		}
		notes, err := p.store.Reader(p.Context()).Notes(p.tenant, h.ID)
		if err != nil || len(notes) != 2 || notes[0].Body != "Primeira" || notes[1].Author.Name != "Bia" {
			p.Errorf("notes: %v, %v", notes, err)
		}
		p.tx(func(tx *store.Tx) error { return tx.EraseContact(p.tenant, h.ContactID) })
		if notes, err = p.store.Reader(p.Context()).Notes(p.tenant, h.ID); err != nil || len(notes) != 0 {
			p.Errorf("after the erasure: %v, %v", notes, err)
		}
	})
}

// What WhatsApp is to be told is claimed once, tried again, and forgotten when told.
func TestReceipts(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		m := portal.Message{
			ID: portal.NewID(portal.PrefixMessage), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, Direction: portal.Inbound,
			Status: portal.StatusReceived, Type: portal.TypeText, ContactID: c.ID, ChannelID: p.channel, ProviderMessageID: "wamid.1",
			CreatedAt: p.store.Now(), UpdatedAt: p.store.Now(), ExpiresAt: p.store.Now(),
		}
		p.tx(func(tx *store.Tx) error { return tx.InsertMessage(m, nil, nil) })
		for range 2 {
			p.tx(func(tx *store.Tx) error { return tx.MarkRead(p.tenant, m.ID, true) })
		}
		claim := func() (list []store.Receipt) {
			p.tx(func(tx *store.Tx) (err error) {
				list, err = tx.ClaimReceipts(9, time.Minute)
				return err
			})
			return list
		}
		equal(p, "claimed", claim(), []store.Receipt{{MessageID: m.ID, Tenant: p.tenant, Tries: 1, Typing: true}})
		equal(p, "claimed again", len(claim()), 0)
		now := p.store.Now()
		p.tx(func(tx *store.Tx) error { return tx.FinishReceipt(m.ID, &now) })
		equal(p, "tried again", len(claim()), 1)
		p.tx(func(tx *store.Tx) error { return tx.FinishReceipt(m.ID, nil) })
		equal(p, "told", len(claim()), 0)
		got, err := p.store.Reader(p.Context()).Message(p.tenant, m.ID)
		if err != nil || got.ReadAt == nil {
			p.Errorf("read at %v, %v", got.ReadAt, err)
		}
		m.ID, m.Direction, m.ProviderMessageID = portal.NewID(portal.PrefixMessage), portal.Outbound, "wamid.2"
		p.tx(func(tx *store.Tx) error { return tx.InsertMessage(m, nil, nil) })
		err = p.store.Tx(p.Context(), func(tx *store.Tx) error { return tx.MarkRead(p.tenant, m.ID, false) })
		if portal.CodeOf(err) != portal.CodeNotFound {
			p.Errorf("one that we sent: %v", err)
		}
	})
}
