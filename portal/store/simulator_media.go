package store

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// SimulatorContentKey is the name under which the content of a simulated media lies.
func SimulatorContentKey(id string) string { return portal.ContentKey("simulator " + id) }

// InsertSimulatorMedia writes what was uploaded to the simulator; its content is in place.
func (tx *Tx) InsertSimulatorMedia(m simulator.Media) (err error) {
	defer portal.Wrap(&err, "InsertSimulatorMedia(%s)", m.ID)
	_, err = tx.Exec(`
INSERT /* SimulatorMedia.Insert */ INTO simulator_media (id, phone_number_id, type, size, sha256, content_key, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)`, m.ID, m.PhoneNumberID, m.Type, m.Size, m.SHA256, SimulatorContentKey(m.ID), m.CreatedAt)
	return err
}

// SimulatorMedia returns what was uploaded to the simulator; not_found for an unknown id.
func (s *Store) SimulatorMedia(ctx context.Context, id string) (m simulator.Media, err error) {
	defer portal.Wrap(&err, "SimulatorMedia(%s)", id)
	err = s.Reader(ctx).Row(`
SELECT /* SimulatorMedia.ByID */ id, phone_number_id, type, size, sha256, created_at
FROM simulator_media
WHERE id = ?`, []any{id}, &m.ID, &m.PhoneNumberID, &m.Type, &m.Size, &m.SHA256, &m.CreatedAt)
	return m, err
}

// DeleteSimulatorMedia forgets one; not_found for an unknown id.
func (tx *Tx) DeleteSimulatorMedia(id string) error {
	return tx.one(tx.Exec(`
DELETE /* SimulatorMedia.Delete */ FROM simulator_media
WHERE id = ?`, id))
}

// PurgeSimulatorMedia forgets up to limit of those uploaded before a time.
func (tx *Tx) PurgeSimulatorMedia(before time.Time, limit int) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeSimulatorMedia")
	return tx.Exec(`
DELETE /* SimulatorMedia.Purge */ FROM simulator_media
WHERE id IN (SELECT p.id FROM simulator_media p WHERE p.created_at < ? ORDER BY p.created_at, p.id LIMIT ?)`, before, limit)
}
