package webhooks_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/webhooks"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// bench is a service on a real store, whose clock the test moves.
type bench struct {
	*testing.T
	store   *store.Store
	service *webhooks.Service
	caller  portal.Caller
	ahead   *atomic.Int64 // of the wall clock
	notices chan webhooks.Notice
}

func setup(t *testing.T, open storetest.Opener, opts ...func(*webhooks.Options)) bench {
	t.Helper()
	b := bench{T: t, ahead: new(atomic.Int64), notices: make(chan webhooks.Notice, 100)}
	b.store = open(func(o *store.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }
		o.Present = func(resource any, _ string) (json.RawMessage, error) {
			return json.RawMessage(`{"id":"` + resource.(portal.WebhookEndpoint).ID + `"}`), nil
		}
	})
	account := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanStandard,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: b.store.Now(), UpdatedAt: b.store.Now(),
	}
	b.tx(func(tx *store.Tx) error { return tx.InsertAccount(account) })
	o := webhooks.Options{
		Store: b.store, Permitted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 5 * time.Second,
		Mask:   func(body []byte) string { return string(body) },
		Notice: func(n webhooks.Notice) { b.notices <- n },
	}
	for _, opt := range opts {
		opt(&o)
	}
	var err error
	if b.service, err = webhooks.New(o); err != nil {
		t.Fatal(err)
	}
	b.caller = portal.Caller{
		Tenant: portal.Tenant{AccountID: account.ID, Environment: portal.Test}, Account: account,
		Token: portal.Token{ID: portal.NewID(portal.PrefixToken), Name: "ERP"},
	}
	return b
}

func (b bench) tx(fn func(tx *store.Tx) error) {
	b.Helper()
	if err := b.store.Tx(b.Context(), fn); err != nil {
		b.Fatal(err)
	}
}

func (b bench) endpoint(url string, events ...string) (made webhooks.Created) {
	b.Helper()
	if len(events) == 0 {
		events = []string{"*"}
	}
	b.tx(func(tx *store.Tx) (err error) {
		made, err = b.service.CreateTx(tx, b.caller, webhooks.Form{URL: url, Events: events, Headers: map[string]string{"X-Erp-Key": "s3cret-of-erp"}})
		return err
	})
	return made
}

func (b bench) publish(eventType, subject string) (id string) {
	b.Helper()
	b.tx(func(tx *store.Tx) (err error) {
		id, err = tx.Publish(portal.WebhookEvent{
			AccountID: b.caller.AccountID, Environment: b.caller.Environment, Type: eventType, Subject: subject,
			At: tx.Now(), Data: json.RawMessage(`{"message":{"id":"` + subject + `"}}`),
		})
		return err
	})
	return id
}

// work runs the loops until nothing is left to do now.
func (b bench) work() {
	b.Helper()
	for {
		routed, err := b.service.Route(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		taken, err := b.service.Deliver(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.service.Wait()
		if routed+taken == 0 {
			break
		}
	}
	if _, err := b.service.NoteHealth(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// pass moves the clock.
func (b bench) pass(d time.Duration) { b.ahead.Add(int64(d)) }

func (b bench) read(id string) portal.WebhookEndpoint {
	b.Helper()
	e, err := b.service.Get(b.Context(), b.caller.Tenant, id)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func (b bench) deliveries(endpointID string) []webhooks.Told {
	b.Helper()
	list, _, err := b.service.Deliveries(b.Context(), b.caller.Tenant, portal.DeliveryFilter{EndpointID: endpointID}, portal.Page{Limit: 100})
	if err != nil {
		b.Fatal(err)
	}
	var all []webhooks.Told
	for _, d := range list {
		told, err := b.service.Delivery(b.Context(), b.caller.Tenant, endpointID, d.ID)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, told)
	}
	return all
}

// receiver is a customer's server that notes what it is sent.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []*http.Request
	body [][]byte
}

func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := new(receiver)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got, r.body = append(r.got, req), append(r.body, body)
		r.mu.Unlock()
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) calls() ([]*http.Request, [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got, r.body
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// inTurn answers with one status after the other, and with the last one from then on.
func inTurn(statuses ...int) http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(int(n.Add(1))-1, len(statuses)-1)])
	}
}

