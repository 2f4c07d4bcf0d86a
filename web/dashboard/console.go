package dashboard

import (
	"net/http"
	"slices"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

func referencePath(r *http.Request) string { return "/docs/api/" + r.PathValue("document") }

// console says whether the reader may try calls: with the session's grant, if
// it is of the account of this page and of the role that the person still has.
func (d *Dashboard) console(r *http.Request, p *Person) views.ConsoleProps {
	if p == nil {
		return views.ConsoleProps{State: views.ConsoleVisitor, Type: exampleType(r)}
	}
	if p.Account.ID == "" {
		return views.ConsoleProps{State: views.ConsoleNobody}
	}
	c := views.ConsoleProps{State: views.ConsoleReady, Account: p.Account.Name, Scopes: offered(p.Role), From: pastRequest(r), Type: exampleType(r)}
	if c.From != "" {
		owner, err := d.Store.Reader(r.Context()).Owner(c.From)
		if c.Live = err == nil && owner.AccountID == p.Account.ID && owner.Environment == portal.Live; c.Live {
			c.From = ""
		}
	}
	if g, ok := d.Sessions.CurrentGrant(r.Context()); ok && g.AccountID == p.Account.ID && g.Role == p.Role {
		c.State, c.Scopes, c.Expires = views.ConsoleOpen, g.Scopes, g.Expires
	}
	return c
}

// offered returns the scopes that a role may choose among: those of the
// contract's table for it that some operation asks for.
func offered(role portal.Role) []string {
	return slices.DeleteFunc(portal.ConsoleScopes(role), func(s string) bool { return !slices.Contains(portal.UsedScopes, s) })
}

// pastRequest returns the id of the log entry to open filled in, "" for none.
func pastRequest(r *http.Request) string {
	if id := r.FormValue("from"); portal.IsID(portal.PrefixRequest, id) {
		return id
	}
	return ""
}

// exampleType is the type of the event whose example the reader wants to try.
func exampleType(r *http.Request) string {
	t, _ := portal.CommerceTypeOf(r.FormValue("type"))
	return t.Name
}

// consoleStart lets the reference call the API for fifteen minutes. The scopes
// are those chosen that the role allows; without any there is no grant.
func (d *Dashboard) consoleStart(w http.ResponseWriter, r *http.Request, p *Person) error {
	if !slices.Contains(apidocs.Documents, r.PathValue("document")) {
		return portal.Refuse(portal.CodeNotFound)
	}
	from := pastRequest(r) // reads the form
	if chosen := r.PostForm["scope"]; len(chosen) > 0 {
		if _, err := d.Sessions.Grant(r.Context(), p.Account.ID, chosen); err != nil {
			return err
		}
	}
	return d.redirect(w, r, referencePath(r), "from", from, "type", exampleType(r))
}

// consoleEnd takes the grant back.
func (d *Dashboard) consoleEnd(w http.ResponseWriter, r *http.Request, _ *Person) error {
	if !slices.Contains(apidocs.Documents, r.PathValue("document")) {
		return portal.Refuse(portal.CodeNotFound)
	}
	d.Sessions.DropGrant(r.Context())
	return d.redirect(w, r, referencePath(r))
}
