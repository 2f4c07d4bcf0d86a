package dashboard

import (
	"net/url"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func TestModulesPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	page := o.read("/modules?env=test", 200)
	o.has(page, "Messages this month: 2", "Contacts changed this month: 1", "Handoffs this month: 1", "requestHandoff", "GET /v1/modules")
	o.become(portal.RoleAgent)
	o.read("/modules?env=test", 200)
}

func (o *office) makeStaff() {
	o.t.Helper()
	u, err := o.Store.Reader(o.t.Context()).UserByEmail("owner@example.test")
	if err != nil {
		o.t.Fatal(err)
	}
	o.write(func(tx *store.Tx) error { return tx.SetStaff(u.ID, true) })
}

func TestAdminIsForStaff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := "/admin/accounts/" + o.tenant.AccountID
	for _, p := range []string{"/admin/accounts", "/admin/accounts/new", "/admin/health", path} {
		o.read(p, 404)
	}
	for _, p := range []string{"/admin/accounts", path + "/status", path + "/plan", path + "/modules/messages", path + "/open"} {
		o.desk.send(p, url.Values{"name": {"x"}, "status": {"suspended"}}, 404)
	}
}

func TestAdminAccountPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.makeStaff()
	o.write(func(tx *store.Tx) error {
		return tx.AddMinutes([]store.MinuteCount{{Tenant: o.tenant, Minute: tx.Now().Truncate(time.Minute), OK: 1, Refused: 1}})
	})
	o.has(o.read("/admin/accounts", 200), "Example", "Active", "50.0%")
	path := "/admin/accounts/" + o.tenant.AccountID
	o.has(o.read(path, 200), "2 requests", "standard", "Switch off")

	_, page := o.desk.send("/admin/accounts", url.Values{"name": {""}, "email": {"nobody"}, "password": {"tiny-one"}, "plan": {"standard"}}, 422)
	o.has(page, `href="#a-name"`, `href="#a-email"`, `href="#a-password"`)
	o.lacks(page, "tiny-one")
	_, page = o.desk.send("/admin/accounts", url.Values{"name": {"Loja Nova"}, "email": {"nova@example.test"}, "password": {"correct horse battery"}, "plan": {"unlimited"}}, 200)
	o.has(page, "Loja Nova", "Account created", "unlimited")
	o.read("/admin/accounts/"+portal.NewID(portal.PrefixAccount), 404)
	o.read("/admin/accounts?before=x", 404)
}

func TestAdminHealthPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.makeStaff()
	o.has(o.read("/admin/health", 200), "System health", "v0.3.0", "The database does not answer")
}

func TestAdminChangesAnAccount(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.makeStaff()
	path := "/admin/accounts/" + o.tenant.AccountID
	_, page := o.desk.send(path+"/modules/messages", url.Values{"messages_per_day": {"500"}}, 200)
	o.has(page, `value="500"`, "Saved")
	_, page = o.desk.send(path+"/modules/messages", url.Values{"active": {"off"}}, 200)
	o.has(page, "Switch on", `value="500"`)
	_, page = o.desk.send(path+"/modules/messages", url.Values{"messages_per_day": {"many"}}, 422)
	o.has(page, `href="#d-messages"`)
	o.desk.send(path+"/modules/nothing", url.Values{"active": {"off"}}, 404)
	o.has(o.read("/modules?env=test", 200), "Switched off")

	_, page = o.desk.send(path+"/plan", url.Values{"plan": {"endless"}}, 422)
	o.has(page, `href="#p-plan"`)
	o.desk.send(path+"/plan", url.Values{"plan": {"unlimited"}}, 200)
	_, page = o.desk.send(path+"/status", url.Values{"status": {"suspended"}}, 200)
	o.has(page, "Suspended", "Activate account")
	a, err := o.Accounts.Get(t.Context(), o.tenant.AccountID)
	if err != nil || a.Status != portal.AccountSuspended || a.Plan != portal.PlanUnlimited {
		t.Errorf("the account is %+v, %v", a, err)
	}
	for action, target := range map[string]string{"module.changed": portal.ModuleMessages, "account.suspended": a.ID, "account.updated": a.ID} {
		if o.audited(action, target) == 0 {
			t.Errorf("%s is not in the audit trail", action)
		}
	}
}
