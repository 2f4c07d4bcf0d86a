package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const endpointColumns = `id, account_id, environment, url, description, events, header_names, public_key, previous_expires_at,
  status, disabled_reason, version, failing_since, warned, last_success_at, last_failure_at, paused_until, created_at, updated_at`

// endpointRow is an endpoint as its columns hold it.
type endpointRow struct {
	portal.WebhookEndpoint
	events, headers string
}

func (w *endpointRow) dest() []any {
	return []any{
		&w.ID, &w.AccountID, (*string)(&w.Environment), &w.URL, &w.Description, &w.events, &w.headers, &w.PublicKey,
		&w.PreviousExpiresAt, &w.Status, &w.DisabledReason, &w.Version, &w.FailingSince, &w.Warned,
		&w.LastSuccessAt, &w.LastFailureAt, &w.PausedUntil, &w.CreatedAt, &w.UpdatedAt,
	}
}

func (w *endpointRow) endpoint() (e portal.WebhookEndpoint, err error) {
	if w.Events, err = textsOf(w.events); err != nil {
		return e, err
	}
	w.HeaderNames, err = textsOf(w.headers)
	return w.WebhookEndpoint, err
}

// InsertEndpoint writes an endpoint with its secrets, sealed by SealEndpoint.
func (tx *Tx) InsertEndpoint(e portal.WebhookEndpoint, sealed []byte) error {
	_, err := tx.Exec(`
INSERT /* WebhookEndpoint.Insert */ INTO webhook_endpoints (id, account_id, environment, url, description, events,
  header_names, secrets, public_key, status, disabled_reason, version, warned, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 0, ?, ?)`,
		e.ID, e.AccountID, string(e.Environment), e.URL, e.Description, textOfList(e.Events),
		textOfList(e.HeaderNames), sealed, e.PublicKey, e.Status, e.Version, tx.now, tx.now)
	return err
}

// SaveEndpoint writes what a person may change of an endpoint, and its secrets
// when sealed is not nil; not_found when the tenant has none of that id.
func (tx *Tx) SaveEndpoint(e portal.WebhookEndpoint, sealed []byte) error {
	set, args := "", []any{}
	if sealed != nil {
		set, args = ", secrets = ?", []any{sealed}
	}
	args = append([]any{
		e.URL, e.Description, textOfList(e.Events), textOfList(e.HeaderNames), e.PublicKey, e.PreviousExpiresAt,
		e.Status, e.DisabledReason, e.FailingSince, e.Warned, e.PausedUntil, e.UpdatedAt,
	}, args...)
	return tx.one(tx.Exec(`
UPDATE /* WebhookEndpoint.Save */ webhook_endpoints
SET url = ?, description = ?, events = ?, header_names = ?, public_key = ?, previous_expires_at = ?,
  status = ?, disabled_reason = ?, failing_since = ?, warned = ?, paused_until = ?, updated_at = ?`+set+`
WHERE id = ? AND account_id = ? AND environment = ?`,
		append(args, e.ID, e.AccountID, string(e.Environment))...))
}

// DeleteEndpoint removes an endpoint; its pending deliveries are canceled and
// what was delivered stays in the log until retention removes it. not_found
// when the tenant has none of that id.
func (tx *Tx) DeleteEndpoint(t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "DeleteEndpoint(%s)", id)
	err = tx.one(tx.Exec(`
DELETE /* WebhookEndpoint.Delete */ FROM webhook_endpoints
WHERE id = ? AND account_id = ? AND environment = ?`, id, t.AccountID, string(t.Environment)))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE /* WebhookEndpoint.DeleteHours */ FROM webhook_hours WHERE endpoint_id = ?`, id); err != nil {
		return err
	}
	return tx.CancelDeliveries(t, id)
}

// Endpoint returns an endpoint; not_found when the tenant has none of that id.
func (r Reader) Endpoint(t portal.Tenant, id string) (portal.WebhookEndpoint, error) {
	var w endpointRow
	err := r.Row(`
