package storetest_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func TestChannels(t *testing.T) {
	onMail(t, func(p mail) {
		r := p.store.Reader(p.Context())
		_, err := r.DefaultChannel(p.tenant)
		mustCode(p.T, "no default", err, portal.CodeNotFound)
		c := portal.Channel{
			ID: portal.NewID(portal.PrefixChannel), AccountID: p.tenant.AccountID, Environment: portal.Test, Name: "Loja", Phone: "+551140028922",
			Provider: portal.ProviderSimulator, PhoneNumberID: "123", WABA: "456", Default: true, Status: portal.ChannelConnected,
			StatusReason: "", Quality: "green", CreatedAt: p.store.Now(), UpdatedAt: p.store.Now(),
		}
		secrets := portal.ChannelSecrets{Token: "t", AppSecret: []byte{0, 1}, VerifyToken: "v"}
		sealed, err := p.store.SealChannel(c.ID, secrets)
		if err != nil {
			p.Fatal(err)
		}
		p.tx(func(tx *store.Tx) error { return tx.InsertChannel(c, sealed) })
		got, err := r.DefaultChannel(p.tenant)
		equal(p, "default", got, c)
		one, err2 := r.Channel(p.tenant, c.ID)
		equal(p, "by id", one, c)
		opened, err3 := p.store.ChannelSecrets(p.Context(), c.ID)
		equal(p, "secrets", opened, secrets)
		stop := func(status, reason string) (stopped bool) {
			p.tx(func(tx *store.Tx) (err error) {
				stopped, err = tx.StopChannel(c, status, reason)
				return err
			})
			return stopped
		}
		if !stop(portal.ChannelLoggedOut, "token_expired") || stop(portal.ChannelBlocked, "policy") {
			p.Error("a channel is stopped once")
		}
		out, errOut := r.LoggedOutChannels()
		if errOut != nil || len(out) != 1 || out[0].ID != c.ID || out[0].StatusReason != "token_expired" {
			p.Errorf("logged out: %+v, %v", out, errOut)
		}
		p.tx(func(tx *store.Tx) error { return tx.ReconnectChannel(p.tenant, c.ID) })
		mustCode(p.T, "reconnected twice", p.store.Tx(p.Context(), func(tx *store.Tx) error { return tx.ReconnectChannel(p.tenant, c.ID) }), portal.CodeNotFound)
		stop(portal.ChannelBlocked, "policy")
		list, err4 := r.Channels(p.tenant)
		if err := errors.Join(err, err2, err3, err4); err != nil || len(list) != 2 || list[1].Status != portal.ChannelBlocked || list[1].StatusReason != "policy" {
			p.Errorf("channels: %+v, %v", list, err)
		}
		live := portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}
		_, err = r.Channel(live, c.ID)
		mustCode(p.T, "of another environment", err, portal.CodeNotFound)
		_, _, err = p.store.CallbackChannel(p.Context(), "chn_x")
		mustCode(p.T, "unknown", err, portal.CodeNotFound)
	})
}

func TestTemplates(t *testing.T) {
	onMail(t, func(p mail) {
		now, ttl := p.store.Now(), 600
		var all []portal.Template
		for _, name := range []string{"a", "b", "c"} {
			all = append(all, portal.Template{
				ID: portal.NewID(portal.PrefixTemplate), AccountID: p.tenant.AccountID, Environment: portal.Test, Name: name, Language: "pt_BR",
				Category: "utility", Status: portal.TemplateApproved, ParameterFormat: "named",
				Parameters: []portal.TemplateParameter{{Component: "body", Name: "n", Type: "text", Example: "1"}},
				Components: json.RawMessage(`[{"type":"BODY"}]`), Quality: "unknown", TTL: &ttl, ProviderID: "1", SyncedAt: &now, CreatedAt: now, UpdatedAt: now,
			})
		}
		all[2].Status, all[2].Parameters, all[2].TTL, all[2].SyncedAt = "paused", []portal.TemplateParameter{}, nil, nil
		p.tx(func(tx *store.Tx) error {
			for _, one := range all {
				if err := tx.InsertTemplate(one); err != nil {
					return err
				}
			}
			return nil
		})
		r := p.store.Reader(p.Context())
		got, err := r.Template(p.tenant, "a", "pt_BR")
		equal(p, "by key", got, all[0])
		first, next, err2 := r.Templates(p.tenant, portal.TemplateFilter{}, portal.Page{Limit: 2})
		rest, last, err3 := r.Templates(p.tenant, portal.TemplateFilter{}, portal.Page{Limit: 2, After: next})
		slices.Reverse(all)
		equal(p, "pages", append(first, rest...), all)
		equal(p, "last", last, "")
		n, err4 := r.ApprovedTemplates(p.tenant)
		equal(p, "approved", n, 2)
		if err := errors.Join(err, err2, err3, err4); err != nil {
			p.Error(err)
		}
		_, err = r.Template(p.tenant, "a", "en_US")
		mustCode(p.T, "another language", err, portal.CodeNotFound)
		_, err = r.Template(portal.Tenant{AccountID: p.tenant.AccountID, Environment: portal.Live}, "a", "pt_BR")
		mustCode(p.T, "another environment", err, portal.CodeNotFound)
	})
}
