package dashboard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/web/api"
)

// hookDesk is a desk whose customer has a receiver that answers status.
type hookDesk struct {
	*office
	receiver *httptest.Server
	status   int
	got      []http.Header
	body     []byte // of the last call
}

func newHookDesk(t *testing.T) *hookDesk {
	t.Helper()
	h := &hookDesk{office: newOffice(t, func(o *store.Options) { o.Present = api.Resource }), status: http.StatusNoContent}
	h.receiver = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.body, _ = io.ReadAll(r.Body)
		h.got = append(h.got, r.Header)
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.receiver.Close)
	return h
}

// form is that of a new endpoint.
func (h *hookDesk) form(more ...string) url.Values {
	v := url.Values{
		"env": {"test"}, "nonce": {h.nonce("/webhooks/new?env=test")}, "password": {"correct horse battery"},
		"url": {h.receiver.URL + "/wpp"}, "event": {"message.*"}, "headers": {"X-Erp-Key: s3cret-of-erp"},
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// post sends a form and returns the page that answers.
func (h *hookDesk) post(path string, form url.Values, status int) string {
	h.t.Helper()
	_, page := h.desk.send(path, form, status)
	return page
}

func (h *hookDesk) endpoints() []portal.WebhookEndpoint {
	h.t.Helper()
	list, _, err := h.Webhooks.List(h.t.Context(), h.tenant, portal.Page{Limit: portal.MaxLimit})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

var secretText = regexp.MustCompile(`whsec_[A-Za-z0-9+/=]+`)

// TestTryBeforeSaving: the answer is shown live, and nothing is kept of it.
func TestTryBeforeSaving(t *testing.T) {
	t.Parallel()
	h := newHookDesk(t)
	page := h.post("/webhooks/try", h.form(), http.StatusOK)
	if len(h.got) != 1 || h.got[0].Get("Webhook-Signature") == "" || h.got[0].Get("X-Erp-Key") != "s3cret-of-erp" {
		t.Fatalf("the receiver got %v", h.got)
	}
	if !strings.Contains(page, "Your server answered 204") || !strings.Contains(page, "endpoint.test") || strings.Contains(page, "whsec_") {
		t.Error("the page does not show the answer, or shows a secret")
	}
	h.status = http.StatusBadGateway
	if page := h.post("/webhooks/try", h.form(), http.StatusOK); !strings.Contains(page, "Your server answered 502") {
		t.Error("a failure is not shown")
	}
	h.post("/webhooks/try", h.form("url", "http://10.0.0.1/"), http.StatusUnprocessableEntity)
	h.post("/webhooks/try", h.form("headers", "no colon"), http.StatusUnprocessableEntity)
	if n := len(h.endpoints()); n != 0 || len(h.got) != 2 {
		t.Errorf("%d endpoints, %d calls", n, len(h.got))
	}
}

// TestWebhookIsKept walks through the life of an endpoint on its pages.
func TestWebhookIsKept(t *testing.T) {
	t.Parallel()
	h := newHookDesk(t)
	form := h.form()
	page := h.post("/webhooks", form, http.StatusOK)
	secret := secretText.FindString(page)
	if secret == "" || len(h.endpoints()) != 1 {
		t.Fatal("no secret, or no endpoint")
	}
	h.post("/webhooks", form, http.StatusOK) // again: the list with a notice
	if len(h.endpoints()) != 1 {
		t.Error("a form sent twice made two endpoints")
	}
	path := "/webhooks/" + h.endpoints()[0].ID
	if page := h.read(path, http.StatusOK); strings.Contains(page, secret) || strings.Contains(page, "s3cret-of-erp") {
		t.Error("a secret is shown again")
	}
	h.post(path, url.Values{"url": {h.receiver.URL}, "event": {"*"}, "headers": {"X-Erp-Key: ••••\nX-More: 1"}}, http.StatusOK)
	h.post(path, url.Values{"url": {h.receiver.URL}}, http.StatusUnprocessableEntity)
	if page := h.post(path+"/test", url.Values{}, http.StatusOK); !strings.Contains(page, "Your server answered 204") {
		t.Error("the test is not shown")
	}
	if last := h.got[len(h.got)-1]; last.Get("X-Erp-Key") != "s3cret-of-erp" || last.Get("X-More") != "1" {
		t.Errorf("an edit lost a header: %v", last)
	}
	rotated := h.post(path+"/rotate", url.Values{"nonce": {h.nonce(path + "/rotate")}, "overlap": {"24h"}}, http.StatusOK)
	if s := secretText.FindString(rotated); s == "" || s == secret || h.endpoints()[0].PreviousExpiresAt == nil {
		t.Error("the secret was not rotated with an overlap")
	}
	h.post(path+"/replay", url.Values{"from": {"nonsense"}}, http.StatusUnprocessableEntity)
	if page := h.post(path+"/replay", url.Values{"from": {"2026-01-01T10:00"}, "failed_only": {"1"}}, http.StatusOK); !strings.Contains(page, "only what it lacks") {
		t.Error("the replay is not listed")
	}
	h.post(path+"/disable", url.Values{}, http.StatusOK)
	h.post(path+"/replay", url.Values{"from": {"2026-01-01T10:00"}}, http.StatusUnprocessableEntity)
	h.post(path+"/enable", url.Values{}, http.StatusOK)
	h.post(path+"/delete", url.Values{"confirm": {"wrong"}}, http.StatusUnprocessableEntity)
	h.post(path+"/delete", url.Values{"confirm": {strings.TrimPrefix(h.receiver.URL, "http://")}}, http.StatusOK)
	if len(h.endpoints()) != 0 {
		t.Error("not deleted")
	}
	h.read("/webhooks/events", http.StatusOK)
}

// TestPeopleAreToldOfAFailingEndpoint: a message leads to what failed and back,
// the warning stands where people look, and the first success ends it.
func TestPeopleAreToldOfAFailingEndpoint(t *testing.T) {
	t.Parallel()
	h := newHookDesk(t)
	h.post("/webhooks", h.form(), http.StatusOK)
	endpoint := h.endpoints()[0]
	h.status = http.StatusInternalServerError
	var id string
	h.write(func(tx *store.Tx) error {
		m, err := h.send(tx, messaging.Draft{To: "+5511900000001", Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: "oi"}}})
		id = m.ID
		return err
	})
	for range 2 {
		if _, err := h.Webhooks.Route(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Webhooks.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.Webhooks.Wait()
	}
	page := h.read("/messages/"+id, http.StatusOK)
	link := regexp.MustCompile(`/webhooks/` + endpoint.ID + `/deliveries/dlv_\w+`).FindString(page)
	if !strings.Contains(page, "Webhook not delivered: message.queued") || link == "" {
		t.Fatal("the message does not show its delivery")
	}
	if page := h.read(link, http.StatusOK); !strings.Contains(page, "/messages/"+id) || !strings.Contains(page, "Your server answered 500") {
		t.Error("the delivery does not lead back to the message")
	}
	news := func(n store.EndpointNews, percent int) {
		t.Helper()
		n.EndpointID = endpoint.ID
		h.write(func(tx *store.Tx) error {
			if _, err := tx.NoteEndpoint(n); err != nil || percent == 0 {
				return err
			}
			return tx.WarnEndpoint(endpoint.ID, percent)
		})
	}
	now := h.Store.Now()
	since := now.Add(-61 * time.Hour)
	news(store.EndpointNews{Failed: 1, FirstFailure: &since, LastFailure: &now}, 50)
	failed := regexp.MustCompile(`[1-9] of the last [1-9] deliveries failed\. The last answer was 500\. No success since`)
	for _, path := range []string{"/overview?env=test", "/webhooks?env=test"} {
		if page := h.read(path, http.StatusOK); !strings.Contains(page, "Webhook endpoint fails: ") || !failed.MatchString(page) || !strings.Contains(page, "/webhooks/"+endpoint.ID) {
			t.Errorf("%s does not tell of it", path)
		}
	}
	if page := h.read("/webhooks/"+endpoint.ID, http.StatusOK); !strings.Contains(page, "deliveries failed, none arrived since") {
		t.Error("the page of the endpoint does not count what failed")
	}
	news(store.EndpointNews{Succeeded: 1, LastSuccess: &now}, 0)
	if page := h.read("/overview?env=test", http.StatusOK); strings.Contains(page, "Webhook endpoint fails: ") {
		t.Error("the warning stays after a success")
	}
}

// TestWhatWeGaveUpIsSaid: the page of an endpoint shows a replay that the program
// could not go on with, and that of a delivery says whose fault it is.
func TestWhatWeGaveUpIsSaid(t *testing.T) {
	t.Parallel()
	h := newHookDesk(t)
	h.post("/webhooks", h.form(), http.StatusOK)
	path := "/webhooks/" + h.endpoints()[0].ID
	h.post(path+"/replay", url.Values{"from": {"2026-01-01T10:00"}}, http.StatusOK)
	h.write(func(tx *store.Tx) error {
		_, err := h.send(tx, messaging.Draft{To: "+5511900000001", Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: "oi"}}})
		return err
	})
	h.write(func(tx *store.Tx) error { // nobody who took the replay came back
		_, err := tx.Exec(`UPDATE webhook_replays SET claims = ?`, store.MaxClaims)
		return err
	})
	if _, err := h.Webhooks.Route(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.write(func(tx *store.Tx) error { // nor the delivery
		_, err := tx.Exec(`UPDATE webhook_deliveries SET claims = ?`, store.MaxClaims)
		return err
	})
	for n := 1; n > 0; h.Webhooks.Wait() {
		var err error
		if n, err = h.Webhooks.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page := h.read(path, http.StatusOK)
	if !strings.Contains(page, "Given up") || !strings.Contains(page, "Replay the range again; if that fails too") {
		t.Error("the replay is not shown as given up")
	}
	link := regexp.MustCompile(path + `/deliveries/dlv_\w+`).FindString(page)
	if page := h.read(link, http.StatusOK); !strings.Contains(page, "Broken off on our side") || !strings.Contains(page, "We gave up. Send it again; if that fails too") {
		t.Error("the delivery does not say who gave up")
	}
	if len(h.got) != 0 {
		t.Errorf("%d calls", len(h.got))
	}
}

// TestDeliveryAsCommand: the command that is copied calls the receiver with a
// signature that verifies, and holds no secret itself.
func TestDeliveryAsCommand(t *testing.T) {
	t.Parallel()
	h := newHookDesk(t)
	secret := secretText.FindString(h.post("/webhooks", h.form(), http.StatusOK))
	told, err := h.Webhooks.Test(t.Context(), portal.Caller{Tenant: h.tenant, Portal: true}, h.endpoints()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	page := h.read("/webhooks/"+told.EndpointID+"/deliveries/"+told.ID, http.StatusOK)
	command := pre(t, page, "dlv-curl")
	if strings.Contains(command, "whsec_"+secret[6:]) || strings.Contains(command, "s3cret-of-erp") {
		t.Error("the command holds a secret")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Env = append(cmd.Environ(), "WPP_WEBHOOK_SECRET="+secret, "H_X_ERP_KEY=s3cret-of-erp")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, command)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(h.got) != 2 {
		t.Fatalf("%d calls, %v", len(h.got), err)
	}
	got, sum := h.got[1], hmac.New(sha256.New, key)
	sum.Write([]byte(got.Get("Webhook-Id") + "." + got.Get("Webhook-Timestamp") + "." + string(h.body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got.Get("Webhook-Signature") != want {
		t.Errorf("signed %s, want %s", got.Get("Webhook-Signature"), want)
	}
	if got.Get("Webhook-Id") != told.EventID || got.Get("X-Erp-Key") != "s3cret-of-erp" {
		t.Errorf("called with %v", got)
	}
	for _, path := range []string{"/webhooks?env=test", "/webhooks/" + told.EndpointID + "?env=test"} {
		if !regexp.MustCompile(`p95`).MatchString(h.read(path, http.StatusOK)) {
			t.Errorf("%s has no p95", path)
		}
	}
}

// pre is the text of the block of code with an id.
func pre(t *testing.T, page, id string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `<pre id="`+id+`"`)
	if !found {
		t.Fatalf("no %s", id)
	}
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "</pre>")
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, ""))
}
