package channels_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// bench is a portal in live with Meta as the provider, and a Meta of its own: the
// simulator behind a listener, on another store.
type bench struct {
	*testing.T
	store     *store.Store
	channels  *channels.Service
	messaging *messaging.Service
	caller    portal.Caller
	by        channels.By
	log       *bytes.Buffer
	met       []string // channels whose connection was told on

	meta      *store.Store
	simulator *simulator.Simulator
	graph     *httptest.Server
	business  portal.Tenant // whose numbers Meta has

	mu    sync.Mutex
	hooks map[string]string // by Meta's channel: ours, whose callback address was pasted there
	told  int               // callbacks that Meta made
	wrong int               // of those, refused
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, store: storetest.Open(t), meta: storetest.Open(t), hooks: map[string]string{}, log: new(bytes.Buffer)}
	b.simulator = simulator.New(simulator.Options{Journal: store.SimulatorJournal{Store: b.meta}, Receive: http.HandlerFunc(b.hook)})
	b.graph = httptest.NewServer(b.simulator)
	t.Cleanup(b.graph.Close)
	none := whatsapp.New(whatsapp.Options{Transport: whatsapp.HandlerTransport(http.NotFoundHandler())})
	cloud := whatsapp.New(whatsapp.Options{BaseURL: b.graph.URL, Version: "v23.0"})
	logger := slog.New(slog.NewJSONHandler(b.log, nil))
	var err error
	b.channels, err = channels.New(channels.Options{Store: b.store, Simulator: none, Cloud: cloud, Provider: portal.ProviderCloud, Logger: logger, Connected: func(_ context.Context, c portal.Channel) { b.met = append(b.met, c.ID) }})
	b.must(err)
	b.messaging, err = messaging.New(messaging.Options{Store: b.store, Simulator: none, Cloud: cloud, Provider: portal.ProviderCloud, News: b.channels.News, Logger: logger})
	b.must(err)
	b.business = b.account(b.meta)
	tenant := b.account(b.store)
	account, err := b.store.Reader(t.Context()).Account(tenant.AccountID)
	b.must(err)
	b.caller = portal.Caller{Tenant: tenant, Account: account, Token: portal.Token{ID: portal.NewID(portal.PrefixToken)}, RequestID: portal.NewID(portal.PrefixRequest)}
	b.by = channels.By{Actor: portal.Actor{Kind: portal.ActorUser, ID: "usr_1", Name: "Ana"}, Tenant: tenant, RequestID: b.caller.RequestID}
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) account(s *store.Store) portal.Tenant {
	b.Helper()
	t := portal.Tenant{AccountID: portal.NewID(portal.PrefixAccount), Environment: portal.Live}
	b.must(s.Tx(b.Context(), func(tx *store.Tx) error {
		return tx.InsertAccount(portal.Account{
			ID: t.AccountID, Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanUnlimited, Language: portal.LangPT,
			Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		})
	}))
	return t
}

// number gives Meta a number and returns what its owner knows of it.
func (b *bench) number(e164, waba string) (portal.Channel, portal.ChannelSecrets) {
	b.Helper()
	c, secrets := portal.NewSimulatedChannel(b.business, "Loja", e164, b.meta.Now())
	if waba != "" {
		c.WABA = waba
	}
	sealed, err := b.meta.SealChannel(c.ID, secrets)
	b.must(err)
	b.must(b.meta.Tx(b.Context(), func(tx *store.Tx) error { return tx.InsertChannel(c, sealed) }))
	for _, t := range simulator.Seeds(c.WABA, b.meta.Now()) {
		err := store.SimulatorJournal{Store: b.meta}.SaveTemplate(b.Context(), t, nil)
		if portal.CodeOf(err) != portal.CodeTemplateExists {
			b.must(err)
		}
	}
	return c, secrets
}

func draftOf(c portal.Channel, s portal.ChannelSecrets) channels.Draft {
	return channels.Draft{PhoneNumberID: c.PhoneNumberID, WABA: c.WABA, Token: s.Token, AppSecret: string(s.AppSecret)}
}

// connect connects a number of Meta and pastes its callback address there.
func (b *bench) connect(c portal.Channel, s portal.ChannelSecrets) portal.Channel {
	b.Helper()
	ours, err := b.channels.Connect(b.Context(), b.by, draftOf(c, s))
	b.must(err)
	b.mu.Lock()
	b.hooks[c.ID] = ours.ID
	b.mu.Unlock()
	return ours
}

// hook is the portal's door for callbacks.
func (b *bench) hook(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		b.Error(err)
	}
	b.mu.Lock()
	ours := b.hooks[strings.TrimPrefix(r.URL.Path, "/hooks/whatsapp/")]
	b.told++
	b.mu.Unlock()
	if err := b.messaging.Receive(r.Context(), ours, r.Header.Get(whatsapp.SignatureHeader), raw); err != nil {
		b.mu.Lock()
		b.wrong++
		b.mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (b *bench) refused() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wrong
}

// send accepts a template to a person, from a channel or the default one.
func (b *bench) send(to, from string) portal.Message {
	b.Helper()
	m, err := b.try(to, from)
	b.must(err)
	return m
}

func (b *bench) try(to, from string) (m portal.Message, err error) {
	b.Helper()
	err = b.store.Tx(b.Context(), func(tx *store.Tx) error {
		m, err = b.messaging.AcceptTx(tx, b.caller, "", messaging.Draft{
			To: to, From: from, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: "hello_world", Language: "pt_BR"},
		})
		return err
	})
	return m, err
}

// until works until a message has a status.
func (b *bench) until(id string, status portal.Status) portal.Message {
	b.Helper()
	var m portal.Message
	for late := time.Now().Add(20 * time.Second); ; {
		_, err := b.messaging.Dispatch(b.Context())
		b.must(err)
		b.messaging.Wait()
		_, err = b.simulator.DeliverDue(b.Context())
		b.must(err)
		m, _, err = b.messaging.Get(b.Context(), b.caller.Tenant, id)
		b.must(err)
		if m.Status == status {
			return m
		}
		if time.Now().After(late) {
			b.Fatalf("%s is %s, want %s", id, m.Status, status)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func (b *bench) state(id string) channels.State {
	b.Helper()
	state, err := b.channels.Get(b.Context(), b.by.Tenant, id)
	b.must(err)
	return state
}

// is fails unless the channel is in the state for that reason.
func (b *bench) is(id, status, reason string) {
	b.Helper()
	if s := b.state(id); s.Status != status || s.StatusReason != reason {
		b.Errorf("channel is %s (%s), want %s (%s)", s.Status, s.StatusReason, status, reason)
	}
}

func (b *bench) kinds(id string) (kinds []string) {
	b.Helper()
	list, _, err := b.channels.Events(b.Context(), b.by.Tenant, id, portal.Page{Limit: 100})
	b.must(err)
	for _, e := range list {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// asError finds a refusal in err's chain.
func asError(err error, into **portal.Error) bool { return errors.As(err, into) }

// dump returns the whole file of the portal's database, and its log of changes.
func (b *bench) dump() string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "copy.db")
	b.must(b.store.Backup(b.Context(), path))
	raw, err := os.ReadFile(path)
	b.must(err)
	return string(raw)
}
