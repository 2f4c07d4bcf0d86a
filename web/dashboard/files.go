package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/web/attachment"
)

// mediaFile sends a file: a picture to be shown in a page, anything else as a download.
func (d *Dashboard) mediaFile(w http.ResponseWriter, r *http.Request, p *Person) error {
	m, content, err := d.Media.Open(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	attachment.Show(w, r, m, content)
	return nil
}

// file is how a content names a file.
type file struct {
	ID, Link, Filename string
	MIME               string `json:"mime_type"`
}

// carrier is a part of a content that may carry a file.
type carrier struct {
	Image, Video, Document *file
}

func (c carrier) file() (f file, kind string) {
	switch {
	case c.Image != nil:
		return *c.Image, portal.TypeImage
	case c.Video != nil:
		return *c.Video, portal.TypeVideo
	case c.Document != nil:
		return *c.Document, portal.TypeDocument
	}
	return f, ""
}

var fileTypes = []string{portal.TypeImage, portal.TypeVideo, portal.TypeAudio, portal.TypeDocument, portal.TypeSticker}

// fileIn returns the file of a message, its header's, or the first of its
// template, and as what it is sent; no kind when there is none.
func fileIn(m portal.Message) (f file, kind string) {
	var holds struct {
		file
		Header     json.RawMessage
		Components []struct{ Parameters []carrier }
	}
	if json.Unmarshal(m.Content, &holds) != nil { // erased, or a list of cards
		return f, ""
	}
	if slices.Contains(fileTypes, m.Type) && holds.ID+holds.Link != "" {
		return holds.file, m.Type
	}
	var header carrier
	_ = json.Unmarshal(holds.Header, &header) // a header of text, or none
	if f, kind = header.file(); kind != "" {
		return f, kind
	}
	for _, c := range holds.Components {
		for _, parameter := range c.Parameters {
			if f, kind = parameter.file(); kind != "" {
				return f, kind
			}
		}
	}
	return f, ""
}

// files are media by id.
type files map[string]portal.Media

// files returns those of messages that the account still has.
func (d *Dashboard) files(ctx context.Context, p *Person, list ...portal.Message) (files, error) {
	ids := map[string]bool{}
	for _, m := range list {
		if f, _ := fileIn(m); portal.IsID(portal.PrefixMedia, f.ID) {
			ids[f.ID] = true
		}
	}
	return d.Media.Of(ctx, p.Tenant(), sortedKeys(ids))
}

// of is the file of a message as pages show it; nil when it has none.
func (known files) of(ctx context.Context, m portal.Message) *views.File {
	named, kind := fileIn(m)
	if kind == "" {
		return nil
	}
	v := &views.File{Icon: fileIcons[kind], Name: named.Filename, Note: views.FileType(named.MIME)}
	if named.ID == "" {
		v.Note, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(named.Link, "https://"), "http://"), "/")
	} else if kept, ok := known[named.ID]; ok {
		v.Name = cmp.Or(v.Name, kept.Filename)
		v.Note = views.FileNote(ctx, kept)
		if kept.Status == portal.MediaReady {
			v.Path, v.Picture = "/media/"+kept.ID, attachment.IsPicture(kept.Type)
		}
	} else {
		v.Note = ui.L(ctx, "not here any more", "não está mais aqui")
	}
	v.Name = cmp.Or(v.Name, capital(ui.W(ctx, contentKinds[kind])))
	return v
}
