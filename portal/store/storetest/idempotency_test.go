package storetest_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		now := requestNoon
		s := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		claim := store.KeyClaim{KeyHash: []byte{1}, Fingerprint: []byte{2}, RequestID: "req_1"}
		answer := store.Kept{
			RequestID: "req_1", MessageID: "msg_1", Fingerprint: []byte{2}, Status: 202,
			Headers: map[string]string{"Location": "/v1/messages/msg_1"}, Body: []byte(`{"id":"msg_1"}`), ExpiresAt: requestNoon.Add(time.Hour),
		}
		try := func(tn portal.Tenant, c store.KeyClaim, keep *store.Kept) (kept *store.Kept, claimed bool, err error) {
			err = s.Tx(t.Context(), func(tx *store.Tx) (err error) {
				kept, claimed, err = tx.ClaimKey(tn, c)
				if err != nil || !claimed || keep == nil {
					return err
				}
				return tx.KeepAnswer(tn, c.KeyHash, *keep)
			})
			return kept, claimed, err
		}
		stop := errors.New("stop")
		err := s.Tx(t.Context(), func(tx *store.Tx) error { _, _, _ = tx.ClaimKey(requestTenant, claim); return stop })
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if _, claimed, err := try(requestTenant, claim, &answer); err != nil || !claimed {
			t.Fatalf("after a rollback: claimed %v, %v", claimed, err)
		}
		again := claim
		again.RequestID = "req_2"
		kept, claimed, err := try(requestTenant, again, nil)
		if err != nil || claimed {
			t.Fatalf("second call: claimed %v, %v", claimed, err)
		}
		if diff := cmp.Diff(answer, *kept); diff != "" || !kept.SameCall([]byte{2}) || kept.SameCall([]byte{3}) {
			t.Error(diff)
		}
		live := portal.Tenant{AccountID: requestTenant.AccountID, Environment: portal.Live}
		if _, claimed, err := try(live, again, nil); err != nil || !claimed {
			t.Errorf("another environment: claimed %v, %v", claimed, err)
		}
		now = answer.ExpiresAt
		if _, claimed, err := try(requestTenant, again, nil); err != nil || !claimed {
			t.Errorf("after the end of its life: claimed %v, %v", claimed, err)
		}
		now = now.Add(48 * time.Hour)
		err = s.Tx(t.Context(), func(tx *store.Tx) error {
			n, err := tx.PurgeKeys(10)
			if n != 2 {
				t.Errorf("%d keys deleted, want 2", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestIdempotencyKeyHasOneWinner(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		var mu sync.Mutex
		var wg sync.WaitGroup
		winners, answers := 0, 0
		for range 20 {
			wg.Go(func() {
				id := portal.NewID(portal.PrefixRequest)
				var kept *store.Kept
				var claimed bool
				err := s.Tx(t.Context(), func(tx *store.Tx) (err error) {
					kept, claimed, err = tx.ClaimKey(requestTenant, store.KeyClaim{KeyHash: []byte{9}, Fingerprint: []byte{1}, RequestID: id})
					if err != nil || !claimed {
						return err
					}
					return tx.KeepAnswer(requestTenant, []byte{9}, store.Kept{RequestID: id, Fingerprint: []byte{1}, Status: 201})
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case claimed:
					winners++
				case kept != nil && kept.Status == 201:
					answers++
				}
			})
		}
		wg.Wait()
		if winners != 1 || answers != 19 {
			t.Errorf("%d winners, %d got the answer", winners, answers)
		}
	})
}

func TestReplaysAreNotedOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		for range 2 {
			if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddReplay("msg_1", "req_2", "tok_1") }); err != nil {
				t.Fatal(err)
			}
		}
		err := s.Reader(t.Context()).Rows(`SELECT request_id, token_id FROM replays WHERE message_id = ?`, []any{"msg_1"},
			func(scan func(dest ...any) error) error {
				var request, token string
				if err := scan(&request, &token); err != nil || request != "req_2" || token != "tok_1" {
					t.Errorf("%s %s, %v", request, token, err)
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
	})
}
