package messaging

import (
	"context"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Configuration is what an account can do in an environment, and what stops it.
type Configuration struct {
	Account     portal.Account
	Environment portal.Environment
	Provider    string
	Problems    []Problem // none: sending works
	Default     string    // id of the default channel, or ""
	Channels    []ChannelState
	Day         Day
	OptOutWords []string
	Testers     []string // test only
}

// Ready reports whether messages can be sent.
func (c Configuration) Ready() bool { return len(c.Problems) == 0 }

// Problem is one thing that stops sending.
type Problem struct {
	Code   portal.Code
	Detail portal.Words
	Action portal.Words
}

// ChannelState is a channel and how many queued messages wait behind it.
type ChannelState struct {
	portal.Channel
	Waiting int
}

// The codes of a Problem that are not codes of the error catalogue.
const problemNoTemplate portal.Code = "no_approved_template"

// problems are the words of each Problem, in the order they are reported.
var problems = []Problem{
	{
		portal.CodeModuleInactive,
		portal.Words{EN: "The messages module is off.", PT: "O módulo de mensagens está desligado."},
		portal.Words{EN: "Ask the platform to switch it on.", PT: "Peça à plataforma para ligá-lo."},
	},
	{
		portal.CodeNoChannel,
		portal.Words{EN: "The account has no number here.", PT: "A conta não tem número aqui."},
		portal.Words{EN: "Ask the platform to connect a number.", PT: "Peça à plataforma para conectar um número."},
	},
	{
		portal.CodeChannelLoggedOut,
		portal.Words{EN: "The default number is logged out.", PT: "O número padrão está desconectado."},
		portal.Words{EN: "Ask the platform to connect it again.", PT: "Peça à plataforma para conectá-lo de novo."},
	},
	{
		portal.CodeChannelBlocked,
		portal.Words{EN: "WhatsApp blocked the default number.", PT: "O WhatsApp bloqueou o número padrão."},
		portal.Words{EN: "Solve it in the WhatsApp manager.", PT: "Resolva no gerenciador do WhatsApp."},
	},
	{
		problemNoTemplate,
		portal.Words{EN: "No template is approved.", PT: "Nenhum modelo está aprovado."},
		portal.Words{EN: "Until one is, only open windows can be answered.", PT: "Até lá, só dá para responder em janelas abertas."},
	},
}

// Configuration reads what the account can do in the environment.
func (s *Service) Configuration(ctx context.Context, t portal.Tenant) (c Configuration, err error) {
	defer portal.Wrap(&err, "Configuration(%s)", t.AccountID)
	r := s.store.Reader(ctx)
	c = Configuration{Environment: t.Environment, Provider: s.Provider(t.Environment), OptOutWords: optOutWords}
	if c.Account, err = r.Account(t.AccountID); err != nil {
		return c, err
	}
	if c.Day, err = readDay(r, c.Account, t, s.store.Now()); err != nil {
		return c, err
	}
	if t.Environment == portal.Test {
		c.Testers = c.Account.Testers
	}
	if err := c.readChannels(r, t); err != nil {
		return c, err
	}
	return c, c.findProblems(r, t)
}

func (c *Configuration) readChannels(r store.Reader, t portal.Tenant) error {
	channels, err := r.Channels(t)
	if err != nil {
		return err
	}
	waiting, err := r.Waiting(t)
	for _, ch := range channels {
		c.Channels = append(c.Channels, ChannelState{Channel: ch, Waiting: waiting[ch.ID]})
		if ch.Default && c.Default == "" {
			c.Default = ch.ID
		}
	}
	return err
}

func (c *Configuration) findProblems(r store.Reader, t portal.Tenant) error {
	modules, err := r.ActiveModules(t.AccountID)
	if err != nil {
		return err
	}
	approved, err := r.ApprovedTemplates(t)
	if err != nil {
		return err
	}
	status := c.defaultStatus()
	found := map[portal.Code]bool{
		portal.CodeModuleInactive:   !slices.Contains(modules, portal.ModuleMessages),
		portal.CodeNoChannel:        status == "",
		portal.CodeChannelLoggedOut: status == portal.ChannelLoggedOut,
		portal.CodeChannelBlocked:   status == portal.ChannelBlocked,
		problemNoTemplate:           approved == 0,
	}
	for _, p := range problems {
		if found[p.Code] {
			c.Problems = append(c.Problems, p)
		}
	}
	return nil
}

// defaultStatus returns the status of the default channel, "" without one.
func (c *Configuration) defaultStatus() string {
	for _, ch := range c.Channels {
		if ch.ID == c.Default {
			return ch.Status
		}
	}
	return ""
}
