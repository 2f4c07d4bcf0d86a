package simulator

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Memory is a Journal that keeps nothing beyond the process, for tests.
type Memory struct {
	mu     sync.Mutex
	now    func() time.Time
	phones []Phone
	people map[[2]string]Person // by phone-number-id and key
	owed   []Callback
	log    []Delivery
}

var _ Journal = (*Memory)(nil)

// NewMemory returns a journal that knows these phones. now may be nil.
func NewMemory(now func() time.Time, phones ...Phone) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, phones: phones, people: map[[2]string]Person{}}
}

// Phone returns the number with this phone-number-id.
func (j *Memory) Phone(_ context.Context, id string) (Phone, error) {
	return j.find(func(p Phone) bool { return p.ID == id })
}

// PhoneOf returns the number of a channel.
func (j *Memory) PhoneOf(_ context.Context, channelID string) (Phone, error) {
	return j.find(func(p Phone) bool { return p.ChannelID == channelID })
}

func (j *Memory) find(is func(Phone) bool) (Phone, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if i := slices.IndexFunc(j.phones, is); i >= 0 {
		return j.phones[i], nil
	}
	return Phone{}, portal.Refuse(portal.CodeNotFound)
}

// Phones returns the numbers of a business account.
func (j *Memory) Phones(_ context.Context, waba string) (list []Phone, _ error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range j.phones {
		if p.WABA == waba {
			list = append(list, p)
		}
	}
	return list, nil
}

// Configure changes the settings of a number.
func (j *Memory) Configure(_ context.Context, id string, change func(*Settings) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.phones, func(p Phone) bool { return p.ID == id })
	if i < 0 {
		return portal.Refuse(portal.CodeNotFound)
	}
	c := j.phones[i].Settings
	c.Rules, c.Blocked = slices.Clone(c.Rules), slices.Clone(c.Blocked)
	if err := change(&c); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	j.phones[i].Settings = c
	return nil
}

// Person returns what is known about a person.
func (j *Memory) Person(_ context.Context, ph Phone, key string) (Person, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.people[[2]string{ph.ID, key}]
	p.Key = key
	return p, nil
}

// People returns the people a number knows.
func (j *Memory) People(_ context.Context, ph Phone, limit int) ([]Person, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := []Person{}
	for key, p := range j.people {
		if key[0] == ph.ID {
			p.Key = key[1]
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b Person) int {
		return cmp.Or(b.WroteAt.Compare(a.WroteAt), cmp.Compare(a.Key, b.Key))
	})
	return list[:min(limit, len(list))], nil
}

// SetPerson changes what is known about a person.
func (j *Memory) SetPerson(_ context.Context, ph Phone, key string, change func(*Person)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.people[[2]string{ph.ID, key}]
	change(&p)
	j.people[[2]string{ph.ID, key}] = p
	return nil
}

// Schedule keeps callbacks.
func (j *Memory) Schedule(_ context.Context, callbacks []Callback) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.owed = append(j.owed, callbacks...)
	return nil
}

// Deliver calls send for the due callbacks, one after the other, and postpones
// by a second those that it refuses.
func (j *Memory) Deliver(_ context.Context, limit int, send func([]Callback) error) (int, error) {
	due := j.claim(limit)
	for _, cb := range due {
		start := time.Now()
		err := send([]Callback{cb})
		d := Delivery{
			ID: portal.NewID(deliveryPrefix), Callback: cb.ID, ChannelID: cb.ChannelID, At: j.now(), Took: time.Since(start), Body: cb.Body,
			Status: StatusOf(err),
		}
		j.mu.Lock()
		j.log = append(j.log, d)
		if n := len(j.log); n > maxDeliveries {
			j.log = slices.Clone(j.log[n-maxDeliveries:])
		}
		if err != nil && !errors.Is(err, ErrPanicked) {
			cb.DueAt = j.now().Add(time.Second)
			j.owed = append(j.owed, cb)
		}
		j.mu.Unlock()
	}
	return len(due), nil
}

func (j *Memory) claim(limit int) []Callback {
	j.mu.Lock()
	defer j.mu.Unlock()
	slices.SortStableFunc(j.owed, func(a, b Callback) int { return a.DueAt.Compare(b.DueAt) })
	n, now := 0, j.now()
	for n < min(limit, len(j.owed)) && !j.owed[n].DueAt.After(now) {
		n++
	}
	due := slices.Clone(j.owed[:n])
	j.owed = slices.Clone(j.owed[n:])
	return due
}

// Pass has time pass.
func (j *Memory) Pass(_ context.Context, ph Phone, d time.Duration) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, cb := range j.owed {
		if cb.ChannelID == ph.ChannelID {
			j.owed[i].DueAt = cb.DueAt.Add(-d)
		}
	}
	for key, p := range j.people {
		if key[0] == ph.ID && !p.WroteAt.IsZero() {
			p.WroteAt = p.WroteAt.Add(-d)
			j.people[key] = p
		}
	}
	return nil
}

// Deliveries returns the latest tries.
func (j *Memory) Deliveries(_ context.Context, ph Phone, limit int) (list []Delivery, _ error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.log) - 1; i >= 0 && len(list) < limit; i-- {
		if j.log[i].ChannelID == ph.ChannelID {
			list = append(list, j.log[i])
		}
	}
	return list, nil
}

// Owed tells what waits.
func (j *Memory) Owed(_ context.Context, ph Phone) (n int, next time.Time, _ error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, cb := range j.owed {
		if cb.ChannelID != ph.ChannelID {
			continue
		}
		if n++; next.IsZero() || cb.DueAt.Before(next) {
			next = cb.DueAt
		}
	}
	return n, next, nil
}
