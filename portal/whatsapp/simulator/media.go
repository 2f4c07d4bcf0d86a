package simulator

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// MaxMedia is the largest file that can be uploaded, in bytes.
const MaxMedia = portal.MaxMediaBytes

// addressLife is how long the address of a file holds.
const addressLife = 5 * time.Minute

// Media is a file that was uploaded to a phone, or that a person sent to it.
type Media struct {
	ID            string // digits
	PhoneNumberID string
	Type          string // MIME type
	Size          int64
	SHA256        []byte
	CreatedAt     time.Time
}

// Shelf keeps media.
type Shelf interface {
	// Put keeps m with its content and returns it with size and sum.
	Put(ctx context.Context, m Media, content io.Reader) (Media, error)
	// Get and Open return what Put kept; not_found for an unknown id.
	Get(ctx context.Context, id string) (Media, error)
	Open(ctx context.Context, id string) (io.ReadSeekCloser, error)
	// Delete forgets it; not_found for an unknown id.
	Delete(ctx context.Context, id string) error
}

// PutMedia keeps a file as if a person had sent it to the phone, or its owner
// had uploaded it: what is sent by callback needs such an id.
func (s *Simulator) PutMedia(ctx context.Context, phoneNumberID, mimeType string, content io.Reader) (Media, error) {
	return s.media.Put(ctx, Media{ID: newMediaID(), PhoneNumberID: phoneNumberID, Type: mimeType, CreatedAt: s.now()}, content)
}

// newMediaID returns an id as Meta writes them: 16 digits.
func newMediaID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	const low = 1_000_000_000_000_000
	return strconv.FormatUint(low+binary.BigEndian.Uint64(b[:])%(9*low), 10)
}

// upload answers POST /{phone-number-id}/media.
func (s *Simulator) upload(r *http.Request, ph Phone) (any, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, invalid("The parameter messaging_product is required.")
	}
	u := uploading{simulator: s, phone: ph, fields: map[string]string{}}
	parts := multipart.NewReader(io.LimitReader(r.Body, MaxMedia+1<<20), params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = u.take(r.Context(), part)
		}
		if err != nil {
			u.forget(r.Context())
			return nil, uploadFault(err)
		}
	}
	switch {
	case u.fields["messaging_product"] != "whatsapp":
		err = invalid("The parameter messaging_product is required and must be whatsapp.")
	case u.media.ID == "":
		err = invalid("The parameter file is required.")
	default:
		return map[string]string{"id": u.media.ID}, nil
	}
	u.forget(r.Context())
	return nil, err
}

// uploadFault is how an upload that cannot be read is answered.
func uploadFault(err error) error {
	var f *fault
	if errors.As(err, &f) || portal.CodeOf(err) == portal.CodeStorageUnavailable {
		return err
	}
	return refused(131053, "Media upload error", "The file could not be read, or is too large.")
}

// uploading is a form on its way in.
type uploading struct {
	simulator *Simulator
	phone     Phone
	fields    map[string]string
	media     Media
}

func (u *uploading) take(ctx context.Context, part *multipart.Part) error {
	if part.FormName() != "file" {
		value, err := io.ReadAll(io.LimitReader(part, maxID))
		u.fields[part.FormName()] = string(value)
		return err
	}
	if u.media.ID != "" {
		return invalid("The parameter file must be given once.")
	}
	kind, _, err := mime.ParseMediaType(cmp.Or(u.fields["type"], part.Header.Get("Content-Type")))
	if err != nil || len(portal.MessageTypes(kind, 0)) == 0 {
		return invalid("Param file must be a file with one of the supported types.")
	}
	m, err := u.simulator.PutMedia(ctx, u.phone.ID, kind, part)
	if err != nil {
		return err
	}
	u.media = m
	if len(portal.MessageTypes(kind, m.Size)) == 0 || m.Size == 0 {
		return refused(131053, "Media upload error", "The size of the file is not allowed for its type.")
	}
	return nil
}

// forget removes what was kept of an upload that is refused.
func (u *uploading) forget(ctx context.Context) {
	if u.media.ID != "" {
		if err := u.simulator.media.Delete(context.WithoutCancel(ctx), u.media.ID); err != nil {
			u.simulator.log.WarnContext(ctx, "refused upload not removed", "error", err)
		}
	}
}

