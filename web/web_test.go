package web

import (
	"net/http"
	"net/http/httptest"
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