func engines(t *testing.T, fn func(t *testing.T, open storetest.Opener)) {
	t.Helper()
	t.Parallel()
	storetest.Engines(t, fn)
}

func TestSignedDelivery(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made := b.endpoint(r.URL)
		subject := portal.NewID(portal.PrefixContact)
		first, second := b.publish(portal.EventContactOptedOut, subject), b.publish(portal.EventContactOptedIn, subject)
		b.work()
		requests, bodies := r.calls()
		if len(requests) != 2 {
			t.Fatalf("%d deliveries, want 2", len(requests))
		}
		wh, err := standardwebhooks.NewWebhook(made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for i, req := range requests {
			if err := wh.Verify(bodies[i], req.Header); err != nil {
				t.Errorf("the library refuses a delivery: %v", err)
			}
			if err := wh.Verify(append(bodies[i], ' '), req.Header); err == nil {
				t.Error("a changed body verifies")
			}
			verifyPublic(t, made.PublicKey, req.Header, bodies[i])
			if got := req.Header.Get("X-Erp-Key"); got != "s3cret-of-erp" {
				t.Errorf("own header %q", got)
			}
			var e struct {
				ID       string `json:"id"`
				Sequence int    `json:"sequence"`
			}
			if err := json.Unmarshal(bodies[i], &e); err != nil {
				t.Fatal(err)
			}
			if e.ID != req.Header.Get("Webhook-Id") {
				t.Errorf("id %q under header %q", e.ID, req.Header.Get("Webhook-Id"))
			}
			seen[e.ID] = e.Sequence
		}
		if seen[first] != 1 || seen[second] != 2 {
			t.Errorf("sequences %v of %s and %s", seen, first, second)
		}
		for _, d := range b.deliveries(made.ID) {
			if d.Status != portal.DeliverySucceeded || len(d.List) != 1 || d.List[0].HTTPStatus != http.StatusNoContent {
				t.Errorf("delivery %+v", d)
			}
			if strings.Contains(d.List[0].Request.Headers["x-erp-key"], "s3cret") {
				t.Error("the log keeps the customer's secret header")
			}
		}
		if e := b.read(made.ID); e.LastSuccessAt == nil || e.Health(b.store.Now()) != portal.HealthHealthy {
			t.Errorf("health of %+v", e)
		}
	})
}

func verifyPublic(t *testing.T, key string, h http.Header, body []byte) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whpk_"))
	if err != nil {
		t.Fatal(err)
	}
	signed := h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + "." + string(body)
	for _, part := range strings.Fields(h.Get("Webhook-Signature")) {
		if text, ok := strings.CutPrefix(part, "v1a,"); ok {
			sig, err := base64.StdEncoding.DecodeString(text)
			if err == nil && ed25519.Verify(raw, []byte(signed), sig) {
				return
			}
		}
	}
	t.Errorf("no v1a signature of %q verifies", h.Get("Webhook-Signature"))
}

func TestRotation(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		old := b.endpoint(r.URL)
		var fresh webhooks.Created
		b.tx(func(tx *store.Tx) (err error) {
			fresh, err = b.service.RotateTx(tx, b.caller, old.ID, 24*time.Hour)
			return err
		})
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		requests, bodies := r.calls()
		for _, secret := range []string{old.Secret, fresh.Secret} {
			wh, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := wh.Verify(bodies[0], requests[0].Header); err != nil {
				t.Errorf("during the overlap: %v", err)
			}
		}
		verifyPublic(t, old.PublicKey, requests[0].Header, bodies[0])
		verifyPublic(t, fresh.PublicKey, requests[0].Header, bodies[0])
		b.pass(25 * time.Hour)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		requests, _ = r.calls()
		if n := len(strings.Fields(requests[1].Header.Get("Webhook-Signature"))); n != 2 {
			t.Errorf("%d signatures after the overlap, want 2", n)
		}
	})
}

