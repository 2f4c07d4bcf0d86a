package storetest_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// people is a store with one account and one channel, for the cases of contacts and handoffs.
type people struct {
	*testing.T
	store   *store.Store
	tenant  portal.Tenant
	channel string
}

func onPeople(t *testing.T, fn func(p people)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) { fn(newPeople(t, open())) })
}

func newPeople(t *testing.T, s *store.Store) people {
	t.Helper()
	now := s.Now()
	p := people{t, s, portal.Tenant{AccountID: portal.NewID(portal.PrefixAccount), Environment: portal.Test}, portal.NewID(portal.PrefixChannel)}
	p.tx(func(tx *store.Tx) error {
		err := tx.InsertAccount(portal.Account{
			ID: p.tenant.AccountID, Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanStandard,
			Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		return tx.InsertChannel(portal.Channel{
			ID: p.channel, AccountID: p.tenant.AccountID, Environment: portal.Test, Name: "Loja", Phone: "+5511900000000",
			Provider: portal.ProviderSimulator, PhoneNumberID: p.channel, Status: portal.ChannelConnected, CreatedAt: now, UpdatedAt: now,
		}, []byte("sealed"))
	})
	return p
}

func (p people) tx(fn func(tx *store.Tx) error) {
	p.Helper()
	if err := p.store.Tx(p.Context(), fn); err != nil {
		p.Fatal(err)
	}
}

func (p people) touch(number string, o store.Touch) (c portal.Contact, created bool) {
	p.Helper()
	p.tx(func(tx *store.Tx) (err error) {
		c, created, err = tx.TouchContact(p.tenant, p.number(number), o)
		return err
	})
	return c, created
}

func (p people) number(s string) phone.Number {
	p.Helper()
	if s == "" {
		return phone.Number{}
	}
	n, err := phone.Parse(s, "BR")
	if err != nil {
		p.Fatal(err)
	}
	return n
}

func (p people) contact(ref string) portal.Contact {
	p.Helper()
	c, err := p.store.Reader(p.Context()).ContactByRef(p.tenant, ref)
	if err != nil {
		p.Fatal(err)
	}
	return c
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestTouchContactFindsThePerson(t *testing.T) {
	onPeople(t, func(p people) {
		first, created := p.touch("31 8765-4321", store.Touch{Source: portal.SourceAPI})
		equal(p, "created", created, true)
		equal(p, "phone", first.Phone, "+5531987654321")
		equal(p, "country and zone", []string{first.Country, first.Timezone}, []string{"BR", "America/Sao_Paulo"})
		if first.LastOutboundAt == nil || first.LastInboundAt != nil {
			p.Errorf("times: out %v, in %v", first.LastOutboundAt, first.LastInboundAt)
		}

		inbound := store.Touch{WAID: "553187654321", UserID: "BR.1", Name: "Ana", Inbound: true, Source: "inbound"}
		again, created := p.touch("+553187654321", inbound)
		equal(p, "created again", created, false)
		equal(p, "found by candidate", again.ID, first.ID)

		// What WhatsApp calls the person comes before the number.
		moved, _ := p.touch("11 98888-7777", store.Touch{WAID: "553187654321"})
		equal(p, "found by wa_id", moved.ID, first.ID)
		hidden, _ := p.touch("", store.Touch{UserID: "BR.1", Inbound: true})
		equal(p, "found by user id", hidden.ID, first.ID)

		stored := p.contact(first.ID)
		equal(p, "learnt", []string{stored.WAID, stored.UserID, stored.Name, stored.Source}, []string{"553187654321", "BR.1", "Ana", portal.SourceAPI})
		p.touch("31 8765-4321", store.Touch{Name: "Outro nome", WAID: "553187654321"})
		equal(p, "a name stays", p.contact(first.ID).Name, "Ana")
	})
}

func TestTouchContactKeepsTheNewestTime(t *testing.T) {
	onPeople(t, func(p people) {
		now := p.store.Now()
		p.touch("31 98765-4321", store.Touch{Inbound: true, At: now})
		c, _ := p.touch("31 98765-4321", store.Touch{Inbound: true, At: now.Add(-time.Hour)})
		equal(p, "returned", *c.LastInboundAt, now)
		equal(p, "stored", *p.contact(c.ID).LastInboundAt, now)
	})
}

func TestTouchContactAtOnceCreatesOne(t *testing.T) {
	onPeople(t, func(p people) {
		var mu sync.Mutex
		ids := map[string]int{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				var c portal.Contact
				err := p.store.Tx(p.Context(), func(tx *store.Tx) (err error) {
					c, _, err = tx.TouchContact(p.tenant, p.number("31 98765-4321"), store.Touch{})
					return err
				})
				if err != nil {
					p.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[c.ID]++
			})
		}
		wg.Wait()
		equal(p, "contacts", len(ids), 1)
	})
}

func TestContactsOfAnotherTenantAreNotFound(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		other := newPeople(p.T, p.store)
		live := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		r := p.store.Reader(p.Context())
		for _, tenant := range []portal.Tenant{other.tenant, live} {
			for _, ref := range []string{c.ID, "phone:+5531987654321", "ext:", "ctc_", "", "phone:abc"} {
				_, err := r.ContactByRef(tenant, ref)
				equal(p, "ref "+ref, portal.CodeOf(err), portal.CodeNotFound)
			}
			err := p.store.Tx(p.Context(), func(tx *store.Tx) error { return tx.EraseContact(tenant, c.ID) })
			equal(p, "erase", portal.CodeOf(err), portal.CodeNotFound)
			list, _, err := r.Contacts(tenant, portal.ContactFilter{}, portal.Page{})
			if err != nil || len(list) != 0 {
				p.Errorf("list: %d contacts, %v", len(list), err)
			}
		}
	})
}

