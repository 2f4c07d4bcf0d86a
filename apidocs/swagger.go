package apidocs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	swagger "github.com/swaggest/swgui/v5/static"
)

//go:embed assets
var assetFiles embed.FS

const bundle = "swagger-ui-bundle.js"

// modules are the page's own scripts. They import one another by name, so they
// share one fingerprint: that of all of them.
var modules = []string{
	"answer.js", "code.js", "document.js", "elements.js", "fresh.js", "grant.js", "operation.js",
	"plugin.js", "prefill.js", "reference.js", "search.js", "words.js",
}

// stylesheets dress Swagger UI with the portal's tokens; its own is not served.
var stylesheets = []string{"docs.css", "swagger.css"}

// file is one served file, ready to be sent.
type file struct {
	mediaType      string
	plain, gzipped []byte
}

var urls, served = load()

func load() (urls map[string]string, served map[string]file) {
	urls, served = map[string]string{}, map[string]file{}
	add := func(fingerprint, name, mediaType string, plain, gzipped []byte) {
		urls[name] = path.Join("/assets", fingerprint, name)
		served[urls[name]] = file{mediaType, plain, gzipped}
	}
	const script, style = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
	zipped := must(swagger.FS.ReadFile(bundle + ".gz"))
	add(fingerprint(zipped), bundle, script, unpack(zipped), zipped)
	for _, name := range stylesheets {
		plain := must(assetFiles.ReadFile("assets/" + name))
		add(fingerprint(plain), name, style, plain, pack(plain))
	}
	var all []byte
	for _, name := range modules {
		all = append(all, must(assetFiles.ReadFile("assets/"+name))...)
	}
	for _, name := range modules {
		plain := must(assetFiles.ReadFile("assets/" + name))
		add(fingerprint(all), name, script, plain, pack(plain))
	}
	return urls, served
}

// must is for embedded files: when one is missing, the program was built wrong.
func must(b []byte, err error) []byte {
	if err != nil {
		panic("apidocs: " + err.Error())
	}
	return b
}

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

func pack(plain []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	_, _ = w.Write(plain)                                   // a buffer does not fail
	_ = w.Close()
	return buf.Bytes()
}

func unpack(zipped []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		panic("apidocs: " + err.Error())
	}
	return must(io.ReadAll(r))
}

// URL returns the address of a file of the API reference by its name:
// /assets/{fingerprint}/reference.js; "" for a name that is not served.
func URL(name string) string { return urls[name] }

// Modules returns the addresses of the reference page's own scripts, for
// preloading; reference.js starts them.
func Modules() []string {
	all := make([]string, len(modules))
	for i, name := range modules {
		all[i] = urls[name]
	}
	return all
}

// Assets serves the files at the addresses that URL returns, to GET and HEAD,
// for ever; mount it at /assets/. Every other path is 404: there is no file server.
func Assets() http.Handler { return http.HandlerFunc(serveAsset) }

func serveAsset(w http.ResponseWriter, r *http.Request) {
	f, ok := served[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	h.Set("Content-Type", f.mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = f.gzipped
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
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
