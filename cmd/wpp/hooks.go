package main

import (
	"fmt"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/mail"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// hooks makes what tells the customers' systems.
func (p *program) hooks(a *app) (err error) {
	o := webhooks.Options{Store: p.store, Permitted: a.WebhookAllowCIDRs, Mask: audit.MaskAnswer, Observe: p.meters.told, Logger: p.logger}
	if p.mail != nil {
		o.Notice = func(tx *store.Tx, n webhooks.Notice) error {
			return p.mail.EndpointTx(tx, n.Endpoint, n.Percent, n.Recent)
		}
	}
	for _, text := range a.WebhookSchedule {
		wait, err := portal.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("WPP_WEBHOOK_SCHEDULE: %q is no duration: write it like 5s,5m,2h", text)
		}
		o.Schedule = append(o.Schedule, wait)
	}
	p.webhooks, err = webhooks.New(o)
	return err
}

// letters makes what writes to people, if there is a server for it, and the
// tokens that it tells of.
func (p *program) letters(a *app) (err error) {
	o := tokens.Options{Store: p.store, Logger: p.logger}
	if a.SMTPURL != "" {
		p.mail, err = mail.New(mail.Options{Store: p.store, URL: a.SMTPURL, From: a.MailFrom, BaseURL: a.BaseURL, Logger: p.logger})
		if err != nil {
			return err
		}
		o.Notice = p.mail.TokenTx
	}
	p.tokens = tokens.New(o)
	return nil
}
