package dashboard

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// tokensList names the list in its cursors.
const tokensList = "tokens"

// week and its step are what the list shows of each token's use.
const (
	week     = 7 * 24 * time.Hour
	weekStep = 12 * time.Hour
)

// tokenList shows one part of the tokens.
func (d *Dashboard) tokenList(w http.ResponseWriter, r *http.Request, p *Person) error {
	props, err := d.tokensProps(r.Context(), p, r.URL.Query())
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.Tokens(props))
}

func (d *Dashboard) tokensProps(ctx context.Context, p *Person, q url.Values) (props views.TokensProps, err error) {
	t, now := p.Tenant(), d.Store.Now()
	props = views.TokensProps{Part: q.Get("s"), Now: now}
	if props.Part != tokens.Expiring && props.Part != tokens.Revoked {
		props.Part = tokens.Active
	}
	after, err := portal.ParseCursor(tokensList, q.Get("before"))
	if err != nil {
		return props, err
	}
	rows, next, err := d.Tokens.List(ctx, t, props.Part, portal.Page{Limit: portal.DefaultLimit, After: after})
	if err != nil {
		return props, err
	}
	if next != "" {
		props.Older = ui.Href(ctx, "/tokens", "s", props.Part, "before", portal.Cursor(tokensList, next))
	}
	uses, err := d.Store.Reader(ctx).TokenUses(t, store.UseFilter{From: now.Add(-week), To: now, Step: weekStep})
	if err != nil {
		return props, err
	}
	for _, token := range rows {
		props.Rows = append(props.Rows, tokenRow(token, uses[token.ID]))
	}
	props.Counts, err = d.tokenCounts(ctx, t, now)
	return props, err
}

func tokenRow(t portal.Token, use []portal.Minute) views.TokenRow {
	row := views.TokenRow{Token: t}
	for _, m := range use {
		n := m.OK + m.Refused + m.Failed
		row.Requests += n
		row.Use = append(row.Use, float64(n))
	}
	return row
}

func (d *Dashboard) tokenCounts(ctx context.Context, t portal.Tenant, now time.Time) (c views.TokenCounts, err error) {
	for part, n := range map[string]*int64{tokens.Active: &c.Active, tokens.Expiring: &c.Expiring, tokens.Revoked: &c.Revoked} {
		f := store.TokenFilter{Part: part, Now: now, Expiring: now.Add(tokens.ExpiringWithin)}
		if *n, err = d.Store.Reader(ctx).CountTokens(t, f); err != nil {
			return c, err
		}
	}
	return c, nil
}

// revealToken answers a form that made a token with the list and the secret above
// it. This answer is the only place that ever holds the secret.
func (d *Dashboard) revealToken(w http.ResponseWriter, r *http.Request, p *Person, made views.RevealedToken) error {
	props, err := d.tokensProps(r.Context(), p, nil)
	if err != nil {
		return err
	}
	for i, row := range props.Rows {
		props.Rows[i].New = row.Token.ID == made.Token.ID
	}
	made.Command = d.tryCommand(r.Context(), p, made.Token)
	props.Reveal = &made
	noTrace(w)
	return d.page(w, r, http.StatusOK, views.Tokens(props))
}

// repeated answers a form that was sent again: the row, and that its secret was shown.
func (d *Dashboard) repeated(w http.ResponseWriter, r *http.Request, p *Person, used *tokens.NonceUsedError) error {
	token, err := d.Tokens.Get(r.Context(), p.Tenant(), used.TokenID)
	if err != nil {
		return err
	}
	props, err := d.tokensProps(r.Context(), p, nil)
	if err != nil {
		return err
	}
	props.Repeated = &token
	noTrace(w)
	return d.page(w, r, http.StatusOK, views.Tokens(props))
}

// noTrace keeps a page with a secret out of caches and its address out of other requests.
func noTrace(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

// posted returns the fields of a form; none when it cannot be read.
func posted(r *http.Request) url.Values {
	_ = r.ParseMultipartForm(formMemory) //nolint:gosec // the door has bounded the body
	return r.PostForm
}

// newNonce returns a fresh nonce of a form that makes a token.
func newNonce() string { return rand.Text() }

// passwordError is what is wrong with the password beside a form that shows a
// secret; none when it is right, or was given within ten minutes. A right one
// is remembered.
func (d *Dashboard) passwordError(r *http.Request, p *Person) (map[string]portal.Words, error) {
	if d.Sessions.RecentPassword(r.Context()) {
		return nil, nil
	}
	words, err := passwordWords(d.Accounts.CheckPassword(r.Context(), p.User.ID, r.PostFormValue("password"), p.IP.String()))
	if err != nil {
		return nil, err
	}
	if words != (portal.Words{}) {
		return map[string]portal.Words{"password": words}, nil
	}
	return nil, d.Sessions.MarkPassword(r.Context())
}

// revokeTokens ends the tokens whose boxes were ticked.
func (d *Dashboard) revokeTokens(w http.ResponseWriter, r *http.Request, p *Person) error {
	ids := posted(r)["id"]
	if len(ids) > portal.MaxLimit {
		ids = ids[:portal.MaxLimit]
	}
	n, err := d.Tokens.RevokeMany(r.Context(), p.Actor(), p.Tenant(), ids)
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/tokens", revokedWords(n))
}

// asNonceUsed returns the error of a form that was sent twice for a token of this person's account.
func asNonceUsed(err error) (*tokens.NonceUsedError, bool) {
	var used *tokens.NonceUsedError
	return used, errors.As(err, &used) && used.TokenID != ""
}