SELECT /* WebhookEndpoint.ByID */ `+endpointColumns+`
FROM webhook_endpoints
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, w.dest()...)
	if err != nil {
		return portal.WebhookEndpoint{}, err
	}
	return w.endpoint()
}

// Endpoints returns a page of the tenant's endpoints, newest first.
func (r Reader) Endpoints(t portal.Tenant, p portal.Page) (list []portal.WebhookEndpoint, next string, err error) {
	defer portal.Wrap(&err, "Endpoints")
	where, args := "", []any{t.AccountID, string(t.Environment)}
	if p.After != "" {
		where, args = "AND id < ?\n", append(args, p.After)
	}
	err = r.Rows(`
SELECT /* WebhookEndpoint.List */ `+endpointColumns+`
FROM webhook_endpoints
WHERE account_id = ? AND environment = ?
`+where+`ORDER BY id DESC
LIMIT ?`, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var w endpointRow
		if err := scan(w.dest()...); err != nil {
			return err
		}
		e, err := w.endpoint()
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(e portal.WebhookEndpoint) string { return e.ID })
	return list, next, nil
}

// CountEndpoints returns how many endpoints the tenant has.
func (r Reader) CountEndpoints(t portal.Tenant) (n int, err error) {
	err = r.Row(`
SELECT /* WebhookEndpoint.Count */ COUNT(*)
FROM webhook_endpoints
WHERE account_id = ? AND environment = ?`, []any{t.AccountID, string(t.Environment)}, &n)
	return n, err
}

// EndpointSecrets returns an endpoint of any tenant with its secrets, for the
// worker that delivers to it; not_found for an unknown id.
func (s *Store) EndpointSecrets(ctx context.Context, id string) (e portal.WebhookEndpoint, secrets portal.EndpointSecrets, err error) {
	defer portal.Wrap(&err, "EndpointSecrets(%s)", id)
	var w endpointRow
	var sealed []byte
	err = s.Reader(ctx).Row(`
SELECT /* WebhookEndpoint.Secrets */ `+endpointColumns+`, secrets
FROM webhook_endpoints
WHERE id = ?`, []any{id}, append(w.dest(), &sealed)...)
	if err != nil {
		return e, secrets, err
	}
	return openedEndpoint(s.vault, w, sealed)
}

