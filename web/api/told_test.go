package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// told is an event as a receiver or the feed has it.
type told struct {
	ID, Type, Subject string
	Sequence          int
	Data              map[string]map[string]any
}

// ear is a receiver of the account that wants every event.
type ear struct {
	*fixture
	endpoint string
	mu       sync.Mutex
	heard    []told
}

func newEar(t *testing.T, f *fixture) *ear {
	t.Helper()
	e := &ear{fixture: f}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var one told
		if err := json.Unmarshal(raw, &one); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, one)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	e.endpoint = f.do(post("/v1/webhook-endpoints", `{"url":"`+receiver.URL+`","events":["*"]}`).with(f.secret)).want(201, "").text("id")
	e.deliver() // what the account lived through before
	e.heard = nil
	return e
}

// deliver does the background work of webhooks until nothing is left.
func (e *ear) deliver() {
	e.Helper()
	for {
		routed, err := e.Webhooks.Route(e.Context())
		if err != nil {
			e.Fatal(err)
		}
		taken, err := e.Webhooks.Deliver(e.Context())
		if err != nil {
			e.Fatal(err)
		}
		if e.Webhooks.Wait(); routed+taken == 0 {
			return
		}
	}
}

// news returns what was heard of a type since the last question, oldest first,
// and fails unless the feed has the same.
func (e *ear) news(eventType string) []told {
	e.Helper()
	e.deliver()
	var page struct{ Data []told }
	feed := e.do(get("/v1/webhook-events?limit=100&types="+eventType).with(e.secret)).want(200, "")
	if err := json.Unmarshal(feed.body, &page); err != nil {
		e.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []told
	e.heard = slices.DeleteFunc(e.heard, func(one told) bool {
		if one.Type != eventType {
			return false
		}
		if !slices.ContainsFunc(page.Data, func(f told) bool { return f.ID == one.ID && f.Sequence == one.Sequence }) {
			e.Errorf("%s was heard and is not in the feed", one.ID)
		}
		list = append(list, one)
		return true
	})
	slices.SortFunc(list, func(a, b told) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// one is the only news of a type, about the subject.
func (e *ear) one(eventType, subject string) told {
	e.Helper()
	list := e.news(eventType)
	if len(list) != 1 || list[0].Subject != subject {
		e.Fatalf("%s: heard %+v, want one of %s", eventType, list, subject)
	}
	return list[0]
}

// soon is the news of a type about what wanted names, once it is there.
func (e *ear) soon(eventType string, wanted func(told) bool) told {
	e.Helper()
	tick, late := time.NewTicker(50*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		e.settle()
		if list := slices.DeleteFunc(e.news(eventType), func(one told) bool { return !wanted(one) }); len(list) == 1 {
			return list[0]
		}
		select {
		case <-tick.C:
		case <-late:
			e.Fatalf("no news of type %s", eventType)
		}
	}
}

func (e *ear) none(eventType string) {
	e.Helper()
	if list := e.news(eventType); len(list) > 0 {
		e.Errorf("heard %+v", list)
	}
}

func TestConsentIsTold(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		e := newEar(t, f)
		put := func(body string) string {
			return e.do(ask{method: "PUT", path: "/v1/contacts", body: body, token: e.secret}).text("id")
		}
		id := put(`{"external_id":"C-1","phone":"+5531987650001","name":"Ana","tags":["vip"],"opt_in":{"status":"opted_in","source":"checkout","at":"2026-10-01T12:00:00Z"}}`)
		in := e.one(portal.EventContactOptedIn, id)
		if c := in.Data["contact"]; in.Sequence != 1 || c["name"] != "Ana" || c["opt_in"].(map[string]any)["status"] != "opted_in" || len(c["tags"].([]any)) != 1 {
			t.Errorf("told %+v", in)
		}
		put(`{"external_id":"C-1","name":"Ana Maria","opt_in":{"status":"opted_in","source":"checkout","at":"2026-10-02T12:00:00Z"}}`)
		e.none(portal.EventContactOptedIn)

		line := `{"external_id":"C-1","opt_in":{"marketing":"opted_out","source":"crm"}}`
		e.do(post("/v1/contacts/batch", "["+line+"]").with(e.secret)).want(200, "")
		if out := e.one(portal.EventContactOptedOut, id); out.Sequence != 2 || out.Data["contact"]["opt_in"].(map[string]any)["marketing"] != "opted_out" {
			t.Errorf("told %+v", out)
		}
		e.do(post("/v1/contacts/batch", "["+line+"]").with(e.secret)).want(200, "")
		e.none(portal.EventContactOptedOut)

		e.do(post("/v1/test/inbound", `{"from":"+5531987650002","text":{"body":"PARAR"}}`).with(e.secret)).want(202, "")
		e.settle()
		received := e.news(portal.EventMessageReceived)
		if len(received) == 0 || received[0].Data["message"]["text"] == nil || received[0].Data["contact"]["id"] != received[0].Data["message"]["contact_id"] {
			t.Errorf("message.received %+v", received)
		}
		e.one(portal.EventContactOptedOut, received[0].Data["contact"]["id"].(string))

		e.do(post("/v1/messages", `{"to":"+5511900000016","type":"template","template":{"name":"hello_world","language":{"code":"pt_BR"}}}`).with(e.secret)).want(202, "")
		e.soon(portal.EventContactOptedOut, func(one told) bool { return one.Data["contact"]["phone"] == "+5511900000016" }) // 131050
	})
}

func TestChannelsAreTold(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		e := newEar(t, f)
		e.do(post("/v1/messages", `{"to":"+5511900000010","type":"text","text":{"body":"oi"}}`).with(e.secret)).want(202, "")
		e.settle()
		out := e.news(portal.EventChannelLoggedOut)
		if len(out) != 1 || out[0].Data["channel"]["status"] != portal.ChannelLoggedOut || out[0].Data["channel"]["status_reason"] != portal.ReasonTokenExpired {
			t.Fatalf("logged out: %+v", out)
		}
		id := out[0].Subject
		state := e.do(get("/v1/configuration").with(e.secret)).value("channels.0").(map[string]any)
		for name, value := range state {
			if now := out[0].Data["channel"][name]; name != "messaging_limit" && name != "waiting" && now != value {
				t.Errorf("%s told as %v, read as %v", name, now, value)
			}
		}
		e.do(post("/v1/test/channels/"+id+"/login", "").with(e.secret)).want(200, "")
		if in := e.one(portal.EventChannelConnected, id); in.Sequence != 2 || in.Data["channel"]["status"] != portal.ChannelConnected {
			t.Errorf("connected: %+v", in)
		}
		e.tx(func(tx *store.Tx) error {
			c, err := tx.Channel(portal.Tenant{AccountID: e.account.ID, Environment: portal.Test}, id)
			if err != nil {
				return err
			}
			for range 2 { // a repeat is no news
				if _, err := tx.StopChannel(c, portal.ChannelBlocked, portal.ReasonPolicy); err != nil {
					return err
				}
			}
			return nil
		})
		if b := e.one(portal.EventChannelBlocked, id); b.Data["channel"]["status_reason"] != portal.ReasonPolicy {
			t.Errorf("blocked: %+v", b)
		}
	})
}

