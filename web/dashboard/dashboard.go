// Package dashboard serves the portal's pages: one file per page, each handler
// returning an error that one writer turns into a page.
//
// Who acts comes from the session; in which account and environment, from a
// membership that is checked on every request, never from what a form claims.
// The package draws nothing itself (views does) and decides no rule (the use
// cases do). Known weakness: the reader's account, role and waiting count are
// read from the store for each page, three small queries a request.
package dashboard

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/web/session"
)

// Options are the rooms that the pages look into. All are required.
type Options struct {
	Store      *store.Store
	Accounts   *accounts.Service
	Tokens     *tokens.Service
	Messaging  *messaging.Service
	Channels   *channels.Service
	Templates  *templates.Service
	Contacts   *contacts.Service
	Support    *support.Service
	Media      *media.Service
	Webhooks   *webhooks.Service
	Events     *events.Service
	Log        *audit.Log
	Simulator  *simulator.Simulator
	Sessions   *session.Manager
	Wire       Wire                                    // what /v1 answers, for "As API response"
	Operations []Operation                             // of /v1, to name what was called
	BaseURL    string                                  // without a slash at the end
	Simulated  bool                                    // live is simulated too
	Health     func(context.Context) views.HealthProps // of the process and its database
	ClientIP   func(*http.Request) netip.Addr
	Logger     *slog.Logger
}

// Dashboard serves the pages.
type Dashboard struct {
	Options
	streams streams // open live pages
}

// New returns the dashboard.
func New(o Options) *Dashboard { return &Dashboard{Options: o} }

// handler serves a page or takes a form. p is nil for a signed-out visitor of a public route.
type handler func(w http.ResponseWriter, r *http.Request, p *Person) error

// access says who may open a route.
type access int

const (
	member access = iota // signed in, acting in an account, with the permission
	public               // anybody; p is nil when signed out
	signed               // signed in; the account does not matter
	byID                 // as member, in the account and environment of the row named {id}
	staff                // the platform's own people
)

// Route is one row of the table of pages.
type Route struct {
	Pattern string
	access  access
	may     portal.Permission // "" = any member
	serve   handler
}

// Person is who acts, and where.
type Person struct {
	User        portal.User
	Session     portal.Session
	Account     portal.Account // zero on public and signed routes of people without an account
	Role        portal.Role
	Environment portal.Environment
	IP          netip.Addr
	Zone        *time.Location
	Memberships []portal.Membership
}

// Tenant returns the account and environment that the person acts in.
func (p *Person) Tenant() portal.Tenant {
	return portal.Tenant{AccountID: p.Account.ID, Environment: p.Environment}
}

// May reports whether the person's role in the account has the permission.
func (p *Person) May(perm portal.Permission) bool { return p.Role.May(perm) }

// Actor returns the person for the audit trail.
func (p *Person) Actor() portal.Actor {
	return portal.Actor{Kind: portal.ActorUser, ID: p.User.ID, Name: p.User.Name, IP: p.IP.String()}
}

// Routes returns the table of pages; the server mounts each row. Access returned
// beside it is for the matrix test, which fails when a route has no row.
func (d *Dashboard) Routes() []Route { return d.routes() }

// Handler returns the http.Handler of one route.
func (d *Dashboard) Handler(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if r.MultipartForm != nil { // of a copy of the request, which the server does not know
				_ = r.MultipartForm.RemoveAll()
			}
		}()
		p, err := d.person(r, rt)
		if err == nil {
			r = r.WithContext(d.frame(r, p))
			err = rt.serve(w, r, p)
		}
		if err != nil {
			d.fail(w, r, err)
		}
	})
}

// page writes a component as the answer, with the notice that the form before it left.
func (d *Dashboard) page(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	ctx := r.Context()
	if words, ok := d.Sessions.TakeFlash(w, r); ok {
		f := ui.From(ctx)
		f.Flash = words.In(f.Lang)
		ctx = ui.With(ctx, f)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := c.Render(ctx, w); err != nil && context.Cause(r.Context()) == nil {
		d.Logger.Error("page not written", "request_id", portal.RequestID(r.Context()), "error", err)
	}
	return nil
}

// redirect sends the browser to a page after a form was taken, keeping account and environment.
func (d *Dashboard) redirect(w http.ResponseWriter, r *http.Request, path string, kv ...string) error {
	http.Redirect(w, r, href(r.Context(), path, kv...), http.StatusSeeOther)
	return nil
}
