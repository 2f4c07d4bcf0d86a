package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// LogFill says how the request log is filled.
type LogFill struct {
	Rows     int
	Tenants  []portal.Tenant // take turns, as calls of many accounts do
	From, To time.Time       // the rows lie evenly between
	Bodies   bool
}

// fillStep is how many rows one transaction of FillLog writes.
const fillStep = 4096

// FillLog writes rows as the API would have over a long time, oldest first: most
// were successful reads, 5 % sent a message, 1 % were refused and 0.2 % failed.
func FillLog(t testing.TB, s *store.Store, f LogFill) {
	t.Helper()
	rows := make([]portal.Request, 0, fillStep)
	flush := func() {
		err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.InsertRequests(rows) })
		if err != nil {
			t.Fatal(err)
		}
		rows = rows[:0]
	}
	for n := range f.Rows {
		rows = append(rows, f.row(n))
		if len(rows) == fillStep {
			flush()
		}
	}
	flush()
}

func (f LogFill) row(n int) portal.Request {
	at := f.From.Add(time.Duration(float64(f.To.Sub(f.From)) / float64(f.Rows) * float64(n))).UTC().Truncate(time.Microsecond)
	tenant := f.Tenants[n%len(f.Tenants)]
	turn := n / len(f.Tenants)
	took := time.Duration(turn%40+1) * time.Millisecond
	q := portal.Request{
		ID: logID(at, n), AccountID: tenant.AccountID, Environment: tenant.Environment, At: at, Source: portal.SourceAPI,
		Method: "GET", Path: fmt.Sprintf("/v1/messages/msg_%026d", n), Operation: "getMessage", Status: 200, Duration: &took,
		TokenID: "tok_01M8251CVTF6RTMW8DYW61QG1B", TokenName: "ERP", IP: "203.0.113.7", UserAgent: "erp/4.2",
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
	}
	switch {
	case turn%500 == 250:
		q.Status, q.ErrorCode = 503, portal.CodeStorageUnavailable
	case turn%100 == 50:
		q.Status, q.ErrorCode = 422, portal.CodeWindowClosed
	case turn%20 == 0:
		q.Method, q.Path, q.Operation, q.Status = "POST", "/v1/messages", "sendMessage", 202
		q.MessageID, q.IdempotencyKey = fmt.Sprintf("msg_%026d", n), fmt.Sprintf("order-%d", n)
	}
	if f.Bodies {
		q.Bodies = &portal.Bodies{RequestBody: fmt.Sprintf("{%1500d}", n), ResponseBody: fmt.Sprintf("{%1500d}", n)}
	}
	return q
}

// logID is an id of the log as it was minted at a time.
func logID(at time.Time, n int) string {
	first := portal.FirstID(portal.PrefixRequest, at)
	digits := fmt.Sprintf("%012d", n)
	return first[:len(first)-len(digits)] + digits
}
