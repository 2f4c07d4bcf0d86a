package messaging

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// cloudPatience is how long a real number that is logged out is left alone
// before WhatsApp is asked again: a token rarely comes back by itself.
const cloudPatience = 5 * time.Minute

// Reconnect asks WhatsApp about every channel whose token it refused and lets
// those send again that it takes back. A channel that cannot be asked stays as
// it is and hurts no other. What a person must settle first is left to them.
func (s *Service) Reconnect(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Reconnect")
	out, err := s.store.Reader(ctx).LoggedOutChannels()
	if err != nil {
		return err
	}
	var errs []error
	for _, channel := range out {
		errs = append(errs, s.reconnect(ctx, channel))
	}
	return errors.Join(errs...)
}

// AllConnected reports that Reconnect has nothing to do. It only reads.
func (s *Service) AllConnected(ctx context.Context) (all bool, err error) {
	defer portal.Wrap(&err, "AllConnected")
	out, err := s.store.Reader(ctx).LoggedOutChannels()
	return len(out) == 0, err
}

// ForgetPaces removes what WhatsApp's limits no longer count.
func (s *Service) ForgetPaces(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "ForgetPaces")
	return s.store.Purge(ctx, s.store.PacePurges()...)
}

func (s *Service) reconnect(ctx context.Context, c portal.Channel) error {
	client := s.clients[c.Provider]
	if client == nil || c.Provider == portal.ProviderCloud && !s.patient(c) {
		return nil
	}
	secrets, err := s.store.ChannelSecrets(ctx, c.ID)
	if err != nil {
		return err
	}
	if client.Check(ctx, whatsapp.Channel{PhoneNumberID: c.PhoneNumberID, Token: secrets.Token}).Kind != whatsapp.Accepted {
		return s.store.Tx(ctx, func(tx *store.Tx) error { return tx.ChannelChecked(c) })
	}
	t := portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}
	err = s.store.Tx(ctx, func(tx *store.Tx) error { return s.connectTx(tx, t, c.ID) })
	if err == nil {
		s.log.InfoContext(ctx, "channel connected", "channel", c.ID)
	}
	return err
}

// patient reports whether the channel may be asked about again.
func (s *Service) patient(c portal.Channel) bool {
	tokenRefused := c.StatusReason == portal.ReasonTokenExpired
	return tokenRefused && (c.CheckedAt == nil || s.store.Now().Sub(*c.CheckedAt) >= cloudPatience)
}

// connectTx lets a channel send again. One that is not logged out is left alone.
func (s *Service) connectTx(tx *store.Tx, t portal.Tenant, id string) error {
	err := tx.ReconnectChannel(t, id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil // somebody was faster
	}
	tx.AfterCommit(func() { s.store.Notify(Topic) })
	return err
}

// LogInTx brings a simulated channel back at once, in the caller's transaction.
// Only in the test environment; not_found for an unknown channel. One that is
// connected stays so.
func (s *Service) LogInTx(tx *store.Tx, c portal.Caller, id string) (state portal.ChannelState, err error) {
	defer portal.Wrap(&err, "LogIn(%s)", id)
	if c.Environment != portal.Test {
		return state, portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	channel, err := tx.Channel(c.Tenant, id)
	if err == nil && channel.RemovedAt != nil {
		err = portal.Refuse(portal.CodeNotFound)
	}
	if err != nil {
		return state, err
	}
	if channel.Status == portal.ChannelLoggedOut {
		if err := s.connectTx(tx, c.Tenant, id); err != nil {
			return state, err
		}
		if state.Channel, err = tx.Channel(c.Tenant, id); err != nil {
			return state, err
		}
		channel = state.Channel
	}
	tx.AfterCommit(func() { s.logIn(channel.PhoneNumberID) })
	waiting, err := tx.Waiting(c.Tenant)
	if err != nil {
		return state, err
	}
	people, _, err := tx.PeopleCounted(channel.WABA, tx.Now().Add(-portal.PeopleDay))
	return portal.ChannelState{Channel: channel, Waiting: waiting[id], People: people}, err
}
