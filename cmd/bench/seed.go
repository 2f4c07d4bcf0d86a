package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storeseed"
)

// seedLog fills the log of a thousand accounts, the world's own first: its rows
// lie evenly over the days, those of the others are copies.
func (w *world) seedLog(ctx context.Context) (tenants []portal.Tenant, err error) {
	if tenants, err = w.seedAccounts(ctx); err != nil {
		return nil, err
	}
	err = w.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.InsertRequests(w.logRows()); err != nil {
			return err
		}
		return tx.AddMinutes(w.logMinutes())
	})
	for _, t := range tenants[1:] {
		if err != nil {
			return nil, err
		}
		err = w.store.Tx(ctx, func(tx *store.Tx) error {
			if _, err := storeseed.CopyRequests(tx, w.tenant, t); err != nil {
				return err
			}
			_, err := storeseed.CopyMinutes(tx, w.tenant, t)
			return err
		})
	}
	return tenants, err
}

func (w *world) seedAccounts(ctx context.Context) (tenants []portal.Tenant, err error) {
	own, err := w.store.Reader(ctx).Account(w.tenant.AccountID)
	if err != nil {
		return nil, err
	}
	return tenants, w.store.Tx(ctx, func(tx *store.Tx) error {
		tenants = []portal.Tenant{w.tenant}
		for i := 1; i < logAccounts; i++ {
			a := own
			a.ID, a.Name = portal.NewID(portal.PrefixAccount), fmt.Sprintf("Benchmark %d", i)
			if err := tx.InsertAccount(a); err != nil {
				return err
			}
			tenants = append(tenants, portal.Tenant{AccountID: a.ID, Environment: portal.Test})
		}
		return nil
	})
}

// logRows is the log of one account: of a hundred rows one failed and two were refused.
func (w *world) logRows() []portal.Request {
	length := (keptDays + oldDays) * 24 * time.Hour
	began, rows := w.store.Now().Add(-length), make([]portal.Request, max(1, w.rows/logAccounts*(keptDays+oldDays)/keptDays))
	for i := range rows {
		at, took := began.Add(length/time.Duration(len(rows))*time.Duration(i)), time.Duration(1+i%40)*time.Millisecond
		q := portal.Request{
			// A row has a millisecond of its own, so the first id of it is free.
			ID: portal.FirstID(portal.PrefixRequest, at), AccountID: w.tenant.AccountID, Environment: w.tenant.Environment, At: at,
			Source: portal.SourceAPI, Method: "POST", Path: "/v1/messages", Operation: "sendMessage", Status: 202, Duration: &took,
			Timing:  portal.Timing{Auth: 40 * time.Microsecond, Limits: 2 * time.Microsecond, Validation: 90 * time.Microsecond, Store: took / 2},
			TokenID: w.tokenID, TokenName: "bench", IP: "203.0.113.9", UserAgent: "erp/1.0",
		}
		switch {
		case i%100 == 7:
			q.Status, q.ErrorCode = 503, portal.CodeOverloaded
		case i%50 == 3:
			q.Status, q.ErrorCode = 422, portal.CodeInvalidNumber
		case i%3 == 0:
			q.Method, q.Operation, q.Status = "GET", "listMessages", 200
		}
		rows[i] = q
	}
	return rows
}

// logMinutes are counts of the last day, every minute of it: what the chart reads.
func (w *world) logMinutes() (counts []store.MinuteCount) {
	day := w.store.Now().Truncate(time.Minute).Add(-24 * time.Hour)
	for m := range 24 * 60 {
		counts = append(counts, store.MinuteCount{
			Tenant: w.tenant, Minute: day.Add(time.Duration(m) * time.Minute), Operation: "sendMessage", TokenID: w.tokenID, OK: 7,
		})
	}
	return counts
}
