package session

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// maxAgent is how much of a browser's name is kept.
const maxAgent = 255

// visit is what one request knows about its session. scs hands its store only
// bytes; who they belong to travels here.
type visit struct {
	ip, agent string
	row       store.StoredSession // zero for a signed-out visitor
	user      portal.User
	ended     string // why the session named by the cookie is over
	renewing  bool   // the row goes over to a new cookie
	trifling  bool   // nothing but the default has changed
}

func (v *visit) signedIn() bool { return v.row.UserID != "" }

type visitKey struct{}

// visit returns the request's context with a visit in it.
func (m *Manager) visit(r *http.Request) context.Context {
	agent := strings.ToValidUTF8(strings.ReplaceAll(r.UserAgent(), "\x00", ""), "")
	for len(agent) > maxAgent {
		_, size := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-size]
	}
	return context.WithValue(r.Context(), visitKey{}, &visit{ip: m.clientIP(r).String(), agent: agent})
}

// visitOf returns the visit of a request; outside Middleware an empty one.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// enter reads who the session belongs to and writes, at most once a minute,
// that it was used.
func (m *Manager) enter(ctx context.Context) (err error) {
	v := visitOf(ctx)
	if !v.signedIn() {
		return nil
	}
	v.user, err = m.store.Reader(ctx).User(v.row.UserID)
	if err != nil {
		return err
	}
	if !m.store.Now().Before(v.row.LastSeenAt.Add(touchEvery)) {
		m.note(ctx, v.row)
	}
	return nil
}

// note writes that the session was used. Reading goes on while the store cannot
// be written or makes writers wait: the page waits a moment and no longer.
func (m *Manager) note(ctx context.Context, row store.StoredSession) {
	if _, underWay := m.noting.LoadOrStore(row.ID, true); underWay {
		return
	}
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		defer m.noting.Delete(row.ID)
		err := m.store.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.TouchSession(row.Hash) })
		if err != nil {
			m.log.Warn("visit not noted", "session", row.ID, "error", err)
		}
	}()
	timer := time.NewTimer(notePatience)
	defer timer.Stop()
	select {
	case <-noted:
	case <-timer.C:
	}
}

// rows is our store as scs wants it (scs.CtxStore). scs passes hashes, never
// the cookie's value.
type rows struct{ m *Manager }

var errNoContext = errors.New("sessions are only stored with a request's context")

// FindCtx returns the data of a session that is not over.
func (s rows) FindCtx(ctx context.Context, hash string) (data []byte, found bool, err error) {
	v := visitOf(ctx)
	row, err := s.m.store.Reader(ctx).SessionByHash(hash)
	if errors.Is(err, portal.Refuse(portal.CodeNotFound)) {
		v.ended = EndedByHand
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if v.ended = s.m.over(row.Session); v.ended != "" {
		return nil, false, nil
	}
	v.row = row
	return row.Data, true, nil
}

// CommitCtx stores a session: a new row after sign-in, otherwise the row it
// came from, unless that was ended meanwhile: then it stays ended.
func (s rows) CommitCtx(ctx context.Context, hash string, data []byte, _ time.Time) error {
	v := visitOf(ctx)
	if !v.signedIn() {
		return nil // nothing is kept of visitors
	}
	before := v.row.Hash
	v.row.Hash, v.row.Data = hash, data
	err := s.m.store.Tx(ctx, func(tx *store.Tx) error {
		if before == "" {
			return tx.InsertSession(v.row)
		}
		err := tx.UpdateSession(before, v.row)
		if errors.Is(err, portal.Refuse(portal.CodeNotFound)) {
			return nil
		}
		return err
	})
	if err != nil && v.trifling && before == hash {
		s.m.log.Warn("default not kept", "session", v.row.ID, "error", err)
		return nil
	}
	return err
}

// DeleteCtx ends a session, but not one that is only getting a new cookie.
func (s rows) DeleteCtx(ctx context.Context, hash string) error {
	if visitOf(ctx).renewing {
		return nil
	}
	return s.m.store.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteSession(hash) })
}

// Find, Commit and Delete complete scs.Store; scs calls the methods above.
func (s rows) Find(string) ([]byte, bool, error) { return nil, false, errNoContext }

// Commit is never called.
func (s rows) Commit(string, []byte, time.Time) error { return errNoContext }

// Delete is never called.
func (s rows) Delete(string) error { return errNoContext }
