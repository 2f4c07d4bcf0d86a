package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// commands runs command lines against one data folder.
type commands struct {
	t    testing.TB
	data string
}

func newCommands(t *testing.T) commands {
	t.Helper()
	c := commands{t, t.TempDir()}
	a := &app{Settings: Settings{Data: c.data}}
	st, err := a.store(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

// run returns the exit code and what was written to both outputs.
func (c commands) run(stdin string, args ...string) (code int, stdout, stderr string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	env := func(name string) (string, bool) { return c.data, name == "WPP_DATA" }
	code = run(c.t.Context(), args, env, &app{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

// ok runs a command that must succeed and returns the JSON it prints.
func (c commands) ok(stdin string, args ...string) map[string]string {
	c.t.Helper()
	code, stdout, stderr := c.run(stdin, args...)
	if code != 0 || stderr != "" {
		c.t.Fatalf("wpp %s: exit %d, %q", strings.Join(args, " "), code, stderr)
	}
	out := map[string]string{}
	if stdout != "" {
		if err := json.Unmarshal([]byte(stdout), &out); err != nil {
			c.t.Fatalf("wpp %s printed %q: %v", strings.Join(args, " "), stdout, err)
		}
	}
	return out
}

func TestCommandsOnAccountsAndTokens(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	account := c.ok("0123456789\n", "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin", "--tester", "+55 11 98765-4321")
	if !portal.IsID(portal.PrefixAccount, account["account_id"]) || !portal.IsID(portal.PrefixUser, account["user_id"]) || len(account) != 2 {
		t.Errorf("account create printed %v", account)
	}
	token := c.ok("", "token", "create", "--account", account["account_id"], "--name", "ERP", "--environment", "live", "--scopes", "messages:send,messages:read", "--expires", "90d", "--rate", "5")
	if env, ok := portal.SecretEnvironment(token["token"]); !ok || env != portal.Live || !portal.IsID(portal.PrefixToken, token["id"]) || len(token) != 2 {
		t.Errorf("token create printed %v", token)
	}
	for range 2 {
		c.ok("", "token", "revoke", token["id"])
	}
	c.ok("", "user", "staff", "--email", "ana@loja.example", "on")
	c.ok("9876543210", "user", "password", "--email", "ana@loja.example", "--password-stdin")
	again := c.ok("9876543210", "account", "create", "--name", "Filial", "--email", "ana@loja.example", "--password-stdin", "--plan", "unlimited")
	if again["user_id"] != account["user_id"] || again["account_id"] == account["account_id"] {
		t.Errorf("second account of the person: %v", again)
	}
}

func TestCommandsRefuse(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	account := c.ok("0123456789", "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	for name, line := range map[string]struct {
		stdin string
		args  string
		want  string
	}{
		"no password":     {"", "account create --name L --email b@loja.example --password-stdin", "no password"},
		"short password":  {"short", "account create --name L --email b@loja.example --password-stdin", "/password: too_short"},
		"somebody's":      {"another password", "account create --name L --email ana@loja.example --password-stdin", "/email: conflict"},
		"no flag":         {"0123456789", "account create --name L --email b@loja.example", "--password-stdin"},
		"plan":            {"0123456789", "account create --name L --email b@loja.example --password-stdin --plan free", "--plan"},
		"environment":     {"", "token create --name E --environment prod --scopes * --account " + account, "--environment"},
		"scope":           {"", "token create --name E --environment test --scopes all --account " + account, "/scopes: invalid_value"},
		"expiry":          {"", "token create --name E --environment test --scopes * --expires 1w --account " + account, "--expires"},
		"account":         {"", "token create --name E --environment test --scopes * --account acc_x", "no account"},
		"token":           {"", "token revoke tok_x", "no token"},
		"person":          {"", "user staff --email b@loja.example on", "no person"},
		"state":           {"", "user staff --email ana@loja.example maybe", "on"},
		"command":         {"", "help", "wpp --help"},
		"person's secret": {"0123456789", "user password --email b@loja.example --password-stdin", "no person"},
	} {
		code, stdout, stderr := c.run(line.stdin, strings.Fields(line.args)...)
		if code != 1 || stdout != "" || !strings.Contains(stderr, line.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, %q", name, code, stdout, stderr)
		}
		if line.stdin != "" && strings.Contains(stderr, line.stdin+" ") {
			t.Errorf("%s: the password is in the answer", name)
		}
	}
}

// The words of the API, such as Retry-After, help nobody at a command line.
func TestCommandsSayThatTheDatabaseIsBroken(t *testing.T) {
	t.Parallel()
	c := newCommands(t)
	for _, file := range []string{"wpp.db", "wpp.db-wal"} {
		if err := os.WriteFile(filepath.Join(c.data, file), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := c.run("", "token", "revoke", "tok_x")
	if code != 1 || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "Retry-After") || !strings.Contains(stderr, "the database") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
