package whatsapp

import (
	"net/http"

	"github.com/wppmarketing/developers/portal"
)

// Kind is what the caller has to do about an outcome.
type Kind string

// The kinds of outcome.
const (
	Accepted       Kind = "accepted"        // WhatsApp has it; delivery comes by callback
	Refused        Kind = "refused"         // permanent: the same message will never go out
	Throttled      Kind = "throttled"       // a limit of the number, the app or the account: slow the channel down
	PairLimited    Kind = "pair_limited"    // too many to this person: requeue only theirs
	RetryLater     Kind = "retry_later"     // not accepted, and it may be later
	ChannelStopped Kind = "channel_stopped" // nothing goes out of this number until somebody acts
	WindowClosed   Kind = "window_closed"   // only a template may go out
	Unknown        Kind = "unknown"         // the answer was lost: never send again by yourself
)

// ProviderError is WhatsApp's own account of a failure. Branch on Code only:
// titles are going to disappear.
type ProviderError struct {
	Code    int
	Subcode int
	Title   string
	Details string
}

// meanings maps Meta's error codes to what they ask of us, in order of code;
// what is missing is judged by its HTTP status. Codes that arrive by callback
// only (131049, 131050) are here because they have been seen in answers too.
var meanings = []struct {
	from, to int
	kind     Kind
}{
	{0, 0, ChannelStopped},           // authentication
	{1, 2, RetryLater},               // unknown; temporary downtime
	{3, 3, ChannelStopped},           // capability missing
	{4, 4, Throttled},                // calls of the app
	{10, 10, ChannelStopped},         // permission denied
	{17, 17, Throttled},              // calls of the user
	{33, 33, ChannelStopped},         // the number was deleted
	{100, 100, Refused},              // invalid parameter; subcode 33: no such object
	{190, 190, ChannelStopped},       // token invalid or expired
	{200, 299, ChannelStopped},       // permission denied
	{368, 368, ChannelStopped},       // blocked for policy
	{80007, 80008, Throttled},        // calls of the business account
	{130403, 130403, Refused},        // the business blocked this person
	{130429, 130429, Throttled},      // throughput of the number
	{130472, 130472, Refused},        // the person is in an experiment
	{130497, 130497, Refused},        // country restricted
	{131000, 131000, RetryLater},     // something went wrong
	{131005, 131005, ChannelStopped}, // access denied
	{131008, 131009, Refused},        // parameter missing; invalid
	{131016, 131016, RetryLater},     // service unavailable
	{131021, 131021, Refused},        // recipient is the sender
	{131026, 131026, Refused},        // undeliverable: no WhatsApp, old app, blocked
	{131030, 131030, Refused},        // recipient not allowed for a test number
	{131031, 131031, ChannelStopped}, // account locked
	{131042, 131042, ChannelStopped}, // payment
	{131045, 131045, ChannelStopped}, // certificate
	{131047, 131047, WindowClosed},   // more than 24 h since the person wrote
	{131048, 131048, Throttled},      // too many marked as spam
	{131049, 131053, Refused},        // marketing cap; stopped marketing; type; media
	{131055, 131055, RetryLater},     // marketing endpoint
	{131056, 131056, PairLimited},    // too many to this person
	{131057, 131057, RetryLater},     // maintenance of the number, a minute
	{131058, 131058, Refused},        // hello_world from a number that is not a test number
	{131063, 131063, RetryLater},     // marketing endpoint
	{131064, 131064, Refused},        // template category enforced
	{132000, 132068, Refused},        // templates: parameters, missing, paused, disabled, flows
	{132069, 132069, RetryLater},     // flow limited to ten an hour
	{133000, 133003, ChannelStopped}, // registration of the number
	{133004, 133004, RetryLater},     // registration server unavailable
	{133005, 133016, ChannelStopped}, // registration: PIN, number not registered
	{134100, 134102, RetryLater},     // marketing endpoint, template still syncing
	{135000, 135000, Refused},        // generic
}

// Classify sorts a refusal by its code, and by the HTTP status when the code is
// unknown or e is nil, which means that no error object could be read. Meta's
// own documents disagree on the status of limits, so the code comes first.
func Classify(httpStatus int, e *ProviderError) Kind {
	if e != nil {
		for _, m := range meanings {
			if m.from <= e.Code && e.Code <= m.to {
				return m.kind
			}
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
	if e == nil {
		return portal.ChannelLoggedOut, portal.ReasonTokenExpired
	}
	switch code := e.Code; {
	case code == 368, code == 131031:
		return portal.ChannelBlocked, portal.ReasonPolicy
	case code == 131042:
		return portal.ChannelBlocked, portal.ReasonPayment
	case code == 33, code == 131045, code >= 133000 && code <= 133016:
		return portal.ChannelLoggedOut, portal.ReasonNotRegistered
	case code == 3, code == 10, code >= 200 && code <= 299, code == 131005:
		return portal.ChannelLoggedOut, portal.ReasonPermission
	}
	return portal.ChannelLoggedOut, portal.ReasonTokenExpired
}
