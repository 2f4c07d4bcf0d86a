// Package lanes runs jobs beside each other: those of one key one after the
// other in the order they came, those of different keys at the same time, and
// a bounded number of them at once. A job that panics ends alone; its
// neighbors, and the later ones of its key, go on.
//
// It must not know what the jobs are about. It keeps nothing: what waits in a
// lane must be found again from the store when the process dies.
//
// Known weakness: a job that never returns keeps its place for ever, and its
// key with it; every job has to bound its own calls. A panic on a goroutine
// that the job started ends the process, as does running out of memory.
package lanes

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Panic is a panic that was contained.
type Panic struct {
	Value string
	Stack string
}

// Contain runs fn and returns what it panicked with, nil when it did not.
func Contain(fn func()) (p *Panic) {
	defer func() {
		if v := recover(); v != nil {
			p = &Panic{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	fn()
	return nil
}

// Job is something to do. Died is told of a panic of Do, on the same goroutine;
// nil tells nobody.
type Job struct {
	Do   func()
	Died func(*Panic)
}

// Lanes runs jobs. It is safe for concurrent use.
type Lanes struct {
	places  chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]Job // by key, while one of that key is at work
}

// New returns lanes of which at most parallel are at work at a time.
func New(parallel int) *Lanes {
	return &Lanes{places: make(chan struct{}, parallel), waiting: map[string][]Job{}}
}

// Go puts a job at the end of its key's lane and returns at once.
func (l *Lanes) Go(key string, j Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if queue, busy := l.waiting[key]; busy {
		l.waiting[key] = append(queue, j)
		return
	}
	l.waiting[key] = nil
	l.running.Go(func() { l.drive(key, j) })
}

// Wait returns when all lanes are empty.
func (l *Lanes) Wait() { l.running.Wait() }

// drive runs a lane to its end.
func (l *Lanes) drive(key string, j Job) {
	for more := true; more; j, more = l.next(key) {
		l.run(j)
	}
}

func (l *Lanes) run(j Job) {
	l.places <- struct{}{}
	defer func() { <-l.places }()
	p := Contain(j.Do)
	if p != nil && j.Died != nil {
		_ = Contain(func() { j.Died(p) })
	}
}

func (l *Lanes) next(key string) (j Job, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.waiting[key]
	if len(queue) == 0 {
		delete(l.waiting, key)
		return j, false
	}
	l.waiting[key] = queue[1:]
	return queue[0], true
}
