package store

import (
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// TopicMedia is notified when a media is to be fetched or removed.
const TopicMedia = "media"

// mediaColumns is the column list of every read; mediaRow.dest scans it.
const mediaColumns = `id, account_id, environment, direction, status, type, size, sha256, filename, contact_id,
  message_id, channel_id, provider_id, error_code, provider_error, created_at, expires_at`

type mediaRow struct {
	m             portal.Media
	errorCode     string
	providerError *string
}

func (w *mediaRow) dest() []any {
	m := &w.m
	return []any{
		&m.ID, &m.AccountID, (*string)(&m.Environment), &m.Direction, &m.Status, &m.Type, &m.Size, &m.SHA256, &m.Filename,
		&m.ContactID, &m.MessageID, &m.ChannelID, &m.ProviderID, &w.errorCode, &w.providerError, &m.CreatedAt, &m.ExpiresAt,
	}
}

func (w *mediaRow) media() (m portal.Media, err error) {
	w.m.Failure, err = readFailure(w.errorCode, w.providerError)
	return w.m, err
}

// InsertMedia writes a new media. A ready one needs its content in place; a
// pending one is due at once.
func (tx *Tx) InsertMedia(m portal.Media) (err error) {
	defer portal.Wrap(&err, "InsertMedia(%s)", m.ID)
	var due *time.Time
	if m.Status == portal.MediaPending {
		due = &tx.now
		tx.tellMedia()
	}
	if m.SHA256 == nil {
		m.SHA256 = []byte{}
	}
	_, err = tx.Exec(`
INSERT /* Media.Insert */ INTO media (
  id, account_id, environment, direction, status, type, size, sha256, filename, content_key, contact_id, message_id,
  channel_id, provider_id, error_code, created_at, expires_at, tries, claims, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0, 0, ?)`,
		m.ID, m.AccountID, string(m.Environment), m.Direction, m.Status, m.Type, m.Size, m.SHA256, m.Filename,
		portal.ContentKey(m.ID), m.ContactID, m.MessageID, m.ChannelID, m.ProviderID, m.CreatedAt, m.ExpiresAt, due)
	return err
}

// tellMedia rings for the workers once the transaction is committed.
func (tx *Tx) tellMedia() {
	tx.notifyOnce(TopicMedia)
}

// Media returns one media; not_found when the tenant has none of that id at that time.
func (r Reader) Media(t portal.Tenant, id string, now time.Time) (portal.Media, error) {
	var w mediaRow
	err := r.Row(`
SELECT /* Media.ByID */ `+mediaColumns+`
FROM media
WHERE id = ? AND account_id = ? AND environment = ? AND status <> 'deleted' AND expires_at > ?`,
		[]any{id, t.AccountID, string(t.Environment), now}, w.dest()...)
	if err != nil {
		return portal.Media{}, err
	}
	return w.media()
}

// MediaOf returns those of the named media that the tenant has at that time, by id.
func (r Reader) MediaOf(t portal.Tenant, ids []string, now time.Time) (found map[string]portal.Media, err error) {
	found = map[string]portal.Media{}
	if len(ids) == 0 {
		return found, nil
	}
	err = r.Rows(`
SELECT /* Media.ByIDs */ `+mediaColumns+`
FROM media
WHERE id IN `+listOf(len(ids))+` AND account_id = ? AND environment = ? AND status <> 'deleted' AND expires_at > ?`,
		append(textArgs(ids), t.AccountID, string(t.Environment), now), func(scan func(dest ...any) error) error {
			var w mediaRow
			if err := scan(w.dest()...); err != nil {
				return err
			}
			m, err := w.media()
			found[m.ID] = m
			return err
		})
	return found, err
}

// DeleteMedia deletes a media; not_found when the tenant has none of that id. A
// worker removes its content afterwards.
func (tx *Tx) DeleteMedia(t portal.Tenant, id string) error {
	n, err := tx.Exec(deleteMedia("Media.Delete")+`
WHERE id = ? AND account_id = ? AND environment = ? AND status <> 'deleted' AND expires_at > ?`,
		tx.now, id, t.AccountID, string(t.Environment), tx.now)
	if err != nil {
		return err
	}
	tx.tellMedia()
	return tx.one(n, nil)
}

// deleteMedia leaves nothing of a media but what removing its content needs.
func deleteMedia(tag string) string {
	return `
UPDATE /* ` + tag + ` */ media
SET status = 'deleted', filename = '', contact_id = '', provider_id = '', due_at = ?, lease_until = NULL, claims = 0, tries = 0`
}

// ExpireMedia deletes up to limit media whose time is over.
func (tx *Tx) ExpireMedia(limit int) (n int64, err error) {
	defer portal.Wrap(&err, "ExpireMedia")
	n, err = tx.Exec(deleteMedia("Media.Expire")+`
WHERE id IN (SELECT e.id FROM media e WHERE e.status <> 'deleted' AND e.expires_at <= ? ORDER BY e.expires_at, e.id LIMIT ?)`,
		tx.now, tx.now, limit)
	if n > 0 {
		tx.tellMedia()
	}
	return n, err
}

// eraseMedia deletes what a contact sent, and what was sent to nobody else.
func (tx *Tx) eraseMedia(c portal.Contact) error {
	tenant := []any{tx.now, c.AccountID, string(c.Environment)}
	_, err := tx.Exec(deleteMedia("Media.EraseReceived")+`
WHERE account_id = ? AND environment = ? AND contact_id = ? AND status <> 'deleted'`, append(tenant, c.ID)...)
	if err != nil {
		return err
	}
	_, err = tx.Exec(deleteMedia("Media.EraseSent")+`
WHERE account_id = ? AND environment = ? AND status <> 'deleted'
  AND id IN (SELECT u.media_id FROM media_uses u WHERE u.contact_id = ?)
  AND NOT EXISTS (SELECT 1 FROM media_uses o WHERE o.media_id = media.id AND o.contact_id <> ?)`,
		append(tenant, c.ID, c.ID)...)
	if err != nil {
		return err
	}
	tx.tellMedia()
	_, err = tx.Exec(`
DELETE /* Media.ForgetUses */ FROM media_uses
WHERE contact_id = ?`, c.ID)
	return err
}

// UseMedia notes that files go to a contact.
func (tx *Tx) UseMedia(contactID string, ids []string) error {
	for _, id := range ids {
		_, err := tx.Exec(`
INSERT /* Media.Use */ INTO media_uses (media_id, contact_id)
VALUES (?, ?)
ON CONFLICT (media_id, contact_id) DO NOTHING`, id, contactID)
		if err != nil {
			return err
		}
	}
	return nil
}

// Uploads returns WhatsApp's ids of media in a channel, those that were uploaded after a time.
func (r Reader) Uploads(channelID string, ids []string, after time.Time) (known map[string]string, err error) {
	known = map[string]string{}
	if len(ids) == 0 {
		return known, nil
	}
	err = r.Rows(`
SELECT /* Media.Uploads */ media_id, provider_id
FROM media_uploads
WHERE media_id IN `+listOf(len(ids))+` AND channel_id = ? AND uploaded_at > ?`,
		append(textArgs(ids), channelID, after), func(scan func(dest ...any) error) error {
			var id, provider string
			err := scan(&id, &provider)
			known[id] = provider
			return err
		})
	return known, err
}

// SaveUpload keeps WhatsApp's id of a media in a channel.
func (tx *Tx) SaveUpload(mediaID, channelID, providerID string) error {
	_, err := tx.Exec(`
INSERT /* Media.SaveUpload */ INTO media_uploads (media_id, channel_id, provider_id, uploaded_at)
VALUES (?, ?, ?, ?)
ON CONFLICT (media_id, channel_id) DO UPDATE
SET provider_id = excluded.provider_id, uploaded_at = excluded.uploaded_at`, mediaID, channelID, providerID, tx.now)
	return err
}

// ForgetUploads drops WhatsApp's ids of media in a channel that are older than
// a time, and returns how many there were.
func (tx *Tx) ForgetUploads(channelID string, ids []string, before time.Time) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	return tx.Exec(`
DELETE /* Media.ForgetUploads */ FROM media_uploads
WHERE media_id IN `+listOf(len(ids))+` AND channel_id = ? AND uploaded_at < ?`, append(textArgs(ids), channelID, before)...)
}

