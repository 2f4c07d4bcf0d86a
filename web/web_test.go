package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A client of the API gets a problem for a path that is not clean, not a
// redirect in HTML, which would make it send its body twice.
func TestPathsOfTheAPIAreNotRedirected(t *testing.T) {
	t.Parallel()
	answer := func(word string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Room", word) })
	}
	mux := http.NewServeMux()
	mux.Handle("/", answer("pages"))
	mux.Handle("POST /v1/messages", answer("operation"))
	mux.Handle("/v1/", answer("api"))
	h := keepPaths(answer("api"), mux)
	for path, room := range map[string]string{
		"/v1": "api", "/v1/": "api", "/v1/messages": "operation", "/v1/messages/": "api", "/v1//messages": "api", "/v1/x/../messages": "api",
		"/v1/./messages": "api", "/v10": "pages", "/overview": "pages",
	} {
		r := httptest.NewRequest(http.MethodPost, "http://api.example.com/", http.NoBody)
		r.URL.Path = path
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Room"); w.Code != http.StatusOK || got != room {
			t.Errorf("%s: %d in %q, want %q", path, w.Code, got, room)
		}
	}
}

// A path that is there under another method says which; any other is not found.
func TestWrongMethod(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	pages := http.NewServeMux()
	pages.Handle("GET /{$}", status(http.StatusOK))
	pages.Handle("GET /messages/{id}", status(http.StatusOK))
	pages.Handle("POST /messages/{id}/cancel", status(http.StatusOK))
	pages.Handle("POST /messages/{id}", status(http.StatusOK))
	pages.Handle("/", strangers(pages, status(http.StatusNotFound), status(http.StatusMethodNotAllowed)))
	for request, want := range map[string]struct {
		code  int
		allow string
	}{
		"GET /":                    {http.StatusOK, ""},
		"POST /":                   {http.StatusMethodNotAllowed, "GET, HEAD"},
		"DELETE /messages/a":       {http.StatusMethodNotAllowed, "GET, HEAD, POST"},
		"GET /messages/a/cancel":   {http.StatusMethodNotAllowed, "POST"},
		"PATCH /messages/a/cancel": {http.StatusMethodNotAllowed, "POST"},
		"DELETE /nothing":          {http.StatusNotFound, ""},
		"GET /messages/a/b/c":      {http.StatusNotFound, ""},
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
		if got := w.Header().Get("Allow"); w.Code != want.code || got != want.allow {
			t.Errorf("%s: %d, Allow %q, want %v", request, w.Code, got, want)
		}
	}
}
