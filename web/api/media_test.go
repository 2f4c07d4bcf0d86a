package api

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

const boundary = "limite"

// part is one part of a form, as the bytes on the wire.
func part(field, name, kind, content string) string {
	head := `Content-Disposition: form-data; name="` + field + `"`
	if name != "" {
		head += `; filename="` + name + `"`
	}
	if kind != "" {
		head += "\r\nContent-Type: " + kind
	}
	return "--" + boundary + "\r\n" + head + "\r\n\r\n" + content + "\r\n"
}

const formEnd = "--" + boundary + "--\r\n"

func formOf(body string, header ...string) ask {
	q := post("/v1/media", body, header...)
	if q.header["Content-Type"] == "" {
		q.header["Content-Type"] = "multipart/form-data; boundary=" + boundary
	}
	return q
}

// form is the upload of one file.
func form(name, kind, content string, header ...string) ask {
	return formOf(part("file", name, kind, content)+formEnd, header...)
}

const png = "\x89PNG\r\n\x1A\n and the rest of a picture"

func TestUploadedFileIsReadBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	up := f.do(form("../camiseta azul.png", "image/png", png).with(f.secret)).want(201, "")
	id := up.text("id")
	if up.header.Get("Location") != "/v1/media/"+id || up.text("mime_type") != "image/png" || up.value("size") != float64(len(png)) ||
		!strings.HasSuffix(up.text("expires_at"), "Z") || up.text("message_types.0") != "image" {
		t.Errorf("%v %s", up.header, up.body)
	}
	f.do(get("/v1/media/"+id).with(f.secret)).want(200, "")
	row := f.row(f.account, portal.Test, up)
	if row.Operation != "uploadMedia" || row.Bodies == nil || row.Bodies.RequestBody != "" || strings.Contains(row.Bodies.ResponseBody, "azul") {
		t.Errorf("log row: %+v %+v", row, row.Bodies)
	}

	all := f.do(get("/v1/media/"+id+"/content").with(f.secret)).want(200, "")
	h := all.header
	if string(all.body) != png || h.Get("Content-Type") != "image/png" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment; ") || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") {
		t.Errorf("%v %q", h, all.body)
	}
	if row := f.row(f.account, portal.Test, all); row.Status != 200 || row.Bodies.ResponseBody != "" || strings.Contains(row.Bodies.ResponseHeaders["content-disposition"], "azul") {
		t.Errorf("log row: %d %+v", row.Status, row.Bodies)
	}
	some := f.do(get("/v1/media/"+id+"/content", "Range", "bytes=1-3").with(f.secret))
	if some.status != http.StatusPartialContent || string(some.body) != "PNG" {
		t.Errorf("range: %d %q", some.status, some.body)
	}
	if same := f.do(get("/v1/media/"+id+"/content", "If-None-Match", h.Get("ETag")).with(f.secret)); same.status != 304 {
		t.Errorf("If-None-Match: %d", same.status)
	}
	f.do(ask{method: "DELETE", path: "/v1/media/" + id, token: f.secret}).want(204, "")
	for _, path := range []string{"/v1/media/" + id, "/v1/media/" + id + "/content"} {
		f.do(get(path).with(f.secret)).want(404, portal.CodeNotFound)
	}
	f.do(post("/v1/messages", `{"to":"+5511900000001","type":"image","image":{"id":"`+id+`"}}`).with(f.secret)).want(422, portal.CodeMediaNotFound)
}

