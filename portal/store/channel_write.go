package store

import (
	"encoding/json"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// LockChannel makes other changes of the tenant's channels wait until this
// transaction ends, and returns one of them; not_found for a removed one too.
func (tx *Tx) LockChannel(t portal.Tenant, id string) (c portal.Channel, err error) {
	if err := tx.lockChannels(t); err != nil {
		return c, err
	}
	if c, err = tx.Channel(t, id); err == nil && c.RemovedAt != nil {
		return c, errNoRow
	}
	return c, err
}

func (tx *Tx) lockChannels(t portal.Tenant) error {
	return tx.Rows(`
SELECT /* Channel.Lock */ id
FROM channels
WHERE account_id = ? AND environment = ? AND removed_at IS NULL
ORDER BY id`+tx.locks.rows, []any{t.AccountID, string(t.Environment)}, func(func(dest ...any) error) error { return nil })
}

// SaveChannel writes what may change of a channel, its secrets and its callback's times excepted.
func (tx *Tx) SaveChannel(c portal.Channel) error {
	return tx.one(tx.Exec(`
UPDATE /* Channel.Save */ channels
SET name = ?, phone = ?, waba = ?, is_default = ?, status = ?, status_reason = ?, quality = ?, verified_name = ?, name_status = ?,
  people_limit = ?, throughput = ?, token_expires_at = ?, checked_at = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND removed_at IS NULL`,
		c.Name, c.Phone, c.WABA, c.Default, c.Status, c.StatusReason, c.Quality, c.VerifiedName, c.NameStatus,
		c.PeopleLimit, c.Throughput, c.TokenExpiresAt, c.CheckedAt, tx.now, c.ID, c.AccountID, string(c.Environment)))
}

// MakeDefault makes the channel the one of messages that name none.
func (tx *Tx) MakeDefault(t portal.Tenant, id string) error {
	_, err := tx.Exec(`
UPDATE /* Channel.MakeDefault */ channels
SET is_default = (id = ?), updated_at = ?
WHERE account_id = ? AND environment = ? AND is_default <> (id = ?)`,
		id, tx.now, t.AccountID, string(t.Environment), id)
	return err
}

// SaveSecrets replaces the secrets of a channel, in this process from the commit on.
func (tx *Tx) SaveSecrets(c portal.Channel, secrets portal.ChannelSecrets) error {
	sealed, err := tx.vault.sealSecrets(c.ID, secrets)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { tx.secrets.forget(c.ID) })
	return tx.one(tx.Exec(`
UPDATE /* Channel.SaveSecrets */ channels
SET secrets = ?, token_changed_at = ?, secret_changed_at = ?, verified_at = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND removed_at IS NULL`,
		sealed, c.TokenChangedAt, c.SecretChangedAt, c.VerifiedAt, tx.now, c.ID, c.AccountID, string(c.Environment)))
}

// Secrets opens the secrets of a channel inside the transaction that replaces them.
func (tx *Tx) Secrets(t portal.Tenant, id string) (secrets portal.ChannelSecrets, err error) {
	var sealed []byte
	err = tx.Row(`
SELECT /* Channel.SecretsOf */ secrets
FROM channels
WHERE id = ? AND account_id = ? AND environment = ? AND removed_at IS NULL`, []any{id, t.AccountID, string(t.Environment)}, &sealed)
	if err != nil {
		return secrets, err
	}
	return tx.vault.openSecrets(id, sealed)
}

// RemoveChannel takes a channel away: its secrets are gone, its number may be
// connected again, and what waits behind it is due, to be ended by who sends.
func (tx *Tx) RemoveChannel(t portal.Tenant, id string) error {
	err := tx.one(tx.Exec(`
UPDATE /* Channel.Remove */ channels
SET status = ?, status_reason = '', is_default = FALSE, phone_number_id = id, secrets = ?, removed_at = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND removed_at IS NULL`,
		portal.ChannelRemoved, []byte{}, tx.now, tx.now, id, t.AccountID, string(t.Environment)))
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { tx.secrets.forget(id) })
	_, err = tx.Exec(`
UPDATE /* Channel.EndMessages */ messages
SET due_at = ?
WHERE channel_id = ? AND account_id = ? AND environment = ? AND status IN ('queued', 'scheduled') AND due_at > ?`,
		tx.now, id, t.AccountID, string(t.Environment), tx.now)
	return err
}

// callbackEvery is how exactly the time of a channel's last callback is known:
// a busy number must not write its row for each.
const callbackEvery = time.Minute

// CallbackSeen notes that WhatsApp called for the channel, at most once a minute.
// Its first call proves the address as the handshake does.
func (tx *Tx) CallbackSeen(c portal.Channel) error {
	if c.CallbackAt != nil && tx.now.Sub(*c.CallbackAt) < callbackEvery {
		return nil
	}
	_, err := tx.Exec(`
UPDATE /* Channel.CallbackSeen */ channels
SET callback_at = ?, verified_at = COALESCE(verified_at, CAST(? AS BIGINT))
WHERE id = ? AND account_id = ? AND environment = ? AND COALESCE(callback_at, 0) < CAST(? AS BIGINT)`,
		tx.now, tx.now, c.ID, c.AccountID, string(c.Environment), tx.now)
	return err
}

// CallbackVerified notes WhatsApp's handshake of the channel's callback address.
func (tx *Tx) CallbackVerified(c portal.Channel) error {
	if c.VerifiedAt != nil {
		return nil
	}
	_, err := tx.Exec(`
UPDATE /* Channel.CallbackVerified */ channels
SET verified_at = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ?`, tx.now, tx.now, c.ID, c.AccountID, string(c.Environment))
	if err != nil {
		return err
	}
	return tx.InsertChannelEvent(c, portal.ChannelVerified, nil)
}

