package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/views"
)

const (
	latestRequests = 20
	aDay           = 24 * time.Hour
)

// tokenPage shows one token.
func (d *Dashboard) tokenPage(w http.ResponseWriter, r *http.Request, p *Person) error {
	token, err := d.Tokens.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return d.showToken(w, r, p, http.StatusOK, views.TokenProps{Token: token, Form: formOf(token)})
}

// formOf returns the form of an edit as the token is.
func formOf(t portal.Token) views.TokenForm {
	f := views.TokenForm{Name: t.Name, Scopes: t.Scopes, Expiry: views.ExpiryKeep, IPs: strings.Join(t.AllowedIPs, "\n")}
	if t.RateLimit > 0 {
		f.Rate = strconv.Itoa(t.RateLimit)
	}
	return f
}

func (d *Dashboard) showToken(w http.ResponseWriter, r *http.Request, p *Person, status int, props views.TokenProps) error {
	ctx, t, id := r.Context(), p.Tenant(), props.Token.ID
	props.Now = d.Store.Now()
	props.State, props.PlanRate = props.Token.State(props.Now), p.Account.Plan.RequestsPerSecond()
	month, step := rangeNamed("30d")
	use := store.UseFilter{TokenID: id, From: startOf(props.Now, month, step), To: props.Now, Step: step}
	steps, err := d.Store.Reader(ctx).RequestUse(t, use)
	if err != nil {
		return err
	}
	sum := sumOf(steps)
	props.Days, props.OK, props.Refused, props.Failed = barsOf(ctx, chart{steps: steps, step: step, query: []string{"token", id}}), sum.OK, sum.Refused, sum.Failed
	if props.Endpoints, err = d.endpoints(ctx, t, use, "token", id); err != nil {
		return err
	}
	if props.Last24h, err = d.requestsOf(ctx, t, id, aDay); err != nil {
		return err
	}
	if p.May(portal.ReadLogs) {
		if props.Latest, _, err = d.Log.List(ctx, t, portal.RequestFilter{TokenID: id}, portal.Page{Limit: latestRequests}); err != nil {
			return err
		}
	}
	if props.History, err = d.Tokens.History(ctx, t, id); err != nil {
		return err
	}
	if props.Rotation, err = d.rotationOf(ctx, t, props.Token); err != nil {
		return err
	}
	return d.page(w, r, status, views.Token(props))
}

// requestsOf counts the requests of a token in the time before now.
func (d *Dashboard) requestsOf(ctx context.Context, t portal.Tenant, id string, last time.Duration) (int64, error) {
	now := d.Store.Now()
	steps, err := d.Store.Reader(ctx).RequestUse(t, store.UseFilter{TokenID: id, From: now.Add(-last), To: now, Step: time.Minute})
	sum := sumOf(steps)
	return sum.OK + sum.Refused + sum.Failed, err
}

// rotationOf returns the use of the old token while it and the new one both
// work: token is either of them. It is nil when no rotation is under way.
func (d *Dashboard) rotationOf(ctx context.Context, t portal.Tenant, token portal.Token) (*views.RotationUse, error) {
	old := token
	if token.State(d.Store.Now()) != portal.TokenRotating {
		if token.RotatedFrom == "" {
			return nil, nil
		}
		var err error
		if old, err = d.Tokens.Get(ctx, t, token.RotatedFrom); err != nil {
			return nil, err
		}
		if old.State(d.Store.Now()) != portal.TokenRotating {
			return nil, nil
		}
	}
	use, err := d.useOf(ctx, t, old)
	return &use, err
}

// useOf returns how much a token is used now.
func (d *Dashboard) useOf(ctx context.Context, t portal.Tenant, token portal.Token) (u views.RotationUse, err error) {
	u = views.RotationUse{Old: token, LastAt: token.LastUsedAt}
	if token.RevokedAt != nil {
		u.EndsAt = *token.RevokedAt
	}
	if u.Minutes5, err = d.requestsOf(ctx, t, token.ID, 5*time.Minute); err != nil {
		return u, err
	}
	// The token's own note is up to a minute late; the log is not.
	last, _, err := d.Log.List(ctx, t, portal.RequestFilter{TokenID: token.ID}, portal.Page{Limit: 1})
	if err == nil && len(last) == 1 {
		u.LastAt = &last[0].At
	}
	return u, err
}

// tokenUse is the part of a page that says how much a token is used now.
func (d *Dashboard) tokenUse(w http.ResponseWriter, r *http.Request, p *Person) error {
	token, err := d.Tokens.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	use, err := d.useOf(r.Context(), p.Tenant(), token)
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.RotationLive(use))
}

