package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Settings are what a phone does differently from a healthy number. The zero
// value is a healthy number whose limits are not counted.
type Settings struct {
	Chaos    Chaos           `json:"chaos"`
	Rules    []Rule          `json:"rules,omitempty"`
	Limits   Limits          `json:"limits"`
	Callback string          `json:"callback_url,omitempty"` // overrides the one of the start; only over the network
	Unheard  bool            `json:"unsubscribed,omitempty"` // nobody subscribed: no callbacks are made
	Leaving  Registration    `json:"registration,omitzero"`
	Blocked  []string        `json:"blocked,omitempty"` // digits of the people this number blocks
	Profile  json.RawMessage `json:"profile,omitempty"`
	Ahead    Seconds         `json:"time_passed,omitempty"` // what Pass added up to
	People   bool            `json:"people,omitempty"`      // somebody differs from what their number says
}

// Chaos are the switches of the phone page. They leave the numbers with a
// fixed behavior alone, but for LoggedOut and TokenExpired.
type Chaos struct {
	Duplicates     bool    `json:"duplicates,omitempty"`      // every callback twice
	Disorder       bool    `json:"disorder,omitempty"`        // the last status first
	Delay          Seconds `json:"delay,omitempty"`           // of every status
	Unread         bool    `json:"unread,omitempty"`          // nobody reads
	NeverDelivered bool    `json:"never_delivered,omitempty"` // taken, and no more is heard of it
	NotFound       bool    `json:"not_found,omitempty"`       // 131026, by status
	WindowClosed   bool    `json:"window_closed,omitempty"`   // 131047, whoever wrote when
	WindowIgnored  bool    `json:"window_ignored,omitempty"`  // the window is not asked for at all
	Slow           bool    `json:"slow,omitempty"`            // answers after five seconds
	Drop           bool    `json:"drop,omitempty"`            // takes the message and hangs up
	LoggedOut      bool    `json:"logged_out,omitempty"`      // 190
	TokenExpired   bool    `json:"token_expired,omitempty"`   // 190, subcode 463
}

// out reports whether the phone may not speak at all.
func (c Chaos) out() bool { return c.LoggedOut || c.TokenExpired }

// Limits are what is counted; zero counts nothing. The counts are those of one
// process and begin anew with it.
type Limits struct {
	Throughput int  `json:"throughput,omitempty"` // messages a second; 130429 beyond
	Pair       bool `json:"pair,omitempty"`       // one in six seconds to a person, 45 at once; 131056 beyond
	Portfolio  int  `json:"portfolio,omitempty"`  // people outside the window in 24 hours; 131048 beyond
}

// UsualLimits are those of a new number of Meta.
var UsualLimits = Limits{Throughput: 80, Pair: true, Portfolio: 250}

// Registration is where a number stands between its owner and the Cloud API.
type Registration struct {
	Deregistered bool   `json:"deregistered,omitempty"` // sends end with 133010
	PIN          string `json:"pin,omitempty"`          // of two-step verification, once set
	Code         string `json:"code,omitempty"`         // asked for and not yet given back
	Unverified   bool   `json:"unverified,omitempty"`
}

// Seconds is a duration that JSON writes as a number of seconds.
type Seconds time.Duration

// MarshalJSON writes seconds.
func (s Seconds) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).Seconds()) }

// UnmarshalJSON reads seconds.
func (s *Seconds) UnmarshalJSON(raw []byte) error {
	var n float64
	if err := json.Unmarshal(raw, &n); err != nil || n < 0 || n > maxSeconds {
		return errors.New("a duration is a number of seconds")
	}
	*s = Seconds(n * float64(time.Second))
	return nil
}

// Drop removes a rule and reports whether it was there.
func (s *Settings) Drop(rule string) bool {
	n := len(s.Rules)
	s.Rules = slices.DeleteFunc(s.Rules, func(r Rule) bool { return r.ID == rule })
	return len(s.Rules) < n
}

const prefixRule = "rul"

const (
	maxSeconds = 400 * 24 * 3600
	maxRules   = 50
)

// Check refuses settings that cannot be kept, and gives every rule an id.
func (s *Settings) Check() error {
	bad := func(pointer, code string) error {
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: code})
	}
	if len(s.Rules) > maxRules {
		return bad("/rules", portal.FieldTooMany)
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.ID == "" {
			r.ID = portal.NewID(prefixRule)
		}
		if pointer := r.problem(); pointer != "" {
			return bad(fmt.Sprintf("/rules/%d%s", i, pointer), portal.FieldInvalidValue)
		}
	}
	if s.Limits.Throughput < 0 || s.Limits.Portfolio < 0 {
		return bad("/limits", portal.FieldOutOfRange)
	}
	if s.Callback != "" {
		u, err := url.Parse(s.Callback)
		if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
			return bad("/callback_url", portal.FieldInvalidFormat)
		}
	}
	return nil
}
