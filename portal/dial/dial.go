// Package dial makes HTTP clients that call addresses which customers chose, and
// reach nobody inside: not this machine, its network, or a metadata service.
//
// The address is checked when it is dialed, after the name was resolved, so a
// name that changes its mind between a check and the call gains nothing. The
// scheme is https; no redirect is followed, no proxy is used. Ranges that the
// operator permits (WPP_WEBHOOK_ALLOW_CIDRS) may be reached although private,
// and with plain http, which leads nowhere else.
//
// It must not know what is called or why. Known weakness: a public address that
// forwards to a private one cannot be told from any other.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// What a guarded client refuses; both are found with errors.Is behind the errors of net/http.
var (
	ErrAddress = errors.New("the address is not public")
	ErrScheme  = errors.New("only https is called")
)

// Options of a Client.
type Options struct {
	Permitted []netip.Prefix // private ranges that may be reached, also by plain http
	Resolver  *net.Resolver  // nil = the system's
	Timeout   time.Duration  // of a whole call, the body included; 0 = 15 s
	Idle      int            // connections kept open to a host between calls; 0 = 2
}

const (
	defaultTimeout = 15 * time.Second
	maxHeader      = 32 << 10 // of an answer; one with more is none
)

// Client returns a client for addresses that customers chose. A redirect is the
// answer itself, not followed.
func Client(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Idle == 0 {
		o.Idle = 2
	}
	return &http.Client{
		Transport:     &transport{https: o.transport(o.public), http: o.transport(o.permitted)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       o.Timeout,
	}
}

// transport keeps the connections of the two schemes apart: one that was let
// through for https must never carry http.
type transport struct{ https, http http.RoundTripper }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	switch r.URL.Scheme {
	case "https":
		return t.https.RoundTrip(r)
	case "http":
		return t.http.RoundTrip(r)
	}
	return nil, ErrScheme
}

func (o Options) transport(check func(netip.Addr) error) http.RoundTripper {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: o.Resolver, ControlContext: control(check)}
	return &http.Transport{
		Proxy:                 nil, // a proxy would dial for us, unchecked
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   o.Idle,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: o.Timeout,

		MaxResponseHeaderBytes: maxHeader,
	}
}

// control checks each address that is about to be connected to.
func control(check func(netip.Addr) error) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return ErrAddress
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: it cannot be read", ErrAddress)
		}
		return check(at.Addr())
	}
}

func (o Options) public(ip netip.Addr) error {
	if portal.PublicAddr(ip) || portal.Permitted(ip, o.Permitted) {
		return nil
	}
	return ErrAddress
}

func (o Options) permitted(ip netip.Addr) error {
	if portal.Permitted(ip, o.Permitted) {
		return nil
	}
	return ErrScheme
}
