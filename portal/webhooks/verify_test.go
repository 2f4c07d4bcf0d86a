package webhooks_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/portal/webhooks"
)

// seen is a call as a receiver got it, and the keys that it verifies with.
type seen struct {
	Secret    string            `json:"secret"`
	PublicKey string            `json:"publicKey"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`

	name    string
	v1, v1a bool   // what verifies
	why     string // a word of the library's reason when v1 does not
}

// with returns the call with another key, or changed on its way.
func (s seen) with(name string, v1, v1a bool, change func(*seen)) seen {
	headers := map[string]string{}
	for k, v := range s.Headers {
		headers[k] = v
	}
	s.Headers, s.name, s.v1, s.v1a, s.why = headers, name, v1, v1a, ""
	change(&s)
	return s
}

// TestVerifiesElsewhere is P28: what is sent verifies with the packages that
// receivers use, for as long as it is whole, fresh, and signed with their key.
func TestVerifiesElsewhere(t *testing.T) {
	engines(t, func(t *testing.T, open storetest.Opener) {
		b, r := setup(t, open), receive(t, noContent)
		old := b.endpoint(r.URL)
		hear := func(name string) seen {
			b.publish(portal.EventMessageRead, portal.NewID(portal.PrefixMessage))
			b.work()
			requests, bodies := r.calls()
			return newSeen(name, requests[len(requests)-1].Header, bodies[len(bodies)-1])
		}
		plain := hear("as it came").with("as it came", true, true, func(s *seen) { s.Secret, s.PublicKey = old.Secret, old.PublicKey })
		var fresh webhooks.Created
		b.tx(func(tx *store.Tx) (err error) {
			fresh, err = b.service.RotateTx(tx, b.caller, old.ID, time.Hour)
			return err
		})
		theOld := func(s *seen) { s.Secret, s.PublicKey = old.Secret, old.PublicKey }
		theNew := func(s *seen) { s.Secret, s.PublicKey = fresh.Secret, fresh.PublicKey }
		both := hear("rotation")
		b.pass(30 * time.Minute)
		future := hear("future")
		b.pass(time.Hour) // the overlap is over
		alone := hear("after the overlap")
		b.pass(-2 * time.Hour)
		past := hear("past")
		b.pass(30 * time.Minute)
		checkSeen(t, []seen{
			plain,
			plain.with("changed body", false, false, func(s *seen) { s.Body = strings.Replace(s.Body, "message.read", "message.rear", 1) }),
			plain.with("longer body", false, false, func(s *seen) { s.Body += " " }),
			plain.with("other id", false, false, func(s *seen) { s.Headers["webhook-id"] = portal.NewID(portal.PrefixWebhookEvent) }),
			plain.with("other key", false, false, theNew),
			plain.with("without signature", false, false, func(s *seen) { s.Headers["webhook-signature"] = "v1, v1a," }),
			both.with("rotation, old key", true, true, theOld),
			both.with("rotation, new key", true, true, theNew),
			future.with("from the future", false, true, func(s *seen) { theNew(s); s.why = "too new" }),
			past.with("from the past", false, true, func(s *seen) { theNew(s); s.why = "too old" }),
			alone.with("overlap over, old key", false, false, theOld),
		})
	})
}

func newSeen(name string, h http.Header, body []byte) seen {
	s := seen{name: name, Body: string(body), Headers: map[string]string{}}
	for _, k := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		s.Headers[k] = h.Get(k)
	}
	return s
}

// checkSeen has npm's standardwebhooks, Node's crypto and the Go library judge the calls.
func checkSeen(t *testing.T, calls []seen) {
	t.Helper()
	in, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/verify.cjs")
	cmd.Env, cmd.Stdin = append(os.Environ(), "NODE_PATH="+nodeModules(t)), bytes.NewReader(in)
	var said bytes.Buffer
	cmd.Stderr = &said
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &said)
	}
	var judged []struct{ V1, V1A string }
	if err := json.Unmarshal(raw, &judged); err != nil || len(judged) != len(calls) {
		t.Fatalf("node said %s", raw)
	}
	for i, s := range calls {
		if got := judged[i]; (got.V1 == "") != s.v1 || (got.V1A == "") != s.v1a || !strings.Contains(got.V1, s.why) {
			t.Errorf("%s: npm's library says %q, Node's crypto %q", s.name, got.V1, got.V1A)
		}
		wh, err := standardwebhooks.NewWebhook(s.Secret)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		for k, v := range s.Headers {
			h.Set(k, v)
		}
		if err := wh.Verify([]byte(s.Body), h); (err == nil) != s.v1 {
			t.Errorf("%s: the Go library says %v", s.name, err)
		}
	}
}

// nodeModules is where make install-test-tools puts the packages of npm.
func nodeModules(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("WPP_TEST_NODE_MODULES")
	if folder == "" {
		folder = "../../.cache/node_modules"
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder + "/standardwebhooks"); err != nil {
		t.Fatalf("standardwebhooks is missing, run make install-test-tools: %v", err)
	}
	return folder
}
