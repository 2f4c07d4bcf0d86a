package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Names of B5. The receiver is the simulator inside the program.
const (
	nameDrain = "accepted → sent to the simulator → delivered recorded"
	nameLag   = "the same at half that rate"
)

const (
	drainPatience = 3 * time.Minute
	lagSamples    = 1000
)

// deliver measures B5: each round on a fresh database, with the workers on.
func (b *bench) deliver(ctx context.Context, engine string) error {
	for range b.rounds {
		if err := b.inWorld(ctx, engine, func(w *world) error { return w.deliverRound(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) deliverRound(ctx context.Context) error {
	if err := w.serve(ctx); err != nil {
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
	if err := w.drained(ctx, sent.accepted); err != nil {
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
		Note: fmt.Sprintf("%d messages, from the first call until the last delivered status; the simulator's own 0.4 s is in it. No webhooks yet", w.burst),
	}, Round{Value: rate, CPU: float64((after - before).Microseconds()) / float64(sent.accepted), Errors: sent.errors})
	return w.lag(ctx, rate/2, sent.accepted)
}

// lag measures how long after its acceptance a message's delivered status is
// recorded, at a rate that the program keeps up with.
func (w *world) lag(ctx context.Context, rate float64, before int64) error {
	out, err := drive(ctx, turn{server: w.server, requests: w.sends(""), want: http.StatusAccepted, connections: usualConnections, rate: rate, time: w.time})
	if err != nil {
		return err
	}
	if err := w.drained(ctx, before+out.accepted); err != nil {
		return err
	}
	lags, err := w.lags(ctx, out.accepted)
	if err != nil {
		return err
	}
	w.report.add(Case{
		ID: "B5", Name: nameLag, Engine: w.engine, Unit: perSecond, Note: "p50 and p99 are from acceptance to delivered recorded, the simulator's 0.4 s included",
	}, Round{Value: roundOf(out, 0).Value, P50: millis(percentile(lags, 50)), P95: millis(percentile(lags, 95)), P99: millis(percentile(lags, 99)), Errors: out.errors})
	return nil
}

// drained waits until so many messages are delivered.
func (w *world) drained(ctx context.Context, wanted int64) error {
	late := time.After(drainPatience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		rows, err := w.count(ctx)
		if err != nil {
			return err
		}
		if rows[portal.StatusDelivered]+rows[portal.StatusRead] >= wanted {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return fmt.Errorf("after %s the messages are %v, not %d delivered", drainPatience, rows, wanted)
		}
	}
}

// lags reads when the newest messages were accepted and delivered, of at most
// lagSamples of the last n, evenly spread.
func (w *world) lags(ctx context.Context, n int64) (all []time.Duration, err error) {
	r := w.store.Reader(ctx)
	page, every := portal.Page{Limit: portal.MaxLimit}, max(1, n/lagSamples)
	for seen := int64(0); seen < n; {
		list, next, err := r.Messages(w.tenant, portal.MessageFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if seen++; seen > n || seen%every != 0 {
				continue
			}
			h, err := r.MessageHistory(w.tenant, m.ID)
			if err != nil {
				return nil, err
			}
			for _, news := range h.News {
				if news.Status == portal.StatusDelivered {
					all = append(all, news.ReceivedAt.Sub(m.CreatedAt))
				}
			}
		}
		if page.After = next; next == "" {
			break
		}
	}
	slices.Sort(all)
	return all, nil
}