func TestTemplatesAreTold(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		e := newEar(t, f)
		e.do(post("/v1/templates", `{"name":"reject_me","language":"pt_BR","category":"utility","components":[{"type":"BODY","text":"Oi"}]}`).with(e.secret)).want(201, "")
		made := e.news(portal.EventTemplateUpdated)
		if len(made) != 1 || made[0].Data["template"]["status"] != "pending" || made[0].Data["template"]["name"] != "reject_me" {
			t.Errorf("told %+v", made)
		}
		end := e.soon(portal.EventTemplateUpdated, func(one told) bool { return one.Subject == made[0].Subject })
		if end.Data["template"]["status"] != "rejected" || end.Sequence != 2 {
			t.Errorf("told %+v", end)
		}
		tenant := portal.Tenant{AccountID: e.account.ID, Environment: portal.Test}
		e.tx(func(tx *store.Tx) error {
			return tx.StopTemplate(tenant, "hello_world", "pt_BR", portal.TemplatePaused)
		})
		if list := e.news(portal.EventTemplateUpdated); len(list) != 1 || list[0].Data["template"]["status"] != "paused" {
			t.Errorf("told %+v", list)
		}
	})
}

func TestHandoffsAreTold(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		e := newEar(t, f)
		contact := e.do(ask{method: "PUT", path: "/v1/contacts", body: `{"external_id":"H-1","phone":"+5531987650009","name":"Rui"}`, token: e.secret}).text("id")
		open := `{"contact":{"external_id":"H-1"},"reason":"troca","note":"Pedido 9"}`
		id := e.do(post("/v1/handoffs", open).with(e.secret)).want(201, "").text("id")
		h := e.one(portal.EventHandoffRequested, id)
		if h.Data["handoff"]["reason"] != "troca" || h.Data["contact"]["id"] != contact || h.Data["contact"]["automation"].(map[string]any)["handoff_id"] != id {
			t.Errorf("requested: %+v", h)
		}
		e.do(post("/v1/handoffs", open).with(e.secret)).want(200, "")
		e.none(portal.EventHandoffRequested)
		tenant := portal.Tenant{AccountID: e.account.ID, Environment: portal.Test}
		e.tx(func(tx *store.Tx) error {
			_, err := e.Support.TakeTx(tx, tenant, id, portal.Actor{Kind: portal.ActorUser, ID: "usr_1", Name: "Bia"})
			return err
		})
		if h := e.one(portal.EventHandoffAssigned, id); h.Data["handoff"]["assigned_to"].(map[string]any)["name"] != "Bia" {
			t.Errorf("assigned: %+v", h)
		}
		e.do(post("/v1/handoffs/"+id+"/resolve", `{"outcome":"solved"}`).with(e.secret)).want(200, "")
		if h := e.one(portal.EventHandoffResolved, id); h.Sequence != 3 || h.Data["handoff"]["status"] != "resolved" {
			t.Errorf("resolved: %+v", h)
		}
		again := e.do(post("/v1/handoffs", open).with(e.secret)).want(201, "").text("id")
		e.do(ask{method: "DELETE", path: "/v1/contacts/" + contact, token: e.secret}).want(204, "")
		if h := e.one(portal.EventHandoffResolved, again); h.Data["contact"] != nil || h.Data["handoff"]["note"] != nil {
			t.Errorf("of an erased person: %+v", h)
		}
	})
}

