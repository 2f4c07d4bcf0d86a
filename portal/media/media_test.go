package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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

func TestUploadIsReadBackAndDeleted(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		d := newDesk(t, open)
		content := png(1_300_000) // more than two rows of chunks
		m := d.upload(`C:\fotos\../camiseta.png`, content)
		if m.Type != "image/png" || m.Size != int64(len(content)) || m.Filename != "camiseta.png" || len(m.SHA256) != 32 {
			t.Errorf("%+v", m)
		}
		if !bytes.Equal(d.read(m.ID), content) {
			t.Error("other bytes came back")
		}
		_, file, err := d.Open(t.Context(), d.tenant(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 600_000)
		if _, err := file.Seek(-600_000, io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(file, part); err != nil || !bytes.Equal(part, content[len(content)-600_000:]) {
			t.Errorf("the end reads otherwise: %v", err)
		}
		_ = file.Close()

		stranger := portal.Tenant{AccountID: d.newChannel().AccountID, Environment: portal.Test}
		for what, other := range map[string]portal.Tenant{"account": stranger, "environment": {AccountID: d.channel.AccountID, Environment: portal.Live}} {
			_, err := d.Get(t.Context(), other, m.ID)
			code(t, "another "+what, err, portal.CodeNotFound)
			err = d.store.Tx(t.Context(), func(tx *store.Tx) error { return d.DeleteTx(tx, other, m.ID) })
			code(t, "deleted by another "+what, err, portal.CodeNotFound)
		}
		d.tx(func(tx *store.Tx) error { return d.DeleteTx(tx, d.tenant(), m.ID) })
		_, err = d.Get(t.Context(), d.tenant(), m.ID)
		code(t, "deleted", err, portal.CodeNotFound)
		if d.work(); d.shelved() != 0 {
			t.Error("the content is still there")
		}
	})
}

func TestNothingIsLeftOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		d := newDesk(t, open)
		_, err := d.take("a.html", "", strings.NewReader("<html><script>alert(1)</script>"))
		code(t, "HTML", err, portal.CodeMediaInvalid)
		_, err = d.take("a.jpg", "image/jpeg", bytes.NewReader(png(100)))
		code(t, "a PNG that says JPEG", err, portal.CodeMediaInvalid)
		_, err = d.take("a.webp", "", io.MultiReader(strings.NewReader("RIFF1234WEBP"), bytes.NewReader(make([]byte, 600<<10))))
		code(t, "a sticker of 600 KiB", err, portal.CodeMediaInvalid)
		_, err = d.take("a.pdf", "", io.MultiReader(strings.NewReader("%PDF-1.7"), endless{}))
		code(t, "without end", err, portal.CodeBodyTooLarge)
		cut := errors.New("cut off")
		_, err = d.take("a.png", "", io.MultiReader(bytes.NewReader(png(900_000)), failing{cut}))
		if !errors.Is(err, cut) {
			t.Errorf("cut off: %v", err)
		}
		if n := d.shelved(); n != 0 {
			t.Errorf("%d contents are left", n)
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestContentWithoutRow: a process that is killed between content and row leaves
// a content that the next tidying removes, once no upload can be under way.
func TestContentWithoutRow(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		d := newDesk(t, open)
		kept := d.upload("nota.txt", []byte("Obrigado pela compra!"))
		orphan := portal.ContentKey(portal.NewID(portal.PrefixMedia))
		if err := d.shelf.Put(t.Context(), orphan, strings.NewReader("nobody's")); err != nil {
			t.Fatal(err)
		}
		if err := d.Tidy(t.Context()); err != nil || d.shelved() != 2 {
			t.Fatalf("a young content was removed: %d left, %v", d.shelved(), err)
		}
		d.age(orphan, kept)
		if err := d.Tidy(t.Context()); err != nil || d.shelved() != 1 {
			t.Fatalf("%d contents are left, %v", d.shelved(), err)
		}
		d.read(kept.ID)
		d.now.add(media.KeepUploaded + time.Minute)
		_, err := d.Get(t.Context(), d.tenant(), kept.ID)
		code(t, "expired", err, portal.CodeNotFound)
		if err := d.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.work(); d.shelved() != 0 {
			t.Error("the content of an expired media is still there")
		}
	})
}

