package dashboard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
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
