// Package messaging takes messages to WhatsApp and brings its news back:
// it accepts (accept.go), sends what is due (dispatch.go, begin.go, outcome.go),
// applies statuses (status.go) and takes in what people write (inbound.go).
//
// A message is accepted in the caller's transaction and sent later by a worker
// that calls Dispatch. Before each call to WhatsApp an attempt is committed;
// when its outcome is lost the message becomes unknown and is never sent again
// by itself, because WhatsApp knows no idempotency key.
//
// Sending is a pipeline: Dispatch claims what there is room for and returns,
// flight.go keeps the room. The channels take turns and none can fill it, so
// one that hangs delays no other; the messages of a person go one after the
// other. A message whose claims bring no outcome, because the process dies of
// it or it cannot be read, is given up after a few of them: it ends as failed
// with the code internal, or as unknown when a call may have been made.
//
// Times are those of the wall clock: expires_at is a real deadline, so a clock
// that is set forward past it expires the message. What becomes due all at once
// is still sent at the channels' pace. When the clock is set back, queued
// messages that it had postponed are due at once and leases from the future end.
//
// The package must not dial: it talks through the whatsapp.Client it is given
// and does not know whether Meta or the simulator answers.
//
// What is sent keeps to WhatsApp's limits before WhatsApp has to say so: the
// rate of the number, the pace towards one person, the people a business writes
// to first in a day. They are counted in the store, for all nodes together, and
// lifted in the test environment of accounts without limits. What WhatsApp says
// nevertheless goes by one table, portal.ProviderCodes. Behind a channel goes
// authentication and free text first, then utility, then marketing. What was
// accepted with a template that WhatsApp then paused waits until it expires.
//
// Known weaknesses. Only one Dispatch may run at a time in a process. A claim
// looks at each channel that has messages to send now or later, whichever it
// takes. On PostgreSQL accepts at the same moment may together pass a limit of a
// day, by one each; and far from the limit a count is believed for a second, so
// other nodes that accept more than a thousand messages for it within that may,
// too. A window that WhatsApp finds closed only after it took the message
// (131047 by callback) leaves it created while its fallback goes out. A node that stood
// still for longer than its lease, or whose connection to PostgreSQL broke while
// it committed an attempt, may leave a message unknown that was never sent.
// Reading back `expires_at` of a message without a wish of the caller gives our
// default, while WhatsApp's own time to live decides when it expires.
package messaging

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Topic is notified when a message became due at once.
const Topic = "messages"

// Options of a Service.
type Options struct {
	Store     *store.Store
	Simulator *whatsapp.Client           // to channels of the simulator
	Cloud     *whatsapp.Client           // to channels of Meta; nil when Provider is the simulator
	LogIn     func(phoneNumberID string) // ends what logged a simulated number out; nil = nothing does
	News      News                       // takes what WhatsApp tells of numbers; nil = nobody does
	Upload    Upload                     // brings files to WhatsApp; nil = messages with files wait
	Permitted []netip.Prefix             // private addresses that links may name
	Provider  string                     // of the live environment: portal.ProviderSimulator or ProviderCloud
	Templates TemplateNews               // takes what WhatsApp tells of templates; nil = nobody does
	Trace     Trace                      // ties calls to WhatsApp to the request they come from; nil = nobody traces
	Wrote     Wrote                      // hears of what people write; nil = nobody does
	Logger    *slog.Logger               // nil = discard
}

// Trace returns a context for a call to WhatsApp that carries the trace of the
// request which the message came with, if it has one.
type Trace func(ctx context.Context, t portal.Tenant, requestID string) context.Context

// Wrote hears of a message that a person wrote, in the transaction that stores it.
type Wrote func(tx *store.Tx, m portal.Message) error

// News takes what a callback told about a channel and the numbers beside it, in
// the transaction that applies the callback.
type News func(tx *store.Tx, c portal.Channel, news []whatsapp.AccountNews) error

// Service is the use case. It is safe for concurrent use, Dispatch excepted.
type Service struct {
	store     *store.Store
	clients   map[string]*whatsapp.Client
	provider  string
	log       *slog.Logger
	logIn     func(phoneNumberID string)
	upload    Upload
	trace     Trace
	linkable  []netip.Prefix
	news      News
	wrote     Wrote
	templates TemplateNews
	days      counts[portal.Tenant]
	people    counts[string] // by portfolio
	flight    *flight
}

// New returns a service, or an error when an option is missing.
func New(o Options) (*Service, error) {
	switch {
	case o.Store == nil:
		return nil, errors.New("messaging: no store")
	case o.Simulator == nil:
		return nil, errors.New("messaging: no client of the simulator")
	case o.Provider != portal.ProviderSimulator && o.Provider != portal.ProviderCloud:
		return nil, errors.New("messaging: unknown provider")
	case o.Provider == portal.ProviderCloud && o.Cloud == nil:
		return nil, errors.New("messaging: no client of the Cloud API")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.LogIn == nil {
		o.LogIn = func(string) {}
	}
	if o.Trace == nil {
		o.Trace = func(ctx context.Context, _ portal.Tenant, _ string) context.Context { return ctx }
	}
	if o.News == nil {
		o.News = func(*store.Tx, portal.Channel, []whatsapp.AccountNews) error { return nil }
	}
	if o.Wrote == nil {
		o.Wrote = func(*store.Tx, portal.Message) error { return nil }
	}
	return &Service{
		store: o.Store, news: o.News, wrote: o.Wrote,
		logIn: o.LogIn, upload: o.Upload, trace: o.Trace, linkable: o.Permitted,
		clients: map[string]*whatsapp.Client{
			portal.ProviderSimulator: o.Simulator,
			portal.ProviderCloud:     o.Cloud,
		},
		provider:  o.Provider,
		templates: o.Templates,
		log:       o.Logger,
		flight:    newFlight(),
	}, nil
}

// Provider says who answers in the environment: test is always simulated.
func (s *Service) Provider(env portal.Environment) string {
	if env == portal.Test {
		return portal.ProviderSimulator
	}
	return s.provider
}

// Get returns a message and what happened to it; not_found when the tenant has none of that id.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (m portal.Message, h portal.History, err error) {
	defer portal.Wrap(&err, "Get(%s)", id)
	r := s.store.Reader(ctx)
	if m, err = r.Message(t, id); err != nil {
		return m, h, err
	}
	if h, err = r.MessageHistory(t, id); err != nil {
		return m, h, err
	}
	for i, c := range h.Checks {
		h.Checks[i].Detail = explain(c, m.Type == portal.TypeTemplate && !m.FallbackUsed)
	}
	h.Webhooks, err = r.SubjectAttempts(t, id)
	return m, h, err
}

// List returns a page of messages, newest first.
func (s *Service) List(ctx context.Context, t portal.Tenant, f portal.MessageFilter, p portal.Page) (list []portal.Message, next string, err error) {
	defer portal.Wrap(&err, "List")
	return s.store.Reader(ctx).Messages(t, f, p)
}
