package portal_test

import (
	"testing"

	"github.com/wppmarketing/developers/portal"
)

// Whatever WhatsApp says has a meaning, something to do, and one of our codes
// that is in the catalogue.
func TestEveryProviderCodeHasAFix(t *testing.T) {
	t.Parallel()
	rows := 0
	for _, c := range portal.ProviderCodes {
		for _, w := range []portal.Words{c.Meaning, c.Fix()} {
			if w.EN == "" || w.PT == "" || w.EN == w.PT {
				t.Errorf("%d: %q is not in both languages", c.From, w)
			}
		}
		if c.Code == "" {
			continue // it never ends a message
		}
		if _, ok := portal.EntryOf(c.Code); !ok {
			t.Errorf("%d: %s is not in the catalogue", c.From, c.Code)
		}
		rows++
	}
	for _, e := range portal.Catalogue {
		rows -= len(portal.ProviderCodesOf(e.Code))
	}
	if rows != 0 {
		t.Errorf("%d rows belong to no code of the catalogue", rows)
	}
}
