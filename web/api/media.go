package api

import (
	"context"
	"encoding/hex"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/web/attachment"
)

// Media is a file, on the wire.
type Media struct {
	ID           string   `json:"id"`
	Environment  string   `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	Direction    string   `json:"direction" enum:"outbound,inbound" doc:"outbound: you uploaded it; inbound: a person sent it."`
	Status       string   `json:"status" doc:"ready; pending while an inbound file is fetched from WhatsApp, failed when that was given up."`
	MimeType     string   `json:"mime_type" doc:"What the content is; while pending what WhatsApp says."`
	Size         *int64   `json:"size" doc:"Bytes; null until it is there."`
	SHA256       *string  `json:"sha256" doc:"Of the content, in hexadecimal; null until it is there."`
	Filename     *string  `json:"filename" doc:"As its owner called it, without a path."`
	MessageTypes []string `json:"message_types" doc:"The types of message that can carry it, by type and size."`
	MessageID    *string  `json:"message_id" doc:"The inbound message it came in."`
	Error        *Failure `json:"error" doc:"Why it could not be fetched."`
	CreatedAt    string   `json:"created_at" format:"date-time"`
	ExpiresAt    string   `json:"expires_at" format:"date-time" doc:"Then it is deleted: 30 days after an upload, 180 days after a person sent it."`
}

// MediaPath names a media.
type MediaPath struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the file, med_…"`
}

func (a *API) registerMedia(h huma.API) {
	mount(h, "uploadMedia", a.uploadMedia)
	h.OpenAPI().Paths["/v1/media"].Post.RequestBody = fileForm() // known sooner, huma would read it into memory
	mount(h, "getMedia", a.getMedia)
	mount(h, "getMediaContent", a.getMediaContent)
	mountWrite(h, "deleteMedia", a.deleteMedia)
}

func (a *API) getMedia(ctx context.Context, c *call, in *MediaPath) (reply, error) {
	m, err := a.Media.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	return reply{body: mediaOf(m, c.lang), tag: true}, nil
}

// getMediaContent answers with the file itself, which is not kept in memory.
func (a *API) getMediaContent(ctx context.Context, c *call, in *MediaPath) (reply, error) {
	m, content, err := a.Media.Open(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	c.stream = func(w http.ResponseWriter) {
		defer content.Close()
		attachment.Serve(w, c.r, m, content)
	}
	c.answered = true
	return reply{}, nil
}

func (a *API) deleteMedia(tx *store.Tx, c *call, in *MediaPath) (reply, error) {
	return reply{status: http.StatusNoContent}, a.Media.DeleteTx(tx, c.caller.Tenant, in.ID)
}

func mediaOf(m portal.Media, lang string) Media {
	w := Media{
		ID: m.ID, Environment: string(m.Environment), Direction: m.Direction, Status: m.Status, MimeType: m.Type,
		Filename: text(m.Filename), MessageTypes: []string{}, MessageID: text(m.MessageID), Error: failureOf(m.Failure, lang),
		CreatedAt: portal.FormatTime(m.CreatedAt), ExpiresAt: portal.FormatTime(m.ExpiresAt),
	}
	if m.Status == portal.MediaReady {
		sum := hex.EncodeToString(m.SHA256)
		w.Size, w.SHA256 = &m.Size, &sum
		w.MessageTypes = append(w.MessageTypes, portal.MessageTypes(m.Type, m.Size)...)
	}
	return w
}

// uploadMedia takes a file. It does outside work before its transaction, so the
// Idempotency-Key is claimed first, for a minute at a time.
func (a *API) uploadMedia(ctx context.Context, c *call, _ *struct{}) (rep reply, err error) {
	u := a.newUpload(c)
	defer u.close()
	kept, err := u.claim(ctx)
	if err != nil {
		return reply{}, err
	}
	if kept != nil {
		return reply{}, u.again(ctx, kept)
	}
	defer func() {
		if err != nil {
			u.release(ctx)
		}
	}()
	file, err := u.file()
	if err != nil {
		return reply{}, err
	}
	m, err := a.Media.Take(ctx, media.Upload{
		Tenant: c.caller.Tenant, Filename: file.FileName(), Declared: file.Header.Get("Content-Type"), Content: u.content(file),
	})
	if err != nil {
		return reply{}, u.cause(err)
	}
	if err := u.end(); err != nil {
		a.Media.Discard(ctx, m)
		return reply{}, err
	}
	// When that fails its row may be there all the same: what is left is tidied up later.
	return reply{}, u.keep(ctx, m)
}
