package dashboard

import (
	"errors"
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/views"
)

// setupForm shows the form behind the one-time link; a dead link is not found.
func (d *Dashboard) setupForm(w http.ResponseWriter, r *http.Request, _ *Person) error {
	expires, err := d.Accounts.CheckSetup(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.Setup(views.SetupProps{
		Code: r.PathValue("code"), ExpiresAt: &expires,
		Lang: d.Sessions.Lang(r, portal.User{}), Zone: "America/Sao_Paulo",
	}))
}

// setup makes the first account and its owner, signs them in and starts the clock of get-started.
func (d *Dashboard) setup(w http.ResponseWriter, r *http.Request, _ *Person) error {
	code := r.PathValue("code")
	expires, err := d.Accounts.CheckSetup(r.Context(), code)
	if err != nil {
		return err
	}
	f := r.PostFormValue
	_, user, err := d.Accounts.Setup(r.Context(), code, accounts.NewAccount{
		Name: f("company"), Email: f("email"), Password: f("password"),
		Tester: f("tester"), Language: f("language"), Timezone: f("timezone"),
	})
	var refused *portal.Error
	if errors.As(err, &refused) && refused.Code != portal.CodeNotFound && len(refused.Fields) > 0 {
		return d.page(w, r, http.StatusUnprocessableEntity, views.Setup(views.SetupProps{
			Code: code, ExpiresAt: &expires, Company: f("company"), Email: f("email"), Tester: f("tester"),
			Lang: f("language"), Zone: f("timezone"), Errors: formErrors(refused.Fields),
		}))
	}
	if err != nil {
		return err
	}
	if err := d.Sessions.SignIn(r.Context(), user); err != nil {
		return err
	}
	http.Redirect(w, r, "/get-started", http.StatusSeeOther)
	return nil
}

// fieldWords says what is wrong with a field when the use case said only a code.
var fieldWords = map[string]portal.Words{
	portal.FieldRequired:      {EN: "Fill in this field.", PT: "Preencha este campo."},
	portal.FieldInvalidFormat: {EN: "This does not have the right format.", PT: "Isto não está no formato certo."},
	portal.FieldInvalidValue:  {EN: "This value is not possible here.", PT: "Este valor não é possível aqui."},
	portal.FieldTooLong:       {EN: "This is too long.", PT: "Isto é longo demais."},
	portal.FieldTooShort:      {EN: "This is too short.", PT: "Isto é curto demais."},
	portal.FieldTooMany:       {EN: "These are too many.", PT: "São itens demais."},
	portal.FieldOutOfRange:    {EN: "This is outside the range.", PT: "Isto está fora do intervalo."},
	portal.FieldNotFound:      {EN: "This does not exist.", PT: "Isto não existe."},
	portal.FieldConflict:      {EN: "This is taken.", PT: "Isto já está em uso."},
}

// formErrors returns the sentence for each refused field, by its name without the slash.
func formErrors(fields []portal.FieldError) map[string]portal.Words {
	out := make(map[string]portal.Words, len(fields))
	for _, f := range fields {
		words := f.Detail
		if words == (portal.Words{}) {
			words = fieldWords[f.Code]
		}
		name := strings.TrimPrefix(f.Pointer, "/")
		if name == "" {
			name = f.Parameter
		}
		name, _, _ = strings.Cut(name, "/")
		out[name] = words
	}
	return out
}
