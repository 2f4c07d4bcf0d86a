package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/channels"
)

// maxCallback is the largest callback WhatsApp sends (Meta: up to 3 MB).
const maxCallback = 3 << 20

// verifyCallback answers WhatsApp's handshake with the challenge.
func (d *door) verifyCallback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	challenge, err := d.Channels.Verify(r.Context(), r.PathValue("channel_id"), channels.Handshake{
		Mode: q.Get("hub.mode"), Token: q.Get("hub.verify_token"), Challenge: q.Get("hub.challenge"),
	})
	switch portal.CodeOf(err) {
	case "":
	case portal.CodeNotFound, portal.CodeInvalidToken:
		http.Error(w, "Not verified.", http.StatusForbidden)
		return
	default:
		d.Logger.Error("handshake not answered", "request_id", portal.RequestID(r.Context()), "channel_id", r.PathValue("channel_id"), "error", err)
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, challenge)
}

// receiveCallback takes statuses and inbound messages. What is not signed with
// the channel's secret is refused before it is read as JSON.
func (d *door) receiveCallback(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "Body too large.", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "Body not read.", http.StatusBadRequest)
		return
	}
	err = d.Messaging.Receive(r.Context(), r.PathValue("channel_id"), r.Header.Get("X-Hub-Signature-256"), raw)
	switch code := portal.CodeOf(err); code {
	case "":
		w.WriteHeader(http.StatusOK)
	case portal.CodeNotFound, portal.CodeInvalidToken:
		d.noteSignature(r, code)
		http.Error(w, "Signature refused.", http.StatusUnauthorized)
	case portal.CodeMalformedJSON, portal.CodeValidationFailed:
		http.Error(w, "Body not understood.", http.StatusBadRequest)
	default:
		d.Logger.Error("callback not applied", "request_id", portal.RequestID(r.Context()), "channel_id", r.PathValue("channel_id"), "error", err)
		http.Error(w, "Try again later.", http.StatusServiceUnavailable)
	}
}

// noteSignature leaves a trace of a signature that does not fit: a person who
// gave the wrong app secret would look for the callbacks in vain.
func (d *door) noteSignature(r *http.Request, code portal.Code) {
	id := r.PathValue("channel_id")
	if code != portal.CodeInvalidToken || r.Header.Get("X-Hub-Signature-256") == "" {
		return
	}
	if err := d.Channels.SignatureRefused(r.Context(), id); err != nil {
		d.Logger.Warn("refused signature not noted", "request_id", portal.RequestID(r.Context()), "channel_id", id, "error", err)
	}
}
