package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/media"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	maxForm      = portal.MaxMediaBytes + 1<<20 // the largest file, and the form around it
	keyClaim     = time.Minute                  // how long a key is kept free of others
	keyRenewal   = 20 * time.Second
	readPatience = 30 * time.Second // for one piece of the body
)

// checkForm checks how the body of an upload is declared. It is read later,
// while it goes to where it is kept.
func (c *call) checkForm() error {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	encoding := strings.ToLower(c.r.Header.Get("Content-Encoding"))
	if err != nil || kind != "multipart/form-data" || encoding != "" && encoding != "identity" {
		return portal.Refuse(portal.CodeUnsupportedMediaType)
	}
	if c.r.ContentLength > maxForm {
		return portal.Refuse(portal.CodeBodyTooLarge)
	}
	return nil
}

// upload is a form with one file on its way in. Nothing of it is kept in memory.
type upload struct {
	*call
	form    *multipart.Reader
	control *http.ResponseController
	began   time.Time
	read    int64
	failed  error     // why the body cannot be read further
	renewed time.Time // when the key was last claimed; zero without a key
	hash    hash.Hash // what tells this request from another under the same key
}

func (a *API) newUpload(c *call) *upload {
	u := &upload{call: c, control: http.NewResponseController(c.w), began: time.Now(), hash: sha256.New()}
	_, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")) // checkForm did
	if params["boundary"] != "" {
		u.form = multipart.NewReader(u, params["boundary"])
	}
	u.hash.Write([]byte(c.r.Method + " " + c.r.URL.EscapedPath() + "\n"))
	return u
}

// Read reads the body, with time for each piece, not for the whole: a large
// file over a slow line takes longer than any other request.
func (u *upload) Read(p []byte) (n int, err error) {
	if u.failed != nil {
		return 0, u.failed
	}
	if time.Since(u.began) > media.MaxUpload {
		u.failed = badForm(tooSlow)
		return 0, u.failed
	}
	if err := u.renew(); err != nil {
		u.failed = err
		return 0, err
	}
	_ = u.control.SetReadDeadline(time.Now().Add(readPatience)) // a recorder of a test has none
	n, err = u.r.Body.Read(p)
	if u.read += int64(n); u.read > maxForm {
		u.failed = portal.Refuse(portal.CodeBodyTooLarge)
		return 0, u.failed
	}
	if err != nil && !errors.Is(err, io.EOF) {
		u.failed = badForm(endedEarly)
		err = u.failed
	}
	return n, err
}

// close gives the connection its usual time back.
func (u *upload) close() { _ = u.control.SetReadDeadline(time.Now().Add(readPatience)) }

var (
	noBoundary = portal.Words{EN: "The Content-Type names no boundary. Let your HTTP client write it.", PT: "O Content-Type não informa o boundary. Deixe o cliente HTTP escrevê-lo."}
	endedEarly = portal.Words{EN: "The form ended early or is not multipart/form-data. Send it again.", PT: "O formulário terminou antes da hora ou não é multipart/form-data. Envie de novo."}
	tooSlow    = portal.Words{EN: "The upload took longer than ten minutes. Send it again over a faster line.", PT: "O envio levou mais de dez minutos. Envie de novo por uma conexão mais rápida."}
	oneFile    = portal.Words{EN: "One file at a time, in the field `file`.", PT: "Um arquivo por vez, no campo `file`."}
)

func badForm(why portal.Words) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Code: portal.FieldInvalidFormat, Detail: why})
}

// file returns the one file of the form.
func (u *upload) file() (*multipart.Part, error) {
	if u.form == nil {
		return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Parameter: "Content-Type", Code: portal.FieldInvalidFormat, Detail: noBoundary})
	}
	part, err := u.form.NextPart()
	switch {
	case errors.Is(err, io.EOF) && u.failed == nil:
		return nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/file", Code: portal.FieldRequired})
	case err != nil:
		return nil, u.cause(badForm(endedEarly))
	case part.FormName() != "file":
		return nil, unknownPart(part)
	}
	u.hash.Write([]byte(part.FileName() + "\n" + part.Header.Get("Content-Type") + "\n"))
	return part, nil
}

func unknownPart(part *multipart.Part) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
		Pointer: "/" + shorten(escapePointer.Replace(part.FormName())), Code: portal.FieldUnknown,
	})
}

// content is the file, hashed while it is read.
func (u *upload) content(file *multipart.Part) io.Reader { return io.TeeReader(cutOff{file}, u.hash) }

// cutOff says what it means when a part ends without its boundary.
type cutOff struct{ from io.Reader }

