// Package web is the front door: the route table, the order of the middleware,
// the headers that every answer carries, and the health and metrics endpoints.
//
// It knows which room serves a path and nothing of what is inside. TLS is the
// proxy's work: the server speaks plain HTTP. Known weakness: limits on slow
// clients are the timeouts of net/http, there is no limit on connections.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/static"
	"github.com/wppmarketing/developers/web/dashboard"
	"github.com/wppmarketing/developers/web/session"
)

// Options are the rooms behind the door. All are required but MetricsToken.
type Options struct {
	API          http.Handler // /v1/ and /openapi/
	Operations   []string     // patterns of the API, for logs and metrics
	Dashboard    *dashboard.Dashboard
	Messaging    *messaging.Service
	Channels     *channels.Service
	Sessions     *session.Manager
	Store        *store.Store
	Metrics      prometheus.Gatherer
	Latency      prometheus.ObserverVec // seconds to answer, by route and status class
	MetricsToken string                 // bearer of /metrics; "" = loopback peers only
	HTTPS        bool                   // the base URL is https
	Logger       *slog.Logger
}

// New returns the handler of every path of the program.
func New(o Options) (http.Handler, error) {
	d := &door{Options: o}
	compress, err := newCompressor()
	if err != nil {
		return nil, err
	}
	pages := http.NewServeMux()
	for _, rt := range o.Dashboard.Routes() {
		pages.Handle(rt.Pattern, named(rt.Pattern, o.Dashboard.Handler(rt)))
	}
	pages.Handle("/", strangers(pages, o.Dashboard.NotFound, o.Dashboard.WrongMethod))
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(crossSite))

	mux := http.NewServeMux()
	v1 := o.Sessions.Console(o.API)
	for _, pattern := range o.Operations {
		mux.Handle(pattern, named(pattern, v1))
	}
	mux.Handle("/v1/", v1)
	mux.Handle("/openapi/", compress(o.API))
	mux.Handle("/assets/", apidocs.Assets())
	mux.Handle("/static/", static.Handler())
	mux.HandleFunc("GET /hooks/whatsapp/{channel_id}", d.verifyCallback)
	mux.HandleFunc("POST /hooks/whatsapp/{channel_id}", d.receiveCallback)
	mux.HandleFunc("GET /healthz", d.healthz)
	mux.HandleFunc("GET /readyz", d.readyz)
	mux.HandleFunc("GET /metrics", d.metrics)
	mux.Handle("/", securePages(sameOrigin.Handler(limitForm(compress(o.Sessions.Middleware(pages))))))
	return d.observe(d.secure(keepPaths(v1, mux))), nil
}

// strangers answers what no route of the pages serves: a path that is there
// under another method names it, any other path is not found.
func strangers(pages *http.ServeMux, notFound, wrongMethod http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
			if _, pattern := pages.Handler(probe); pattern != "/" && pattern != "" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			notFound(w, r)
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		wrongMethod(w, r)
	})
}

// keepPaths hands paths of the API that are not clean to the API, which refuses
// them in its own words: the mux would redirect.
func keepPaths(v1, mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.EscapedPath()
		if p == "/v1" || strings.HasPrefix(p, "/v1/") && path.Clean(p) != p {
			v1.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// stopGrace is how long requests under way may take after the end was asked for.
const stopGrace = 8 * time.Second

// newServer returns a server that no slow client can hold for ever. Streams and
// exports push the limit on writing ahead while they go on.
func newServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
}

// cutGrace is how long requests that were cut off may take to clean up.
const cutGrace = time.Second

// Serve answers on the listener until ctx ends. It then calls stopping, which
// ends the streams, and lets the requests under way finish. Those that do not
// within stopGrace, an upload that has stalled for one, are cut off.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, stopping func()) error {
	var busy atomic.Int64
	srv := newServer(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		busy.Add(1)
		defer busy.Add(-1)
		h.ServeHTTP(w, r)
	}))
	srv.RegisterOnShutdown(stopping)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	err := srv.Shutdown(stop)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	err = srv.Close()
	for end := time.Now().Add(cutGrace); busy.Load() > 0 && time.Now().Before(end); {
		<-time.After(cutGrace / 100)
	}
	return err
}
