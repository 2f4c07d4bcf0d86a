package store

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const accountColumns = `a.id, a.name, a.status, a.plan, a.language, a.timezone, a.country, a.testers, a.departments, a.opt_in_required, a.created_at, a.updated_at`

// accountRow is an account and its columns that need decoding.
type accountRow struct {
	portal.Account
	testers, departments string
}

func (a *accountRow) dest() []any {
	return []any{
		&a.ID, &a.Name, &a.Status, (*string)(&a.Plan), &a.Language, &a.Timezone, &a.Country,
		&a.testers, &a.departments, &a.OptInRequired, &a.CreatedAt, &a.UpdatedAt,
	}
}

func (a *accountRow) decode() (account portal.Account, err error) {
	if a.Testers, err = textsOf(a.testers); err != nil {
		return account, err
	}
	a.Departments, err = textsOf(a.departments)
	return a.Account, err
}

// Account returns the account; not_found for an unknown id.
func (r Reader) Account(id string) (portal.Account, error) {
	var row accountRow
	err := r.Row(`
SELECT /* Account.Account */ `+accountColumns+`
FROM accounts a
WHERE a.id = ?`, []any{id}, row.dest()...)
	if err != nil {
		return portal.Account{}, err
	}
	return row.decode()
}

// Accounts returns every account of the platform, newest first. It is for staff.
func (r Reader) Accounts(p portal.Page) (rows []portal.Account, next string, err error) {
	sql, args := `
SELECT /* Account.Accounts */ `+accountColumns+`
FROM accounts a`, []any{}
	if p.After != "" {
		sql, args = sql+"\nWHERE a.id < ?", append(args, p.After)
	}
	err = r.Rows(sql+"\nORDER BY a.id DESC\nLIMIT ?", append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var row accountRow
		if err := scan(row.dest()...); err != nil {
			return err
		}
		account, err := row.decode()
		rows = append(rows, account)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	rows, next = cutPage(rows, p, func(a portal.Account) string { return a.ID })
	return rows, next, nil
}

// InsertAccount stores a new account.
func (tx *Tx) InsertAccount(a portal.Account) error {
	_, err := tx.Exec(`
INSERT /* Account.InsertAccount */ INTO accounts
  (id, name, status, plan, language, timezone, country, testers, departments, opt_in_required, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Name, a.Status, string(a.Plan), a.Language, a.Timezone, a.Country,
		textOfList(a.Testers), textOfList(a.Departments), a.OptInRequired, a.CreatedAt, a.UpdatedAt)
	return err
}

// UpdateAccount stores all that may change of an account; not_found for an unknown id.
func (tx *Tx) UpdateAccount(a portal.Account) error {
	return tx.one(tx.Exec(`
UPDATE /* Account.UpdateAccount */ accounts
SET name = ?, status = ?, plan = ?, language = ?, timezone = ?, country = ?, testers = ?, departments = ?, opt_in_required = ?, updated_at = ?
WHERE id = ?`,
		a.Name, a.Status, string(a.Plan), a.Language, a.Timezone, a.Country,
		textOfList(a.Testers), textOfList(a.Departments), a.OptInRequired, tx.Now(), a.ID))
}

// LockAccount makes other transactions that call it for the same account wait
// until this one ends, so that read, change and write do not overwrite theirs.
func (tx *Tx) LockAccount(id string) error {
	return tx.lock(`
SELECT /* Account.LockAccount */ 1
FROM accounts
WHERE id = ?`, []any{id}, new(int))
}

// one turns the "no row changed" of an Exec into not_found.
func (tx *Tx) one(n int64, err error) error {
	if err == nil && n == 0 {
		return errNoRow
	}
	return err
}

// textOfList encodes a list for a TEXT column; nil is stored as the empty list.
func textOfList(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	raw, _ := json.Marshal(list) // strings always encode
	return string(raw)
}

func textsOf(text string) (list []string, err error) {
	if text == "[]" {
		return []string{}, nil
	}
	// Every call reads its token's scopes: words without escapes need no decoder.
	if n := len(text); n > 4 && text[:2] == `["` && text[n-2:] == `"]` && strings.IndexByte(text, '\\') < 0 {
		return strings.Split(text[2:n-2], `","`), nil
	}
	return list, json.Unmarshal([]byte(text), &list)
}

// monthOf returns the first moment of the month of now.
func monthOf(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}
