package webhooks

import (
	"context"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// The topics that wake the loops of Route and Deliver.
const (
	TopicRoute   = store.TopicWebhookEvents
	TopicDeliver = store.TopicDeliveries
)

const (
	routeBatch  = 200 // events a transaction
	replayBatch = 200
)

// Route makes one pass over what waits to become deliveries: new events, and
// replays. It returns how much it found to do.
func (s *Service) Route(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Route")
	r := s.store.Reader(ctx)
	waiting, err := r.NewEvents()
	if err != nil {
		return 0, err
	}
	if waiting {
		err = s.store.Tx(ctx, func(tx *store.Tx) error {
			n, err = tx.RouteEvents(routeBatch)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	due, err := r.ReplayDue(s.store.Now())
	if err != nil || !due {
		return n, err
	}
	replayed, err := s.replay(ctx)
	return n + replayed, err
}

// replay goes on with one replay. Its claim is committed first, so that one that
// fails comes again only when its lease ends, and holds up neither the others nor
// the events; after MaxClaims it is given up.
func (s *Service) replay(ctx context.Context) (n int, err error) {
	var id string
	var claims int
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		if id, claims, err = tx.ClaimReplay(lease); err == nil && claims > store.MaxClaims {
			return tx.FailReplay(id)
		}
		return err
	})
	if portal.CodeOf(err) == portal.CodeNotFound {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	log := s.log.With("replay", id, "claims", claims)
	if claims > store.MaxClaims {
		log.ErrorContext(ctx, "replay given up: nobody who took it came back with an outcome")
		return 1, nil
	}
	ctx = context.WithoutCancel(ctx) // a step is short, and one that stops would count as failed
	if err := s.store.Tx(ctx, func(tx *store.Tx) error { return tx.StepReplay(id, replayBatch) }); err != nil {
		log.WarnContext(ctx, "replay not gone on with", "error", err)
	}
	return 1, nil
}
