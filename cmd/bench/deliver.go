package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Names of B5. WhatsApp is the simulator inside the program, the receiver is a
// server of the driver's.
const (
	nameDrain = "accepted → message.delivered at a receiver"
	nameLag   = "the same at half that rate"
	nameQueue = "deliveries of a filled queue"
)

const drainPatience = 3 * time.Minute

// deliver measures B5: each round on fresh databases, with the workers on.
func (b *bench) deliver(ctx context.Context, engine string) error {
	for range b.rounds {
		if err := b.inWorld(ctx, engine, func(w *world) error { return w.heard(ctx, (*world).deliverRound) }); err != nil {
			return err
		}
		if err := b.inWorld(ctx, engine, func(w *world) error { return w.heard(ctx, (*world).queueRound) }); err != nil {
			return err
		}
	}
	return nil
}

// heard runs a round with a receiver.
func (w *world) heard(ctx context.Context, round func(*world, context.Context, *receiver) error) error {
	r, err := listenAsReceiver(ctx)
	if err != nil {
		return err
	}
	return errors.Join(round(w, ctx, r), r.close())
}

func (w *world) deliverRound(ctx context.Context, r *receiver) error {
	if err := w.serve(ctx); err != nil {
		return err
	}
	if err := w.subscribe(ctx, r); err != nil {
		return err
	}
	before, err := w.server.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	sent, err := drive(ctx, turn{server: w.server, requests: w.sends(""), want: http.StatusAccepted, connections: 16, calls: int64(w.burst)})
	if err != nil {
		return err
	}
	if _, err := r.await(ctx, sent.accepted); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := w.server.cpu()
	if err != nil {
		return err
	}
	rate := float64(sent.accepted) / took.Seconds()
	w.report.add(Case{
		ID: "B5", Name: nameDrain, Engine: w.engine, Unit: perSecond,
		Note: fmt.Sprintf("%d messages, from the first call until the last webhook; the simulator's own 0.2 s is in it", w.burst),
	}, Round{Value: rate, CPU: float64((after - before).Microseconds()) / float64(sent.accepted), Errors: sent.errors})
	return w.lag(ctx, r, rate/2)
}

// lag measures how long after its acceptance a receiver hears that a message
// was delivered, at a rate that the program keeps up with.
func (w *world) lag(ctx context.Context, r *receiver, rate float64) error {
	r.forget()
	out, err := drive(ctx, turn{server: w.server, requests: w.sends(""), want: http.StatusAccepted, connections: usualConnections, rate: rate, time: w.time})
	if err != nil {
		return err
	}
	if _, err := r.await(ctx, out.accepted); err != nil {
		return err
	}
	lags := r.sorted()
	w.report.add(Case{
		ID: "B5", Name: nameLag, Engine: w.engine, Unit: perSecond, Note: "p50 and p99 are from acceptance to the webhook's arrival, the simulator's 0.2 s included",
	}, Round{Value: roundOf(out, 0).Value, P50: millis(percentile(lags, 50)), P95: millis(percentile(lags, 95)), P99: millis(percentile(lags, 99)), Errors: out.errors})
	return nil
}

// queueRound measures how fast a program that starts works off deliveries that wait.
func (w *world) queueRound(ctx context.Context, r *receiver) error {
	if err := w.serve(ctx, "--workers=off"); err != nil {
		return err
	}
	if err := w.subscribe(ctx, r); err != nil {
		return err
	}
	err := w.server.stop()
	if w.server = nil; err != nil {
		return err
	}
	if err := w.fill(ctx); err != nil {
		return err
	}
	if err := w.serve(ctx); err != nil {
		return err
	}
	took, err := r.await(ctx, int64(w.deliveries()))
	if err != nil {
		return err
	}
	used, err := w.server.cpu()
	if err != nil {
		return err
	}
	n := float64(w.deliveries())
	w.report.add(Case{
		ID: "B5", Name: nameQueue, Engine: w.engine, Unit: perSecond,
		Note: fmt.Sprintf("%d events to one receiver, signed twice, each with its attempt row; from the first to the last call. CPU is that of the program since its start", w.deliveries()),
	}, Round{Value: n / took.Seconds(), CPU: float64(used.Microseconds()) / n})
	return w.recorded(ctx)
}

