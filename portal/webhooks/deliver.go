package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/lanes"
	"github.com/wppmarketing/developers/portal/store"
)

// Recover gives up the leases of a process that ended without finishing, so
// that its work goes on at once. Call it at start, and only when no other process
// works on the same database.
func (s *Service) Recover(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Recover")
	return s.store.Tx(ctx, (*store.Tx).ReleaseDeliveries)
}

// Deliver makes one pass over the deliveries that are due and returns how many
// it took up; it does not wait for them. When there is no room for more, Left
// says when there is. Calls under way are finished when ctx ends.
func (s *Service) Deliver(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Deliver")
	want, extend := s.room.Plan()
	if want.Limit == 0 && len(extend) == 0 {
		return 0, nil
	}
	var claimed []portal.Delivery
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		claimed = nil
		if err := tx.ExtendLease("webhook_deliveries", extend, lease); err != nil || want.Limit == 0 {
			return err
		}
		claimed, err = tx.ClaimDeliveries(store.DeliveryClaim{Limit: want.Limit, PerEndpoint: want.PerKey, Skip: want.Skip, Lease: lease})
		return err
	})
	if err != nil {
		return 0, err
	}
	s.room.Extended(extend)
	if len(claimed) == 0 {
		return 0, nil
	}
	events, err := s.eventsOf(ctx, claimed)
	if err != nil {
		return 0, errors.Join(err, s.unclaim(ctx, claimed)) // due again when the lease ends
	}
	var twice []portal.Delivery
	for _, d := range claimed {
		if s.room.Enter(d.ID, d.EndpointID) {
			s.lanes.Go(d.ID, s.job(ctx, d, events[d.EventID]))
		} else {
			twice = append(twice, d)
		}
	}
	return len(claimed), s.unclaim(ctx, twice)
}

// unclaim takes back the claim of deliveries that are not made.
func (s *Service) unclaim(ctx context.Context, list []portal.Delivery) error {
	if len(list) == 0 {
		return nil
	}
	return s.store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.UnclaimDeliveries(list) })
}

func (s *Service) eventsOf(ctx context.Context, claimed []portal.Delivery) (map[string]portal.WebhookEvent, error) {
	ids := make([]string, 0, len(claimed))
	for _, d := range claimed {
		ids = append(ids, d.EventID)
	}
	return s.store.Reader(ctx).WebhookEventsByID(ids)
}

// Left receives when there is room again for deliveries that wait for it.
func (s *Service) Left() <-chan struct{} { return s.room.Left() }

// Wait returns when nothing is under way.
func (s *Service) Wait() { s.lanes.Wait() }

// job is one attempt of a delivery. A panic ends the attempt, not the worker.
// What comes back again and again without an outcome is given up without a call:
// it may be what ends the process.
func (s *Service) job(ctx context.Context, d portal.Delivery, e portal.WebhookEvent) lanes.Job {
	ctx = context.WithoutCancel(ctx)
	return lanes.Job{
		Do: func() {
			defer s.room.Leave(d.ID)
			if d.Claims > store.MaxClaims {
				s.logOf(d).ErrorContext(ctx, "delivery given up: nobody who took it came back with an outcome", "claims", d.Claims)
				s.breakOff(ctx, d)
				return
			}
			if _, _, err := s.attempt(ctx, d, e); err != nil {
				s.logOf(d).WarnContext(ctx, "delivery not finished", "error", err) // due again when the lease ends
			}
		},
		Died: func(p *lanes.Panic) {
			s.logOf(d).ErrorContext(ctx, "delivering panicked", "panic", p.Value, "stack", p.Stack)
			s.breakOff(ctx, d)
		},
	}
}

func (s *Service) logOf(d portal.Delivery) *slog.Logger {
	return s.log.With("delivery", d.ID, "endpoint", d.EndpointID, "account", d.AccountID, "environment", string(d.Environment))
}

// attempt calls the receiver and writes what came of it. What fails on our side
// before the answer is an attempt that was interrupted.
func (s *Service) attempt(ctx context.Context, d portal.Delivery, e portal.WebhookEvent) (portal.Delivery, portal.DeliveryAttempt, error) {
	k, err := s.endpoint(ctx, d.EndpointID)
	gone := portal.CodeOf(err) == portal.CodeNotFound || err == nil && k.endpoint.Status != portal.EndpointEnabled && d.Trigger != portal.TriggerTest
	var res result
	if err == nil && !gone && e.ID != "" {
		res, err = s.call(ctx, k, e)
	}
	if err != nil && !gone {
		s.logOf(d).ErrorContext(ctx, "delivery attempt broke off", "error", err)
		res = result{outcome: portal.OutcomeInterrupted}
	}
	return s.settle(ctx, d, k.endpoint, res)
}

// breakOff writes that an attempt has no answer to be known.
func (s *Service) breakOff(ctx context.Context, d portal.Delivery) {
	if _, _, err := s.settle(ctx, d, portal.WebhookEndpoint{}, result{outcome: portal.OutcomeInterrupted}); err != nil {
		s.logOf(d).WarnContext(ctx, "delivery not finished", "error", err)
	}
}

// settle writes the result of an attempt.
func (s *Service) settle(ctx context.Context, d portal.Delivery, e portal.WebhookEndpoint, res result) (portal.Delivery, portal.DeliveryAttempt, error) {
	a := portal.DeliveryAttempt{
		DeliveryID: d.ID, Number: d.Attempts, Trigger: d.Trigger, Duration: res.took, Outcome: res.outcome,
		HTTPStatus: res.status, Request: res.request, Response: res.response,
	}
	v := s.judge(d, res)
	d = v.delivery
	err := s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.FinishDelivery(d, a); err != nil {
			return err
		}
		return s.consequences(tx, e, v)
	})
	if err == nil {
		s.health.note(d, res, s.store.Now())
	}
	s.logOf(d).InfoContext(ctx, "delivery attempt", "number", a.Number, "outcome", a.Outcome, "status", a.HTTPStatus, "duration", a.Duration)
	return d, a, err
}

// endpoint returns an endpoint with its secrets, as it was within knownFor.
func (s *Service) endpoint(ctx context.Context, id string) (knownEndpoint, error) {
	if k, ok := s.known.get(id); ok {
		return k, nil
	}
	read := time.Now()
	e, secrets, err := s.store.EndpointSecrets(ctx, id)
	if err != nil {
		return knownEndpoint{}, err
	}
	k, err := newKnown(e, secrets)
	if err == nil {
		k.read = read
		s.known.put(k)
	}
	return k, err
}