// file finds a media and checks that the bearer may speak for its phone.
func (s *Simulator) file(r *http.Request, id string) (Media, Phone, error) {
	m, err := s.media.Get(r.Context(), id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return m, Phone{}, noObject(r.Method)
	}
	if err != nil {
		return m, Phone{}, fmt.Errorf("media: %w", err)
	}
	ph, err := s.authorize(r, m.PhoneNumberID)
	if asked := r.URL.Query().Get("phone_number_id"); err == nil && asked != "" && asked != ph.ID {
		err = noObject(r.Method)
	}
	return m, ph, err
}

// describeMedia answers GET /{media-id}.
func (s *Simulator) describeMedia(r *http.Request, id string) (any, error) {
	m, ph, err := s.file(r, id)
	if err != nil {
		return nil, err
	}
	ends := strconv.FormatInt(s.now().Add(addressLife).Unix(), 10)
	address := url.URL{
		Scheme: "http", Host: r.Host, Path: "/" + filesPath[0] + "/" + filesPath[1] + "/",
		RawQuery: url.Values{"mid": {m.ID}, "ext": {ends}, "hash": {addressHash(ph, m.ID, ends)}}.Encode(),
	}
	if r.TLS != nil {
		address.Scheme = "https"
	}
	return map[string]any{
		"messaging_product": "whatsapp",
		"url":               address.String(),
		"mime_type":         m.Type,
		"sha256":            hex.EncodeToString(m.SHA256),
		"file_size":         strconv.FormatInt(m.Size, 10), // a string, as in Meta's samples
		"id":                m.ID,
	}, nil
}

// deleteMedia answers DELETE /{media-id}.
func (s *Simulator) deleteMedia(r *http.Request, id string) (any, error) {
	if _, _, err := s.file(r, id); err != nil {
		return nil, err
	}
	if err := s.media.Delete(r.Context(), id); err != nil {
		return nil, fmt.Errorf("delete media: %w", err)
	}
	return map[string]bool{"success": true}, nil
}

// filesPath is where the addresses of files lie.
var filesPath = [2]string{"whatsapp_business", "attachments"}

// addressHash makes the address of a file one that nobody can guess or prolong.
func addressHash(ph Phone, id, ends string) string {
	mac := hmac.New(sha256.New, ph.AppSecret)
	mac.Write([]byte(id + " " + ends))
	return hex.EncodeToString(mac.Sum(nil))
}

// serveFile answers the second hop, ranges included; an error is answered as JSON.
func (s *Simulator) serveFile(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	id, ends := query.Get("mid"), query.Get("ext")
	m, ph, err := s.file(r, id)
	if err != nil {
		return err
	}
	until, err := strconv.ParseInt(ends, 10, 64)
	if err != nil || !hmac.Equal([]byte(query.Get("hash")), []byte(addressHash(ph, id, ends))) || !s.now().Before(time.Unix(until, 0)) {
		return errAddressOver
	}
	content, err := s.media.Open(r.Context(), id)
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	defer content.Close()
	w.Header().Set("Content-Type", m.Type)
	w.Header().Set("Content-Disposition", "attachment")
	http.ServeContent(w, r, "", m.CreatedAt, content)
	return nil
}

var errAddressOver = &fault{status: http.StatusNotFound, code: 100, subcode: 33, title: "Media URL expired", details: "Ask for the address of the media again."}

// memoryShelf keeps media until the process ends.
type memoryShelf struct {
	mu       sync.Mutex
	media    map[string]Media
	contents map[string][]byte
}

func newMemoryShelf() *memoryShelf {
	return &memoryShelf{media: map[string]Media{}, contents: map[string][]byte{}}
}

func (s *memoryShelf) Put(_ context.Context, m Media, content io.Reader) (Media, error) {
	data, err := io.ReadAll(content)
	if err != nil {
		return m, err
	}
	sum := sha256.Sum256(data)
	m.Size, m.SHA256 = int64(len(data)), sum[:]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.media[m.ID], s.contents[m.ID] = m, data
	return m, nil
}

func (s *memoryShelf) Get(_ context.Context, id string) (Media, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.media[id]
	if !ok {
		return m, portal.Refuse(portal.CodeNotFound)
	}
	return m, nil
}

func (s *memoryShelf) Open(_ context.Context, id string) (io.ReadSeekCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.contents[id]
	if !ok {
		return nil, portal.Refuse(portal.CodeNotFound)
	}
	return readSeekNopCloser{bytes.NewReader(data)}, nil
}

func (s *memoryShelf) Delete(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.media[id]; !ok {
		return portal.Refuse(portal.CodeNotFound)
	}
	delete(s.contents, id)
	delete(s.media, id)
	return nil
}

type readSeekNopCloser struct{ io.ReadSeeker }

func (readSeekNopCloser) Close() error { return nil }
