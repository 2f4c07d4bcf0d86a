package dashboard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

func TestContactList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	page := o.read("/contacts?env=test", 200)
	o.has(page, anaMasked, "Ana Souza", "vip", "unknown", "open, 23 h")
	o.lacks(page, anaPhone, "ana@cliente.example")
	for query, found := range map[string]bool{
		"q=ana": true, "q=bruno": false, "q=" + url.QueryEscape("11 98765-4417"): true, "tag=vip": true, "tag=vi": false,
		"opt_in=unknown": true, "opt_in=opted_out": false, "opt_in=nonsense": true,
	} {
		if got := strings.Contains(o.read("/contacts?env=test&"+query, 200), "/contacts/"+o.contact.ID); got != found {
			t.Errorf("%s: found %v", query, got)
		}
	}
	o.has(o.read("/contacts?env=live", 200), "No contacts yet")
	o.read("/contacts?env=test&before=nonsense", 404)
}

func TestContactIsEdited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/contacts/" + o.contact.ID
	page := o.read(path, 200)
	o.has(page, anaMasked, "order_update", "Troca &lt;b&gt;", "/conversations/"+o.handoff.ID, "Contact created")
	o.lacks(page, anaPhone, anaShown, "ana@cliente.example")

	_, page = o.desk.send(path, url.Values{"name": {"Ana Lima"}, "tags": {"vip, atacado"}}, 200)
	o.has(page, "Ana Lima", "atacado", "Contact saved")
	got, err := o.Contacts.Get(t.Context(), o.tenant, o.contact.ID)
	if err != nil || got.Email != "ana@cliente.example" || len(got.Tags) != 2 || got.Phone != anaPhone {
		t.Errorf("after the edit: %+v, %v", got, err)
	}
	_, page = o.desk.send(path, url.Values{"name": {strings.Repeat("x", 300)}, "email": {"nobody"}, "tags": {strings.Repeat("t", 65)}}, 422)
	o.has(page, `href="#c-name"`, `href="#c-email"`, `href="#c-tags"`, `value="nobody"`)
	if n := o.audited("contact.updated", o.contact.ID); n != 1 {
		t.Errorf("the edit is in the audit trail %d times", n)
	}
	o.become(portal.RoleAuditor)
	o.desk.send(path, url.Values{"name": {"Taken"}}, 404)
	o.desk.send(path+"/erase", url.Values{"confirm": {"4417"}}, 404)
}

func TestContactIsErased(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/contacts/" + o.contact.ID
	_, page := o.desk.send(path+"/erase", url.Values{"confirm": {"4418"}}, 422)
	o.has(page, "Nothing was erased", "Ana Souza")
	_, page = o.desk.send(path+"/erase", url.Values{"confirm": {"4417"}}, 200)
	o.has(page, "Contact erased")
	o.read(path, 404)
	page = o.read("/messages/"+o.message.ID, 200)
	o.has(page, "The content was erased")
	o.lacks(page, "Ana", path)
	o.has(o.read("/conversations/"+o.handoff.ID, 200), "Erased.")
	if n := o.audited("contact.erased", o.contact.ID); n != 1 {
		t.Errorf("the erasure is in the audit trail %d times", n)
	}
}
