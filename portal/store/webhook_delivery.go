package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// TopicDeliveries is notified when a delivery became due at once.
const TopicDeliveries = "webhook-deliveries"

const deliveryColumns = `id, account_id, environment, endpoint_id, event_id, event_type, subject, trigger_by, status,
  attempts, claims, due_at, created_at, finished_at`

func deliveryDest(d *portal.Delivery) []any {
	return []any{
		&d.ID, &d.AccountID, (*string)(&d.Environment), &d.EndpointID, &d.EventID, &d.EventType, &d.Subject, &d.Trigger,
		&d.Status, &d.Attempts, &d.Claims, &d.NextAt, &d.CreatedAt, &d.FinishedAt,
	}
}

// InsertDelivery writes a delivery, due at its NextAt.
func (tx *Tx) InsertDelivery(d portal.Delivery) error {
	err := tx.Post(`
INSERT /* Delivery.Insert */ INTO webhook_deliveries (id, account_id, environment, endpoint_id, event_id, event_type,
  subject, trigger_by, status, attempts, created_at, due_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.AccountID, string(d.Environment), d.EndpointID, d.EventID, d.EventType,
		d.Subject, d.Trigger, d.Status, d.Attempts, d.CreatedAt, d.NextAt)
	if err == nil {
		tx.notifyOnce(TopicDeliveries)
	}
	return err
}

// DeliveryClaim says which due deliveries to take.
type DeliveryClaim struct {
	Limit       int
	PerEndpoint int      // at most so many of each endpoint
	Skip        []string // endpoints that get nothing now
	Lease       time.Duration
}

// ClaimDeliveries takes due deliveries, none of endpoints that asked for
// patience, and writes the attempt that is about to be made of each. One that
// was taken more than MaxClaims times without an outcome is to be given up.
func (tx *Tx) ClaimDeliveries(c DeliveryClaim) (list []portal.Delivery, err error) {
	defer portal.Wrap(&err, "ClaimDeliveries")
	ids, err := tx.ClaimDue(Claim{
		Table: "webhook_deliveries", PerKey: "endpoint_id", Most: c.PerEndpoint, Skip: c.Skip, Limit: c.Limit, Lease: c.Lease, Counted: true,
		KeyWhere: "NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = keys.k AND e.paused_until > ?)", KeyArgs: []any{tx.now},
	})
	if err == nil && len(ids) == 0 {
		ids, err = tx.claimSuspectDelivery(c)
	}
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	err = tx.Rows(`
UPDATE /* Delivery.Begin */ webhook_deliveries
SET attempts = attempts + 1
WHERE id IN `+listOf(len(ids))+`
RETURNING `+deliveryColumns, textArgs(ids), func(scan func(dest ...any) error) error {
		var d portal.Delivery
		err := scan(deliveryDest(&d)...)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if err := tx.beginAttempt(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// claimSuspectDelivery takes one of the deliveries that may be what ended the
// process. It comes when no other is to be taken, so that a filled queue costs
// nothing more, and nothing is taken beside it.
func (tx *Tx) claimSuspectDelivery(c DeliveryClaim) ([]string, error) {
	where, args := "NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = t.endpoint_id AND e.paused_until > ?)", []any{tx.now}
	if len(c.Skip) > 0 {
		where, args = where+" AND t.endpoint_id NOT IN "+listOf(len(c.Skip)), append(args, textArgs(c.Skip)...)
	}
	return tx.claimSuspect(Claim{Table: "webhook_deliveries", Where: where, Args: args, Lease: c.Lease})
}

// BeginDelivery writes a new delivery that belongs to the caller, with the
// attempt that is about to be made of it: nobody else makes one before the lease ends.
func (tx *Tx) BeginDelivery(d portal.Delivery, lease time.Duration) (portal.Delivery, error) {
	d.Attempts = 1
	if err := tx.InsertDelivery(d); err != nil {
		return d, err
	}
	_, err := tx.Exec(`
UPDATE /* Delivery.Lease */ webhook_deliveries
SET lease_until = ?
WHERE id = ?`, tx.now.Add(lease), d.ID)
	if err != nil {
		return d, err
	}
	return d, tx.beginAttempt(d)
}

// UnclaimDeliveries takes back a claim whose attempts are not made: one is under
// way already, or the event could not be read. The leases run on.
func (tx *Tx) UnclaimDeliveries(list []portal.Delivery) (err error) {
	defer portal.Wrap(&err, "UnclaimDeliveries")
	for _, d := range list {
		if err := tx.Post(`
DELETE /* DeliveryAttempt.Unclaim */ FROM webhook_attempts
WHERE delivery_id = ? AND number = ? AND outcome = ''`, d.ID, d.Attempts); err != nil {
			return err
		}
		if err := tx.Post(`
UPDATE /* Delivery.Unclaim */ webhook_deliveries
SET attempts = attempts - 1, claims = claims - 1
WHERE id = ? AND attempts = ? AND status = 'pending'`, d.ID, d.Attempts); err != nil {
			return err
		}
	}
	return nil
}

// beginAttempt writes an attempt. An earlier one without an outcome was
// interrupted: nobody makes two at a time.
func (tx *Tx) beginAttempt(d portal.Delivery) error {
	trigger := d.Trigger
	if d.Attempts > 1 {
		trigger = portal.TriggerAutomatic // a person asked for the first one only
		if err := tx.Post(`
UPDATE /* DeliveryAttempt.Interrupted */ webhook_attempts
SET outcome = ?
WHERE delivery_id = ? AND number < ? AND outcome = ''`, portal.OutcomeInterrupted, d.ID, d.Attempts); err != nil {
			return err
		}
	}
	return tx.Post(`
INSERT /* DeliveryAttempt.Begin */ INTO webhook_attempts (delivery_id, number, trigger_by, at, duration, outcome, http_status)
VALUES (?, ?, ?, ?, 0, '', 0)`, d.ID, d.Attempts, trigger, tx.now)
}

// FinishDelivery writes what became of an attempt, and what its delivery is now.
// A delivery that was canceled or taken over meanwhile stays as it is.
func (tx *Tx) FinishDelivery(d portal.Delivery, a portal.DeliveryAttempt) error {
	request, err := httpText(a.Request)
	if err != nil {
		return err
	}
	response, err := httpText(a.Response)
	if err != nil {
		return err
	}
	if err := tx.Post(`
UPDATE /* DeliveryAttempt.Finish */ webhook_attempts
SET duration = ?, outcome = ?, http_status = ?, request = ?, response = ?
WHERE delivery_id = ? AND number = ?`,
		a.Duration.Microseconds(), a.Outcome, a.HTTPStatus, request, response, a.DeliveryID, a.Number); err != nil {
		return err
	}
	return tx.Post(`
UPDATE /* Delivery.Finish */ webhook_deliveries
SET status = ?, due_at = ?, lease_until = NULL, claims = 0, finished_at = ?
WHERE id = ? AND status = 'pending' AND attempts = ?`,
		d.Status, d.NextAt, d.FinishedAt, d.ID, a.Number)
}

// HastenDeliveries makes what waits for a retry to an endpoint, and was made in
// that time, due at once.
func (tx *Tx) HastenDeliveries(t portal.Tenant, endpointID string, from, to time.Time) error {
	n, err := tx.Exec(`
UPDATE /* Delivery.Hasten */ webhook_deliveries
SET due_at = ?
WHERE endpoint_id = ? AND account_id = ? AND environment = ? AND due_at > ? AND created_at >= ? AND created_at <= ?`,
		tx.now, endpointID, t.AccountID, string(t.Environment), tx.now, from, to)
	if n > 0 {
		tx.notifyOnce(TopicDeliveries)
	}
	return err
}

// CancelDeliveries ends what is pending for an endpoint.
func (tx *Tx) CancelDeliveries(t portal.Tenant, endpointID string) error {
	_, err := tx.Exec(`
UPDATE /* Delivery.Cancel */ webhook_deliveries
SET status = 'canceled', due_at = NULL, lease_until = NULL, finished_at = ?
WHERE endpoint_id = ? AND account_id = ? AND environment = ? AND due_at IS NOT NULL`,
		tx.now, endpointID, t.AccountID, string(t.Environment))
	return err
}

// Delivery returns a delivery; not_found when the tenant has none of that id.
func (r Reader) Delivery(t portal.Tenant, id string) (d portal.Delivery, err error) {
	err = r.Row(`
SELECT /* Delivery.ByID */ `+deliveryColumns+`
FROM webhook_deliveries
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, deliveryDest(&d)...)
	return d, err
}

