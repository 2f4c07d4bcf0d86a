package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

const (
	// firstTokenDays is how long the token of get-started works.
	firstTokenDays = 30
	// alwaysThere is a number of the simulator whose window is always open.
	alwaysThere = "+5511900000001"
	// clockRuns is how long after its start the clock is worth showing.
	clockRuns = time.Hour
)

var helloWords = portal.Words{EN: "Hello from the API", PT: "Olá, direto da API"}

// firstNumber is whom a first message goes to, and whether that is a tester of the account.
func firstNumber(a portal.Account) (to string, tester bool) {
	if len(a.Testers) > 0 {
		return a.Testers[0], true
	}
	return alwaysThere, false
}

// getStarted shows the way to the first message. It is about the test
// environment, whatever the page before it was about.
func (d *Dashboard) getStarted(w http.ResponseWriter, r *http.Request, p *Person) error {
	if p.Environment != portal.Test {
		return d.redirect(w, r, "/get-started", "env", string(portal.Test))
	}
	return d.showStart(w, r, p, views.GetStartedProps{})
}

func (d *Dashboard) showStart(w http.ResponseWriter, r *http.Request, p *Person, props views.GetStartedProps) error {
	ctx, t := r.Context(), p.Tenant()
	props.BaseURL, props.Start = d.BaseURL, d.clockOf(p)
	props.To, props.Tester = firstNumber(p.Account)
	props.MayTest, props.Recent = p.May(portal.ManageAccount), d.Sessions.RecentPassword(ctx)
	if props.Nonce == "" {
		props.Nonce = newNonce()
	}
	if props.Form.Name == "" {
		props.Form.Name = ui.L(ctx, "first-token", "primeiro-token")
	}
	if props.Token == nil {
		token, err := d.Store.Reader(ctx).NewestToken(t, d.Store.Now())
		switch {
		case err == nil:
			props.Token = &token
		case portal.CodeOf(err) != portal.CodeNotFound:
			return err
		}
	}
	if props.Token != nil && props.Secret == "" {
		if err := d.firstCall(ctx, t, &props); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if len(props.Form.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	if isFragment(r) {
		return d.page(w, r, status, views.GetStartedParts(props))
	}
	return d.page(w, at(r, "/get-started"), status, views.GetStarted(props))
}

// firstCall fills in the first successful call of the environment, as far as it
// is among the latest.
func (d *Dashboard) firstCall(ctx context.Context, t portal.Tenant, props *views.GetStartedProps) error {
	rows, _, err := d.Log.List(ctx, t, portal.RequestFilter{Class: 2, Source: portal.SourceAPI}, portal.Page{Limit: portal.MaxLimit})
	if err == nil && len(rows) > 0 {
		first := rows[len(rows)-1]
		props.FirstAt, props.FirstID = &first.At, first.ID
	}
	return err
}

// clockOf returns when the reader began: at sign-in, while that is recent.
func (d *Dashboard) clockOf(p *Person) *time.Time {
	start := p.Session.CreatedAt
	if d.Store.Now().Sub(start) > clockRuns {
		return nil
	}
	return &start
}

// firstToken makes a test token with what the first message needs, and shows
// the command with its secret filled in, once.
func (d *Dashboard) firstToken(w http.ResponseWriter, r *http.Request, p *Person) error {
	props := views.GetStartedProps{Form: views.TokenForm{Name: r.PostFormValue("name")}, Nonce: r.PostFormValue("nonce")}
	if p.Environment != portal.Test {
		return portal.Refuse(portal.CodeNotFound)
	}
	wrong, err := d.passwordError(r, p)
	if err != nil {
		return err
	}
	if props.Form.Errors = wrong; len(wrong) > 0 {
		return d.showStart(w, r, p, props)
	}
	end := d.Store.Now().AddDate(0, 0, firstTokenDays)
	token, secret, err := d.Tokens.Mint(r.Context(), p.Actor(), p.Tenant(), tokens.NewToken{
		Name: props.Form.Name, Scopes: portal.ScopePresets[0].Scopes, ExpiresAt: &end, Nonce: props.Nonce, CreatedBy: p.User.ID,
	})
	if _, ok := asNonceUsed(err); ok {
		props.Repeated = true
		return d.showStart(w, r, p, props)
	}
	if props.Form.Errors = refusedFields(err); props.Form.Errors != nil {
		return d.showStart(w, r, p, props)
	}
	if err != nil {
		return err
	}
	props.Token, props.Secret = &token, secret
	noTrace(w)
	return d.showStart(w, r, p, props)
}

// firstTester adds the reader's own number to those that the test environment lets be written to.
func (d *Dashboard) firstTester(w http.ResponseWriter, r *http.Request, p *Person) error {
	testers := append([]string{r.PostFormValue("tester")}, p.Account.Testers...)
	_, err := d.Accounts.Update(r.Context(), p.Actor(), p.Account.ID, accounts.Change{Testers: &testers})
	if errs := refusedFields(err); errs != nil {
		return d.showStart(w, r, p, views.GetStartedProps{Form: views.TokenForm{Errors: errs}})
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/get-started", "env", string(portal.Test))
}
