package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestWebhookJourney registers an endpoint in the browser, tests it, sees a
// delivery fail, repairs the receiver and recovers what it missed.
func TestWebhookJourney(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "--webhook-allow-cidrs", "127.0.0.0/8", "--webhook-schedule", "1h")
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	var answer atomic.Int64
	answer.Store(http.StatusNoContent)
	var mu sync.Mutex
	has := map[string]bool{} // ids of events that the receiver took
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if answer.Load() == http.StatusNoContent {
			has[r.Header.Get("Webhook-Id")] = true
		}
		w.WriteHeader(int(answer.Load()))
	}))
	t.Cleanup(receiver.Close)

	b := s.newTab(desktop)
	b.adopt(s.signIn("ana@loja.example", password))
	b.open("/webhooks?env=test")
	b.follow(press("Add endpoint"))
	b.within(write("url", receiver.URL+"/wpp"))
	b.follow(press("Add endpoint"))
	if secret := b.text("#secret"); !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("no secret, but %s", b.text("main"))
	}
	b.accessible("the secret, shown once")
	b.within(click("#stored"))
	b.follow(chromedp.Click(chromedp.CSS("#stored-done"), chromedp.NodeVisible))
	b.follow(press("Send test event"))
	b.shows("aside.detail", "Your server answered 204")
	b.accessible("a test delivery")

	answer.Store(http.StatusInternalServerError)
	s.made(token, http.MethodPost, "/v1/messages", `{"to":"+5531987654321",`+helloTemplate+`}`)
	eventually(t, "the endpoint fails", func() bool {
		return len(s.query(`SELECT id FROM webhook_endpoints WHERE failing_since IS NOT NULL`)) == 1 &&
			len(s.query(`SELECT id FROM webhook_deliveries WHERE event_type = 'message.read' AND attempts = 1 AND lease_until IS NULL`)) == 1
	})
	b.open("/webhooks?env=test")
	b.follow(chromedp.Click(chromedp.CSS(`main table a[href^="/webhooks/whk_"]`), chromedp.NodeVisible))
	b.shows("main", "none arrived since")
	b.follow(chromedp.Click(chromedp.CSS(`main table.hooks a`), chromedp.NodeVisible))
	b.shows("aside.detail", "Your server answered 500")
	b.follow(press("All deliveries"))

	answer.Store(http.StatusNoContent)
	b.follow(press("Recover everything since then"))
	b.shows("main", "only what it lacks")
	eventually(t, "every event at the receiver", func() bool {
		events := s.query(`SELECT id FROM webhook_events`)
		mu.Lock()
		defer mu.Unlock()
		for _, id := range events {
			if !has[id] {
				return false
			}
		}
		return len(events) >= 5
	})
	eventually(t, "the endpoint is well", func() bool {
		return len(s.query(`SELECT id FROM webhook_endpoints WHERE failing_since IS NULL`)) == 1
	})
	b.open(b.address())
	b.shows("main", "Healthy")
}
