package webhooks_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// TestTheLongerPatienceHolds: of answers that come together, the one that asks
// for more time is not shortened by the others.
func TestTheLongerPatienceHolds(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		var n atomic.Int64
		asked := make(chan struct{})
		b := setup(t, open)
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 1 {
				w.Header().Set("Retry-After", "3600")
				close(asked)
			} else {
				<-asked
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})
		made := b.endpoint(r.URL)
		for range 4 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		b.work()
		if e := b.read(made.ID); e.PausedUntil == nil || e.PausedUntil.Before(b.store.Now().Add(50*time.Minute)) {
			t.Errorf("an hour was asked for; left alone until %v", e.PausedUntil)
		}
	})
}

// TestReplayTellsWhatRoutingTells: no tests of any endpoint, and no news of the
// endpoint itself.
func TestReplayTellsWhatRoutingTells(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r, other := setup(t, open), receive(t, noContent), receive(t, noContent)
		made, second := b.endpoint(r.URL), b.endpoint(other.URL)
		from := b.store.Now().Add(-time.Minute)
		if _, err := b.service.Test(t.Context(), b.caller, second.ID); err != nil {
			t.Fatal(err)
		}
		b.publish(portal.EventEndpointDisabled, made.ID)
		id := b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		before, _ := r.calls()
		b.tx(func(tx *store.Tx) error {
			_, err := b.service.ReplayTx(tx, b.caller, webhooks.Ask{EndpointID: made.ID, From: from})
			return err
		})
		b.work()
		after, _ := r.calls()
		if got := after[len(before):]; len(got) != 1 || got[0].Header.Get("Webhook-Id") != id {
			t.Errorf("%d events replayed, want only %s", len(got), id)
		}
	})
}

// TestHealthOutlivesAFailedWrite: news that could not be written are written
// the next time.
func TestHealthOutlivesAFailedWrite(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		var fails atomic.Bool
		told := make(chan int, 10)
		b := setup(t, open, func(o *webhooks.Options) {
			o.Notice = func(tx *store.Tx, n webhooks.Notice) error {
				if fails.Load() {
					return errors.New("no room")
				}
				tx.AfterCommit(func() { told <- n.Percent })
				return nil
			}
		})
		r := receive(t, inTurn(500))
		made := b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		b.pass(33 * time.Hour)
		b.work()
		b.pass(33 * time.Hour)
		fails.Store(true)
		if _, err := b.service.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.service.Wait()
		if _, err := b.service.NoteHealth(t.Context()); err == nil {
			t.Fatal("a notice that fails is not told of")
		}
		fails.Store(false)
		if _, err := b.service.NoteHealth(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := b.read(made.ID); len(told) != 1 || e.Warned != 50 {
			t.Errorf("%d notices, warned at %d %%", len(told), e.Warned)
		}
	})
}

// TestEndpointsAtOnce: the limit holds for forms that are sent at the same time.
func TestEndpointsAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		var all sync.WaitGroup
		for i := range webhooks.MaxEndpoints + 8 {
			all.Go(func() {
				_ = b.store.Tx(t.Context(), func(tx *store.Tx) error {
					_, err := b.service.CreateTx(tx, b.caller, webhooks.Form{URL: "https://erp.example.com/" + strconv.Itoa(i), Events: []string{"*"}})
					return err
				})
			})
		}
		all.Wait()
		if n, err := b.store.Reader(t.Context()).CountEndpoints(b.caller.Tenant); err != nil || n != webhooks.MaxEndpoints {
			t.Errorf("%d endpoints, %v", n, err)
		}
	})
}

// TestDotsAreNoValue: what an answer shows in place of a header's value does not
// become the value when it is sent back.
func TestDotsAreNoValue(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made := b.endpoint(r.URL)
		dots := "••••"
		err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := b.service.ChangeTx(tx, b.caller, made.ID, webhooks.Change{Headers: map[string]*string{"x-erp-key": &dots}})
			return err
		})
		var refusal *portal.Error
		if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Pointer != "/headers/X-Erp-Key" {
			t.Errorf("dots: %v", err)
		}
	})
}

// TestHeadersAreNamedOnce: of two values of one header neither is lost in silence.
func TestHeadersAreNamedOnce(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made, value := b.endpoint(r.URL), "v"
		err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := b.service.ChangeTx(tx, b.caller, made.ID, webhooks.Change{Headers: map[string]*string{"X-B": &value, "x-b": nil}})
			return err
		})
		var refusal *portal.Error
		if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0] != (portal.FieldError{Pointer: "/headers/x-b", Code: portal.FieldConflict}) {
			t.Errorf("named twice: %v", err)
		}
	})
}

