package apidocs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
)

func TestOutlineIsTheSameInBothLanguages(t *testing.T) {
	t.Parallel()
	ids := map[string][][]string{}
	for _, lang := range []string{portal.LangEN, portal.LangPT} {
		groups, err := Outline("developer", lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			var group []string
			for _, o := range g.Operations {
				if o.Summary == "" || !strings.HasPrefix(o.Path, "/v1/") {
					t.Errorf("%s: %+v", lang, o)
				}
				group = append(group, o.Method+" "+o.Path+" "+o.ID)
			}
			ids[lang] = append(ids[lang], group)
		}
	}
	if diff := cmp.Diff(ids[portal.LangEN], ids[portal.LangPT]); diff != "" {
		t.Error(diff)
	}
	if len(ids[portal.LangEN]) < 2 {
		t.Errorf("%d groups", len(ids[portal.LangEN]))
	}
}

func TestOutlineRefusesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	if _, err := outline([]byte("no")); err == nil {
		t.Error("no error")
	}
}

func TestSamplesKeepTheTokenInItsVariable(t *testing.T) {
	t.Parallel()
	for name, wants := range map[string][]string{
		"send": {"/v1/messages", "Idempotency-Key"}, "retry": {"/v1/messages", "Idempotency-Key"}, "upload": {"/v1/messages", "Idempotency-Key"}, "report": {"/v1/events", "occurred_at"},
	} {
		for _, l := range Languages {
			text := Sample(name, l, "https://api.example.com")
			for _, want := range append(wants, "https://api.example.com", "WPP_TOKEN", "Bearer") {
				if !strings.Contains(text, want) {
					t.Errorf("%s in %s has no %s", name, l.Name, want)
				}
			}
			if strings.Contains(text, "BASE") {
				t.Errorf("%s in %s has no address", name, l.Name)
			}
		}
	}
	if LanguageOf("cobol").ID != "curl" || LanguageOf("go").ID != "go" {
		t.Error("LanguageOf")
	}
}

func TestSamplesInGoCompile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"send", "retry", "upload", "report", "verify"} {
		file := filepath.Join(t.TempDir(), name+".go")
		if err := os.WriteFile(file, []byte(Sample(name, LanguageOf("go"), "https://api.example.com")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if out, err := exec.CommandContext(t.Context(), "gofmt", "-l", file).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("gofmt %s: %v %s", name, err, out)
		}
	}
}
