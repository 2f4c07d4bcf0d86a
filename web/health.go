package web

import (
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthz says that the process answers.
func (d *door) healthz(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n")
}

// readyz says that requests can be served: the database answers, and takes
// writes again if it had refused one.
func (d *door) readyz(w http.ResponseWriter, r *http.Request) {
	if err := d.Store.Ready(r.Context()); err != nil {
		d.Logger.Error("not ready", "error", err)
		http.Error(w, "The database cannot be read or written. The log of this program says why; it goes on by itself once it can.", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

// metrics serves Prometheus' text to the bearer of the metrics token or, when
// none is set, to a loopback peer that no proxy stands before; 404 to others.
func (d *door) metrics(w http.ResponseWriter, r *http.Request) {
	var allowed bool
	if d.MetricsToken != "" {
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		allowed = subtle.ConstantTimeCompare([]byte(bearer), []byte(d.MetricsToken)) == 1
	} else {
		allowed = peer(r).IsLoopback() && !forwarded(r.Header)
	}
	if !allowed {
		http.NotFound(w, r)
		return
	}
	promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

func forwarded(h http.Header) bool {
	return h.Get("Forwarded") != "" || h.Get("X-Forwarded-For") != "" || h.Get("X-Real-Ip") != ""
}

// peer returns the address of the other end of the connection, zero if unknown.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap()
}

// ClientIP returns a function that tells a request's client: the peer, or, when
// the peer is a trusted proxy, the rightmost address of X-Forwarded-For that is
// not one. An unreadable entry ends the walk at the proxy that wrote it.
func ClientIP(proxies []netip.Prefix) func(*http.Request) netip.Addr {
	trusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return func(r *http.Request) netip.Addr {
		client := peer(r)
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0 && trusted(client); i-- {
			addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			client = addr.Unmap()
		}
		return client
	}
}
