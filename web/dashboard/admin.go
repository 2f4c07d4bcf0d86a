package dashboard

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
)

// adminAccounts lists every account of the platform.
func (d *Dashboard) adminAccounts(w http.ResponseWriter, r *http.Request, _ *Person) error {
	ctx := r.Context()
	page := portal.Page{Limit: portal.DefaultLimit, After: r.FormValue("before")}
	if page.After != "" && !portal.IsID(portal.PrefixAccount, page.After) {
		return portal.Refuse(portal.CodeInvalidCursor)
	}
	list, next, err := d.Accounts.List(ctx, page)
	if err != nil {
		return err
	}
	rows, err := d.adminRows(ctx, list)
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.AdminAccounts(views.AdminAccountsProps{Rows: rows, Now: d.Store.Now(), Older: next}))
}

// adminRows adds the calls of the last day to accounts.
func (d *Dashboard) adminRows(ctx context.Context, list []portal.Account) ([]views.AdminAccountRow, error) {
	ids := make([]string, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	use, err := d.Store.Reader(ctx).AccountsUse(ids, d.Store.Now().Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	rows := make([]views.AdminAccountRow, len(list))
	for i, a := range list {
		rows[i] = views.AdminAccountRow{Account: a, Requests: use[a.ID].Requests, Refused: use[a.ID].Refused}
	}
	return rows, nil
}

// adminAccountForm shows the form that makes an account.
func (d *Dashboard) adminAccountForm(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.page(w, r, http.StatusOK, views.AdminAccountNew(views.AdminAccountNewProps{Plan: string(portal.PlanStandard)}))
}

var accountCreated = portal.Words{EN: "Account created", PT: "Conta criada"}

// createAccount makes an account and its owner.
func (d *Dashboard) createAccount(w http.ResponseWriter, r *http.Request, p *Person) error {
	f := r.PostFormValue
	a, _, err := d.Accounts.Create(r.Context(), p.Actor(), accounts.NewAccount{
		Name: f("name"), Email: f("email"), Password: f("password"), PersonName: f("person_name"), Plan: portal.Plan(f("plan")),
	})
	var refused *portal.Error
	if errors.As(err, &refused) && len(refused.Fields) > 0 {
		return d.page(w, at(r, "/admin/accounts/new"), http.StatusUnprocessableEntity, views.AdminAccountNew(views.AdminAccountNewProps{
			Name: f("name"), Email: f("email"), Person: f("person_name"), Plan: f("plan"), Errors: formErrors(refused.Fields),
		}))
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, accountCreated)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/admin/accounts/"+a.ID)
}

// adminView is how the page of an account is shown after a refused form.
type adminView struct {
	status int
	module string // whose form it was, "" for the account's
	errors map[string]portal.Words
}

// adminAccount shows one account to staff.
func (d *Dashboard) adminAccount(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.showAdminAccount(w, r, adminView{status: http.StatusOK})
}

func (d *Dashboard) showAdminAccount(w http.ResponseWriter, r *http.Request, v adminView) error {
	ctx := r.Context()
	a, err := d.Accounts.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	rows, err := d.adminRows(ctx, []portal.Account{a})
	if err != nil {
		return err
	}
	modules, err := d.Accounts.Modules(ctx, a.ID)
	if err != nil {
		return err
	}
	return d.page(w, at(r, "/admin/accounts/"+a.ID), v.status, views.AdminAccount(views.AdminAccountProps{
		AdminAccountRow: rows[0], Modules: modules, Errors: v.errors, Module: v.module,
	}))
}

var adminSaved = portal.Words{EN: "Saved", PT: "Salvo"}

// adminDone ends a form of the page of an account: back to it, or the page with what was refused.
func (d *Dashboard) adminDone(w http.ResponseWriter, r *http.Request, v adminView, err error) error {
	var refused *portal.Error
	if errors.As(err, &refused) && len(refused.Fields) > 0 {
		v.status, v.errors = http.StatusUnprocessableEntity, formErrors(refused.Fields)
		return d.showAdminAccount(w, r, v)
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, adminSaved)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/admin/accounts/"+r.PathValue("id"))
}

// setAccountStatus suspends an account or makes it active again.
func (d *Dashboard) setAccountStatus(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Accounts.SetStatus(r.Context(), p.Actor(), r.PathValue("id"), r.PostFormValue("status"))
	return d.adminDone(w, r, adminView{}, err)
}

// setAccountPlan changes the plan of an account.
func (d *Dashboard) setAccountPlan(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Accounts.SetPlan(r.Context(), p.Actor(), r.PathValue("id"), portal.Plan(r.PostFormValue("plan")))
	return d.adminDone(w, r, adminView{}, err)
}

// setAccountModule switches a module of an account, or sets its messages per day.
func (d *Dashboard) setAccountModule(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id, name := r.Context(), r.PathValue("id"), r.PathValue("module")
	if _, err := d.Accounts.Get(ctx, id); err != nil {
		return err
	}
	list, err := d.Accounts.Modules(ctx, id)
	if err != nil {
		return err
	}
	change := portal.AccountModule{Module: portal.Module{Name: name}}
	for _, m := range list {
		if m.Name == name {
			change = m
		}
	}
	if err := readModuleForm(r, &change); err != nil {
		return d.adminDone(w, r, adminView{module: name}, err)
	}
	err = d.Accounts.SetModule(ctx, p.Actor(), id, change)
	return d.adminDone(w, r, adminView{module: name}, err)
}

// readModuleForm puts into m what the form carries: the switch or the limit.
func readModuleForm(r *http.Request, m *portal.AccountModule) error {
	if v := r.PostFormValue("active"); v != "" {
		m.Active = v == "on"
	}
	text, given := r.PostForm["messages_per_day"]
	if !given {
		return nil
	}
	m.MessagesPerDay = 0
	if digits := strings.TrimSpace(text[0]); digits != "" {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 {
			return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/messages_per_day", Code: portal.FieldInvalidFormat})
		}
		m.MessagesPerDay = n
	}
	return nil
}

// openAccount lets staff look into an account as an auditor, and writes it down.
func (d *Dashboard) openAccount(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	if _, err := d.Accounts.Get(ctx, id); err != nil {
		return err
	}
	err := d.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Audit(portal.Audit{AccountID: id, Actor: p.Actor(), Action: "account.opened", Target: id, RequestID: portal.RequestID(ctx)})
	})
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/overview", "account", id, "env", string(portal.Live))
}
