package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

func TestStats(t *testing.T) {
	t.Parallel()
	Engines(t, func(t *testing.T, open Opener) {
		s := open()
		got, err := s.Stats(t.Context())
		if err != nil || got.Engine != s.Engine() || got.Version == "" || got.Schema < 2 || got.Size < 4096 {
			t.Fatalf("%+v, %v", got, err)
		}
		if sqlite := got.Pool == nil; sqlite != (got.Engine == "sqlite") || sqlite && got.Room == 0 || !sqlite && got.Pool.Most == 0 {
			t.Errorf("%+v", got)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := s.Stats(ended); err == nil || got.Engine == "" {
			t.Errorf("without an answer of the database: %+v, %v", got, err)
		}
	})
}

// watcher keeps what the engine told.
type watcher struct {
	mu        sync.Mutex
	txs       []store.TxTimes
	committed int
	failed    []portal.Code
}

func (w *watcher) Tx(_ context.Context, t store.TxTimes) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.txs = append(w.txs, t)
}

func (w *watcher) Batch(n int, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed += n
}

func (w *watcher) ReadWaited(time.Duration) {}

func (w *watcher) Failed(code portal.Code) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, code)
}

func TestObserver(t *testing.T) {
	t.Parallel()
	Engines(t, func(t *testing.T, open Opener) {
		w := &watcher{}
		s := open(func(o *store.Options) { o.Observer = w })
		const work = 20 * time.Millisecond
		if err := s.Tx(t.Context(), func(*store.Tx) error { <-time.After(work); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := s.Tx(t.Context(), func(*store.Tx) error { return errors.New("no") }); err == nil {
			t.Fatal("an error was lost")
		}
		if len(w.txs) != 2 || w.txs[0].Code != "" || w.txs[1].Code != portal.CodeInternal {
			t.Fatalf("told %+v", w.txs)
		}
		if first := w.txs[0]; first.Work < work || first.Wait < 0 || first.Commit < 0 || first.Start.IsZero() {
			t.Errorf("times %+v", first)
		}
		if w.committed == 0 {
			t.Error("no commit was told")
		}
		if err := s.Reader(t.Context()).Row(`SELECT /* Broken */ 1 FROM nothing`, nil, new(int64)); err == nil || len(w.failed) != 1 {
			t.Errorf("a failed read: %v, told %v", err, w.failed)
		}
	})
}

// With every connection of SQLite at work, the next reader waits and says so.
func TestReadersWait(t *testing.T) {
	t.Parallel()
	waits := &waitWatcher{waited: make(chan time.Duration, 64)}
	s := Open(t, func(o *store.Options) { o.Observer = waits })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var readers sync.WaitGroup
	for range 32 {
		readers.Go(func() {
			for ctx.Err() == nil {
				_ = s.Reader(ctx).Row(`
WITH /* Slow */ RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)
SELECT COUNT(*) FROM n`, nil, new(int64))
			}
		})
	}
	select {
	case took := <-waits.waited:
		if took <= 0 {
			t.Errorf("waited %v", took)
		}
	case <-time.After(30 * time.Second):
		t.Error("32 readers never waited for 8 connections")
	}
	cancel()
	readers.Wait()
}

type waitWatcher struct {
	watcher
	waited chan time.Duration
}

func (w *waitWatcher) ReadWaited(took time.Duration) {
	select {
	case w.waited <- took:
	default:
	}
}
