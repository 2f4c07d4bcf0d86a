// Package channels keeps the WhatsApp numbers of an account: it connects them
// (connect.go), changes and removes them (change.go), replaces their secrets
// (secrets.go), answers WhatsApp's handshake and takes its news (callback.go),
// and asks WhatsApp how they are (refresh.go).
//
// A real number is stored only after WhatsApp has shown that the token speaks
// for it. Its secrets are stored sealed, are shown to nobody again, and appear
// in no error and no log; the verify token, which a person has to paste into
// WhatsApp's form, is shown until WhatsApp has used it. A removed channel keeps
// its row, because its messages name it, and loses its secrets.
//
// The package must not dial: it talks through the clients it is given.
//
// Known weaknesses. WhatsApp does not say whether an app secret is right, so a
// wrong one shows only in the history, when callbacks are refused. A ban that WhatsApp lifts
// without telling is noticed when a person asks to check again.
package channels

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// MaxChannels is how many numbers an account may have in an environment.
const MaxChannels = 50

// Options of a Service.
type Options struct {
	Store     *store.Store
	Simulator *whatsapp.Client                            // to channels of the simulator
	Cloud     *whatsapp.Client                            // to channels of Meta
	Provider  string                                      // of the live environment: portal.ProviderSimulator or ProviderCloud
	Wake      func()                                      // messages of a channel became due; nil = nobody waits
	Connected func(ctx context.Context, c portal.Channel) // a number was added; nil = nobody asks
	Logger    *slog.Logger                                // nil = discard
}

// Service is the use case. It is safe for concurrent use.
type Service struct {
	store    *store.Store
	clients  map[string]*whatsapp.Client
	provider string
	wake     func()
	added    func(context.Context, portal.Channel)
	refused  refusals
	log      *slog.Logger
}

// New returns a service, or an error when an option is missing.
func New(o Options) (*Service, error) {
	switch {
	case o.Store == nil:
		return nil, errors.New("channels: no store")
	case o.Simulator == nil || o.Cloud == nil:
		return nil, errors.New("channels: a client is missing")
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Connected == nil {
		o.Connected = func(context.Context, portal.Channel) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{
		store: o.Store, provider: o.Provider, wake: o.Wake, added: o.Connected, log: o.Logger,
		clients: map[string]*whatsapp.Client{portal.ProviderSimulator: o.Simulator, portal.ProviderCloud: o.Cloud},
	}, nil
}

// Provider says who answers in the environment: test is always simulated.
func (s *Service) Provider(env portal.Environment) string {
	if env == portal.Test {
		return portal.ProviderSimulator
	}
	return s.provider
}

// State is a channel with what the store knows of its work.
type State struct {
	portal.Channel
	Waiting int // messages queued behind it
	People  int // that its business account wrote to first in the last 24 h
}

// List returns the tenant's channels, oldest first.
func (s *Service) List(ctx context.Context, t portal.Tenant) (list []State, err error) {
	defer portal.Wrap(&err, "List")
	r := s.store.Reader(ctx)
	channels, err := r.Channels(t)
	if err != nil {
		return nil, err
	}
	for _, c := range channels {
		state, err := s.stateOf(r, c)
		if err != nil {
			return nil, err
		}
		list = append(list, state)
	}
	return list, nil
}

// Get returns one channel; not_found when the tenant has none of that id, or removed it.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (state State, err error) {
	defer portal.Wrap(&err, "Get(%s)", id)
	r := s.store.Reader(ctx)
	c, err := r.Channel(t, id)
	if err == nil && c.RemovedAt != nil {
		err = portal.Refuse(portal.CodeNotFound)
	}
	if err != nil {
		return state, err
	}
	return s.stateOf(r, c)
}

func (s *Service) stateOf(r store.Reader, c portal.Channel) (state State, err error) {
	state.Channel = c
	if state.Waiting, err = r.WaitingBehind(c.Tenant(), c.ID); err != nil {
		return state, err
	}
	state.People, _, err = r.PeopleCounted(c.WABA, s.store.Now().Add(-24*time.Hour))
	return state, err
}

// Events returns a page of what happened to a channel, newest first.
func (s *Service) Events(ctx context.Context, t portal.Tenant, id string, p portal.Page) (list []portal.ChannelEvent, next string, err error) {
	defer portal.Wrap(&err, "Events(%s)", id)
	return s.store.Reader(ctx).ChannelEvents(t, id, p)
}

// credentials returns what speaks for a channel, and through which client.
func (s *Service) credentials(ctx context.Context, c portal.Channel) (*whatsapp.Client, whatsapp.Channel, error) {
	secrets, err := s.store.ChannelSecrets(ctx, c.ID)
	return s.clients[c.Provider], whatsapp.Channel{PhoneNumberID: c.PhoneNumberID, Token: secrets.Token}, err
}

// By is who changes a channel.
type By struct {
	Actor portal.Actor
	portal.Tenant
	RequestID string
}

// audit writes that somebody changed a channel. details hold no secret and no number.
func (b By) audit(tx *store.Tx, action, id string, details map[string]any) error {
	return tx.Audit(portal.Audit{
		AccountID: b.AccountID, Actor: b.Actor, Action: action, Target: id,
		Details: detailsOf(b.Environment, details), RequestID: b.RequestID,
	})
}
