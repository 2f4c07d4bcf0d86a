package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

const (
	// tracePatience bounds sending what is left at the stop, which as a whole has ten seconds.
	tracePatience = 1500 * time.Millisecond
	traceTimeout  = 5 * time.Second // of one export
	traceSilence  = time.Minute     // between two lines that say traces were not sent
)

// tracer sends traces by OTLP over HTTP. A nil tracer sends none and costs nothing.
type tracer struct {
	provider *sdktrace.TracerProvider
	trace.Tracer
}

// newTracer returns nil unless an endpoint of OpenTelemetry is set. Its other
// variables (headers, certificates, OTEL_SERVICE_NAME …) are read by the library.
func newTracer(ctx context.Context, env func(string) (string, bool), logger *slog.Logger) (*tracer, error) {
	endpoint, err := traceEndpoint(env)
	if endpoint == "" || err != nil {
		return nil, err
	}
	ratio, err := traceRatio(env)
	if err != nil {
		return nil, err
	}
	otel.SetErrorHandler(seldom(logger))
	otel.SetLogger(logr.FromSlogHandler(logger.Handler()))
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint), otlptracehttp.WithTimeout(traceTimeout))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "wpp-developers"), attribute.String("service.version", version())), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// What a caller says about sampling is not trusted: it could fill, or hide from, the collector.
	root := sdktrace.TraceIDRatioBased(ratio)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(discreet{exporter}), sdktrace.WithResource(about), sdktrace.WithIDGenerator(joining{}),
		sdktrace.WithSampler(sdktrace.ParentBased(root, sdktrace.WithRemoteParentSampled(root), sdktrace.WithRemoteParentNotSampled(root))),
	)
	return &tracer{provider: provider, Tracer: provider.Tracer("github.com/wppmarketing/developers")}, nil
}

// seldom logs that traces were not sent. Without a collector every batch fails,
// and a line for each would bury the rest of the log.
func seldom(logger *slog.Logger) otel.ErrorHandlerFunc {
	var mu sync.Mutex
	var said time.Time
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if said.IsZero() || time.Since(said) >= traceSilence {
			said = time.Now()
			logger.Warn("traces not sent", "error", err)
		}
	}
}

// traceEndpoint returns the URL that traces are posted to, "" when none is set.
func traceEndpoint(env func(string) (string, bool)) (string, error) {
	const whole, base = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
	name := whole
	endpoint, _ := env(whole)
	if endpoint == "" {
		name = base
		if endpoint, _ = env(base); endpoint != "" {
			endpoint = strings.TrimSuffix(endpoint, "/") + "/v1/traces"
		}
	}
	if endpoint == "" {
		return "", nil
	}
	if u, err := url.Parse(endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%s must look like http://127.0.0.1:4318", name)
	}
	return endpoint, nil
}

// traceRatio returns which share of the requests is traced.
func traceRatio(env func(string) (string, bool)) (float64, error) {
	text, _ := env("OTEL_TRACES_SAMPLER_ARG")
	if text == "" {
		return 1, nil
	}
	ratio, err := strconv.ParseFloat(text, 64)
	if err != nil || ratio < 0 || ratio > 1 {
		return 0, errors.New("OTEL_TRACES_SAMPLER_ARG must be a share between 0 and 1")
	}
	return ratio, nil
}

// close sends what is left.
func (t *tracer) close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tracePatience)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		otel.Handle(err)
	}
}

// unwatched are paths that nobody wants to see in traces.
var unwatched = []string{"/healthz", "/readyz", "/metrics", "/static/", "/assets/"}

// door traces what answers HTTP. The caller's traceparent is taken over; the
// door inside names the span after its route.
func (t *tracer) door(h http.Handler) http.Handler {
	if t == nil {
		return h
	}
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if span := trace.SpanContextFromContext(r.Context()); span.HasTraceID() {
			r = r.WithContext(portal.WithTrace(r.Context(), span.TraceID().String()))
		}
		h.ServeHTTP(w, r)
	})
	return otelhttp.NewHandler(named, "HTTP",
		otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(name string, _ *http.Request) string { return name }),
		otelhttp.WithFilter(func(r *http.Request) bool {
			return !slices.ContainsFunc(unwatched, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) })
		}),
	)
}

