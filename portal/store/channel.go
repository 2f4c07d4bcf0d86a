package store

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const channelColumns = `id, account_id, environment, name, phone, provider, phone_number_id, waba, is_default,
  status, status_reason, quality, verified_name, name_status, people_limit, throughput,
  token_changed_at, secret_changed_at, token_expires_at, verified_at, callback_at, checked_at, removed_at, created_at, updated_at`

func channelDest(c *portal.Channel) []any {
	return []any{
		&c.ID, &c.AccountID, (*string)(&c.Environment), &c.Name, &c.Phone, &c.Provider, &c.PhoneNumberID, &c.WABA, &c.Default,
		&c.Status, &c.StatusReason, &c.Quality, &c.VerifiedName, &c.NameStatus, &c.PeopleLimit, &c.Throughput,
		&c.TokenChangedAt, &c.SecretChangedAt, &c.TokenExpiresAt, &c.VerifiedAt, &c.CallbackAt, &c.CheckedAt, &c.RemovedAt, &c.CreatedAt, &c.UpdatedAt,
	}
}

// InsertChannel writes a channel with its secrets, sealed by SealChannel;
// validation_failed when the number is connected already, by whomever.
func (tx *Tx) InsertChannel(c portal.Channel, sealed []byte) error {
	n, err := tx.Exec(`
INSERT /* Channel.Insert */ INTO channels (id, account_id, environment, name, phone, provider, phone_number_id, waba,
  is_default, status, status_reason, quality, verified_name, name_status, people_limit, throughput,
  token_changed_at, secret_changed_at, token_expires_at, verified_at, callback_at, checked_at, secrets, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (phone_number_id) DO NOTHING`,
		c.ID, c.AccountID, string(c.Environment), c.Name, c.Phone, c.Provider, c.PhoneNumberID, c.WABA,
		c.Default, c.Status, c.StatusReason, c.Quality, c.VerifiedName, c.NameStatus, c.PeopleLimit, c.Throughput,
		c.TokenChangedAt, c.SecretChangedAt, c.TokenExpiresAt, c.VerifiedAt, c.CallbackAt, c.CheckedAt, sealed, c.CreatedAt, c.UpdatedAt)
	if err == nil && n == 0 {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/phone_number_id", Code: portal.FieldConflict})
	}
	return err
}

// StopChannel writes that a channel cannot send any more, and why; stopped is
// false when that was known already. c is the channel as it was when WhatsApp
// was asked: what it said of a token that was replaced since stops nothing.
func (tx *Tx) StopChannel(c portal.Channel, status, reason string) (stopped bool, err error) {
	n, err := tx.Exec(`
UPDATE /* Channel.Stop */ channels
SET status = ?, status_reason = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND status = ? AND COALESCE(token_changed_at, 0) = CAST(? AS BIGINT)`,
		status, reason, tx.now, c.ID, c.AccountID, string(c.Environment), portal.ChannelConnected, microsOf(c.TokenChangedAt))
	if err != nil || n == 0 {
		return false, err
	}
	c.Status, c.StatusReason, c.UpdatedAt = status, reason, tx.now
	return true, tx.InsertChannelEvent(c, status, map[string]any{"reason": reason})
}

// ReconnectChannel lets a logged out channel send again, and makes due what
// waited for it. not_found when the channel is not logged out.
func (tx *Tx) ReconnectChannel(t portal.Tenant, id string) error {
	var c portal.Channel
	err := tx.Row(`
UPDATE /* Channel.Reconnect */ channels
SET status = ?, status_reason = '', updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND status = ?
RETURNING `+channelColumns,
		[]any{portal.ChannelConnected, tx.now, id, t.AccountID, string(t.Environment), portal.ChannelLoggedOut}, channelDest(&c)...)
	if err != nil {
		return err
	}
	if err := tx.InsertChannelEvent(c, portal.ChannelConnected, nil); err != nil {
		return err
	}
	return tx.WakeChannel(t, id)
}

// WakeChannel makes due what waits behind a channel.
func (tx *Tx) WakeChannel(t portal.Tenant, id string) error {
	_, err := tx.Exec(`
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

// Channel returns one channel; not_found when the tenant has none of that id. It
// returns a removed one too, because its messages name it.
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
WHERE account_id = ? AND environment = ? AND is_default AND removed_at IS NULL
ORDER BY id
LIMIT 1`, []any{t.AccountID, string(t.Environment)}, channelDest(&c)...)
	return c, err
}

// Channels returns the tenant's channels, oldest first.
func (r Reader) Channels(t portal.Tenant) (list []portal.Channel, err error) {
	err = r.Rows(`
SELECT /* Channel.List */ `+channelColumns+`
FROM channels
WHERE account_id = ? AND environment = ? AND removed_at IS NULL
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
WHERE removed_at IS NULL
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
// An answer is at most a second old, and newer than every replacement that this
// process committed.
func (s *Store) ChannelSecrets(ctx context.Context, id string) (secrets portal.ChannelSecrets, err error) {
	if secrets, ok := s.secrets.known(id, time.Now()); ok {
		return secrets, nil
	}
	began := s.secrets.began()
	if _, secrets, err = s.channelWithSecrets(ctx, "id", id); err == nil {
		s.secrets.keep(id, secrets, began)
	}
	return secrets, err
}

// channelWithSecrets finds a channel by one of its unique columns; not_found for a removed one.
func (s *Store) channelWithSecrets(ctx context.Context, column, key string) (c portal.Channel, secrets portal.ChannelSecrets, err error) {
	var sealed []byte
	err = s.Reader(ctx).Row(`
SELECT /* Channel.Secrets */ `+channelColumns+`, secrets
FROM channels
WHERE `+column+` = ? AND removed_at IS NULL`, []any{key}, append(channelDest(&c), &sealed)...)
	if err != nil {
		return c, secrets, err
	}
	secrets, err = s.vault.openSecrets(c.ID, sealed)
	return c, secrets, err
}

// NumberChannel returns the tenant's channel of a phone-number-id with its
// secrets; not_found when the tenant has none.
func (s *Store) NumberChannel(ctx context.Context, t portal.Tenant, phoneNumberID string) (portal.Channel, portal.ChannelSecrets, error) {
	c, secrets, err := s.channelWithSecrets(ctx, "phone_number_id", phoneNumberID)
	if err == nil && c.Tenant() != t {
		return portal.Channel{}, portal.ChannelSecrets{}, errNoRow
	}
	return c, secrets, err
}

// SealChannel seals the secrets for InsertChannel.
func (s *Store) SealChannel(id string, secrets portal.ChannelSecrets) ([]byte, error) {
	return s.vault.sealSecrets(id, secrets)
}
