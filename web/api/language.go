package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/yaml"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

// document is one file of /openapi/ in one language.
type document struct {
	body      []byte
	mediaType string
	tag       string
}

// documents renders an OpenAPI document: name.json and name.yaml, in English and
// Portuguese.
func documents(name string, doc *huma.OpenAPI) (map[string]document, error) {
	finish(doc)
	english, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("render the document: %w", err)
	}
	portuguese, err := translate(english)
	if err != nil {
		return nil, fmt.Errorf("translate the document: %w", err)
	}
	out := map[string]document{}
	for lang, body := range map[string][]byte{portal.LangEN: english, portal.LangPT: portuguese} {
		var y bytes.Buffer
		if err := yaml.Convert(&y, bytes.NewReader(body)); err != nil {
			return nil, fmt.Errorf("convert the document: %w", err)
		}
		out[name+".json "+lang] = document{body, "application/openapi+json", etag(body)}
		out[name+".yaml "+lang] = document{y.Bytes(), "application/openapi+yaml", etag(y.Bytes())}
	}
	return out, nil
}

// Document returns the OpenAPI document of that name (Documents) as JSON, in
// portal.LangEN or LangPT; nil for an unknown name.
func (a *API) Document(name, lang string) []byte {
	if lang != portal.LangPT {
		lang = portal.LangEN
	}
	return a.documents()[name+".json "+lang].body
}

// serveDocument answers /openapi/developer.json, .yaml and so on in the language of
// ?lang= or, without it, of Accept-Language.
func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	lang := portal.LangEN
	if l, ok := languageOf(r.Header.Get("Accept-Language")); ok {
		lang = l
	}
	if l, ok := languageOf(r.URL.Query().Get("lang")); ok {
		lang = l
	}
	id := portal.RequestID(r.Context())
	if id == "" {
		id = portal.NewID(portal.PrefixRequest)
	}
	h := w.Header()
	h.Set("Request-Id", id)
	h.Set("Content-Language", lang)
	h.Add("Vary", "Accept-Language")
	doc, found := a.documents()[strings.TrimPrefix(r.URL.Path, "/openapi/")+" "+lang]
	switch {
	case !found:
		a.refuseDocument(w, portal.CodeNotFound, lang, id)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		a.refuseDocument(w, portal.CodeMethodNotAllowed, lang, id)
		return
	}
	h.Set("Cache-Control", "no-cache")
	// Weak, because the door may compress it.
	h.Set("ETag", "W/"+doc.tag)
	if matches(r.Header.Values("If-None-Match"), doc.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", doc.mediaType)
	h.Set("Content-Length", strconv.Itoa(len(doc.body)))
	_, _ = w.Write(doc.body)
}

func (a *API) refuseDocument(w http.ResponseWriter, code portal.Code, lang, id string) {
	e, _ := portal.EntryOf(code)
	p := a.problemOf(e, lang)
	p.RequestID, p.Instance = id, "/logs/"+id
	body, _ := encode(p) // a struct of strings
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(e.Status)
	_, _ = w.Write(body)
}

// translate replaces the document's English sentences by Portuguese ones and
// keeps the order of its members.
func translate(doc []byte) ([]byte, error) {
	var out bytes.Buffer
	from, to := jsontext.NewDecoder(bytes.NewReader(doc)), jsontext.NewEncoder(&out)
	for {
		tok, err := from.ReadToken()
		if err != nil {
			if from.InputOffset() >= int64(len(doc)) {
				return bytes.TrimSpace(out.Bytes()), nil
			}
			return nil, err
		}
		if isText(from, tok) {
			if pt, ok := portuguese[tok.String()]; ok {
				tok = jsontext.String(pt)
			}
		}
		if err := to.WriteToken(tok); err != nil {
			return nil, err
		}
	}
}

// isText reports whether the token just read from a document is a text for readers.
func isText(d *jsontext.Decoder, tok jsontext.Token) bool {
	in, n := d.StackIndex(d.StackDepth())
	if tok.Kind() != '"' || in == '{' && n%2 == 1 { // a member's name
		return false
	}
	p := string(d.StackPointer())
	at := strings.LastIndexByte(p, '/')
	last, parent := p[at+1:], p[:max(at, 0)]
	if strings.Contains(p, "/components/responses/") && strings.Contains(p, "/examples/") {
		return last == "title" || last == "detail" || last == "action" || last == "summary"
	}
	if strings.Contains(p, "/example/") || strings.Contains(p, "/value/") {
		return false
	}
	switch last {
	case "summary", "description":
		return !strings.HasSuffix(parent, "/properties")
	case "name":
		return strings.HasPrefix(p, "/tags/")
	}
	return (strings.HasPrefix(p, "/paths/") || strings.HasPrefix(p, "/webhooks/")) && strings.HasSuffix(parent, "/tags")
}

// portuguese is every sentence of the document by its English form.
var portuguese = dictionary()

func dictionary() map[string]string {
	m := map[string]string{}
	add := func(words ...portal.Words) {
		for _, w := range words {
			m[w.EN] = w.PT
		}
	}
	for _, op := range operations {
		add(op.Summary, op.Text)
	}
	for _, t := range tags {
		add(t.name, t.text)
	}
	for _, d := range directions {
		add(d.text)
	}
	for _, t := range portal.EventTypes {
		add(t.Description)
	}
	for _, e := range portal.Catalogue {
		add(e.Title, e.Detail, e.Action)
	}
	add(descriptions...)
	add(templateDescriptions...)
	add(webhookDescriptions...)
	add(eventDescriptions...)
	return m
}
