package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
)

var (
	channel = Channel{PhoneNumberID: "1066", Token: "EAAsecret"}
	message = Outgoing{
		To: "5511987654417", Type: "text", Content: json.RawMessage(`{"body":"Olá <3"}`),
		ReplyTo: "wamid.A", Correlation: "msg_1",
	}
)

const accepted = `{"messaging_product":"whatsapp","contacts":[{"input":"5511987654417","wa_id":"551187654417"}],"messages":[{"id":"wamid.B"}]}`

// transports runs a test against h in the process and over a loopback server.
func transports(t *testing.T, h http.HandlerFunc, test func(t *testing.T, o Options)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		test(t, Options{BaseURL: "http://whatsapp.invalid/", Transport: HandlerTransport(h)})
	})
	t.Run("network", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(h)
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		server.Start()
		t.Cleanup(server.Close)
		test(t, Options{BaseURL: server.URL})
	})
}

func TestSendRequest(t *testing.T) {
	t.Parallel()
	transports(t, func(w http.ResponseWriter, r *http.Request) {
		var got map[string]any
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		want := map[string]any{
			"messaging_product": "whatsapp", "recipient_type": "individual",
			"to": "5511987654417", "type": "text", "text": map[string]any{"body": "Olá <3"},
			"context": map[string]any{"message_id": "wamid.A"}, "biz_opaque_callback_data": "msg_1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if r.Method != http.MethodPost || r.RequestURI != "/v23.0/1066/messages" ||
			r.Header.Get("Authorization") != "Bearer EAAsecret" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.RequestURI, r.Header)
		}
		w.Header().Set("X-Fb-Trace-Id", "Trace")
		io.WriteString(w, accepted)
	}, func(t *testing.T, o Options) {
		o.Version = "v23.0"
		got := New(o).Send(t.Context(), channel, message)
		if got.Duration <= 0 {
			t.Error("no duration")
		}
		got.Duration = 0
		want := Outcome{Kind: Accepted, MessageID: "wamid.B", WAID: "551187654417", TraceID: "Trace", HTTPStatus: 200}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outcome (-want +got):\n%s", diff)
		}
	})
}

func TestSendOutcomes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxAnswer+1)
	for _, c := range []struct {
		name   string
		status int
		header string
		body   string
		kind   Kind
		wait   time.Duration
	}{
		{"accepted", 200, "", accepted, Accepted, 0},
		{"accepted without a contact", 200, "", `{"messages":[{"id":"wamid.B"}]}`, Accepted, 0},
		{"unreadable 200", 200, "", `<html>`, Unknown, 0},
		{"empty 200", 200, "", ``, Unknown, 0},
		{"200 without an id", 200, "", `{"messages":[{}]}`, Unknown, 0},
		{"endless 200", 200, "", long, Unknown, 0},
		{"token", 401, "", fault(190), ChannelStopped, 0},
		{"code 0", 401, "", fault(0), ChannelStopped, 0},
		{"window", 400, "", fault(131047), WindowClosed, 0},
		{"pair", 400, "", fault(131056), PairLimited, 0},
		{"throughput", 400, "Retry-After: 7", fault(130429), Throttled, 7 * time.Second},
		{"usage in minutes", 400, `X-Business-Use-Case-Usage: {"1":[{"type":"whatsapp","estimated_time_to_regain_access":3}]}`, fault(80007), Throttled, 3 * time.Minute},
		{"absurd wait", 429, "Retry-After: 99999999", fault(4), Throttled, 24 * time.Hour},
		{"negative wait", 429, "Retry-After: -5", fault(4), Throttled, 0},
		{"broken wait", 429, "Retry-After: soon", "", Throttled, 0},
		{"something", 500, "", fault(131000), RetryLater, 0},
		{"new code, 500", 500, "", fault(999999), RetryLater, 0},
		{"new code, 429", 429, "", fault(999999), Throttled, 0},
		{"new code, 400", 400, "", fault(999999), Refused, 0},
		{"undeliverable", 400, "", fault(131026), Refused, 0},
		{"gateway", 502, "", "<html>Bad gateway", Unknown, 0},
		{"error without a code", 500, "", `{"error":{"message":"?"}}`, Unknown, 0},
		{"proxy page", 404, "", "<html>", Refused, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			transports(t, func(w http.ResponseWriter, _ *http.Request) {
				if name, value, ok := strings.Cut(c.header, ": "); ok {
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}, func(t *testing.T, o Options) {
				got := New(o).Send(t.Context(), channel, message)
				if got.Kind != c.kind || got.RetryAfter != c.wait || got.HTTPStatus != c.status {
					t.Errorf("got %+v, want %s after %s", got, c.kind, c.wait)
				}
				if usable := got.Kind == Accepted || got.Error != nil; usable != (got.Cause == nil) {
					t.Errorf("cause %v of %+v", got.Cause, got)
				}
			})
		})
	}
}

