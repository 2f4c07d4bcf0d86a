package api

import (
	"crypto/sha256"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// TestErasureReachesEveryKeptAnswer: whatever key a call about the person had,
// its kept answer is gone, also that of a repeat of an event.
func TestErasureReachesEveryKeptAnswer(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		made := f.do(post("/v1/events", paid("P-1"), "Idempotency-Key", "first").with(f.secret)).want(202, "")
		f.do(post("/v1/events", paid("P-1"), "Idempotency-Key", "second").with(f.secret)).want(200, "")
		f.do(post("/v1/handoffs", `{"contact":{"external_id":"CLI-77"},"reason":"Ana quer trocar"}`, "Idempotency-Key", "third").with(f.secret)).want(201, "")
		f.do(ask{method: "DELETE", path: "/v1/contacts/" + made.text("contact_id"), token: f.secret}).want(204, "")
		for _, key := range []string{"first", "second", "third"} {
			hash := sha256.Sum256([]byte(key))
			err := f.Store.Tx(t.Context(), func(tx *store.Tx) error {
				kept, claimed, err := tx.ClaimKey(portal.Tenant{AccountID: f.account.ID, Environment: portal.Test}, store.KeyClaim{KeyHash: hash[:], Fingerprint: hash[:], RequestID: "req"})
				if err == nil && (claimed || len(kept.Body) > 0) {
					t.Errorf("%s: claimed %v, kept %s", key, claimed, kept.Body)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		if g := f.do(get("/v1/events/"+made.text("id")).with(f.secret)).want(200, ""); g.value("data.items") == nil {
			t.Errorf("an empty list is null: %s", g.body)
		}
	})
}

// TestEndpointPatch follows RFC 7396: null clears what may be absent.
func TestEndpointPatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	made := f.do(post("/v1/webhook-endpoints", `{"url":"https://erp.example.com/k","events":["*"],"description":"ERP"}`).with(f.secret)).want(201, "")
	patch := func(body string) got {
		return f.do(ask{method: "PATCH", path: "/v1/webhook-endpoints/" + made.text("id"), body: body, token: f.secret}).want(200, "")
	}
	if g := patch(`{"url":"https://erp.example.com/l"}`); g.text("description") != "ERP" {
		t.Errorf("what is not named changed: %s", g.body)
	}
	if g := patch(`{"description":null}`); g.value("description") != nil {
		t.Errorf("null does not clear: %s", g.body)
	}
}

// TestOneOfTheSameETag: of changes that follow from the same read, one is made.
func TestOneOfTheSameETag(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		made := f.do(post("/v1/webhook-endpoints", `{"url":"https://erp.example.com/k","events":["*"]}`).with(f.secret)).want(201, "")
		f.do(post("/v1/events", paid("P-1")).with(f.secret)).want(202, "")
		for path, body := range map[string]string{"/v1/webhook-endpoints/" + made.text("id"): `{"description":"N"}`, "/v1/contacts/ext:CLI-77": `{"name":"N"}`} {
			tag := f.do(get(path).with(f.secret)).want(200, "").header.Get("ETag")
			var all sync.WaitGroup
			var changed atomic.Int64
			for i := range 8 {
				all.Go(func() {
					own := strings.Replace(body, "N", strings.Repeat("N", i+1), 1)
					g := f.do(ask{method: "PATCH", path: path, body: own, header: map[string]string{"If-Match": tag}, token: f.secret})
					switch {
					case g.status == 200:
						changed.Add(1)
					case g.text("code") != string(portal.CodePreconditionFailed):
						t.Errorf("%d %s", g.status, g.body)
					}
				})
			}
			all.Wait()
			if changed.Load() != 1 {
				t.Errorf("%s: %d of 8 changes were made", path, changed.Load())
			}
		}
	})
}

// TestETagOfAnEndpoint: a tag stays good for a change while deliveries are
// counted, and says that the counts are others.
func TestETagOfAnEndpoint(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		made := f.do(post("/v1/webhook-endpoints", `{"url":"https://erp.example.com/k","events":["*"]}`).with(f.secret)).want(201, "")
		path := "/v1/webhook-endpoints/" + made.text("id")
		read := func(tag string) got {
			return f.do(ask{method: "GET", path: path, header: map[string]string{"If-None-Match": tag}, token: f.secret})
		}
		tag := read(`"none"`).want(200, "").header.Get("ETag")
		read(tag).want(304, "")
		now := f.Store.Now()
		err := f.Store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.NoteEndpoint(store.EndpointNews{EndpointID: made.text("id"), Failed: 1, FirstFailure: &now, LastFailure: &now})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if g := read(tag).want(200, ""); g.header.Get("ETag") == tag {
			t.Errorf("the health changed under the same tag: %s", g.body)
		}
		patch := func() got {
			return f.do(ask{method: "PATCH", path: path, body: `{"description":"N"}`, header: map[string]string{"If-Match": tag}, token: f.secret})
		}
		patch().want(200, "")
		patch().want(412, portal.CodePreconditionFailed)
	})
}
