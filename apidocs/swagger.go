package apidocs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"net/http"
	"path"

	swagger "github.com/swaggest/swgui/v5/static"

	"github.com/wppmarketing/developers/static"
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

var urls, served = load()

func load() (urls map[string]string, served static.Files) {
	urls, served = map[string]string{}, static.Files{}
	add := func(fingerprint, name string, f static.File) {
		urls[name] = path.Join("/assets", fingerprint, name)
		served[urls[name]] = f
	}
	const script, style = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
	zipped := must(swagger.FS.ReadFile(bundle + ".gz"))
	add(static.Fingerprint(zipped), bundle, static.File{Type: script, Plain: unpack(zipped), Gzipped: zipped})
	for _, name := range stylesheets {
		plain := must(assetFiles.ReadFile("assets/" + name))
		add(static.Fingerprint(plain), name, static.NewFile(style, plain))
	}
	var all []byte
	for _, name := range modules {
		all = append(all, must(assetFiles.ReadFile("assets/"+name))...)
	}
	for _, name := range modules {
		add(static.Fingerprint(all), name, static.NewFile(script, must(assetFiles.ReadFile("assets/"+name))))
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

// Assets serves the files at the addresses that URL returns; mount it at /assets/.
func Assets() http.Handler { return served }
