package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wppmarketing/developers/portal"
)

const channelColumns = `id, account_id, environment, name, phone, provider, phone_number_id, waba, is_default,
  status, status_reason, quality, created_at, updated_at`

func channelDest(c *portal.Channel) []any {
	return []any{
		&c.ID, &c.AccountID, (*string)(&c.Environment), &c.Name, &c.Phone, &c.Provider, &c.PhoneNumberID, &c.WABA,
		&c.Default, &c.Status, &c.StatusReason, &c.Quality, &c.CreatedAt, &c.UpdatedAt,
	}
}

// InsertChannel writes a channel with its secrets, sealed by SealChannel.
func (tx *Tx) InsertChannel(c portal.Channel, sealed []byte) error {
	_, err := tx.Exec(`
INSERT /* Channel.Insert */ INTO channels (id, account_id, environment, name, phone, provider, phone_number_id, waba,
  is_default, status, status_reason, quality, secrets, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.AccountID, string(c.Environment), c.Name, c.Phone, c.Provider, c.PhoneNumberID, c.WABA,
		c.Default, c.Status, c.StatusReason, c.Quality, sealed, c.CreatedAt, c.UpdatedAt)
	return err
}

// StopChannel writes that a channel cannot send any more, and why; stopped is
// false when that was known already.
func (tx *Tx) StopChannel(t portal.Tenant, id, status, reason string) (stopped bool, err error) {
	n, err := tx.Exec(`
UPDATE /* Channel.Stop */ channels
SET status = ?, status_reason = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND status = ?`,
		status, reason, tx.now, id, t.AccountID, string(t.Environment), portal.ChannelConnected)
	return n == 1, err
}

// ReconnectChannel lets a logged out channel send again, and makes due what
// waited for it. not_found when the channel is not logged out.
func (tx *Tx) ReconnectChannel(t portal.Tenant, id string) error {
	err := tx.one(tx.Exec(`
UPDATE /* Channel.Reconnect */ channels
SET status = ?, status_reason = '', updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND status = ?`,
		portal.ChannelConnected, tx.now, id, t.AccountID, string(t.Environment), portal.ChannelLoggedOut))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Channel.WakeMessages */ messages
SET due_at = ?
WHERE channel_id = ? AND account_id = ? AND environment = ? AND status = 'queued' AND due_at > ?`,
		tx.now, id, t.AccountID, string(t.Environment), tx.now)
	return err
}

// LoggedOutChannels returns the logged out channels of all tenants, longest first.
func (r Reader) LoggedOutChannels() (list []portal.Channel, err error) {
	err = r.Rows(`
SELECT /* Channel.LoggedOut */ `+channelColumns+`
FROM channels
WHERE status = ? AND status <> 'connected'
ORDER BY updated_at, id`, []any{portal.ChannelLoggedOut}, func(scan func(dest ...any) error) error {
		var c portal.Channel
		err := scan(channelDest(&c)...)
		list = append(list, c)
		return err
	})
	return list, err
}

// Channel returns one channel; not_found when the tenant has none of that id.
func (r Reader) Channel(t portal.Tenant, id string) (c portal.Channel, err error) {
	err = r.Row(`
SELECT /* Channel.ByID */ `+channelColumns+`
FROM channels
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, channelDest(&c)...)
	return c, err
}

// DefaultChannel returns the channel of messages that name none; not_found when there is none.
func (r Reader) DefaultChannel(t portal.Tenant) (c portal.Channel, err error) {
	err = r.Row(`
SELECT /* Channel.Default */ `+channelColumns+`
FROM channels
WHERE account_id = ? AND environment = ? AND is_default
ORDER BY id
LIMIT 1`, []any{t.AccountID, string(t.Environment)}, channelDest(&c)...)
	return c, err
}

// Channels returns the tenant's channels, oldest first.
func (r Reader) Channels(t portal.Tenant) (list []portal.Channel, err error) {
	err = r.Rows(`
SELECT /* Channel.List */ `+channelColumns+`
FROM channels
WHERE account_id = ? AND environment = ?
ORDER BY id`, []any{t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		var c portal.Channel
		err := scan(channelDest(&c)...)
		list = append(list, c)
		return err
	})
	return list, err
}

// CallbackChannel returns the channel that a callback's address names, of any
// tenant: the caller believes nothing until the signature is verified.
func (s *Store) CallbackChannel(ctx context.Context, id string) (portal.Channel, portal.ChannelSecrets, error) {
	return s.channelWithSecrets(ctx, "id", id)
}

// ErrOtherKey: the secrets in the database were sealed under another secret key.
var ErrOtherKey = errors.New("the secret key is not the one this database was made with")

// CheckKey opens the secrets of one channel, if there is one, to learn at once
// whether the secret key is the right one: ErrOtherKey when it is not.
func (s *Store) CheckKey(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "CheckKey")
	var id string
	err = s.Reader(ctx).Row(`
SELECT /* Channel.Any */ id
FROM channels
ORDER BY id
LIMIT 1`, nil, &id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := s.ChannelSecrets(ctx, id); err != nil {
		return ErrOtherKey
	}
	return nil
}

// ChannelSecrets opens the secrets of a channel; not_found for an unknown id.
func (s *Store) ChannelSecrets(ctx context.Context, id string) (portal.ChannelSecrets, error) {
	_, secrets, err := s.channelWithSecrets(ctx, "id", id)
	return secrets, err
}

// channelWithSecrets finds a channel by one of its unique columns.
func (s *Store) channelWithSecrets(ctx context.Context, column, key string) (c portal.Channel, secrets portal.ChannelSecrets, err error) {
	var sealed []byte
	err = s.Reader(ctx).Row(`
SELECT /* Channel.Secrets */ `+channelColumns+`, secrets
FROM channels
WHERE `+column+` = ?`, []any{key}, append(channelDest(&c), &sealed)...)
	if err != nil {
		return c, secrets, err
	}
	plain, err := s.Unseal(c.ID, sealed)
	if err != nil {
		return c, secrets, err
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return c, secrets, fmt.Errorf("secrets of %s: %w", c.ID, err)
	}
	return c, secrets, nil
}

// SealChannel seals the secrets for InsertChannel.
func (s *Store) SealChannel(id string, secrets portal.ChannelSecrets) ([]byte, error) {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("secrets of %s: %w", id, err)
	}
	return s.Seal(id, plain)
}
