package media_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
)

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
