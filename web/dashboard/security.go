package dashboard

import (
	"errors"
	"net/http"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/views"
)

var (
	wrongPassword = portal.Words{EN: "This is not your password.", PT: "Esta não é a sua senha."}
	notRepeated   = portal.Words{EN: "The two new passwords differ.", PT: "As duas senhas novas são diferentes."}
)

// passwordWords turns the refusal of a password into a sentence; other errors are returned.
func passwordWords(err error) (portal.Words, error) {
	var tooMany *accounts.ErrTooMany
	switch {
	case errors.Is(err, accounts.ErrCredentials):
		return wrongPassword, nil
	case errors.As(err, &tooMany):
		return tooManyTries, nil
	}
	return portal.Words{}, err
}

// security shows the reader's sessions and the form of the password.
func (d *Dashboard) security(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showSecurity(w, r, p, nil)
}

func (d *Dashboard) showSecurity(w http.ResponseWriter, r *http.Request, p *Person, errs map[string]portal.Words) error {
	list, err := d.Sessions.Sessions(r.Context(), p.User.ID)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(errs) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, at(r, "/security"), status, views.Security(views.SecurityProps{Sessions: list, Current: p.Session.ID, Errors: errs}))
}

// changePassword replaces the reader's password and ends their other sessions.
func (d *Dashboard) changePassword(w http.ResponseWriter, r *http.Request, p *Person) error {
	f := r.PostFormValue
	if f("new") != f("repeat") {
		return d.showSecurity(w, r, p, map[string]portal.Words{"repeat": notRepeated})
	}
	err := d.Accounts.ChangePassword(r.Context(), p.User.ID, f("current"), f("new"), p.Actor())
	if fields := refusedFields(err); fields != nil {
		return d.showSecurity(w, r, p, map[string]portal.Words{"new": fields["new_password"]})
	}
	words, err := passwordWords(err)
	if err != nil {
		return err
	}
	if words != (portal.Words{}) {
		return d.showSecurity(w, r, p, map[string]portal.Words{"current": words})
	}
	if err := d.Sessions.PasswordChanged(r.Context()); err != nil {
		return err
	}
	return d.flashTo(w, r, "/security", portal.Words{EN: "Password changed", PT: "Senha trocada"})
}

// endSession signs one of the reader's other browsers out.
func (d *Dashboard) endSession(w http.ResponseWriter, r *http.Request, p *Person) error {
	err := d.Sessions.End(r.Context(), p.User.ID, r.PathValue("session"))
	if err != nil && portal.CodeOf(err) != portal.CodeNotFound { // it may have ended by itself
		return err
	}
	return d.flashTo(w, r, "/security", portal.Words{EN: "Session ended", PT: "Sessão encerrada"})
}

// endOtherSessions signs all of the reader's other browsers out.
func (d *Dashboard) endOtherSessions(w http.ResponseWriter, r *http.Request, _ *Person) error {
	if _, err := d.Sessions.EndOthers(r.Context()); err != nil {
		return err
	}
	return d.flashTo(w, r, "/security", portal.Words{EN: "Other sessions ended", PT: "Outras sessões encerradas"})
}

// flashTo leads to a page that shows the words once.
func (d *Dashboard) flashTo(w http.ResponseWriter, r *http.Request, path string, words portal.Words) error {
	if err := d.Sessions.Flash(w, r, words); err != nil {
		return err
	}
	return d.redirect(w, r, path)
}
