// Package ui is the component library of the portal: typed props, with the class
// names of static/app.css fixed inside. Pages (package views) compose only these.
//
// A component draws what it is given: it reads no store, no request and no
// clock. What it needs to know about the reader (language, theme, time zone,
// account, environment, permissions) travels in the context as a Frame.
//
// The strict content security policy is kept here: no style attribute, no
// inline script, no event attribute. Geometry goes into SVG attributes, color
// into classes, behavior into data- attributes that static/*.js enhances.
//
// Known weakness: a component given a wrong class or icon name draws nothing
// in its place; the tests of this package read the templates for such names.
package ui

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/wppmarketing/developers/portal"
)

// AccountRef names an account the reader may act in.
type AccountRef struct{ ID, Name string }

// Frame is what every page needs to know about its reader.
type Frame struct {
	Lang      string         // portal.LangEN or portal.LangPT
	Theme     string         // "" (the system's), "light" or "dark"
	Zone      *time.Location // nil is UTC
	URL       string         // path and query of this page, for forms that come back
	SignedIn  bool
	Env       portal.Environment
	Simulated bool // the provider is the simulator, in the live environment too
	Account   AccountRef
	Accounts  []AccountRef // all the reader may act in
	Name      string
	Email     string
	Role      string // the role's name, in the reader's language
	Staff     bool
	May       map[portal.Permission]bool
	Waiting   int    // conversations waiting for a person
	Flash     string // one-time notice, in the reader's language
}

// visiting reports whether a person of the platform's staff looks into an account they are no member of.
func (f Frame) visiting() bool {
	return f.Staff && f.Account.ID != "" && !slices.ContainsFunc(f.Accounts, func(a AccountRef) bool { return a.ID == f.Account.ID })
}

type frameKey struct{}

// With returns a context that carries f to every component drawn under it.
func With(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

// From returns the Frame of ctx, or the one of a signed-out English reader.
func From(ctx context.Context) Frame {
	f, ok := ctx.Value(frameKey{}).(Frame)
	if !ok || f.Lang == "" {
		f.Lang = portal.LangEN
	}
	return f
}

// L returns the text in the language of the reader. Both languages stand side
// by side where the text is used; there are no message ids.
func L(ctx context.Context, en, pt string) string {
	return portal.Words{EN: en, PT: pt}.In(From(ctx).Lang)
}

// W returns w in the language of the reader.
func W(ctx context.Context, w portal.Words) string { return w.In(From(ctx).Lang) }

// Href returns path with the query parameters kv (name, value, name, value…)
// and the scope of the reader: env, and account where the reader has several.
// Empty values are left out. A query or fragment already in path is kept.
func Href(ctx context.Context, path string, kv ...string) templ.SafeURL {
	u, err := url.Parse(path)
	if err != nil {
		return templ.SafeURL("/")
	}
	q := u.Query()
	for _, p := range scope(ctx) {
		q.Set(p.Name, p.Value)
	}
	for i := 0; i+1 < len(kv); i += 2 {
		q.Del(kv[i])
		if kv[i+1] != "" {
			q.Set(kv[i], kv[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return templ.SafeURL(u.String())
}

// Pair is one name and value of a query or form.
type Pair struct{ Name, Value string }

// scope is what every link and form of a signed-in reader carries.
func scope(ctx context.Context) []Pair {
	f := From(ctx)
	if !f.SignedIn {
		return nil
	}
	pairs := []Pair{{"env", string(f.Env)}}
	if alone := len(f.Accounts) == 1 && f.Accounts[0].ID == f.Account.ID; !alone {
		pairs = append(pairs, Pair{"account", f.Account.ID})
	}
	return pairs
}

// envName is the name of an environment, in the words of the API.
func envName(ctx context.Context, env portal.Environment) string {
	if env == portal.Test {
		return L(ctx, "Test", "Teste")
	}
	return L(ctx, "Live", "Ao vivo")
}
