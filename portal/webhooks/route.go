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
	found := false
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		found, err = tx.StepReplay(replayBatch, lease)
		return err
	})
	if found {
		n++
	}
	return n, err
}
