package dashboard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
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

// TestContactIsMade: a form makes a contact; one that is known is changed, not doubled.
func TestContactIsMade(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.has(o.read("/contacts?env=test", 200), "/contacts/new")
	form := url.Values{"env": {"test"}, "phone": {"31 98888-1234"}, "name": {"Nova"}, "email": {"nova@cliente.example"}, "tags": {"vip, balcão"}, "wants": {"service"}}
	_, page := o.desk.send("/contacts", form, 422)
	o.has(page, `href="#n-source"`, `value="Nova"`)
	form.Set("source", "balcão")
	_, page = o.desk.send("/contacts", form, 200)
	o.has(page, "Contact created", "+55 31 9••••-1234", "source: balcão")
	c, err := o.Contacts.Get(t.Context(), o.tenant, "phone:+5531988881234")
	if err != nil || c.OptIn.Status != portal.OptedIn || c.OptIn.Marketing != portal.OptedOut || c.Source != portal.SourcePortal || len(c.Tags) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	_, page = o.desk.send("/contacts", url.Values{"env": {"test"}, "phone": {"+5531988881234"}, "name": {"Outra"}}, 200)
	o.has(page, "was there already", "Outra")
	_, page = o.desk.send("/contacts", url.Values{"env": {"test"}, "phone": {"123"}, "external_id": {"X-1"}}, 422)
	o.has(page, `href="#n-phone"`, "not a telephone number", `value="X-1"`)
	for action, want := range map[string]int{"contact.created": 1, "contact.updated": 1} {
		if n := o.audited(action, c.ID); n != want {
			t.Errorf("%s is in the audit trail %d times", action, n)
		}
	}
	o.become(portal.RoleAuditor)
	o.read("/contacts/new?env=test", 404)
	o.desk.send("/contacts", form, 404)
}

// TestConsentIsRecorded: what a person says elsewhere is written with its
// source; what they refused on WhatsApp is lifted with evidence only.
func TestConsentIsRecorded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/contacts/" + o.contact.ID
	_, page := o.desk.send(path+"/consent", url.Values{"wants": {"nothing"}, "source": {" "}}, 422)
	o.has(page, "Say where the person said so")
	_, page = o.desk.send(path+"/consent", url.Values{"wants": {"nothing"}, "source": {"telefone"}}, 200)
	o.has(page, "Consent recorded", "opted out", "source: telefone")
	o.write(func(tx *store.Tx) error {
		status, source, at := portal.OptedOut, portal.ConsentByPerson, tx.Now()
		_, _, err := tx.SetConsent(o.tenant, o.contact.ID, portal.ConsentChange{Status: &status, Source: &source, At: &at})
		return err
	})
	_, page = o.desk.send(path+"/consent", url.Values{"wants": {"all"}, "source": {"loja"}}, 422)
	o.has(page, `role="alert"`, "evidence")
	_, page = o.desk.send(path+"/consent", url.Values{"wants": {"all"}, "source": {"loja"}, "evidence": {"protocolo 77"}}, 200)
	o.has(page, "protocolo 77")
	if c, err := o.Contacts.Get(t.Context(), o.tenant, o.contact.ID); err != nil || c.OptIn.Status != portal.OptedIn || c.OptIn.Marketing != portal.OptedIn {
		t.Errorf("%+v, %v", c.OptIn, err)
	}
	o.desk.send(path+"/consent", url.Values{"wants": {"more"}, "source": {"x"}}, 404)
	if n := o.audited("contact.consent", o.contact.ID); n != 2 {
		t.Errorf("%d rows of the audit trail", n)
	}
	o.become(portal.RoleAuditor)
	o.desk.send(path+"/consent", url.Values{"wants": {"nothing"}, "source": {"x"}}, 404)
}
