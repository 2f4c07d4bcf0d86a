package accounts

import (
	"net/netip"
	"sync"
	"time"
)

// allowance lets burst tries through at once and then one every so often (GCRA).
type allowance struct {
	burst int
	every time.Duration
}

// What wrong passwords are counted by. The narrowest refuses first, so that a
// guesser is stopped before the people who share an address or an account with
// them notice. The account alone never refuses: that would lock its owner out.
var (
	perPair    = allowance{burst: 5, every: 30 * time.Second}  // one account from one address
	perAddress = allowance{burst: 20, every: 15 * time.Second} // any account from one address
	perAccount = allowance{burst: 20, every: 60 * time.Second} // one account from anywhere: beyond it, slower
)

// maxKeys bounds the memory of the counters.
const maxKeys = 100_000

// guesses counts wrong passwords. A try is counted before it is checked, so
// that parallel ones cannot slip through, and given back when it was right.
type guesses struct {
	now func() time.Time

	mu  sync.Mutex
	due map[string]time.Time // when the key's debt is paid: GCRA's theoretical arrival time
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, due: map[string]time.Time{}}
}

// entry is a counted try.
type entry struct {
	g        *guesses
	debts    []debt
	attacked bool // the account sees many wrong passwords from anywhere
}

type debt struct {
	key   string
	limit allowance
}

// take counts a try; wait above zero means that it is refused and not counted.
func (g *guesses) take(email, ip string) (e entry, wait time.Duration) {
	address := network(ip)
	pair := debt{"pair " + address + " " + email, perPair}
	whole := debt{"address " + address, perAddress}
	account := debt{"account " + email, perAccount}

	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	wait = max(g.wait(pair, now), g.wait(whole, now))
	if wait > 0 {
		return entry{}, wait
	}
	e = entry{g: g, debts: []debt{pair, whole, account}, attacked: g.wait(account, now) > 0}
	for _, d := range e.debts {
		g.add(d, now)
	}
	return e, 0
}

// giveBack takes the try out of the count again.
func (e entry) giveBack() {
	e.g.mu.Lock()
	defer e.g.mu.Unlock()
	for _, d := range e.debts {
		if due, ok := e.g.due[d.key]; ok {
			e.g.due[d.key] = due.Add(-d.limit.every)
		}
	}
}

// wait returns how long until the key may try again.
func (g *guesses) wait(d debt, now time.Time) time.Duration {
	return max(0, g.due[d.key].Add(-time.Duration(d.limit.burst-1)*d.limit.every).Sub(now))
}

func (g *guesses) add(d debt, now time.Time) {
	due, known := g.due[d.key]
	if !known && len(g.due) >= maxKeys {
		g.shrink(now)
	}
	if due.Before(now) {
		due = now
	}
	// Beyond the burst an account's debt stops growing: it must end soon after the attack does.
	g.due[d.key] = minTime(due.Add(d.limit.every), now.Add(time.Duration(d.limit.burst+1)*d.limit.every))
}

// shrink forgets paid debts, and some of the others if that frees nothing.
func (g *guesses) shrink(now time.Time) {
	for key, due := range g.due {
		if due.Before(now) {
			delete(g.due, key)
		}
	}
	for key := range g.due {
		if len(g.due) < maxKeys {
			return
		}
		delete(g.due, key)
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// network returns what one customer of a network provider holds: an IPv4
// address, or the /64 of an IPv6 one.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}
