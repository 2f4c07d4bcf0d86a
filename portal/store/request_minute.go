package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// MinuteCount is what one minute adds to the counts of the log.
type MinuteCount struct {
	portal.Tenant
	Minute              time.Time // whole minutes
	Operation, TokenID  string
	OK, Refused, Failed int64
	Latency             portal.Latency
}

// latencyColumns writes one piece of SQL for each class of a Latency.
func latencyColumns(format string) string {
	var all [portal.LatencyClasses]string
	for i := range all {
		all[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
	}
	return strings.Join(all[:], ", ")
}

var addMinute = `
INSERT /* RequestMinute.Add */ INTO request_minutes (account_id, environment, minute, operation, token_id, ok, refused, failed, ` + latencyColumns("t#") + `)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ` + latencyColumns("?") + `)
ON CONFLICT (account_id, environment, minute, operation, token_id) DO UPDATE
SET ok = request_minutes.ok + excluded.ok,
  refused = request_minutes.refused + excluded.refused,
  failed = request_minutes.failed + excluded.failed,
  ` + latencyColumns("t# = request_minutes.t# + excluded.t#")

// AddMinutes adds counts to the rollup.
func (tx *Tx) AddMinutes(all []MinuteCount) (err error) {
	defer portal.Wrap(&err, "AddMinutes")
	for _, m := range all {
		args := []any{m.AccountID, string(m.Environment), m.Minute, m.Operation, m.TokenID, m.OK, m.Refused, m.Failed}
		for _, n := range m.Latency {
			args = append(args, n)
		}
		if _, err = tx.Exec(addMinute, args...); err != nil {
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
	Latency   bool          // the durations too
}

var sumLatency = latencyColumns("CAST(SUM(t#) AS BIGINT)")

// RequestUse returns the calls of each step from From up to To, empty steps
// included, oldest first. Steps lie on multiples of Step since 1970 (UTC).
func (r Reader) RequestUse(t portal.Tenant, f UseFilter) (steps []portal.Minute, err error) {
	defer portal.Wrap(&err, "RequestUse(%s)", t.AccountID)
	s := newSteps(f.From, f.To, f.Step)
	where, args := useWhere(t, f, s)
	columns := ""
	if f.Latency {
		columns = ", " + sumLatency
	}
	err = r.Rows(`
SELECT /* RequestMinute.Use */ minute / CAST(? AS BIGINT) AS bucket, CAST(SUM(ok) AS BIGINT), CAST(SUM(refused) AS BIGINT), CAST(SUM(failed) AS BIGINT)`+columns+`
FROM request_minutes`+where+`
GROUP BY bucket`, append([]any{s.micros}, args...), func(scan func(dest ...any) error) error {
		return s.scan(scan, f.Latency)
	})
	return s.steps, err
}

// RequestCounts is RequestUse counted from the log itself, for filters that
// the rollup does not know. It reads every row between f.From and f.To, which
// must be set.
func (r Reader) RequestCounts(t portal.Tenant, f portal.RequestFilter, step time.Duration) (counts []portal.Minute, err error) {
	defer portal.Wrap(&err, "RequestCounts(%s)", t.AccountID)
	s := newSteps(*f.From, *f.To, step)
	where, args := requestWhere(t, f, "")
	err = r.Rows(`
SELECT /* Request.Counts */ at / CAST(? AS BIGINT) AS bucket,
  COUNT(*) FILTER (WHERE status < 400), COUNT(*) FILTER (WHERE status >= 400 AND status < 500), COUNT(*) FILTER (WHERE status >= 500)
FROM requests`+where+`
GROUP BY bucket`, append([]any{s.micros}, args...), func(scan func(dest ...any) error) error { return s.scan(scan, false) })
	return s.steps, err
}

// OperationUse is how often an operation was called, and how long that took.
type OperationUse struct {
	Operation           string
	OK, Refused, Failed int64
	Latency             portal.Latency
}

// RequestOperations returns the use of each operation between From and To, most used first.
func (r Reader) RequestOperations(t portal.Tenant, f UseFilter) (out []OperationUse, err error) {
	defer portal.Wrap(&err, "RequestOperations(%s)", t.AccountID)
	where, args := useWhere(t, f, newSteps(f.From, f.To, f.Step))
	err = r.Rows(`
SELECT /* RequestMinute.Operations */ operation, CAST(SUM(ok) AS BIGINT), CAST(SUM(refused) AS BIGINT), CAST(SUM(failed) AS BIGINT),
  `+sumLatency+`
FROM request_minutes`+where+`
GROUP BY operation
ORDER BY SUM(ok + refused + failed) DESC, operation`, args, func(scan func(dest ...any) error) error {
		var u OperationUse
		err := scan(append([]any{&u.Operation, &u.OK, &u.Refused, &u.Failed}, latencyInto(&u.Latency)...)...)
		out = append(out, u)
		return err
	})
	return out, err
}

func latencyInto(l *portal.Latency) []any {
	dest := make([]any, len(l))
	for i := range l {
		dest[i] = &l[i]
	}
	return dest
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

// LossCount is how many calls of a minute have no row because it could not be written.
type LossCount struct {
	portal.Tenant
	Minute time.Time // whole minutes
	Lost   int64
}

// AddLosses adds to the counts of rows that could not be written.
func (tx *Tx) AddLosses(all []LossCount) (err error) {
	defer portal.Wrap(&err, "AddLosses")
	for _, m := range all {
		if _, err = tx.Exec(`
INSERT /* RequestLoss.Add */ INTO request_losses (account_id, environment, minute, lost)
VALUES (?, ?, ?, ?)
ON CONFLICT (account_id, environment, minute) DO UPDATE
SET lost = request_losses.lost + excluded.lost`, m.AccountID, string(m.Environment), m.Minute, m.Lost); err != nil {
			return err
		}
	}
	return nil
}

// RequestLosses returns how many calls between from and to have no row.
func (r Reader) RequestLosses(t portal.Tenant, from, to time.Time) (lost int64, err error) {
	defer portal.Wrap(&err, "RequestLosses(%s)", t.AccountID)
	err = r.Row(`
SELECT /* RequestLoss.Sum */ CAST(COALESCE(SUM(lost), 0) AS BIGINT)
FROM request_losses
WHERE account_id = ? AND environment = ? AND minute >= ? AND minute < ?`,
		[]any{t.AccountID, string(t.Environment), from.Truncate(time.Minute), to}, &lost)
	return lost, err
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

func (s *steps) scan(scan func(dest ...any) error, latency bool) error {
	var bucket int64
	var m portal.Minute
	dest := []any{&bucket, &m.OK, &m.Refused, &m.Failed}
	if latency {
		dest = append(dest, latencyInto(&m.Latency)...)
	}
	if err := scan(dest...); err != nil {
		return err
	}
	if i := bucket - s.first; i >= 0 && i < int64(len(s.steps)) {
		m.At = s.steps[i].At
		s.steps[i] = m
	}
	return nil
}
