package lanes_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/wppmarketing/developers/portal/lanes"
)

func TestOneKeyKeepsItsOrderAndHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lanes.New(8)
		var mu sync.Mutex
		var done []string
		job := func(name string, after <-chan struct{}) lanes.Job {
			return lanes.Job{Do: func() {
				<-after
				mu.Lock()
				defer mu.Unlock()
				done = append(done, name)
			}}
		}
		hangs, free := make(chan struct{}), make(chan struct{})
		close(free)
		l.Go("slow", job("slow 1", hangs))
		l.Go("slow", job("slow 2", free))
		l.Go("quick", job("quick", free))
		synctest.Wait()
		if !slices.Equal(done, []string{"quick"}) {
			t.Errorf("while one hangs: %v", done)
		}
		close(hangs)
		l.Wait()
		if !slices.Equal(done, []string{"quick", "slow 1", "slow 2"}) {
			t.Errorf("in the end: %v", done)
		}
	})
}

func TestPanicEndsOneJobOnly(t *testing.T) {
	t.Parallel()
	l := lanes.New(1)
	var seen *lanes.Panic
	after := 0
	l.Go("k", lanes.Job{Do: func() { panic("poison") }, Died: func(p *lanes.Panic) { seen = p; panic("again") }})
	l.Go("k", lanes.Job{Do: func() { panic("nobody asks") }})
	l.Go("k", lanes.Job{Do: func() { after++ }})
	l.Wait()
	l.Go("k", lanes.Job{Do: func() { after++ }})
	l.Wait()
	if seen == nil || seen.Value != "poison" || !strings.Contains(seen.Stack, "lanes_test") || after != 2 {
		t.Errorf("panic %+v, %d jobs after it", seen, after)
	}
}

func TestNoMoreThanParallelAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lanes.New(3)
		open := make(chan struct{})
		var mu sync.Mutex
		begun := 0
		for _, key := range strings.Split("abcdefgh", "") {
			l.Go(key, lanes.Job{Do: func() {
				mu.Lock()
				begun++
				mu.Unlock()
				<-open
			}})
		}
		synctest.Wait()
		if begun != 3 {
			t.Errorf("%d at work, want 3", begun)
		}
		close(open)
		l.Wait()
		if begun != 8 {
			t.Errorf("%d were done, want 8", begun)
		}
	})
}
