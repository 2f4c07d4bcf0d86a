package channels

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// ReplaceToken gives the channel another access token, after WhatsApp has shown
// that it speaks for the number, and lets it send again with what waits. What
// WhatsApp refuses is a *TroubleError, and then the old token stays.
func (s *Service) ReplaceToken(ctx context.Context, by By, id, token string) (err error) {
	defer portal.Wrap(&err, "ReplaceToken(%s)", id)
	token = strings.TrimSpace(token)
	if fields := fits("/token", token, tokenForm, false); fields != nil {
		return portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	state, err := s.real(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	client, ch := s.clients[state.Provider], whatsapp.Channel{PhoneNumberID: state.PhoneNumberID, Token: token}
	number, out := client.Number(ctx, ch)
	if out.Kind != whatsapp.Accepted {
		return s.trouble(ctx, StepCheck, out)
	}
	if out := client.Subscribe(ctx, ch, state.WABA); out.Kind != whatsapp.Accepted {
		return s.trouble(ctx, StepSubscribe, out)
	}
	ends, _ := client.TokenExpiry(ctx, ch) // good to know, no more
	err = s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		now := tx.Now()
		learn(c, number)
		c.TokenChangedAt, c.TokenExpiresAt, c.CheckedAt = &now, ends, &now
		err := s.replace(tx, *c, func(secrets *portal.ChannelSecrets) { secrets.Token = token })
		if err == nil {
			err = tx.InsertChannelEvent(*c, portal.ChannelNewToken, nil)
		}
		if status, _ := statusOf(number); err == nil && status == portal.ChannelConnected && c.StatusReason != portal.ReasonPaused {
			err = s.connect(tx, c)
		}
		return "channel.token_replaced", nil, err
	})
	return err
}

// ReplaceSecret gives the channel another app secret: from the next callback
// on, WhatsApp must sign with it. WhatsApp calls again about what was refused
// meanwhile, so nothing is lost.
func (s *Service) ReplaceSecret(ctx context.Context, by By, id, secret string) (err error) {
	defer portal.Wrap(&err, "ReplaceSecret(%s)", id)
	secret = strings.TrimSpace(secret)
	if fields := fits("/app_secret", secret, secretForm, false); fields != nil {
		return portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	if _, err := s.real(ctx, by.Tenant, id); err != nil {
		return err
	}
	return s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		now := tx.Now()
		c.SecretChangedAt = &now
		err := s.replace(tx, *c, func(secrets *portal.ChannelSecrets) { secrets.AppSecret = []byte(secret) })
		if err == nil {
			err = tx.InsertChannelEvent(*c, portal.ChannelNewSecret, nil)
		}
		return "channel.secret_replaced", nil, err
	})
}

// ResetCallback makes a new verify token, for an address that has to be set up
// again. Callbacks go on meanwhile.
func (s *Service) ResetCallback(ctx context.Context, by By, id string) (err error) {
	defer portal.Wrap(&err, "ResetCallback(%s)", id)
	if _, err := s.real(ctx, by.Tenant, id); err != nil {
		return err
	}
	return s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		c.VerifiedAt = nil
		return "channel.callback_reset", nil, s.replace(tx, *c, func(secrets *portal.ChannelSecrets) { secrets.VerifyToken = rand.Text() })
	})
}

// VerifyToken returns what a person pastes into WhatsApp's form beside the
// callback address, until WhatsApp has used it; "" from then on.
func (s *Service) VerifyToken(ctx context.Context, c portal.Channel) (token string, err error) {
	defer portal.Wrap(&err, "VerifyToken(%s)", c.ID)
	if c.Provider != portal.ProviderCloud || c.VerifiedAt != nil {
		return "", nil
	}
	secrets, err := s.store.ChannelSecrets(ctx, c.ID)
	return secrets.VerifyToken, err
}

// replace alters the secrets of a channel.
func (s *Service) replace(tx *store.Tx, c portal.Channel, alter func(*portal.ChannelSecrets)) error {
	secrets, err := tx.Secrets(c.Tenant(), c.ID)
	if err != nil {
		return err
	}
	alter(&secrets)
	return tx.SaveSecrets(c, secrets)
}

// real returns a channel of Meta; not_found for a simulated one, whose secrets nobody sets.
func (s *Service) real(ctx context.Context, t portal.Tenant, id string) (State, error) {
	state, err := s.Get(ctx, t, id)
	if err == nil && state.Provider != portal.ProviderCloud {
		err = portal.Refuse(portal.CodeNotFound)
	}
	return state, err
}
