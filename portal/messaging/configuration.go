package messaging

import (
	"context"
	"slices"
	"time"

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
	Channels    []portal.ChannelState
	Day         Day
	QuietHours  *portal.QuietHours // of automations; nil = none
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

// The codes of a Problem that are not codes of the error catalogue.
const (
	problemNoTemplate portal.Code = "no_approved_template"
	problemConnecting portal.Code = "channel_connecting"
)

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
		portal.Words{EN: "Connect one on the page Channels of the portal.", PT: "Conecte um na página Canais do portal."},
	},
	{
		portal.CodeChannelLoggedOut,
		portal.Words{EN: "The default number is logged out.", PT: "O número padrão está desconectado."},
		portal.Words{EN: "Its page in the portal says why: replace the token, or register the number.", PT: "A página dele no portal diz o motivo: troque o token ou registre o número."},
	},
	{
		problemConnecting,
		portal.Words{EN: "WhatsApp does not let the default number send yet. Messages wait.", PT: "O WhatsApp ainda não deixa o número padrão enviar. As mensagens esperam."},
		portal.Words{EN: "Register it on its page in the portal.", PT: "Registre-o na página dele no portal."},
	},
	{
		portal.CodeChannelBlocked,
		portal.Words{EN: "WhatsApp blocked the default number, or your team paused it.", PT: "O WhatsApp bloqueou o número padrão, ou a sua equipe o pausou."},
		portal.Words{EN: "Solve it in WhatsApp Manager and check again, or resume it in the portal.", PT: "Resolva no Gerenciador do WhatsApp e verifique de novo, ou retome-o no portal."},
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
	quiet, err := r.QuietHours(t.AccountID)
	if err != nil {
		return c, err
	}
	c.QuietHours = portal.ParseQuietHours(quiet)
	if c.Day, err = readDay(r, c.Account, t, s.store.Now()); err != nil {
		return c, err
	}
	if t.Environment == portal.Test {
		c.Testers = c.Account.Testers
	}
	if err := c.readChannels(r, t, s.store.Now()); err != nil {
		return c, err
	}
	return c, c.findProblems(r, t)
}

func (c *Configuration) readChannels(r store.Reader, t portal.Tenant, now time.Time) error {
	channels, err := r.Channels(t)
	if err != nil {
		return err
	}
	waiting, err := r.Waiting(t)
	if err != nil {
		return err
	}
	for _, ch := range channels {
		people, _, err := r.PeopleCounted(ch.WABA, now.Add(-portal.PeopleDay))
		if err != nil {
			return err
		}
		c.Channels = append(c.Channels, portal.ChannelState{Channel: ch, Waiting: waiting[ch.ID], People: people})
		if ch.Default && c.Default == "" {
			c.Default = ch.ID
		}
	}
	return nil
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
		problemConnecting:           status == portal.ChannelConnecting,
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
