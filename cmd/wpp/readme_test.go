package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
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

// TestReadmeNamesEverySetting keeps the table of settings whole.
func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	text, _ := readme(t)
	fields := reflect.TypeFor[Settings]()
	for i := range fields.NumField() {
		name := fields.Field(i).Tag.Get("name")
		if name == "" {
			name = fields.Field(i).Name
		}
		if !strings.Contains(text, "`"+environmentName(name)+"`") {
			t.Errorf("the README does not name %s", environmentName(name))
		}
	}
}
