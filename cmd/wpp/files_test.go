package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
)

// picture is a small picture.
func picture() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			m.Set(x, y, color.RGBA{uint8(4 * x), uint8(5 * y), 160, 255}) //nolint:gosec // below 256
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // into memory
	return b.Bytes()
}

// formWith is a form with a file, as a browser sends it.
func formWith(t testing.TB, fields url.Values, field, name string, content []byte) (body *bytes.Buffer, h http.Header) {
	t.Helper()
	body = new(bytes.Buffer)
	form := multipart.NewWriter(body)
	for key, values := range fields {
		for _, v := range values {
			if err := form.WriteField(key, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	file, err := form.CreateFormFile(field, name)
	if err == nil {
		_, err = file.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return body, http.Header{"Content-Type": {form.FormDataContentType()}}
}

// upload sends a file to the API and returns its id.
func (s *server) upload(token, name string, content []byte) string {
	s.Helper()
	body, h := formWith(s, nil, "file", name, content)
	h.Set("Authorization", "Bearer "+token)
	r := s.visitor().send(http.MethodPost, "/v1/media", body, h)
	if r.status != http.StatusCreated {
		s.Fatalf("upload: %d %s", r.status, r.body)
	}
	return idOf(r)
}

// attach posts a form with a file.
func (v *visitor) attach(path string, fields url.Values, name string, content []byte) reply {
	v.Helper()
	body, h := formWith(v, fields, "upload", name, content)
	return v.send(http.MethodPost, path, body, h)
}

const paper = "%PDF-1.7\n%%EOF\n"

// TestFilesOnPages sends files by forms and looks at them on every page that has them.
func TestFilesOnPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent := w.as(portal.RoleAgent)
	scope := url.Values{"env": {"test"}, "account": {w.account}}
	send := func(kind, name string, content []byte, nonce string) reply {
		f := url.Values{"env": scope["env"], "account": scope["account"], "to": {tester}, "type": {kind}, "caption": {"Segue"}, "nonce": {nonce}}
		return agent.attach("/messages", f, name, content)
	}
	sent := send(portal.TypeImage, "foto.png", picture(), "once")
	page := sent.header.Get("Location")
	if again := send(portal.TypeImage, "foto.png", picture(), "once"); sent.status != http.StatusSeeOther || again.header.Get("Location") != page {
		t.Fatalf("sent %d %s, again %d %s", sent.status, page, again.status, again.header.Get("Location"))
	}
	if other := send(portal.TypeImage, "foto.png", append(picture(), 0), "once"); other.header.Get("Location") == page {
		t.Error("another file is the same message")
	}
	if bad := send(portal.TypeImage, "foto.png", []byte("<svg onload=alert(1)>"), "bad"); bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, `href="#upload"`) {
		t.Errorf("SVG: %d", bad.status)
	}
	if checked := agent.attach("/messages/validate", url.Values{"to": {tester}, "type": {"document"}}, "nota.pdf", []byte(paper)); !strings.Contains(checked.body, `value="med_`) {
		t.Errorf("checked: %d, no id in the form", checked.status)
	}
	w.servedSafely(agent)
	b := w.newTab(desktop)
	b.adopt(w.as(portal.RoleOwner))
	b.open(page)
	b.picture(".chat .shot img")
	b.shows(".chat .file", "foto.png")
	b.shows(".chat .file", "PNG")
	b.accessible("the page of a picture")
	b.open("/simulator?number=" + url.QueryEscape(tester))
	b.picture("#phone-chat .shot img")
	w.answersWithFiles(agent, b)
	b.uploadsWhileTyping()
}

// servedSafely looks at how a picture and a document are answered, and to whom.
func (w *world) servedSafely(agent *visitor) {
	w.Helper()
	note := w.upload(w.secret, "nota.pdf", []byte(paper))
	for id, how := range map[string]string{w.media: "inline", note: "attachment"} {
		r := agent.get("/media/" + id)
		h := r.header
		if r.status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), how) || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") || h.Get("Cache-Control") != "no-store" {
			w.Errorf("%s: %d %v", how, r.status, h)
		}
	}
	auditor := w.as(portal.RoleAuditor)
	if r := auditor.get("/media/" + w.media); r.status != http.StatusNotFound {
		w.Errorf("an auditor gets %d", r.status)
	}
	if r := w.signIn(w.stranger, password).get("/media/" + w.media); r.status != http.StatusNotFound {
		w.Errorf("a stranger gets %d", r.status)
	}
}

// picture waits until a picture is drawn.
func (b *tab) picture(selector string) {
	b.Helper()
	eventually(b, selector+" drawn", func() bool {
		return eval[bool](b, `(document.querySelector('`+selector+`')?.naturalWidth ?? 0) > 0`)
	})
}