// Deliveries returns a page of deliveries, newest first. The filter names an
// endpoint or a subject.
func (r Reader) Deliveries(t portal.Tenant, f portal.DeliveryFilter, p portal.Page) (list []portal.Delivery, next string, err error) {
	defer portal.Wrap(&err, "Deliveries")
	where, args := deliveryWhere(f)
	args = append([]any{t.AccountID, string(t.Environment)}, args...)
	if p.After != "" {
		if !portal.IsID(portal.PrefixDelivery, p.After) {
			return nil, "", portal.Refuse(portal.CodeInvalidCursor)
		}
		where, args = where+"AND d.id < ?\n", append(args, p.After)
	}
	err = r.Rows(`
SELECT /* Delivery.List */ `+deliveryColumns+`
FROM webhook_deliveries d
WHERE d.account_id = ? AND d.environment = ?
`+where+`ORDER BY d.id DESC
LIMIT ?`, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var d portal.Delivery
		err := scan(deliveryDest(&d)...)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(d portal.Delivery) string { return d.ID })
	return list, next, nil
}

func deliveryWhere(f portal.DeliveryFilter) (where string, args []any) {
	for _, c := range []struct{ column, value string }{
		{"endpoint_id", f.EndpointID}, {"subject", f.Subject}, {"event_id", f.EventID}, {"status", f.Status}, {"event_type", f.Type},
	} {
		if c.value != "" {
			where, args = where+"AND d."+c.column+" = ?\n", append(args, c.value)
		}
	}
	if f.Failed {
		where += "AND (d.status = 'dead' OR d.status = 'pending' AND d.attempts > 0)\n"
	}
	return where, args
}

