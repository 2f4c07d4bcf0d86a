package audit

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// minutes adds up calls between two writes of the rollup.
type minutes struct {
	mu     sync.Mutex
	counts map[minuteKey]store.MinuteCount
}

type minuteKey struct {
	tenant             portal.Tenant
	minute             int64
	operation, tokenID string
}

func keyOf(m store.MinuteCount) minuteKey {
	return minuteKey{m.Tenant, m.Minute.Unix(), m.Operation, m.TokenID}
}

func (m *minutes) add(r portal.Request) {
	c := store.MinuteCount{
		Tenant:    portal.Tenant{AccountID: r.AccountID, Environment: r.Environment},
		Minute:    r.At.Truncate(time.Minute),
		Operation: r.Operation, TokenID: r.TokenID,
	}
	switch {
	case r.Status < 400:
		c.OK = 1
	case r.Status < 500:
		c.Refused = 1
	default:
		c.Failed = 1
	}
	if r.Duration != nil {
		c.Spent = *r.Duration
	}
	m.putBack([]store.MinuteCount{c})
}

func (m *minutes) putBack(counts []store.MinuteCount) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[minuteKey]store.MinuteCount{}
	}
	for _, c := range counts {
		k := keyOf(c)
		sum, ok := m.counts[k]
		if !ok {
			m.counts[k] = c
			continue
		}
		sum.OK += c.OK
		sum.Refused += c.Refused
		sum.Failed += c.Failed
		sum.Spent += c.Spent
		m.counts[k] = sum
	}
}

func (m *minutes) take() []store.MinuteCount {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []store.MinuteCount
	for _, c := range m.counts {
		all = append(all, c)
	}
	m.counts = nil
	return all
}

// openCalls are the recorded rows whose answer is still being written.
type openCalls struct {
	mu   sync.Mutex
	rows map[string]portal.Request
}

func (o *openCalls) add(r portal.Request) {
	r.Bodies = nil
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rows == nil {
		o.rows = map[string]portal.Request{}
	}
	o.rows[r.ID] = r
}

func (o *openCalls) take(id string) (portal.Request, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r, ok := o.rows[id]
	delete(o.rows, id)
	return r, ok
}

// floods lets one row a second pass for each address and code.
type floods struct {
	suppressed atomic.Int64
	mu         sync.Mutex
	second     int64
	seen       map[flood]struct{}
}

type flood struct {
	ip   string
	code portal.Code
}

func (f *floods) allow(ip string, code portal.Code, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := now.Unix(); s != f.second || f.seen == nil {
		f.second, f.seen = s, map[flood]struct{}{}
	}
	// A flood from very many addresses must not fill the memory either.
	_, again := f.seen[flood{ip, code}]
	if again || len(f.seen) >= capacity {
		f.suppressed.Add(1)
		return false
	}
	f.seen[flood{ip, code}] = struct{}{}
	return true
}
