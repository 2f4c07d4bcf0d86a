package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/limits"
	"github.com/wppmarketing/developers/portal/mail"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
	"github.com/wppmarketing/developers/portal/worker"
	"github.com/wppmarketing/developers/web"
	"github.com/wppmarketing/developers/web/api"
	"github.com/wppmarketing/developers/web/dashboard"
	"github.com/wppmarketing/developers/web/session"
)

// callTimeout bounds a call to WhatsApp. Calls under way are finished at stop,
// so it is shorter than the ten seconds within which the program ends.
const callTimeout = 8 * time.Second

// program is the server's parts, wired.
type program struct {
	logger    *slog.Logger
	store     *store.Store
	accounts  *accounts.Service
	tokens    *tokens.Service
	messaging *messaging.Service
	media     *media.Service
	channels  *channels.Service
	templates *templates.Service
	contacts  *contacts.Service
	events    *events.Service
	support   *support.Service
	webhooks  *webhooks.Service
	mail      *mail.Service // nil = no SMTP server
	log       *audit.Log
	limits    *limits.Limits
	sessions  *session.Manager
	simulator *simulator.Simulator
	meters    *meters
	tracer    *tracer // nil = no traces
	health    *health
	handler   http.Handler
	loops     []func(context.Context) error // until their context ends
}

// build opens the store, migrates it and wires the parts.
func build(ctx context.Context, a *app, logger *slog.Logger) (p *program, err error) {
	p = &program{logger: logger}
	if p.tracer, err = newTracer(ctx, a.env, logger); err != nil {
		return nil, err
	}
	p.meters = newMeters(p.tracer)
	a.Observer = p.meters
	if p.store, err = a.store(ctx, true); err != nil {
		p.tracer.close()
		return nil, err
	}
	key, err := a.secretKey(false)
	if err == nil {
		p.limits, err = limits.New(limits.Options{RedisURL: a.RedisURL, SecretKey: key, Logger: logger})
	}
	if err == nil {
		err = p.services(a)
	}
	if err == nil {
		err = p.door(a, key)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	p.work()
	if a.Workers == "off" {
		return p, nil
	}
	p.loops = append(p.loops, p.send)
	return p, p.recover(ctx)
}

// recover takes back at once what a killed process had claimed. On PostgreSQL
// other nodes may be at work, so there their leases run out by themselves.
func (p *program) recover(ctx context.Context) error {
	if p.store.Engine() != "sqlite" {
		return nil
	}
	err := errors.Join(p.messaging.Recover(ctx), p.webhooks.Recover(ctx), p.events.RecoverRuns(ctx))
	if p.mail != nil {
		err = errors.Join(err, p.mail.Recover(ctx))
	}
	return err
}

func (p *program) close() {
	p.tracer.close()
	_ = p.store.Close()
	if p.limits != nil {
		_ = p.limits.Close()
	}
}

// services makes the use cases.
func (p *program) services(a *app) (err error) {
	shelf := media.DefaultShelf(p.store, filepath.Join(a.Data, mediaFolder))
	p.simulator = simulator.New(simulator.Options{
		Journal: store.SimulatorJournal{Store: p.store}, Logger: p.logger, Media: media.NewSimulated(p.store, shelf),
		// The simulator calls the program that it is a part of.
		Receive: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }),
	})
	simulated := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator", Version: a.GraphVersion, Timeout: callTimeout, Transport: whatsapp.HandlerTransport(p.simulator), Observe: p.meters.call(portal.ProviderSimulator)})
	cloud := whatsapp.New(whatsapp.Options{BaseURL: a.GraphURL, Version: a.GraphVersion, Timeout: callTimeout, Observe: p.meters.call(portal.ProviderCloud)})
	p.channels, err = channels.New(channels.Options{
		Store: p.store, Logger: p.logger, Provider: a.provider(), Simulator: simulated, Cloud: cloud,
		Wake:      func() { p.store.Notify(messaging.Topic) },
		Connected: func(ctx context.Context, c portal.Channel) { p.templates.Meet(ctx, c) },
	})
	if err != nil {
		return err
	}
	p.media, err = media.New(media.Options{
		Store: p.store, Shelf: shelf, Logger: p.logger,
		Clients: map[string]*whatsapp.Client{portal.ProviderSimulator: simulated, portal.ProviderCloud: cloud},
	})
	if err != nil {
		return err
	}
	p.templates, err = templates.New(templates.Options{Store: p.store, Logger: p.logger, Simulator: simulated, Cloud: cloud, Open: p.media.Open})
	if err != nil {
		return err
	}
	p.messaging, err = messaging.New(messaging.Options{
		Store: p.store, Logger: p.logger, Provider: a.provider(), LogIn: p.simulator.LogIn, Upload: p.media.Upload, Permitted: a.WebhookAllowCIDRs,
		Simulator: simulated, Cloud: cloud, News: p.channels.News,
		Templates: p.templates.Apply, Trace: p.tracer.join(p.store),
		Wrote: func(tx *store.Tx, m portal.Message) error { return p.events.Wrote(tx, m) },
	})
	if err != nil {
		return err
	}
	p.accounts = accounts.New(accounts.Options{Store: p.store, Limits: p.limits, Logger: p.logger, Provision: p.messaging.Provision})
	p.contacts = contacts.New(contacts.Options{Store: p.store})
	p.support = support.New(support.Options{Store: p.store, Send: answers(p.messaging)})
	p.events, err = events.New(events.Options{
		Store: p.store, Upsert: customers(p.contacts), Send: wishes(p.messaging), Check: checksOf(p.messaging), Create: p.templates.Create, Count: p.meters.event, Logger: p.logger,
	})
	if err != nil {
		return err
	}
	if err = p.letters(a); err != nil {
		return err
	}
	if err = p.hooks(a); err != nil {
		return err
	}
	p.log = audit.New(audit.Options{Store: p.store, Logger: p.logger})
	p.health = newHealth(p)
	return nil
}

