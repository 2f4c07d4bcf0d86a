package simulator

import (
	"sync"
	"time"
)

// maxCalls bounds what is remembered of calls; beyond it the numbers that count
// their calls begin anew.
const maxCalls = 10_000

// memory is what the numbers that refuse for a while remember. It is lost with
// the process: such a number then refuses once more.
type memory struct {
	mu        sync.Mutex
	calls     map[string]call
	loggedOut map[string]time.Time // until when, by phone-number-id
}

type call struct {
	first time.Time
	n     int
}

// next returns what came before this call of a key, and counts it.
func (m *memory) next(key string, now time.Time) tries {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil || len(m.calls) >= maxCalls {
		m.calls = map[string]call{}
	}
	c, known := m.calls[key]
	if !known {
		c.first = now
	}
	t := tries{n: c.n, since: now.Sub(c.first)}
	c.n++
	m.calls[key] = c
	return t
}

func (m *memory) logOut(phoneNumberID string, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loggedOut == nil {
		m.loggedOut = map[string]time.Time{}
	}
	m.loggedOut[phoneNumberID] = until
}

func (m *memory) logIn(phoneNumberID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.loggedOut, phoneNumberID)
}

func (m *memory) isLoggedOut(phoneNumberID string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, out := m.loggedOut[phoneNumberID]
	if out && !now.Before(until) {
		delete(m.loggedOut, phoneNumberID)
		out = false
	}
	return out
}
