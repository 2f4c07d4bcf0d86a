package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wppmarketing/developers/portal/worker"
)

// bell is a signal that the test rings.
type bell chan struct{}

func (b bell) Subscribe(string) (<-chan struct{}, func()) { return b, func() {} }

// start runs one loop in a bubble of its own time; stop waits for its end.
func start(t *testing.T, o worker.Options, l worker.Loop) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		worker.Run(ctx, o, []worker.Loop{l})
	}()
	return func() { cancel(); <-done }
}

func TestLoopPollsSlowlyAndGoesOnWhileThereIsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work, passes atomic.Int32
		work.Store(3)
		stop := start(t, worker.Options{}, worker.Loop{Name: "l", Every: time.Minute, Do: func(context.Context) (int, error) {
			passes.Add(1)
			if work.Load() == 0 {
				return 0, nil
			}
			work.Add(-1)
			return 1, nil
		}})
		synctest.Wait()
		if work.Load() != 0 || passes.Load() != 4 {
			t.Errorf("after the start: %d left, %d passes; want 0 and 4", work.Load(), passes.Load())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if passes.Load() != 5 {
			t.Errorf("after a minute: %d passes, want 5", passes.Load())
		}
		stop()
	})
}

func TestSignalWakesTheLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ring := make(bell, 1)
		var passes atomic.Int32
		stop := start(t, worker.Options{Bell: ring}, worker.Loop{Name: "l", Every: time.Hour, Topic: "x", Do: func(context.Context) (int, error) {
			passes.Add(1)
			return 0, nil
		}})
		synctest.Wait()
		ring <- struct{}{}
		synctest.Wait()
		if n := passes.Load(); n != 2 {
			t.Errorf("%d passes, want 2", n)
		}
		stop()
	})
}

func TestTheUseCaseWakesItsLoopAndIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wake, underWay := make(chan struct{}, 1), make(chan struct{})
		passes := 0
		stop := start(t, worker.Options{}, worker.Loop{
			Name: "l", Every: time.Hour, Wake: wake, Wait: func() { <-underWay },
			Do: func(context.Context) (int, error) {
				passes++
				return 0, nil
			},
		})
		synctest.Wait()
		wake <- struct{}{}
		synctest.Wait()
		if passes != 2 {
			t.Errorf("%d passes, want 2", passes)
		}
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		synctest.Wait()
		select {
		case <-stopped:
			t.Error("ended while something is under way")
		default:
		}
		close(underWay)
		<-stopped
	})
}

func TestFailureAndPanicOnlyPauseTheLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var mu sync.Mutex
		var seen []worker.Pass
		passes := 0
		stop := start(t, worker.Options{
			Logger: slog.New(slog.NewJSONHandler(&log, nil)),
			Observe: func(p worker.Pass) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, p)
			},
		}, worker.Loop{Name: "l", Every: time.Hour, Do: func(context.Context) (int, error) {
			passes++
			switch passes {
			case 1:
				panic("poison")
			case 2:
				return 0, errors.New("no")
			}
			return 0, nil
		}})
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		if passes != 3 || len(seen) != 3 || seen[0].Err == nil || seen[1].Err == nil || seen[2].Err != nil {
			t.Errorf("%d passes, observed %+v", passes, seen)
		}
		for _, want := range []string{"worker panicked", "poison", "worker pass failed"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %q", want)
			}
		}
	})
}
