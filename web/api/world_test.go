package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/audit"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/portal/webhooks"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// tester is a number whose window is open in the test environment.
const tester = "+5511987650001"

// world is the API on the real store, use cases and simulator.
type world struct {
	testing.TB
	*API
	simulator *simulator.Simulator
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, storetest.Open(t, func(o *store.Options) { o.Present = Resource }))
}

func newWorldOn(t testing.TB, s *store.Store) *world {
	t.Helper()
	w := &world{TB: t}
	w.simulator = simulator.New(simulator.Options{Journal: store.SimulatorJournal{Store: s}, Receive: http.HandlerFunc(w.hook)})
	client := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator", Transport: whatsapp.HandlerTransport(w.simulator)})
	files, err := media.New(media.Options{
		Store: s, Shelf: media.DefaultShelf(s, filepath.Join(t.TempDir(), "media")), Clients: map[string]*whatsapp.Client{portal.ProviderSimulator: client},
	})
	if err != nil {
		t.Fatal(err)
	}
	tpl, err := templates.New(templates.Options{Store: s, Simulator: client, Open: files.Open})
	if err != nil {
		t.Fatal(err)
	}
	m, err := messaging.New(messaging.Options{
		Store: s, Provider: portal.ProviderSimulator, Simulator: client, Templates: tpl.Apply, Upload: files.Upload,
	})
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := webhooks.New(webhooks.Options{
		Store: s, Permitted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Mask: audit.MaskAnswer,
	})
	if err != nil {
		t.Fatal(err)
	}
	people := contacts.New(contacts.Options{Store: s})
	commerce, err := events.New(events.Options{Store: s, Upsert: func(tx *store.Tx, c portal.Caller, who events.Customer) (portal.Contact, error) {
		contact, _, _, err := people.UpsertTx(tx, c, contacts.Upsert{
			ExternalID: contacts.Optional[string](who.ExternalID), Phone: contacts.Optional[string](who.Phone), Name: contacts.Optional[string](who.Name),
			Email: contacts.Optional[string](who.Email), Country: contacts.Optional[string](who.Country), OptIn: contacts.Optional[portal.ConsentChange](who.OptIn), Source: portal.SourceEvent,
		})
		return contact, err
	}, Send: func(tx *store.Tx, c portal.Caller, w events.Wish) (portal.Message, error) {
		return m.AcceptTx(tx, c, "", messaging.Draft{To: w.ContactID, From: w.ChannelID, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{
			Name: w.Template, Language: w.Language, Parameters: w.Parameters,
		}})
	}})
	if err != nil {
		t.Fatal(err)
	}
	log := audit.New(audit.Options{Store: s})
	a, err := New(Options{
		Store: s, Tokens: tokens.New(tokens.Options{Store: s}), Accounts: accounts.New(accounts.Options{Store: s}), Messaging: m, Templates: tpl,
		Media: files, Contacts: people, Events: commerce, Support: support.New(support.Options{Store: s}), Webhooks: hooks, Log: log, BaseURL: "https://api.example.com",
		Console: func(r *http.Request) (portal.Caller, error) {
			return portal.Caller{}, portal.Refuse(portal.CodeCrossSite)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.API = a
	return w
}

// hook is the door that the simulator calls back at.
func (w *world) hook(rw http.ResponseWriter, r *http.Request) {
	var raw bytes.Buffer
	_, _ = raw.ReadFrom(r.Body)
	channel := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if err := w.Messaging.Receive(r.Context(), channel, r.Header.Get("X-Hub-Signature-256"), raw.Bytes()); err != nil {
		rw.WriteHeader(http.StatusUnauthorized)
	}
}

// account adds an account with everything that a new one has.
func (w *world) account(plan portal.Plan) portal.Account {
	w.Helper()
	now := w.Store.Now()
	acc := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja Exemplo", Status: portal.AccountActive, Plan: plan, Language: portal.LangPT,
		Timezone: "America/Sao_Paulo", Country: "BR", Testers: []string{tester, "+5511987654321"}, Departments: []string{"suporte"}, CreatedAt: now, UpdatedAt: now,
	}
	w.tx(func(tx *store.Tx) error {
		if err := tx.InsertAccount(acc); err != nil {
			return err
		}
		return w.Messaging.Provision(tx, acc)
	})
	return acc
}

func (w *world) tx(fn func(tx *store.Tx) error) {
	w.Helper()
	if err := w.Store.Tx(w.Context(), fn); err != nil {
		w.Fatal(err)
	}
}

// token adds a token and returns its secret; with changes it before.
func (w *world) token(acc portal.Account, env portal.Environment, with ...func(*portal.Token)) string {
	w.Helper()
	secret, now := portal.NewSecret(env), w.Store.Now()
	tok := portal.Token{
		ID: portal.NewID(portal.PrefixToken), AccountID: acc.ID, Environment: env, Name: "ERP", Prefix: secret[:9], Last4: secret[len(secret)-4:],
		Scopes: []string{portal.AllScopes}, CreatedAt: now, UpdatedAt: now,
	}
	for _, change := range with {
		change(&tok)
	}
	w.tx(func(tx *store.Tx) error { return tx.InsertToken(tok, portal.HashSecret(secret)) })
	return secret
}

// ask is one call of the API.
type ask struct {
	method, path, token, body string
	header                    map[string]string
}

// got is its answer.
type got struct {
	testing.TB
	status int
	header http.Header
	body   []byte
	ask    ask
}

// do makes a call and checks what holds for every answer: it fits the document,
// and it has a request id.
func (w *world) do(q ask) got {
	w.Helper()
	r := httptest.NewRequest(q.method, "https://api.example.com"+q.path, strings.NewReader(q.body))
	if q.body == "" {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	routed := w.route(r) != nil
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	g := got{w.TB, rec.Code, rec.Header(), rec.Body.Bytes(), q}
	if !portal.IsID(portal.PrefixRequest, g.header.Get("Request-Id")) {
		w.Errorf("%s %s: Request-Id %q", q.method, q.path, g.header.Get("Request-Id"))
	}
	if g.status >= http.StatusInternalServerError {
		w.Errorf("%s %s: %d %s", q.method, q.path, g.status, g.body)
	}
	if routed && q.method != http.MethodHead {
		w.fits(q, g)
	}
	return g
}

// fits validates the answer against the document.
func (w *world) fits(q ask, g got) {
	w.Helper()
	r := httptest.NewRequest(q.method, "https://api.example.com"+q.path, http.NoBody)
	res := &http.Response{StatusCode: g.status, Header: g.header, Body: http.NoBody}
	if len(g.body) > 0 {
		res.Body = readCloser{bytes.NewReader(g.body)}
	}
	checking.Lock()
	defer checking.Unlock()
	if ok, problems := checker(w.TB, documentOf(q.path)).ValidateHttpResponse(r, res); !ok {
		for _, p := range problems {
			w.Errorf("%s %s: answer does not fit the document: %s %s %v\n%s", q.method, q.path, p.Message, p.Reason, p.SchemaValidationErrors, g.body)
		}
	}
}

// documentOf says which document describes a path.
func documentOf(path string) string {
	switch {
	case strings.HasPrefix(path, "/v1/webhook-"):
		return Webhooks
	case strings.HasPrefix(path, "/v1/event"):
		return Events
	}
	return Developer
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

var (
	checking sync.Mutex
	checkers = map[string]validator.Validator{} // by document
)

// checker is made once for each document: reading one takes a while.
func checker(t testing.TB, name string) validator.Validator {
	t.Helper()
	if v := checkers[name]; v != nil {
		return v
	}
	doc, err := libopenapi.NewDocument(described(t).Document(name, portal.LangEN))
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	checkers[name] = v
	return v
}

// want fails unless the answer has the status and, of a problem, the code.
func (g got) want(status int, code portal.Code) got {
	g.Helper()
	if g.status != status || code != "" && g.text("code") != string(code) {
		g.Fatalf("%s %s %s: %d %s; want %d %s", g.ask.method, g.ask.path, g.ask.body, g.status, g.body, status, code)
	}
	return g
}

// value returns what is at the dotted path of the body.
func (g got) value(path string) any {
	g.Helper()
	var v any
	if err := json.Unmarshal(g.body, &v); err != nil {
		g.Fatalf("%s %s: %d %q is not JSON", g.ask.method, g.ask.path, g.status, g.body)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				g.Fatalf("%s: nothing at %s", path, name)
			}
			v = at[i]
		default:
			g.Fatalf("%s is not in %s", path, g.body)
		}
	}
	return v
}

func (g got) text(path string) string {
	g.Helper()
	s, _ := g.value(path).(string)
	return s
}

// logging writes the log as the program does, until the test ends.
func (w *world) logging() {
	w.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.API.Log.Run(ctx)
	}()
	w.Cleanup(func() { stop(); <-done })
}

// row returns the call's entry in the log.
func (w *world) row(acc portal.Account, env portal.Environment, g got) portal.Request {
	w.Helper()
	w.API.Log.Flush(context.Background())
	q, err := w.API.Log.Get(w.Context(), portal.Tenant{AccountID: acc.ID, Environment: env}, g.header.Get("Request-Id"))
	if err != nil {
		w.Fatalf("%s %s: no log row: %v", g.ask.method, g.ask.path, err)
	}
	return q
}

// settle sends what is due and delivers the callbacks that are owed.
func (w *world) settle() {
	w.Helper()
	_, err := w.Messaging.Dispatch(w.Context())
	if w.Messaging.Wait(); err != nil {
		w.Fatal(err)
	}
	if _, err := w.simulator.DeliverDue(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func only(scopes ...string) func(*portal.Token) {
	return func(t *portal.Token) { t.Scopes = scopes }
}

// without returns every scope but one.
func without(scope string) func(*portal.Token) {
	return only(slices.DeleteFunc(slices.Clone(portal.Scopes), func(s string) bool { return s == scope })...)
}

func ended(at time.Time) *time.Time { return &at }
