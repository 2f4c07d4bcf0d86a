package dashboard

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/views"
)

var wrongPair = portal.Words{
	EN: "E-mail and password do not match. Check both and try again.",
	PT: "E-mail e senha não conferem. Confira os dois e tente de novo.",
}

var tooManyTries = portal.Words{
	EN: "Too many tries from this address. Wait a minute and try again.",
	PT: "Muitas tentativas deste endereço. Espere um minuto e tente de novo.",
}

// home shows a visitor what the API is and sends a member to the overview.
func (d *Dashboard) home(w http.ResponseWriter, r *http.Request, p *Person) error {
	if p != nil {
		return d.redirect(w, r, "/overview")
	}
	return d.page(w, r, http.StatusOK, views.Home(views.HomeProps{BaseURL: d.BaseURL}))
}

// loginForm shows the sign-in form, or sends a member where they wanted to go.
func (d *Dashboard) loginForm(w http.ResponseWriter, r *http.Request, p *Person) error {
	next := localPath(r.FormValue("next"), "/overview")
	if p != nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return d.page(w, r, http.StatusOK, views.Login(views.LoginProps{Next: next}))
}

// login signs a person in. A wrong pair reads the same whether the e-mail exists or not.
func (d *Dashboard) login(w http.ResponseWriter, r *http.Request, _ *Person) error {
	email, next := r.PostFormValue("email"), localPath(r.PostFormValue("next"), "/overview")
	user, err := d.Accounts.SignIn(r.Context(), email, r.PostFormValue("password"), d.ClientIP(r))
	props := views.LoginProps{Email: email, Next: next}
	var tooMany *accounts.ErrTooMany
	switch {
	case errors.Is(err, accounts.ErrCredentials):
		props.Error = wrongPair
		return d.page(w, r, http.StatusUnprocessableEntity, views.Login(props))
	case errors.As(err, &tooMany):
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(tooMany.RetryAfter/time.Second))))
		props.Error = tooManyTries
		return d.page(w, r, http.StatusTooManyRequests, views.Login(props))
	case err != nil:
		return err
	}
	if err := d.Sessions.SignIn(r.Context(), user); err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// logout ends the session.
func (d *Dashboard) logout(w http.ResponseWriter, r *http.Request, _ *Person) error {
	if err := d.Sessions.SignOut(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}
