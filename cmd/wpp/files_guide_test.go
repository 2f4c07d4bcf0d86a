package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/wppmarketing/developers/apidocs"
)

// sampleCommand is how a person runs a program of the guides, in a folder with a file to send.
func sampleCommand(t *testing.T, l apidocs.Language, text string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("nota.pdf", paper)
	name := map[string]string{"curl": "upload.sh", "go": "upload.go", "node": "upload.mjs", "php": "upload.php", "python": "upload.py"}[l.ID]
	with := map[string][]string{"curl": {"sh"}, "go": goTool("run"), "node": {"node"}, "php": {"php"}, "python": {"python3"}}[l.ID]
	cmd := exec.CommandContext(t.Context(), with[0], append(with[1:], write(name, text))...)
	cmd.Dir = dir
	return cmd
}

// TestFileSamples runs the programs of the guide "Files" as they stand on its
// page: each uploads a document and sends it.
func TestFileSamples(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	account := s.commands().ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	token := s.commands().ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	for _, l := range apidocs.Languages {
		t.Run(l.ID, func(t *testing.T) {
			text := s.visitor().block("/docs/files?code="+l.ID, "code-upload")
			var first string
			for range 2 { // the second time each call has its key, and nothing new is made
				cmd := sampleCommand(t, l, text)
				cmd.Env = append(os.Environ(), "WPP_TOKEN="+token)
				out, err := cmd.CombinedOutput()
				id := idPattern.FindString(string(out))
				if err != nil || !strings.HasPrefix(id, "msg_") || first != "" && id != first {
					t.Fatalf("%v %q after %q\n%s", err, id, first, out)
				}
				first = id
			}
			if r := s.call(token, http.MethodGet, "/v1/messages/"+first, ""); !strings.Contains(r.body, `"type":"document"`) || !strings.Contains(r.body, `"id":"med_`) {
				t.Errorf("sent: %d %s", r.status, r.body)
			}
		})
	}
	if got := len(s.query(`SELECT id FROM media`)); got != len(apidocs.Languages) {
		t.Errorf("%d files were kept", got)
	}
}

// TestFileCommands runs the commands of the guides that fetch and delete a file
// and that show "typing…", with real ids in their places.
func TestFileCommands(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	account := s.commands().ok(password, "account", "create", "--name", "Loja", "--email", "ana@loja.example", "--password-stdin")["account_id"]
	token := s.commands().ok("", "token", "create", "--account", account, "--name", "ERP", "--environment", "test", "--scopes", "*")["token"]
	file := s.upload(token, "nota.pdf", []byte(paper))
	wrote := idOf(s.call(token, http.MethodPost, "/v1/test/inbound", `{"from":"+5511988887777","text":{"body":"Oi"}}`))
	ids := strings.NewReplacer("med_…", file, "msg_…", wrote)
	dir := t.TempDir()
	run := func(page, block string) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", ids.Replace(s.visitor().block(page, block))+" --fail-with-body -sS")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "WPP_TOKEN="+token)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", block, err, out)
		}
	}
	run("/docs/files", "code-download")
	if got, err := os.ReadFile(filepath.Join(dir, "nota.pdf")); err != nil || string(got) != paper {
		t.Errorf("downloaded %q, %v", got, err)
	}
	run("/docs/files", "code-delete")
	if r := s.call(token, http.MethodGet, "/v1/media/"+file, ""); r.status != http.StatusNotFound {
		t.Errorf("deleted: %d", r.status)
	}
	run("/docs/messages", "code-typing")
	eventually(t, "the phone knows that somebody is typing", func() bool {
		return slices.ContainsFunc(s.query(`SELECT facts FROM simulator_people`), func(facts string) bool { return strings.Contains(facts, "typing_at") })
	})
}

// block returns the text of a block of code of a page.
func (v *visitor) block(path, id string) string {
	v.Helper()
	page, err := html.Parse(strings.NewReader(v.get(path).body))
	if err != nil {
		v.Fatal(err)
	}
	for n := range page.Descendants() {
		if !slices.Contains(n.Attr, html.Attribute{Key: "id", Val: id}) {
			continue
		}
		var text strings.Builder
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				text.WriteString(d.Data)
			}
		}
		return text.String()
	}
	v.Fatalf("%s has no %s", path, id)
	return ""
}
