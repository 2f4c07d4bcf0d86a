package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// readme returns the README and its shell blocks.
func readme(t *testing.T) (text string, blocks []string) {
	t.Helper()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
		blocks = append(blocks, m[1])
	}
	return string(raw), blocks
}

// block returns the shell block that holds the words.
func block(t *testing.T, words string) string {
	t.Helper()
	_, blocks := readme(t)
	for _, b := range blocks {
		if strings.Contains(b, words) {
			return b
		}
	}
	t.Fatalf("the README has no block with %q", words)
	return ""
}

// shell runs a script in which bin/wpp is this program, on the server's data folder.
func (s *server) shell(script string) string {
	s.Helper()
	self, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.CommandContext(s.Context(), "sh", "-ec", strings.ReplaceAll(script, "bin/wpp", self))
	cmd.Env = append(os.Environ(), childVariable+"=1", "WPP_DATA="+s.data)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Fatalf("%s\n%v: %s", script, err, out)
	}
	return string(out)
}

// TestReadme follows the README: an account and a token without a browser, the
// first message and the first event, which answer 202 and stand in the log.
func TestReadme(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	create, token, _ := strings.Cut(block(t, "account create"), "\n")
	var made struct {
		Account string `json:"account_id"`
		Token   string `json:"token"`
	}
	for _, script := range []string{create, token} {
		if err := json.Unmarshal([]byte(s.shell(strings.ReplaceAll(script, "acc_…", made.Account))), &made); err != nil {
			t.Fatal(err)
		}
	}
	here := strings.NewReplacer("wpp_test_…", made.Token, "http://127.0.0.1:8080", s.url)
	for operation, script := range map[string]string{
		"sendMessage": block(t, "/v1/messages"), "sendEvent": "export WPP_TOKEN=wpp_test_…\n" + block(t, "/v1/events"),
	} {
		if got := s.shell(here.Replace(script)); !strings.Contains(got, "202 Accepted") {
			t.Errorf("%s\n%s", script, got)
		}
		if got := s.query(`SELECT status FROM requests WHERE operation = '` + operation + `'`); len(got) != 1 || got[0] != "202" {
			t.Errorf("the log has %v", got)
		}
	}
}

// TestReadmeInstalls follows what is pasted once the unit is there: an account,
// whose owner is of the platform's staff and signs in with the password given.
func TestReadmeInstalls(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	_, script, found := strings.Cut(block(t, "runuser"), "systemctl enable --now wpp\n")
	if !found {
		t.Fatal("the unit is not started")
	}
	s.shell(strings.NewReplacer("runuser -u wpp -- wpp --data /var/lib/wpp", "bin/wpp", "http://127.0.0.1:8080", s.url).Replace(script))
	if got := s.query(`SELECT email, staff FROM users`); !slices.Equal(got, []string{"dono@example.com|true"}) {
		t.Errorf("the people are %v", got)
	}
	s.signIn("dono@example.com", "a long password")
}

// TestReadmeUnit: systemd never gives up on a node, and its settings are those
// of this program, on SQLite and, with what is commented out, on PostgreSQL.
func TestReadmeUnit(t *testing.T) {
	t.Parallel()
	text, _ := readme(t)
	unit := regexp.MustCompile("(?s)```ini\n(.*?)```").FindStringSubmatch(text)
	if unit == nil {
		t.Fatal("the README has no unit")
	}
	secrets := t.TempDir()
	for name, secret := range map[string]string{"metrics-token": "token", "secret-key": clusterKey(), "database-url": "postgres://db/wpp"} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, unit := range []string{unit[1], regexp.MustCompile("(?m)^# (LoadCredential|Environment)").ReplaceAllString(unit[1], "$1")} {
		env, has := unitLines(unit, secrets)
		for _, want := range []string{"[Unit] StartLimitIntervalSec=0", "[Service] Restart=always", "[Service] ExecStart=/usr/local/bin/wpp serve"} {
			if !has[want] {
				t.Errorf("the unit has no %s", want)
			}
		}
		var out, errs bytes.Buffer
		lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
		if code := run(t.Context(), []string{"config"}, lookup, &app{Stdout: &out, Stderr: &errs}); code != 0 {
			t.Errorf("the unit's settings are refused: %s", &errs)
		}
		for name := range env {
			if name = strings.TrimSuffix(name, "_FILE"); !strings.Contains(out.String(), name+"=") || strings.Contains(out.String(), name+"=\n") {
				t.Errorf("%s of the unit is no setting:\n%s", name, &out)
			}
		}
	}
}

// unitLines returns the environment that a unit sets, with its credentials in a
// folder, and its lines, each behind its section.
func unitLines(unit, credentials string) (env map[string]string, has map[string]bool) {
	section := ""
	env, has = map[string]string{}, map[string]bool{}
	for line := range strings.Lines(unit) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
		}
		has[section+" "+line] = true
		if setting, ok := strings.CutPrefix(line, "Environment="); ok {
			name, value, _ := strings.Cut(setting, "=")
			env[name] = strings.ReplaceAll(value, "%d", credentials)
		}
	}
	return env, has
}

// TestReadmeNamesEverySetting keeps the table of settings whole, both ways.
func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	text, _ := readme(t)
	var named []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(text, -1) {
		named = append(named, m[1])
	}
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	read := []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG"}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && flag.Tag.Has("setting") {
			read = append(read, environmentName(flag.Name))
		}
		return next(nil)
	})
	slices.Sort(named)
	slices.Sort(read)
	if err != nil || !slices.Equal(named, read) {
		t.Errorf("the README names %v, the program reads %v, %v", named, read, err)
	}
}

// TestConfigIsTakenBack: what wpp config prints is what the variables take.
func TestConfigIsTakenBack(t *testing.T) {
	t.Parallel()
	printed := func(env map[string]string, args ...string) string {
		var out, errs bytes.Buffer
		lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
		if code := run(t.Context(), append([]string{"config"}, args...), lookup, &app{Stdout: &out, Stderr: &errs}); code != 0 {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		return out.String()
	}
	first := printed(nil, "--trusted-proxies=10.0.0.0/8,::1/128", "--webhook-schedule=5s,1m", "--workers=off")
	env := map[string]string{}
	for line := range strings.Lines(first) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	if again := printed(env); again != first {
		t.Errorf("printed\n%s\nand from that\n%s", first, again)
	}
}
