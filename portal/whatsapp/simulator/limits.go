package simulator

import (
	"strconv"
	"time"
)

// Meta's pair rate: one message in six seconds to the same person, and up to 45
// at once, borrowed from the time to come.
const (
	pairEvery = 6 * time.Second
	pairBurst = 45
)

// counts are what one phone sent, as its limits see it.
type counts struct {
	second time.Time            // the second that is counted
	sent   int                  // within it
	pairs  map[string]time.Time // by person: when all that was sent is paid for
	day    map[string]time.Time // people written to outside the window, and when first
	ahead  time.Duration        // what Pass added
}

// count counts a message against the limits of its phone and answers the fault
// of the one it exceeds. A refused message counts nowhere.
func (s *Simulator) count(ph Phone, m message, p Person) *fault {
	l := ph.Settings.Limits
	if l == (Limits{}) {
		return nil
	}
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	c := s.memory.countsOf(ph.ID)
	now := s.now().Add(c.ahead)
	if second := now.Truncate(time.Second); !second.Equal(c.second) {
		c.second, c.sent = second, 0
	}
	outside := l.Portfolio > 0 && !p.open(s.now())
	switch {
	case l.Throughput > 0 && c.sent >= l.Throughput:
		return explained(130429, "The throughput of the number has been reached: "+strconv.Itoa(l.Throughput)+" messages a second.")
	case l.Pair && c.pairs[m.person].Sub(now) > (pairBurst-1)*pairEvery:
		return explained(131056, "Too many messages to the same person in a short time.")
	case outside && c.newcomer(m.person, now) && len(c.day) >= l.Portfolio:
		return explained(131048, "The messaging limit of the business portfolio has been reached: "+strconv.Itoa(l.Portfolio)+" people in 24 hours.")
	}
	c.sent++
	if l.Pair {
		c.pay(m.person, now)
	}
	if outside && c.newcomer(m.person, now) {
		c.day[m.person] = now
	}
	return nil
}

// pay adds the price of one message to what is owed for a person.
func (c *counts) pay(person string, now time.Time) {
	until := c.pairs[person]
	if until.Before(now) {
		until = now
	}
	if len(c.pairs) >= maxCalls {
		clear(c.pairs)
	}
	c.pairs[person] = until.Add(pairEvery)
}

// newcomer reports whether the person was not written to within the last day,
// and forgets those for whom that day is over.
func (c *counts) newcomer(person string, now time.Time) bool {
	if first, known := c.day[person]; known && now.Sub(first) < window {
		return false
	}
	for who, first := range c.day {
		if now.Sub(first) >= window {
			delete(c.day, who)
		}
	}
	return true
}

// countsOf needs the lock.
func (m *memory) countsOf(phoneNumberID string) *counts {
	if m.counts == nil {
		m.counts = map[string]*counts{}
	}
	c := m.counts[phoneNumberID]
	if c == nil {
		c = &counts{pairs: map[string]time.Time{}, day: map[string]time.Time{}}
		m.counts[phoneNumberID] = c
	}
	return c
}

// Usage is what a phone used of its limits, as this process counted.
type Usage struct {
	Second    int `json:"second"`    // messages in the current second
	Portfolio int `json:"portfolio"` // people written to outside the window in 24 hours
}

// Usage returns what was counted; zero while nothing is.
func (s *Simulator) Usage(phoneNumberID string) Usage {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	c := s.memory.countsOf(phoneNumberID)
	now := s.now().Add(c.ahead)
	u := Usage{}
	if now.Truncate(time.Second).Equal(c.second) {
		u.Second = c.sent
	}
	for _, first := range c.day {
		if now.Sub(first) < window {
			u.Portfolio++
		}
	}
	return u
}

// pass moves what is counted of a phone into the past.
func (m *memory) pass(phoneNumberID string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.countsOf(phoneNumberID).ahead += d
	if until, out := m.loggedOut[phoneNumberID]; out {
		m.loggedOut[phoneNumberID] = until.Add(-d)
	}
}
