package chores_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal/chores"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/worker"
)

// clock is a clock that is set by hand.
type clock struct{ now atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c.now.Store(&start)
	return c
}

func (c *clock) set(o *store.Options) { o.Now = func() time.Time { return *c.now.Load() } }

func (c *clock) pass(d time.Duration) {
	now := c.now.Load().Add(d)
	c.now.Store(&now)
}

// pass makes passes until nothing is due, and returns how many chores were done.
func pass(t *testing.T, l worker.Loop) (done int) {
	t.Helper()
	for {
		n, err := l.Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return done
		}
		done += n
	}
}

func TestChoresAreDoneWhenDue(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		c := newClock()
		s := open(c.set)
		var hourly, daily int
		loop := chores.Loop(chores.Options{Store: s}, []chores.Chore{
			{Name: "hourly", Every: time.Hour, Do: func(context.Context) error { hourly++; return nil }},
			{Name: "daily", Every: 24 * time.Hour, Do: func(context.Context) error { daily++; return nil }},
		})
		for _, step := range []struct {
			after         time.Duration
			hourly, daily int
		}{
			{0, 1, 1},
			{time.Minute, 1, 1},
			{time.Hour, 2, 1},
			{24 * time.Hour, 3, 2},
			{-48 * time.Hour, 4, 3}, // the clock is set back: nothing waits two days
			{time.Hour, 5, 3},
		} {
			c.pass(step.after)
			pass(t, loop)
			if hourly != step.hourly || daily != step.daily {
				t.Errorf("after %s: %d and %d times, want %d and %d", step.after, hourly, daily, step.hourly, step.daily)
			}
		}
	})
}

// Many nodes look at the same moment, one of them does it.
func TestChoresAreDoneOnce(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		s := open(newClock().set)
		var done atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			loop := chores.Loop(chores.Options{Store: s}, []chores.Chore{
				{Name: "sweep", Every: time.Hour, Do: func(context.Context) error { done.Add(1); return nil }},
			})
			all.Go(func() { pass(t, loop) })
		}
		all.Wait()
		if done.Load() != 1 {
			t.Errorf("done %d times", done.Load())
		}
	})
}

func TestChoreThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := storetest.Open(t, c.set)
	tries, broken := 0, errors.New("broken")
	loop := chores.Loop(chores.Options{Store: s}, []chores.Chore{
		{Name: "sweep", Every: time.Hour, Do: func(context.Context) error { tries++; return broken }},
	})
	if n, err := loop.Do(t.Context()); n != 1 || !errors.Is(err, broken) {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := loop.Do(t.Context()); n != 0 || err != nil {
		t.Errorf("at once again: %d, %v", n, err)
	}
	c.pass(time.Minute)
	if _, err := loop.Do(t.Context()); !errors.Is(err, broken) || tries != 2 {
		t.Errorf("a minute later: %d tries, %v", tries, err)
	}
}

// The chore of a node that died is taken over within a minute; the node, should
// it come back, changes nothing any more.
func TestChoreOfADeadNodeIsTakenOver(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		c := newClock()
		s := open(c.set)
		loop := func(do func()) worker.Loop {
			return chores.Loop(chores.Options{Store: s}, []chores.Chore{
				{Name: "sweep", Every: time.Hour, Do: func(context.Context) error { do(); return nil }},
			})
		}
		begun, end := make(chan struct{}), make(chan struct{})
		var stuck sync.WaitGroup
		stuck.Go(func() { pass(t, loop(func() { close(begun); <-end })) })
		<-begun
		taken := 0
		other := loop(func() { taken++ })
		if pass(t, other); taken != 0 {
			t.Error("taken from a node that lives")
		}
		c.pass(55 * time.Second)
		if pass(t, other); taken != 1 {
			t.Errorf("taken over %d times", taken)
		}
		close(end)
		stuck.Wait()
		if pass(t, other); taken != 1 {
			t.Error("done again because the dead node came back")
		}
	})
}

// A node that stops gives its chore to the others at once.
func TestChoreOfAStoppedNodeIsDueAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, newClock().set)
	ctx, stop := context.WithCancel(t.Context())
	cut := chores.Loop(chores.Options{Store: s}, []chores.Chore{
		{Name: "sweep", Every: time.Hour, Do: func(ctx context.Context) error { stop(); <-ctx.Done(); return ctx.Err() }},
	})
	if _, err := cut.Do(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cut: %v", err)
	}
	done := 0
	pass(t, chores.Loop(chores.Options{Store: s}, []chores.Chore{
		{Name: "sweep", Every: time.Hour, Do: func(context.Context) error { done++; return nil }},
	}))
	if done != 1 {
		t.Errorf("done %d times", done)
	}
}

// A chore that hangs holds up its own loop only.
func TestLoopsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		c := newClock()
		s := open(c.set)
		begun, end := make(chan struct{}), make(chan struct{})
		asking := chores.Loop(chores.Options{Name: "asking", Store: s}, []chores.Chore{
			{Name: "ask", Every: time.Minute, Do: func(context.Context) error { close(begun); <-end; return nil }},
		})
		swept := 0
		own := chores.Loop(chores.Options{Name: "own", Store: s}, []chores.Chore{
			{Name: "sweep", Every: time.Hour, Do: func(context.Context) error { swept++; return nil }},
		})
		var stuck sync.WaitGroup
		stuck.Go(func() { pass(t, asking) })
		<-begun
		for hour := range 3 {
			if pass(t, own); swept != hour+1 {
				t.Errorf("beside a chore that hangs: swept %d times in %d hours", swept, hour+1)
			}
			c.pass(time.Hour)
		}
		close(end)
		stuck.Wait()
		if asking.Name != "asking" || own.Name != "own" {
			t.Errorf("names %q and %q", asking.Name, own.Name)
		}
	})
}