// EndpointWithSecrets locks an endpoint and returns it with its secrets;
// not_found when the tenant has none of that id.
func (tx *Tx) EndpointWithSecrets(t portal.Tenant, id string) (e portal.WebhookEndpoint, secrets portal.EndpointSecrets, err error) {
	var w endpointRow
	var sealed []byte
	err = tx.lock(`
SELECT /* WebhookEndpoint.Lock */ `+endpointColumns+`, secrets
FROM webhook_endpoints
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, append(w.dest(), &sealed)...)
	if err != nil {
		return e, secrets, err
	}
	return openedEndpoint(tx.vault, w, sealed)
}

func openedEndpoint(v *vault, w endpointRow, sealed []byte) (e portal.WebhookEndpoint, secrets portal.EndpointSecrets, err error) {
	if e, err = w.endpoint(); err != nil {
		return e, secrets, err
	}
	plain, err := v.unseal(e.ID, sealed)
	if err != nil {
		return e, secrets, err
	}
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return e, secrets, fmt.Errorf("secrets of %s: %w", e.ID, err)
	}
	return e, secrets, nil
}

// SealEndpoint seals the secrets for InsertEndpoint and SaveEndpoint.
func (s *Store) SealEndpoint(id string, secrets portal.EndpointSecrets) ([]byte, error) {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("secrets of %s: %w", id, err)
	}
	return s.Seal(id, plain)
}

// EndpointNews is what the attempts of a moment came to, for the health of their endpoint.
type EndpointNews struct {
	EndpointID        string
	Succeeded, Failed int
	FirstFailure      *time.Time // the first since the last success among them
	LastSuccess       *time.Time
	LastFailure       *time.Time
}

// NoteEndpoint adds news to the health of an endpoint and returns it as it now
// is; not_found when it was deleted meanwhile.
func (tx *Tx) NoteEndpoint(n EndpointNews) (portal.WebhookEndpoint, error) {
	since, warned := "COALESCE(failing_since, ?)", "warned"
	if n.LastSuccess != nil {
		since, warned = "CAST(? AS BIGINT)", "0" // what failed before it is forgiven
	}
	var w endpointRow
	err := tx.Row(`
UPDATE /* WebhookEndpoint.Note */ webhook_endpoints
SET failing_since = `+since+`, warned = `+warned+`,
  last_success_at = COALESCE(?, last_success_at), last_failure_at = COALESCE(?, last_failure_at)
WHERE id = ?
RETURNING `+endpointColumns,
		[]any{n.FirstFailure, n.LastSuccess, n.LastFailure, n.EndpointID}, w.dest()...)
	if err != nil {
		return portal.WebhookEndpoint{}, err
	}
	if n.Succeeded+n.Failed > 0 {
		err = tx.Post(`
INSERT /* WebhookHour.Add */ INTO webhook_hours (endpoint_id, hour, succeeded, failed)
VALUES (?, ?, ?, ?)
ON CONFLICT (endpoint_id, hour) DO UPDATE
SET succeeded = webhook_hours.succeeded + excluded.succeeded, failed = webhook_hours.failed + excluded.failed`,
			n.EndpointID, tx.now.Truncate(time.Hour), n.Succeeded, n.Failed)
		if err != nil {
			return portal.WebhookEndpoint{}, err
		}
	}
	return w.endpoint()
}

// FailingEndpoints returns the ids of the endpoints of all tenants that have
// failed since a moment or longer, and whose people were told of less than
// percent of the way.
func (r Reader) FailingEndpoints(since time.Time, percent int) (ids []string, err error) {
	defer portal.Wrap(&err, "FailingEndpoints")
	err = r.Rows(`
SELECT /* WebhookEndpoint.Failing */ id
FROM webhook_endpoints
WHERE status = 'enabled' AND failing_since <= ? AND warned < ?
ORDER BY id`, []any{since, percent}, func(scan func(dest ...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// EndpointFigures are counted when they are asked for.
type EndpointFigures struct {
	Pending           int
	Succeeded, Failed int64 // automatic attempts since the hour given
}

// EndpointFigures counts an endpoint's pending deliveries, up to a thousand,
// and its attempts since a moment, to the hour.
func (r Reader) EndpointFigures(t portal.Tenant, id string, since time.Time) (f EndpointFigures, err error) {
	err = r.Row(`
SELECT /* WebhookEndpoint.Figures */
  (SELECT COUNT(*) FROM (
    SELECT 1 FROM webhook_deliveries d
    WHERE d.endpoint_id = e.id AND d.due_at IS NOT NULL
    LIMIT 1000) p),
  COALESCE((SELECT SUM(h.succeeded) FROM webhook_hours h WHERE h.endpoint_id = e.id AND h.hour >= ?), 0),
  COALESCE((SELECT SUM(h.failed) FROM webhook_hours h WHERE h.endpoint_id = e.id AND h.hour >= ?), 0)
FROM webhook_endpoints e
WHERE e.id = ? AND e.account_id = ? AND e.environment = ?`,
		[]any{since.Truncate(time.Hour), since.Truncate(time.Hour), id, t.AccountID, string(t.Environment)},
		&f.Pending, &f.Succeeded, &f.Failed)
	return f, err
}

// EndpointHours returns the automatic attempts of an endpoint since a moment,
// hour by hour, oldest first. An hour without any is not there.
func (r Reader) EndpointHours(t portal.Tenant, id string, since time.Time) (list []portal.EndpointHour, err error) {
	err = r.Rows(`
SELECT /* WebhookEndpoint.Hours */ h.hour, h.succeeded, h.failed
FROM webhook_endpoints e
JOIN webhook_hours h ON h.endpoint_id = e.id
WHERE e.id = ? AND e.account_id = ? AND e.environment = ? AND h.hour >= ?
ORDER BY h.hour`, []any{id, t.AccountID, string(t.Environment), since}, func(scan func(dest ...any) error) error {
		var h portal.EndpointHour
		err := scan(&h.At, &h.Succeeded, &h.Failed)
		list = append(list, h)
		return err
	})
	return list, err
}

// How many of an endpoint's newest deliveries are looked at.
const (
	speedSample  = 500
	recentSample = 40
)

// EndpointDurations returns how long the calls took that succeeded since a
// moment, shortest first: those of the endpoint's newest deliveries only.
func (r Reader) EndpointDurations(t portal.Tenant, id string, since time.Time) (list []time.Duration, err error) {
	err = r.Rows(`
SELECT /* DeliveryAttempt.Durations */ a.duration
FROM (
  SELECT id
  FROM webhook_deliveries
  WHERE endpoint_id = ? AND account_id = ? AND environment = ?
  ORDER BY id DESC
  LIMIT ?) d
JOIN webhook_attempts a ON a.delivery_id = d.id
WHERE a.outcome = ? AND a.at >= ?
ORDER BY a.duration`,
		[]any{id, t.AccountID, string(t.Environment), speedSample, portal.OutcomeSucceeded, since}, func(scan func(dest ...any) error) error {
			var micros int64
			err := scan(&micros)
			list = append(list, time.Duration(micros)*time.Microsecond)
			return err
		})
	return list, err
}

// RecentDeliveries says how an endpoint's newest deliveries fared.
func (r Reader) RecentDeliveries(t portal.Tenant, id string) (recent portal.RecentDeliveries, err error) {
	defer portal.Wrap(&err, "RecentDeliveries(%s)", id)
	status := map[string]string{}
	err = r.Rows(`
SELECT /* WebhookEndpoint.Recent */ id, status
FROM (
  SELECT id, status, attempts, trigger_by
  FROM webhook_deliveries
  WHERE endpoint_id = ? AND account_id = ? AND environment = ?
  ORDER BY id DESC
  LIMIT ?) d
WHERE attempts > 0 AND trigger_by = ? AND status <> ?
ORDER BY id DESC
LIMIT ?`,
		[]any{id, t.AccountID, string(t.Environment), speedSample, portal.TriggerAutomatic, portal.DeliveryCanceled, recentSample},
		func(scan func(dest ...any) error) error {
			var id, of string
			err := scan(&id, &of)
			status[id] = of
			return err
		})
	if err != nil {
		return recent, err
	}
	latest, err := r.LatestAttempts(slices.Collect(maps.Keys(status)))
	for id, a := range latest {
		if a.Outcome == "" && a.Number == 1 { // the first call is under way
			continue
		}
		recent.Tried++
		if status[id] != portal.DeliverySucceeded {
			recent.Failed++
		}
		if a.Outcome != "" && a.At.After(recent.Last.At) {
			recent.Last = a
		}
	}
	return recent, err
}

// PauseEndpoint leaves a receiver alone until a moment, or longer if it is so already.
func (tx *Tx) PauseEndpoint(id string, until time.Time) error {
	return tx.Post(`
UPDATE /* WebhookEndpoint.Pause */ webhook_endpoints
SET paused_until = ?
WHERE id = ? AND (paused_until IS NULL OR paused_until < ?)`, until, id, until)
}

// WarnEndpoint notes that people were told how far an endpoint is on its way to being disabled.
func (tx *Tx) WarnEndpoint(id string, percent int) error {
	return tx.Post(`
UPDATE /* WebhookEndpoint.Warn */ webhook_endpoints
SET warned = ?
WHERE id = ?`, percent, id)
}

// DisableEndpoint switches an endpoint off; disabled is false when it was off, or is gone.
func (tx *Tx) DisableEndpoint(t portal.Tenant, id, reason string) (disabled bool, err error) {
	n, err := tx.Exec(`
UPDATE /* WebhookEndpoint.Disable */ webhook_endpoints
SET status = 'disabled', disabled_reason = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND status = 'enabled'`,
		reason, tx.now, id, t.AccountID, string(t.Environment))
	return n == 1, err
}
