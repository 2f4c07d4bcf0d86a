package webhooks

import (
	"context"
	"strconv"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Told is a delivery with its attempts.
type Told struct {
	portal.Delivery
	List []portal.DeliveryAttempt
}

// Test sends an endpoint the event endpoint.test once, now, and returns what
// came of it, also for one that is switched off; not_found. The call is stored
// like any other and says nothing about health.
func (s *Service) Test(ctx context.Context, c portal.Caller, id string) (told Told, err error) {
	defer portal.Wrap(&err, "Test(%s)", id)
	endpoint, err := s.Get(ctx, c.Tenant, id)
	if err != nil {
		return told, err
	}
	var e portal.WebhookEvent
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		e, told.Delivery, err = s.beginTest(tx, endpoint)
		return err
	})
	if err != nil {
		return told, err
	}
	s.known.drop(id) // the secret may have been changed a moment ago
	d, a, err := s.attempt(context.WithoutCancel(ctx), told.Delivery, e)
	if err != nil {
		return told, err
	}
	a.Trigger, a.At = portal.TriggerTest, told.CreatedAt
	return Told{d, []portal.DeliveryAttempt{a}}, nil
}

func (s *Service) beginTest(tx *store.Tx, endpoint portal.WebhookEndpoint) (e portal.WebhookEvent, d portal.Delivery, err error) {
	id, err := tx.Announce(store.Announcement{Tenant: endpoint.Tenant(), Type: portal.EventTest, Subject: endpoint.ID, Data: map[string]any{"endpoint": endpoint}})
	if err != nil {
		return e, d, err
	}
	if e, err = tx.WebhookEvent(endpoint.Tenant(), id); err != nil {
		return e, d, err
	}
	d = portal.Delivery{
		ID: portal.NewID(portal.PrefixDelivery), AccountID: e.AccountID, Environment: e.Environment, EndpointID: endpoint.ID,
		EventID: e.ID, EventType: e.Type, Subject: e.Subject, Trigger: portal.TriggerTest, Status: portal.DeliveryPending, CreatedAt: tx.Now(),
	}
	due := tx.Now()
	d.NextAt = &due
	d, err = tx.BeginDelivery(d, lease)
	return e, d, err
}

// Tried is what came of a try.
type Tried struct {
	Event   portal.WebhookEvent
	Attempt portal.DeliveryAttempt
}

// Try sends the event endpoint.test to the address of a form, once, now, and
// stores nothing but a line of the audit trail. It is signed with a key that
// exists for this call only. validation_failed names the wrong fields.
func (s *Service) Try(ctx context.Context, c portal.Caller, f Form) (t Tried, err error) {
	defer portal.Wrap(&err, "Try")
	if len(f.Events) == 0 {
		f.Events = []string{"*"} // not needed to try an address
	}
	if err := s.check(f); err != nil {
		return t, err
	}
	keys := newKeys()
	k, err := newKnown(newEndpoint(c, f, keys, s.store.Now()), portal.EndpointSecrets{Current: keys, Headers: canonical(f.Headers)})
	if err != nil {
		return t, err
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		t.Event, err = tx.Render(store.Announcement{
			Tenant: c.Tenant, Type: portal.EventTest, Subject: k.endpoint.ID, Sequence: 1, Data: map[string]any{"endpoint": k.endpoint},
		})
		if err != nil {
			return err
		}
		return note(tx, c, k.endpoint.ID, "webhook_endpoint.tried", nil)
	})
	if err != nil {
		return t, err
	}
	t.Event.ID = portal.NewID(portal.PrefixWebhookEvent)
	res, err := s.call(context.WithoutCancel(ctx), k, t.Event)
	t.Attempt = portal.DeliveryAttempt{
		Number: 1, Trigger: portal.TriggerTest, At: t.Event.At, Duration: res.took, Outcome: res.outcome,
		HTTPStatus: res.status, Request: res.request, Response: res.response,
	}
	return t, err
}

// ResendTx sends the event of a delivery once more, with its id and the secret
// of today, and returns the new delivery; not_found, or
// validation_failed when the endpoint is switched off.
func (s *Service) ResendTx(tx *store.Tx, c portal.Caller, endpointID, deliveryID string) (d portal.Delivery, err error) {
	defer portal.Wrap(&err, "Resend(%s)", deliveryID)
	if err := enabled(tx, c.Tenant, endpointID); err != nil {
		return d, err
	}
	old, err := tx.Delivery(c.Tenant, deliveryID)
	if err != nil {
		return d, err
	}
	if old.EndpointID != endpointID {
		return d, portal.Refuse(portal.CodeNotFound)
	}
	if _, err := tx.WebhookEvent(c.Tenant, old.EventID); err != nil {
		return d, err // retention has removed it
	}
	now := tx.Now()
	d = portal.Delivery{
		ID: portal.NewID(portal.PrefixDelivery), AccountID: c.AccountID, Environment: c.Environment, EndpointID: endpointID,
		EventID: old.EventID, EventType: old.EventType, Subject: old.Subject, Trigger: portal.TriggerResend,
		Status: portal.DeliveryPending, NextAt: &now, CreatedAt: now,
	}
	if err := tx.InsertDelivery(d); err != nil {
		return d, err
	}
	return d, note(tx, c, endpointID, "webhook_delivery.resent", map[string]any{"delivery_id": old.ID})
}