func TestRetries(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, inTurn(500, 500, 204))
		made := b.endpoint(r.URL)
		id := b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		for i, wait := range webhooks.DefaultSchedule[:2] {
			d := b.deliveries(made.ID)[0]
			gap := d.NextAt.Sub(d.List[i].At)
			if gap < wait*8/10-time.Second || gap > wait*12/10+5*time.Second {
				t.Errorf("retry %d after %s, want %s ± 20 %%", i+1, gap, wait)
			}
			b.pass(wait*8/10 - 2*time.Second)
			if b.work(); len(b.deliveries(made.ID)[0].List) != i+1 {
				t.Error("tried again too early")
			}
			b.pass(wait*4/10 + 10*time.Second)
			b.work()
		}
		d := b.deliveries(made.ID)[0]
		if d.Status != portal.DeliverySucceeded || len(d.List) != 3 || d.List[0].Outcome != portal.OutcomeHTTPError {
			t.Errorf("%+v", d)
		}
		requests, bodies := r.calls()
		for i := range requests {
			if requests[i].Header.Get("Webhook-Id") != id || string(bodies[i]) != string(bodies[0]) {
				t.Error("a retry differs in id or body")
			}
			if i > 0 && requests[i].Header.Get("Webhook-Timestamp") == requests[0].Header.Get("Webhook-Timestamp") {
				t.Error("a retry carries the timestamp of another attempt")
			}
		}
	})
}

func TestGivenUp(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open, func(o *webhooks.Options) { o.Schedule = []time.Duration{time.Second, time.Second} }), receive(t, inTurn(500))
		made := b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		for range 5 {
			b.work()
			b.pass(3 * time.Second)
		}
		if d := b.deliveries(made.ID)[0]; d.Status != portal.DeliveryDead || len(d.List) != 3 || d.NextAt != nil {
			t.Errorf("%+v", d)
		}
	})
}

func TestGone(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, gone, other := setup(t, open), receive(t, inTurn(http.StatusGone)), receive(t, noContent)
		made := b.endpoint(gone.URL)
		b.endpoint(other.URL, "endpoint.*")
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		if e := b.read(made.ID); e.Status != portal.EndpointDisabled || e.DisabledReason != portal.DisabledGone {
			t.Errorf("after 410: %+v", e)
		}
		if _, bodies := other.calls(); len(bodies) != 1 || !strings.Contains(string(bodies[0]), made.ID) {
			t.Errorf("the other endpoint was told %d times", len(bodies))
		}
		if n := <-b.notices; n.Percent != 100 {
			t.Errorf("notice %+v", n)
		}
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		if requests, _ := gone.calls(); len(requests) != 1 {
			t.Error("a disabled endpoint is called")
		}
	})
}

func TestPatience(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		busy := atomic.Bool{}
		busy.Store(true)
		b, r := setup(t, open), receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if busy.Load() {
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		})
		b.endpoint(r.URL)
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.pass(100 * time.Second)
		b.work()
		if requests, _ := r.calls(); len(requests) != 1 {
			t.Errorf("%d calls before Retry-After was over", len(requests))
		}
		busy.Store(false)
		b.pass(30 * time.Second)
		b.work()
		if requests, _ := r.calls(); len(requests) != 3 {
			t.Errorf("%d calls after it, want 3", len(requests))
		}
	})
}

func TestBadReceivers(t *testing.T) {
	hang := make(chan struct{})
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		outcome string
		status  string
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusMovedPermanently)
		}, portal.OutcomeRedirect, portal.DeliveryPending},
		{"hang", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-hang:
			}
		}, portal.OutcomeTimeout, portal.DeliveryPending},
		{"dropped", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, portal.OutcomeConnectionError, portal.DeliveryPending},
		{"abort", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("webhook-delivery", "abort-message")
			w.WriteHeader(http.StatusInternalServerError)
		}, portal.OutcomeHTTPError, portal.DeliveryDead},
		{"oversized", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) }, portal.OutcomeSucceeded, portal.DeliverySucceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) },
				func(o *webhooks.Options) { o.Timeout = 500 * time.Millisecond })
			r := receive(t, c.answer)
			made := b.endpoint(r.URL)
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
			b.work()
			d := b.deliveries(made.ID)[0]
			if d.Status != c.status || d.List[0].Outcome != c.outcome {
				t.Errorf("%s %+v", d.Status, d.List[0])
			}
			if p := d.List[0].Response; p != nil && len(p.Body) > 16<<10 {
				t.Errorf("%d bytes of the answer are kept", len(p.Body))
			}
		})
	}
}

