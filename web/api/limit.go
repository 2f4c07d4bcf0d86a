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

// limitDay sets the headers of an account that has used up its messages of the day.
func (c *call) limitDay() {
	d, err := c.api.Messaging.Day(c.r.Context(), c.caller.Account, c.caller.Environment)
	if err != nil || d.Limit == 0 || d.ResetsAt == nil {
		return
	}
	wait := strconv.Itoa(seconds(d.ResetsAt.Sub(c.at)))
	h := c.answer.header
	h.Set("RateLimit-Policy", fmt.Sprintf(`"account-day";q=%d;w=86400`, d.Limit))
	h.Set("RateLimit", `"account-day";r=0;t=`+wait)
	h.Set("Retry-After", wait)
}

// seconds rounds up to whole seconds, at least one.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