// answers sends what agents say by the rules of every message.
func answers(m *messaging.Service) support.Send {
	return func(tx *store.Tx, c portal.Caller, a support.Answer) (portal.Message, error) {
		d := messaging.Draft{To: a.ContactID, From: a.ChannelID, Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: a.Text}}}
		switch {
		case a.Template == "" && a.File != nil:
			d.Type, d.Content = portal.ContentWith(*a.File, a.Text)
		case a.Template != "":
			d.Type, d.Content = portal.TypeTemplate, portal.Content{}
			d.Template = &messaging.TemplateRef{Name: a.Template, Language: a.Language, Parameters: a.Parameters, Components: a.Components}
		}
		return m.AcceptTx(tx, c, "", d)
	}
}

// door makes what answers HTTP.
func (p *program) door(a *app, key []byte) (err error) {
	clientIP := web.ClientIP(a.TrustedProxies)
	https := strings.HasPrefix(a.BaseURL, "https://")
	p.sessions, err = session.New(session.Options{
		Store: p.store, Accounts: p.accounts, SecretKey: key, Secure: https, ClientIP: clientIP, Logger: p.logger,
	})
	if err != nil {
		return err
	}
	v1, err := api.New(api.Options{
		Store: p.store, Tokens: p.tokens, Accounts: p.accounts, Messaging: p.messaging, Templates: p.templates, Contacts: p.contacts, Events: p.events,
		Support: p.support, Media: p.media, Webhooks: p.webhooks, Log: p.log, Limits: p.limits, Console: p.sessions.ConsoleCaller,
		BaseURL: a.BaseURL, ClientIP: clientIP, Logger: p.logger,
	})
	if err != nil {
		return err
	}
	pages := dashboard.New(dashboard.Options{
		Store: p.store, Accounts: p.accounts, Tokens: p.tokens, Messaging: p.messaging, Channels: p.channels, Templates: p.templates, Contacts: p.contacts,
		Support: p.support, Media: p.media, Webhooks: p.webhooks, Events: p.events, Log: p.log, Simulator: p.simulator, Sessions: p.sessions, Wire: v1, BaseURL: a.BaseURL, Operations: operationsOf(v1),
		Health: p.health.props, Simulated: a.provider() == portal.ProviderSimulator, ClientIP: clientIP, Logger: p.logger,
	})
	p.handler, err = web.New(web.Options{
		API: v1, Operations: patternsOf(v1), Dashboard: pages, Messaging: p.messaging, Channels: p.channels, Sessions: p.sessions, Store: p.store,
		Metrics: p.meters.all, Latency: p.meters.latency, MetricsToken: a.MetricsToken, HTTPS: https, Logger: p.logger,
	})
	if err != nil {
		return err
	}
	p.handler = p.tracer.door(p.handler)
	return nil
}

// operationsOf tells the pages how the operations of the API are called.
func operationsOf(v1 *api.API) (list []dashboard.Operation) {
	for _, op := range v1.Operations() {
		list = append(list, dashboard.Operation{ID: op.ID, Method: op.Method, Path: op.Path})
	}
	return list
}

// patternsOf lists the operations as the door's log and metrics name them.
func patternsOf(v1 *api.API) (list []string) {
	for _, op := range v1.Operations() {
		list = append(list, op.Method+" "+op.Path)
	}
	return list
}

// work lists what every node does in the background.
func (p *program) work() {
	p.loops = []func(context.Context) error{
		p.log.Run,
		p.tokens.Run,
		p.limits.Run,
		p.health.run,
	}
}

// send does the due work, until ctx ends. A node with --workers=off leaves it to others.
func (p *program) send(ctx context.Context) error {
	worker.Run(ctx, worker.Options{Bell: p.store, Logger: p.logger, Observe: p.meters.pass}, p.meters.expect(p.due()))
	return nil
}

// due lists the loops that do the due work.
func (p *program) due() []worker.Loop {
	list := []worker.Loop{
		{Name: "messages", Every: time.Second, Topic: messaging.Topic, Do: p.messaging.Dispatch, Wake: p.messaging.Landed(), Wait: p.messaging.Wait},
		{Name: "media", Every: time.Second, Topic: store.TopicMedia, Do: p.media.Work, Wake: p.media.Done(), Wait: p.media.Wait},
		{Name: "receipts", Every: time.Second, Topic: messaging.TopicReceipts, Do: p.messaging.TellRead},
		{Name: "simulator", Every: time.Second / 4, Topic: store.TopicSimulator, Do: p.simulator.DeliverDue},
		{Name: "imports", Every: 2 * time.Second, Topic: contacts.TopicImports, Do: p.contacts.WorkImports},
		{Name: "automation-runs", Every: time.Second, Topic: events.TopicRuns, Do: p.events.Work},
		{Name: "webhook-events", Every: time.Second, Topic: webhooks.TopicRoute, Do: p.webhooks.Route},
		{Name: "webhook-deliveries", Every: time.Second, Topic: webhooks.TopicDeliver, Do: p.webhooks.Deliver, Wake: p.webhooks.Left(), Wait: p.webhooks.Wait},
		{Name: "webhook-health", Every: time.Second, Do: p.webhooks.NoteHealth},
		p.choreLoop("chores", p.chores()),
		p.choreLoop("whatsapp-chores", p.whatsAppChores()),
		p.choreLoop("reconnect", p.reconnectChores()),
	}
	if p.mail != nil {
		list = append(list, worker.Loop{Name: "mail", Every: 5 * time.Second, Topic: mail.Topic, Do: p.mail.Send})
	}
	return list
}
