package media_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
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