// hostile are forms that nothing is kept of.
var hostileForms = []struct {
	name   string
	ask    ask
	status int
	code   portal.Code
	at     string
}{
	{"JSON", post("/v1/media", `{"file":"x"}`), 415, portal.CodeUnsupportedMediaType, ""},
	{"no body", post("/v1/media", ""), 415, portal.CodeUnsupportedMediaType, ""},
	{"no boundary", formOf(part("file", "a.png", "", png)+formEnd, "Content-Type", "multipart/form-data"), 422, portal.CodeValidationFailed, "Content-Type"},
	{"another boundary", formOf(part("file", "a.png", "", png)+formEnd, "Content-Type", "multipart/form-data; boundary=x"), 422, portal.CodeValidationFailed, ""},
	{"nothing inside", formOf(formEnd), 422, portal.CodeValidationFailed, "/file"},
	{"cut off in the file", formOf(part("file", "a.png", "", png)), 422, portal.CodeValidationFailed, ""},
	{"cut off in a header", formOf("--" + boundary + "\r\nContent-Disposition: form-data; na"), 422, portal.CodeValidationFailed, ""},
	{"another field", formOf(part("upload", "a.png", "", png) + formEnd), 422, portal.CodeValidationFailed, "/upload"},
	{"a field behind the file", formOf(part("file", "a.png", "", png) + part("account_id", "", "", "acc_1") + formEnd), 422, portal.CodeValidationFailed, "/account_id"},
	{"two files", formOf(part("file", "a.png", "", png) + part("file", "b.png", "", png) + formEnd), 422, portal.CodeValidationFailed, "/file"},
	{"many parts", formOf(strings.Repeat(part("x", "", "", "y"), 20_000) + formEnd), 422, portal.CodeValidationFailed, "/x"},
	{"a field without a name", formOf("--" + boundary + "\r\n\r\nx\r\n" + formEnd), 422, portal.CodeValidationFailed, "/"},
	{"empty", form("a.png", "image/png", ""), 422, portal.CodeMediaInvalid, "/file"},
	{"HTML that says PNG", form("a.png", "image/png", "<html><script>alert(1)</script>"), 422, portal.CodeMediaInvalid, "/file"},
	{"SVG", form("a.svg", "image/svg+xml", `<svg onload="alert(1)"/>`), 422, portal.CodeMediaInvalid, "/file"},
	{"PNG that says JPEG", form("a.jpg", "image/jpeg", png), 422, portal.CodeMediaInvalid, "/file"},
	{"a program", form("a.pdf", "application/pdf", "MZ\x90\x00"), 422, portal.CodeMediaInvalid, "/file"},
	{"a large sticker", form("a.webp", "image/webp", "RIFF1234WEBP"+strings.Repeat("x", 600<<10)), 422, portal.CodeMediaInvalid, "/file"},
	{"compressed", form("a.png", "image/png", png, "Content-Encoding", "gzip"), 415, portal.CodeUnsupportedMediaType, ""},
	{"bad key", form("a.png", "image/png", png, "Idempotency-Key", "chave é"), 400, portal.CodeInvalidIdempotencyKey, "Idempotency-Key"},
}

func TestHostileForms(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range hostileForms {
		t.Run(c.name, func(t *testing.T) {
			const promised = 10 * 100 * time.Millisecond
			var g got
			fastest := time.Duration(math.MaxInt64)
			for try := 1; try <= 3 && fastest > promised; try++ { // other tests share the machine
				start := time.Now()
				g = f.do(c.ask.with(f.secret)).want(c.status, c.code)
				fastest = min(fastest, time.Since(start))
			}
			if fastest > promised {
				t.Errorf("refused after %v", fastest)
			}
			if c.at != "" && g.text("errors.0.pointer") != c.at && g.text("errors.0.parameter") != c.at {
				t.Errorf("points at %v; want %s: %s", g.value("errors.0"), c.at, g.body)
			}
			if row := f.row(f.account, portal.Test, g); row.Status != c.status || row.ErrorCode != c.code {
				t.Errorf("log row: %d %s", row.Status, row.ErrorCode)
			}
		})
	}
}

// A picture that is a page too goes out as a picture, to be saved and not run.
func TestPolyglotIsOnlyEverADownload(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.do(form("a.html", "image/png", "\x89PNG\r\n\x1A\n<html><script>alert(1)</script>").with(f.secret)).want(201, "").text("id")
	g := f.do(get("/v1/media/"+id+"/content", "Accept", "text/html").with(f.secret)).want(200, "")
	if g.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(g.header.Get("Content-Disposition"), "attachment") || g.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", g.header)
	}
}

