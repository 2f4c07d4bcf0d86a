package storetest_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// handoff asks for a person for somebody new.
func (p people) handoff(number string) string {
	p.Helper()
	c, _ := p.touch(number, store.Touch{})
	h := portal.Handoff{
		ID: portal.NewID(portal.PrefixHandoff), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, ContactID: c.ID,
		ConversationID: portal.NewID(portal.PrefixConversation), Reason: "Troca", Priority: "normal", CreatedAt: p.store.Now(),
	}
	p.tx(func(tx *store.Tx) error {
		_, err := tx.InsertHandoff(h)
		return err
	})
	return h.ID
}

func (p people) queue(f store.HandoffFilter) (ids []string) {
	p.Helper()
	for after := ""; ; {
		rows, next, err := p.store.Reader(p.Context()).Handoffs(p.tenant, f, portal.Page{Limit: 2, After: after})
		if err != nil {
			p.Fatal(err)
		}
		for _, h := range rows {
			ids = append(ids, h.ID)
		}
		if next == "" {
			return ids
		}
		after = next
	}
}

func TestQueueRunsBothWays(t *testing.T) {
	onPeople(t, func(p people) {
		a, b, c := p.handoff("31 98765-4321"), p.handoff("31 98765-4322"), p.handoff("31 98765-4323")
		p.tx(func(tx *store.Tx) error {
			_, err := tx.AssignHandoff(p.tenant, b, portal.Requester{ID: "usr_1", Name: "Bia"})
			return err
		})
		equal(p, "newest first", p.queue(store.HandoffFilter{}), []string{c, b, a})
		equal(p, "oldest first", p.queue(store.HandoffFilter{OldestFirst: true}), []string{a, b, c})
		equal(p, "waiting", p.queue(store.HandoffFilter{Status: portal.HandoffWaiting, OldestFirst: true}), []string{a, c})
		equal(p, "somebody's", p.queue(store.HandoffFilter{AssigneeID: "usr_1", Open: true}), []string{b})
		equal(p, "nobody's", p.queue(store.HandoffFilter{AssigneeID: "usr_2"}), nil)
	})
}

func TestMessagesOfSomeStatuses(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{Name: "Ana"})
		read := p.message(c.ID, portal.Outbound, portal.StatusRead)
		p.message(c.ID, portal.Outbound, portal.StatusFailed)
		delivered := p.message(c.ID, portal.Outbound, portal.StatusDelivered)
		f := portal.MessageFilter{Statuses: []portal.Status{portal.StatusDelivered, portal.StatusRead}}
		rows, _, err := p.store.Reader(p.Context()).Messages(p.tenant, f, portal.Page{Limit: 9})
		if err != nil {
			p.Fatal(err)
		}
		var ids []string
		for _, m := range rows {
			ids = append(ids, m.ID)
		}
		equal(p, "reached", ids, []string{delivered, read})
	})
}

func TestContactNames(t *testing.T) {
	onPeople(t, func(p people) {
		named, _ := p.touch("31 98765-4321", store.Touch{Name: "Ana"})
		nameless, _ := p.touch("31 98765-4322", store.Touch{})
		r := p.store.Reader(p.Context())
		ids := []string{named.ID, nameless.ID, portal.NewID(portal.PrefixContact)}
		got, err := r.ContactNames(p.tenant, ids)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "names", got, map[string]string{named.ID: "Ana"})
		other := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		if got, err = r.ContactNames(other, ids); err != nil || len(got) != 0 {
			p.Errorf("another environment knows %v, %v", got, err)
		}
		if got, err = r.ContactNames(p.tenant, nil); err != nil || len(got) != 0 {
			p.Errorf("of nobody: %v, %v", got, err)
		}
	})
}

func TestAccountsUse(t *testing.T) {
	onPeople(t, func(p people) {
		now := p.store.Now().Truncate(time.Minute)
		live := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		p.tx(func(tx *store.Tx) error {
			return tx.AddMinutes([]store.MinuteCount{
				{Tenant: p.tenant, Minute: now, Operation: "sendMessage", OK: 3, Refused: 1},
				{Tenant: live, Minute: now, Operation: "sendMessage", OK: 2, Failed: 1},
				{Tenant: p.tenant, Minute: now.Add(-48 * time.Hour), Operation: "sendMessage", OK: 100},
			})
		})
		r := p.store.Reader(p.Context())
		got, err := r.AccountsUse([]string{p.tenant.AccountID, portal.NewID(portal.PrefixAccount)}, now.Add(-24*time.Hour))
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "use", got, map[string]store.AccountUse{p.tenant.AccountID: {Requests: 7, Refused: 2}})
		if got, err = r.AccountsUse(nil, now); err != nil || len(got) != 0 {
			p.Errorf("of nobody: %v, %v", got, err)
		}
	})
}
