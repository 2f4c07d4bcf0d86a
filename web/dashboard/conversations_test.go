package dashboard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
)

// inView reports in which views of the queue the handoff stands.
func (o *office) inViews() (views string) {
	o.t.Helper()
	for _, view := range []string{"waiting", "mine", "all", "closed"} {
		if strings.Contains(o.read("/conversations?env=test&view="+view, 200), "/conversations/"+o.handoff.ID) {
			views += view + " "
		}
	}
	return views
}

func TestConversationIsTakenAndResolved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/conversations/" + o.handoff.ID
	page := o.read(path, 200)
	o.has(page, anaMasked, "Troca &lt;b&gt;", "Segunda vez", "+55 11 9••••-5678", "Olá Ana", "Automation is paused", path+"/take")
	o.lacks(page, anaPhone, anaShown)
	if got := o.inViews(); got != "waiting all " {
		t.Errorf("waiting, it stands in %s", got)
	}
	_, page = o.desk.send(path+"/take", nil, 200)
	o.lacks(page, path+"/take")
	if got := o.inViews(); got != "mine all " {
		t.Errorf("taken, it stands in %s", got)
	}
	_, page = o.desk.send(path+"/resolve", url.Values{"outcome": {"nonsense"}, "note": {"kept"}}, 422)
	o.has(page, `role="alert"`, ">kept</textarea>")
	_, page = o.desk.send(path+"/resolve", url.Values{"outcome": {"solved"}, "note": {"Trocado"}}, 200)
	o.has(page, "Conversation resolved", "Trocado", "Automations may write")
	o.lacks(page, path+"/resolve")
	if got := o.inViews(); got != "closed " {
		t.Errorf("resolved, it stands in %s", got)
	}
	_, page = o.desk.send(path+"/resolve", url.Values{"outcome": {"solved"}}, 409)
	o.has(page, `role="alert"`)
	o.desk.send(path+"/take", nil, 409)
	for _, action := range []string{"handoff.assigned", "handoff.resolved"} {
		if n := o.audited(action, o.handoff.ID); n != 1 {
			t.Errorf("%s is in the audit trail %d times", action, n)
		}
	}
}

func TestConversationsByRole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/conversations/" + o.handoff.ID
	for _, role := range []portal.Role{portal.RoleDeveloper, portal.RoleAuditor} {
		o.become(role)
		o.lacks(o.read(path, 200), path+"/take", path+"/resolve")
		o.desk.send(path+"/take", nil, 404)
		o.desk.send(path+"/resolve", url.Values{"outcome": {"solved"}}, 404)
	}
	o.read("/conversations/"+portal.NewID(portal.PrefixHandoff), 404)
	o.has(o.read("/conversations?env=live", 200), "/v1/handoffs")
}

// Who waits longest comes first, also on the second page.
func TestQueueOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.write(func(tx *store.Tx) error {
		for i := range portal.DefaultLimit {
			_, _, err := o.Support.RequestTx(tx, o.caller, support.Ask{Phone: "+55119" + "1111" + strings.Repeat("0", 2) + string(rune('0'+i/10)) + string(rune('0'+i%10)), Reason: "Dúvida"})
			if err != nil {
				return err
			}
		}
		return nil
	})
	page := o.read("/conversations?env=test", 200)
	first, _, _ := strings.Cut(page[strings.Index(page, `id="row-`)+8:], `"`)
	if first != o.handoff.ID {
		t.Errorf("%s comes first, not the oldest", first)
	}
	_, rest, more := strings.Cut(page, "before=")
	if !more {
		t.Fatal("no second page")
	}
	before, _, _ := strings.Cut(rest, "&")
	page = o.read("/conversations?env=test&before="+before, 200)
	if n := strings.Count(page, `id="row-`); n != 1 {
		t.Errorf("%d rows on the second page, want 1", n)
	}
}