// DueMedia is a media with which something is to be done.
type DueMedia struct {
	portal.Media
	Deleted bool // its content is to be removed; otherwise it is to be fetched
	Tries   int  // calls that failed
	Claims  int  // with this one, since it last had an outcome
}

// ClaimMedia takes up to limit media that are due, of all tenants.
func (tx *Tx) ClaimMedia(limit int, lease time.Duration) (due []DueMedia, err error) {
	defer portal.Wrap(&err, "ClaimMedia")
	ids, err := tx.ClaimDue(Claim{Table: "media", Order: "t.due_at, t.id", Limit: limit, Lease: lease, Counted: true, Suspects: true})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = tx.Rows(`
SELECT /* Media.Claimed */ `+mediaColumns+`, tries, claims
FROM media
WHERE id IN `+listOf(len(ids))+`
ORDER BY id`, textArgs(ids), func(scan func(dest ...any) error) error {
		var w mediaRow
		var d DueMedia
		if err := scan(append(w.dest(), &d.Tries, &d.Claims)...); err != nil {
			return err
		}
		d.Media, err = w.media()
		d.Deleted = d.Status == "deleted"
		due = append(due, d)
		return err
	})
	return due, err
}

// ReleaseMedia gives a claim back as if it had not been made.
func (tx *Tx) ReleaseMedia(d DueMedia) error {
	_, err := tx.Exec(`
UPDATE /* Media.Release */ media
SET lease_until = NULL, claims = claims - 1
WHERE id = ? AND claims = ?`, d.ID, d.Claims)
	return err
}

