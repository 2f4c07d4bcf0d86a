// Package events takes the commercial events that a store reports, makes or
// changes the contact that each is about, and lets automations answer it.
//
// report.go says what is taken, check.go what is refused, ingest.go stores an
// event once. decide.go makes a run for each automation with the event's
// trigger and ends the runs that the event ends; look.go asks what stands
// against sending, in the order of a trace; run.go asks it again when a run is
// due and has the message accepted. field.go, condition.go and fill.go read an
// event for conditions and parameters, quiet.go and money.go write for people.
// automation.go is what pages do with automations, draft.go tries a rule and
// sends nothing, preset.go holds the ready-made ones.
//
// The store of an event, its contact and its decision are one transaction, so
// that a repeat always finds the first decision; so are a run's message and its
// outcome, so that no death between them sends twice. It must not send: what an
// automation sends goes the way of every message. It knows no HTTP.
//
// Known weaknesses. The data of a customer of whom no contact could be made (an
// invalid number and no external_id) is not found by an erasure; it goes with
// the event, after Kept. Automations fill the texts of a template's header and
// body; templates that ask for a file or a button's parameter are refused when
// they are published. The amount of a condition has no currency: it is compared
// with whatever currency the event is in.
package events

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Options are what the service works with.
type Options struct {
	Store *store.Store
	// Upsert makes or changes the contact of a customer by the rules of PUT
	// /v1/contacts; the pointers of its refusals start at the customer.
	Upsert func(tx *store.Tx, c portal.Caller, who Customer) (portal.Contact, error)
	Send   Send                 // takes the messages of automations
	Check  Check                // says what stands against one; nil = nothing is known
	Create Create               // asks WhatsApp for the template of a preset; nil = presets bring none
	Count  func(outcome string) // told of each event taken, by CountedOutcomes; nil = nobody
	Logger *slog.Logger         // nil = discard
}

// CountedOutcomes are what can be told of an event: matched, why it started no
// automation, or that it was a repeat.
var CountedOutcomes = []string{
	portal.EventMatched, portal.ReasonNoAutomation, portal.ReasonTooOld, portal.ReasonNoPhone, portal.ReasonInvalidNumber, countedRepeat,
}

const countedRepeat = "duplicate"

// Service is the use case. It is safe for concurrent use.
type Service struct {
	store  *store.Store
	upsert func(tx *store.Tx, c portal.Caller, who Customer) (portal.Contact, error)
	send   Send
	check  Check
	create Create
	count  func(outcome string)
	log    *slog.Logger
}

// New returns a service, or an error when an option is missing.
func New(o Options) (*Service, error) {
	switch {
	case o.Store == nil:
		return nil, errors.New("events: no store")
	case o.Upsert == nil:
		return nil, errors.New("events: no way to contacts")
	case o.Send == nil:
		return nil, errors.New("events: no way to messages")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Count == nil {
		o.Count = func(string) {}
	}
	return &Service{store: o.Store, upsert: o.Upsert, send: o.Send, check: o.Check, create: o.Create, count: o.Count, log: o.Logger}, nil
}

// Get returns an event with what automations made of it, in the order of its
// decision; not_found for one that is absent or belongs to another tenant.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (e portal.Event, runs []portal.Run, err error) {
	defer portal.Wrap(&err, "Get(%s)", id)
	r := s.store.Reader(ctx)
	if e, err = r.Event(t, id); err != nil {
		return e, nil, err
	}
	runs, err = s.runs(r, e)
	return e, runs, err
}

// List returns a page of events, newest first, and the key of the next page (""
// on the last).
func (s *Service) List(ctx context.Context, t portal.Tenant, f portal.EventFilter, p portal.Page) (es []portal.Event, next string, err error) {
	defer portal.Wrap(&err, "List")
	return s.store.Reader(ctx).Events(t, f, p)
}

// LastSeen says when each type of event was last received; types that never
// were are missing.
func (s *Service) LastSeen(ctx context.Context, t portal.Tenant) (at map[string]time.Time, err error) {
	defer portal.Wrap(&err, "LastSeen")
	at = map[string]time.Time{}
	r := s.store.Reader(ctx)
	for _, kind := range portal.CommerceTypes {
		e, err := r.LastEvent(t, kind.Name)
		if portal.CodeOf(err) == portal.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		at[kind.Name] = e.ReceivedAt
	}
	return at, nil
}
