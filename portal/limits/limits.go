// Package limits counts how often something is done: calls of the API by
// token, wrong passwords by address and account. With Redis or Valkey the
// counts are shared by all nodes; without, each node has its own.
//
// It must never be the reason that a request fails or waits: a call of Redis
// that takes longer than 200 ms, or fails, ends the sharing until a probe, one
// a second in Run, succeeds again. Meanwhile each node counts for itself.
// Logged is the change, not each call. What may be guessed at, such as an
// e-mail address, is in Redis only as a keyed hash.
//
// Both uses are one algorithm (GCRA: a key has a debt that time pays off), and
// in Redis one script, so that a count is one atomic round trip. The shared
// limits of the throttled library read, compare and swap instead: with 16
// calls of one token at a time a fifth of them failed after ten tries, with 64
// three fifths. The node's own limits on calls are counted by that library.
//
// Known weaknesses. When Redis comes or goes, the counts start anew, so that a
// caller may get its quota once more. One Redis address is used: a cluster or
// a sentinel needs a proxy in front. Shared intervals are whole microseconds.
package limits

import (
	"context"
	"log/slog"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"

	"github.com/wppmarketing/developers/portal"
)

const (
	remembered = 1 << 16 // callers that a node's own limits remember; an older one starts afresh
	swaps      = 1000    // tries to count a call beside others of its key; ten, the library's default, can fail
)

// Options say where the counts are.
type Options struct {
	RedisURL  string       // redis://, rediss:// or unix://; empty = each node for itself
	SecretKey []byte       // the platform's, 32 bytes; required with RedisURL
	Logger    *slog.Logger // nil = discard
}

// LogValue hides the key and the password inside the address.
func (o Options) LogValue() slog.Value { return slog.GroupValue(slog.Bool("redis", o.RedisURL != "")) }

// Limits counts. It is safe for concurrent use.
type Limits struct {
	tries  *tries
	calls  throttled.GCRAStoreCtx
	shared *shared // nil: not shared
}

// New returns limits, shared when o has an address. Redis need not be there yet.
func New(o Options) (l *Limits, err error) {
	l = Local(time.Now)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.RedisURL != "" {
		l.shared, err = newShared(o)
	}
	return l, err
}

// Local returns limits of this process alone. Tries are counted by the clock
// now, calls by the time of the machine.
func Local(now func() time.Time) *Limits {
	calls, _ := memstore.NewCtx(remembered) // fails for a size below one only
	return &Limits{tries: newTries(now), calls: calls}
}

// State is how a key stands after a call.
type State struct {
	Refused bool
	Left    int           // calls that may be made at once
	Wait    time.Duration // when refused: until the next may be made; else until all are back
}

// Allow counts a call of the key, of which perSecond are allowed in a second,
// at once or spread. A refused call does not count.
func (l *Limits) Allow(ctx context.Context, key string, perSecond int) (s State, err error) {
	defer portal.Wrap(&err, "Allow")
	if l.shared != nil {
		d := Debt{Burst: perSecond, Every: time.Second / time.Duration(perSecond)}
		if owed, ok := l.shared.take(ctx, []string{"rate:" + key}, []Debt{d}); ok {
			return d.state(owed[0]), nil
		}
	}
	gcra, err := throttled.NewGCRARateLimiterCtx(l.calls, throttled.RateQuota{MaxRate: throttled.PerSec(perSecond), MaxBurst: perSecond - 1})
	if err != nil {
		return s, err
	}
	gcra.SetMaxCASAttemptsLimit(swaps)
	refused, state, err := gcra.RateLimitCtx(ctx, key, 1)
	if err != nil {
		return s, &portal.Error{Code: portal.CodeOverloaded, Cause: err}
	}
	if refused {
		return State{Refused: true, Left: state.Remaining, Wait: state.RetryAfter}, nil
	}
	return State{Left: state.Remaining, Wait: state.ResetAfter}, nil
}

// Debt is what a key may owe: Burst tries at once, then one every so often.
type Debt struct {
	Key   string
	Burst int
	Every time.Duration
	// Lenient debts are counted and never refuse. Beyond the burst theirs stops
	// growing, so that it ends soon after the tries do.
	Lenient bool
}

// owed is a debt after a try was counted, or refused.
type owed struct {
	wait time.Duration // above zero: there was too much of it before the try
	left time.Duration // until it is paid
}

func (d Debt) state(o owed) State {
	every := max(d.Every.Truncate(time.Microsecond), time.Microsecond)
	left := max(0, int((time.Duration(d.Burst)*every-o.left)/every))
	if o.wait > 0 {
		return State{Refused: true, Left: left, Wait: o.wait}
	}
	return State{Left: left, Wait: o.left}
}

// Try is a try that was counted, or refused.
type Try struct {
	Wait   time.Duration // above zero: refused and not counted; how long until the next
	Beyond bool          // a lenient debt has grown beyond its burst
	undo   func()
}

// GiveBack takes a counted try out of the count again.
func (t Try) GiveBack() {
	if t.undo != nil {
		t.undo()
	}
}

// Take counts a try against all debts, or against none when one refuses.
func (l *Limits) Take(ctx context.Context, debts ...Debt) Try {
	if l.shared != nil {
		keys := l.shared.hidden(debts)
		if all, ok := l.shared.take(ctx, keys, debts); ok {
			return newTry(debts, all, func() { l.shared.giveBack(ctx, keys, debts) })
		}
	}
	return newTry(debts, l.tries.take(debts), func() { l.tries.giveBack(debts) })
}

func newTry(debts []Debt, all []owed, undo func()) (t Try) {
	for i, d := range debts {
		if d.Lenient {
			t.Beyond = t.Beyond || all[i].wait > 0
		} else {
			t.Wait = max(t.Wait, all[i].wait)
		}
	}
	if t.Wait == 0 {
		t.undo = undo
	}
	return t
}

// Degraded reports that the counts should be shared and are not at the moment.
func (l *Limits) Degraded() bool { return l.shared != nil && l.shared.away.Load() }

// Run keeps finding out whether Redis is there, until ctx ends.
func (l *Limits) Run(ctx context.Context) error {
	if l.shared != nil {
		l.shared.watch(ctx)
	}
	return nil
}

// Server asks Redis for its name and version; "" when the counts are not shared.
func (l *Limits) Server(ctx context.Context) (name string, err error) {
	if l.shared == nil {
		return "", nil
	}
	return l.shared.server(ctx)
}

// Close ends the connections.
func (l *Limits) Close() error {
	if l.shared == nil {
		return nil
	}
	return l.shared.client.Close()
}
