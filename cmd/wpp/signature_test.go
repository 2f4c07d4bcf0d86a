package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// TestWrongAppSecretIsTold: callbacks that a wrong app secret refuses leave a
// trace on the page of the number; unsigned ones, which WhatsApp never sends, none.
func TestWrongAppSecretIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.as(portal.RoleOwner)
	path, sentence := "/channels/"+w.cloud, "signature does not fit the app secret"
	call := func(signature string) {
		t.Helper()
		body := `{"object":"whatsapp_business_account","entry":[]}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/hooks/whatsapp/"+w.cloud, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if signature != "" {
			r.Header.Set(whatsapp.SignatureHeader, signature)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("answered %d", answer.StatusCode)
		}
	}
	call("")
	if page := owner.get(path); strings.Contains(page.body, sentence) {
		t.Error("an unsigned call left a trace")
	}
	call(whatsapp.Sign([]byte("another secret"), nil))
	if page := owner.get(path); strings.Count(page.body, sentence) != 1 || !strings.Contains(page.body, "wrong signature") {
		t.Error("a wrong signature left no trace")
	}
}
