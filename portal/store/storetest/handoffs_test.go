package storetest_test

import (
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func TestHandoffs(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{Name: "Ana"})
		h := portal.Handoff{
			ID: portal.NewID(portal.PrefixHandoff), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment,
			ContactID: c.ID, ConversationID: portal.NewID(portal.PrefixConversation), Reason: "Troca", Priority: "high",
			RequestedBy: portal.Requester{Kind: portal.ActorToken, ID: "tok_1", Name: "CRM"}, CreatedAt: p.store.Now(),
		}
		second := h
		second.ID = portal.NewID(portal.PrefixHandoff)
		p.tx(func(tx *store.Tx) error {
			inserted, err := tx.InsertHandoff(h)
			equal(p, "inserted", inserted, true)
			return err
		})
		p.tx(func(tx *store.Tx) error {
			inserted, err := tx.InsertHandoff(second)
			equal(p, "one is open", inserted, false)
			return err
		})
		r := p.store.Reader(p.Context())
		n, err := r.WaitingHandoffs(p.tenant)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "waiting", n, 1)
		equal(p, "contact shows it", p.contact(c.ID).HandoffID, h.ID)
		p.tx(func(tx *store.Tx) error {
			_, err := tx.AssignHandoff(p.tenant, h.ID, portal.Requester{ID: "usr_1", Name: "Bia"})
			return err
		})
		for _, want := range []bool{true, false} {
			p.tx(func(tx *store.Tx) error {
				resolved, err := tx.ResolveHandoff(p.tenant, h.ID, "solved", "ok")
				equal(p, "resolved", resolved, want)
				return err
			})
		}
		got, err := r.Handoff(p.tenant, h.ID)
		if err != nil {
			p.Fatal(err)
		}
		h.ContactName, h.ContactPhone, h.Status, h.Outcome, h.ResolutionNote = "Ana", "+5531987654321", portal.HandoffResolved, "solved", "ok"
		h.AssignedTo = &portal.Requester{Kind: portal.ActorUser, ID: "usr_1", Name: "Bia"}
		h.AssignedAt, h.ResolvedAt = got.AssignedAt, got.ResolvedAt
		equal(p, "handoff", got, h)
		equal(p, "contact is free", p.contact(c.ID).HandoffID, "")
		p.tx(func(tx *store.Tx) error {
			inserted, err := tx.InsertHandoff(second)
			equal(p, "the next one", inserted, true)
			return err
		})
		open, _, err := r.Handoffs(p.tenant, store.HandoffFilter{Open: true}, portal.Page{Limit: 1})
		if err != nil || len(open) != 1 || open[0].ID != second.ID {
			p.Errorf("open: %v, %v", open, err)
		}
	})
}

func TestEraseContactEndsItsHandoff(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{Name: "Ana"})
		id := portal.NewID(portal.PrefixHandoff)
		p.tx(func(tx *store.Tx) error {
			_, err := tx.InsertHandoff(portal.Handoff{
				ID: id, AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, ContactID: c.ID,
				Reason: "Ana pediu troca", Note: "Pedido da Ana", Priority: "low", Reference: "PED-1", CreatedAt: tx.Now(),
			})
			return err
		})
		p.tx(func(tx *store.Tx) error { return tx.EraseContact(p.tenant, c.ID) })
		h, err := p.store.Reader(p.Context()).Handoff(p.tenant, id)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "what is left", []string{h.Status, h.Outcome, h.Reason, h.Note, h.ContactName, h.ContactPhone, h.Reference},
			[]string{portal.HandoffResolved, "other", "", "", "", "", "PED-1"})
	})
}
