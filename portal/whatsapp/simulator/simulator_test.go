package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

var ours = simulator.Phone{
	ID: "106540352242922", WABA: "102290129340398", Number: "+551140028922",
	Token: "EAAtoken", AppSecret: []byte("app secret"), ChannelID: "chn_1",
}

var start = time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)

// journal is the outside world of this package: a store in memory.
type journal struct {
	*simulator.Memory
	mu   sync.Mutex
	time time.Time
	down error
}

func (j *journal) now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.time
}

func (j *journal) Phone(ctx context.Context, id string) (simulator.Phone, error) {
	if id == "down" {
		return simulator.Phone{}, errors.New("store is down")
	}
	return j.Memory.Phone(ctx, id)
}

func (j *journal) Schedule(ctx context.Context, callbacks []simulator.Callback) error {
	if j.down != nil {
		return j.down
	}
	return j.Memory.Schedule(ctx, callbacks)
}

func (j *journal) tick(d time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.time = j.time.Add(d)
}

// owed is how many callbacks wait.
func (j *journal) owed() int {
	n, _, _ := j.Owed(context.Background(), ours)
	return n
}

// heard is one callback as the portal's front door saw it.
type heard struct {
	At   time.Duration // since start
	Path string
	Raw  []byte
	Told whatsapp.Callback
}

// world is a simulator with its surroundings and a client that talks to it.
type world struct {
	sim     *simulator.Simulator
	journal *journal
	client  *whatsapp.Client
	heard   []heard
	answer  int // of the front door
}

func setup(t *testing.T, network bool) *world {
	t.Helper()
	w := &world{journal: &journal{time: start}, answer: http.StatusOK}
	w.journal.Memory = simulator.NewMemory(w.journal.now, ours)
	w.wrote(t, "+5511987654417", "+551133334444", "+14155552671")
	w.sim = simulator.New(simulator.Options{
		Journal: w.journal,
		Now:     w.journal.now,
		Receive: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.hear(t, rw, r) }),
	})
	o := whatsapp.Options{BaseURL: "http://whatsapp.invalid", Version: "v23.0", Transport: whatsapp.HandlerTransport(w.sim)}
	if network {
		server := httptest.NewServer(w.sim)
		t.Cleanup(server.Close)
		o = whatsapp.Options{BaseURL: server.URL}
	}
	w.client = whatsapp.New(o)
	return w
}