// deliveries is how many wait in the filled queue.
func (w *world) deliveries() int { return 2 * w.burst }

// subscribe registers the receiver for what B5 waits for.
func (w *world) subscribe(ctx context.Context, r *receiver) error {
	body := fmt.Sprintf(`{"url":%q,"events":["message.delivered"]}`, r.url)
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.url+"/v1/webhook-endpoints", strings.NewReader(body))
	if err != nil {
		return err
	}
	q.Header = http.Header{"Authorization": {"Bearer " + w.secrets[0]}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusCreated {
		said, _ := io.ReadAll(res.Body)
		return fmt.Errorf("registering the receiver: %d %s", res.StatusCode, said)
	}
	return nil
}

// queuedMessage is as long as a delivered message in an event.
const queuedMessage = `{"message":{"id":%q,"environment":"test","direction":"outbound","status":"delivered","type":"template","to":"+5531987654321",` +
	`"from":"+551140028922","channel_id":"chn_01KB2M4X7Q9V0T3R5N8W6Y1Z02","contact_id":"ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03","contact_external_id":"CLI-42",` +
	`"wa_id":"553187654321","conversation_id":"cnv_01KB2M4X7Q9V0T3R5N8W6Y1Z04","reference":"PED-1001","context":null,"fallback_used":false,` +
	`"category":"utility","source":"api","event_id":null,"request_id":"req_01KB2M4X7Q9V0T3R5N8W6Y1Z06","provider_message_id":"wamid.HBgNNTUx",` +
	`"attempts":1,"sequence":3,"price":{"billable":true,"model":"PMP","type":"regular","category":"utility"},"error":null,` +
	`"created_at":%[2]q,"send_at":null,"expires_at":%[2]q,"accepted_at":%[2]q,"delivered_at":%[2]q,"read_at":null,"updated_at":%[2]q}}`

// fill writes events with their deliveries, due at once.
func (w *world) fill(ctx context.Context) error {
	const batch = 200
	for n := 0; n < w.deliveries(); n += batch {
		err := w.store.Tx(ctx, func(tx *store.Tx) error {
			for range min(batch, w.deliveries()-n) {
				id := portal.NewID(portal.PrefixMessage)
				_, err := tx.Publish(portal.WebhookEvent{
					AccountID: w.tenant.AccountID, Environment: w.tenant.Environment, Type: portal.EventMessageDelivered, Subject: id,
					Sequence: 3, At: tx.Now(), Data: json.RawMessage(fmt.Sprintf(queuedMessage, id, portal.FormatTime(tx.Now()))),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = w.store.Tx(ctx, func(tx *store.Tx) error {
				_, err := tx.RouteEvents(batch)
				return err
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recorded fails unless every delivery of the queue is stored as done, after
// one attempt.
func (w *world) recorded(ctx context.Context) error {
	endpoints, _, err := w.store.Reader(ctx).Endpoints(w.tenant, portal.Page{Limit: 1})
	if err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(drainPatience); ; {
		left, err := w.store.Reader(ctx).EndpointFigures(w.tenant, endpoints[0].ID, time.Now())
		if err != nil {
			return err
		}
		if left.Pending == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return fmt.Errorf("after %s %d deliveries are still pending", drainPatience, left.Pending)
		}
	}
	return w.succeeded(ctx, endpoints[0].ID)
}

func (w *world) succeeded(ctx context.Context, endpoint string) error {
	r, page, n := w.store.Reader(ctx), portal.Page{Limit: portal.MaxLimit}, 0
	for {
		list, next, err := r.Deliveries(w.tenant, portal.DeliveryFilter{EndpointID: endpoint, Status: portal.DeliverySucceeded}, page)
		if err != nil {
			return err
		}
		latest, err := r.LatestAttempts(idsOf(list))
		if err != nil {
			return err
		}
		for _, d := range list {
			if a := latest[d.ID]; a.Number == 1 && a.Outcome == portal.OutcomeSucceeded {
				n++
			}
		}
		if page.After = next; next == "" {
			break
		}
	}
	if n != w.deliveries() {
		return fmt.Errorf("B5 PROVES A LOSS: %d events were queued, %d are recorded as delivered at once", w.deliveries(), n)
	}
	return nil
}

func idsOf(list []portal.Delivery) (ids []string) {
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	return ids
}
