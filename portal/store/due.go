package store

import (
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Claim says which due rows to take. Table, Order and Where are constants of
// the program, never input.
type Claim struct {
	Table string // has id, due_at and lease_until
	Order string // ORDER BY, for example "priority DESC, due_at, id"
	Where string // a further condition, or ""
	Args  []any  // of Where
	Limit int
	Lease time.Duration // how long the rows belong to the claimer
}

// ClaimDue takes up to Limit rows that are due and not leased, leases them to
// the caller and returns their ids, in no particular order. No two callers
// get the same row until its lease has run out; whoever finishes a row writes
// its next due_at (NULL = nothing to do) and lease_until NULL.
func (tx *Tx) ClaimDue(c Claim) (ids []string, err error) {
	defer portal.Wrap(&err, "ClaimDue(%s)", c.Table)
	args := append([]any{tx.now, tx.now}, c.Args...)
	args = append(args, c.Limit, tx.now.Add(c.Lease))
	err = tx.Rows(claimSQL(c, tx.skipLocked), args, func(scan func(dest ...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// claimSQL renders the statement. The rows are chosen in a CTE because
// PostgreSQL may run a subquery in IN (…) more than once, and so lock more
// rows than its LIMIT.
func claimSQL(c Claim, skipLocked string) string {
	where := ""
	if c.Where != "" {
		where = "\n  AND (" + c.Where + ")"
	}
	return strings.NewReplacer("{table}", c.Table, "{where}", where, "{order}", c.Order, "{skip}", skipLocked).Replace(`
WITH /* {table}.ClaimDue */ due AS (
  SELECT id
  FROM {table}
  WHERE due_at <= ?
  AND (lease_until IS NULL OR lease_until < ?){where}
  ORDER BY {order}
  LIMIT ?{skip}
)
UPDATE {table}
SET lease_until = ?
WHERE id IN (SELECT id FROM due)
RETURNING id`)
}
