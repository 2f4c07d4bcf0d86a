package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

var update = flag.Bool("update", false, "rewrite the golden documents in apidocs")

// golden is where the documents are written, and beside them, in name.versions,
// one line a version: its number and the SHA-256 of its document.
const golden = "../../apidocs/"

func TestGoldenDocuments(t *testing.T) {
	t.Parallel()
	a := described(t)
	for _, d := range directions {
		for file, lang := range map[string]string{golden + d.name + ".json": portal.LangEN, golden + d.name + ".pt-BR.json": portal.LangPT} {
			var now bytes.Buffer
			if err := json.Indent(&now, a.Document(d.name, lang), "", "  "); err != nil {
				t.Fatal(err)
			}
			now.WriteByte('\n')
			if *update {
				if err := os.WriteFile(file, now.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				continue
			}
			kept, err := os.ReadFile(file)
			if err != nil || !bytes.Equal(kept, now.Bytes()) {
				t.Errorf("%s is not the document of the operations (%v): go test ./web/api -run Golden -update", file, err)
			}
		}
	}
}

// TestDocumentChangesWithItsVersion fails when a version that was written down
// now names another document.
func TestDocumentChangesWithItsVersion(t *testing.T) {
	t.Parallel()
	for _, d := range directions {
		versions := golden + d.name + ".versions"
		sum := sha256.Sum256(described(t).Document(d.name, portal.LangEN))
		line := d.version + " " + hex.EncodeToString(sum[:]) + "\n"
		known, err := os.ReadFile(versions)
		if err != nil && !*update {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(known)) {
			if v, _, _ := strings.Cut(l, " "); v == d.version && l != line {
				t.Fatalf("the document changed: raise the version of %s in direction.go", d.name)
			}
		}
		if strings.Contains(string(known), line) {
			continue
		}
		if !*update {
			t.Fatalf("version %s is not in %s: go test ./web/api -run Document -update", d.version, versions)
		}
		if err := os.WriteFile(versions, append(known, line...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryExampleOfABodySucceeds sends what the document shows.
func TestEveryExampleOfABodySucceeds(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		for title, body := range bodies[op.ID] {
			f := newFixture(t)
			path := f.ids.Replace(rows[op.ID].path)
			if path == "" {
				path = op.Path
			}
			if g := f.do(ask{method: op.Method, path: path, token: f.secret, body: f.existing(string(body))}); g.status >= 300 {
				t.Errorf("%s, %s: %d %s", op.ID, title, g.status, g.body)
			}
		}
	}
}

// existing puts ids that are there into the place of those that examples name.
func (f *fixture) existing(body string) string {
	f.Helper()
	const message, file = "msg_01KB2M4X7Q9V0T3R5N8W6Y1Z05", "med_01KB2M4X7Q9V0T3R5N8W6Y1Z0K"
	if strings.Contains(body, message) {
		wrote := f.do(post("/v1/test/inbound", `{"from":"+5511900000001","text":{"body":"Tem no M?"}}`).with(f.secret)).want(202, "")
		body = strings.ReplaceAll(body, message, wrote.text("id"))
	}
	if strings.Contains(body, file) {
		picture := f.do(form("camiseta.png", "image/png", "\x89PNG\r\n\x1a\n0123456789").with(f.secret)).want(201, "")
		body = strings.ReplaceAll(body, file, picture.text("id"))
	}
	return body
}

// TestExamplesOfAnswersFitTheirSchemas holds the examples to the types.
func TestExamplesOfAnswersFitTheirSchemas(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		if op.Answer == "" {
			continue
		}
		body := []byte(answers[op.Answer])
		if listTypes[op.ID] != nil {
			body = []byte(`{"data":[` + string(body) + `],"next":null}`)
		}
		w := &world{TB: t}
		g := got{TB: t, status: op.Success[0], header: map[string][]string{"Content-Type": {"application/json"}}, body: body}
		w.fits(ask{method: op.Method, path: strings.NewReplacer("{id}", "msg_x", "{name}", "n", "{language}", "l", "{code}", "c", "{delivery_id}", "dlv_x").Replace(op.Path)}, g)
	}
}

func TestDocumentIsServedInBothLanguagesAndForms(t *testing.T) {
	t.Parallel()
	w := &world{TB: t, API: described(t)}
	for path, want := range map[string]string{
		"/openapi/developer.json": "List messages", "/openapi/developer.json?lang=pt-BR": "Listar mensagens",
		"/openapi/events.json": "Report an event", "/openapi/events.yaml?lang=pt-BR": "summary: Informar um evento",
		"/openapi/webhooks.json": "List endpoints", "/openapi/webhooks.yaml?lang=pt-BR": "summary: Listar endpoints",
		"/openapi/developer.yaml": "summary: List messages", "/openapi/developer.yaml?lang=pt": "summary: Listar mensagens",
	} {
		g := w.do(get(path))
		if g.status != 200 || !strings.Contains(string(g.body), want) || g.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", path, g.status, g.header)
		}
		if again := w.do(get(path, "If-None-Match", g.header.Get("ETag"))); again.status != 304 {
			t.Errorf("%s: %d with its ETag", path, again.status)
		}
	}
	w.do(get("/openapi/orders.json")).want(404, portal.CodeNotFound)
	w.do(post("/openapi/developer.json", "")).want(405, portal.CodeMethodNotAllowed)
	if g := w.do(get("/openapi/developer.json", "Accept-Language", "pt-BR,pt;q=0.9")); g.header.Get("Content-Language") != "pt-BR" {
		t.Errorf("Content-Language %q", g.header.Get("Content-Language"))
	}
}