// TestHugeUploadIsNotKeptInMemory is P24 for files: beyond the limit it is
// refused, and no more of it is in memory than a piece. What is allocated is
// counted for the process, so nothing runs beside it.
func TestHugeUploadIsNotKeptInMemory(t *testing.T) { //nolint:paralleltest // see above
	f := newFixture(t)
	srv := httptest.NewServer(f.API)
	t.Cleanup(srv.Close)
	send := func(size int64) (status int, held uint64) {
		body, w := io.Pipe()
		form := multipart.NewWriter(w)
		go func() {
			file, err := form.CreateFormFile("file", "a.pdf")
			if err == nil {
				_, err = io.Copy(file, io.MultiReader(strings.NewReader("%PDF-1.7"), io.LimitReader(zeros{}, size)))
			}
			if err == nil {
				err = form.Close()
			}
			_ = w.CloseWithError(err)
		}()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/media", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+f.secret)
		req.Header.Set("Content-Type", form.FormDataContentType())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		runtime.ReadMemStats(&after)
		return resp.StatusCode, after.TotalAlloc - before.TotalAlloc
	}
	if status, allocated := send(40 << 20); status != 201 || allocated > 64<<20 {
		t.Errorf("40 MiB: %d, %d bytes allocated", status, allocated)
	}
	if status, _ := send(101 << 20); status != 413 {
		t.Errorf("101 MiB: %d", status)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestUploadsUnderAKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const key = "foto-1001"
	first := f.do(form("a.png", "image/png", png, "Idempotency-Key", key).with(f.secret)).want(201, "")
	// Another boundary: clients choose a new one for each try.
	again := formOf(strings.ReplaceAll(part("file", "a.png", "image/png", png)+formEnd, boundary, "outro"),
		"Content-Type", "multipart/form-data; boundary=outro", "Idempotency-Key", key)
	g := f.do(again.with(f.secret)).want(201, "")
	if g.header.Get("Idempotency-Replayed") != "true" || g.text("id") != first.text("id") || g.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("not the same answer: %v %s", g.header, g.body)
	}
	f.do(form("a.png", "image/png", png+"!", "Idempotency-Key", key).with(f.secret)).want(422, portal.CodeIdempotencyMismatch)
	f.do(post("/v1/messages", example("sendMessage"), "Idempotency-Key", key).with(f.secret)).want(422, portal.CodeIdempotencyMismatch)
	f.do(form("a.png", "image/jpeg", png, "Idempotency-Key", "depois").with(f.secret)).want(422, portal.CodeMediaInvalid)
	f.do(form("a.png", "image/png", png, "Idempotency-Key", "depois").with(f.secret)).want(201, "") // the key stayed free
}

// TestKeyIsBusyWhileAFileComesIn: the second of two gets 409, and nothing twice.
func TestKeyIsBusyWhileAFileComesIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	q := form("a.png", "image/png", png, "Idempotency-Key", "K").with(f.secret)
	body, w := io.Pipe()
	r := httptest.NewRequest(q.method, "https://api.example.com"+q.path, body)
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	r.Header.Set("Authorization", "Bearer "+f.secret)
	rec := httptest.NewRecorder()
	var slow sync.WaitGroup
	slow.Go(func() { f.ServeHTTP(rec, r) })
	if _, err := io.WriteString(w, q.body[:len(q.body)/2]); err != nil { // read, so the key is taken
		t.Fatal(err)
	}
	busy := f.do(q).want(409, portal.CodeIdempotencyConflict)
	if busy.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", busy.header.Get("Retry-After"))
	}
	if _, err := io.WriteString(w, q.body[len(q.body)/2:]); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	slow.Wait()
	if rec.Code != 201 {
		t.Fatalf("the first: %d %s", rec.Code, rec.Body)
	}
	if g := f.do(q).want(201, ""); g.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the third is no replay")
	}
}

// TestFileGoesOutAndAnotherComesIn is the whole way: uploaded, sent, received by
// WhatsApp byte by byte; then a person sends a picture, and it is read back.
func TestFileGoesOutAndAnotherComesIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.do(form("a.png", "image/png", png).with(f.secret)).want(201, "").text("id")
	message := `{"to":"+5511900000001","type":"image","image":{"id":"` + id + `","caption":"Azul"}}`
	f.do(post("/v1/messages", strings.ReplaceAll(message, "image", "video")).with(f.secret)).want(422, portal.CodeMediaInvalid)
	sent := f.do(post("/v1/messages", message).with(f.secret)).want(202, "")
	if sent.text("image.id") != id {
		t.Errorf("%s", sent.body)
	}
	f.settle()
	detail := f.do(get("/v1/messages/"+sent.text("id")).with(f.secret)).want(200, "")
	if s := detail.text("status"); s != "created" && s != "delivered" && s != "read" {
		t.Fatalf("%s", detail.body)
	}
	if got := f.uploaded(id); got != png {
		t.Errorf("WhatsApp has %q", got)
	}

	picture := png + " of a person"
	theirs, err := f.simulator.PutMedia(t.Context(), f.phone().PhoneNumberID, "image/png", strings.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	f.inbound(`{"from":"5531987654321","id":"wamid.IMG1","timestamp":"`+jsonNow()+`","type":"image","image":{"id":"`+theirs.ID+`","mime_type":"image/png","caption":"olha","url":"https://lookaside.fbsbx.com/x"}}`, "5531987654321")
	list := f.do(get("/v1/messages?direction=inbound").with(f.secret)).want(200, "")
	received := list.text("data.0.image.id")
	if !portal.IsID(portal.PrefixMedia, received) || strings.Contains(string(list.body), theirs.ID) || strings.Contains(string(list.body), "lookaside") {
		t.Fatalf("%s", list.body)
	}
	pending := f.do(get("/v1/media/"+received).with(f.secret)).want(200, "")
	if pending.text("status") != "pending" || pending.value("size") != nil || pending.text("message_id") != list.text("data.0.id") {
		t.Errorf("%s", pending.body)
	}
	f.do(get("/v1/media/"+received+"/content").with(f.secret)).want(404, portal.CodeNotFound)
	if _, err := f.Media.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Media.Wait()
	if g := f.do(get("/v1/media/"+received+"/content").with(f.secret)).want(200, ""); string(g.body) != picture {
		t.Errorf("%q came back", g.body)
	}
	other := f.world.account(portal.PlanUnlimited)
	f.do(get("/v1/media/"+received+"/content").with(f.token(other, portal.Test))).want(404, portal.CodeNotFound)
	f.do(ask{method: "DELETE", path: "/v1/contacts/phone:+5531987654321", token: f.secret}).want(204, "")
	f.do(get("/v1/media/"+received).with(f.secret)).want(404, portal.CodeNotFound)
}