// TestSequenceGoesOnAfterRetention: the events of what lives longer than they are
// kept go on counting, or receivers would drop the next one as late.
func TestSequenceGoesOnAfterRetention(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		b.endpoint(r.URL)
		channel, other := portal.NewID(portal.PrefixChannel), portal.NewID(portal.PrefixChannel)
		sequence := func(subject string) int {
			t.Helper()
			id := b.publish(portal.EventChannelConnected, subject)
			e, err := b.store.Reader(t.Context()).WebhookEvent(b.caller.Tenant, id)
			if err != nil {
				t.Fatal(err)
			}
			b.work()
			return e.Sequence
		}
		for range 3 {
			sequence(channel)
		}
		for range 2 { // the second time there is nothing but what was remembered
			b.pass(webhooks.Kept + time.Hour)
			if err := b.service.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := []int{sequence(channel), sequence(channel), sequence(other)}; got[0] != 4 || got[1] != 5 || got[2] != 1 {
			t.Errorf("sequences after retention: %v, want 4 5 1", got)
		}
	})
}

// TestReplayLooksInParts: a replay that wants little of a long feed holds nobody
// up, because each step looks at a part of it.
func TestReplayLooksInParts(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		made := b.endpoint("https://erp.example.com/wpp")
		wanted := portal.NewID(portal.PrefixMessage)
		from := b.store.Now().Add(-time.Minute)
		b.tx(func(tx *store.Tx) error {
			for i := range 150 {
				subject := portal.NewID(portal.PrefixMessage)
				if i == 149 {
					subject = wanted
				}
				_, err := tx.Publish(portal.WebhookEvent{
					AccountID: b.caller.AccountID, Environment: b.caller.Environment, Type: portal.EventMessageRead, Subject: subject,
					Sequence: 1, At: tx.Now(), Data: []byte(`{}`),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if _, err := b.service.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.tx(func(tx *store.Tx) error {
			_, err := b.service.ReplayTx(tx, b.caller, webhooks.Ask{EndpointID: made.ID, From: from, Subject: wanted})
			return err
		})
		var queued []int
		for steps := 0; steps < 10; steps++ {
			b.tx(func(tx *store.Tx) error {
				id, _, err := tx.ClaimReplay(time.Minute)
				if err != nil {
					return err
				}
				return tx.StepReplay(id, 1)
			})
			list, err := b.service.Replays(t.Context(), b.caller.Tenant, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			queued = append(queued, list[0].Queued)
			if list[0].FinishedAt != nil {
				break
			}
		}
		if len(queued) < 3 || queued[0] != 0 || queued[len(queued)-1] != 1 {
			t.Errorf("queued after each step: %v", queued)
		}
	})
}

// TestSilenceEndsNoFailure: an endpoint fails from the first failure since its
// last success on, however long nothing is sent to it. Its people are told on
// the way, and the next failure after five days disables it.
func TestSilenceEndsNoFailure(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open, func(o *webhooks.Options) { o.Schedule = []time.Duration{} }), receive(t, inTurn(204, 502))
		made := b.endpoint(r.URL)
		fail := func() {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
			b.work()
		}
		fail() // the first one arrives
		fail()
		first := b.read(made.ID).FailingSince
		for day := range 6 {
			for range 24 / 4 {
				if err := b.service.WarnFailing(t.Context()); err != nil {
					t.Fatal(err)
				}
				b.pass(4 * time.Hour)
			}
			if e := b.read(made.ID); e.Status != portal.EndpointEnabled {
				t.Fatalf("disabled after %d days in which nothing failed", day+1)
			}
		}
		for _, want := range []int{50, 70, 90} {
			if len(b.notices) == 0 {
				t.Fatalf("nobody was told at %d %%", want)
			}
			n := <-b.notices
			if n.Percent != want || n.Recent.Tried != 2 || n.Recent.Failed != 1 || n.Recent.Last.HTTPStatus != 502 {
				t.Errorf("told %d %%, %+v, want %d %% and 1 of 2 by 502", n.Percent, n.Recent, want)
			}
		}
		fail()
		if e := b.read(made.ID); e.DisabledReason != portal.DisabledFailing || !e.FailingSince.Equal(*first) {
			t.Errorf("%s %q, failing since %v, first failure %v", e.Status, e.DisabledReason, e.FailingSince, first)
		}
		if n := len(b.notices); n != 1 || (<-b.notices).Percent != 100 {
			t.Errorf("%d notices after the end, want one of 100 %%", n)
		}
	})
}

// TestChangesInOneInstant: each change of an endpoint has a time of its own, by
// which readers tell its versions apart.
func TestChangesInOneInstant(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		at := time.Date(2026, 11, 22, 14, 0, 0, 123_456_000, time.UTC)
		stopped := func(opts ...func(*store.Options)) *store.Store {
			return open(append(opts, func(o *store.Options) { o.Now = func() time.Time { return at } })...)
		}
		b := setup(t, stopped)
		made := b.endpoint("https://erp.example.com/wpp")
		seen := map[int64]bool{b.read(made.ID).UpdatedAt.UnixMicro(): true}
		for _, text := range []string{"a", "b", "c"} {
			b.tx(func(tx *store.Tx) error {
				_, err := b.service.ChangeTx(tx, b.caller, made.ID, webhooks.Change{Description: &text})
				return err
			})
			seen[b.read(made.ID).UpdatedAt.UnixMicro()] = true
		}
		if len(seen) != 4 {
			t.Errorf("%d versions of an endpoint that was changed three times", len(seen))
		}
	})
}
