package api

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/limits"
)

const consoleRate = 5 // requests per second of the API reference

// limiter counts calls; *limits.Limits is one. At most one second's quota may
// be used at once.
type limiter interface {
	Allow(ctx context.Context, key string, perSecond int) (limits.State, error)
}

// limit counts the call and sets the headers of its token's limit. Every call
// of a known caller counts, the refused ones too.
func (a *API) limit(c *call) error {
	limit := c.rate()
	if limit == nil {
		return nil
	}
	rate, key, policy := *limit, c.caller.Token.ID, "token"
	if c.caller.Console {
		key, policy = c.caller.UserID, "console"
	}
	state, err := a.Limits.Allow(c.r.Context(), key, rate)
	if err != nil {
		return err
	}
	c.left = &state.Left
	c.answer.header.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=1", policy, rate))
	c.answer.header.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", policy, state.Left, seconds(state.Wait)))
	if state.Refused {
		return &portal.Error{Code: portal.CodeRateLimited, RetryAfter: state.Wait}
	}
	return nil
}

// rate returns the caller's requests per second, nil for no limit.
func (c *call) rate() *int {
	rate := c.caller.Token.RateLimit
	if rate == 0 {
		rate = c.caller.Account.Plan.RequestsPerSecond()
	}
	if c.caller.Console {
		rate = consoleRate
	}
	if rate == 0 {
		return nil
	}
	return &rate
}

// limitDay sets the headers of a limit of a day that is used up.
func (c *call) limitDay(refusal *portal.Error) {
	wait := strconv.Itoa(seconds(refusal.RetryAfter))
	h := c.answer.header
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=86400", refusal.Policy, refusal.Quota))
	h.Set("RateLimit", fmt.Sprintf("%q;r=0;t=%s", refusal.Policy, wait))
	h.Set("Retry-After", wait)
}

// seconds rounds up to whole seconds, at least one.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