// phone is the account's number in test.
func (f *fixture) phone() portal.Channel {
	f.Helper()
	c, err := f.Store.Reader(f.Context()).DefaultChannel(portal.Tenant{AccountID: f.account.ID, Environment: portal.Test})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// uploaded is what WhatsApp got of a media.
func (f *fixture) uploaded(id string) string {
	f.Helper()
	known, err := f.Store.Reader(f.Context()).Uploads(f.phone().ID, []string{id}, time.Unix(0, 0))
	if err != nil {
		f.Fatal(err)
	}
	secrets, err := f.Store.ChannelSecrets(f.Context(), f.phone().ID)
	if err != nil {
		f.Fatal(err)
	}
	client := whatsapp.New(whatsapp.Options{BaseURL: "http://simulator", Transport: whatsapp.HandlerTransport(f.simulator)})
	as := whatsapp.Channel{PhoneNumberID: f.phone().PhoneNumberID, Token: secrets.Token}
	info, out := client.Media(f.Context(), as, known[id])
	if out.Kind != whatsapp.Accepted {
		f.Fatalf("media %q: %+v", known[id], out)
	}
	content, out := client.Download(f.Context(), as, info)
	if out.Kind != whatsapp.Accepted {
		f.Fatalf("download: %+v", out)
	}
	defer content.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(content); err != nil {
		f.Fatal(err)
	}
	return b.String()
}

// inbound has WhatsApp call back with a message of a person.
func (f *fixture) inbound(message, from string) {
	f.Helper()
	phone := f.phone()
	secrets, err := f.Store.ChannelSecrets(f.Context(), phone.ID)
	if err != nil {
		f.Fatal(err)
	}
	raw := []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",` +
		`"metadata":{"phone_number_id":"` + phone.PhoneNumberID + `"},"contacts":[{"profile":{"name":"Ana"},"wa_id":"` + from + `"}],"messages":[` + message + `]}}]}]}`)
	if err := f.Messaging.Receive(f.Context(), phone.ID, whatsapp.Sign(secrets.AppSecret, raw), raw); err != nil {
		f.Fatal(err)
	}
}

func jsonNow() string {
	b, _ := json.Marshal(time.Now().Unix())
	return string(b)
}

// TestDeletedFileDoesNotGoOut: a message whose file was deleted while it waited
// ends, and says why.
func TestDeletedFileDoesNotGoOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.do(form("a.png", "image/png", png).with(f.secret)).want(201, "").text("id")
	sent := f.do(post("/v1/messages", `{"to":"+5511900000001","type":"image","image":{"id":"`+id+`"}}`).with(f.secret)).want(202, "")
	f.do(ask{method: "DELETE", path: "/v1/media/" + id, token: f.secret}).want(204, "")
	f.settle()
	g := f.do(get("/v1/messages/"+sent.text("id")).with(f.secret)).want(200, "")
	if g.text("status") != "failed" || g.text("error.code") != string(portal.CodeMediaNotFound) || g.value("attempts") != float64(0) {
		t.Errorf("%s", g.body)
	}
}
