package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

const (
	maxFetches = 8               // at a time
	fetchLease = 3 * time.Minute // longer than the two calls of a fetch
	maxTries   = 12
)

// waits are the pauses between the calls for one file; the last one repeats.
var waits = []time.Duration{
	time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour,
}

// Work makes one pass over what is due: files that people sent are fetched from
// WhatsApp, contents of deleted ones removed. It does not wait for them and
// returns how many it took up; Done says when there is room for more. What is
// cut off by the end of ctx stays due.
func (s *Service) Work(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Work")
	free := cap(s.fetches) - len(s.fetches)
	if free == 0 {
		return 0, nil
	}
	var due []store.DueMedia
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.ClaimMedia(free, fetchLease)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		s.fetches <- struct{}{}
		s.fetching.Go(func() {
			defer func() {
				<-s.fetches
				select {
				case s.fetchDone <- struct{}{}:
				default: // a signal is waiting already
				}
			}()
			s.handle(ctx, d)
		})
	}
	return len(due), nil
}

// Done receives when there is room again.
func (s *Service) Done() <-chan struct{} { return s.fetchDone }

// Wait returns when nothing is under way.
func (s *Service) Wait() { s.fetching.Wait() }

func (s *Service) handle(ctx context.Context, d store.DueMedia) {
	log := s.log.With("media", d.ID, "account", d.AccountID, "environment", string(d.Environment))
	defer func() {
		if p := recover(); p != nil { // the claim counts, and its lease ends
			log.ErrorContext(ctx, "media worker panicked", "panic", fmt.Sprint(p))
		}
	}()
	err := s.settle(ctx, log, d)
	if err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "media not handled", "error", err)
	}
	if err != nil {
		ctx = context.WithoutCancel(ctx)
		if err := s.store.Tx(ctx, func(tx *store.Tx) error { return tx.ReleaseMedia(d) }); err != nil {
			log.WarnContext(ctx, "media not released", "error", err) // due again when the lease ends
		}
	}
}

// settle does what is due and writes its outcome; an error means that there was none.
func (s *Service) settle(ctx context.Context, log *slog.Logger, d store.DueMedia) error {
	if d.Deleted {
		if err := s.shelf.Remove(ctx, portal.ContentKey(d.ID)); err != nil {
			return err
		}
		return s.store.Tx(ctx, func(tx *store.Tx) error { return tx.RemoveMedia(d.ID) })
	}
	if d.Claims > store.MaxClaims {
		d.Status, d.Failure = portal.MediaFailed, &portal.Failure{Code: portal.CodeInternal}
		return s.store.Tx(ctx, func(tx *store.Tx) error { return tx.SaveFetch(d, nil) })
	}
	out := s.fetch(ctx, &d)
	if err := ctx.Err(); err != nil {
		return err
	}
	due := s.conclude(&d, out)
	log.InfoContext(ctx, "media fetched", "outcome", string(out.Kind), "http_status", out.HTTPStatus, "trace", out.TraceID,
		"try", d.Tries, "status", d.Status, "error", out.Cause)
	return s.store.Tx(ctx, func(tx *store.Tx) error { return tx.SaveFetch(d, due) })
}

// errOther: what came is not what WhatsApp said would come.
var errOther = errors.New("the content is not the one that WhatsApp announced")

// fetch brings a content in two hops: ask where it is, then get it.
func (s *Service) fetch(ctx context.Context, d *store.DueMedia) whatsapp.Outcome {
	later := func(err error) whatsapp.Outcome { return whatsapp.Outcome{Kind: whatsapp.RetryLater, Cause: err} }
	channel, err := s.store.Reader(ctx).Channel(d.Tenant(), d.ChannelID)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return whatsapp.Outcome{Kind: whatsapp.Refused, Cause: err}
	}
	if err != nil {
		return later(err)
	}
	secrets, err := s.store.ChannelSecrets(ctx, channel.ID)
	client := s.clients[channel.Provider]
	if err != nil || client == nil {
		return later(err)
	}
	as := whatsapp.Channel{PhoneNumberID: channel.PhoneNumberID, Token: secrets.Token}
	info, out := client.Media(ctx, as, d.ProviderID)
	if out.Kind != whatsapp.Accepted {
		return out
	}
	content, out := client.Download(ctx, as, info)
	if out.Kind != whatsapp.Accepted {
		return out
	}
	defer content.Close()
	in := newIntake(content, portal.MaxMediaBytes)
	switch err := s.shelf.Put(ctx, portal.ContentKey(d.ID), in); {
	case portal.CodeOf(err) == portal.CodeBodyTooLarge:
		return whatsapp.Outcome{Kind: whatsapp.Refused, Cause: err}
	case err != nil:
		return later(err)
	}
	for _, announced := range [][]byte{d.SHA256, info.SHA256} {
		if len(announced) > 0 && !bytes.Equal(announced, in.sum()) {
			return later(errors.Join(errOther, s.shelf.Remove(ctx, portal.ContentKey(d.ID))))
		}
	}
	d.Type, d.Size, d.SHA256 = in.received(d.Type), in.size, in.sum()
	return out
}

// conclude says in d what an outcome means, and returns when to try again.
func (s *Service) conclude(d *store.DueMedia, out whatsapp.Outcome) (due *time.Time) {
	d.Failure = failureOf(out)
	switch {
	case out.Kind == whatsapp.Accepted:
		d.Status = portal.MediaReady
		return nil
	case out.Kind == whatsapp.Refused, d.Tries+1 >= maxTries:
		d.Status = portal.MediaFailed
		return nil
	}
	next := s.store.Now().Add(max(waits[min(d.Tries, len(waits)-1)], out.RetryAfter))
	d.Tries++
	return &next
}

// failureOf says what went wrong in the words of the catalogue.
func failureOf(out whatsapp.Outcome) *portal.Failure {
	switch {
	case out.Kind == whatsapp.Accepted:
		return nil
	case errors.Is(out.Cause, errOther), portal.CodeOf(out.Cause) == portal.CodeBodyTooLarge:
		return &portal.Failure{Code: portal.CodeMediaInvalid}
	}
	f := &portal.Failure{Code: portal.CodeWhatsAppError}
	if e := out.Error; e != nil {
		f.Provider = &portal.ProviderError{Code: e.Code, Title: e.Title, Details: e.Details}
	}
	return f
}
