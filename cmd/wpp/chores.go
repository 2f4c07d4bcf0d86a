package main

import (
	"time"

	"github.com/wppmarketing/developers/portal/chores"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/worker"
)

func (p *program) choreLoop(name string, list []chores.Chore) worker.Loop {
	return chores.Loop(chores.Options{Name: name, Store: p.store, Logger: p.logger}, list)
}

// chores lists the periodic work that one node does for all, and that needs
// nobody but the store.
func (p *program) chores() []chores.Chore {
	list := []chores.Chore{
		{Name: "channel-events", Every: 24 * time.Hour, Do: p.channels.Forget},
		{Name: "events", Every: time.Hour, Do: p.events.Forget},
		{Name: "forms", Every: 24 * time.Hour, Do: p.tokens.ForgetForms},
		{Name: "imports", Every: time.Hour, Do: p.contacts.PurgeImports},
		{Name: "log", Every: time.Hour, Do: p.log.Retain},
		{Name: "media", Every: time.Hour, Do: p.media.Tidy},
		{Name: "paces", Every: time.Hour, Do: p.messaging.ForgetPaces},
		{Name: "sessions", Every: time.Hour, Do: p.sessions.ForgetEnded},
		{Name: "tokens", Every: time.Hour, Do: p.tokens.TellEnding},
		{Name: "webhook-warnings", Every: time.Hour, Do: p.webhooks.WarnFailing},
		{Name: "webhooks", Every: time.Hour, Do: p.webhooks.Forget},
	}
	if p.mail != nil {
		list = append(list, chores.Chore{Name: "mail", Every: 24 * time.Hour, Do: p.mail.Forget})
	}
	return list
}

// whatsAppChores lists the periodic work that asks WhatsApp about one number or
// business account after another: while it does not answer, that takes many minutes.
func (p *program) whatsAppChores() []chores.Chore {
	return []chores.Chore{
		{Name: "channel-health", Every: time.Minute, Do: p.channels.Refresh, Idle: p.channels.Fresh},
		{Name: "templates", Every: templates.SyncEvery, Do: p.templates.SyncAll},
	}
}

// reconnectChores asks WhatsApp too, and waits for no other chore: messages wait for it.
func (p *program) reconnectChores() []chores.Chore {
	return []chores.Chore{{Name: "channels", Every: 10 * time.Second, Do: p.messaging.Reconnect, Idle: p.messaging.AllConnected}}
}
