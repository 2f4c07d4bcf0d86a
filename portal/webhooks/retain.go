package webhooks

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Kept is how long events and deliveries are kept.
const Kept = 30 * 24 * time.Hour

// Forget removes events and deliveries older than Kept, in short steps, until
// none is left or ctx ends.
func (s *Service) Forget(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Forget")
	return s.store.Purge(ctx, s.store.WebhookPurges(s.store.Now().Add(-Kept))...)
}
