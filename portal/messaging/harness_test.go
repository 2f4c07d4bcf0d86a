package messaging_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// The numbers of the tests: an ordinary person and a tester of the account.
const (
	person = "+5531987654321"
	tester = "+5511987650001"
)

// magic returns one of the simulator's numbers with a fixed behavior.
func magic(n string) string { return "+55119000000" + n }

// clock is the time of a bench. It moves only when told to, or by itself once it runs.
type clock struct {
	mu      sync.Mutex
	now     time.Time
	running time.Time // since when by the real clock; zero while it stands still
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running.IsZero() {
		return c.now
	}
	return c.now.Add(time.Since(c.running))
}

func (c *clock) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = time.Now()
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is the whole path in one process: the service, the real store and the
// real simulator, which calls back through a handler as the portal has one.
type bench struct {
	*testing.T
	clock     *clock
	store     *store.Store
	service   *messaging.Service
	simulator *simulator.Simulator
	caller    portal.Caller
	front     http.Handler           // stands before the simulator; a test may replace it
	committed atomic.Pointer[func()] // called once, when the next transaction is committed

	mu       sync.Mutex
	received []callback
	sends    map[string]int // calls to WhatsApp by recipient
}

// callback is what the simulator called back with.
type callback struct {
	channel, signature string
	body               []byte
}

type option func(*messaging.Options, *portal.Account)

func newBench(t *testing.T, options ...option) *bench {
	t.Helper()
	b := &bench{T: t, clock: &clock{now: time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)}, sends: map[string]int{}}
	b.store = storetest.Open(t, func(o *store.Options) { o.Now, o.Observer = b.clock.Now, observer{b} })
	b.simulator = simulator.New(simulator.Options{
		Journal: store.SimulatorJournal{Store: b.store}, Now: b.clock.Now, Receive: http.HandlerFunc(b.hook),
	})
	b.front = b.simulator
	client := whatsapp.New(whatsapp.Options{Transport: whatsapp.HandlerTransport(http.HandlerFunc(b.toWhatsApp))})
	o := messaging.Options{Store: b.store, Simulator: client, Provider: portal.ProviderSimulator, LogIn: b.simulator.LogIn}
	account := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanUnlimited,
		Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", Testers: []string{tester},
		CreatedAt: b.clock.Now(), UpdatedAt: b.clock.Now(),
	}
	for _, with := range options {
		with(&o, &account)
	}
	var err error
	if b.service, err = messaging.New(o); err != nil {
		t.Fatal(err)
	}
	b.caller = b.newCaller(account)
	return b
}

// observer lets a test act between a commit and whoever waits for it.
type observer struct{ b *bench }

func (o observer) Tx(_ context.Context, t store.TxTimes) {
	if t.Code == "" {
		if act := o.b.committed.Swap(nil); act != nil {
			(*act)()
		}
	}
}

func (observer) Batch(int, time.Duration) {}
func (observer) ReadWaited(time.Duration) {}
func (observer) Failed(portal.Code)       {}

// newCaller adds the account and returns a token's call in its test environment.
func (b *bench) newCaller(a portal.Account) portal.Caller {
	b.Helper()
	b.tx(func(tx *store.Tx) error {
		if err := tx.InsertAccount(a); err != nil {
			return err
		}
		return b.service.Provision(tx, a)
	})
	return portal.Caller{
		Tenant: portal.Tenant{AccountID: a.ID, Environment: portal.Test}, Account: a,
		Token: portal.Token{ID: portal.NewID(portal.PrefixToken)}, RequestID: portal.NewID(portal.PrefixRequest),
	}
}

func (b *bench) toWhatsApp(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Errorf("read the request: %v", err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	b.mu.Lock()
	if _, rest, ok := strings.Cut(string(body), `"to":"`); ok {
		to, _, _ := strings.Cut(rest, `"`)
		b.sends["+"+to]++
	}
	front := b.front
	b.mu.Unlock()
	front.ServeHTTP(w, r)
}

// hook is what the portal's front door does with a callback.
func (b *bench) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Errorf("read the callback: %v", err)
	}
	c := callback{strings.TrimPrefix(r.URL.Path, "/hooks/whatsapp/"), r.Header.Get(whatsapp.SignatureHeader), body}
	b.mu.Lock()
	b.received = append(b.received, c)
	b.mu.Unlock()
	if err := b.service.Receive(r.Context(), c.channel, c.signature, body); err != nil && r.Context().Err() == nil {
		b.Errorf("receive: %v", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (b *bench) callbacks() []callback {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]callback(nil), b.received...)
}