// SaveFetch writes the outcome of a claim on a pending media: ready, failed, or
// pending still and due later. One that was deleted meanwhile stays deleted.
func (tx *Tx) SaveFetch(d DueMedia, due *time.Time) error {
	code, provider, err := writeFailure(d.Failure)
	if err != nil {
		return err
	}
	if d.SHA256 == nil {
		d.SHA256 = []byte{}
	}
	_, err = tx.Exec(`
UPDATE /* Media.SaveFetch */ media
SET status = ?, type = ?, size = ?, sha256 = ?, error_code = ?, provider_error = ?, tries = ?, due_at = ?, lease_until = NULL, claims = 0
WHERE id = ? AND account_id = ? AND environment = ? AND status = 'pending' AND claims = ?`,
		d.Status, d.Type, d.Size, d.SHA256, code, provider, d.Tries, due, d.ID, d.AccountID, string(d.Environment), d.Claims)
	return err
}

// RemoveMedia ends a deleted media whose content is gone.
func (tx *Tx) RemoveMedia(id string) error {
	for _, statement := range []string{
		`DELETE /* Media.RemoveUploads */ FROM media_uploads WHERE media_id = ?`,
		`DELETE /* Media.RemoveUses */ FROM media_uses WHERE media_id = ?`,
		`DELETE /* Media.Remove */ FROM media WHERE id = ? AND status = 'deleted'`,
	} {
		if _, err := tx.Exec(statement, id); err != nil {
			return err
		}
	}
	return nil
}

// KnownContents returns those of the keys under which a media of anybody has its content.
func (r Reader) KnownContents(keys []string) (known map[string]bool, err error) {
	known = map[string]bool{}
	if len(keys) == 0 {
		return known, nil
	}
	list := listOf(len(keys))
	err = r.Rows(`
SELECT /* Media.KnownContents */ content_key FROM media WHERE content_key IN `+list+`
UNION ALL
SELECT content_key FROM simulator_media WHERE content_key IN `+list,
		append(textArgs(keys), textArgs(keys)...), func(scan func(dest ...any) error) error {
			var key string
			err := scan(&key)
			known[key] = true
			return err
		})
	return known, err
}

// StoredContent is a content that belongs to a row.
type StoredContent struct {
	Key    string
	Size   int64
	SHA256 []byte
}

// StoredContents lists the contents that there must be, in the order of their keys.
func (r Reader) StoredContents() (list []StoredContent, err error) {
	err = r.Rows(strings.TrimSpace(`
SELECT /* Media.StoredContents */ content_key, size, sha256 FROM media WHERE status = 'ready'
UNION ALL
SELECT content_key, size, sha256 FROM simulator_media
ORDER BY 1`), nil, func(scan func(dest ...any) error) error {
		var c StoredContent
		err := scan(&c.Key, &c.Size, &c.SHA256)
		list = append(list, c)
		return err
	})
	return list, err
}
