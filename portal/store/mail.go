package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// TopicMails is notified when a mail became due at once.
const TopicMails = "mails"

// Mail is a letter to a person of an account that is on its way.
type Mail struct {
	ID        string
	AccountID string
	UserID    string
	Subject   string
	Plain     string
	HTML      string
	Attempts  int // made so far
	Claims    int // how often it was taken since its last outcome
	CreatedAt time.Time
}

// MailTo is a mail that was claimed, with the name and address that the person
// has now; the address is empty when the person left the account.
type MailTo struct {
	Mail
	Name, Address string
}

// How a mail ended.
const (
	MailSent     = "sent"
	MailDead     = "dead"     // given up
	MailCanceled = "canceled" // the person left the account
)

// InsertMail writes a mail that is due at once.
func (tx *Tx) InsertMail(m Mail) error {
	tx.notifyOnce(TopicMails)
	return tx.Post(`
INSERT /* Mail.Insert */ INTO mails (id, account_id, user_id, subject, plain, html, status, attempts, created_at, due_at)
VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?)`, m.ID, m.AccountID, m.UserID, m.Subject, m.Plain, m.HTML, tx.now, tx.now)
}

// ClaimMails takes up to limit due mails, and one that may be what ended the
// process, as the last of them. It counts the attempt that is about to be made of
// each. One that was taken more than MaxClaims times without an outcome is to be
// given up.
func (tx *Tx) ClaimMails(limit int, lease time.Duration) (list []MailTo, err error) {
	defer portal.Wrap(&err, "ClaimMails")
	ids, err := tx.ClaimDue(Claim{Table: "mails", Order: "due_at, id", Limit: limit, Lease: lease, Counted: true, Suspects: true})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = tx.Post(`
UPDATE /* Mail.Begin */ mails
SET attempts = attempts + 1
WHERE id IN `+listOf(len(ids)), textArgs(ids)...)
	if err != nil {
		return nil, err
	}
	err = tx.Rows(`
SELECT /* Mail.Claimed */ l.id, l.account_id, l.user_id, l.subject, l.plain, l.html, l.attempts, l.claims, l.created_at,
  COALESCE(u.name, ''), COALESCE(u.email, '')
FROM mails l
LEFT JOIN memberships m ON m.account_id = l.account_id AND m.user_id = l.user_id
LEFT JOIN users u ON u.id = m.user_id
WHERE l.id IN `+listOf(len(ids))+`
ORDER BY l.claims, l.id`, textArgs(ids), func(scan func(dest ...any) error) error {
		var m MailTo
		err := scan(&m.ID, &m.AccountID, &m.UserID, &m.Subject, &m.Plain, &m.HTML, &m.Attempts, &m.Claims, &m.CreatedAt, &m.Name, &m.Address)
		list = append(list, m)
		return err
	})
	return list, err
}

// EndMail writes that a mail has ended, and its words with it.
func (tx *Tx) EndMail(m Mail, status string) error {
	return tx.Post(`
UPDATE /* Mail.End */ mails
SET status = ?, plain = '', html = '', finished_at = ?, due_at = NULL, lease_until = NULL
WHERE id = ? AND account_id = ?`, status, tx.now, m.ID, m.AccountID)
}

// RetryMail makes a mail due again at a moment.
func (tx *Tx) RetryMail(m Mail, due time.Time) error {
	return tx.Post(`
UPDATE /* Mail.Retry */ mails
SET due_at = ?, lease_until = NULL, claims = 0
WHERE id = ? AND account_id = ?`, due, m.ID, m.AccountID)
}

// PurgeMails removes up to limit mails that ended before a moment, and returns how many.
func (tx *Tx) PurgeMails(before time.Time, limit int) (int64, error) {
	return tx.Exec(`
DELETE /* Mail.Purge */ FROM mails
WHERE id IN (SELECT id FROM mails WHERE finished_at < ? AND finished_at IS NOT NULL LIMIT ?)`, before, limit)
}

// ReleaseMails gives up every lease on mails. Only a process that knows itself
// to be the only worker may call it, at its start.
func (tx *Tx) ReleaseMails() error {
	return tx.Post(`
UPDATE /* Mail.Release */ mails
SET lease_until = NULL
WHERE due_at IS NOT NULL AND lease_until IS NOT NULL`)
}

// Correspondent is a person who is written to, in a language that may be "".
type Correspondent struct{ UserID, Language string }

// Correspondents returns the people of an account who have one of the roles.
func (r Reader) Correspondents(accountID string, roles []portal.Role) (list []Correspondent, err error) {
	defer portal.Wrap(&err, "Correspondents(%s)", accountID)
	args := []any{accountID}
	for _, role := range roles {
		args = append(args, string(role))
	}
	err = r.Rows(`
SELECT /* User.Correspondents */ u.id, u.language
FROM memberships m
JOIN users u ON u.id = m.user_id
WHERE m.account_id = ?
AND m.role IN `+listOf(len(roles))+`
ORDER BY u.id`, args, func(scan func(dest ...any) error) error {
		var c Correspondent
		err := scan(&c.UserID, &c.Language)
		list = append(list, c)
		return err
	})
	return list, err
}