// wrote opens the windows of people.
func (w *world) wrote(t *testing.T, people ...string) {
	t.Helper()
	for _, p := range people {
		if err := w.journal.SetPerson(t.Context(), ours, p, func(p *simulator.Person) { p.WroteAt = start }); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) hear(t *testing.T, rw http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	if !whatsapp.VerifySignature(ours.AppSecret, r.Header.Get(whatsapp.SignatureHeader), raw) {
		t.Errorf("signature %q of %s", r.Header.Get(whatsapp.SignatureHeader), raw)
	}
	told, err := whatsapp.ParseCallback(raw)
	if err != nil || told.Unreadable > 0 {
		t.Errorf("callback %s: %+v, %v", raw, told, err)
	}
	w.heard = append(w.heard, heard{w.journal.now().Sub(start), r.Method + " " + r.URL.Path, raw, told})
	rw.WriteHeader(w.answer)
}

// pass moves the clock and makes a pass over the callbacks, every 100 ms.
func (w *world) pass(t *testing.T, d time.Duration) {
	t.Helper()
	for end := w.journal.now().Add(d); ; w.journal.tick(100 * time.Millisecond) {
		if _, err := w.sim.DeliverDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !w.journal.now().Before(end) {
			return
		}
	}
}

var (
	channel = whatsapp.Channel{PhoneNumberID: ours.ID, Token: ours.Token}
	hello   = whatsapp.Outgoing{Type: "text", Content: json.RawMessage(`{"body":"Olá"}`), Correlation: "msg_é1"}
	update  = whatsapp.Outgoing{
		Type: "template", Correlation: "msg_2", ReplyTo: "wamid.A",
		Content: json.RawMessage(`{"name":"order_update","language":{"code":"pt_BR","policy":"deterministic"},"components":[{"type":"body","parameters":[
			{"type":"text","parameter_name":"order","text":"1001"},{"type":"text","parameter_name":"name","text":"João"},{"type":"text","parameter_name":"status","text":"enviado"}]}]}`),
	}
)

// rung is one status as it was heard; By is rounded up to the promise.
type rung struct {
	Status string
	By     time.Duration
	Code   int
}

var (
	sent      = rung{"sent", 0, 0}
	delivered = rung{"delivered", time.Second, 0}
	read      = rung{"read", 2 * time.Second, 0}
)

func TestLadders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to   string
		want []rung
	}{
		{"5511987654417", []rung{sent, delivered, read}},
		{"551133334444", []rung{sent, delivered, read}},
		{"14155552671", []rung{sent, delivered, read}},
		{"5511900000001", []rung{sent, delivered}},
		{"5511900000002", []rung{sent, read}},
		{"5511900000003", []rung{{"failed", time.Second, 131000}}},
		{"5511900000004", []rung{{"failed", time.Second, 131026}}},
		{"5511900000009", []rung{sent}},
		{"5511900000015", []rung{{"failed", time.Second, 131049}}},
		{"5511900000016", []rung{{"failed", time.Second, 131050}}},
	} {
		for _, network := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s network=%t", c.to, network), func(t *testing.T) {
				t.Parallel()
				w := setup(t, network)
				m := hello
				m.To = c.to
				out := w.client.Send(t.Context(), channel, m)
				if out.Kind != whatsapp.Accepted || out.WAID != c.to || !strings.HasPrefix(out.MessageID, "wamid.HBg") || out.TraceID == "" {
					t.Fatalf("outcome %+v", out)
				}
				w.pass(t, 5*time.Second)
				var got []rung
				for _, h := range w.heard {
					got = append(got, checkStatus(t, h, c.to, out.MessageID))
				}
				if diff := cmp.Diff(c.want, got); diff != "" || w.journal.owed() > 0 {
					t.Errorf("%d still owed, ladder (-want +got):\n%s", w.journal.owed(), diff)
				}
			})
		}
	}
}

// checkStatus checks what every status of hello must say, and returns its rung.
func checkStatus(t *testing.T, h heard, to, wamid string) rung {
	t.Helper()
	s := h.Told.Statuses[0]
	want := whatsapp.StatusUpdate{
		PhoneNumberID: ours.ID, MessageID: wamid, Status: s.Status, RecipientID: to, Correlation: "msg_é1",
	}
	ignore := cmpopts.IgnoreFields(s, "At", "Pricing", "Errors")
	if diff := cmp.Diff(want, s, ignore); diff != "" || h.Path != "POST /hooks/whatsapp/chn_1" {
		t.Errorf("%s (-want +got):\n%s", h.Path, diff)
	}
	if s.At.Before(start) || s.At.After(start.Add(h.At)) {
		t.Errorf("%s, heard after %s, says it happened at %s", s.Status, h.At, s.At)
	}
	r := rung{Status: s.Status, By: (h.At + time.Second - 1).Truncate(time.Second)}
	if len(s.Errors) > 0 {
		r.Code = s.Errors[0].Code
	}
	return r
}

func TestPricing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m    whatsapp.Outgoing
		want string
	}{
		{hello, `{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}`},
		{update, `{"billable":true,"pricing_model":"PMP","type":"regular","category":"utility"}`},
	} {
		w := setup(t, false)
		c.m.To = "+5511987654417"
		if out := w.client.Send(t.Context(), channel, c.m); out.Kind != whatsapp.Accepted {
			t.Fatalf("%s: %+v %+v", c.m.Type, out, out.Error)
		}
		w.pass(t, 2*time.Second)
		var got []string
		for _, h := range w.heard {
			got = append(got, string(h.Told.Statuses[0].Pricing))
		}
		if diff := cmp.Diff([]string{c.want, c.want, ""}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.m.Type, diff)
		}
	}
}

