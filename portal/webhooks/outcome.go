package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	maxRetryAfter = 24 * time.Hour  // what a receiver may ask for
	breath        = 5 * time.Second // for a receiver that is overloaded and names no time
	jitter        = 0.2
)

// verdict is what an attempt means for its delivery and its endpoint.
type verdict struct {
	delivery portal.Delivery // as it is after the attempt
	gone     bool            // the receiver answered 410: it never wants to hear of us again
	pause    *time.Time      // leave the receiver alone until then
}

// judge applies the rules of Standard Webhooks 1.0.0 to the result of an attempt.
func (s *Service) judge(d portal.Delivery, res result) verdict {
	now := s.store.Now()
	v := verdict{delivery: d}
	end := func(status string) { v.delivery.Status, v.delivery.NextAt, v.delivery.FinishedAt = status, nil, &now }
	wait, asked := retryAfter(res.header, now)
	switch {
	case res.outcome == "": // the endpoint or the event is gone: nobody was called
		end(portal.DeliveryCanceled)
	case res.outcome == portal.OutcomeSucceeded:
		end(portal.DeliverySucceeded)
	case res.status == http.StatusGone:
		end(portal.DeliveryDead)
		v.gone = true
	case strings.EqualFold(res.header.Get("Webhook-Delivery"), "abort-message"),
		d.Trigger == portal.TriggerTest, d.Attempts > len(s.o.Schedule), d.Claims > store.MaxClaims:
		end(portal.DeliveryDead)
	default:
		next := now.Add(max(spread(s.o.Schedule[d.Attempts-1]), wait))
		v.delivery.NextAt = &next
	}
	overloaded := res.status == http.StatusTooManyRequests || res.status == http.StatusBadGateway || res.status == http.StatusGatewayTimeout
	if res.status >= 300 && (overloaded || asked) {
		until := now.Add(max(wait, breath))
		v.pause = &until
	}
	return v
}

// spread moves a wait by up to a fifth, so that what failed together does not come back together.
func spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // no secret
}

// retryAfter reads the header of RFC 9110, seconds or a date.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, asked bool) {
	text := h.Get("Retry-After")
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds >= 0 {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter), true
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter), true
	}
	return 0, false
}

// consequences are what the endpoint bears at once.
func (s *Service) consequences(tx *store.Tx, e portal.WebhookEndpoint, v verdict) error {
	if v.gone && v.delivery.Trigger != portal.TriggerTest {
		return s.disable(tx, e, portal.DisabledGone)
	}
	if v.pause == nil {
		return nil
	}
	return tx.PauseEndpoint(e.ID, *v.pause)
}

// disable switches an endpoint off, cancels what waits for it, and tells the others.
func (s *Service) disable(tx *store.Tx, e portal.WebhookEndpoint, reason string) error {
	disabled, err := tx.DisableEndpoint(e.Tenant(), e.ID, reason)
	if err != nil || !disabled {
		return err
	}
	if err := tx.CancelDeliveries(e.Tenant(), e.ID); err != nil {
		return err
	}
	e.Status, e.DisabledReason = portal.EndpointDisabled, reason
	_, err = tx.Announce(store.Announcement{Tenant: e.Tenant(), Type: portal.EventEndpointDisabled, Subject: e.ID, Data: map[string]any{"endpoint": e}})
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.known.drop(e.ID) })
	if err := s.o.Notice(tx, Notice{Endpoint: e, Percent: 100}); err != nil {
		return err
	}
	return tx.Audit(portal.Audit{
		AccountID: e.AccountID, Actor: portal.Actor{Kind: portal.ActorSystem}, Action: "webhook_endpoint.disabled", Target: e.ID,
		Details: json.RawMessage(`{"reason":` + strconv.Quote(reason) + `}`),
	})
}

// healthNews gathers what attempts came to, for the next write of it.
type healthNews struct {
	mu   sync.Mutex
	rows map[string]*store.EndpointNews
}

