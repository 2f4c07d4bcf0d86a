// Package attachment sends the files of accounts over HTTP so that a browser
// never runs them: as a download, of the type that the content has, sandboxed.
// Only pictures may be shown in a page, and only as pictures.
//
// It must not decide who may have a file.
package attachment

import (
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// policy lets a file do nothing, even if it is opened by itself.
const policy = "sandbox; default-src 'none'; frame-ancestors 'none'"

// pictures are the types that a page may show.
var pictures = []string{"image/jpeg", "image/png", "image/webp"}

// IsPicture reports whether a page may show files of a type.
func IsPicture(mimeType string) bool { return slices.Contains(pictures, mimeType) }

// Serve answers with the content, or the part of it that Range asks for, as a download.
func Serve(w http.ResponseWriter, r *http.Request, m portal.Media, content io.ReadSeeker) {
	serve(w, r, m, content, "attachment")
}

// Show answers with a picture to be shown in a page. Anything else is a download.
func Show(w http.ResponseWriter, r *http.Request, m portal.Media, content io.ReadSeeker) {
	how := "attachment"
	if IsPicture(m.Type) {
		how = "inline"
	}
	serve(w, r, m, content, how)
}

func serve(w http.ResponseWriter, r *http.Request, m portal.Media, content io.ReadSeeker, how string) {
	h := w.Header()
	h.Set("Content-Type", m.Type)
	if m.Type == "text/plain" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	h.Set("Content-Disposition", disposition(how, m))
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+hex.EncodeToString(m.SHA256)+`"`)
	http.ServeContent(patient{w, http.NewResponseController(w)}, r, "", m.CreatedAt, content)
}

// disposition names the file; a name that is not ASCII is encoded (RFC 2231).
func disposition(how string, m portal.Media) string {
	name := m.Filename
	if name == "" {
		name = m.ID
		if all, err := mime.ExtensionsByType(m.Type); err == nil && len(all) > 0 {
			name += all[0]
		}
	}
	if d := mime.FormatMediaType(how, map[string]string{"filename": strings.ReplaceAll(name, `"`, "'")}); d != "" {
		return d
	}
	return how
}

// patience is how long a reader may take for one piece of a file.
const patience = 30 * time.Second

// patient gives a reader time for each piece, not for the whole: a large file
// over a slow line takes longer than any page.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(patience)) // a recorder of a test has none
	return p.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (p patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
