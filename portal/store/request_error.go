package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// ErrorSlot is how finely errors are counted.
const ErrorSlot = 5 * time.Minute

// ErrorCount is what one slot adds to the counts of a code answered by an operation.
type ErrorCount struct {
	portal.Tenant
	Slot            time.Time // whole slots
	Code            portal.Code
	Operation       string
	Calls           int64
	FirstAt, LastAt time.Time
}

// AddErrors adds to the counts of errors.
func (tx *Tx) AddErrors(all []ErrorCount) (err error) {
	defer portal.Wrap(&err, "AddErrors")
	for _, e := range all {
		if _, err = tx.Exec(`
INSERT /* RequestError.Add */ INTO request_errors (account_id, environment, slot, code, operation, calls, first_at, last_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, environment, slot, code, operation) DO UPDATE
SET calls = request_errors.calls + excluded.calls,
  first_at = CASE WHEN excluded.first_at < request_errors.first_at THEN excluded.first_at ELSE request_errors.first_at END,
  last_at = CASE WHEN excluded.last_at > request_errors.last_at THEN excluded.last_at ELSE request_errors.last_at END`,
			e.AccountID, string(e.Environment), e.Slot, string(e.Code), e.Operation, e.Calls, e.FirstAt, e.LastAt); err != nil {
			return err
		}
	}
	return nil
}

// RequestErrors is how often an operation answered a code.
type RequestErrors struct {
	Code            portal.Code
	Operation       string // "" when no route matched
	Calls           int64
	FirstAt, LastAt time.Time
	Steps           []int64 // calls of each step, oldest first
}

// RequestErrors returns the refused and failed calls between f.From and f.To,
// in whole slots, by code and operation, most frequent first. Only the times
// and the step of f are looked at.
func (r Reader) RequestErrors(t portal.Tenant, f UseFilter) (groups []RequestErrors, err error) {
	defer portal.Wrap(&err, "RequestErrors(%s)", t.AccountID)
	s := newSteps(f.From, f.To, max(f.Step, ErrorSlot))
	type key struct {
		code      portal.Code
		operation string
	}
	at := map[key]int{}
	err = r.Rows(`
SELECT /* RequestError.Groups */ code, operation, slot / CAST(? AS BIGINT) AS bucket, CAST(SUM(calls) AS BIGINT), MIN(first_at), MAX(last_at)
FROM request_errors
WHERE account_id = ? AND environment = ? AND slot >= ? AND slot < ?
GROUP BY code, operation, bucket
ORDER BY bucket`, []any{s.micros, t.AccountID, string(t.Environment), f.From.Truncate(ErrorSlot), f.To}, func(scan func(dest ...any) error) error {
		var e RequestErrors
		var bucket int64
		if err := scan((*string)(&e.Code), &e.Operation, &bucket, &e.Calls, &e.FirstAt, &e.LastAt); err != nil {
			return err
		}
		i, known := at[key{e.Code, e.Operation}]
		if !known {
			i = len(groups)
			at[key{e.Code, e.Operation}] = i
			groups = append(groups, RequestErrors{Code: e.Code, Operation: e.Operation, FirstAt: e.FirstAt, Steps: make([]int64, len(s.steps))})
		}
		g := &groups[i]
		g.Calls, g.LastAt = g.Calls+e.Calls, e.LastAt
		g.Steps[bucket-s.first] = e.Calls
		return nil
	})
	slices.SortStableFunc(groups, func(a, b RequestErrors) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Operation, b.Operation))
	})
	return groups, err
}