// note adds an attempt. What a person asked for says nothing about health, and
// neither does what we broke off.
func (h *healthNews) note(d portal.Delivery, res result, now time.Time) {
	if d.Trigger != portal.TriggerAutomatic || res.outcome == "" || res.outcome == portal.OutcomeInterrupted {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.rows[d.EndpointID]
	if n == nil {
		n = &store.EndpointNews{EndpointID: d.EndpointID}
		h.rows[d.EndpointID] = n
	}
	if res.outcome == portal.OutcomeSucceeded {
		n.Succeeded++
		n.LastSuccess, n.FirstFailure = &now, nil
		return
	}
	n.Failed++
	n.LastFailure = &now
	if n.FirstFailure == nil {
		n.FirstFailure = &now
	}
}

func (h *healthNews) take() map[string]*store.EndpointNews {
	h.mu.Lock()
	defer h.mu.Unlock()
	rows := h.rows
	h.rows = map[string]*store.EndpointNews{}
	return rows
}

// giveBack adds news that could not be written to those since.
func (h *healthNews) giveBack(old *store.EndpointNews) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.rows[old.EndpointID]
	if n == nil {
		h.rows[old.EndpointID] = old
		return
	}
	n.Succeeded, n.Failed = n.Succeeded+old.Succeeded, n.Failed+old.Failed
	if n.LastSuccess == nil {
		n.LastSuccess = old.LastSuccess
		if old.FirstFailure != nil {
			n.FirstFailure = old.FirstFailure
		}
	}
	if n.LastFailure == nil {
		n.LastFailure = old.LastFailure
	}
}

// warnings are the parts of the way to being disabled at which people are told.
var warnings = []int{90, 70, 50}

// NoteHealth writes the health of the endpoints called since the last time, and
// disables those that have failed for too long. It returns how many it wrote;
// what could not be written waits for the next time.
func (s *Service) NoteHealth(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "NoteHealth")
	var failed error
	for _, news := range s.health.take() {
		err := s.store.Tx(ctx, func(tx *store.Tx) error {
			e, fails, err := noted(tx, *news)
			switch {
			case err != nil || !fails:
				return err
			case tx.Now().Sub(*e.FailingSince) >= portal.FailingLimit:
				return s.disable(tx, e, portal.DisabledFailing)
			}
			return s.warn(tx, e)
		})
		if err != nil {
			s.health.giveBack(news)
			failed = errors.Join(failed, err)
			continue
		}
		n++
	}
	return n, failed
}

// noted adds news to an endpoint; fails is false for one that is well, switched
// off or deleted meanwhile.
func noted(tx *store.Tx, news store.EndpointNews) (e portal.WebhookEndpoint, fails bool, err error) {
	e, err = tx.NoteEndpoint(news)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return e, false, nil
	}
	return e, err == nil && e.Status == portal.EndpointEnabled && e.FailingSince != nil, err
}

// WarnFailing tells people of endpoints that are on the way to being disabled
// while nothing is sent to them. It disables none: that takes one more failure.
func (s *Service) WarnFailing(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "WarnFailing")
	most, least := warnings[0], warnings[len(warnings)-1]
	list, err := s.store.Reader(ctx).FailingEndpoints(s.store.Now().Add(-partOf(least)), most)
	if err != nil {
		return err
	}
	for _, id := range list {
		err := s.store.Tx(ctx, func(tx *store.Tx) error {
			e, fails, err := noted(tx, store.EndpointNews{EndpointID: id})
			if err != nil || !fails {
				return err
			}
			return s.warn(tx, e)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// partOf is a part of the way to being disabled.
func partOf(percent int) time.Duration { return portal.FailingLimit * time.Duration(percent) / 100 }

// warn tells people how far a failing endpoint is on its way, once for each part.
func (s *Service) warn(tx *store.Tx, e portal.WebhookEndpoint) error {
	way := tx.Now().Sub(*e.FailingSince)
	for _, percent := range warnings {
		if way < partOf(percent) || e.Warned >= percent {
			continue
		}
		if err := tx.WarnEndpoint(e.ID, percent); err != nil {
			return err
		}
		recent, err := tx.RecentDeliveries(e.Tenant(), e.ID)
		if err != nil {
			return err
		}
		return s.o.Notice(tx, Notice{Endpoint: e, Percent: percent, Recent: recent})
	}
	return nil
}
