package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/web/api"
)

const (
	anaPhone  = "+5511987654417"
	anaMasked = "+55 11 9••••-4417"
	anaShown  = "+55 11 98765-4417"
)

// office is a desk with somebody to write to: Ana, who wrote and then asked for
// a person. Nothing leaves it: no worker runs.
type office struct {
	*desk
	caller           portal.Caller
	contact          portal.Contact
	message, inbound portal.Message
	handoff          portal.Handoff
}

func newOffice(t *testing.T, opts ...func(*store.Options)) *office {
	t.Helper()
	o := &office{desk: newDesk(t, opts...)}
	client := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator", Transport: whatsapp.HandlerTransport(http.NotFoundHandler())})
	m, err := messaging.New(messaging.Options{Store: o.Store, Simulator: client, Provider: portal.ProviderSimulator})
	if err != nil {
		t.Fatal(err)
	}
	o.Support = support.New(support.Options{Store: o.Store, Send: func(tx *store.Tx, c portal.Caller, a support.Answer) (portal.Message, error) {
		d := messaging.Draft{To: a.ContactID, From: a.ChannelID, Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: a.Text}}}
		if a.Template != "" {
			d.Type, d.Content = portal.TypeTemplate, portal.Content{}
			d.Template = &messaging.TemplateRef{Name: a.Template, Language: a.Language, Parameters: a.Parameters, Components: a.Components}
		}
		return m.AcceptTx(tx, c, "", d)
	}})
	if o.Templates, err = templates.New(templates.Options{Store: o.Store, Simulator: client}); err != nil {
		t.Fatal(err)
	}
	if o.Media, err = media.New(media.Options{Store: o.Store, Shelf: media.NewFolder(t.TempDir())}); err != nil {
		t.Fatal(err)
	}
	o.Messaging, o.Contacts = m, contacts.New(contacts.Options{Store: o.Store})
	o.Events, err = events.New(events.Options{
		Store: o.Store,
		Upsert: func(tx *store.Tx, c portal.Caller, who events.Customer) (portal.Contact, error) {
			contact, _, _, err := o.Contacts.UpsertTx(tx, c, contacts.Upsert{Phone: contacts.Optional[string](who.Phone), Name: contacts.Optional[string](who.Name)})
			return contact, err
		},
		Send: func(tx *store.Tx, c portal.Caller, w events.Wish) (portal.Message, error) {
			return m.AcceptTx(tx, c, "", messaging.Draft{To: w.ContactID, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: w.Template, Language: w.Language, Parameters: w.Parameters}})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.Wire, err = api.New(api.Options{Store: o.Store, Accounts: o.Accounts, Messaging: m, Contacts: o.Contacts, Support: o.Support, Tokens: o.Tokens, Log: o.Log}); err != nil {
		t.Fatal(err)
	}
	account, err := o.Accounts.Get(t.Context(), o.tenant.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	o.caller = portal.Caller{Tenant: o.tenant, Account: account}
	o.write(func(tx *store.Tx) error { return m.Provision(tx, account) })
	o.write(o.people)
	return o
}

func (o *office) write(f func(tx *store.Tx) error) {
	o.t.Helper()
	if err := o.Store.Tx(o.t.Context(), f); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) people(tx *store.Tx) (err error) {
	o.contact, _, _, err = o.Contacts.UpsertTx(tx, o.caller, contacts.Upsert{
		Phone: contacts.Some(anaPhone), Name: contacts.Some("Ana Souza"), Email: contacts.Some("ana@cliente.example"), Tags: contacts.Some([]string{"vip"}),
	})
	if err != nil {
		return err
	}
	if o.inbound, err = o.Messaging.InboundTx(tx, o.caller, messaging.InboundDraft{From: anaPhone, Text: "Me ligue em 11 91234-5678"}); err != nil {
		return err
	}
	if o.message, err = o.send(tx, messaging.Draft{
		To: anaPhone, Type: portal.TypeTemplate, Reference: "PED-1",
		Template: &messaging.TemplateRef{Name: "order_update", Language: "pt_BR", Parameters: map[string]string{"name": "Ana", "order": "1001", "status": "pronto"}},
	}); err != nil {
		return err
	}
	o.handoff, _, err = o.Support.RequestTx(tx, o.caller, support.Ask{ContactRef: o.contact.ID, Reason: "Troca <b>", Note: "Segunda vez", Priority: "high"})
	return err
}

func (o *office) send(tx *store.Tx, d messaging.Draft) (portal.Message, error) {
	return o.Messaging.AcceptTx(tx, o.caller, "", d)
}

// audited counts the rows of the audit trail about a target with that action.
func (o *office) audited(action, target string) (n int) {
	o.t.Helper()
	rows, err := o.Store.Reader(o.t.Context()).AuditOf(o.tenant.AccountID, target, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, row := range rows {
		if row.Action == action && row.Actor.Kind == portal.ActorUser {
			n++
		}
	}
	return n
}

func (o *office) has(page string, wanted ...string) {
	o.t.Helper()
	for _, w := range wanted {
		if !strings.Contains(page, w) {
			o.t.Errorf("%q is missing", w)
		}
	}
}

func (o *office) lacks(page string, unwanted ...string) {
	o.t.Helper()
	for _, w := range unwanted {
		if strings.Contains(page, w) {
			o.t.Errorf("%q is there", w)
		}
	}
}

func TestMessageList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	page := o.read("/messages?env=test", 200)
	o.has(page, anaMasked, "Ana Souza", "Olá Ana, o pedido 1001 está pronto.", "+55 11 9••••-5678", "PED-1")
	o.lacks(page, anaPhone, "4417\"", "91234-5678")
	for query, found := range map[string]bool{
		"q=" + url.QueryEscape("11 98765-4417"): true, "q=PED-1": true, "q=PED": false, "status=in_flight": true, "status=read": false,
		"template=order_update": true, "template=hello_world": false, "reference=PED-1": true, "range=24h": true, "range=never": true,
		"contact=" + o.contact.ID: true, "to=" + url.QueryEscape(anaPhone): true, "to=" + url.QueryEscape("+5511900000001"): false,
		"token=" + portal.NewID(portal.PrefixToken): false, "before=" + o.inbound.ID: false,
	} {
		if got := strings.Contains(o.read("/messages?env=test&"+query, 200), "/messages/"+o.message.ID); got != found {
			t.Errorf("%s: found %v", query, got)
		}
	}
	o.has(o.read("/messages?env=test&status=read", 200), "Nothing matches these filters", "Read")
	o.read("/messages?env=test&before=nonsense", 404)
	o.has(o.read("/messages?env=live", 200), "No messages yet", "$WPP_TOKEN")
	o.has(o.read("/messages?env=test&q="+o.message.ID, 200), "Explain this message")
}

func TestMessagesInPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(func(tx *store.Tx) error {
		for range portal.DefaultLimit {
			if _, err := o.send(tx, messaging.Draft{To: anaPhone, Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: "Olá"}}}); err != nil {
				return err
			}
		}
		return nil
	})
	page := o.read("/messages?env=test", 200)
	o.has(page, `rel="next"`)
	o.lacks(page, o.message.ID)
	_, rest, _ := strings.Cut(page, "before=")
	before, _, _ := strings.Cut(rest, "&")
	page = o.read("/messages?env=test&before="+before, 200)
	o.has(page, o.message.ID)
	o.lacks(page, `rel="next"`)
}