// tx draws a transaction inside the request it belongs to, with the moments at
// which its turn came and its commit began.
func (t *tracer) tx(ctx context.Context, times store.TxTimes) {
	if t == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return
	}
	_, span := t.Start(ctx, "store.tx", trace.WithTimestamp(times.Start), trace.WithAttributes(
		attribute.Int64("wpp.wait_us", times.Wait.Microseconds()),
		attribute.Int64("wpp.commit_us", times.Commit.Microseconds()),
	))
	began := times.Start.Add(times.Wait)
	span.AddEvent("began", trace.WithTimestamp(began))
	span.AddEvent("committing", trace.WithTimestamp(began.Add(times.Work)))
	if times.Code != "" {
		span.SetAttributes(attribute.String("wpp.error", string(times.Code)))
	}
	switch times.Code {
	case portal.CodeOverloaded, portal.CodeStorageUnavailable, portal.CodeInternal:
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(began.Add(times.Work + times.Commit)))
}

// join finds the trace of the request that a message came with: it is sent
// later, often by another process, and belongs to the same trace all the same.
// nil = there are no traces.
func (t *tracer) join(st *store.Store) messaging.Trace {
	if t == nil {
		return nil
	}
	return func(ctx context.Context, tenant portal.Tenant, requestID string) context.Context {
		if requestID == "" {
			return ctx
		}
		id, err := st.Reader(ctx).RequestTrace(tenant, requestID)
		if err != nil || id == "" {
			return ctx // not a call of the API, or its row has gone
		}
		return portal.WithTrace(ctx, id)
	}
}

// joining begins a trace where portal.WithTrace says so, and anew elsewhere.
type joining struct{}

// NewIDs returns the ids of a span without a parent.
func (g joining) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	id, err := trace.TraceIDFromHex(portal.Trace(ctx))
	if err != nil {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID returns the id of a span.
func (joining) NewSpanID(context.Context, trace.TraceID) (span trace.SpanID) {
	_, _ = rand.Read(span[:]) // never fails
	return span
}

// call draws a call to WhatsApp. WhatsApp is not told of the trace.
func (t *tracer) call(provider string, c whatsapp.Call) {
	if t == nil {
		return
	}
	message, _, _ := strings.Cut(c.Correlation, ":") // a fallback says so behind it
	_, span := t.Start(c.Context, "whatsapp.send", trace.WithTimestamp(c.Start), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("wpp.provider", provider),
		attribute.String("wpp.outcome", string(c.Outcome.Kind)),
		attribute.String("wpp.message_id", message),
		attribute.Int("http.response.status_code", c.Outcome.HTTPStatus),
	))
	if c.Outcome.Kind != whatsapp.Accepted {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(c.Start.Add(c.Outcome.Duration)))
}

// told are the attributes that leave the program, beside our own wpp.*. Paths,
// query strings, addresses and user agents hold numbers, ids and persons.
var told = []attribute.Key{
	"error.type", "http.request.body.size", "http.request.method", "http.response.body.size",
	"http.response.status_code", "http.route", "network.protocol.version", "url.scheme",
}

// discreet sends spans with the attributes that may be told, whatever library set them.
type discreet struct{ sdktrace.SpanExporter }

func (d discreet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	out := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		out[i] = discreetSpan{s}
	}
	return d.SpanExporter.ExportSpans(ctx, out)
}

type discreetSpan struct{ sdktrace.ReadOnlySpan }

func (s discreetSpan) Attributes() (kept []attribute.KeyValue) {
	for _, a := range s.ReadOnlySpan.Attributes() {
		if slices.Contains(told, a.Key) || strings.HasPrefix(string(a.Key), "wpp.") {
			kept = append(kept, a)
		}
	}
	return kept
}

// Status is told without its text, which a library may have filled.
func (s discreetSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}
