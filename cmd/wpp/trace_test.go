package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector of traces on loopback.
type receiver struct {
	testing.TB
	url string

	mu    sync.Mutex
	raw   strings.Builder
	about map[string]string // the resource
	spans []*traces.Span
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{TB: t}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var export collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &export)
	}
	if err != nil || req.URL.Path != "/v1/traces" {
		r.Errorf("%s: %v", req.URL.Path, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw.Write(body)
	for _, resource := range export.GetResourceSpans() {
		r.about = texts(resource.GetResource().GetAttributes())
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func texts(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		out[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return out
}

// span waits for the first span of that name.
func (r *receiver) span(name string) (found *traces.Span) {
	r.Helper()
	eventually(r, "a span "+name, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, s := range r.spans {
			if s.GetName() == name {
				found = s
				return true
			}
		}
		return false
	})
	return found
}

// traced starts the program with a collector.
func traced(t testing.TB, endpoint string) *server {
	return startChanged(t, t.TempDir(), func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "OTEL_BSP_SCHEDULE_DELAY=100")
	})
}

const aTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

// One send gives the span of the call under its route, in the caller's trace;
// its transaction inside; and the call to WhatsApp. Nothing personal leaves.
func TestTracesOfASend(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := traced(t, r.url)
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	h := http.Header{
		"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}, "User-Agent": {"agent-of-ana"},
		"Traceparent": {"00-" + aTrace + "-00f067aa0ba902b7-00"}, // the caller's word on sampling does not count
	}
	sent := s.visitor().send(http.MethodPost, "/v1/messages", strings.NewReader(`{"to":"+5511900000001","type":"text","text":{"body":"Segredo"}}`), h)
	if sent.status != http.StatusAccepted {
		t.Fatal(sent)
	}
	s.visitor().send(http.MethodGet, "/v1/contacts/phone:+5511900000001", nil, h)
	s.visitor().send(http.MethodGet, "/v1/messages?to=%2B5511900000001", nil, h)

	call, tx, out := r.span("POST /v1/messages"), r.span("store.tx"), r.span("whatsapp.send")
	if got := hex.EncodeToString(call.GetTraceId()); got != aTrace || hex.EncodeToString(call.GetParentSpanId()) != "00f067aa0ba902b7" {
		t.Errorf("the call is in trace %s", got)
	}
	if string(tx.GetTraceId()) != string(call.GetTraceId()) || string(tx.GetParentSpanId()) != string(call.GetSpanId()) || len(tx.GetEvents()) != 2 {
		t.Errorf("the transaction: %v", tx)
	}
	if got := texts(call.GetAttributes()); got["wpp.request_id"] != sent.header.Get("Request-Id") || got["http.request.method"] != "POST" {
		t.Errorf("the call says %v", got)
	}
	if got := hex.EncodeToString(out.GetTraceId()); got != aTrace {
		t.Errorf("the call to WhatsApp is in trace %s", got)
	}
	if got := texts(out.GetAttributes()); out.GetKind() != traces.Span_SPAN_KIND_CLIENT || got["wpp.outcome"] != "accepted" || got["wpp.message_id"] != idOf(sent) {
		t.Errorf("the call to WhatsApp says %v", got)
	}
	if r.about["service.name"] != "wpp-developers" || r.about["service.version"] != version() {
		t.Errorf("the service is %v", r.about)
	}
	eventually(s, "the log row", func() bool {
		return len(s.query(`SELECT id FROM requests WHERE operation = 'sendMessage' AND trace_id = '`+aTrace+`'`)) == 1
	})
	r.span("GET /v1/contacts/{id}")
	r.span("GET /v1/messages")
	if code := s.end(); code != 0 {
		t.Errorf("exit %d", code)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range []string{"900000001", token, "agent-of-ana", "Segredo", "127.0.0.1"} {
		if strings.Contains(r.raw.String(), secret) {
			t.Errorf("%q left the program", secret)
		}
	}
}

// A collector that is away costs nothing but a line in the log, in JSON like every line.
func TestCollectorAway(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close() // nobody listens there now
	s := traced(t, "http://"+ln.Addr().String())
	if got := s.visitor().get("/"); got.status != http.StatusOK {
		t.Error(got)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(s.log.String(), `"msg":"traces not sent"`) {
		t.Errorf("the log does not say that traces were not sent:\n%s", s.log)
	}
	logLines(t, s.log.String())
}

// A collector that stays away does not fill the log.
func TestCollectorAwayIsSaidSeldom(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	say := seldom(slog.New(slog.NewJSONHandler(&log, nil)))
	for range 3 {
		say(errors.New("connection refused"))
	}
	if n := strings.Count(log.String(), "traces not sent"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// What cannot be meant is refused at the start.
func TestTraceSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want string // of the error; "" = no traces
	}{
		"nothing set": {nil, ""},
		"no address":  {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"no scheme":   {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "127.0.0.1"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		"no share":    {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_SAMPLER_ARG": "2"}, "OTEL_TRACES_SAMPLER_ARG"},
	} {
		env := func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }
		tr, err := newTracer(t.Context(), env, nil)
		if tr != nil || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
