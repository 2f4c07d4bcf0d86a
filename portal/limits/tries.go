package limits

import (
	"sync"
	"time"
)

// maxKeys bounds the memory of the node's own counts of tries.
const maxKeys = 100_000

// tries are the debts that this node keeps by itself.
type tries struct {
	now func() time.Time

	mu  sync.Mutex
	due map[string]time.Time // when the key's debt is paid: GCRA's theoretical arrival time
}

func newTries(now func() time.Time) *tries {
	return &tries{now: now, due: map[string]time.Time{}}
}

func (t *tries) take(debts []Debt) []owed {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, refused, all := t.now(), false, make([]owed, len(debts))
	for i, d := range debts {
		all[i].wait = max(0, t.due[d.Key].Add(-time.Duration(d.Burst-1)*d.Every).Sub(now))
		refused = refused || all[i].wait > 0 && !d.Lenient
	}
	for i, d := range debts {
		if !refused {
			t.add(d, now)
		}
		all[i].left = max(0, t.due[d.Key].Sub(now))
	}
	return all
}

func (t *tries) giveBack(debts []Debt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range debts {
		if due, ok := t.due[d.Key]; ok {
			t.due[d.Key] = due.Add(-d.Every)
		}
	}
}

func (t *tries) add(d Debt, now time.Time) {
	due, known := t.due[d.Key]
	if !known && len(t.due) >= maxKeys {
		t.shrink(now)
	}
	if due.Before(now) {
		due = now
	}
	due = due.Add(d.Every)
	if most := now.Add(time.Duration(d.Burst+1) * d.Every); due.After(most) {
		due = most
	}
	t.due[d.Key] = due
}

// shrink forgets paid debts, and some of the others if that frees nothing.
func (t *tries) shrink(now time.Time) {
	for key, due := range t.due {
		if due.Before(now) {
			delete(t.due, key)
		}
	}
	for key := range t.due {
		if len(t.due) < maxKeys {
			return
		}
		delete(t.due, key)
	}
}
