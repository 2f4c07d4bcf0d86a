package media_test

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// desk is the use case on a real store with the shelf that belongs to it, and
// the simulator as WhatsApp.
type desk struct {
	*testing.T
	*media.Service
	store     *store.Store
	shelf     media.Shelf
	folder    string
	simulator *simulator.Simulator
	channel   portal.Channel
	now       *moved
	front     func(w http.ResponseWriter, r *http.Request) bool // answers instead of the simulator when true
}

// moved is a clock that is moved by hand, ahead of the real one.
type moved struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (m *moved) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.ahead)
}

func (m *moved) add(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ahead += d
}

func newDesk(t *testing.T, open storetest.Opener) *desk {
	t.Helper()
	d := &desk{T: t, folder: filepath.Join(t.TempDir(), "media"), now: new(moved)}
	d.store = open(func(o *store.Options) { o.Now = d.now.Now })
	d.shelf = media.DefaultShelf(d.store, d.folder)
	d.simulator = simulator.New(simulator.Options{
		Journal: store.SimulatorJournal{Store: d.store}, Now: d.now.Now, Media: media.NewSimulated(d.store, d.shelf),
	})
	client := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator", Transport: whatsapp.HandlerTransport(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if d.front == nil || !d.front(w, r) {
				d.simulator.ServeHTTP(w, r)
			}
		}))})
	var err error
	d.Service, err = media.New(media.Options{
		Store: d.store, Shelf: d.shelf, Clients: map[string]*whatsapp.Client{portal.ProviderSimulator: client},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.channel = d.newChannel()
	return d
}

// newChannel adds an account with a simulated channel.
func (d *desk) newChannel() portal.Channel {
	d.Helper()
	acc := portal.Account{
		ID: portal.NewID(portal.PrefixAccount), Name: "Loja", Status: portal.AccountActive, Plan: portal.PlanUnlimited, Language: portal.LangPT,
		Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: d.store.Now(), UpdatedAt: d.store.Now(),
	}
	c := portal.Channel{
		ID: portal.NewID(portal.PrefixChannel), AccountID: acc.ID, Environment: portal.Test, Name: "Loja", Phone: "+5511400289" + acc.ID[len(acc.ID)-2:], Default: true,
		Status: portal.ChannelConnected, Provider: portal.ProviderSimulator, PhoneNumberID: acc.ID, WABA: "1", CreatedAt: d.store.Now(), UpdatedAt: d.store.Now(),
	}
	sealed, err := d.store.SealChannel(c.ID, portal.ChannelSecrets{Token: "token of " + c.ID, AppSecret: []byte("secret"), VerifyToken: "v"})
	if err != nil {
		d.Fatal(err)
	}
	d.tx(func(tx *store.Tx) error {
		if err := tx.InsertAccount(acc); err != nil {
			return err
		}
		return tx.InsertChannel(c, sealed)
	})
	return c
}

func (d *desk) tenant() portal.Tenant {
	return portal.Tenant{AccountID: d.channel.AccountID, Environment: d.channel.Environment}
}

func (d *desk) tx(fn func(tx *store.Tx) error) {
	d.Helper()
	if err := d.store.Tx(d.Context(), fn); err != nil {
		d.Fatal(err)
	}
}

// take uploads a file as the API does.
func (d *desk) take(name, declared string, content io.Reader) (m portal.Media, err error) {
	m, err = d.Take(d.Context(), media.Upload{Tenant: d.tenant(), Filename: name, Declared: declared, Content: content})
	if err == nil {
		d.tx(func(tx *store.Tx) error { return d.KeepTx(tx, m) })
	}
	return m, err
}

func (d *desk) upload(name string, content []byte) portal.Media {
	d.Helper()
	m, err := d.take(name, "", bytes.NewReader(content))
	if err != nil {
		d.Fatal(err)
	}
	return m
}

func (d *desk) read(id string) []byte {
	d.Helper()
	_, content, err := d.Open(d.Context(), d.tenant(), id)
	if err != nil {
		d.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		d.Fatal(err)
	}
	return data
}

// work makes passes until nothing is due now.
func (d *desk) work() {
	d.Helper()
	for range 100 {
		n, err := d.Work(d.Context())
		d.Wait()
		if err != nil {
			d.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	d.Fatal("always something due")
}

// shelved counts the contents on the shelf.
func (d *desk) shelved() (n int) {
	d.Helper()
	err := d.shelf.Old(d.Context(), time.Now().Add(24*365*time.Hour), func(keys []string) error {
		n += len(keys)
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	return n
}

func png(size int) []byte {
	return append([]byte("\x89PNG\r\n\x1A\n"), bytes.Repeat([]byte{0, 1, 2, 3, 0xFE}, size/5+1)[:size-8]...)
}

func code(t *testing.T, what string, err error, want portal.Code) {
	t.Helper()
	if got := portal.CodeOf(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}
