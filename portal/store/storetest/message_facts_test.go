package storetest_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

func (p people) facts(t portal.Tenant, q store.SendQuery) store.SendFacts {
	p.Helper()
	f, err := p.store.Reader(p.Context()).SendFacts(t, q)
	if err != nil {
		p.Fatal(err)
	}
	return f
}

// addFacts stores one of all that SendFacts reads, and returns it.
func (p people) addFacts(n phone.Number) (want store.SendFacts, q store.SendQuery) {
	p.Helper()
	c, _ := p.touch(n.E164, store.Touch{WAID: "553187654321"})
	now := p.store.Now()
	want = store.SendFacts{
		MessagesPerDay: 7, Limited: true,
		Channel: portal.Channel{ID: portal.NewID(portal.PrefixChannel), WABA: "102290129340398", Phone: "+5511900000009", Status: portal.ChannelConnected},
		Template: &portal.Template{
			Name: "order", Language: "pt_BR", Category: "utility", Status: portal.TemplateApproved, ParameterFormat: "named",
			Parameters: []portal.TemplateParameter{{Component: "body", Name: "name", Type: "text"}},
		},
	}
	p.tx(func(tx *store.Tx) error {
		m := portal.AccountModule{Module: portal.Module{Name: portal.ModuleMessages}, Active: true, MessagesPerDay: want.MessagesPerDay}
		if err := tx.SetModule(p.tenant.AccountID, m); err != nil {
			return err
		}
		for _, id := range []string{want.Channel.ID, portal.NewID(portal.PrefixChannel)} { // the older one counts
			channel := want.Channel
			channel.ID, channel.AccountID, channel.Environment, channel.Default = id, p.tenant.AccountID, p.tenant.Environment, true
			channel.PhoneNumberID, channel.CreatedAt, channel.UpdatedAt = id, now, now
			if err := tx.InsertChannel(channel, []byte("sealed")); err != nil {
				return err
			}
		}
		template := *want.Template
		template.ID, template.AccountID, template.Environment = portal.NewID(portal.PrefixTemplate), p.tenant.AccountID, p.tenant.Environment
		template.Components, template.CreatedAt, template.UpdatedAt = []byte(`[]`), now, now
		if err := tx.InsertTemplate(template); err != nil {
			return err
		}
		if err := tx.OpenWindow(p.tenant, c.ID, want.Channel.ID, now); err != nil {
			return err
		}
		thread, err := tx.Conversation(p.tenant, c.ID)
		want.ConversationID = thread.ID
		return err
	})
	want.Window = portal.Window{ChannelID: want.Channel.ID, LastInboundAt: &now}
	want.Contact = portal.Contact{
		ID: c.ID, AccountID: c.AccountID, Environment: c.Environment, Phone: c.Phone, WAID: c.WAID,
		OptIn: portal.Consent{Status: portal.OptInUnknown, Marketing: portal.OptInUnknown},
	}
	return want, store.SendQuery{Phones: n.Candidates, Template: "order", Language: "pt_BR"}
}

func TestSendFacts(t *testing.T) {
	onPeople(t, func(p people) {
		n, err := phone.Parse("+5531987654321", "")
		if err != nil {
			p.Fatal(err)
		}
		equal(p, "nothing known", p.facts(p.tenant, store.SendQuery{Phones: n.Candidates, Template: "order", Language: "pt_BR"}), store.SendFacts{Limited: true})
		want, q := p.addFacts(n)
		equal(p, "all known", p.facts(p.tenant, q), want)

		at := p.store.Now().Add(-time.Hour)
		out := portal.OptedOut
		p.tx(func(tx *store.Tx) error {
			_, _, err := tx.SetConsent(p.tenant, want.Contact.ID, portal.ConsentChange{Status: &out, At: &at})
			return err
		})
		if got := p.facts(p.tenant, q).Contact.OptIn; got.Status != out || got.At == nil {
			p.Errorf("after an opt-out: %+v", got)
		}
		live := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		equal(p, "in the other environment", p.facts(live, q), store.SendFacts{MessagesPerDay: want.MessagesPerDay, Limited: true})
		nobody := p.facts(p.tenant, store.SendQuery{})
		equal(p, "about nobody", nobody.Contact, portal.Contact{})
		equal(p, "without a template", nobody.Template == nil, true)
	})
}
