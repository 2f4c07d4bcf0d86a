package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Names of B6.
const (
	nameNewest    = "newest 50"
	nameFailed    = "5xx, newest 50"
	nameUnmatched = "worst unmatched filter over 30 days"
	nameChart     = "one day's chart"
	nameWorstPage = "page of the worst filter over 30 days"
	nameRetention = "accept, 64 connections, retention running"
	nameRested    = "accept, 64 connections, big log, retention at rest"
	nameBigStart  = "start to ready, big log"
)

const (
	logAccounts = 1000
	keptDays    = 30
	oldDays     = 6 // retention removes these meanwhile
	logSamples  = 200
)

// log measures B6 on one database of the log's full size.
func (b *bench) log(ctx context.Context, engine string) error {
	return b.inWorld(ctx, engine, func(w *world) error {
		tenants, err := w.seedLog(ctx)
		if err != nil {
			return err
		}
		var accepted int64
		for range b.rounds {
			if err := w.logRound(ctx, tenants, &accepted); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) logRound(ctx context.Context, tenants []portal.Tenant, accepted *int64) error {
	for _, q := range w.questions() {
		if err := w.ask(ctx, q, tenants); err != nil {
			return err
		}
	}
	bare, err := w.bareTurn(ctx, w.engine)
	if err != nil {
		return err
	}
	before, err := w.oldRows(ctx, tenants)
	if err != nil {
		return err
	}
	// Workers are on for the sake of retention, so the messages are for another day.
	if err := w.serve(ctx); err != nil {
		return err
	}
	w.report.add(Case{ID: "B6", Name: nameBigStart, Engine: w.engine, Unit: "ms"}, Round{Value: millis(w.server.ready)})
	t := turn{server: w.server, requests: w.sends(later), want: http.StatusAccepted, connections: usualConnections, time: w.time}
	out, err := drive(ctx, t)
	if err != nil {
		return err
	}
	after, err := w.oldRows(ctx, tenants)
	if err != nil {
		return err
	}
	c := Case{ID: "B6", Name: nameRetention, Engine: w.engine, Unit: perSecond}
	if c.Note = "scheduled messages, while retention removes the rows of six days"; after == before {
		c.Name, c.Note = nameRested, "retention removed nothing during the turn"
	}
	w.report.add(c, roundOf(out, bare))
	*accepted += out.accepted
	if err := w.prove(ctx, *accepted); err != nil {
		return err
	}
	return w.logPage(ctx)
}

// logPage measures the portal's page of the worst filter, and ends the server.
func (w *world) logPage(ctx context.Context) error {
	cookie, err := w.signIn(ctx)
	if err != nil {
		return err
	}
	page := w.page("/logs?env=test&range=30d&path=/v1/nothing", cookie)
	t := turn{server: w.server, requests: page, want: http.StatusOK, connections: 1, time: min(w.time, 2*time.Second)}
	if _, err := w.measured(ctx, Case{ID: "B6", Name: nameWorstPage, Engine: w.engine, Note: "the rows of the accepts are in its account's log too"}, t, 0); err != nil {
		return err
	}
	err = w.server.stop()
	w.server = nil
	return err
}

// question is a read of the log, timed inside this process.
type question struct {
	name string
	ask  func(r store.Reader, t portal.Tenant) error
}

func (w *world) questions() []question {
	now := w.store.Now()
	month, day := now.AddDate(0, 0, -keptDays), now.AddDate(0, 0, -1)
	page := portal.Page{Limit: portal.DefaultLimit}
	list := func(f portal.RequestFilter) func(store.Reader, portal.Tenant) error {
		return func(r store.Reader, t portal.Tenant) error {
			_, _, err := r.Requests(t, f, page)
			return err
		}
	}
	return []question{
		{nameNewest, list(portal.RequestFilter{})},
		{nameFailed, list(portal.RequestFilter{Class: 5})},
		{nameUnmatched, list(portal.RequestFilter{PathPrefix: "/v1/nothing", From: &month})},
		{nameChart, func(r store.Reader, t portal.Tenant) error {
			_, err := r.RequestUse(t, store.UseFilter{From: day, To: now, Step: 15 * time.Minute})
			return err
		}},
	}
}

// ask times a question on accounts chosen by chance.
func (w *world) ask(ctx context.Context, q question, tenants []portal.Tenant) error {
	times := make([]time.Duration, logSamples)
	for i := range times {
		t := tenants[rand.IntN(len(tenants))]
		began := time.Now()
		if err := q.ask(w.store.Reader(ctx), t); err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	w.report.add(Case{ID: "B6", Name: q.name, Engine: w.engine, Unit: "ms", Note: fmt.Sprintf("in the store; %d rows of %d days and more to be removed, %d accounts, %d reads a round, one at a time", w.rows, keptDays, logAccounts, logSamples)},
		Round{Value: millis(percentile(times, 50)), P50: millis(percentile(times, 50)), P95: millis(percentile(times, 95)), P99: millis(percentile(times, 99))})
	return nil
}

// oldRows counts what retention has still to remove, of every tenth account: it
// goes from one to the next.
func (w *world) oldRows(ctx context.Context, tenants []portal.Tenant) (n int64, err error) {
	from, to := w.store.Now().AddDate(0, 0, -keptDays-oldDays-1), w.store.Now().AddDate(0, 0, -keptDays)
	for i := 0; i < len(tenants); i += 10 {
		steps, err := w.store.Reader(ctx).RequestCounts(tenants[i], portal.RequestFilter{From: &from, To: &to}, 24*time.Hour)
		if err != nil {
			return n, err
		}
		for _, s := range steps {
			n += s.OK + s.Refused + s.Failed
		}
	}
	return n, nil
}