func TestSlowNeighbor(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		release := make(chan struct{})
		slow := receive(t, func(http.ResponseWriter, *http.Request) { <-release })
		t.Cleanup(func() { close(release) })
		done := make(chan struct{}, 400)
		quick := receive(t, func(http.ResponseWriter, *http.Request) { done <- struct{}{} })
		b := setup(t, open)
		b.endpoint(slow.URL)
		b.endpoint(quick.URL)
		for range 200 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		for len(done) < 200 {
			if _, err := b.service.Route(b.Context()); err != nil {
				t.Fatal(err)
			}
			n, err := b.service.Deliver(b.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				select {
				case <-b.service.Left():
				case <-b.Context().Done():
				}
			}
		}
	})
}

func TestFailingEndpoint(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open, func(o *webhooks.Options) { o.Schedule = nil }), receive(t, inTurn(500))
		made := b.endpoint(r.URL)
		var told []int
		for range 11 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
			b.work()
			b.pass(12 * time.Hour)
			for len(b.notices) > 0 {
				told = append(told, (<-b.notices).Percent)
			}
		}
		if len(told) != 4 || told[0] != 50 || told[1] != 70 || told[2] != 90 || told[3] != 100 {
			t.Errorf("told %v, want 50, 70, 90, 100", told)
		}
		if e := b.read(made.ID); e.Status != portal.EndpointDisabled || e.DisabledReason != portal.DisabledFailing {
			t.Errorf("after five days: %+v", e)
		}
		for _, d := range b.deliveries(made.ID) {
			if d.Status == portal.DeliveryPending {
				t.Error("something still waits for a disabled endpoint")
			}
		}
	})
}

func TestTestAndResend(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r, other := setup(t, open), receive(t, inTurn(500, 204)), receive(t, noContent)
		made := b.endpoint(r.URL)
		b.endpoint(other.URL)
		told, err := b.service.Test(t.Context(), b.caller, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if told.Status != portal.DeliveryDead || told.EventType != portal.EventTest || told.List[0].HTTPStatus != http.StatusInternalServerError {
			t.Errorf("test: %+v", told)
		}
		b.work()
		if requests, _ := other.calls(); len(requests) != 0 {
			t.Error("a test reaches another endpoint")
		}
		if e := b.read(made.ID); e.FailingSince != nil {
			t.Error("a test says something about health")
		}
		var again portal.Delivery
		b.tx(func(tx *store.Tx) (err error) {
			again, err = b.service.ResendTx(tx, b.caller, made.ID, told.ID)
			return err
		})
		b.work()
		requests, _ := r.calls()
		if len(requests) != 2 || requests[0].Header.Get("Webhook-Id") != requests[1].Header.Get("Webhook-Id") {
			t.Errorf("%d calls, or another id", len(requests))
		}
		if d, err := b.service.Delivery(t.Context(), b.caller.Tenant, made.ID, again.ID); err != nil || d.Status != portal.DeliverySucceeded {
			t.Errorf("resend: %+v, %v", d, err)
		}
	})
}

func TestReplay(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open, func(o *webhooks.Options) { o.Schedule = []time.Duration{time.Second} })
		broken := atomic.Bool{}
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		made := b.endpoint(r.URL)
		from := b.store.Now()
		want := map[string]bool{}
		b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		b.work()
		broken.Store(true)
		for range 300 {
			want[b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))] = true
		}
		for range 3 {
			b.work()
			b.pass(5 * time.Second)
		}
		broken.Store(false)
		before, _ := r.calls()
		b.tx(func(tx *store.Tx) error {
			_, err := b.service.ReplayTx(tx, b.caller, webhooks.Ask{EndpointID: made.ID, From: from, FailedOnly: true})
			return err
		})
		b.work()
		after, _ := r.calls()
		got := map[string]bool{}
		for _, req := range after[len(before):] {
			got[req.Header.Get("Webhook-Id")] = true
		}
		if len(got) != len(want) || len(after)-len(before) != len(want) {
			t.Fatalf("replayed %d events in %d calls, want %d", len(got), len(after)-len(before), len(want))
		}
		for id := range want {
			if !got[id] {
				t.Errorf("%s was not replayed", id)
			}
		}
		replays, err := b.service.Replays(t.Context(), b.caller.Tenant, made.ID)
		if err != nil || len(replays) != 1 || replays[0].Queued != len(want) || replays[0].FinishedAt == nil {
			t.Errorf("replays %+v, %v", replays, err)
		}
	})
}

