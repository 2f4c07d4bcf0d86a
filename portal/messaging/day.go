package messaging

import (
	"context"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Day is the use of the account's daily limit. A day is a moving 24 hours.
type Day struct {
	Limit    int        // 0 = none, and then Used is not counted
	Used     int        // messages accepted in the last 24 hours
	ResetsAt *time.Time // when the oldest of them leaves the day; nil without any
}

// Left returns how many messages may still be sent; nil means no limit.
func (d Day) Left() *int {
	if d.Limit == 0 {
		return nil
	}
	left := max(d.Limit-d.Used, 0)
	return &left
}

// Day reads the use of the account's daily limit.
func (s *Service) Day(ctx context.Context, a portal.Account, env portal.Environment) (d Day, err error) {
	defer portal.Wrap(&err, "Day")
	return readDay(s.store.Reader(ctx), a, portal.Tenant{AccountID: a.ID, Environment: env}, s.store.Now())
}

func readDay(r store.Reader, a portal.Account, t portal.Tenant, now time.Time) (Day, error) {
	given, err := r.MessagesPerDay(t.AccountID)
	if err != nil {
		return Day{}, err
	}
	return countDay(r, limitOf(given, a.Plan, t.Environment), t, now)
}

// limitOf returns the messages per day: what was given to the account, else its plan's.
func limitOf(given int, plan portal.Plan, env portal.Environment) int {
	if given != 0 {
		return given
	}
	return plan.MessagesPerDay(env)
}

func countDay(r store.Reader, limit int, t portal.Tenant, now time.Time) (d Day, err error) {
	if d.Limit = limit; limit == 0 {
		return d, nil
	}
	used, oldest, err := r.SentSince(t, now.Add(-24*time.Hour))
	d.Used = used
	if oldest != nil {
		resets := oldest.Add(24 * time.Hour)
		d.ResetsAt = &resets
	}
	return d, err
}

const (
	// dayAge is how long a count is believed.
	dayAge = time.Second
	// dayReserve is how far below the limit a count is believed. It is more
	// than all nodes together accept for one limit within dayAge.
	dayReserve = 1000
	// maxDays bounds the memory; who found no room is counted.
	maxDays = 10_000
)

// counts remembers for a moment how much of a limit of a day is used, by whom it
// is counted for, so that far from the limit not every message counts all of the
// day. The zero value is ready.
type counts[K comparable] struct {
	mu sync.Mutex
	of map[K]lately
}

type lately struct {
	at   time.Time
	used int
}

// farFrom reports whether the use was surely below the limit a moment ago,
// and how high it was at most, as far as this process knows.
func (d *counts[K]) farFrom(limit int, t K, now time.Time) (used int, far bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, known := d.of[t]
	age := now.Sub(l.at)
	return l.used, known && age >= 0 && age < dayAge && l.used+dayReserve < limit
}

func (d *counts[K]) counted(used int, t K, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil || len(d.of) >= maxDays {
		d.of = map[K]lately{}
	}
	d.of[t] = lately{now, used}
}

// add counts a message of this process.
func (d *counts[K]) add(t K) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l, known := d.of[t]; known {
		l.used++
		d.of[t] = l
	}
}
