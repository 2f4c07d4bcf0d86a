package webhooks_test

import (
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
		Mask: func(body []byte) string { return string(body) },
		Notice: func(tx *store.Tx, n webhooks.Notice) error {
			tx.AfterCommit(func() { b.notices <- n })
			return nil
		},
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
		"/headers/x-b":        func(f *webhooks.Form) { f.Headers = map[string]string{"x-b": "1", "X-B": "2"} },
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