func fault(code int) string {
	return fmt.Sprintf(`{"error":{"message":"(#%d) Title","code":%d,"error_subcode":33,"error_data":{"details":"Why"},"fbtrace_id":"A1"}}`, code, code)
}

func TestSendReadsTheError(t *testing.T) {
	t.Parallel()
	transports(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, fault(131009))
	}, func(t *testing.T, o Options) {
		got := New(o).Send(t.Context(), channel, message)
		want := &ProviderError{Code: 131009, Subcode: 33, Title: "Title", Details: "Why"}
		if diff := cmp.Diff(want, got.Error); diff != "" || got.TraceID != "A1" {
			t.Errorf("%+v (-want +got):\n%s", got, diff)
		}
	})
}

func TestSendDroppedConnection(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"aborts": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"panics": func(http.ResponseWriter, *http.Request) { panic("a bug") },
		"hijacks": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transports(t, handler, func(t *testing.T, o Options) {
				got := New(o).Send(t.Context(), channel, message)
				if got.Kind != Unknown || got.Cause == nil || got.HTTPStatus != 0 {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

func TestSendTimeout(t *testing.T) {
	t.Parallel()
	transports(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}, func(t *testing.T, o Options) {
		o.Timeout = 50 * time.Millisecond
		got := New(o).Send(t.Context(), channel, message)
		if got.Kind != Unknown || !errors.Is(got.Cause, context.DeadlineExceeded) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestSendCutAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9999")
		io.WriteString(w, accepted[:40])
	}))
	t.Cleanup(server.Close)
	got := New(Options{BaseURL: server.URL}).Send(t.Context(), channel, message)
	if got.Kind != Unknown || got.HTTPStatus != 200 {
		t.Errorf("got %+v", got)
	}
}

func TestSendNothingLeft(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	got := New(Options{BaseURL: "http://" + listener.Addr().String()}).Send(t.Context(), channel, message)
	if got.Kind != RetryLater || got.Cause == nil {
		t.Errorf("closed port: %+v", got)
	}

	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if got := New(Options{BaseURL: secure.URL}).Send(t.Context(), channel, message); got.Kind != RetryLater {
		t.Errorf("certificate not trusted: %+v", got)
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := New(Options{}).Send(ended, channel, message); got.Kind != RetryLater {
		t.Errorf("context over before the call: %+v", got)
	}
	if got := New(Options{BaseURL: "http://a b"}).Send(t.Context(), channel, message); got.Kind != RetryLater {
		t.Errorf("broken base URL: %+v", got)
	}
	broken := message
	broken.Content = json.RawMessage(`{`)
	if got := New(Options{}).Send(t.Context(), channel, broken); got.Kind != Refused {
		t.Errorf("broken content: %+v", got)
	}
}

func TestSendFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the redirect was followed")
	}))
	t.Cleanup(elsewhere.Close)
	transports(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}, func(t *testing.T, o Options) {
		if got := New(o).Send(t.Context(), channel, message); got.Kind != RetryLater {
			t.Errorf("got %+v", got)
		}
	})
}

func TestChannelHidesItsToken(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "channel", channel)
	shown := fmt.Sprintf("%s%v %+v %#v", log.String(), channel, channel, channel)
	if strings.Contains(shown, "secret") || !strings.Contains(shown, "1066") {
		t.Errorf("shown: %s", shown)
	}
}

func TestEveryClassHasAKind(t *testing.T) {
	t.Parallel()
	for _, c := range portal.ProviderCodes {
		if kinds[c.Class] == "" {
			t.Errorf("%d is %s, which is of no kind", c.From, c.Class)
		}
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, code int
		want         Kind
	}{
		{401, 190, ChannelStopped},
		{400, 100, Refused},
		{429, 100, Refused},
		{403, 200, ChannelStopped},
		{403, 131031, ChannelStopped},
		{400, 133010, ChannelStopped},
		{500, 131016, RetryLater},
		{400, 131051, Refused},
		{404, 132001, Refused},
		{400, 132069, RetryLater},
		{200, 131047, WindowClosed},
		{0, 131026, Refused},
		{403, 777, Refused},
		{401, 777, ChannelStopped},
	} {
		if got := Classify(c.status, &ProviderError{Code: c.code}); got != c.want {
			t.Errorf("Classify(%d, %d) = %s, want %s", c.status, c.code, got, c.want)
		}
	}
}

func TestCallsAreObserved(t *testing.T) {
	t.Parallel()
	transports(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, accepted) }, func(t *testing.T, o Options) {
		var told []Call
		o.Observe = func(c Call) { told = append(told, c) }
		type key struct{}
		out := New(o).Send(context.WithValue(t.Context(), key{}, "caller"), channel, message)
		if len(told) != 1 || told[0].Outcome != out || told[0].Correlation != "msg_1" || told[0].Start.IsZero() || told[0].Context.Value(key{}) != "caller" {
			t.Errorf("told %+v of %+v", told, out)
		}
	})
}
