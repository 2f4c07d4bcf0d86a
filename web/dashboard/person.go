package dashboard

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// errSignedOut sends the visitor to the sign-in page and back afterwards.
var errSignedOut = errors.New("signed out")

// errNoAccount: the person is a member of no account.
var errNoAccount = errors.New("no account")

// person returns who acts and where, after checking that the route lets them.
// Somebody else's account, row or page is not_found, as if it did not exist.
func (d *Dashboard) person(r *http.Request, rt Route) (*Person, error) {
	user, sess, ok := d.Sessions.User(r.Context())
	if !ok {
		if rt.access == public {
			return nil, nil
		}
		return nil, errSignedOut
	}
	if r.Method == http.MethodPost {
		_ = r.ParseMultipartForm(formMemory) //nolint:gosec // the door has bounded the body; before anything asks for a field, with more memory
	}
	p := &Person{User: user, Session: sess, IP: d.ClientIP(r), Zone: time.UTC}
	var err error
	if p.Memberships, err = d.Accounts.Memberships(r.Context(), user); err != nil {
		return nil, err
	}
	if rt.access == staff && !user.Staff {
		return nil, portal.Refuse(portal.CodeNotFound)
	}
	t, err := d.wanted(r, rt, p)
	if err != nil {
		return nil, err
	}
	if t.AccountID == "" {
		if rt.access == member || rt.access == byID {
			return nil, errNoAccount
		}
		return p, nil
	}
	p.Account, p.Role, err = d.Accounts.Acting(r.Context(), user, t.AccountID)
	if err != nil {
		return nil, err
	}
	p.Environment = t.Environment
	if zone, err := time.LoadLocation(p.Account.Timezone); err == nil {
		p.Zone = zone
	}
	if rt.may != "" && !p.May(rt.may) {
		return nil, portal.Refuse(portal.CodeNotFound)
	}
	// Only forms move the default, and only to where the person may act: a GET changes nothing.
	if r.Method == http.MethodPost && rt.access == member {
		d.Sessions.SetDefault(r.Context(), t.AccountID, t.Environment)
	}
	return p, nil
}

// wanted returns the account and environment that a request is about: those of
// the row on an id page, else those of the URL or form, else the session's default.
func (d *Dashboard) wanted(r *http.Request, rt Route, p *Person) (portal.Tenant, error) {
	if rt.access == byID {
		return d.Store.Reader(r.Context()).Owner(r.PathValue("id"))
	}
	account, env := d.Sessions.Default(r.Context())
	belongs := func(m portal.Membership) bool { return m.AccountID == account }
	if !p.User.Staff && !slices.ContainsFunc(p.Memberships, belongs) {
		account = "" // the default is no longer theirs
	}
	if account == "" && len(p.Memberships) > 0 {
		account = p.Memberships[0].AccountID
	}
	if env == "" {
		env = portal.Test
	}
	asked := r.FormValue // query of a GET; a POST's hidden fields come before its query
	if a := asked("account"); a != "" {
		account = a
	}
	if e := asked("env"); e != "" {
		parsed, ok := portal.ParseEnvironment(e)
		if !ok {
			return portal.Tenant{}, portal.Refuse(portal.CodeNotFound)
		}
		env = parsed
	}
	return portal.Tenant{AccountID: account, Environment: env}, nil
}

// frame returns the request's context with what every page shows about its reader.
func (d *Dashboard) frame(r *http.Request, p *Person) context.Context {
	f := ui.Frame{Theme: d.Sessions.Theme(r), URL: r.URL.RequestURI(), Zone: time.UTC, Simulated: d.Simulated}
	if p == nil {
		f.Lang = d.Sessions.Lang(r, portal.User{})
		return ui.With(r.Context(), f)
	}
	f.Lang = d.Sessions.Lang(r, p.User)
	f.SignedIn, f.Name, f.Email, f.Staff, f.Zone = true, p.User.Name, p.User.Email, p.User.Staff, p.Zone
	f.Env = p.Environment
	f.May = map[portal.Permission]bool{}
	for _, m := range p.Memberships {
		f.Accounts = append(f.Accounts, ui.AccountRef{ID: m.AccountID, Name: m.AccountName})
	}
	if p.Account.ID != "" {
		f.Account = ui.AccountRef{ID: p.Account.ID, Name: p.Account.Name}
		f.Role = roleName(p.Role).In(f.Lang)
		for _, perm := range p.Role.Permissions() {
			f.May[perm] = true
		}
		if p.May(portal.ReadConversations) {
			f.Waiting, _ = d.Support.Waiting(r.Context(), p.Tenant()) // a badge: its absence must not cost the page
		}
	}
	return ui.With(r.Context(), f)
}

// roleNames are the words of the roles, as team pages and menus show them.
var roleNames = map[portal.Role]portal.Words{
	portal.RoleOwner:     {EN: "Owner", PT: "Titular"},
	portal.RoleAdmin:     {EN: "Admin", PT: "Administração"},
	portal.RoleDeveloper: {EN: "Developer", PT: "Desenvolvimento"},
	portal.RoleAgent:     {EN: "Agent", PT: "Atendimento"},
	portal.RoleAuditor:   {EN: "Auditor", PT: "Auditoria"},
}

func roleName(r portal.Role) portal.Words { return roleNames[r] }

func href(ctx context.Context, path string, kv ...string) string {
	return string(ui.Href(ctx, path, kv...))
}

// visitorFrame is the frame of an error page: only who reads it, because what
// they may see may be just what failed.
func (d *Dashboard) visitorFrame(r *http.Request) context.Context {
	if ui.From(r.Context()).URL != "" {
		return r.Context()
	}
	return ui.With(r.Context(), ui.Frame{Lang: d.Sessions.Lang(r, portal.User{}), Theme: d.Sessions.Theme(r), URL: "/", Zone: time.UTC})
}
