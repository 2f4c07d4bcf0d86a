// Package media keeps the files of accounts: what is uploaded to be sent, and
// what people send. It reads each content once while it is written, decides by
// its bytes what it is (sniff.go), and keeps it on a shelf (folder.go, rows.go);
// it hands files to WhatsApp (upload.go) and fetches those that people sent
// (fetch.go); it removes what is deleted or over (tidy.go).
//
// A content is on the shelf, safe against a power cut, before its row is
// written, and is removed after the row says deleted. So no row points at
// nothing, and a process that is killed in between leaves a content without a
// row, which Tidy removes.
//
// The package must not decide whether a message may go out, and must not fetch
// links: WhatsApp does.
//
// Known weaknesses. A file is recognized by its first bytes: that the rest can
// be played or opened is not checked, nor are WhatsApp's limits of pixels and
// seconds; it says so itself when the message is sent. The old Office formats
// cannot be told apart, so the request's word decides which of them it is.
package media

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// How long files are kept.
const (
	KeepUploaded = 30 * 24 * time.Hour
	KeepReceived = 180 * 24 * time.Hour
)

// MaxUpload is how long one upload may take.
const MaxUpload = 10 * time.Minute

// maxUploads bounds the uploads of a process at one moment.
const maxUploads = 64

// Shelf keeps contents by key. An implementation is safe for concurrent use.
type Shelf interface {
	// Put has the whole content on the shelf, for good, when it returns nil, and
	// nothing of it otherwise. An error of the reader is returned as it is.
	Put(ctx context.Context, key string, content io.Reader) error
	// Open returns a content; not_found when there is none.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	// Remove removes a content, if there is one.
	Remove(ctx context.Context, key string) error
	// Old calls each with keys of contents that were put before a time.
	Old(ctx context.Context, before time.Time, each func(keys []string) error) error
}

// Options of a Service.
type Options struct {
	Store   *store.Store
	Shelf   Shelf
	Clients map[string]*whatsapp.Client // by provider
	Logger  *slog.Logger                // nil = discard
}

// Service is the use case. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	shelf   Shelf
	clients map[string]*whatsapp.Client
	log     *slog.Logger
	places  chan struct{} // of uploads
	sending singleflight.Group

	fetches   chan struct{}
	fetching  sync.WaitGroup
	fetchDone chan struct{}
}

// New returns a service, or an error when an option is missing.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Shelf == nil {
		return nil, errors.New("media: no store or no shelf")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{
		store: o.Store, shelf: o.Shelf, clients: o.Clients, log: o.Logger,
		places: make(chan struct{}, maxUploads), fetches: make(chan struct{}, maxFetches), fetchDone: make(chan struct{}, 1),
	}, nil
}

// Upload is a file on its way in.
type Upload struct {
	Tenant   portal.Tenant
	Filename string // as the client called it
	Declared string // MIME type as the client says; "" or application/octet-stream = it does not say
	Content  io.Reader
}

// Take puts an uploaded file on the shelf and returns the media that KeepTx
// writes. It refuses with media_invalid what WhatsApp does not take and what is
// not the type it is said to be, with body_too_large what is beyond every limit,
// and with overloaded when too many uploads are under way.
func (s *Service) Take(ctx context.Context, u Upload) (m portal.Media, err error) {
	defer portal.Wrap(&err, "Take")
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return m, portal.Refuse(portal.CodeOverloaded)
	}
	now := s.store.Now()
	m = portal.Media{
		ID: portal.NewID(portal.PrefixMedia), AccountID: u.Tenant.AccountID, Environment: u.Tenant.Environment,
		Direction: portal.Outbound, Status: portal.MediaReady, Filename: cleanName(u.Filename),
		CreatedAt: now, ExpiresAt: now.Add(KeepUploaded),
	}
	in := newIntake(u.Content, portal.MaxMediaBytes)
	if err := s.shelf.Put(ctx, portal.ContentKey(m.ID), in); err != nil {
		return m, err
	}
	m.Size, m.SHA256 = in.size, in.sum()
	if m.Type, err = in.declared(u.Declared); err != nil {
		s.Discard(ctx, m)
		return m, err
	}
	if len(portal.MessageTypes(m.Type, m.Size)) == 0 {
		s.Discard(ctx, m)
		return m, tooLarge(m.Type)
	}
	return m, nil
}

// KeepTx writes a media that Take returned.
func (s *Service) KeepTx(tx *store.Tx, m portal.Media) error { return tx.InsertMedia(m) }

// Discard removes the content of a media that was not kept.
func (s *Service) Discard(ctx context.Context, m portal.Media) {
	if err := s.shelf.Remove(context.WithoutCancel(ctx), portal.ContentKey(m.ID)); err != nil {
		s.log.WarnContext(ctx, "content not removed; the next tidying does it", "media", m.ID, "error", err)
	}
}

// Get returns a media; not_found when the tenant has none of that id.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (m portal.Media, err error) {
	defer portal.Wrap(&err, "Get(%s)", id)
	return s.store.Reader(ctx).Media(t, id, s.store.Now())
}

// Of returns those of the named media that the tenant has, by id.
func (s *Service) Of(ctx context.Context, t portal.Tenant, ids []string) (found map[string]portal.Media, err error) {
	defer portal.Wrap(&err, "Of")
	return s.store.Reader(ctx).MediaOf(t, ids, s.store.Now())
}

// The words for a media without a content.
var (
	notYet   = portal.Words{EN: "The file is still being fetched from WhatsApp. Ask again in a moment.", PT: "O arquivo ainda está sendo buscado no WhatsApp. Tente de novo em instantes."}
	never    = portal.Words{EN: "The file could not be fetched from WhatsApp. GET /v1/media/{id} says why in error.", PT: "O arquivo não pôde ser buscado no WhatsApp. GET /v1/media/{id} diz o motivo em error."}
	lostFile = portal.Words{EN: "The file is no longer on this server. It may be missing since a backup was restored.", PT: "O arquivo não está mais neste servidor. Pode faltar desde a restauração de um backup."}
)

// Open returns a media and its content; not_found when the tenant has none of
// that id, or its content is not there, and then the detail says why.
func (s *Service) Open(ctx context.Context, t portal.Tenant, id string) (m portal.Media, content io.ReadSeekCloser, err error) {
	defer portal.Wrap(&err, "Open(%s)", id)
	if m, err = s.store.Reader(ctx).Media(t, id, s.store.Now()); err != nil {
		return m, nil, err
	}
	switch m.Status {
	case portal.MediaPending:
		return m, nil, &portal.Error{Code: portal.CodeNotFound, Detail: notYet}
	case portal.MediaFailed:
		return m, nil, &portal.Error{Code: portal.CodeNotFound, Detail: never}
	}
	content, err = s.shelf.Open(ctx, portal.ContentKey(m.ID))
	if portal.CodeOf(err) == portal.CodeNotFound {
		s.log.ErrorContext(ctx, "a media has no content", "media", m.ID)
		err = &portal.Error{Code: portal.CodeNotFound, Detail: lostFile}
	}
	return m, content, err
}

// DeleteTx deletes a media; not_found when the tenant has none of that id. Its
// content follows within moments.
func (s *Service) DeleteTx(tx *store.Tx, t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "Delete(%s)", id)
	return tx.DeleteMedia(t, id)
}