func TestMessageIsExplained(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	page := o.read("/messages/"+o.message.ID, 200)
	o.has(page, "order_update to "+anaMasked, "7 checks passed", "Olá Ana, o pedido 1001 está pronto.", "/contacts/"+o.contact.ID, "&#34;timeline&#34;", "Cancel message", "/reveal")
	o.lacks(page, anaPhone, anaShown)
	o.has(o.read("/messages/"+o.inbound.ID, 200), "Message from "+anaMasked)
	o.read("/messages/"+portal.NewID(portal.PrefixMessage), 404)
}

func TestRevealIsAudited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, page := o.desk.send("/messages/"+o.inbound.ID+"/reveal", nil, 200)
	o.has(page, anaShown, "91234-5678", "Revealed to you", `name="back" value="/messages/`+o.inbound.ID)
	_, page = o.desk.send("/contacts/"+o.contact.ID+"/reveal", nil, 200)
	o.has(page, anaShown, "ana@cliente.example")
	_, page = o.desk.send("/conversations/"+o.handoff.ID+"/reveal", nil, 200)
	o.has(page, anaShown)
	for action, target := range map[string]string{"message.revealed": o.inbound.ID, "contact.revealed": o.contact.ID, "handoff.revealed": o.handoff.ID} {
		if n := o.audited(action, target); n != 1 {
			t.Errorf("%s is in the audit trail %d times", action, n)
		}
	}
	o.lacks(o.read("/messages/"+o.inbound.ID, 200), anaShown, "91234-5678")
}

// An agent sees the numbers of own conversations only, an auditor none, and no contents.
func TestRevealByRole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	paths := []string{"/messages/" + o.message.ID, "/contacts/" + o.contact.ID, "/conversations/" + o.handoff.ID}
	for _, role := range []portal.Role{portal.RoleAgent, portal.RoleAuditor} {
		o.become(role)
		for _, path := range paths {
			o.lacks(o.read(path, 200), "/reveal", anaShown)
			o.desk.send(path+"/reveal", nil, 404)
		}
	}
	page := o.read(paths[0], 200)
	o.lacks(page, "pedido 1001", "Ana Souza", "Cancel message")
	o.has(page, "A••••")
	o.lacks(o.read(paths[2], 200), "Segunda vez", "Me ligue", "Ana Souza")
	o.lacks(o.read("/messages?env=test", 200), "pedido 1001", "Ana Souza")
	o.lacks(o.read("/contacts?env=test", 200), "Ana Souza")
	o.become(portal.RoleAgent)
	o.desk.send("/conversations/"+o.handoff.ID+"/take", nil, 200)
	for _, path := range paths {
		_, page := o.desk.send(path+"/reveal", nil, 200)
		o.has(page, anaShown)
	}
}

func TestCancelMessage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var later portal.Message
	o.write(func(tx *store.Tx) (err error) {
		at := o.Store.Now().Add(time.Hour)
		later, err = o.send(tx, messaging.Draft{To: anaPhone, Type: portal.TypeTemplate, SendAt: &at, Template: &messaging.TemplateRef{Name: "hello_world", Language: "pt_BR"}})
		return err
	})
	o.become(portal.RoleAuditor)
	o.desk.send("/messages/"+later.ID+"/cancel", nil, 404)
	o.become(portal.RoleAgent)
	_, page := o.desk.send("/messages/"+later.ID+"/cancel", nil, 200)
	o.has(page, "Canceled", "Message canceled")
	_, page = o.desk.send("/messages/"+later.ID+"/cancel", nil, 409)
	o.has(page, `role="alert"`)
	if n := o.audited("message.canceled", later.ID); n != 1 {
		t.Errorf("the cancellation is in the audit trail %d times", n)
	}
}
