// Package static holds the files that pages load beside their HTML: one
// stylesheet, small ES modules and the icon. They are embedded, named by their
// content, compressed once at start, and served for ever.
//
// There is no file server: only the names in types are answered, and only
// under the fingerprint of the content this program carries. A page of another
// version asks for another fingerprint and gets 404, never a stale mix.
//
// The modules do not import one another (a fingerprint could not be known
// inside a file); they meet through attributes and events of the document.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed app.css app.js events.css keys.js live.js messages.css parts.js phone.css phone.js tokens.js webhooks.css icon.svg
var files embed.FS

// types is the allow-list: every served name and its media type.
var types = map[string]string{
	"app.css":      "text/css; charset=utf-8",
	"app.js":       "text/javascript; charset=utf-8",
	"events.css":   "text/css; charset=utf-8",
	"icon.svg":     "image/svg+xml",
	"keys.js":      "text/javascript; charset=utf-8",
	"live.js":      "text/javascript; charset=utf-8",
	"messages.css": "text/css; charset=utf-8",
	"parts.js":     "text/javascript; charset=utf-8",
	"phone.css":    "text/css; charset=utf-8",
	"phone.js":     "text/javascript; charset=utf-8",
	"tokens.js":    "text/javascript; charset=utf-8",
	"webhooks.css": "text/css; charset=utf-8",
}

// asset is one file, ready to be sent.
type asset struct {
	url         string
	contentType string
	plain       []byte
	gzipped     []byte
}

var assets = load()

func load() map[string]asset {
	all := make(map[string]asset, len(types))
	for name, contentType := range types {
		plain, err := files.ReadFile(name)
		if err != nil {
			panic("static: " + err.Error()) // the embedded files and the table above differ: a build fault
		}
		sum := sha256.Sum256(plain)
		all[name] = asset{
			url:         path.Join("/static", hex.EncodeToString(sum[:6]), name),
			contentType: contentType,
			plain:       plain,
			gzipped:     compress(plain),
		}
	}
	return all
}

func compress(plain []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	_, _ = w.Write(plain)                                   // a buffer does not fail
	_ = w.Close()
	return buf.Bytes()
}

// URL returns the address of a file by its name: /static/{fingerprint}/app.css.
// An unknown name returns "", which a test of the templates would show.
func URL(name string) string { return assets[name].url }

// Handler serves the files at the addresses that URL returns, to GET and HEAD;
// mount it at /static/. Everything else is 404 with an empty body.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	a, ok := assets[path.Base(r.URL.Path)]
	if !ok || a.url != r.URL.Path {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, header := a.plain, w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = a.gzipped
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // a client that has gone is no fault of ours
	}
}

// acceptsGzip reports whether an Accept-Encoding header allows gzip by name.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			q, err := strconv.ParseFloat(weight, 64)
			return !ok || (err == nil && q > 0)
		}
	}
	return false
}