// ChannelChecked notes that WhatsApp was asked about the channel.
func (tx *Tx) ChannelChecked(c portal.Channel) error {
	_, err := tx.Exec(`
UPDATE /* Channel.Checked */ channels
SET checked_at = ?
WHERE id = ? AND account_id = ? AND environment = ?`, tx.now, c.ID, c.AccountID, string(c.Environment))
	return err
}

// InsertChannelEvent keeps what happened to a channel, which is c from now on,
// and tells of it. detail becomes JSON; nil is {}.
func (tx *Tx) InsertChannelEvent(c portal.Channel, kind string, detail map[string]any) error {
	raw := []byte("{}")
	if detail != nil {
		var err error
		if raw, err = json.Marshal(detail); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`
INSERT /* ChannelEvent.Insert */ INTO channel_events (id, channel_id, account_id, environment, kind, detail, at)
VALUES (?, ?, ?, ?, ?, ?, ?)`,
		portal.NewID(portal.PrefixChannelEvent), c.ID, c.AccountID, string(c.Environment), kind, string(raw), tx.now)
	if err != nil {
		return err
	}
	return tx.announceChannel(c, kind)
}

// ChannelEvents returns what happened to a channel, newest first.
func (r Reader) ChannelEvents(t portal.Tenant, channelID string, p portal.Page) (list []portal.ChannelEvent, next string, err error) {
	sql, args := `
SELECT /* ChannelEvent.List */ id, channel_id, kind, detail, at
FROM channel_events
WHERE account_id = ? AND environment = ? AND channel_id = ?`, []any{t.AccountID, string(t.Environment), channelID}
	if p.After != "" {
		sql, args = sql+" AND id < ?", append(args, p.After)
	}
	err = r.Rows(sql+"\nORDER BY id DESC\nLIMIT ?", append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var e portal.ChannelEvent
		var detail string
		err := scan(&e.ID, &e.ChannelID, &e.Kind, &detail, &e.At)
		e.Detail = json.RawMessage(detail)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(e portal.ChannelEvent) string { return e.ID })
	return list, next, nil
}

// ForgetChannelEvents removes at most limit events from before a time and returns how many.
func (tx *Tx) ForgetChannelEvents(before time.Time, limit int) (int64, error) {
	return tx.Exec(`
DELETE /* ChannelEvent.Forget */ FROM channel_events
WHERE id IN (SELECT id FROM channel_events WHERE at < ? ORDER BY at LIMIT ?)`, before, limit)
}

// CloudChannels returns the channels of Meta, of all tenants, that WhatsApp was
// last asked about before a time.
func (r Reader) CloudChannels(before time.Time) (list []portal.Channel, err error) {
	err = r.Rows(`
SELECT /* Channel.Cloud */ `+channelColumns+`
FROM channels
WHERE provider = 'cloud' AND removed_at IS NULL AND COALESCE(checked_at, 0) < CAST(? AS BIGINT)
ORDER BY id`, []any{before}, func(scan func(dest ...any) error) error {
		var c portal.Channel
		err := scan(channelDest(&c)...)
		list = append(list, c)
		return err
	})
	return list, err
}

// BusinessChannels returns the tenant's channels of one WhatsApp business account.
func (r Reader) BusinessChannels(t portal.Tenant, waba string) (list []portal.Channel, err error) {
	err = r.Rows(`
SELECT /* Channel.Business */ `+channelColumns+`
FROM channels
WHERE account_id = ? AND environment = ? AND waba = ? AND removed_at IS NULL
ORDER BY id`, []any{t.AccountID, string(t.Environment), waba}, func(scan func(dest ...any) error) error {
		var c portal.Channel
		err := scan(channelDest(&c)...)
		list = append(list, c)
		return err
	})
	return list, err
}

// microsOf is the time as a statement compares it; nil is 0.
func microsOf(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMicro()
}

// LockBusiness makes other changes of the tenant's channels wait, and returns
// those of one WhatsApp business account.
func (tx *Tx) LockBusiness(t portal.Tenant, waba string) ([]portal.Channel, error) {
	if err := tx.lockChannels(t); err != nil {
		return nil, err
	}
	return tx.BusinessChannels(t, waba)
}

// HeardBefore reports whether the last event of that kind says the same.
func (r Reader) HeardBefore(c portal.Channel, kind, detail string) (bool, error) {
	var last string
	err := r.Row(`
SELECT /* ChannelEvent.Last */ detail
FROM channel_events
WHERE account_id = ? AND environment = ? AND channel_id = ? AND kind = ?
ORDER BY id DESC
LIMIT 1`, []any{c.AccountID, string(c.Environment), c.ID, kind}, &last)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return false, nil
	}
	return last == detail, err
}

// WaitingBehind counts the queued messages of a channel.
func (r Reader) WaitingBehind(t portal.Tenant, channelID string) (n int, err error) {
	waiting, err := r.Waiting(t)
	return waiting[channelID], err
}

// PausedTemplates returns the names of the tenant's templates that WhatsApp paused or disabled.
func (r Reader) PausedTemplates(t portal.Tenant) (names []string, err error) {
	err = r.Rows(`
SELECT /* Template.Paused */ DISTINCT name
FROM templates
WHERE account_id = ? AND environment = ? AND status IN ('paused', 'disabled')
ORDER BY name`, []any{t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}
