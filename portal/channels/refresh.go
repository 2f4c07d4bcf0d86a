package channels

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

const (
	// refreshEvery is how old what WhatsApp said of a number may be. Ten calls an
	// hour of a number are far below what WhatsApp allows.
	refreshEvery = 10 * time.Minute
	// keepEvents is how long the history of a number is kept.
	keepEvents = 400 * 24 * time.Hour
)

// Refresh asks WhatsApp about the real numbers that it was not asked about for a
// while. One that cannot be asked hurts no other.
func (s *Service) Refresh(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Refresh")
	due, err := s.store.Reader(ctx).CloudChannels(s.store.Now().Add(-refreshEvery))
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range due {
		if ctx.Err() != nil {
			break
		}
		if err := s.refresh(ctx, c, false); err != nil && TroubleOf(err) == nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Fresh reports that Refresh has nothing to do. It only reads.
func (s *Service) Fresh(ctx context.Context) (fresh bool, err error) {
	defer portal.Wrap(&err, "Fresh")
	due, err := s.store.Reader(ctx).CloudChannels(s.store.Now().Add(-refreshEvery))
	return len(due) == 0, err
}

// CheckAgain asks WhatsApp about a number because a person wants to know, and
// lets it send again when WhatsApp takes it. What WhatsApp refuses is a *TroubleError.
func (s *Service) CheckAgain(ctx context.Context, by By, id string) (err error) {
	defer portal.Wrap(&err, "CheckAgain(%s)", id)
	state, err := s.Get(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	return s.refresh(ctx, state.Channel, true)
}

// refresh asks about one number and writes down what changed. asked says that a
// person wants the number to send again if it may.
func (s *Service) refresh(ctx context.Context, c portal.Channel, asked bool) error {
	client, ch, err := s.credentials(ctx, c)
	if err != nil {
		return err
	}
	number, out := client.Number(ctx, ch)
	var ends *time.Time
	if out.Kind == whatsapp.Accepted && c.TokenExpiresAt == nil && c.Provider == portal.ProviderCloud {
		ends, _ = client.TokenExpiry(ctx, ch)
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.LockChannel(c.Tenant(), c.ID)
		if portal.CodeOf(err) == portal.CodeNotFound {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		if !sameToken(now, c) {
			return nil // the answer is about a token that was replaced meanwhile
		}
		at := tx.Now()
		now.CheckedAt = &at
		if out.Kind != whatsapp.Accepted {
			err = stopFor(tx, &now, out)
		} else {
			if ends != nil {
				now.TokenExpiresAt = ends
			}
			err = s.compare(tx, &now, number, asked)
		}
		if err != nil {
			return err
		}
		return tx.SaveChannel(now)
	})
	if err == nil && out.Kind != whatsapp.Accepted {
		err = s.trouble(ctx, StepCheck, out)
	}
	return err
}

func sameToken(a, b portal.Channel) bool {
	if a.TokenChangedAt == nil || b.TokenChangedAt == nil {
		return a.TokenChangedAt == b.TokenChangedAt
	}
	return a.TokenChangedAt.Equal(*b.TokenChangedAt)
}

// compare writes what WhatsApp says differently than we knew.
func (s *Service) compare(tx *store.Tx, c *portal.Channel, n whatsapp.Number, asked bool) error {
	if err := noteQuality(tx, c, n.Quality); err != nil {
		return err
	}
	if err := takeLimit(tx, c, n.PeopleLimit); err != nil {
		return err
	}
	if n.Throughput != nil {
		if err := noteThroughput(tx, c, *n.Throughput); err != nil {
			return err
		}
	}
	if n.VerifiedName != "" && n.VerifiedName != c.VerifiedName && c.VerifiedName != "" {
		if err := tx.InsertChannelEvent(*c, portal.ChannelNameChange, map[string]any{"from": c.VerifiedName, "to": n.VerifiedName}); err != nil {
			return err
		}
	}
	learn(c, n)
	return s.follow(tx, c, n, asked)
}

// follow lets a channel be what WhatsApp says it is. What a person has to settle
// comes back when a person says so; a pause of the account stays.
func (s *Service) follow(tx *store.Tx, c *portal.Channel, n whatsapp.Number, asked bool) error {
	status, reason := statusOf(n)
	switch {
	case c.StatusReason == portal.ReasonPaused:
		return nil
	case status != portal.ChannelConnected:
		if c.Status == portal.ChannelConnected || status == portal.ChannelBlocked {
			return stop(tx, c, status, reason)
		}
		return nil
	case asked, c.Status == portal.ChannelConnecting, c.StatusReason == portal.ReasonTokenExpired:
		return s.connect(tx, c)
	}
	return nil
}

// Forget removes what happened to numbers too long ago.
func (s *Service) Forget(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Forget")
	before := s.store.Now().Add(-keepEvents)
	return s.store.Purge(ctx, s.store.Removing("channel events", func(tx *store.Tx, limit int) (int64, error) {
		return tx.ForgetChannelEvents(before, limit)
	}))
}
