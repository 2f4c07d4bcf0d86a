package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// tokenForm shows the form of a new token, filled in by its query.
func (d *Dashboard) tokenForm(w http.ResponseWriter, r *http.Request, p *Person) error {
	form := readTokenForm(r.URL.Query())
	if form.Expiry == "" {
		form.Expiry = "90"
	}
	for _, preset := range portal.ScopePresets {
		if preset.Name == r.FormValue("preset") {
			form.Scopes = preset.Scopes
		}
	}
	return d.page(w, r, http.StatusOK, views.TokenNew(d.tokenNewProps(r, p, form)))
}

// tokenSummary is the part of the form's page that says what the token may do.
func (d *Dashboard) tokenSummary(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.page(w, r, http.StatusOK, views.TokenSummary(d.tokenNewProps(r, p, readTokenForm(r.URL.Query()))))
}

func (d *Dashboard) tokenNewProps(r *http.Request, p *Person, form views.TokenForm) views.TokenNewProps {
	now := d.Store.Now()
	props := views.TokenNewProps{
		Form: form, Env: p.Environment, Nonce: newNonce(), Now: now,
		Recent: d.Sessions.RecentPassword(r.Context()), PlanRate: p.Account.Plan.RequestsPerSecond(),
	}
	props.ExpiresAt, _ = expiryOf(form, now, p.Zone) // an end that cannot be read is not in the sentence
	return props
}

// mintToken makes a token and shows its secret, once.
func (d *Dashboard) mintToken(w http.ResponseWriter, r *http.Request, p *Person) error {
	form := readTokenForm(posted(r))
	wrong, err := d.passwordError(r, p)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		form.Errors = wrong
		return d.tokenRefused(w, r, p, form)
	}
	n, errs := d.newToken(p, form)
	if len(errs) > 0 {
		form.Errors = errs
		return d.tokenRefused(w, r, p, form)
	}
	n.Nonce = r.PostFormValue("nonce")
	token, secret, err := d.Tokens.Mint(r.Context(), p.Actor(), p.Tenant(), n)
	if used, ok := asNonceUsed(err); ok {
		return d.repeated(w, r, p, used)
	}
	if form.Errors = refusedFields(err); form.Errors != nil {
		return d.tokenRefused(w, r, p, form)
	}
	if err != nil {
		return err
	}
	return d.revealToken(w, r, p, views.RevealedToken{Token: token, Secret: secret})
}

func (d *Dashboard) tokenRefused(w http.ResponseWriter, r *http.Request, p *Person, form views.TokenForm) error {
	props := d.tokenNewProps(r, p, form)
	props.Nonce = r.PostFormValue("nonce")
	return d.page(w, at(r, "/tokens/new"), http.StatusUnprocessableEntity, views.TokenNew(props))
}

// newToken reads what is to be made from a form, and what of it cannot be read.
func (d *Dashboard) newToken(p *Person, form views.TokenForm) (n tokens.NewToken, errs map[string]portal.Words) {
	errs = map[string]portal.Words{}
	n = tokens.NewToken{Name: form.Name, Scopes: form.Scopes, AllowedIPs: form.List(), CreatedBy: p.User.ID}
	var ok bool
	if n.RateLimit, ok = rateOf(form); !ok {
		errs["rate_limit"] = fieldWords[portal.FieldOutOfRange]
	}
	if n.ExpiresAt, ok = expiryOf(form, d.Store.Now(), p.Zone); !ok {
		errs["expires_at"] = expiryWords
	}
	return n, errs
}

var expiryWords = portal.Words{EN: "Choose an end, or a day after today.", PT: "Escolha um fim, ou um dia depois de hoje."}

// readTokenForm reads the fields of a token from a form or query.
func readTokenForm(v url.Values) views.TokenForm {
	return views.TokenForm{
		Name: strings.TrimSpace(v.Get("name")), Scopes: slices.Clone(v["scope"]), Expiry: v.Get("expiry"), Date: v.Get("date"),
		IPs: v.Get("allowed_ips"), Rate: strings.TrimSpace(v.Get("rate_limit")),
	}
}

func rateOf(form views.TokenForm) (int, bool) {
	if form.Rate == "" {
		return 0, true
	}
	n, err := strconv.Atoi(form.Rate)
	return n, err == nil && n > 0
}

// expiryOf returns the end that a form asks for, nil for never; ok is false when it says none.
func expiryOf(form views.TokenForm, now time.Time, zone *time.Location) (at *time.Time, ok bool) {
	switch form.Expiry {
	case views.ExpiryNever:
		return nil, true
	case views.ExpiryDate:
		day, err := time.ParseInLocation(time.DateOnly, form.Date, zone)
		end := day.AddDate(0, 0, 1)
		return &end, err == nil && end.After(now)
	}
	days, err := strconv.Atoi(form.Expiry)
	if err != nil || days < 1 || days > 3650 {
		return nil, false
	}
	end := now.AddDate(0, 0, days)
	return &end, true
}

// refusedFields returns the sentence of each field that a use case refused, nil for any other outcome.
func refusedFields(err error) map[string]portal.Words {
	var refused *portal.Error
	if !errors.As(err, &refused) || len(refused.Fields) == 0 {
		return nil
	}
	return formErrors(refused.Fields)
}

// tryCommand is the first call to make with a new token: one that it may make,
// and that in the live environment writes to nobody.
func (d *Dashboard) tryCommand(ctx context.Context, p *Person, t portal.Token) string {
	if t.Environment == portal.Test && t.Allows(portal.ScopeMessagesSend) {
		to, _ := firstNumber(p.Account)
		return views.FirstCommand(d.BaseURL, to, ui.W(ctx, helloWords))
	}
	path := "/v1/account"
	for _, s := range t.Scopes {
		if known, ok := readPaths[s]; ok {
			path = known
			break
		}
	}
	return "curl " + d.BaseURL + path + " \\\n  -H \"Authorization: Bearer $WPP_TOKEN\""
}

// readPaths is a call that each reading scope allows.
var readPaths = map[string]string{
	portal.ScopeAccountRead:   "/v1/account",
	portal.ScopeContactsRead:  "/v1/contacts",
	portal.ScopeHandoffsRead:  "/v1/handoffs",
	portal.ScopeLogsRead:      "/v1/requests",
	portal.ScopeMessagesRead:  "/v1/messages",
	portal.ScopeTemplatesRead: "/v1/templates",
}