func TestOpenWindow(t *testing.T) {
	onPeople(t, func(p people) {
		now := p.store.Now()
		c, _ := p.touch("31 98765-4321", store.Touch{})
		r := p.store.Reader(p.Context())
		window, err := r.Window(p.tenant, c.ID, p.channel)
		if err != nil || window.LastInboundAt != nil {
			p.Fatalf("before: %v, %v", window, err)
		}
		for _, at := range []time.Time{now, now.Add(-time.Minute)} { // late news changes nothing
			p.tx(func(tx *store.Tx) error { return tx.OpenWindow(p.tenant, c.ID, p.channel, at) })
		}
		window, err = r.Window(p.tenant, c.ID, p.channel)
		if err != nil {
			p.Fatal(err)
		}
		other := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		if foreign, err := r.Window(other, c.ID, p.channel); err != nil || foreign.LastInboundAt != nil {
			p.Errorf("another environment: %v, %v", foreign, err)
		}
		want := portal.Window{ChannelID: p.channel, LastInboundAt: &now}
		equal(p, "window", window, want)
		equal(p, "windows of the contact", p.contact(c.ID).Windows, []portal.Window{want})
	})
}

func TestSetConsent(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		out, in, whatsapp := portal.OptedOut, portal.OptedIn, portal.ConsentByPerson
		p.tx(func(tx *store.Tx) error {
			_, kept, err := tx.SetConsent(p.tenant, c.ID, portal.ConsentChange{Status: &out, Source: &whatsapp})
			equal(p, "kept", kept, false)
			return err
		})
		p.tx(func(tx *store.Tx) error {
			after, kept, err := tx.SetConsent(p.tenant, c.ID, portal.ConsentChange{Status: &in})
			equal(p, "kept", kept, true)
			equal(p, "status", after.Status, out)
			return err
		})
		got := p.contact(c.ID).OptIn
		equal(p, "stored", []string{got.Status, got.Marketing, got.Source}, []string{out, out, whatsapp})
		err := p.store.Tx(p.Context(), func(tx *store.Tx) error {
			_, _, err := tx.SetConsent(p.tenant, portal.NewID(portal.PrefixContact), portal.ConsentChange{Status: &in})
			return err
		})
		equal(p, "unknown contact", portal.CodeOf(err), portal.CodeNotFound)
	})
}

