package api

import (
	"fmt"
	"math"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/memstore"

	"github.com/wppmarketing/developers/portal"
)

const (
	consoleRate   = 5       // requests per second of the API reference
	limitedTokens = 1 << 16 // callers remembered; an older one starts afresh
)

// limiter counts requests per token by GCRA, whose burst is one second's quota.
type limiter struct {
	memory throttled.GCRAStoreCtx
}

func newLimiter() (*limiter, error) {
	m, err := memstore.NewCtx(limitedTokens)
	return &limiter{memory: m}, err
}

// limit counts the call and sets the headers of its token's limit. Every call
// of a known caller counts, the refused ones too.
func (a *API) limit(c *call) error {
	key, policy, rate := c.caller.Token.ID, "token", c.caller.Token.RateLimit
	if rate == 0 {
		rate = c.caller.Account.Plan.RequestsPerSecond()
	}
	if c.caller.Console {
		key, policy, rate = c.caller.UserID, "console", consoleRate
	}
	if rate == 0 {
		return nil
	}
	gcra, err := throttled.NewGCRARateLimiterCtx(a.limits.memory, throttled.RateQuota{MaxRate: throttled.PerSec(rate), MaxBurst: rate - 1})
	if err != nil {
		return fmt.Errorf("make the limiter: %w", err)
	}
	refused, state, err := gcra.RateLimitCtx(c.r.Context(), key, 1)
	if err != nil {
		return &portal.Error{Code: portal.CodeOverloaded, Cause: err}
	}
	wait := state.ResetAfter
	if refused {
		wait = state.RetryAfter
	}
	c.answer.header.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=1", policy, rate))
	c.answer.header.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", policy, state.Remaining, seconds(wait)))
	if refused {
		return &portal.Error{Code: portal.CodeRateLimited, RetryAfter: wait}
	}
	return nil
}

// seconds rounds up to whole seconds, at least one.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
