package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// WhatsApp counts the people that a business writes to first over all of its
// numbers; the rows hold no number and are forgotten after a day.

// PersonCounted reports whether the business wrote to the contact first since a time.
func (r Reader) PersonCounted(portfolio, contactID string, since time.Time) (counted bool, err error) {
	err = r.Row(`
SELECT /* Portfolio.Counted */ TRUE
FROM portfolio_people
WHERE portfolio = ? AND contact_id = ? AND at > ?`, []any{portfolio, contactID, since}, &counted)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return false, nil
	}
	return counted, err
}

// PeopleCounted returns how many people the business wrote to first since a
// time, and when it wrote to the first of them.
func (r Reader) PeopleCounted(portfolio string, since time.Time) (n int, oldest *time.Time, err error) {
	err = r.Row(`
SELECT /* Portfolio.Count */ COUNT(*), MIN(at)
FROM portfolio_people
WHERE portfolio = ? AND at > ?`, []any{portfolio, since}, &n, &oldest)
	return n, oldest, err
}

// CountPerson notes that the business writes to the contact first now. A note
// that is younger than a day stays.
func (tx *Tx) CountPerson(portfolio, contactID string) error {
	return tx.Post(`
INSERT /* Portfolio.CountPerson */ INTO portfolio_people (portfolio, contact_id, at)
VALUES (?, ?, ?)
ON CONFLICT (portfolio, contact_id) DO UPDATE SET at = excluded.at
WHERE portfolio_people.at <= ?`, portfolio, contactID, tx.now, tx.now.Add(-24*time.Hour))
}

// TestLimits reports whether WhatsApp's limits hold in the test environment of
// an account without limits.
func (r Reader) TestLimits(accountID string) (on bool, err error) {
	err = r.Row(`
SELECT /* Account.TestLimits */ test_limits
FROM accounts
WHERE id = ?`, []any{accountID}, &on)
	return on, err
}

// SetTestLimits switches them on or off; not_found for an unknown account.
func (tx *Tx) SetTestLimits(accountID string, on bool) error {
	return tx.one(tx.Exec(`
UPDATE /* Account.SetTestLimits */ accounts
SET test_limits = ?
WHERE id = ?`, on, accountID))
}
