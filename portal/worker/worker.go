// Package worker runs the background loops: each claims due work through one
// use case, again and again, until its context ends. What is due is in the
// store; a loop holds nothing, so a killed process loses nothing.
//
// It must not decide anything about the work.
//
// Known weakness: a loop that never returns holds up only itself, but nobody
// ends it; every Do has to bound its own calls.
package worker

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Loop is one kind of background work.
type Loop struct {
	Name  string
	Every time.Duration                                // the slow poll that finds what no signal announced
	Topic string                                       // a signal that wakes the loop at once; "" = none
	Do    func(ctx context.Context) (n int, err error) // one pass; n = how much it found to do
	Wake  <-chan struct{}                              // a second signal, of the use case itself; nil = none
	Wait  func()                                       // called at the end, for what passes left under way; nil = nothing
}

// Bell gives signals; store.Store is one.
type Bell interface {
	Subscribe(topic string) (signals <-chan struct{}, cancel func())
}

// Options of Run.
type Options struct {
	Bell    Bell
	Logger  *slog.Logger // nil = discard
	Observe func(Pass)   // called after each pass, from several goroutines; nil = nobody
}

// Pass is what one pass of a loop came to.
type Pass struct {
	Loop     string
	Found    int
	Duration time.Duration
	Err      error
}

// The pause after a pass that failed doubles from the first to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 3 * time.Second // a database that is back is not kept waiting
)

// Run runs all loops until ctx ends and every pass under way has returned. A
// pass that fails or panics is logged, and its loop goes on after a pause.
func Run(ctx context.Context, o Options, loops []Loop) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(Pass) {}
	}
	var all sync.WaitGroup
	for _, l := range loops {
		all.Go(func() { o.run(ctx, l) })
	}
	all.Wait()
}

func (o Options) run(ctx context.Context, l Loop) {
	var signals <-chan struct{} // nil never fires
	if l.Topic != "" {
		var cancel func()
		signals, cancel = o.Bell.Subscribe(l.Topic)
		defer cancel()
	}
	if l.Wait != nil {
		defer l.Wait()
	}
	pause := firstPause
	for ctx.Err() == nil {
		n, err := o.pass(ctx, l)
		switch {
		case err != nil:
			rest(ctx, pause, nil, nil)
			pause = min(2*pause, lastPause)
		case n == 0:
			rest(ctx, l.Every, signals, l.Wake)
			pause = firstPause
		default:
			pause = firstPause
		}
	}
}

func (o Options) pass(ctx context.Context, l Loop) (n int, err error) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			o.Logger.ErrorContext(ctx, "worker panicked", "loop", l.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		} else if err != nil && ctx.Err() == nil {
			o.Logger.WarnContext(ctx, "worker pass failed", "loop", l.Name, "error", err)
		}
		o.Observe(Pass{Loop: l.Name, Found: n, Duration: time.Since(start), Err: err})
	}()
	return l.Do(ctx)
}

// rest returns after d, at a signal, or when ctx ends.
func rest(ctx context.Context, d time.Duration, signals, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-signals:
	case <-wake:
	case <-timer.C:
	}
}