func TestContactsPages(t *testing.T) {
	onPeople(t, func(p people) {
		var ids []string
		p.tx(func(tx *store.Tx) error {
			ids = nil
			for i := range 7 {
				c := portal.Contact{
					ID: portal.NewID(portal.PrefixContact), AccountID: p.tenant.AccountID, Environment: p.tenant.Environment,
					ExternalID: fmt.Sprintf("CLI-%d", i), Name: fmt.Sprintf("Júlia %d%%", i), Tags: []string{"b", "a"},
					Attributes: map[string]any{"cidade": "Contagem", "n": portal.Number("7.50"), "ok": true},
				}
				if _, err := tx.InsertContact(&c); err != nil {
					return err
				}
				ids = append(ids, c.ID)
			}
			return nil
		})
		newest := slices.Clone(ids)
		slices.Reverse(newest)
		equal(p, "newest first", p.pages(portal.ContactFilter{}), newest)
		since := p.store.Now().Add(-time.Hour)
		p.tx(func(tx *store.Tx) error { // now the first is the last changed
			c := p.contact(ids[0])
			c.Name = "Mudou"
			return tx.UpdateContact(&c)
		})
		equal(p, "oldest change first", p.pages(portal.ContactFilter{UpdatedSince: &since}), append(ids[1:], ids[0]))
		for search, want := range map[string][]string{
			"JÚLIA 3": {ids[3]}, "cli-4": {ids[4]}, "5%": {ids[5]}, "3%%": nil, "_": nil, "mudou": {ids[0]},
		} {
			equal(p, "search "+search, p.pages(portal.ContactFilter{Search: search}), want)
		}
		equal(p, "tag", len(p.pages(portal.ContactFilter{Tag: "a"})), 7)
		equal(p, "no such tag", len(p.pages(portal.ContactFilter{Tag: "A"})), 0)
		equal(p, "opt_in", len(p.pages(portal.ContactFilter{OptIn: portal.OptInUnknown})), 7)
		c := p.contact("ext:CLI-2")
		equal(p, "tags in order", c.Tags, []string{"b", "a"})
		equal(p, "attributes", c.Attributes, map[string]any{"cidade": "Contagem", "n": portal.Number("7.50"), "ok": true})
	})
}

// pages walks a list three at a time and returns the ids.
func (p people) pages(f portal.ContactFilter) (ids []string) {
	p.Helper()
	page := portal.Page{Limit: 3}
	for {
		cs, next, err := p.store.Reader(p.Context()).Contacts(p.tenant, f, page)
		if err != nil {
			p.Fatal(err)
		}
		for _, c := range cs {
			ids = append(ids, c.ID)
		}
		if next == "" {
			return ids
		}
		page.After = next
	}
}

func TestContactsRefuseStrangeKeys(t *testing.T) {
	onPeople(t, func(p people) {
		now := p.store.Now()
		for _, f := range []portal.ContactFilter{{}, {UpdatedSince: &now}} {
			for _, key := range []string{"x", "1", "1.", ".ctc_", "1.x", "99999999999999999999.ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03"} {
				_, _, err := p.store.Reader(p.Context()).Contacts(p.tenant, f, portal.Page{After: key})
				equal(p, key, portal.CodeOf(err), portal.CodeInvalidCursor)
			}
		}
		_, _, err := p.store.Reader(p.Context()).Handoffs(p.tenant, store.HandoffFilter{}, portal.Page{After: "x"})
		equal(p, "handoffs", portal.CodeOf(err), portal.CodeInvalidCursor)
	})
}

