package dashboard

import (
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/views"
)

// webhookForm shows the form of a new endpoint.
func (d *Dashboard) webhookForm(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.page(w, r, http.StatusOK, views.WebhookFormPage(views.WebhookFormProps{
		Form: views.WebhookForm{Events: []string{"message.*"}}, Nonce: newNonce(), Recent: d.Sessions.RecentPassword(r.Context()),
	}))
}

// readWebhookForm reads the form of an endpoint.
func readWebhookForm(v url.Values) views.WebhookForm {
	return views.WebhookForm{
		URL: strings.TrimSpace(v.Get("url")), Description: strings.TrimSpace(v.Get("description")),
		Events: slices.Clone(v["event"]), Headers: v.Get("headers"),
	}
}

// ownHeaders reads "X-Name: value" a line; ok is false when a line is none, or repeats a name.
func ownHeaders(text string) (headers map[string]string, ok bool) {
	headers = map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		if _, twice := headers[name]; !found || twice {
			return nil, false
		}
		headers[name] = strings.TrimSpace(value)
	}
	return headers, true
}

// endpointForm is the form as the use case knows it, or what cannot be read of it.
func endpointForm(f views.WebhookForm) (webhooks.Form, map[string]portal.Words) {
	headers, ok := ownHeaders(f.Headers)
	if !ok {
		return webhooks.Form{}, map[string]portal.Words{"headers": headerWords}
	}
	return webhooks.Form{URL: f.URL, Description: f.Description, Events: f.Events, Headers: headers}, nil
}

var headerWords = portal.Words{EN: "Write one header a line, as Name: value, each name once.", PT: "Escreva um cabeçalho por linha, como Nome: valor, cada nome uma vez."}

func (d *Dashboard) webhookRefused(w http.ResponseWriter, r *http.Request, props views.WebhookFormProps) error {
	props.Recent = d.Sessions.RecentPassword(r.Context())
	props.Nonce = r.PostFormValue("nonce")
	path := "/webhooks/new"
	if props.Endpoint != nil {
		path = "/webhooks/" + props.Endpoint.ID + "/edit"
	}
	return d.page(w, at(r, path), http.StatusUnprocessableEntity, views.WebhookFormPage(props))
}

// tryWebhook sends a test to the address of the form and shows the answer; nothing is saved.
func (d *Dashboard) tryWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	props := views.WebhookFormProps{Form: readWebhookForm(posted(r)), Nonce: r.PostFormValue("nonce"), Recent: d.Sessions.RecentPassword(r.Context())}
	form, errs := endpointForm(props.Form)
	var tried webhooks.Tried
	var err error
	if errs == nil {
		tried, err = d.Webhooks.Try(r.Context(), p.caller(r.Context()), form)
		errs = refusedFields(err)
	}
	if len(errs) > 0 {
		props.Form.Errors = errs
		return d.webhookRefused(w, r, props)
	}
	if err != nil {
		return err
	}
	raw, err := webhooks.Body(tried.Event)
	if err != nil {
		return err
	}
	props.Tried = &views.AttemptProps{Attempt: tried.Attempt, Body: audit.Mask("application/json", raw), Max: 1}
	return d.page(w, at(r, "/webhooks/new"), http.StatusOK, views.WebhookFormPage(props))
}

// createWebhook makes an endpoint and shows its secret, once.
func (d *Dashboard) createWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	props := views.WebhookFormProps{Form: readWebhookForm(posted(r))}
	form, errs := endpointForm(props.Form)
	if len(errs) == 0 {
		var err error
		if errs, err = d.passwordError(r, p); err != nil {
			return err
		}
	}
	var made webhooks.Created
	var err error
	if len(errs) == 0 {
		made, err = d.secretOnce(r, p, func(tx *store.Tx) (webhooks.Created, error) {
			return d.Webhooks.CreateTx(tx, p.caller(r.Context()), form)
		})
		errs = refusedFields(err)
	}
	switch {
	case len(errs) > 0:
		props.Form.Errors = errs
		return d.webhookRefused(w, r, props)
	case errors.Is(err, errFormUsed):
		return d.flashTo(w, r, "/webhooks", usedWords)
	case err != nil:
		return err
	}
	return d.revealSecret(w, r, p, made.ID, views.RevealedSecret{Secret: made.Secret})
}

// errFormUsed: the form that shows a secret was sent before.
var errFormUsed = errors.New("form used")

var usedWords = portal.Words{
	EN: "The form was sent before. Its secret was shown once; rotate it if it is lost.",
	PT: "O formulário já foi enviado. O segredo apareceu uma vez; rotacione se ele se perdeu.",
}

// secretOnce makes a secret, unless the form did so before: a reload must not make another.
func (d *Dashboard) secretOnce(r *http.Request, p *Person, do func(tx *store.Tx) (webhooks.Created, error)) (made webhooks.Created, err error) {
	nonce := r.PostFormValue("nonce")
	if nonce == "" || len(nonce) > 100 {
		return made, portal.Refuse(portal.CodeNotFound)
	}
	err = d.Store.Tx(r.Context(), func(tx *store.Tx) error {
		_, fresh, err := tx.UseNonce(p.Tenant(), nonce, p.User.ID)
		if err != nil {
			return err
		}
		if !fresh {
			return errFormUsed
		}
		made, err = do(tx)
		return err
	})
	return made, err
}

