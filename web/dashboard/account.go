package dashboard

import (
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/views"
)

// account shows the settings of the account, or to a person without one what that means.
func (d *Dashboard) account(w http.ResponseWriter, r *http.Request, p *Person) error {
	if p.Account.ID == "" {
		return d.page(w, r, http.StatusOK, views.NoAccount())
	}
	return d.showAccount(w, r, p, accountForm(p))
}

// accountForm returns the form as the account is. Who may not change the tester
// numbers sees them masked.
func accountForm(p *Person) views.AccountForm {
	testers := p.Account.Testers
	if !p.May(portal.ManageAccount) {
		testers = make([]string, len(p.Account.Testers))
		for i, n := range p.Account.Testers {
			testers[i] = phone.Mask(n)
		}
	}
	return views.AccountForm{
		Country: p.Account.Country, Name: p.Account.Name, Language: p.Account.Language, Zone: p.Account.Timezone, OptInRequired: p.Account.OptInRequired,
		Testers: strings.Join(testers, "\n"), Departments: strings.Join(p.Account.Departments, "\n"),
	}
}

func (d *Dashboard) showAccount(w http.ResponseWriter, r *http.Request, p *Person, form views.AccountForm) error {
	limits, err := d.messageLimits(r.Context(), p.Account)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(form.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, r, status, views.Account(views.AccountProps{Account: p.Account, Form: form, Limits: limits}))
}

// saveAccount changes the settings of the account.
func (d *Dashboard) saveAccount(w http.ResponseWriter, r *http.Request, p *Person) error {
	f := r.PostFormValue
	form := views.AccountForm{
		Name: f("name"), Language: f("language"), Zone: f("timezone"), Country: strings.ToUpper(strings.TrimSpace(f("country"))),
		Testers: f("testers"), Departments: f("departments"), OptInRequired: f("opt_in_required") != "",
	}
	testers, departments := views.Lines(form.Testers), views.Lines(form.Departments)
	if form.Country == "" {
		form.Country = p.Account.Country
	}
	_, err := d.Accounts.Update(r.Context(), p.Actor(), p.Account.ID, accounts.Change{
		Name: &form.Name, Language: &form.Language, Timezone: &form.Zone, Country: &form.Country,
		Testers: &testers, Departments: &departments, OptInRequired: &form.OptInRequired,
	})
	if form.Errors = refusedFields(err); form.Errors != nil {
		return d.showAccount(w, r, p, form)
	}
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/account", savedWords)
}
