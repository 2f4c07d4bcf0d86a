package messaging

import (
	"context"
	"log/slog"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/lanes"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	batchSize = 64 // messages claimed at a time

	// A node that dies is stood in for when its leases end: within this and the
	// second of the poll. What is in flight for longer has its lease extended.
	lease = 30 * time.Second

	// clockSlack is how far the clock may step back without anything being done about it.
	clockSlack = time.Minute
)

// Recover gives up the leases of a process that ended without finishing, so
// that its work goes on at once, also when the clock has been set back since.
// Call it at start, and only when no other process works on the same database.
func (s *Service) Recover(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Recover")
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.ReleaseLeases(); err != nil {
			return err
		}
		return tx.ReturnToPresent()
	})
}

// Dispatch makes one pass over the messages that are due: those that wait to be
// sent go on their way, and those whose time is over are ended. It does not
// wait for them, and returns how many it took up; when there is no room for
// more, Landed says when there is. An error means that none could be taken.
// What goes wrong with one message is logged and hurts no other. Calls under
// way are finished when ctx ends; what was not begun stays due.
func (s *Service) Dispatch(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Dispatch")
	want, extend := s.flight.plan()
	if want.Limit == 0 && len(extend) == 0 {
		return 0, nil
	}
	claimed, err := s.claim(ctx, want, extend)
	if err != nil {
		return 0, err
	}
	s.flight.passed(s.store.Now(), extend, len(claimed))
	s.flight.wakeWhen(claimed, s.store.Now())
	for _, c := range claimed {
		if s.flight.takeOff(c) {
			s.flight.lanes.Go(laneOf(c), s.journey(ctx, c))
		}
	}
	return len(claimed), nil
}

// laneOf keeps a person's messages in their order; what only waits for news has none.
func laneOf(c store.ClaimedMessage) string {
	if c.Lane == store.LaneWatched {
		return c.ID
	}
	return c.ContactID
}

func (s *Service) claim(ctx context.Context, want store.ClaimOptions, extend []string) (claimed []store.ClaimedMessage, err error) {
	back := s.flight.clockWentBack(s.store.Now())
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		claimed = nil
		if back {
			if err := tx.ReturnToPresent(); err != nil {
				return err
			}
		}
		if err := tx.ExtendLease("messages", extend, lease); err != nil || want.Limit == 0 {
			return err
		}
		claimed, err = tx.ClaimMessages(want)
		return err
	})
	return claimed, err
}

// journey is what happens to one message. A panic ends the message, not the worker.
func (s *Service) journey(ctx context.Context, c store.ClaimedMessage) lanes.Job {
	return lanes.Job{
		Do: func() {
			s.handle(ctx, c)
			if last, again := s.flight.land(c); again {
				s.release(context.WithoutCancel(ctx), last) // unless the outcome came after that claim
			}
		},
		Died: func(p *lanes.Panic) {
			defer s.flight.land(c)
			s.logOf(c).ErrorContext(ctx, "sending panicked", "panic", p.Value, "stack", p.Stack)
			s.bury(context.WithoutCancel(ctx), c)
		},
	}
}

// Landed receives when there is room again for messages that wait for it.
func (s *Service) Landed() <-chan struct{} { return s.flight.room.Left() }

// Wait returns when nothing is under way.
func (s *Service) Wait() { s.flight.lanes.Wait() }

func (s *Service) logOf(c store.ClaimedMessage) *slog.Logger {
	return s.log.With("message", c.ID, "account", c.Tenant.AccountID, "environment", string(c.Tenant.Environment))
}

// handle takes one message as far as it goes now.
func (s *Service) handle(ctx context.Context, c store.ClaimedMessage) {
	log, stopping, stop := s.logOf(c), ctx.Err() != nil, ctx
	ctx = context.WithoutCancel(ctx)
	switch {
	case stopping:
		s.release(ctx, s.flight.current(c))
		return
	case c.Claims > store.MaxClaims:
		log.ErrorContext(ctx, "message given up: nobody who took it came back with an outcome", "claims", c.Claims)
		s.bury(ctx, c)
		return
	}
	j, err := s.begun(ctx, c)
	if err == nil && j != nil && len(j.missing) > 0 {
		if !s.uploadFiles(stop, log, c, j) {
			return
		}
		j, err = s.begun(ctx, c)
	}
	switch {
	case err != nil && transient(err):
		log.WarnContext(ctx, "message not begun", "error", err)
		s.release(ctx, s.flight.current(c)) // or, if that fails too, it is due again when the lease ends
	case err != nil:
		log.ErrorContext(ctx, "message cannot be sent", "error", err)
		s.bury(ctx, c)
	case j != nil && len(j.missing) > 0:
		log.WarnContext(ctx, "files are not there although they were uploaded") // tried anew when the lease ends
	case j != nil:
		s.call(ctx, log, j)
	}
}

// begun is begin, with patience.
func (s *Service) begun(ctx context.Context, c store.ClaimedMessage) (j *job, err error) {
	err = surely(func() (err error) {
		j, err = s.begin(ctx, s.flight.current(c))
		return err
	})
	return j, err
}

// transient reports whether the same work may succeed later, unchanged.
func transient(err error) bool {
	switch portal.CodeOf(err) {
	case portal.CodeOverloaded, portal.CodeStorageUnavailable:
		return true
	}
	return false
}

// patience are the pauses between tries of a transaction that is worth waiting for.
var patience = []time.Duration{50 * time.Millisecond, 250 * time.Millisecond, time.Second, 4 * time.Second}

// surely calls try until it succeeds, fails for good, or patience is over.
func surely(try func() error) (err error) {
	for i := 0; ; i++ {
		err = try()
		if err == nil || !transient(err) || i == len(patience) {
			return err
		}
		<-time.After(patience[i])
	}
}

// release gives a message back that was claimed and not begun.
func (s *Service) release(ctx context.Context, c store.ClaimedMessage) {
	err := s.store.Tx(ctx, func(tx *store.Tx) error { return tx.ReleaseMessage(c) })
	if err != nil {
		s.logOf(c).WarnContext(ctx, "message not released", "error", err)
	}
}

// bury ends a message that the program itself cannot handle: it is failed, or,
// when a call may have been made, unknown. One that cannot even be read is
// ended unread.
func (s *Service) bury(ctx context.Context, c store.ClaimedMessage) {
	err := surely(func() error {
		return s.store.Tx(ctx, func(tx *store.Tx) error { return end(tx, c) })
	})
	if err != nil && !transient(err) {
		s.logOf(c).ErrorContext(ctx, "message cannot be read", "error", err)
		err = s.store.Tx(ctx, func(tx *store.Tx) error { return tx.EndUnread(c.Tenant, c.ID) })
	}
	if err != nil {
		s.logOf(c).ErrorContext(ctx, "message not buried", "error", err)
	}
}

func end(tx *store.Tx, c store.ClaimedMessage) error {
	m, err := tx.LockMessage(c.Tenant, c.ID)
	if err != nil {
		return err
	}
	state, err := tx.SendState(c.Tenant, c.ID)
	switch {
	case err != nil:
		return err
	case state.UnderWay && m.Status.CanBecome(portal.StatusUnknown):
		err = lose(tx, &m)
	case m.Status.CanBecome(portal.StatusFailed):
		err = finish(tx, &m, portal.StatusFailed, portal.CodeInternal)
	default:
		return tx.SaveMessage(m, nil) // its news came first
	}
	if err != nil {
		return err
	}
	return tx.MarkDead(c.Tenant, c.ID)
}