func TestTokensThatEndAreTold(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		e := newEar(t, f)
		ends := func(name string, in time.Duration, with ...func(*portal.Token)) {
			e.token(e.account, portal.Test, append(with, func(tok *portal.Token) { tok.Name, tok.ExpiresAt = name, ended(e.Store.Now().Add(in)) })...)
		}
		const day = 24 * time.Hour
		ends("soon", 13*day)
		ends("later", 15*day)
		ends("over", -day)
		ends("revoked", day, func(tok *portal.Token) { tok.RevokedAt = ended(e.Store.Now()) })
		ends("rotated", day, func(tok *portal.Token) { tok.RevokedAt = ended(e.Store.Now().Add(time.Hour)) })
		for range 2 { // each end is told once
			if err := e.Tokens.TellEnding(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		list := e.news(portal.EventTokenExpiring)
		if len(list) != 1 || list[0].Data["token"]["name"] != "soon" || list[0].Data["token"]["expires_at"] == nil || len(list[0].Data["token"]) != 3 {
			t.Fatalf("told %+v", list)
		}
	})
}

// TestErasedPeopleAreNotInEvents holds the events of a person that was erased,
// those to come again and those in the feed, to what an erasure leaves.
func TestErasedPeopleAreNotInEvents(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		e := newEar(t, f)
		id := e.do(ask{method: "PUT", path: "/v1/contacts", body: `{"external_id":"KEY-7","phone":"+5531987650011","name":"Zuleica","opt_in":{"status":"opted_in","source":"loja"}}`, token: e.secret}).text("id")
		e.do(post("/v1/handoffs", `{"contact":{"external_id":"KEY-7"},"reason":"segredo-a","note":"segredo-b"}`).with(e.secret)).want(201, "")
		e.do(post("/v1/test/inbound", `{"from":"+5531987650011","text":{"body":"segredo-c"}}`).with(e.secret))
		e.settle()
		e.do(post("/v1/messages", `{"to":"ext:KEY-7","type":"text","text":{"body":"segredo-d"}}`).with(e.secret)).want(202, "")
		e.settle()
		e.deliver()
		before := e.do(get("/v1/webhook-events?limit=100").with(e.secret))
		e.do(ask{method: "DELETE", path: "/v1/contacts/" + id, token: e.secret}).want(204, "")
		e.deliver()
		feed := e.do(get("/v1/webhook-events?limit=100").with(e.secret)).want(200, "")
		for _, secret := range []string{"Zuleica", "KEY-7", "31987650011", "segredo"} {
			if !strings.Contains(string(before.body), secret) {
				t.Errorf("%s was never told", secret)
			}
			if strings.Contains(string(feed.body), secret) {
				t.Errorf("%s is in the feed after the erasure", secret)
			}
		}
		if n := len(feed.value("data").([]any)); n < len(before.value("data").([]any)) {
			t.Errorf("%d events are left", n)
		}
	})
}

