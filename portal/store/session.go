package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// StoredSession is a session with what the session library keeps in it.
type StoredSession struct {
	portal.Session
	Hash string // of the cookie's value
	Data []byte
}

const sessionColumns = `id, user_id, ip, user_agent, created_at, last_seen_at, expires_at`

func sessionDest(s *portal.Session) []any {
	return []any{&s.ID, &s.UserID, &s.IP, &s.UserAgent, &s.CreatedAt, &s.LastSeenAt, &s.ExpiresAt}
}

// SessionByHash returns the session of a cookie, ended by time or not; not_found when there is none.
func (r Reader) SessionByHash(hash string) (s StoredSession, err error) {
	s.Hash = hash
	err = r.Row(`
SELECT /* Session.SessionByHash */ `+sessionColumns+`, data
FROM sessions
WHERE token_hash = ?`, []any{hash}, append(sessionDest(&s.Session), &s.Data)...)
	return s, err
}

// Sessions returns the person's sessions that have been seen since the moment
// given and have not reached their end, last seen first.
func (r Reader) Sessions(userID string, seenAfter, now time.Time) (rows []portal.Session, err error) {
	err = r.Rows(`
SELECT /* Session.Sessions */ `+sessionColumns+`
FROM sessions
WHERE user_id = ?
AND last_seen_at > ?
AND expires_at > ?
ORDER BY last_seen_at DESC, id DESC`, []any{userID, seenAfter, now}, func(scan func(dest ...any) error) error {
		var s portal.Session
		err := scan(sessionDest(&s)...)
		rows = append(rows, s)
		return err
	})
	return rows, err
}

// InsertSession stores a new session.
func (tx *Tx) InsertSession(s StoredSession) error {
	_, err := tx.Exec(`
INSERT /* Session.InsertSession */ INTO sessions
  (token_hash, `+sessionColumns+`, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.Hash, s.ID, s.UserID, s.IP, s.UserAgent, s.CreatedAt, s.LastSeenAt, s.ExpiresAt, s.Data)
	return err
}

// UpdateSession stores the data, the end and, when the cookie's value was
// renewed, the hash of the session found under the hash before; not_found when
// it was ended meanwhile.
func (tx *Tx) UpdateSession(before string, s StoredSession) error {
	return tx.one(tx.Exec(`
UPDATE /* Session.UpdateSession */ sessions
SET token_hash = ?, data = ?, expires_at = ?, last_seen_at = ?
WHERE token_hash = ?
AND user_id = ?`, s.Hash, s.Data, s.ExpiresAt, tx.Now(), before, s.UserID))
}

// TouchSession notes that the session was used now; one ended meanwhile stays ended.
func (tx *Tx) TouchSession(hash string) error {
	_, err := tx.Exec(`
UPDATE /* Session.TouchSession */ sessions
SET last_seen_at = ?
WHERE token_hash = ?`, tx.Now(), hash)
	return err
}

// DeleteSession ends the session of a cookie; there being none is no error.
func (tx *Tx) DeleteSession(hash string) error {
	_, err := tx.Exec(`
DELETE /* Session.DeleteSession */ FROM sessions
WHERE token_hash = ?`, hash)
	return err
}

// EndSession ends one of the person's sessions; not_found when it is not theirs.
func (tx *Tx) EndSession(userID, id string) error {
	return tx.one(tx.Exec(`
DELETE /* Session.EndSession */ FROM sessions
WHERE user_id = ?
AND id = ?`, userID, id))
}

// EndSessions ends the person's sessions except the one named, "" for none, and returns how many.
func (tx *Tx) EndSessions(userID, except string) (int64, error) {
	return tx.Exec(`
DELETE /* Session.EndSessions */ FROM sessions
WHERE user_id = ?
AND id <> ?`, userID, except)
}

// PurgeSessions removes up to limit sessions that reached their end before the
// moment given, and returns how many.
func (tx *Tx) PurgeSessions(before time.Time, limit int) (int64, error) {
	return tx.Exec(`
DELETE /* Session.PurgeSessions */ FROM sessions
WHERE token_hash IN (SELECT s.token_hash FROM sessions s WHERE s.expires_at < ? ORDER BY s.expires_at LIMIT ?)
AND expires_at < ?`, before, limit, before)
}
