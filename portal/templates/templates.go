// Package templates keeps the account's message templates and those at WhatsApp
// the same: it creates, edits and deletes them there (change.go), applies what
// WhatsApp calls back with (news.go), and compares the two lists now and then
// (sync.go), because callbacks get lost and templates are made elsewhere too.
//
// WhatsApp is asked first and the row is written after its answer, so a row says
// what WhatsApp is known to have. An answer that was lost is looked up; a process
// that dies in between leaves a template that the next comparison finds.
//
// An edited template is reviewed again and is not sent meanwhile: WhatsApp does
// not keep the old text.
//
// The package must not dial: it talks through the whatsapp.Client it is given.
//
// Known weaknesses. The key of a template is its name and language, so where
// two business accounts of one tenant have the same, the default channel's is
// shown and sent by both. A new template goes to the default channel's business
// account. WhatsApp's own rules of edits (one a day, ten a month) and of names
// that were deleted (30 days) are known only by its refusal.
package templates

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Options of a Service.
type Options struct {
	Store     *store.Store
	Simulator *whatsapp.Client // of simulated channels
	Cloud     *whatsapp.Client // of Meta's channels; nil = there are none
	Open      Open             // the account's files, for samples; nil = there are none
	Logger    *slog.Logger     // nil = discard
}

// Open returns a media of a tenant and its content; not_found when it is not there.
type Open func(ctx context.Context, t portal.Tenant, mediaID string) (portal.Media, io.ReadSeekCloser, error)

// Service is the use case. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	clients map[string]*whatsapp.Client
	open    Open
	log     *slog.Logger
}

// New returns a service, or an error when an option is missing.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Simulator == nil {
		return nil, errors.New("templates: no store or no client of the simulator")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Open == nil {
		o.Open = func(context.Context, portal.Tenant, string) (portal.Media, io.ReadSeekCloser, error) {
			return portal.Media{}, nil, portal.Refuse(portal.CodeNotFound)
		}
	}
	return &Service{store: o.Store, log: o.Logger, open: o.Open, clients: map[string]*whatsapp.Client{
		portal.ProviderSimulator: o.Simulator, portal.ProviderCloud: o.Cloud,
	}}, nil
}

// List returns a page of templates, newest first.
func (s *Service) List(ctx context.Context, t portal.Tenant, f portal.TemplateFilter, p portal.Page) (list []portal.Template, next string, err error) {
	defer portal.Wrap(&err, "List")
	return s.store.Reader(ctx).Templates(t, f, p)
}

// Counts returns how many templates have each status.
func (s *Service) Counts(ctx context.Context, t portal.Tenant) (counts map[string]int64, err error) {
	defer portal.Wrap(&err, "Counts")
	return s.store.Reader(ctx).CountTemplates(t)
}

// Get returns a template, a deleted one too; not_found when the tenant never had one of that name and language.
func (s *Service) Get(ctx context.Context, t portal.Tenant, name, language string) (tpl portal.Template, err error) {
	defer portal.Wrap(&err, "Get")
	return s.store.Reader(ctx).Template(t, name, language)
}

// eventsShown is how many events of a template its page lists.
const eventsShown = 50

// Events returns what happened to a template, newest first.
func (s *Service) Events(ctx context.Context, t portal.Tenant, id string) (list []portal.TemplateEvent, err error) {
	defer portal.Wrap(&err, "Events(%s)", id)
	return s.store.Reader(ctx).TemplateEvents(t, id, eventsShown)
}

// account is a business account at WhatsApp as it is talked to.
type account struct {
	client   *whatsapp.Client
	business whatsapp.Business
}

// holder returns the business account that new templates go to.
func (s *Service) holder(ctx context.Context, t portal.Tenant) (a account, err error) {
	c, err := s.store.Reader(ctx).DefaultChannel(t)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return a, portal.Refuse(portal.CodeNoChannel)
	}
	if err != nil {
		return a, err
	}
	return s.through(ctx, c)
}

// holderOf returns the business account that holds a template.
func (s *Service) holderOf(ctx context.Context, t portal.Template) (a account, err error) {
	channels, err := s.store.Reader(ctx).Channels(t.Tenant())
	if err != nil {
		return a, err
	}
	for _, c := range channels {
		if c.WABA == t.WABA {
			return s.through(ctx, c)
		}
	}
	return a, portal.Refuse(portal.CodeNoChannel)
}

// through returns the business account of a channel.
func (s *Service) through(ctx context.Context, c portal.Channel) (a account, err error) {
	a.client = s.clients[c.Provider]
	if a.client == nil || c.WABA == "" {
		return a, portal.Refuse(portal.CodeNoChannel)
	}
	secrets, err := s.store.ChannelSecrets(ctx, c.ID)
	a.business = whatsapp.Business{WABA: c.WABA, Token: secrets.Token}
	return a, err
}