// editToken changes the settings of a token.
func (d *Dashboard) editToken(w http.ResponseWriter, r *http.Request, p *Person) error {
	token, err := d.Tokens.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := readTokenForm(posted(r))
	ch, errs := d.tokenChange(p, form)
	if len(errs) == 0 {
		_, err = d.Tokens.Update(r.Context(), p.Actor(), p.Tenant(), token.ID, ch)
		errs = refusedFields(err)
	}
	switch {
	case len(errs) > 0:
		form.Errors = errs
		return d.showToken(w, r, p, http.StatusUnprocessableEntity, views.TokenProps{Token: token, Form: form})
	case portal.CodeOf(err) == portal.CodePreconditionFailed: // it ended meanwhile: its page says so
	case err != nil:
		return err
	default:
		return d.flashTo(w, r, "/tokens/"+token.ID, savedWords)
	}
	return d.redirect(w, r, "/tokens/"+token.ID)
}

func (d *Dashboard) tokenChange(p *Person, form views.TokenForm) (ch tokens.Change, errs map[string]portal.Words) {
	keep := form.Expiry == views.ExpiryKeep
	if keep {
		form.Expiry = views.ExpiryNever // readable; it is not taken
	}
	n, errs := d.newToken(p, form)
	return tokens.Change{
		Name: &n.Name, Scopes: &n.Scopes, AllowedIPs: &n.AllowedIPs, RateLimit: &n.RateLimit,
		SetExpiry: !keep, ExpiresAt: n.ExpiresAt,
	}, errs
}

// overlaps are the choices of a rotation.
var overlaps = map[string]time.Duration{"0s": 0, "1h": time.Hour, "24h": aDay, "7d": 7 * aDay}

// rotateForm asks how long the old token may go on.
func (d *Dashboard) rotateForm(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showRotate(w, r, p, views.RotateProps{Overlap: "24h", Nonce: newNonce()})
}

func (d *Dashboard) showRotate(w http.ResponseWriter, r *http.Request, p *Person, props views.RotateProps) (err error) {
	if props.Token, err = d.Tokens.Get(r.Context(), p.Tenant(), r.PathValue("id")); err != nil {
		return err
	}
	if props.Token.State(d.Store.Now()) != portal.TokenActive {
		return d.redirect(w, r, "/tokens/"+props.Token.ID)
	}
	if props.Use, err = d.useOf(r.Context(), p.Tenant(), props.Token); err != nil {
		return err
	}
	props.Recent = d.Sessions.RecentPassword(r.Context())
	status := http.StatusOK
	if len(props.Form.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, r, status, views.Rotate(props))
}

// rotateToken replaces a token and shows the new secret, once.
func (d *Dashboard) rotateToken(w http.ResponseWriter, r *http.Request, p *Person) error {
	props := views.RotateProps{Overlap: r.PostFormValue("overlap"), Nonce: r.PostFormValue("nonce")}
	overlap, ok := overlaps[props.Overlap]
	wrong, err := d.passwordError(r, p)
	if err != nil {
		return err
	}
	if !ok || len(wrong) > 0 {
		props.Form.Errors = wrong
		return d.showRotate(w, r, p, props)
	}
	token, secret, err := d.Tokens.Rotate(r.Context(), p.Actor(), p.Tenant(), tokens.Rotation{ID: r.PathValue("id"), Overlap: overlap, Nonce: props.Nonce})
	if used, ok := asNonceUsed(err); ok {
		return d.repeated(w, r, p, used)
	}
	if portal.CodeOf(err) == portal.CodePreconditionFailed {
		return d.redirect(w, r, "/tokens/"+r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return d.revealToken(w, r, p, views.RevealedToken{Token: token, Secret: secret, Rotated: true})
}

// revokeForm asks before a token ends.
func (d *Dashboard) revokeForm(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showRevoke(w, r, p, nil)
}

func (d *Dashboard) showRevoke(w http.ResponseWriter, r *http.Request, p *Person, errs map[string]portal.Words) error {
	token, err := d.Tokens.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if token.State(d.Store.Now()) == portal.TokenRevoked {
		return d.redirect(w, r, "/tokens/"+token.ID)
	}
	n, err := d.requestsOf(r.Context(), p.Tenant(), token.ID, aDay)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(errs) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, r, status, views.Revoke(views.RevokeProps{Token: token, Last24h: n, Errors: errs}))
}

// revokeToken ends a token whose name was typed.
func (d *Dashboard) revokeToken(w http.ResponseWriter, r *http.Request, p *Person) error {
	token, err := d.Tokens.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != token.Name {
		return d.showRevoke(w, r, p, map[string]portal.Words{"confirm": {
			EN: "This is not the name of the token.", PT: "Este não é o nome do token.",
		}})
	}
	if err := d.Tokens.Revoke(r.Context(), p.Actor(), p.Tenant(), token.ID); err != nil {
		return err
	}
	return d.flashTo(w, r, "/tokens", revokedWords(1))
}

func revokedWords(n int) portal.Words {
	switch n {
	case 0:
		return portal.Words{EN: "No token was selected", PT: "Nenhum token foi marcado"}
	case 1:
		return portal.Words{EN: "Token revoked", PT: "Token revogado"}
	}
	return portal.Words{EN: fmt.Sprintf("%d tokens revoked", n), PT: fmt.Sprintf("%d tokens revogados", n)}
}

var savedWords = portal.Words{EN: "Saved", PT: "Salvo"}
