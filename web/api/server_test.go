package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestOverHTTP holds what only a real connection shows.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	srv := httptest.NewServer(f.API)
	t.Cleanup(srv.Close)
	send := func(method, path string, body io.Reader) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+f.secret)
		req.Header.Set("Content-Type", "application/json")
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(b)
	}
	if res, body := send("HEAD", "/v1/account", nil); res.StatusCode != 200 || body != "" || res.ContentLength <= 0 {
		t.Errorf("HEAD: %d, %d bytes of %d", res.StatusCode, len(body), res.ContentLength)
	}
	// A reader that is no buffer is sent in chunks, without a length.
	chunked := io.MultiReader(strings.NewReader(`{"to":"`), strings.NewReader(strings.Repeat("1", maxBody)))
	if res, body := send("POST", "/v1/messages", chunked); res.StatusCode != 413 {
		t.Errorf("chunked: %d %s", res.StatusCode, body)
	}
	for _, path := range []string{"/v1/contacts/a%00b", "/v1/messages/%ff%fe", "/v1/contacts?search=%00", "/v1/messages?reference=%ff", "/v1/requests/%0d%0aX-Evil:1", "/v1/contacts/ext:a%2Fb"} {
		if res, body := send("GET", path, nil); res.StatusCode < 400 || res.StatusCode >= 500 || res.Header.Get("X-Evil") != "" {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
}

func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	checking.Lock()
	defer checking.Unlock()
	for _, name := range Documents() {
		if ok, problems := checker(t, name).ValidateDocument(); !ok {
			for _, p := range problems {
				t.Errorf("%s: %s: %s %v", name, p.Message, p.Reason, p.SchemaValidationErrors)
			}
		}
	}
}