// TestFeed reads the feed while events are written: each appears once and none
// behind a place that was handed out.
func TestFeed(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b := setup(t, open)
		const writers, each = 4, 50
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
				}
			})
		}
		ctx, stop := context.WithCancel(t.Context())
		var routing sync.WaitGroup
		for range 2 { // as two nodes
			routing.Go(func() {
				for ctx.Err() == nil {
					if _, err := b.service.Route(ctx); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		seen, after := map[string]bool{}, int64(0)
		for len(seen) < writers*each && !t.Failed() {
			events, upTo, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: after, Limit: 7})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if seen[e.ID] {
					t.Errorf("%s twice", e.ID)
				}
				seen[e.ID] = true
			}
			after = upTo
		}
		stop()
		routing.Wait()
		all.Wait()
		events, upTo, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{Limit: 100, Types: []string{"channel.*"}})
		if err != nil || len(events) != 0 || upTo < writers*each {
			t.Errorf("other types: %d events up to %d, %v", len(events), upTo, err)
		}
		if _, _, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: upTo + 1, Limit: 1}); portal.CodeOf(err) != portal.CodeInvalidCursor {
			t.Errorf("a place in the future: %v", err)
		}
	})
}

func TestRefusedForms(t *testing.T) {
	t.Parallel()
	b := setup(t, func(opts ...func(*store.Options)) *store.Store { return storetest.Open(t, opts...) })
	many := map[string]string{}
	for i := range 11 {
		many["X-"+strconv.Itoa(i)] = "v"
	}
	good := webhooks.Form{URL: "https://erp.example.com/wpp", Events: []string{"message.*"}}
	for pointer, spoil := range map[string]func(*webhooks.Form){
		"/url":                func(f *webhooks.Form) { f.URL = "http://erp.example.com/" },
		"/events":             func(f *webhooks.Form) { f.Events = nil },
		"/events/0":           func(f *webhooks.Form) { f.Events = []string{"messages.*"} },
		"/headers":            func(f *webhooks.Form) { f.Headers = many },
		"/headers/X-A":        func(f *webhooks.Form) { f.Headers = map[string]string{"X-A": "a\r\nX-B: b"} },
		"/headers/Host":       func(f *webhooks.Form) { f.Headers = map[string]string{"Host": "other"} },
		"/headers/webhook-id": func(f *webhooks.Form) { f.Headers = map[string]string{"webhook-id": "evt"} },
		"/description":        func(f *webhooks.Form) { f.Description = strings.Repeat("é", 256) },
	} {
		f := good
		spoil(&f)
		err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := b.service.CreateTx(tx, b.caller, f)
			return err
		})
		var refusal *portal.Error
		if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestForget(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		made := b.endpoint(r.URL)
		for range 3 {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
		}
		b.work()
		_, old, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.service.Forget(t.Context()); err != nil || len(b.deliveries(made.ID)) != 3 {
			t.Fatalf("what is young is gone, %v", err)
		}
		b.pass(webhooks.Kept + time.Hour)
		if err := b.service.Forget(t.Context()); err != nil || len(b.deliveries(made.ID)) != 0 {
			t.Fatalf("what is old is there, %v", err)
		}
		events, upTo, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{Limit: 10})
		if err != nil || len(events) != 0 {
			t.Errorf("%d old events, %v", len(events), err)
		}
		if _, _, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: old, Limit: 1}); portal.CodeOf(err) != portal.CodeInvalidCursor {
			t.Errorf("a cursor to what is gone: %v", err)
		}
		if _, _, err := b.service.Feed(t.Context(), b.caller.Tenant, store.FeedPart{After: upTo, Limit: 1}); err != nil {
			t.Errorf("the cursor of today: %v", err)
		}
	})
}
