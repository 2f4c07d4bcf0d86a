package whatsapp

import (
	"net/http"

	"github.com/wppmarketing/developers/portal"
)

// Kind is what the caller has to do about an outcome.
type Kind string

// The kinds of outcome.
const (
	Accepted        Kind = "accepted"         // WhatsApp has it; delivery comes by callback
	Refused         Kind = "refused"          // permanent: the same message will never go out
	Throttled       Kind = "throttled"        // a limit of the number, the app or the account: slow the channel down
	PairLimited     Kind = "pair_limited"     // too many to this person: requeue only theirs
	RetryLater      Kind = "retry_later"      // not accepted, and it may be later
	ChannelStopped  Kind = "channel_stopped"  // nothing goes out of this number until somebody acts
	WindowClosed    Kind = "window_closed"    // only a template may go out
	TemplatePaused  Kind = "template_paused"  // the template goes out no more, or not for a while
	MarketingPaused Kind = "marketing_paused" // no marketing through this number for a while
	Unknown         Kind = "unknown"          // the answer was lost: never send again by yourself
)

// ProviderError is WhatsApp's own account of a failure. Branch on Code only:
// titles are going to disappear.
type ProviderError struct {
	Code    int
	Subcode int
	Title   string
	Details string
	Advice  string // what Meta says to a person about a management call, or ""
}

// kinds says what each class of WhatsApp's errors is to the caller. Codes that
// arrive by callback only have been seen in answers, too.
var kinds = map[portal.ProviderClass]Kind{
	portal.ProviderPermanent:      Refused,
	portal.ProviderRetry:          RetryLater,
	portal.ProviderRetryOnce:      RetryLater,
	portal.ProviderSlowChannel:    Throttled,
	portal.ProviderSlowPerson:     PairLimited,
	portal.ProviderStop:           ChannelStopped,
	portal.ProviderNeedsTemplate:  WindowClosed,
	portal.ProviderNotFound:       Refused,
	portal.ProviderOptOut:         Refused,
	portal.ProviderCapped:         Refused,
	portal.ProviderPauseTemplate:  TemplatePaused,
	portal.ProviderPauseMarketing: MarketingPaused,
}

// Classify sorts a refusal by its code, and by the HTTP status when the code is
// unknown or e is nil, which means that no error object could be read. Meta's
// own documents disagree on the status of limits, so the code comes first.
func Classify(httpStatus int, e *ProviderError) Kind {
	if e != nil {
		if row, known := portal.ProviderCodeOf(e.Code); known {
			return kinds[row.Class]
		}
	}
	switch {
	case httpStatus == http.StatusTooManyRequests:
		return Throttled
	case httpStatus == http.StatusUnauthorized:
		return ChannelStopped
	case httpStatus >= 500 && e == nil, httpStatus == http.StatusRequestTimeout:
		return Unknown // a gateway spoke, and the message may be behind it
	case httpStatus >= 500, httpStatus >= 300 && httpStatus < 400:
		return RetryLater
	default:
		return Refused
	}
}

// StopOf says what an error that stops a channel makes of it, and why.
func StopOf(e *ProviderError) (status, reason string) {
	if e != nil {
		if row, _ := portal.ProviderCodeOf(e.Code); row.Class == portal.ProviderStop {
			return row.State, row.Reason
		}
	}
	return portal.ChannelLoggedOut, portal.ReasonTokenExpired
}