func (b *bench) sent(to string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sends[to]
}

func (b *bench) tx(fn func(tx *store.Tx) error) {
	b.Helper()
	if err := b.store.Tx(b.Context(), fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) try(c portal.Caller, d messaging.Draft) (m portal.Message, err error) {
	err = b.store.Tx(b.Context(), func(tx *store.Tx) error {
		m, err = b.service.AcceptTx(tx, c, "", d)
		return err
	})
	return m, err
}

func (b *bench) accept(d messaging.Draft) portal.Message {
	b.Helper()
	m, err := b.try(b.caller, d)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// dispatch makes passes until nothing is due now.
func (b *bench) dispatch() {
	b.Helper()
	for range 100 {
		n, err := b.service.Dispatch(b.Context())
		b.service.Wait()
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	b.Fatal("always something due")
}

// callBack has the simulator deliver what it owes by now.
func (b *bench) callBack() {
	b.Helper()
	for range 100 {
		n, err := b.simulator.DeliverDue(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	b.Fatal("always a callback due")
}

// pass lets time go by in steps, with everything that is due in between.
func (b *bench) pass(d, step time.Duration) {
	b.Helper()
	for b.dispatchAndCallBack(); d > 0; d -= step {
		b.clock.add(min(d, step))
		b.dispatchAndCallBack()
	}
}

func (b *bench) dispatchAndCallBack() {
	b.Helper()
	b.dispatch()
	b.callBack()
}

func (b *bench) get(id string) (portal.Message, portal.History) {
	b.Helper()
	m, h, err := b.service.Get(b.Context(), b.caller.Tenant, id)
	if err != nil {
		b.Fatal(err)
	}
	return m, h
}

func (b *bench) want(id string, status portal.Status, code portal.Code) portal.Message {
	b.Helper()
	m, _ := b.get(id)
	got := portal.Code("")
	if m.Failure != nil {
		got = m.Failure.Code
	}
	if m.Status != status || got != code {
		b.Errorf("message is %s %q, want %s %q", m.Status, got, status, code)
	}
	return m
}

// writes has a person write to the account.
func (b *bench) writes(from, body string) portal.Message {
	b.Helper()
	var m portal.Message
	b.tx(func(tx *store.Tx) (err error) {
		m, err = b.service.InboundTx(tx, b.caller, messaging.InboundDraft{From: from, Text: body})
		return err
	})
	return m
}

// addTemplate gives the account one more template.
func (b *bench) addTemplate(name, category, status, format string, parameters ...portal.TemplateParameter) {
	b.Helper()
	b.tx(func(tx *store.Tx) error {
		return tx.InsertTemplate(portal.Template{
			ID: portal.NewID(portal.PrefixTemplate), AccountID: b.caller.AccountID, Environment: portal.Test, Name: name,
			Language: "pt_BR", Category: category, Status: status, ParameterFormat: format, Parameters: parameters,
			Components: []byte("[]"), Quality: "unknown", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		})
	})
}

func (b *bench) contact(id string) portal.Contact {
	b.Helper()
	c, err := b.store.Reader(b.Context()).ContactByRef(b.caller.Tenant, id)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) reconnect() {
	b.Helper()
	if err := b.service.Reconnect(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) logIn(channelID string) {
	b.Helper()
	b.tx(func(tx *store.Tx) error {
		_, err := b.service.LogInTx(tx, b.caller, channelID)
		return err
	})
}

// text and template are drafts that nothing is wrong with.
func text(to string) messaging.Draft {
	return messaging.Draft{To: to, Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: "Olá, tudo bem?"}}}
}

func template(to string) messaging.Draft {
	return messaging.Draft{To: to, Type: portal.TypeTemplate, Template: orderUpdate()}
}

func orderUpdate() *messaging.TemplateRef {
	return &messaging.TemplateRef{
		Name: "order_update", Language: "pt_BR",
		Parameters: map[string]string{"name": "Cliente", "order": "1001", "status": "enviado"},
	}
}

// front answers instead of the simulator as long as it returns true.
func (b *bench) intercept(answer func(w http.ResponseWriter, r *http.Request) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.front = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			b.simulator.ServeHTTP(w, r)
		}
	})
}

func code(t *testing.T, what string, err error, want portal.Code) {
	t.Helper()
	if got := portal.CodeOf(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

// pointers returns where an error points.
func pointers(err error) (list []string) {
	var refusal *portal.Error
	if errors.As(err, &refusal) {
		for _, f := range refusal.Fields {
			list = append(list, f.Pointer+" "+f.Code)
		}
	}
	return list
}
