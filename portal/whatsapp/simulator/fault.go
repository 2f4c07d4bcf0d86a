package simulator

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// fault is an error as the Cloud API answers it.
type fault struct {
	status    int
	code      int
	subcode   int
	title     string
	details   string
	heading   string // for people, of a management call
	advice    string
	transient bool

	bare       bool          // the answer holds no error object, as from a gateway
	retryAfter time.Duration // 0 = the header is left out
}

func (f *fault) Error() string { return fmt.Sprintf("(#%d) %s", f.code, f.title) }

// body is Meta's error object.
func (f *fault) body(trace string) any {
	if f.bare {
		return map[string]any{"message": http.StatusText(f.status)}
	}
	object := map[string]any{
		"message":    f.Error(),
		"type":       "OAuthException",
		"code":       f.code,
		"fbtrace_id": trace,
	}
	if f.subcode != 0 {
		object["error_subcode"] = f.subcode
	}
	if f.details != "" {
		object["error_data"] = map[string]string{"messaging_product": "whatsapp", "details": f.details}
	}
	if f.advice != "" {
		object["error_user_title"], object["error_user_msg"], object["is_transient"] = f.heading, f.advice, false
	}
	if f.transient {
		object["is_transient"] = true
	}
	return map[string]any{"error": object}
}

var (
	errNoToken     = &fault{status: http.StatusUnauthorized, code: 190, title: "Access token is missing", details: "Send it as Authorization: Bearer."}
	errBadToken    = &fault{status: http.StatusUnauthorized, code: 190, title: "Invalid OAuth access token"}
	errExpired     = &fault{status: http.StatusUnauthorized, code: 190, subcode: 463, title: "Error validating access token: Session has expired"}
	errUnknownPath = &fault{status: http.StatusBadRequest, code: 2500, title: "Unknown path components"}
	errTemporary   = &fault{status: http.StatusServiceUnavailable, code: 2, title: "Service temporarily unavailable", transient: true}
	errToOneself   = &fault{status: http.StatusBadRequest, code: 131021, title: "Recipient cannot be sender"}
)

func noObject(method string) *fault {
	return &fault{
		status: http.StatusBadRequest, code: 100, subcode: 33,
		title:   fmt.Sprintf("Unsupported %s request", method),
		details: "The object does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
	}
}

// isNoObject reports whether err is what noObject returns.
func isNoObject(err error) bool {
	var f *fault
	return errors.As(err, &f) && f.code == 100 && f.subcode == 33
}

func invalid(details string) *fault {
	return &fault{status: http.StatusBadRequest, code: 100, title: "Invalid parameter", details: details}
}

func missing(details string) *fault {
	return &fault{status: http.StatusBadRequest, code: 131008, title: "Required parameter is missing", details: details}
}

func badValue(details string) *fault {
	return &fault{status: http.StatusBadRequest, code: 131009, title: "Parameter value is not valid", details: details}
}

func refused(code int, title, details string) *fault {
	return &fault{status: http.StatusBadRequest, code: code, title: title, details: details}
}

// explained is a preset with its reason.
func explained(code int, details string) *fault {
	f := preset(code)
	f.details = details
	return f
}

// newTrace returns a fresh fbtrace_id.
func newTrace() string { return "A" + rand.Text() }
