package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// serveOnce runs wpp serve, which must fail, and returns what it wrote to standard error.
func serveOnce(t testing.TB, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), append([]string{"serve"}, args...), noEnvironment, &app{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs})
	if code != 1 || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("serve %q: exit %d\n%s%s", args, code, &out, &errs)
	}
	return errs.String()
}

func TestServeRefusesToStart(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	noKey := t.TempDir()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(noKey, "secret.key"), 0o700); err != nil {
		t.Fatal(err)
	}
	newer := t.TempDir()
	start(t, newer).end()
	s := &server{TB: t, data: newer}
	s.change(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, 1)`)
	otherKey := t.TempDir()
	kept := start(t, otherKey)
	kept.commands().ok("a long password", "account", "create", "--name", "Loja da Chave", "--email", "chave@example.com", "--password-stdin")
	kept.end()
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	if err := os.WriteFile(filepath.Join(otherKey, "secret.key"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}

	busy := t.TempDir()
	start(t, busy)

	free := "127.0.0.1:0"
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"port in use":         {[]string{"--addr", taken.Addr().String(), "--data", t.TempDir()}, "in use"},
		"data folder a file":  {[]string{"--addr", free, "--data", file}, "data folder"},
		"data folder in file": {[]string{"--addr", free, "--data", filepath.Join(file, "data")}, "data folder"},
		"key unreadable":      {[]string{"--addr", free, "--data", noKey}, "secret key"},
		"another key":         {[]string{"--addr", free, "--data", otherKey}, "secret key is not the one"},
		"newer database":      {[]string{"--addr", free, "--data", newer}, "newer wpp"},
		"clear text":          {[]string{"--addr", free, "--data", t.TempDir(), "--base-url", "http://developers.example.com"}, "https"},
		"no port":             {[]string{"--addr", "127.0.0.1:80x", "--data", t.TempDir()}, "WPP_ADDR"},
		"folder in use":       {[]string{"--addr", free, "--data", busy}, "another wpp runs on"},
		"unknown flag":        {[]string{"--verbose"}, "--verbose"},
		"no key with nodes":   {[]string{"--database-url", "postgres://localhost/none"}, "WPP_SECRET_KEY"},
	} {
		if got := serveOnce(t, c.args...); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q does not say %q", name, got, c.want)
		}
	}
}

// TestFreshStart finds no way in but the link on standard output.
func TestFreshStart(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	code := s.await(s.out, `/setup/(\S+)`)
	if strings.Contains(s.log.String(), code) {
		t.Error("the set-up link is in the log")
	}
	for _, op := range s.operations() {
		got := s.call("", op.method, op.path, "{}")
		want := http.StatusUnauthorized
		if strings.HasPrefix(op.path, "/v1/errors") {
			want = http.StatusOK
		}
		if got.status != want || want == http.StatusUnauthorized && got.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s without a user: %d", op.method, op.path, got.status)
		}
	}
	v := s.visitor()
	if got := v.get("/setup/" + code + "x"); got.status != http.StatusNotFound {
		t.Errorf("a wrong link: %d", got.status)
	}
	form := url.Values{"company": {"Loja"}, "email": {"ana@loja.example"}, "password": {password}, "language": {"en"}, "timezone": {"America/Sao_Paulo"}}
	if got := v.post("/setup/"+code, form); got.status != http.StatusSeeOther {
		t.Fatalf("set-up: %d %s", got.status, got.body)
	}
	if got := s.visitor().post("/setup/"+code, form); got.status != http.StatusNotFound {
		t.Errorf("the link a second time: %d", got.status)
	}
	if got := v.get("/admin/accounts"); got.status != http.StatusOK {
		t.Errorf("the first owner is not staff: %d", got.status)
	}
}

// operation is a call of the API with examples in its path.
type operation struct{ method, path string }

// operations reads the document that the server serves.
func (s *server) operations() (all []operation) {
	s.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(s.visitor().get("/openapi/developer.json").body), &doc); err != nil {
		s.Fatal(err)
	}
	for path, item := range doc.Paths {
		for method := range item {
			if method = strings.ToUpper(method); method != "PARAMETERS" {
				all = append(all, operation{method, strings.NewReplacer("{code}", "not_found", "{id}", "x", "{name}", "x", "{language}", "pt_BR").Replace(path)})
			}
		}
	}
	if len(all) < 20 {
		s.Fatalf("the document has %d operations", len(all))
	}
	return all
}

// TestSecretsStayAway looks for every secret in all that the program wrote.
func TestSecretsStayAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(portal.RoleOwner)
	u, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	v.get("/tokens/" + w.token)
	w.call("wpp_test_"+strings.Repeat("0", 38), http.MethodGet, "/v1/account?token="+w.secret, "")
	if code := w.end(); code != 0 {
		t.Fatalf("exit %d", code)
	}
	key, err := os.ReadFile(filepath.Join(w.data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"token": w.secret, "password": password, "secret key": strings.TrimSpace(string(key))}
	for _, c := range v.client.Jar.Cookies(u) {
		secrets["cookie "+c.Name] = c.Value
	}
	written := w.written()
	if !bytes.Contains(written["database"], []byte("Loja Exemplo")) {
		t.Error("the database is not read as it is")
	}
	for place, raw := range written {
		for name, secret := range secrets {
			for form, text := range disguises(secret) {
				if bytes.Contains(raw, []byte(text)) {
					t.Errorf("%s: the %s is there, %s", place, name, form)
				}
			}
		}
	}
	if phone := strings.TrimPrefix(tester, "+"); bytes.Contains(written["log"], []byte(phone)) {
		t.Error("the log holds a phone number")
	}
	logLines(t, w.past+w.log.String())
}

// written returns all that the program wrote.
func (w *world) written() map[string][]byte {
	all := map[string][]byte{"log": []byte(w.past + w.log.String()), "standard output": []byte(w.out.String())}
	for _, name := range []string{"wpp.db", "wpp.db-wal"} {
		if raw, err := os.ReadFile(filepath.Join(w.data, name)); err == nil {
			all["database"] = append(all["database"], raw...)
		}
	}
	return all
}

// disguises returns the forms in which a secret could be written.
func disguises(secret string) map[string]string {
	if len(secret) < 8 {
		return nil // words of the language and the theme
	}
	return map[string]string{
		"raw": secret, "in base64": base64.StdEncoding.EncodeToString([]byte(secret)), "for a URL": url.QueryEscape(secret), "in hex": hex.EncodeToString([]byte(secret)),
	}
}

// logLines expects one JSON object in each line of a log, and no error.
func logLines(t *testing.T, log string) {
	t.Helper()
	for text := range strings.SplitSeq(strings.TrimSpace(log), "\n") {
		var line struct {
			Time  string `json:"time"`
			Level string `json:"level"`
			Msg   string `json:"msg"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil || line.Time == "" || line.Msg == "" {
			t.Errorf("line of the log: %q", text)
		}
		if line.Level == "ERROR" {
			t.Errorf("an error was logged: %s", text)
		}
	}
}