// answersWithFiles sends a picture and a document from a conversation.
func (w *world) answersWithFiles(agent *visitor, b *tab) {
	w.Helper()
	path := "/conversations/" + w.waiting
	agent.post(path+"/take", url.Values{})
	for name, content := range map[string][]byte{"troca.png": picture(), "recibo.pdf": []byte(paper)} {
		r := agent.attach(path+"/say", url.Values{"kind": {"reply"}, "text": {"Veja " + name}, "nonce": {name}, "view": {"mine"}}, name, content)
		if r.status != http.StatusSeeOther {
			w.Errorf("%s: %d", name, r.status)
		}
	}
	if r := agent.attach(path+"/say", url.Values{"kind": {"reply"}, "text": {"x"}, "nonce": {"s"}}, "f.webp", []byte("RIFF\x10\x00\x00\x00WEBPVP8 ")); r.status != http.StatusUnprocessableEntity {
		w.Errorf("a sticker with a text: %d", r.status)
	} else if again := agent.post(path+"/say", url.Values{"kind": {"reply"}, "nonce": {"s"}, "media": {valueOf(r.body, "media")}}); again.status != http.StatusSeeOther {
		w.Errorf("the sticker alone: %d", again.status)
	}
	b.open(path)
	b.picture(".thread .shot img")
	b.shows(".thread", "recibo.pdf")
	b.shows(".thread", "Veja recibo.pdf")
	b.accessible("a conversation with files")
}

// valueOf returns what a hidden field of a page holds.
func valueOf(page, name string) string {
	_, rest, _ := strings.Cut(page, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// uploadsWhileTyping chooses a file in the form of a message: its id is in the
// call of the API before anything is sent.
func (b *tab) uploadsWhileTyping() {
	b.Helper()
	path := filepath.Join(b.TempDir(), "vitrine.png")
	if err := os.WriteFile(path, picture(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.open("/messages/new?type=image&to=" + url.QueryEscape(tester))
	b.within(chromedp.SetUploadFiles("#upload", []string{path}))
	b.picture("#part-preview .shot img")
	b.shows("#part-calls", `"id": "med_`)
	b.shows("#part-verdict", "Yes")
	if name := eval[string](b, `document.getElementById('upload').value`); name != "" {
		b.Errorf("the file would be sent once more: %s", name)
	}
	b.accessible("the form of a picture")
}

// TestBackupHasTheFiles backs up a running server with files, restores them, and
// tells of one that is missing and one that is damaged.
func TestBackupHasTheFiles(t *testing.T) {
	t.Parallel()
	s, file := start(t, t.TempDir()), filepath.Join(t.TempDir(), "wpp.backup")
	newSender(t, s.data)
	token := s.commands().ok("", "token", "create", "--account", s.query(`SELECT id FROM accounts`)[0], "--name", "Files", "--environment", "test", "--scopes", "*")["token"]
	ids := []string{s.upload(token, "a.png", picture()), s.upload(token, "b.pdf", []byte(paper)), s.upload(token, "c.txt", []byte("Obrigado!"))}
	if said := s.commands().must("backup", file); !strings.Contains(said, "3 files of messages") {
		t.Errorf("backup: %s", said)
	}
	s.commands().refused([]string{"backup", file}, "is there already")
	if r := s.call(token, http.MethodDelete, "/v1/media/"+ids[0], ""); r.status != http.StatusNoContent {
		t.Fatalf("delete: %d", r.status)
	}
	eventually(t, "the content is gone", func() bool { return len(s.query(`SELECT id FROM media WHERE status = 'deleted'`)) == 0 })
	s.upload(token, "later.pdf", []byte(paper))
	s.restored(file, func(r *server) {
		for i, want := range []string{string(picture()), paper, "Obrigado!"} {
			if got := r.call(token, http.MethodGet, "/v1/media/"+ids[i]+"/content", ""); got.body != want {
				t.Errorf("%s: %d, %d bytes", ids[i], got.status, len(got.body))
			}
		}
		if left := files(t, filepath.Join(r.data, "media")); len(left) != 3 {
			t.Errorf("restored files: %v", left)
		}
	})
	for what, spoil := range map[string]func(path string) error{
		"Missing in " + file + ".media: 1 file of messages": os.Remove,
		"Damaged and left out: 1 file of messages": func(path string) error {
			_ = os.Remove(path) // it may be the server's own file under a second name
			return os.WriteFile(path, []byte("%PDF-1.7\n%%EOP\n"), 0o600)
		},
	} {
		if err := spoil(media.NewFolder(file + ".media").Path(portal.ContentKey(ids[1]))); err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(t.TempDir(), "new")
		s.giveKey(folder)
		if said := (commands{t, folder}).must("restore", file); !strings.Contains(said, what) || !strings.Contains(said, "2 files of messages") {
			t.Errorf("restore does not say %q: %s", what, said)
		}
	}
}

// files lists the files below a folder.
func files(t testing.TB, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
