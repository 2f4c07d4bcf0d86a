// Package chores does periodic work once for all nodes: whichever node finds a
// chore due takes it, keeps it while it is at work, and says when it is due
// again. When a node dies, another one takes its chore over within a minute.
//
// A loop does its chores one after another. Those that may wait for somebody
// else for long belong in a loop of their own.
//
// It must not know what the chores are about.
//
// Known weakness: a node that was stopped for longer than its lease and then
// goes on may for a moment do a chore beside the node that took it over, so a
// chore has to bear being done twice.
package chores

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/worker"
)

const (
	lease  = 40 * time.Second // of a node that does not say that it lives
	extend = lease / 4        // how often it says so
	look   = 5 * time.Second  // how often each node looks for a chore that is due
	again  = time.Minute      // until a chore that failed is tried again
)

// Chore is periodic work.
type Chore struct {
	Name  string // never changed: it is the key in the store
	Every time.Duration
	Do    func(ctx context.Context) error // ends when ctx does
	// Idle reports, by reading only, that there is nothing to do: the chore then
	// stays due, and nothing is written for it. nil = there always may be.
	Idle func(ctx context.Context) (bool, error)
}

// Options are what the chores are done with.
type Options struct {
	Name   string // of the loop
	Store  *store.Store
	Logger *slog.Logger // nil = discard
}

// Loop returns the worker's loop that does the chores. Several loops share a
// store; a chore belongs to one of them.
func Loop(o Options, list []Chore) worker.Loop {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &doer{Options: o, chores: map[string]Chore{}}
	for _, c := range list {
		d.chores[c.Name] = c
		d.names = append(d.names, c.Name)
	}
	return worker.Loop{Name: o.Name, Every: look, Do: d.pass}
}

type doer struct {
	Options
	chores map[string]Chore
	names  []string
}

// pass does one chore if one is due, and returns how many it did.
func (d *doer) pass(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "%s", d.Name)
	unplanned, due, err := d.look(ctx)
	if err != nil || len(unplanned)+len(due) == 0 {
		return 0, err
	}
	var name string
	var held time.Time
	err = d.Store.Tx(ctx, func(tx *store.Tx) error {
		for _, c := range unplanned {
			if err := tx.PlanChore(c.Name, c.latest(tx.Now())); err != nil {
				return err
			}
		}
		if len(due) > 0 {
			name, held, err = tx.ClaimChore(due, lease)
		}
		return err
	})
	if err != nil || name == "" {
		return 0, err
	}
	return 1, d.do(ctx, d.chores[name], held)
}

// latest is the last moment at which a chore can be due next. It is later only
// when the clock was set back: the lease leaves room for a transaction that waited
// while another node finished the chore.
func (c Chore) latest(now time.Time) time.Time { return now.Add(c.Every + lease) }

// look reads, without a transaction, which chores have no place in the plan and
// which are due and have something to do.
func (d *doer) look(ctx context.Context) (unplanned []Chore, due []string, err error) {
	stored, err := d.Store.Reader(ctx).Chores()
	if err != nil {
		return nil, nil, err
	}
	now, planned := d.Store.Now(), map[string]bool{}
	for _, s := range stored {
		c, known := d.chores[s.ID]
		if !known {
			continue // of another version of the program
		}
		planned[s.ID] = !s.DueAt.After(c.latest(now))
		if s.DueAt.After(now) {
			continue
		}
		idle := false
		if c.Idle != nil {
			if idle, err = c.Idle(ctx); err != nil {
				return nil, nil, err
			}
		}
		if !idle {
			due = append(due, c.Name)
		}
	}
	for _, name := range d.names {
		if !planned[name] {
			unplanned = append(unplanned, d.chores[name])
			due = append(due, name)
		}
	}
	return unplanned, due, nil
}

// do does a chore that is held until the moment given, and gives it back.
func (d *doer) do(ctx context.Context, c Chore, held time.Time) (err error) {
	k := &keeper{doer: d, name: c.Name, held: held}
	working, stop := context.WithCancel(ctx)
	defer stop()
	var keeping sync.WaitGroup
	keeping.Go(func() { k.keep(working, stop) })
	start := time.Now()
	err = c.Do(working)
	stop()
	keeping.Wait()
	next := d.Store.Now().Add(c.Every)
	switch {
	case ctx.Err() != nil:
		next = d.Store.Now() // another node goes on with it
	case err != nil:
		next = d.Store.Now().Add(min(again, c.Every))
	default:
		d.Logger.InfoContext(ctx, "chore done", "chore", c.Name, "duration", time.Since(start))
	}
	return errors.Join(err, k.giveBack(context.WithoutCancel(ctx), next))
}

// keeper keeps a chore while it is done.
type keeper struct {
	*doer
	name string
	held time.Time
}

// keep extends the lease until ctx ends. When it was lost the work is stopped.
func (k *keeper) keep(ctx context.Context, stop func()) {
	tick := time.NewTicker(extend)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		until := k.Store.Now().Add(lease)
		err := k.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ExtendChore(k.name, k.held, until) })
		switch {
		case err == nil:
			k.held = until
		case portal.CodeOf(err) == portal.CodeNotFound:
			k.Logger.WarnContext(ctx, "chore taken over by another node", "chore", k.name)
			stop()
			return
		}
	}
}

func (k *keeper) giveBack(ctx context.Context, next time.Time) error {
	err := k.Store.Tx(ctx, func(tx *store.Tx) error { return tx.FinishChore(k.name, k.held, next) })
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil // another node has it now
	}
	return err
}
