package audit

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// tally adds up calls between two writes of the rollup. The zero value is ready.
type tally struct {
	minutes map[minuteKey]store.MinuteCount
	errors  map[errorKey]store.ErrorCount
	losses  map[lossKey]store.LossCount
}

type minuteKey struct {
	tenant             portal.Tenant
	minute             int64
	operation, tokenID string
}

type errorKey struct {
	tenant    portal.Tenant
	slot      int64
	code      portal.Code
	operation string
}

type lossKey struct {
	tenant portal.Tenant
	minute int64
}

func tenantOf(r portal.Request) portal.Tenant {
	return portal.Tenant{AccountID: r.AccountID, Environment: r.Environment}
}

// add counts a call that has its row.
func (t *tally) add(r portal.Request) {
	c := store.MinuteCount{Tenant: tenantOf(r), Minute: r.At.Truncate(time.Minute), Operation: r.Operation, TokenID: r.TokenID}
	switch {
	case r.Status < 400:
		c.OK = 1
	case r.Status < 500:
		c.Refused = 1
	default:
		c.Failed = 1
	}
	if r.Duration != nil {
		c.Latency.Add(*r.Duration)
	}
	t.addMinute(c)
	if r.ErrorCode != "" {
		t.addError(store.ErrorCount{
			Tenant: c.Tenant, Slot: r.At.Truncate(store.ErrorSlot), Code: r.ErrorCode, Operation: r.Operation,
			Calls: 1, FirstAt: r.At, LastAt: r.At,
		})
	}
}

// lose counts a call whose row was not written.
func (t *tally) lose(r portal.Request) {
	t.addLoss(store.LossCount{Tenant: tenantOf(r), Minute: r.At.Truncate(time.Minute), Lost: 1})
}

func (t *tally) addMinute(c store.MinuteCount) {
	k := minuteKey{c.Tenant, c.Minute.Unix(), c.Operation, c.TokenID}
	if sum, ok := t.minutes[k]; ok {
		c.OK, c.Refused, c.Failed = c.OK+sum.OK, c.Refused+sum.Refused, c.Failed+sum.Failed
		c.Latency.Merge(sum.Latency)
	}
	if t.minutes == nil {
		t.minutes = map[minuteKey]store.MinuteCount{}
	}
	t.minutes[k] = c
}

func (t *tally) addError(c store.ErrorCount) {
	k := errorKey{c.Tenant, c.Slot.Unix(), c.Code, c.Operation}
	if sum, ok := t.errors[k]; ok {
		c.Calls += sum.Calls
		if sum.FirstAt.Before(c.FirstAt) {
			c.FirstAt = sum.FirstAt
		}
		if sum.LastAt.After(c.LastAt) {
			c.LastAt = sum.LastAt
		}
	}
	if t.errors == nil {
		t.errors = map[errorKey]store.ErrorCount{}
	}
	t.errors[k] = c
}

func (t *tally) addLoss(c store.LossCount) {
	k := lossKey{c.Tenant, c.Minute.Unix()}
	c.Lost += t.losses[k].Lost
	if t.losses == nil {
		t.losses = map[lossKey]store.LossCount{}
	}
	t.losses[k] = c
}

func (t *tally) merge(other tally) {
	for _, c := range other.minutes {
		t.addMinute(c)
	}
	for _, c := range other.errors {
		t.addError(c)
	}
	for _, c := range other.losses {
		t.addLoss(c)
	}
}

func (t *tally) empty() bool { return len(t.minutes)+len(t.errors)+len(t.losses) == 0 }

// write adds the tally to what the store has, in an order that all nodes share:
// they would lock each other out otherwise.
func (t *tally) write(tx *store.Tx) error {
	byTenant := func(a, b portal.Tenant) int {
		return cmp.Or(cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.Environment, b.Environment))
	}
	err := tx.AddMinutes(slices.SortedFunc(maps.Values(t.minutes), func(a, b store.MinuteCount) int {
		return cmp.Or(byTenant(a.Tenant, b.Tenant), a.Minute.Compare(b.Minute), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.TokenID, b.TokenID))
	}))
	if err == nil {
		err = tx.AddErrors(slices.SortedFunc(maps.Values(t.errors), func(a, b store.ErrorCount) int {
			return cmp.Or(byTenant(a.Tenant, b.Tenant), a.Slot.Compare(b.Slot), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Operation, b.Operation))
		}))
	}
	if err == nil {
		err = tx.AddLosses(slices.SortedFunc(maps.Values(t.losses), func(a, b store.LossCount) int {
			return cmp.Or(byTenant(a.Tenant, b.Tenant), a.Minute.Compare(b.Minute))
		}))
	}
	return err
}

// pending is a tally shared by those who count and the one who writes.
type pending struct {
	mu  sync.Mutex
	sum tally
}

func (p *pending) change(f func(t *tally)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.sum)
}

func (p *pending) take() (sum tally) {
	p.change(func(t *tally) { sum, *t = *t, tally{} })
	return sum
}

// lost returns the tenant's losses of a time that are not in the store yet.
func (p *pending) lost(tenant portal.Tenant, from, to time.Time) (n int64) {
	p.change(func(t *tally) {
		for _, c := range t.losses {
			if c.Tenant == tenant && !c.Minute.Before(from.Truncate(time.Minute)) && c.Minute.Before(to) {
				n += c.Lost
			}
		}
	})
	return n
}

// openCalls are the recorded rows whose answer is still being written.
type openCalls struct {
	mu   sync.Mutex
	rows map[string]portal.Request
}

func (o *openCalls) add(r portal.Request) {
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
