package main

import (
	"time"

	"github.com/wppmarketing/developers/portal/chores"
	"github.com/wppmarketing/developers/portal/templates"
)

// chores lists the periodic work that one node does for all.
func (p *program) chores() []chores.Chore {
	list := []chores.Chore{
		{Name: "channels", Every: 10 * time.Second, Do: p.messaging.Reconnect, Idle: p.messaging.AllConnected},
		{Name: "channel-events", Every: 24 * time.Hour, Do: p.channels.Forget},
		{Name: "channel-health", Every: time.Minute, Do: p.channels.Refresh, Idle: p.channels.Fresh},
		{Name: "events", Every: time.Hour, Do: p.events.Forget},
		{Name: "forms", Every: 24 * time.Hour, Do: p.tokens.ForgetForms},
		{Name: "imports", Every: time.Hour, Do: p.contacts.PurgeImports},
		{Name: "log", Every: time.Hour, Do: p.log.Retain},
		{Name: "media", Every: time.Hour, Do: p.media.Tidy},
		{Name: "paces", Every: time.Hour, Do: p.messaging.ForgetPaces},
		{Name: "sessions", Every: time.Hour, Do: p.sessions.ForgetEnded},
		{Name: "templates", Every: templates.SyncEvery, Do: p.templates.SyncAll},
		{Name: "tokens", Every: time.Hour, Do: p.tokens.TellEnding},
		{Name: "webhook-warnings", Every: time.Hour, Do: p.webhooks.WarnFailing},
		{Name: "webhooks", Every: time.Hour, Do: p.webhooks.Forget},
	}
	if p.mail != nil {
		list = append(list, chores.Chore{Name: "mail", Every: 24 * time.Hour, Do: p.mail.Forget})
	}
	return list
}
