package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// StoredChore is when a chore is due and until when somebody is at it.
type StoredChore struct {
	ID         string
	DueAt      time.Time
	LeaseUntil *time.Time
}

// Chores returns all chores.
func (r Reader) Chores() (list []StoredChore, err error) {
	err = r.Rows(`
SELECT /* Chore.Chores */ id, due_at, lease_until
FROM chores
ORDER BY id`, nil, func(scan func(dest ...any) error) error {
		var c StoredChore
		err := scan(&c.ID, &c.DueAt, &c.LeaseUntil)
		list = append(list, c)
		return err
	})
	return list, err
}

// PlanChore makes a chore due now if there is none of that id, or if it is due
// only after latest, as when the clock was set back.
func (tx *Tx) PlanChore(id string, latest time.Time) error {
	_, err := tx.Exec(`
INSERT /* Chore.Plan */ INTO chores (id, due_at)
VALUES (?, ?)
ON CONFLICT (id) DO UPDATE
SET due_at = excluded.due_at
WHERE chores.due_at > ?`, id, tx.now, latest)
	return err
}

// ClaimChore takes the due one of the chores named that has waited longest, and
// says until when it is the caller's. Without one that is due id is "".
func (tx *Tx) ClaimChore(ids []string, lease time.Duration) (id string, until time.Time, err error) {
	claimed, err := tx.ClaimDue(Claim{
		Table: "chores", Order: "due_at, id", Where: "id IN " + listOf(len(ids)), Args: textArgs(ids), Limit: 1, Lease: lease,
	})
	if err != nil || len(claimed) == 0 {
		return "", until, err
	}
	return claimed[0], tx.now.Add(lease), nil
}

// ExtendChore keeps a chore held until one moment for longer; not_found when
// that lease has ended and another node has taken the chore over.
func (tx *Tx) ExtendChore(id string, held, until time.Time) error {
	return tx.one(tx.Exec(`
UPDATE /* Chore.Extend */ chores
SET lease_until = ?
WHERE id = ?
AND lease_until = ?`, until, id, held))
}

// FinishChore gives a chore held until one moment back and says when it is due
// next; not_found as in ExtendChore.
func (tx *Tx) FinishChore(id string, held, due time.Time) (err error) {
	defer portal.Wrap(&err, "FinishChore(%s)", id)
	return tx.one(tx.Exec(`
UPDATE /* Chore.Finish */ chores
SET due_at = ?, lease_until = NULL
WHERE id = ?
AND lease_until = ?`, due, id, held))
}
