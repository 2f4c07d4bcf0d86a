package portal_test

import (
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
)

func TestCatalogueIsCompleteInBothLanguages(t *testing.T) {
	t.Parallel()
	seen := map[portal.Code]bool{}
	for _, e := range portal.Catalogue {
		if seen[e.Code] {
			t.Errorf("%s: twice", e.Code)
		}
		seen[e.Code] = true
		if e.Status != 0 && (e.Status < 400 || e.Status > 599) {
			t.Errorf("%s: status %d", e.Code, e.Status)
		}
		for _, w := range []portal.Words{e.Title, e.Detail, e.Action} {
			if w.EN == "" || w.PT == "" || w.EN == w.PT {
				t.Errorf("%s: %q is not in both languages", e.Code, w)
			}
		}
		if !strings.HasSuffix(e.Detail.EN, ".") || !strings.HasSuffix(e.Detail.PT, ".") || strings.HasSuffix(e.Title.EN, ".") {
			t.Errorf("%s: a detail is a sentence, a title is none", e.Code)
		}
		if got, ok := portal.EntryOf(e.Code); !ok || got != e {
			t.Errorf("%s: EntryOf gives %v", e.Code, got)
		}
	}
	if _, ok := portal.EntryOf("nothing"); ok {
		t.Error("EntryOf knows a code that is none")
	}
}
