package channels

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// change locks a channel, has alter change it, and stores it with the audit row
// that alter names; no row for the action "".
func (s *Service) change(ctx context.Context, by By, id string, alter func(tx *store.Tx, c *portal.Channel) (action string, details map[string]any, err error)) error {
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		c, err := tx.LockChannel(by.Tenant, id)
		if err != nil {
			return err
		}
		action, details, err := alter(tx, &c)
		if err != nil {
			return err
		}
		if err := tx.SaveChannel(c); err != nil || action == "" {
			return err
		}
		return by.audit(tx, action, id, details)
	})
}

// Rename gives the channel another name, which only the account sees.
func (s *Service) Rename(ctx context.Context, by By, id, name string) (err error) {
	defer portal.Wrap(&err, "Rename(%s)", id)
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/name", Code: portal.FieldRequired})
	case utf8.RuneCountInString(name) > maxName:
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/name", Code: portal.FieldTooLong})
	}
	return s.change(ctx, by, id, func(_ *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		c.Name = name
		return "channel.renamed", map[string]any{"name": name}, nil
	})
}

// MakeDefault makes the channel the one of messages that name none.
func (s *Service) MakeDefault(ctx context.Context, by By, id string) (err error) {
	defer portal.Wrap(&err, "MakeDefault(%s)", id)
	return s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		c.Default = true
		return "channel.default", nil, tx.MakeDefault(by.Tenant, id)
	})
}

// Pause keeps a connected channel from sending until it is resumed: what was
// accepted waits, and new messages are refused. precondition_failed when it is
// not connected.
func (s *Service) Pause(ctx context.Context, by By, id string) (err error) {
	defer portal.Wrap(&err, "Pause(%s)", id)
	return s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		if c.Status != portal.ChannelConnected {
			return "", nil, portal.Refuse(portal.CodePreconditionFailed)
		}
		return "channel.paused", nil, stop(tx, c, portal.ChannelBlocked, portal.ReasonPaused)
	})
}

// Resume lets a paused channel send again. precondition_failed when it is not paused.
func (s *Service) Resume(ctx context.Context, by By, id string) (err error) {
	defer portal.Wrap(&err, "Resume(%s)", id)
	return s.change(ctx, by, id, func(tx *store.Tx, c *portal.Channel) (string, map[string]any, error) {
		if c.StatusReason != portal.ReasonPaused {
			return "", nil, portal.Refuse(portal.CodePreconditionFailed)
		}
		return "channel.resumed", nil, s.connect(tx, c)
	})
}

// Remove takes the channel away with its secrets. What waits behind it ends as
// failed with no_channel, and its number may be connected again. The oldest
// other channel becomes the default if this was it.
func (s *Service) Remove(ctx context.Context, by By, id string) (err error) {
	defer portal.Wrap(&err, "Remove(%s)", id)
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		c, err := tx.LockChannel(by.Tenant, id)
		if err != nil {
			return err
		}
		if err := tx.RemoveChannel(by.Tenant, id); err != nil {
			return err
		}
		tx.AfterCommit(s.wake)
		if err := tx.InsertChannelEvent(c, portal.ChannelRemoved, nil); err != nil {
			return err
		}
		if err := by.audit(tx, "channel.removed", id, map[string]any{"provider": c.Provider}); err != nil || !c.Default {
			return err
		}
		left, err := tx.Channels(by.Tenant)
		if err != nil || len(left) == 0 {
			return err
		}
		return tx.MakeDefault(by.Tenant, left[0].ID)
	})
}

// connect lets a channel send again and wakes what waited; one that sends is left alone.
func (s *Service) connect(tx *store.Tx, c *portal.Channel) error {
	if c.Status == portal.ChannelConnected {
		return nil
	}
	kind := portal.ChannelConnected
	if c.StatusReason == portal.ReasonPaused {
		kind = portal.ChannelResumed
	}
	c.Status, c.StatusReason = portal.ChannelConnected, ""
	if err := tx.InsertChannelEvent(*c, kind, nil); err != nil {
		return err
	}
	tx.AfterCommit(s.wake)
	return tx.WakeChannel(c.Tenant(), c.ID)
}

// stop keeps a channel from sending. A repeat is no news.
func stop(tx *store.Tx, c *portal.Channel, status, reason string) error {
	if c.Status == status && c.StatusReason == reason {
		return nil
	}
	c.Status, c.StatusReason = status, reason
	return tx.InsertChannelEvent(*c, status, map[string]any{"reason": reason})
}

// stopFor stops a channel for what WhatsApp answered, if that stops one.
func stopFor(tx *store.Tx, c *portal.Channel, out whatsapp.Outcome) error {
	if out.Kind != whatsapp.ChannelStopped || c.StatusReason == portal.ReasonPaused {
		return nil
	}
	status, reason := whatsapp.StopOf(out.Error)
	return stop(tx, c, status, reason)
}
