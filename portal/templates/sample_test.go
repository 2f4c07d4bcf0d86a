package templates_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/templates"
)

// files are the media of the account, by id.
type files map[string]portal.Media

type content struct{ *bytes.Reader }

func (content) Close() error { return nil }

func (f files) open(_ context.Context, _ portal.Tenant, id string) (portal.Media, io.ReadSeekCloser, error) {
	m, ok := f[id]
	if !ok {
		return m, nil, portal.Refuse(portal.CodeNotFound)
	}
	return m, content{bytes.NewReader(make([]byte, m.Size))}, nil
}

// add adds a file of a type and returns its id.
func (f files) add(kind string) string {
	id := portal.NewID(portal.PrefixMedia)
	f[id] = portal.Media{ID: id, Type: kind, Size: 70_000}
	return id
}

func pictured(name, format, sample string) portal.TemplateDraft {
	d := draft(name)
	d.Components = append([]portal.TemplateComponent{{Type: "header", Format: format, Example: &portal.TemplateExample{HeaderHandle: []string{sample}}}}, d.Components...)
	return d
}

// A file of the account becomes the sample that WhatsApp reviews: by its
// resumable upload, once for the creation and once for an edit.
func TestSampleByMedia(t *testing.T) {
	each(t, func(b *bench) {
		photo, paper := b.files.add("image/png"), b.files.add("application/pdf")
		var steps []string
		b.front = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "upload") {
				path := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
				steps = append(steps, r.Method+" "+path[:min(len(path), 7)])
			}
			b.simulator.ServeHTTP(w, r)
		})
		d := pictured("foto", "image", photo)
		made, err := b.service.Create(b.Context(), b.caller, d)
		if err != nil {
			b.Fatal(err)
		}
		if d.Components[0].Example.HeaderHandle[0] != photo {
			b.Error("the caller's draft was changed")
		}
		if got := handleOf(b, made); !strings.HasPrefix(got, "4::") {
			b.Errorf("sent as %q", got)
		}
		if got := strings.Join(steps, " "); got != "POST uploads POST upload:" {
			b.Errorf("the upload was %s", got)
		}
		b.pass(3 * time.Second)
		b.is("foto", portal.TemplateApproved)
		edit := pictured("foto", "document", paper)
		edited, err := b.service.Edit(b.Context(), b.caller, b.get("foto"), templates.Edit{Components: edit.Components})
		if err != nil || !strings.HasPrefix(handleOf(b, edited), "4::") || handleOf(b, edited) == handleOf(b, made) {
			b.Errorf("edited: %v", err)
		}
		// The handle that WhatsApp gave out may be used again.
		if _, err := b.service.Create(b.Context(), b.caller, pictured("outra", "image", handleOf(b, made))); err != nil {
			b.Error(err)
		}
	})
}

func handleOf(b *bench, t portal.Template) string {
	b.Helper()
	var components []portal.TemplateComponent
	if err := json.Unmarshal(t.Components, &components); err != nil || len(components) == 0 || components[0].Example == nil || len(components[0].Example.HeaderHandle) != 1 {
		b.Fatalf("%s: %v", t.Components, err)
	}
	return components[0].Example.HeaderHandle[0]
}

func TestSampleThatDoesNotServe(t *testing.T) {
	each(t, func(b *bench) {
		photo, sticker := b.files.add("image/png"), b.files.add("image/webp")
		for name, c := range map[string]struct {
			draft   portal.TemplateDraft
			code    portal.Code
			pointer string
		}{
			"no such file":       {pictured("a", "image", portal.NewID(portal.PrefixMedia)), portal.CodeMediaNotFound, "/components/0/example/header_handle/0"},
			"another kind":       {pictured("b", "video", photo), portal.CodeMediaInvalid, "/components/0/example/header_handle/0"},
			"a sticker":          {pictured("c", "image", sticker), portal.CodeMediaInvalid, "/components/0/example/header_handle/0"},
			"nobody's handle":    {pictured("d", "image", "4::aW1hZ2UvcG5n:AAAA:BBBB"), portal.CodeValidationFailed, "/components"},
			"no handle at all":   {pictured("e", "image", "foto.png"), portal.CodeValidationFailed, "/components"},
			"a message's media":  {pictured("f", "image", "1003383421387256"), portal.CodeValidationFailed, "/components"},
			"a header with none": {pictured("g", "image", ""), portal.CodeValidationFailed, "/components/0/example/header_handle"},
		} {
			_, err := b.service.Create(b.Context(), b.caller, c.draft)
			b.refused(name, err, c.code)
			if fields := portal.FieldsOf(err); len(fields) == 0 || fields[0].Pointer != c.pointer {
				b.Errorf("%s points at %v", name, fields)
			}
		}
		b.front = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/uploads") {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			b.simulator.ServeHTTP(w, r)
		})
		_, err := b.service.Create(b.Context(), b.caller, pictured("h", "image", photo))
		b.refused("WhatsApp is away", err, portal.CodeOverloaded)
		if _, err := b.service.Get(b.Context(), b.caller.Tenant, "h", "pt_BR"); portal.CodeOf(err) != portal.CodeNotFound {
			b.Errorf("something is left: %v", err)
		}
	})
}
