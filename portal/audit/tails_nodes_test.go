package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

// newNode returns a log that runs, as in a process of its own on one PostgreSQL database.
func newNode(t *testing.T, address string) *audit.Log {
	t.Helper()
	l := audit.New(audit.Options{Store: storetest.Node(t, address)})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l
}

// A tail shows the rows that another node writes, whole, and nobody else's.
func TestTailsShowTheRowsOfOtherNodes(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	near, far := newNode(t, address), newNode(t, address)
	rows, cancel := near.Tail(tenant)
	defer cancel()
	write := func() portal.Request {
		r := row(func(r *portal.Request) { r.At = time.Now().UTC().Truncate(time.Microsecond) })
		far.Enqueue(t.Context(), row(func(r *portal.Request) { r.AccountID, r.At = "acc_b", time.Now() }))
		far.Enqueue(t.Context(), r)
		return r
	}
	// The other node hears of the watcher some moments after the tail is open.
	sent := map[string]portal.Request{}
	late := time.After(20 * time.Second)
	for seen := false; !seen; {
		r := write()
		sent[r.ID] = r
		select {
		case got := <-rows:
			want, known := sent[got.ID]
			if !known || got.Path != want.Path || got.Duration == nil || *got.Duration != *want.Duration {
				t.Fatalf("%+v is not what was written", got)
			}
			seen = true
		case <-time.After(200 * time.Millisecond):
		case <-late:
			t.Fatal("no row came")
		}
	}
	for range 20 {
		start, r := time.Now(), write()
		for got := range rows {
			if got.AccountID != tenant.AccountID {
				t.Fatalf("a row of %s", got.AccountID)
			}
			if got.ID == r.ID {
				break
			}
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("shown after %s", took)
		}
	}
}