// DeliveryAttempts returns the attempts of a delivery, oldest first.
func (r Reader) DeliveryAttempts(deliveryID string) (list []portal.DeliveryAttempt, err error) {
	err = r.Rows(`
SELECT /* DeliveryAttempt.List */ number, trigger_by, at, duration, outcome, http_status, request, response
FROM webhook_attempts
WHERE delivery_id = ?
ORDER BY number`, []any{deliveryID}, func(scan func(dest ...any) error) error {
		a := portal.DeliveryAttempt{DeliveryID: deliveryID}
		var micros int64
		var request, response *string
		err := scan(&a.Number, &a.Trigger, &a.At, &micros, &a.Outcome, &a.HTTPStatus, &request, &response)
		if err != nil {
			return err
		}
		a.Duration = time.Duration(micros) * time.Microsecond
		if a.Request, err = httpPart(request); err != nil {
			return err
		}
		a.Response, err = httpPart(response)
		list = append(list, a)
		return err
	})
	return list, err
}

// subjectAttempts is how many attempts of one subject are listed.
const subjectAttempts = 200

// SubjectAttempts returns the attempts made to tell of something, oldest first.
func (r Reader) SubjectAttempts(t portal.Tenant, subject string) (list []portal.SubjectAttempt, err error) {
	defer portal.Wrap(&err, "SubjectAttempts(%s)", subject)
	err = r.Rows(`
SELECT /* DeliveryAttempt.OfSubject */ d.id, d.endpoint_id, d.event_id, d.event_type, d.status, COALESCE(e.url, ''),
  a.number, a.trigger_by, a.at, a.duration, a.outcome, a.http_status
FROM webhook_deliveries d
JOIN webhook_attempts a ON a.delivery_id = d.id
LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
WHERE d.subject = ? AND d.account_id = ? AND d.environment = ?
ORDER BY a.at, d.id, a.number
LIMIT ?`, []any{subject, t.AccountID, string(t.Environment), subjectAttempts}, func(scan func(dest ...any) error) error {
		var s portal.SubjectAttempt
		var micros int64
		d, a := &s.Delivery, &s.Attempt
		err := scan(&d.ID, &d.EndpointID, &d.EventID, &d.EventType, &d.Status, &s.URL,
			&a.Number, &a.Trigger, &a.At, &micros, &a.Outcome, &a.HTTPStatus)
		a.Duration = time.Duration(micros) * time.Microsecond
		list = append(list, s)
		return err
	})
	return list, err
}

// LatestAttempts returns the last attempt of each delivery, without request and response.
func (r Reader) LatestAttempts(deliveryIDs []string) (map[string]portal.DeliveryAttempt, error) {
	found := make(map[string]portal.DeliveryAttempt, len(deliveryIDs))
	if len(deliveryIDs) == 0 {
		return found, nil
	}
	err := r.Rows(`
SELECT /* DeliveryAttempt.Latest */ delivery_id, number, trigger_by, at, duration, outcome, http_status
FROM webhook_attempts
WHERE delivery_id IN `+listOf(len(deliveryIDs))+`
ORDER BY number`, textArgs(deliveryIDs), func(scan func(dest ...any) error) error {
		var a portal.DeliveryAttempt
		var micros int64
		err := scan(&a.DeliveryID, &a.Number, &a.Trigger, &a.At, &micros, &a.Outcome, &a.HTTPStatus)
		a.Duration = time.Duration(micros) * time.Microsecond
		found[a.DeliveryID] = a
		return err
	})
	return found, err
}

func httpText(p *portal.HTTPPart) (*string, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // no part is a normal value
	}
	raw, err := json.Marshal(p)
	return jsonText(raw), err
}

func httpPart(text *string) (*portal.HTTPPart, error) {
	if text == nil {
		return nil, nil //nolint:nilnil // no part is a normal value
	}
	p := new(portal.HTTPPart)
	if err := json.Unmarshal([]byte(*text), p); err != nil {
		return nil, fmt.Errorf("half of an attempt: %w", err)
	}
	return p, nil
}

// ReleaseDeliveries gives up every lease on deliveries and replays. Only a
// process that knows itself to be the only worker may call it, at its start.
func (tx *Tx) ReleaseDeliveries() error {
	for _, table := range []string{"webhook_deliveries", "webhook_replays"} {
		if _, err := tx.Exec(`
UPDATE /* Delivery.ReleaseLeases */ ` + table + `
SET lease_until = NULL
WHERE due_at IS NOT NULL AND lease_until IS NOT NULL`); err != nil {
			return err
		}
	}
	return nil
}
