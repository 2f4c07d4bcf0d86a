package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/static"
)

var names = []string{"app.css", "app.js", "events.css", "icon.svg", "keys.js", "live.js", "messages.css", "parts.js", "phone.css", "phone.js", "tokens.js", "webhooks.css"}

func get(t *testing.T, path, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestServesEachFileForEver(t *testing.T) {
	t.Parallel()
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		url := static.URL(name)
		if !regexp.MustCompile(`^/static/[0-9a-f]{12}/` + regexp.QuoteMeta(name) + `$`).MatchString(url) {
			t.Errorf("URL(%s) = %q", name, url)
		}
		plain := get(t, url, "br")
		if got := body(t, plain.Body); !bytes.Equal(got, want) || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: other bytes or an encoding nobody asked for", name)
		}
		packed := get(t, url, "br, gzip;q=0.8")
		zr, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, zr); !bytes.Equal(got, want) {
			t.Errorf("%s: other bytes in gzip", name)
		}
		for header, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
			"Vary": "Accept-Encoding", "Content-Encoding": "gzip",
		} {
			if got := packed.Header.Get(header); got != want {
				t.Errorf("%s: %s = %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestEncodingIsNegotiated(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "GZIP": "gzip", "gzip;q=0": "", "gzip; q=0.0": "", "gzip;q=x": "", "br": "", "deflate, gzip": "gzip", "xgzip": "",
	} {
		if got := get(t, static.URL("app.css"), accept).Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: %q, want %q", accept, got, want)
		}
	}
}

func TestServesNothingElse(t *testing.T) {
	t.Parallel()
	css := static.URL("app.css")
	for _, path := range []string{
		"/static/", "/static/app.css", "/static/000000000000/app.css", "/static/static.go", css + "/", css + "/x",
		strings.Replace(css, "app.css", "app.js", 1), "/static/../static.go", strings.Replace(css, "/app.css", "/./app.css", 1),
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		static.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || w.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes", path, w.Code, w.Body.Len())
		}
	}
	if static.URL("nothing.css") != "" {
		t.Error("an unknown name has an address")
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodHead, static.URL("app.css"), nil))
	if w.Code != http.StatusOK || w.Body.Len() > 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	w = httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, static.URL("app.css"), nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

// The first load of a page stays light: CSS under 14 kB, own scripts under 6 kB, compressed.
func TestBudget(t *testing.T) {
	t.Parallel()
	size := func(name string) int { return len(body(t, get(t, static.URL(name), "gzip").Body)) }
	if n := size("app.css"); n > 14_000 {
		t.Errorf("app.css is %d bytes compressed", n)
	}
	if n := size("app.js") + size("keys.js") + size("live.js"); n > 6_000 {
		t.Errorf("the scripts are %d bytes compressed", n)
	}
}

// A module cannot know the fingerprint of another, and nothing is loaded from elsewhere.
func TestFilesStandAlone(t *testing.T) {
	t.Parallel()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(?m)^\s*import\b|@import|url\(|https?://[^w]`).Find(text); found != nil {
			t.Errorf("%s: %s", name, found)
		}
	}
}