func (c cutOff) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = badForm(endedEarly)
	}
	return n, err
}

// end refuses whatever follows the file.
func (u *upload) end() error {
	part, err := u.form.NextPart()
	switch {
	case errors.Is(err, io.EOF) && u.failed == nil:
		return nil
	case err != nil:
		return u.cause(badForm(endedEarly))
	case part.FormName() == "file":
		return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/file", Code: portal.FieldTooMany, Detail: oneFile})
	}
	return unknownPart(part)
}

// cause prefers why the body could not be read to what that led to.
func (u *upload) cause(err error) error {
	if u.failed != nil {
		return u.failed
	}
	return err
}

// claim takes the key, if there is one. It returns the answer that is kept
// under it, or idempotency_conflict while another call is at work with it.
func (u *upload) claim(ctx context.Context) (kept *store.Kept, err error) {
	if u.key == "" {
		return nil, nil //nolint:nilnil // nothing is kept
	}
	var claimed bool
	err = u.api.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		kept, claimed, err = tx.ClaimKey(u.caller.Tenant, store.KeyClaim{
			KeyHash: u.keyHash(), Fingerprint: []byte{}, RequestID: u.id, Life: keyClaim,
		})
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case claimed:
		u.renewed = time.Now()
		return nil, nil //nolint:nilnil // the key is ours
	case kept.Status == 0:
		return nil, portal.Refuse(portal.CodeIdempotencyConflict)
	}
	return kept, nil
}

func (u *upload) keyHash() []byte {
	sum := sha256.Sum256([]byte(u.key))
	return sum[:]
}

// renew keeps the claim while the body comes in.
func (u *upload) renew() error {
	if u.renewed.IsZero() || time.Since(u.renewed) < keyRenewal {
		return nil
	}
	u.renewed = time.Now()
	return u.api.Store.Tx(u.r.Context(), func(tx *store.Tx) error {
		return conflict(tx.ExtendKey(u.caller.Tenant, u.keyHash(), u.id, keyClaim))
	})
}

// conflict is what a claim that another call has taken over means.
func conflict(err error) error {
	if portal.CodeOf(err) == portal.CodeNotFound {
		return portal.Refuse(portal.CodeIdempotencyConflict)
	}
	return err
}

// release frees the key of a call that came to nothing.
func (u *upload) release(ctx context.Context) {
	if u.renewed.IsZero() {
		return
	}
	err := u.api.Store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.ReleaseKey(u.caller.Tenant, u.keyHash(), u.id)
	})
	if err != nil { // it is free within a minute
		u.api.Logger.WarnContext(ctx, "idempotency key not released", "request_id", u.id, "error", err)
	}
}

// again answers a repeat with what is kept, if it is a repeat: of the same file,
// whatever boundary its client chose this time.
func (u *upload) again(ctx context.Context, kept *store.Kept) error {
	file, err := u.file()
	if err == nil {
		_, err = io.Copy(io.Discard, u.content(file))
	}
	if err != nil {
		return u.cause(err)
	}
	print := u.hash.Sum(nil)
	return u.commit(ctx, func(tx *store.Tx) (answer, error) { return u.replay(tx, kept, print) })
}

// keep writes the media, its answer and its log row.
func (u *upload) keep(ctx context.Context, m portal.Media) error {
	ans, err := render(reply{status: http.StatusCreated, location: "/v1/media/" + m.ID, body: mediaOf(m, u.lang)})
	if err != nil {
		return err
	}
	return u.commit(ctx, func(tx *store.Tx) (answer, error) {
		if err := u.api.Media.KeepTx(tx, m); err != nil {
			return ans, err
		}
		if u.key != "" {
			err := conflict(tx.KeepAnswer(u.caller.Tenant, u.keyHash(), store.Kept{
				RequestID: u.id, Fingerprint: u.hash.Sum(nil), Status: ans.status, Headers: flat(ans.header), Body: ans.body,
			}))
			if err != nil {
				return ans, err
			}
		}
		return ans, u.api.Log.Record(tx, u.row(ans.status))
	})
}

// commit runs a transaction that ends in the call's answer.
func (u *upload) commit(ctx context.Context, fn func(tx *store.Tx) (answer, error)) error {
	start := time.Now()
	defer func() { u.timing.Store = time.Since(start) }()
	var ans answer
	err := u.api.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		ans, err = fn(tx)
		return err
	})
	if err != nil {
		u.original, u.replayed = "", false
		return err
	}
	u.recorded = true
	u.take(ans)
	return nil
}