// age makes contents older than any upload.
func (d *desk) age(orphan string, kept portal.Media) {
	d.Helper()
	past := time.Now().Add(-2 * time.Hour)
	for _, key := range []string{orphan, portal.ContentKey(kept.ID)} {
		if folder, ok := d.shelf.(media.Folder); ok {
			if err := os.Chtimes(folder.Path(key), past, past); err != nil {
				d.Fatal(err)
			}
			continue
		}
		d.tx(func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE media_chunks SET created_at = ? WHERE content_key = ?`, past, key)
			return err
		})
	}
}

// receive has a person send a file; its row is as inbound messages make it.
func (d *desk) receive(content []byte, announced []byte) (portal.Media, simulator.Media) {
	d.Helper()
	theirs, err := d.simulator.PutMedia(d.Context(), d.channel.PhoneNumberID, "image/png", bytes.NewReader(content))
	if err != nil {
		d.Fatal(err)
	}
	m := portal.Media{
		ID: portal.NewID(portal.PrefixMedia), AccountID: d.channel.AccountID, Environment: d.channel.Environment, Direction: portal.Inbound,
		Status: portal.MediaPending, Type: "image/png", SHA256: announced, ChannelID: d.channel.ID, ProviderID: theirs.ID,
		CreatedAt: d.store.Now(), ExpiresAt: d.store.Now().Add(media.KeepReceived),
	}
	d.tx(func(tx *store.Tx) error { return tx.InsertMedia(m) })
	return m, theirs
}

func (d *desk) status(id string) portal.Media {
	d.Helper()
	m, err := d.Get(d.Context(), d.tenant(), id)
	if err != nil {
		d.Fatal(err)
	}
	return m
}

func TestReceivedFileIsFetchedInTwoHops(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		d := newDesk(t, open)
		content := png(2_500_000) // longer than what the transport keeps whole
		_, theirs := d.receive(content, nil)
		m, _ := d.receive(content, theirs.SHA256)
		_, _, err := d.Open(t.Context(), d.tenant(), m.ID)
		code(t, "pending", err, portal.CodeNotFound)
		var calls atomic.Int64
		d.front = func(w http.ResponseWriter, _ *http.Request) bool {
			if calls.Add(1) > 2 {
				return false
			}
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		for range 4 {
			d.work()
			d.now.add(10 * time.Second)
		}
		if got := d.status(m.ID); got.Status != portal.MediaReady || got.Size != int64(len(content)) || got.Failure != nil {
			t.Fatalf("%+v", got)
		}
		if !bytes.Equal(d.read(m.ID), content) {
			t.Error("other bytes than the person sent")
		}
	})
}

func TestReceivedFileThatIsNotTheOneAnnounced(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o ...func(*store.Options)) *store.Store { return storetest.Open(t, o...) })
	m, _ := d.receive(png(100), bytes.Repeat([]byte{1}, 32))
	gone, theirs := d.receive(png(100), nil)
	if err := media.NewSimulated(d.store, d.shelf).Delete(t.Context(), theirs.ID); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		d.work()
		d.now.add(2 * time.Hour)
	}
	if got := d.status(m.ID); got.Status != portal.MediaFailed || got.Failure == nil || got.Failure.Code != portal.CodeMediaInvalid {
		t.Errorf("%+v", got)
	}
	if got := d.status(gone.ID); got.Status != portal.MediaFailed || got.Failure == nil || got.Failure.Provider == nil || got.Failure.Provider.Code != 100 {
		t.Errorf("%+v", got.Failure)
	}
	_, _, err := d.Open(t.Context(), d.tenant(), m.ID)
	code(t, "failed", err, portal.CodeNotFound)
}

// TestUploadToWhatsApp: the bytes arrive, once, and again when the id is too old.
func TestUploadToWhatsApp(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		d := newDesk(t, open)
		content := png(700_000)
		m := d.upload("camiseta.png", content)
		var calls sync.Map
		d.front = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/media") {
				calls.Store(r, true)
			}
			return false
		}
		count := func() (n int) {
			calls.Range(func(any, any) bool { n++; return true })
			return n
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if out := d.Upload(context.WithoutCancel(t.Context()), d.channel, m.ID); out.Kind != whatsapp.Accepted {
					t.Errorf("%+v", out)
				}
			})
		}
		all.Wait()
		if n := count(); n != 1 {
			t.Errorf("%d calls for one file", n)
		}
		id := d.providerID(m.ID)
		theirs, err := media.NewSimulated(d.store, d.shelf).Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(theirs)
		if _ = theirs.Close(); err != nil || !bytes.Equal(got, content) {
			t.Errorf("WhatsApp got other bytes: %v", err)
		}
		d.now.add(media.FreshUpload + time.Minute)
		if out := d.Upload(t.Context(), d.channel, m.ID); out.Kind != whatsapp.Accepted || d.providerID(m.ID) == id {
			t.Errorf("an old id was not renewed: %+v", out)
		}
	})
}

func (d *desk) providerID(id string) string {
	d.Helper()
	known, err := d.store.Reader(d.Context()).Uploads(d.channel.ID, []string{id}, time.Unix(0, 0))
	if err != nil {
		d.Fatal(err)
	}
	return known[id]
}

// TestErasedPersonTakesFilesAlong: what they sent, and what only they were sent.
func TestErasedPersonTakesFilesAlong(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, open storetest.Opener) {
		d := newDesk(t, open)
		var ids []string
		d.tx(func(tx *store.Tx) error {
			ids = nil
			for _, external := range []string{"CLI-1", "CLI-2"} {
				c := &portal.Contact{ID: portal.NewID(portal.PrefixContact), AccountID: d.channel.AccountID, Environment: portal.Test, ExternalID: external, Source: "api", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
				if _, err := tx.InsertContact(c); err != nil {
					return err
				}
				ids = append(ids, c.ID)
			}
			return nil
		})
		alone, shared := d.upload("a.txt", []byte("só dela")), d.upload("b.txt", []byte("de todos"))
		received, _ := d.receive(png(50), nil)
		d.tx(func(tx *store.Tx) error {
			if err := tx.UseMedia(ids[0], []string{alone.ID, shared.ID}); err != nil {
				return err
			}
			if err := tx.UseMedia(ids[1], []string{shared.ID}); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE media SET contact_id = ? WHERE id = ?`, ids[0], received.ID); err != nil {
				return err
			}
			return tx.EraseContact(d.tenant(), ids[0])
		})
		for id, want := range map[string]portal.Code{alone.ID: portal.CodeNotFound, received.ID: portal.CodeNotFound, shared.ID: ""} {
			_, err := d.Get(t.Context(), d.tenant(), id)
			code(t, id, err, want)
		}
	})
}
