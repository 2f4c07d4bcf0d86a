package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

const userColumns = `id, email, name, password_hash, staff, language, created_at, updated_at`

func userDest(u *portal.User) []any {
	return []any{&u.ID, &u.Email, &u.Name, &u.PasswordHash, &u.Staff, &u.Language, &u.CreatedAt, &u.UpdatedAt}
}

// User returns the person; not_found for an unknown id.
func (r Reader) User(id string) (u portal.User, err error) {
	err = r.Row(`
SELECT /* User.User */ `+userColumns+`
FROM users
WHERE id = ?`, []any{id}, userDest(&u)...)
	return u, err
}

// UserByEmail returns the person with that e-mail, given in lower case; not_found for an unknown one.
func (r Reader) UserByEmail(email string) (u portal.User, err error) {
	err = r.Row(`
SELECT /* User.UserByEmail */ `+userColumns+`
FROM users
WHERE email = ?`, []any{email}, userDest(&u)...)
	return u, err
}

// AnyUser reports whether anybody has been made yet.
func (r Reader) AnyUser() (bool, error) {
	var n int64
	err := r.Row(`
SELECT /* User.AnyUser */ COUNT(*)
FROM (SELECT id FROM users LIMIT 1) AS first`, nil, &n)
	return n > 0, err
}

// InsertUser stores a new person. The e-mail being taken is an IsConflict error.
func (tx *Tx) InsertUser(u portal.User) error {
	_, err := tx.Exec(`
INSERT /* User.InsertUser */ INTO users
  (`+userColumns+`)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, u.Email, u.Name, u.PasswordHash, u.Staff, u.Language, u.CreatedAt, u.UpdatedAt)
	return err
}

// SetPasswordHash replaces the person's password if it still is the one with
// the hash before; not_found when it is not, or the person is unknown.
func (tx *Tx) SetPasswordHash(userID, before, after string) error {
	return tx.one(tx.Exec(`
UPDATE /* User.SetPasswordHash */ users
SET password_hash = ?, updated_at = ?
WHERE id = ?
AND password_hash = ?`, after, tx.Now(), userID, before))
}

// SetStaff makes the person one of the platform's own, or not; not_found for an unknown id.
func (tx *Tx) SetStaff(userID string, on bool) error {
	return tx.one(tx.Exec(`
UPDATE /* User.SetStaff */ users
SET staff = ?, updated_at = ?
WHERE id = ?`, on, tx.Now(), userID))
}

const membershipQuery = ` m.account_id, a.name, m.user_id, m.role, m.created_at
FROM memberships m
JOIN accounts a ON a.id = m.account_id`

func membershipDest(m *portal.Membership) []any {
	return []any{&m.AccountID, &m.AccountName, &m.UserID, (*string)(&m.Role), &m.CreatedAt}
}

// Memberships returns the accounts that the person belongs to, oldest membership first.
func (r Reader) Memberships(userID string) (rows []portal.Membership, err error) {
	err = r.Rows(`
SELECT /* User.Memberships */`+membershipQuery+`
WHERE m.user_id = ?
ORDER BY m.created_at, m.account_id`, []any{userID}, func(scan func(dest ...any) error) error {
		var m portal.Membership
		err := scan(membershipDest(&m)...)
		rows = append(rows, m)
		return err
	})
	return rows, err
}

// Membership returns what the person is in the account; not_found without one.
func (r Reader) Membership(accountID, userID string) (m portal.Membership, err error) {
	err = r.Row(`
SELECT /* User.Membership */`+membershipQuery+`
WHERE m.account_id = ?
AND m.user_id = ?`, []any{accountID, userID}, membershipDest(&m)...)
	return m, err
}

// Member is a person of an account.
type Member struct {
	UserID, Name string
	Role         portal.Role
}

// Members returns the people of an account who have one of the roles, by name.
func (r Reader) Members(accountID string, roles []portal.Role) (list []Member, err error) {
	defer portal.Wrap(&err, "Members(%s)", accountID)
	args := []any{accountID}
	for _, role := range roles {
		args = append(args, string(role))
	}
	err = r.Rows(`
SELECT /* User.Members */ u.id, u.name, m.role
FROM memberships m
JOIN users u ON u.id = m.user_id
WHERE m.account_id = ?
AND m.role IN `+listOf(len(roles))+`
ORDER BY u.name, u.id`, args, func(scan func(dest ...any) error) error {
		var m Member
		err := scan(&m.UserID, &m.Name, (*string)(&m.Role))
		list = append(list, m)
		return err
	})
	return list, err
}

// InsertMembership makes the person a member of the account. Being one already is an IsConflict error.
func (tx *Tx) InsertMembership(m portal.Membership) error {
	_, err := tx.Exec(`
INSERT /* User.InsertMembership */ INTO memberships
  (account_id, user_id, role, created_at)
VALUES (?, ?, ?, ?)`, m.AccountID, m.UserID, string(m.Role), m.CreatedAt)
	return err
}

// ReplaceSetupLink makes the link with that hash the only one.
func (tx *Tx) ReplaceSetupLink(hash []byte, expires time.Time) error {
	if _, err := tx.Exec(`DELETE /* User.ReplaceSetupLink */ FROM setup_links`); err != nil {
		return err
	}
	_, err := tx.Exec(`
INSERT /* User.ReplaceSetupLink */ INTO setup_links
  (hash, created_at, expires_at)
VALUES (?, ?, ?)`, hash, tx.Now(), expires)
	return err
}

// SetupLink returns when the link with that hash ends; not_found when there is none.
func (r Reader) SetupLink(hash []byte) (expires time.Time, err error) {
	err = r.Row(`
SELECT /* User.SetupLink */ expires_at
FROM setup_links
WHERE hash = ?`, []any{hash}, &expires)
	return expires, err
}

// TakeSetupLink uses the link up. Of several callers one succeeds; to the
// others, and after its end, it is not_found.
func (tx *Tx) TakeSetupLink(hash []byte) error {
	return tx.one(tx.Exec(`
DELETE /* User.TakeSetupLink */ FROM setup_links
WHERE hash = ?
AND expires_at > ?`, hash, tx.Now()))
}

// DropSetupLinks ends every set-up link.
func (tx *Tx) DropSetupLinks() error {
	_, err := tx.Exec(`DELETE /* User.DropSetupLinks */ FROM setup_links`)
	return err
}
