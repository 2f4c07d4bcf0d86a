package storeseed_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storeseed"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// A copy differs from its original in nothing but the tenant.
func TestCopies(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open()
		from, to := portal.Tenant{AccountID: "acc_1", Environment: portal.Live}, portal.Tenant{AccountID: "acc_2", Environment: portal.Test}
		took, at := 7*time.Millisecond, s.Now().Truncate(time.Minute)
		q := portal.Request{
			ID: portal.NewID(portal.PrefixRequest), AccountID: from.AccountID, Environment: from.Environment, At: at,
			Source: portal.SourceAPI, Method: "POST", Path: "/v1/messages", Operation: "sendMessage", Status: 422,
			ErrorCode: portal.CodeInvalidNumber, Duration: &took, Timing: portal.Timing{Auth: 1000, Limits: 2000, Validation: 3000, Store: 4000},
			TokenID: "tok_1", TokenName: "ERP", UserID: "usr_1", IP: "203.0.113.9", UserAgent: "erp/1", IdempotencyKey: "k",
			Replayed: true, TraceID: "t", MessageID: "msg_1", ContactID: "ctc_1", HandoffID: "hnd_1", OriginalRequestID: "req_1",
		}
		var rows, minutes int64
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			if err := tx.InsertRequest(q); err != nil {
				return err
			}
			counts := []store.MinuteCount{{Tenant: from, Minute: at, Operation: "sendMessage", TokenID: "tok_1", OK: 1, Refused: 2, Failed: 3}}
			if err := tx.AddMinutes(counts); err != nil {
				return err
			}
			var err error
			if rows, err = storeseed.CopyRequests(tx, from, to); err != nil {
				return err
			}
			minutes, err = storeseed.CopyMinutes(tx, from, to)
			return err
		})
		if err != nil || rows != 1 || minutes != 1 {
			t.Fatalf("%d rows, %d minutes, %v", rows, minutes, err)
		}
		got, err := s.Reader(t.Context()).Request(to, q.ID)
		if err != nil {
			t.Fatal(err)
		}
		q.AccountID, q.Environment = to.AccountID, to.Environment
		if got.At = got.At.UTC(); !reflect.DeepEqual(got, q) {
			t.Errorf("the copy is\n%+v, not\n%+v", got, q)
		}
		steps, err := s.Reader(t.Context()).RequestUse(to, store.UseFilter{From: at, To: at.Add(time.Minute)})
		if err != nil || len(steps) != 1 || steps[0].OK != 1 || steps[0].Refused != 2 || steps[0].Failed != 3 {
			t.Errorf("the minutes are %+v, %v", steps, err)
		}
	})
}