// TestLogLines writes what tries to break a line.
func TestLogLines(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	v := s.visitor()
	for _, path := range []string{"/%0d%0a{\"level\":\"ERROR\"}", "/logs/%00", "/v1/%0a", "/x?a=%0d%0aSet-Cookie:b"} {
		v.send(http.MethodGet, path, nil, http.Header{"User-Agent": {"a\tb\"}\u2028"}, "X-Forwarded-For": {"1.2.3.4"}})
	}
	s.end()
	logLines(t, s.log.String())
}

// TestOtherCommands runs what needs no account.
func TestOtherCommands(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	for _, want := range []struct{ line, text string }{
		{"config", "WPP_SECRET_KEY=\n"},
		{"doctor", "ok   database"},
		{"version", "wpp "},
		{"openapi developer", `"openapi":`},
		{"openapi developer --lang pt-BR", "Mensagens"},
		{"--help", "serve"},
	} {
		code, stdout, stderr := c.run("", strings.Fields(want.line)...)
		if code != 0 || !strings.Contains(stdout, want.text) || stderr != "" {
			t.Errorf("wpp %s: exit %d, %.300q, %q", want.line, code, stdout, stderr)
		}
	}
	var out bytes.Buffer
	env := func(name string) (string, bool) {
		return "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=", name == "WPP_SECRET_KEY"
	}
	if code := run(t.Context(), []string{"config"}, env, &app{Stdout: &out, Stderr: &out}); code != 0 || !strings.Contains(out.String(), "WPP_SECRET_KEY=(set)") {
		t.Errorf("wpp config: exit %d, %s", code, &out)
	}
	if code, stdout, _ := (commands{t, t.TempDir()}).run("", "doctor"); code != 1 || !strings.Contains(stdout, "BAD") {
		t.Errorf("wpp doctor in an empty folder: exit %d, %s", code, stdout)
	}
	gone := filepath.Join(t.TempDir(), "gone")
	if code, stdout, _ := (commands{t, gone}).run("", "doctor"); code != 1 || !strings.Contains(stdout, "BAD  data folder  "+gone+" is not there") {
		t.Errorf("wpp doctor without a folder: exit %d, %s", code, stdout)
	}
}
