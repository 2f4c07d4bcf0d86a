package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

// described returns an API that can only describe itself.
func described(t testing.TB) *API {
	t.Helper()
	a, err := New(Options{BaseURL: "https://api.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEveryTextOfTheDocumentIsTranslated(t *testing.T) {
	t.Parallel()
	for _, name := range Documents() {
		everyTextIsTranslated(t, name)
	}
}

func everyTextIsTranslated(t *testing.T, name string) {
	t.Helper()
	missing := map[string]bool{}
	d := jsontext.NewDecoder(bytes.NewReader(described(t).Document(name, portal.LangEN)))
	for {
		tok, err := d.ReadToken()
		if err != nil {
			break
		}
		p := string(d.StackPointer())
		if !isText(d, tok) || strings.HasPrefix(p, "/components/responses/") && !strings.HasSuffix(p, "/description") {
			continue
		}
		if _, known := portuguese[tok.String()]; !known && !missing[tok.String()] {
			missing[tok.String()] = true
			t.Errorf("%s: no Portuguese for %q", p, tok.String())
		}
	}
}

func TestExamplesAreJSONOfTheirTypes(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		if op.Answer != "" && (answerTypes[op.Answer] == nil || answers[op.Answer] == nil) {
			t.Errorf("%s: no type or no example %q", op.ID, op.Answer)
		}
		if op.Body != (bodies[op.ID] != nil) {
			t.Errorf("%s: Body is %v and bodies.json says otherwise", op.ID, op.Body)
		}
		if (listTypes[op.ID] != nil) != strings.HasPrefix(op.ID, "list") {
			t.Errorf("%s: lists and only lists have a list type", op.ID)
		}
	}
	for _, name := range Documents() {
		if !json.Valid(described(t).Document(name, portal.LangPT)) {
			t.Errorf("the Portuguese document %s is not JSON", name)
		}
	}
}

// What stands before the API may vary the answer too, by Accept-Encoding for one.
func TestDocumentKeepsWhatItVariesBy(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	rec.Header().Set("Vary", "Accept-Encoding")
	described(t).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/openapi/developer.json", http.NoBody))
	if got := strings.Join(rec.Header().Values("Vary"), ", "); got != "Accept-Encoding, Accept-Language" {
		t.Errorf("Vary: %s", got)
	}
}
