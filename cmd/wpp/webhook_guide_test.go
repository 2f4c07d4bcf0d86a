package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wppmarketing/developers/apidocs"
)

// sentCall is a delivery as the API tells it.
type sentCall struct {
	headers map[string]string
	body    string
	status  int
}

// tested sends the test event to an endpoint and returns the call.
func (s *server) tested(token, endpoint string) sentCall {
	s.Helper()
	var d struct {
		Attempts []struct {
			HTTPStatus int `json:"http_status"`
			Request    struct {
				Headers map[string]string
				Body    string
			}
		}
	}
	r := s.call(token, http.MethodPost, "/v1/webhook-endpoints/"+endpoint+"/test", "")
	if err := json.Unmarshal([]byte(r.body), &d); err != nil || len(d.Attempts) != 1 {
		s.Fatalf("%d %s", r.status, r.body)
	}
	a := d.Attempts[0]
	return sentCall{a.Request.Headers, a.Request.Body, a.HTTPStatus}
}

// receiverSample is a receiver of the guide, as it stands on its page.
type receiverSample struct {
	testing.TB
	language apidocs.Language
	port     string
	said     *output
}

// file writes the program into a folder.
func (m receiverSample) file(name string) string {
	m.Helper()
	path := filepath.Join(m.TempDir(), name)
	if err := os.WriteFile(path, []byte(apidocs.Sample("verify", m.language, "")+"\n"), 0o600); err != nil {
		m.Fatal(err)
	}
	return path
}

// command is how a person runs it.
func (m receiverSample) command() *exec.Cmd {
	switch m.language.ID {
	case "go":
		program := filepath.Join(m.TempDir(), "receiver")
		build := append(goTool("build"), "-o", program, m.file("receiver.go"))
		if out, err := exec.CommandContext(m.Context(), build[0], build[1:]...).CombinedOutput(); err != nil {
			m.Fatalf("%v\n%s", err, out)
		}
		return exec.Command(program)
	case "node":
		return exec.Command("node", m.file("receiver.mjs"))
	case "php":
		return exec.Command("php", "-S", "127.0.0.1:"+m.port, m.file("receiver.php"))
	}
	return exec.Command("python3", m.file("receiver.py"))
}

// run starts the receiver with a secret, and waits until it listens.
func (m receiverSample) run(secret string) {
	m.Helper()
	cmd := m.command()
	cmd.Env = append(os.Environ(), "PORT="+m.port, "WPP_WEBHOOK_SECRET="+secret)
	cmd.Stdout, cmd.Stderr = m.said, m.said
	if err := cmd.Start(); err != nil {
		m.Fatalf("%s is missing, run make install-test-tools: %v", m.language.Name, err)
	}
	m.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(m, m.language.Name+" listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+m.port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// freePort returns a port that nobody listens at now.
func freePort(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// answers sends a call to the receiver as somebody else would.
func (m receiverSample) answers(c sentCall) int {
	m.Helper()
	req, err := http.NewRequestWithContext(m.Context(), http.MethodPost, "http://127.0.0.1:"+m.port+"/wpp", strings.NewReader(c.body))
	if err != nil {
		m.Fatal(err)
	}
	for name, value := range c.headers {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// at returns the call signed for another moment.
func (c sentCall) at(t *testing.T, secret string, moment time.Time) sentCall {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.Sign(c.headers["webhook-id"], moment, []byte(c.body))
	if err != nil {
		t.Fatal(err)
	}
	return sentCall{map[string]string{
		"webhook-id": c.headers["webhook-id"], "webhook-timestamp": jsonNumber(moment.Unix()), "webhook-signature": signature,
	}, c.body, 0}
}

func jsonNumber(n int64) string {
	raw, _ := json.Marshal(n) // of a number
	return string(raw)
}

// forged are calls that no receiver may take.
func forged(t *testing.T, real sentCall, secret string) map[string]sentCall {
	t.Helper()
	unsigned := sentCall{map[string]string{"webhook-id": real.headers["webhook-id"], "webhook-timestamp": real.headers["webhook-timestamp"]}, real.body, 0}
	return map[string]sentCall{
		"changed":   {real.headers, strings.Replace(real.body, "endpoint.test", "endpoint.best", 1), 0},
		"unsigned":  unsigned,
		"old":       real.at(t, secret, time.Now().Add(-6*time.Minute)),
		"future":    real.at(t, secret, time.Now().Add(6*time.Minute)),
		"other key": real.at(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", time.Now()),
	}
}

// TestVerificationSamples runs the receivers of the guide against real
// deliveries: they take ours, with either secret during a rotation, and nothing else.
func TestVerificationSamples(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "--webhook-allow-cidrs", "127.0.0.0/8")
	c := s.commands()
	account := c.ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")["account_id"]
	token := c.ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	for _, language := range apidocs.Languages {
		t.Run(language.ID, func(t *testing.T) {
			page := s.visitor().get("/docs/webhooks?code=" + language.ID).body
			if !strings.Contains(page, "webhook-signature") || !strings.Contains(page, "WPP_WEBHOOK_SECRET") {
				t.Error("the guide does not show it")
			}
			m := receiverSample{t, language, freePort(t), newOutput()}
			made := s.call(token, http.MethodPost, "/v1/webhook-endpoints", `{"url":"http://127.0.0.1:`+m.port+`/wpp","events":["*"]}`)
			var endpoint struct{ ID, Secret string }
			if err := json.Unmarshal([]byte(made.body), &endpoint); err != nil || endpoint.Secret == "" {
				t.Fatalf("%d %s", made.status, made.body)
			}
			if language.ID == "curl" {
				m.byHand(t, s.tested(token, endpoint.ID), endpoint.Secret)
				return
			}
			m.run(endpoint.Secret)
			real := s.tested(token, endpoint.ID)
			if real.status != http.StatusNoContent {
				t.Fatalf("a real delivery: %d\n%s", real.status, m.said)
			}
			eventually(t, "the event is kept", func() bool { return strings.Contains(m.said.String(), "keep "+real.headers["webhook-id"]) })
			for name, call := range forged(t, real, endpoint.Secret) {
				if got := m.answers(call); got != http.StatusUnauthorized {
					t.Errorf("%s: %d", name, got)
				}
			}
			s.call(token, http.MethodPost, "/v1/webhook-endpoints/"+endpoint.ID+"/rotate-secret", `{"overlap":"1h"}`)
			if got := s.tested(token, endpoint.ID); got.status != http.StatusNoContent || !regexp.MustCompile(`v1,.* v1,`).MatchString(got.headers["webhook-signature"]) {
				t.Errorf("during a rotation: %d with %s", got.status, got.headers["webhook-signature"])
			}
		})
	}
}

// byHand runs the shell sample on a delivery and on forged ones.
func (m receiverSample) byHand(t *testing.T, real sentCall, secret string) {
	script := m.file("verify.sh")
	verify := func(c sentCall) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", script)
		cmd.Dir = t.TempDir()
		if err := os.WriteFile(filepath.Join(cmd.Dir, "body.json"), []byte(c.body), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(os.Environ(), "WPP_WEBHOOK_SECRET="+secret, "WEBHOOK_ID="+c.headers["webhook-id"],
			"WEBHOOK_TIMESTAMP="+c.headers["webhook-timestamp"], "WEBHOOK_SIGNATURE="+c.headers["webhook-signature"])
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := verify(real); err != nil || out != "verified\n" {
		t.Errorf("a real delivery: %v %s", err, out)
	}
	for name, call := range forged(t, real, secret) {
		if out, err := verify(call); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}
