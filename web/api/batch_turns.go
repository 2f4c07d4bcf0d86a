package api

import (
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const (
	accountBatches = 2                // batches of one account under way; others wait
	allBatches     = 8                // batches under way whose lines are in memory
	turnPatience   = 10 * time.Second // how long a batch waits for its turn
)

// turns bound the memory and the work of batches: an account that sends many at
// once waits for itself, before its bodies are read. The zero value is ready.
type turns struct {
	mu  sync.Mutex
	of  map[string]*queue // by account, while it has batches
	all chan struct{}
}

type queue struct {
	slots chan struct{}
	users int
}

func (t *turns) enter(account string) *queue {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of, t.all = map[string]*queue{}, make(chan struct{}, allBatches)
	}
	q := t.of[account]
	if q == nil {
		q = &queue{slots: make(chan struct{}, accountBatches)}
		t.of[account] = q
	}
	q.users++
	return q
}

func (t *turns) leave(account string, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.users--; q.users == 0 {
		delete(t.of, account)
	}
}

// takeTurn waits until the account may bring another batch.
func (c *call) takeTurn() error {
	if !c.op.Batch {
		return nil
	}
	t, account := &c.api.turns, c.caller.AccountID
	q := t.enter(account)
	if err := c.wait(q.slots); err != nil {
		t.leave(account, q)
		return err
	}
	c.release = func() {
		<-q.slots
		t.leave(account, q)
	}
	return nil
}

// takeRoom waits until lines may be decoded; giveTurn gives the room back too.
// The body has come by then: no slow sender holds it.
func (c *call) takeRoom() error {
	all := c.api.turns.all
	if err := c.wait(all); err != nil {
		return err
	}
	before := c.release
	c.release = func() {
		<-all
		before()
	}
	return nil
}

func (c *call) wait(slots chan struct{}) error {
	timer := time.NewTimer(turnPatience)
	defer timer.Stop()
	select {
	case slots <- struct{}{}:
		return nil
	case <-timer.C:
		return portal.Refuse(portal.CodeOverloaded)
	case <-c.r.Context().Done():
		return c.r.Context().Err()
	}
}

func (c *call) giveTurn() {
	if c.release != nil {
		c.release()
		c.release = nil
	}
}