// TestTimelineTellsOfWebhooks follows a message to its deliveries, and reads the
// endpoints in the configuration.
func TestTimelineTellsOfWebhooks(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.account = f.world.account(portal.PlanUnlimited)
		f.secret = f.token(f.account, portal.Test)
		alone := f.do(get("/v1/configuration").with(f.secret)).want(200, "")
		if alone.value("ready.send") != true || alone.text("ready.problems.0.code") != "no_webhook_endpoint" || len(alone.value("webhook_endpoints").([]any)) != 0 {
			t.Errorf("without an endpoint: %s", alone.body)
		}
		id := f.do(post("/v1/messages", `{"to":"+5511900000001","type":"text","text":{"body":"oi"}}`).with(f.secret)).want(202, "").text("id")
		e := newEar(t, f)
		cfg := f.do(get("/v1/configuration").with(f.secret)).want(200, "")
		if cfg.text("webhook_endpoints.0.id") != e.endpoint || cfg.text("webhook_endpoints.0.status") != "enabled" || len(cfg.value("ready.problems").([]any)) != 0 {
			t.Errorf("with an endpoint: %s", cfg.body)
		}
		e.settle()
		told := e.soon("message.created", func(one told) bool { return one.Subject == id })
		var found map[string]any
		for _, one := range f.do(get("/v1/messages/" + id).with(f.secret)).value("timeline").([]any) {
			if entry := one.(map[string]any); entry["kind"] == "webhook" && entry["webhook_event_id"] == told.ID {
				found = entry
			}
		}
		if found["event_type"] != "message.created" || found["endpoint_id"] != e.endpoint || found["outcome"] != "succeeded" || found["http_status"] != 204.0 || found["attempt"] != 1.0 {
			t.Fatalf("timeline %v", found)
		}
		f.do(get("/v1/webhook-endpoints/"+e.endpoint+"/deliveries/"+found["delivery_id"].(string)).with(f.secret)).want(200, "")
	})
}
