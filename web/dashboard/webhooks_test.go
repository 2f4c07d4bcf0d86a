package dashboard

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
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
}

func newHookDesk(t *testing.T) *hookDesk {
	t.Helper()
	h := &hookDesk{office: newOffice(t, func(o *store.Options) { o.Present = api.Resource }), status: http.StatusNoContent}
	h.receiver = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
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
		m, err := h.office.send(tx, messaging.Draft{To: "+5511900000001", Type: portal.TypeText, Content: portal.Content{Text: &portal.Text{Body: "oi"}}})
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
	for _, path := range []string{"/overview?env=test", "/webhooks?env=test"} {
		if page := h.read(path, http.StatusOK); !strings.Contains(page, "Webhook endpoint fails: ") || !strings.Contains(page, "/webhooks/"+endpoint.ID) {
			t.Errorf("%s does not tell of it", path)
		}
	}
	news(store.EndpointNews{Succeeded: 1, LastSuccess: &now}, 0)
	if page := h.read("/overview?env=test", http.StatusOK); strings.Contains(page, "Webhook endpoint fails: ") {
		t.Error("the warning stays after a success")
	}
}
