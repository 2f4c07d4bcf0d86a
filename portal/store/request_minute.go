package store

import (
	"time"

	"github.com/wppmarketing/developers/portal"
)

// MinuteCount is what one minute adds to the counts of the log.
type MinuteCount struct {
	portal.Tenant
	Minute              time.Time // whole minutes
	Operation, TokenID  string
	OK, Refused, Failed int64
	Spent               time.Duration // sum of the durations
}

// AddMinutes adds counts to the rollup.
func (tx *Tx) AddMinutes(all []MinuteCount) (err error) {
	defer portal.Wrap(&err, "AddMinutes")
	for _, m := range all {
		if _, err = tx.Exec(`
INSERT /* RequestMinute.Add */ INTO request_minutes (account_id, environment, minute, operation, token_id, ok, refused, failed, micros)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, environment, minute, operation, token_id) DO UPDATE
SET ok = request_minutes.ok + excluded.ok,
  refused = request_minutes.refused + excluded.refused,
  failed = request_minutes.failed + excluded.failed,
  micros = request_minutes.micros + excluded.micros`,
			m.AccountID, string(m.Environment), m.Minute, m.Operation, m.TokenID,
			m.OK, m.Refused, m.Failed, m.Spent.Microseconds()); err != nil {
			return err
		}
	}
	return nil
}

// UseFilter says which counts to add up, and into steps of which length.
type UseFilter struct {
	TokenID   string // "" = all
	Operation string // "" = all
	From, To  time.Time
	Step      time.Duration // whole minutes; 0 = one minute
}

// RequestUse returns the calls of each step from From up to To, empty steps
// included, oldest first. Steps lie on multiples of Step since 1970 (UTC).
func (r Reader) RequestUse(t portal.Tenant, f UseFilter) (steps []portal.Minute, err error) {
	defer portal.Wrap(&err, "RequestUse(%s)", t.AccountID)
	s := newSteps(f.From, f.To, f.Step)
	where, args := useWhere(t, f, s)
	err = r.Rows(`
SELECT /* RequestMinute.Use */ minute / CAST(? AS BIGINT) AS bucket, CAST(SUM(ok) AS BIGINT), CAST(SUM(refused) AS BIGINT), CAST(SUM(failed) AS BIGINT)
FROM request_minutes`+where+`
GROUP BY bucket`, append([]any{s.micros}, args...), s.scan)
	return s.steps, err
}

// RequestCounts is RequestUse counted from the log itself, for filters that
// the rollup does not know. It reads every row between f.From and f.To, which
// must be set.
func (r Reader) RequestCounts(t portal.Tenant, f portal.RequestFilter, step time.Duration) (counts []portal.Minute, err error) {
	defer portal.Wrap(&err, "RequestCounts(%s)", t.AccountID)
	s := newSteps(*f.From, *f.To, step)
	where, args := requestWhere(t, f)
	err = r.Rows(`
SELECT /* Request.Counts */ at / CAST(? AS BIGINT) AS bucket,
  COUNT(*) FILTER (WHERE status < 400), COUNT(*) FILTER (WHERE status >= 400 AND status < 500), COUNT(*) FILTER (WHERE status >= 500)
FROM requests`+where+`
GROUP BY bucket`, append([]any{s.micros}, args...), s.scan)
	return s.steps, err
}

// OperationUse is how often an operation was called, and how long that took on average.
type OperationUse struct {
	Operation           string
	OK, Refused, Failed int64
	Average             time.Duration
}

// RequestOperations returns the use of each operation between From and To, most used first.
func (r Reader) RequestOperations(t portal.Tenant, f UseFilter) (out []OperationUse, err error) {
	defer portal.Wrap(&err, "RequestOperations(%s)", t.AccountID)
	where, args := useWhere(t, f, newSteps(f.From, f.To, f.Step))
	err = r.Rows(`
SELECT /* RequestMinute.Operations */ operation, CAST(SUM(ok) AS BIGINT), CAST(SUM(refused) AS BIGINT), CAST(SUM(failed) AS BIGINT),
  CAST(SUM(micros) AS BIGINT), CAST(SUM(ok + refused + failed) AS BIGINT) AS calls
FROM request_minutes`+where+`
GROUP BY operation
ORDER BY calls DESC, operation`, args, func(scan func(dest ...any) error) error {
		var u OperationUse
		var spent, calls int64
		if err := scan(&u.Operation, &u.OK, &u.Refused, &u.Failed, &spent, &calls); err != nil {
			return err
		}
		u.Average = fromMicros(spent / max(calls, 1))
		out = append(out, u)
		return nil
	})
	return out, err
}

// PurgeMinutes deletes counts older than before.
func (tx *Tx) PurgeMinutes(before time.Time) (n int64, err error) {
	defer portal.Wrap(&err, "PurgeMinutes")
	return tx.Exec(`DELETE /* RequestMinute.Purge */ FROM request_minutes WHERE minute < ?`, before)
}

func useWhere(t portal.Tenant, f UseFilter, s *steps) (string, []any) {
	where := "\nWHERE account_id = ? AND environment = ? AND minute >= ? AND minute < ?"
	args := []any{t.AccountID, string(t.Environment), s.first * s.micros, f.To}
	if f.TokenID != "" {
		where, args = where+" AND token_id = ?", append(args, f.TokenID)
	}
	if f.Operation != "" {
		where, args = where+" AND operation = ?", append(args, f.Operation)
	}
	return where, args
}

// steps gathers counts by their place in time.
type steps struct {
	micros int64 // length of a step
	first  int64 // number of the first step since 1970
	steps  []portal.Minute
}

func newSteps(from, to time.Time, step time.Duration) *steps {
	s := &steps{micros: max(step, time.Minute).Microseconds()}
	s.first = from.UnixMicro() / s.micros
	for at := s.first * s.micros; at < to.UnixMicro(); at += s.micros {
		s.steps = append(s.steps, portal.Minute{At: time.UnixMicro(at).UTC()})
	}
	return s
}

func (s *steps) scan(scan func(dest ...any) error) error {
	var bucket int64
	var m portal.Minute
	if err := scan(&bucket, &m.OK, &m.Refused, &m.Failed); err != nil {
		return err
	}
	if i := bucket - s.first; i >= 0 && i < int64(len(s.steps)) {
		m.At = s.steps[i].At
		s.steps[i] = m
	}
	return nil
}
