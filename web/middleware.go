package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
)

// maxForm is the largest form a page sends, in bytes; one with a file may be
// larger and take uploadTime to come.
const (
	maxForm    = 256 << 10
	uploadTime = 3 * time.Minute
)

// pagePolicy lets a page load from this origin only, run no inline code and be framed by nobody.
const pagePolicy = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// door holds what the front door's own handlers need.
type door struct {
	Options
}

// observe gives the request its id, writes its one log line and its metric, and
// contains a panic. The line holds the route, not the path: paths carry phone numbers.
func (d *door) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := time.Now(), portal.NewID(portal.PrefixRequest)
		rec := &recorder{ResponseWriter: w}
		rec.Header().Set("Request-Id", id)
		var route string
		r = r.WithContext(context.WithValue(portal.WithRequestID(r.Context(), id), routeKey{}, &route))
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				d.Logger.Error("handler panicked", "request_id", id, "panic", v)
				if rec.status == 0 {
					http.Error(rec, "Internal error. Request "+id, http.StatusInternalServerError)
				}
			}
			took := time.Since(start)
			if route == "" {
				route = cmp.Or(r.Pattern, "none")
			}
			if span := trace.SpanFromContext(r.Context()); span.IsRecording() {
				span.SetName(route)
				span.SetAttributes(attribute.String("wpp.request_id", id))
			}
			if !streamed(rec) {
				d.Latency.WithLabelValues(route, strconv.Itoa(rec.code()/100)+"xx").Observe(took.Seconds())
			}
			d.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("request_id", id), slog.String("method", r.Method), slog.String("route", route),
				slog.Int("status", rec.code()), slog.Int64("bytes", rec.bytes), slog.Duration("took", took))
		}()
		next.ServeHTTP(rec, r)
	})
}

// streamed reports whether the answer was a live stream, whose length says
// nothing about the time to answer.
func streamed(rec *recorder) bool {
	return strings.HasPrefix(rec.Header().Get("Content-Type"), "text/event-stream")
}

type routeKey struct{}

// named tells observe the pattern of a route: behind a mux of its own the
// request is a copy, on which the outer one does not see it.
func named(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route, ok := r.Context().Value(routeKey{}).(*string); ok {
			*route = pattern
		}
		next.ServeHTTP(w, r)
	})
}

// secure sets the headers that every answer carries.
func (d *door) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if d.HTTPS {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// securePages sets the headers of HTML pages; the API reference narrows the policy further.
func securePages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		h.Set("Vary", "Cookie, Accept-Language")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func limitForm(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := int64(maxForm)
		if file := largestFile(r); file > 0 {
			most += file
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// largestFile is how large a file a form may bring, in bytes; 0 for none.
func largestFile(r *http.Request) int64 {
	path := r.URL.Path
	switch {
	case r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data"):
		return 0
	case path == "/contacts/import":
		return contacts.MaxImportBytes
	case path == "/messages", path == "/messages/validate", strings.HasPrefix(path, "/conversations/") && strings.HasSuffix(path, "/say"):
		return portal.MaxMediaBytes
	}
	return 0
}

// crossSite refuses a form that another site sent.
func crossSite(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "This form came from another site and was refused. Open the page here and try again. Request "+
		portal.RequestID(r.Context()), http.StatusForbidden)
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// code returns the status sent; a handler that wrote nothing sent 200.
func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush lets server-sent events out at once: the compressor asks for an http.Flusher.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }
