package main

import (
	"fmt"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// hooks makes what tells the customers' systems.
func (p *program) hooks(a *app) (err error) {
	o := webhooks.Options{Store: p.store, Permitted: a.WebhookAllowCIDRs, Mask: audit.MaskAnswer, Logger: p.logger}
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
