package apidocs

import (
	"strings"
	"testing"
)

// The call of the page is the guide's sample with another body and key: nothing
// of the sample's own may be left, and no quote of the text may end a literal.
func TestSendCallSendsTheBody(t *testing.T) {
	t.Parallel()
	const body = "{\n  \"to\": \"+5511987654321\",\n  \"text\": {\n    \"body\": \"D'Ávila `x` true\",\n    \"preview_url\": true\n  }\n}"
	for _, l := range Languages {
		text := SendCall(l, "https://developers.example.com", "PED-9", body)
		for _, gone := range []string{":enviado", "Seu pedido", "+5511900000001", "BASE"} {
			if strings.Contains(text, gone) {
				t.Errorf("%s: %q is left of the sample:\n%s", l.ID, gone, text)
			}
		}
		for _, want := range []string{"+5511987654321", "PED-9", "WPP_TOKEN", "https://developers.example.com/v1/messages", "preview_url"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing:\n%s", l.ID, want, text)
			}
		}
	}
	for id, want := range map[string]string{
		"curl": `D'\''Ávila`, "go": "` + \"`\" + `x` + \"`\" + `", "python": `"preview_url": True`, "php": "<<<'JSON'\n{",
	} {
		if text := SendCall(LanguageOf(id), "", "k", body); !strings.Contains(text, want) {
			t.Errorf("%s: %q is missing:\n%s", id, want, text)
		}
	}
}