// TestConversationIsAnswered: who has taken it answers by text in the window, by
// template always, and writes notes; twice the same form is one message.
func TestConversationIsAnswered(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/conversations/" + o.handoff.ID
	o.desk.send(path+"/say", url.Values{"kind": {"reply"}, "text": {"Cedo demais"}, "nonce": {"a"}}, 409)
	o.desk.send(path+"/take", nil, 200)
	reply := url.Values{"kind": {"reply"}, "text": {"Já resolvo"}, "nonce": {"b"}, "channel": {o.inbound.ChannelID}}
	for range 2 {
		_, page := o.desk.send(path+"/say", reply, 200)
		o.has(page, "Já resolvo", "Window open")
	}
	o.desk.send(path+"/say", url.Values{"kind": {"template"}, "template": {"order_update/pt_BR"}, "p.name": {"Ana"}, "p.order": {"7"}, "p.status": {"trocado"}, "nonce": {"c"}}, 200)
	_, page := o.desk.send(path+"/say", url.Values{"kind": {"template"}, "template": {"order_update/pt_BR"}, "p.name": {""}, "nonce": {"d"}}, 422)
	o.has(page, "Not sent: Template parameters do not fit")
	_, page = o.desk.send(path+"/say", url.Values{"kind": {"note"}, "text": {"Cliente <calma>"}}, 200)
	o.has(page, "Internal note, ", "Cliente &lt;calma&gt;")
	list, _, err := o.Messaging.List(t.Context(), o.tenant, portal.MessageFilter{ContactID: o.contact.ID}, portal.Page{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range list {
		if m.Source == portal.SourcePortal {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d messages were sent from the conversation, want 2", n)
	}
	o.become(portal.RoleAuditor)
	o.lacks(o.read(path, 200), "Cliente", "Já resolvo", path+"/say")
}

// TestConversationIsAssignedAndReturned: only to members who may have it, and back to automation.
func TestConversationIsAssignedAndReturned(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/conversations/" + o.handoff.ID
	o.desk.send(path+"/assign", url.Values{"member": {"usr_nobody"}}, 422)
	members, err := o.Support.Agents(o.Store.Reader(t.Context()), o.tenant.AccountID)
	if err != nil || len(members) != 1 {
		t.Fatalf("%v, %v", members, err)
	}
	_, page := o.desk.send(path+"/assign", url.Values{"member": {members[0].UserID}}, 200)
	o.has(page, "Assigned to ")
	o.write(func(tx *store.Tx) error {
		_, err := tx.AssignHandoff(o.tenant, o.handoff.ID, portal.Requester{ID: "usr_other", Name: "Bia"})
		return err
	})
	_, page = o.desk.send(path+"/take", nil, 409)
	o.has(page, "Bia has taken this conversation")
	_, page = o.desk.send(path+"/say", url.Values{"kind": {"reply"}, "text": {"Rascunho"}, "nonce": {"x"}}, 409)
	o.has(page, `role="alert"`)
	_, page = o.desk.send(path+"/return", nil, 200)
	o.has(page, "Returned to automation", "Automations may write")
	if n := o.audited("handoff.returned", o.handoff.ID); n != 1 {
		t.Errorf("returned %d times in the audit trail", n)
	}
	c, err := o.Contacts.Get(t.Context(), o.tenant, o.contact.ID)
	if err != nil || c.HandoffID != "" {
		t.Errorf("automation is still paused: %q, %v", c.HandoffID, err)
	}
}

// TestQueueNarrows: by department, with counts; parts are what scripts ask for.
func TestQueueNarrows(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	departments := []string{"trocas"}
	if _, err := o.Accounts.Update(t.Context(), portal.Actor{Kind: portal.ActorSystem}, o.tenant.AccountID, accounts.Change{Departments: &departments}); err != nil {
		t.Fatal(err)
	}
	page := o.read("/conversations?env=test&department=trocas", 200)
	o.lacks(page, o.handoff.ID)
	o.has(o.read("/conversations?env=test&department=nonsense", 200), o.handoff.ID, "Waiting", "trocas")
}