// enabled refuses an endpoint that is switched off: what is made for it would wait for ever.
func enabled(tx *store.Tx, t portal.Tenant, id string) error {
	e, err := tx.Endpoint(t, id)
	if err != nil || e.Status == portal.EndpointEnabled {
		return err
	}
	refusal := portal.Refuse(portal.CodeValidationFailed)
	refusal.Detail = portal.Words{
		EN: "The endpoint is disabled. Enable it first.",
		PT: "O endpoint está desativado. Ative-o primeiro.",
	}
	return refusal
}

// Ask is the wish to repeat events.
type Ask struct {
	EndpointID string
	From       time.Time
	To         *time.Time // nil = now
	Types      []string   // nil = all that the endpoint wants
	FailedOnly bool       // only what the endpoint does not have
	Subject    string     // "" = all
}

// ReplayTx has events repeated, bit by bit in the background, with their ids
// and the secret of today; it says nothing about health. not_found, or
// validation_failed.
func (s *Service) ReplayTx(tx *store.Tx, c portal.Caller, a Ask) (w portal.WebhookReplay, err error) {
	defer portal.Wrap(&err, "Replay(%s)", a.EndpointID)
	now := tx.Now()
	to := now
	if a.To != nil {
		to = *a.To
	}
	var fields []portal.FieldError
	if a.From.After(now) {
		fields = append(fields, portal.FieldError{Pointer: "/from", Code: portal.FieldOutOfRange})
	}
	if !to.After(a.From) {
		fields = append(fields, portal.FieldError{Pointer: "/to", Code: portal.FieldOutOfRange})
	}
	for i, p := range a.Types {
		if !isPattern(p) {
			fields = append(fields, portal.FieldError{Pointer: "/types/" + strconv.Itoa(i), Code: portal.FieldInvalidValue})
		}
	}
	if len(fields) > 0 {
		return w, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	if err := enabled(tx, c.Tenant, a.EndpointID); err != nil {
		return w, err
	}
	w = portal.WebhookReplay{
		ID: portal.NewID(portal.PrefixReplay), EndpointID: a.EndpointID, From: a.From, To: to,
		Types: a.Types, FailedOnly: a.FailedOnly, Subject: a.Subject, CreatedAt: now,
	}
	if err := tx.InsertReplay(c.Tenant, w); err != nil {
		return w, err
	}
	if a.FailedOnly && len(a.Types) == 0 && a.Subject == "" { // what waits for its retry waits no longer
		if err := tx.HastenDeliveries(c.Tenant, a.EndpointID, a.From, to); err != nil {
			return w, err
		}
	}
	return w, note(tx, c, a.EndpointID, "webhook_endpoint.replayed", map[string]any{"failed_only": a.FailedOnly, "replay_id": w.ID})
}

// Delivery returns a delivery of an endpoint with its attempts; not_found.
func (s *Service) Delivery(ctx context.Context, t portal.Tenant, endpointID, id string) (told Told, err error) {
	defer portal.Wrap(&err, "Delivery(%s)", id)
	r := s.store.Reader(ctx)
	if told.Delivery, err = r.Delivery(t, id); err != nil {
		return told, err
	}
	if told.EndpointID != endpointID {
		return told, portal.Refuse(portal.CodeNotFound)
	}
	told.List, err = r.DeliveryAttempts(id)
	for i, a := range told.List {
		if a.Outcome == "" && told.Status != portal.DeliveryPending {
			told.List[i].Outcome = portal.OutcomeInterrupted // nobody goes on with it
		}
	}
	return told, err
}

// Deliveries returns a page of deliveries, newest first.
func (s *Service) Deliveries(ctx context.Context, t portal.Tenant, f portal.DeliveryFilter, p portal.Page) ([]portal.Delivery, string, error) {
	return s.store.Reader(ctx).Deliveries(t, f, p)
}

// Event returns an event; not_found.
func (s *Service) Event(ctx context.Context, t portal.Tenant, id string) (portal.WebhookEvent, error) {
	return s.store.Reader(ctx).WebhookEvent(t, id)
}

// Feed returns a part of the pull feed, as store.Reader.Feed says.
func (s *Service) Feed(ctx context.Context, t portal.Tenant, p store.FeedPart) ([]portal.WebhookEvent, int64, error) {
	return s.store.Reader(ctx).Feed(t, p)
}

// FeedHead returns the place in the feed behind which what happens next appears.
func (s *Service) FeedHead(ctx context.Context) (int64, error) {
	return s.store.Reader(ctx).FeedHead()
}

// Latest returns the last attempt of each delivery, without request and response.
func (s *Service) Latest(ctx context.Context, list []portal.Delivery) (map[string]portal.DeliveryAttempt, error) {
	ids := make([]string, 0, len(list))
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	return s.store.Reader(ctx).LatestAttempts(ids)
}

// MaxAttempts is how often a delivery is tried at the most.
func (s *Service) MaxAttempts() int { return len(s.o.Schedule) + 1 }

// Replays returns the latest replays of an endpoint, newest first.
func (s *Service) Replays(ctx context.Context, t portal.Tenant, endpointID string) ([]portal.WebhookReplay, error) {
	return s.store.Reader(ctx).Replays(t, endpointID, 10)
}
