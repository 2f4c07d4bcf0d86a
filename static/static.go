// Package static holds the files that pages load beside their HTML: one
// stylesheet, small ES modules and the icon. They are embedded, named by their
// content, compressed once at start, and served for ever.
//
// There is no file server: only the names in types are answered, and only
// under the fingerprint of the content this program carries. A page of another
// version asks for another fingerprint and gets 404, never a stale mix.
// Files serves those of other rooms in the same way.
//
// The modules do not import one another (a fingerprint could not be known
// inside a file); they meet through attributes and events of the document.
package static

import (
	"embed"
	"net/http"
	"path"
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

var urls, served = load()

func load() (urls map[string]string, served Files) {
	urls, served = map[string]string{}, Files{}
	for name, mediaType := range types {
		plain, err := files.ReadFile(name)
		if err != nil {
			panic("static: " + err.Error()) // the embedded files and the table above differ: a build fault
		}
		urls[name] = path.Join("/static", Fingerprint(plain), name)
		served[urls[name]] = NewFile(mediaType, plain)
	}
	return urls, served
}

// URL returns the address of a file by its name: /static/{fingerprint}/app.css.
// An unknown name returns "", which a test of the templates would show.
func URL(name string) string { return urls[name] }

// Handler serves the files at the addresses that URL returns; mount it at /static/.
func Handler() http.Handler { return served }
