// Package api is /v1: it reads a request strictly, finds out who calls and what
// they may, runs one use case, and answers JSON. It also serves the OpenAPI
// document, which is generated from the same operations.
//
// operations.go is the list of what there is; one file per resource holds the
// wire form and the handlers; the rest is the way every call takes: call.go
// (log row), gate.go (who and how often), decode.go (strict JSON), problem.go
// (errors), write.go (idempotency). The package decides nothing about messages
// or people: rules live in the use cases.
//
// Known weaknesses. huma reports errors through package variables, so one
// process can hold one kind of API; a body is decoded twice, once to be
// validated and once into its struct.
package api

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// Options are what the API stands on. All are required but Limits, Console,
// Now, ClientIP and Logger.
type Options struct {
	Store     *store.Store
	Tokens    *tokens.Service
	Accounts  *accounts.Service
	Messaging *messaging.Service
	Templates *templates.Service
	Contacts  *contacts.Service
	Events    *events.Service
	Support   *support.Service
	Media     *media.Service
	Webhooks  *webhooks.Service
	Log       *audit.Log
	Limits    limiter                                    // of calls; nil = counted in the process
	Console   func(*http.Request) (portal.Caller, error) // the API reference's session grant; nil = none
	BaseURL   string                                     // of the portal, without a slash at the end
	Now       func() time.Time                           // nil = time.Now
	ClientIP  func(*http.Request) netip.Addr             // nil = the peer's address
	Logger    *slog.Logger                               // nil = discard
}

// API serves /v1/ and /openapi/.
type API struct {
	Options
	mux       *http.ServeMux
	registry  huma.Registry // the schemas of bodies
	turns     turns
	byPattern map[string]*Operation
	documents func() map[string]document // by file name and language; rendered when first asked for
}

// New returns the API. Tables that contradict each other panic here: every test sees it.
func New(o Options) (*API, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limits == nil {
		o.Limits = limits.Local(time.Now)
	}
	if o.ClientIP == nil {
		o.ClientIP = peer
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	a := &API{Options: o, mux: http.NewServeMux(), byPattern: map[string]*Operation{}}
	apis := map[string]huma.API{}
	for _, d := range directions {
		apis[d.name] = humago.New(a.mux, a.config(d))
		d.mount(a, apis[d.name])
	}
	a.registry = apis[Developer].OpenAPI().Components.Schemas
	for i := range operations {
		op := &operations[i]
		a.byPattern[op.Method+" "+op.Path] = op
	}
	a.documents = sync.OnceValue(func() map[string]document {
		all := map[string]document{}
		for name, h := range apis {
			docs, err := documents(name, h.OpenAPI())
			if err != nil {
				a.Logger.Error("render the document", "document", name, "error", err)
			}
			maps.Copy(all, docs)
		}
		return all
	})
	return a, nil
}

// ServeHTTP answers one call and logs it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/openapi/") {
		a.serveDocument(w, r)
		return
	}
	c := a.open(r)
	c.w = w
	a.run(c)
	c.send(w)
	a.close(c)
}

// run fills in the answer of c, whatever happens.
func (a *API) run(c *call) {
	defer c.giveTurn()
	defer func() {
		if v := recover(); v != nil {
			a.Logger.Error("api panicked", "request_id", c.id, "panic", v)
			c.answer = answer{header: c.answer.header}
			c.refuse(errors.New("panic"))
		}
	}()
	if err := a.admit(c); err != nil {
		c.refuse(err)
		return
	}
	c.validating = time.Now()
	a.mux.ServeHTTP(&c.answer, c.r)
	if c.timing.Validation == 0 {
		c.decoded() // it was refused on the way
	}
}

// handler runs an operation: it gets the decoded input and returns what to answer.
type handler[I any] func(ctx context.Context, c *call, in *I) (reply, error)

// output makes huma leave the writing to us.
type output struct {
	Body func(huma.Context)
}

// mount registers the handler of the operation of that id.
func mount[I any](h huma.API, id string, run handler[I]) {
	huma.Register(h, describe(h, id), func(ctx context.Context, in *I) (*output, error) {
		c := callOf(ctx)
		c.decoded()
		rep, err := run(ctx, c, in)
		if err == nil && !c.answered {
			err = c.fill(rep)
		}
		if err != nil {
			return nil, c.problem(err)
		}
		return &output{Body: func(huma.Context) {}}, nil
	})
}

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