func TestEraseContact(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{Name: "Ana", Inbound: true, WAID: "553187654321"})
		queued, got := p.message(c.ID, portal.Outbound, portal.StatusQueued), p.message(c.ID, portal.Inbound, portal.StatusReceived)
		out := portal.OptedOut
		p.tx(func(tx *store.Tx) error {
			if err := tx.OpenWindow(p.tenant, c.ID, p.channel, tx.Now()); err != nil {
				return err
			}
			if err := tx.SetAttributes(c, map[string]any{"cidade": "Contagem"}); err != nil {
				return err
			}
			c.Tags = []string{"vip"}
			if err := tx.ReplaceTags(c); err != nil {
				return err
			}
			_, _, err := tx.SetConsent(p.tenant, c.ID, portal.ConsentChange{Marketing: &out})
			return err
		})
		call := store.KeyClaim{KeyHash: []byte("key"), Fingerprint: []byte("call"), RequestID: portal.NewID(portal.PrefixRequest)}
		p.tx(func(tx *store.Tx) error {
			if _, _, err := tx.ClaimKey(p.tenant, call); err != nil {
				return err
			}
			return tx.KeepAnswer(p.tenant, call.KeyHash, store.Kept{
				RequestID: call.RequestID, MessageID: queued, Fingerprint: call.Fingerprint, Status: 202, Body: []byte(`{"to":"+5531987654321"}`),
			})
		})
		p.tx(func(tx *store.Tx) error { return tx.EraseContact(p.tenant, c.ID) })
		p.tx(func(tx *store.Tx) error {
			kept, claimed, err := tx.ClaimKey(p.tenant, call)
			if err == nil && (claimed || len(kept.Body) != 0) {
				p.Errorf("kept answer: claimed again %v, %+v", claimed, kept)
			}
			return err
		})

		r := p.store.Reader(p.Context())
		_, err := r.ContactByRef(p.tenant, c.ID)
		equal(p, "contact", portal.CodeOf(err), portal.CodeNotFound)
		m, err := r.Message(p.tenant, queued)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "outbound", []string{string(m.Status), m.To, m.From, m.WAID, string(m.Content), m.ProviderMessageID, m.ContactID},
			[]string{"canceled", "+55 31 9••••-4321", "+5511900000000", "", "", "", c.ID})
		m, err = r.Message(p.tenant, got)
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "inbound", []string{string(m.Status), m.To, m.From, string(m.Content)},
			[]string{"received", "+5511900000000", "+55 31 9••••-4321", ""})

		back, created := p.touch("+5531987654321", store.Touch{})
		equal(p, "created again", created, true)
		equal(p, "still opted out", []string{back.OptIn.Status, back.OptIn.Marketing}, []string{portal.OptInUnknown, portal.OptedOut})
		stored := p.contact(back.ID)
		equal(p, "nothing else came back", len(stored.Tags)+len(stored.Attributes)+len(stored.Windows)+len(stored.Name), 0)
	})
}

func (p people) message(contactID, direction string, status portal.Status) string {
	p.Helper()
	id := portal.NewID(portal.PrefixMessage)
	person, ours := "+5531987654321", "+5511900000000"
	m := portal.Message{
		ID: id, AccountID: p.tenant.AccountID, Environment: p.tenant.Environment, Direction: direction, Status: status,
		Type: portal.TypeText, To: person, From: ours, ChannelID: p.channel, ContactID: contactID, WAID: "553187654321",
		ProviderMessageID: "wamid." + id, Content: []byte(`{"body":"Oi"}`), CreatedAt: p.store.Now(), ExpiresAt: p.store.Now().Add(time.Hour), UpdatedAt: p.store.Now(),
	}
	if direction == portal.Inbound {
		m.To, m.From = ours, person
	}
	p.tx(func(tx *store.Tx) error { return tx.InsertMessage(m, nil, nil) })
	return id
}

func TestConversationIsOne(t *testing.T) {
	onPeople(t, func(p people) {
		c, _ := p.touch("31 98765-4321", store.Touch{})
		var ids [2]string
		for i := range ids {
			p.tx(func(tx *store.Tx) error {
				conversation, err := tx.Conversation(p.tenant, c.ID)
				ids[i] = conversation.ID
				return err
			})
		}
		equal(p, "conversation", ids[1], ids[0])
	})
}
