package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// File is one file, ready to be sent.
type File struct {
	Type           string // media type
	Plain, Gzipped []byte
}

// NewFile compresses a file.
func NewFile(mediaType string, plain []byte) File {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	_, _ = w.Write(plain)                                   // a buffer does not fail
	_ = w.Close()
	return File{mediaType, plain, buf.Bytes()}
}

// Fingerprint names a content: the part of an address that changes with it.
func Fingerprint(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

// Files are files by their address, which holds a fingerprint of the content.
type Files map[string]File

// ServeHTTP answers GET and HEAD of an address, to be kept for ever. Every other
// path is 404 with an empty body: there is no file server.
func (f Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := f[r.URL.Path]
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
	h.Set("Content-Type", file.Type)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := file.Plain
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = file.Gzipped
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
