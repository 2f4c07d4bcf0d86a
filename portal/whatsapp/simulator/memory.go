package simulator

import (
	"sync"
	"time"
)

// maxCalls bounds what is remembered of calls; beyond it the numbers that count
// their calls begin anew.
const maxCalls = 10_000

// memory is what numbers that refuse for a while, rules and limits remember. It
// is lost with the process: they then begin anew.
type memory struct {
	mu        sync.Mutex
	calls     map[string]call
	loggedOut map[string]time.Time // until when, by phone-number-id
	rules     map[string]int       // messages each rule was about, by its id
	counts    map[string]*counts   // by phone-number-id
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

// rule returns the effect of the first rule of the phone that hits a message.
func (m *memory) rule(ph Phone, msg message) (Effect, bool) {
	if len(ph.Settings.Rules) == 0 {
		return Effect{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rules == nil || len(m.rules) >= maxCalls {
		m.rules = map[string]int{}
	}
	for _, r := range ph.Settings.Rules {
		if !r.about(msg) {
			continue
		}
		m.rules[r.ID]++
		n := m.rules[r.ID]
		if r.Trigger.Next > 0 && n > r.Trigger.Next || r.Trigger.Every > 0 && n%r.Trigger.Every != 0 {
			continue
		}
		return r.Effect, true
	}
	return Effect{}, false
}

// Seen returns how many messages a rule was about, in this process.
func (s *Simulator) Seen(rule string) int {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	return s.memory.rules[rule]
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

// forget has a phone begin anew.
func (m *memory) forget(ph Phone) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range ph.Settings.Rules {
		delete(m.rules, r.ID)
	}
	delete(m.counts, ph.ID)
	delete(m.loggedOut, ph.ID)
	clear(m.calls)
}