func TestInbound(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	if err := w.sim.Inbound(t.Context(), ours, "+5531988887777", "Olá 😀 <b>", "João"); err != nil {
		t.Fatal(err)
	}
	if err := w.sim.Inbound(t.Context(), ours, "+5531988887777", "sem nome", ""); err != nil {
		t.Fatal(err)
	}
	w.pass(t, 0)
	if len(w.heard) != 2 {
		t.Fatalf("%d callbacks", len(w.heard))
	}
	raw := w.heard[0].Raw
	if !bytes.Contains(raw, []byte(`Ol\u00e1 \ud83d\ude00`)) || slices.ContainsFunc(raw, func(b byte) bool { return b > 0x7f }) {
		t.Errorf("not escaped as Meta does: %s", raw)
	}
	in := w.heard[0].Told.Inbound[0]
	want := whatsapp.Inbound{
		PhoneNumberID: ours.ID, From: "5531988887777", ProfileName: "João", Type: "text", At: start, Text: "Olá 😀 <b>",
	}
	if diff := cmp.Diff(want, in, cmpopts.IgnoreFields(in, "MessageID", "Content")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other := w.heard[1].Told.Inbound[0]; other.MessageID == in.MessageID || other.ProfileName != "" {
		t.Errorf("second: %+v", other)
	}
	for code, err := range map[portal.Code]error{
		portal.CodeInvalidNumber:    w.sim.Inbound(t.Context(), ours, "5531", "x", ""),
		portal.CodeValidationFailed: w.sim.Inbound(t.Context(), ours, "+5531988887777", strings.Repeat("é", 4097), ""),
	} {
		if !errors.Is(err, portal.Refuse(code)) {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

func TestCallbackIsPostponedUntilReceived(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	w.answer = http.StatusServiceUnavailable
	m := hello
	m.To = "5511900000009"
	w.client.Send(t.Context(), channel, m)
	w.pass(t, 2500*time.Millisecond)
	if len(w.heard) != 3 || w.journal.owed() != 1 {
		t.Errorf("heard %d, owed %d", len(w.heard), w.journal.owed())
	}
	w.answer = http.StatusOK
	w.pass(t, time.Second)
	if len(w.heard) != 4 || w.journal.owed() != 0 {
		t.Errorf("after recovery: heard %d, owed %d", len(w.heard), w.journal.owed())
	}
	if !bytes.Equal(w.heard[0].Raw, w.heard[3].Raw) {
		t.Error("the bytes changed on the way")
	}
}

func TestBrokenJournalRowsArePostponed(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	err := w.journal.Memory.Schedule(t.Context(), []simulator.Callback{
		{ID: "1", ChannelID: "gone", DueAt: start, Body: []byte("{")},
		{ID: "2", DueAt: start, Body: []byte(`{"object":"page"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.pass(t, 0)
	if len(w.heard) != 0 {
		t.Errorf("heard %d", len(w.heard))
	}
	if n, _, err := w.journal.Owed(t.Context(), simulator.Phone{ChannelID: "gone"}); err != nil || n != 1 {
		t.Errorf("owed %d, %v", n, err)
	}
}

func TestNothingIsAcceptedWithoutItsCallbacks(t *testing.T) {
	t.Parallel()
	w := setup(t, false)
	w.journal.down = errors.New("disk full")
	m := hello
	m.To = "5511987654417"
	out := w.client.Send(t.Context(), channel, m)
	if out.Kind != whatsapp.RetryLater || out.Error == nil || out.Error.Code != 2 {
		t.Errorf("outcome %+v", out)
	}
}