// revealSecret answers a form that made a secret with the endpoint's page and
// the secret above it. This answer is the only place that ever holds the secret.
func (d *Dashboard) revealSecret(w http.ResponseWriter, r *http.Request, p *Person, id string, secret views.RevealedSecret) error {
	r = at(r, "/webhooks/"+id)
	r.SetPathValue("id", id)
	noTrace(w)
	return d.showWebhook(w, r, p, views.WebhookProps{Reveal: &secret})
}

// webhookEdit shows the form of an endpoint.
func (d *Dashboard) webhookEdit(w http.ResponseWriter, r *http.Request, p *Person) error {
	e, err := d.Webhooks.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	f := views.WebhookForm{URL: e.URL, Description: e.Description, Events: e.Events}
	for _, name := range e.HeaderNames {
		f.Headers += name + ": " + masked + "\n"
	}
	return d.page(w, r, http.StatusOK, views.WebhookFormPage(views.WebhookFormProps{Form: f, Endpoint: &e}))
}

// editWebhook changes an endpoint.
func (d *Dashboard) editWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	e, err := d.Webhooks.Get(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	props := views.WebhookFormProps{Form: readWebhookForm(posted(r)), Endpoint: &e}
	form, errs := endpointForm(props.Form)
	if len(errs) == 0 {
		err = d.Store.Tx(ctx, func(tx *store.Tx) error {
			_, err := d.Webhooks.ChangeTx(tx, p.caller(ctx), id, endpointChange(e, form))
			return err
		})
		errs = refusedFields(err)
	}
	if len(errs) > 0 {
		props.Form.Errors = errs
		return d.webhookRefused(w, r, props)
	}
	return d.webhookDone(w, r, p, savedWords, err)
}

// endpointChange is what the form changes. A header whose value is dots stays, one that is not named goes.
func endpointChange(e portal.WebhookEndpoint, f webhooks.Form) webhooks.Change {
	ch := webhooks.Change{URL: &f.URL, Description: &f.Description, Events: f.Events, Headers: map[string]*string{}}
	if ch.Events == nil {
		ch.Events = []string{} // none chosen is refused, not kept
	}
	for _, name := range e.HeaderNames {
		if _, kept := f.Headers[name]; !kept {
			ch.Headers[name] = nil
		}
	}
	for name, value := range f.Headers {
		if value != masked || !slices.Contains(e.HeaderNames, name) {
			ch.Headers[name] = &value
		}
	}
	return ch
}

// webhookRotate shows the form of a new secret.
func (d *Dashboard) webhookRotate(w http.ResponseWriter, r *http.Request, p *Person) error {
	e, err := d.Webhooks.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.WebhookRotate(views.WebhookRotateProps{
		Endpoint: e, Overlap: "24h", Nonce: newNonce(), Recent: d.Sessions.RecentPassword(r.Context()),
	}))
}

// rotateWebhook gives an endpoint a new secret and shows it, once.
func (d *Dashboard) rotateWebhook(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	e, err := d.Webhooks.Get(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	props := views.WebhookRotateProps{Endpoint: e, Overlap: r.PostFormValue("overlap"), Nonce: r.PostFormValue("nonce")}
	overlap, parseErr := time.ParseDuration(props.Overlap)
	if props.Errors, err = d.passwordError(r, p); err != nil {
		return err
	}
	if parseErr != nil || len(props.Errors) > 0 {
		props.Recent = d.Sessions.RecentPassword(ctx)
		return d.page(w, at(r, "/webhooks/"+id+"/rotate"), http.StatusUnprocessableEntity, views.WebhookRotate(props))
	}
	made, err := d.secretOnce(r, p, func(tx *store.Tx) (webhooks.Created, error) {
		return d.Webhooks.RotateTx(tx, p.caller(ctx), id, overlap)
	})
	if errors.Is(err, errFormUsed) {
		return d.flashTo(w, r, "/webhooks/"+id, usedWords)
	}
	if err != nil {
		return d.webhookDone(w, r, p, portal.Words{}, err)
	}
	return d.revealSecret(w, r, p, id, views.RevealedSecret{Secret: made.Secret, Rotated: true})
}

// refusalWords says why something was refused; zero for any other outcome.
func refusalWords(err error) portal.Words {
	var refused *portal.Error
	if !errors.As(err, &refused) || refused.Code != portal.CodeValidationFailed {
		return portal.Words{}
	}
	for _, f := range refused.Fields {
		if f.Detail != (portal.Words{}) {
			return f.Detail
		}
	}
	if refused.Detail != (portal.Words{}) {
		return refused.Detail
	}
	return portal.Words{EN: "A time or a choice of the form is not possible.", PT: "Um horário ou uma escolha do formulário não é possível."}
}
