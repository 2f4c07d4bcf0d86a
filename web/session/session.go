// Package session knows who sits at the browser: the signed-in session, which
// lives in the store and can be listed and ended, the console grant inside it,
// a ten-minute encrypted cookie for one sentence to the next page, and plain
// cookies for language and theme.
//
// It decides nothing about accounts or permissions. A session ends twelve
// hours after sign-in, after two hours without a request, and when it is ended
// by hand. The cookie's value is a random number of which the store keeps the
// SHA-256; it changes at sign-in, at step-up and with the password.
//
// Known weakness: the two hours are counted in whole minutes, because a visit
// is written at most once a minute. A page waits a moment for that note and no
// longer: while the store takes no writes, sessions in use can end as idle.
package session

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/sessions"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	lifetime      = 12 * time.Hour
	idle          = 2 * time.Hour
	touchEvery    = time.Minute
	notePatience  = 100 * time.Millisecond // how long a page waits until its visit is noted
	recent        = 10 * time.Minute
	rememberEnded = 24 * time.Hour // how long it can be said why a session ended
)

// Keys of what a session holds beside its row.
const (
	keyPassword = "password_at" // Unix seconds of the last password given
	keyAccount  = "account"
	keyEnv      = "env"
	keyGrant    = "grant"
)

// acting tells what a person is in an account (portal/accounts).
type acting interface {
	Acting(ctx context.Context, user portal.User, accountID string) (portal.Account, portal.Role, error)
}

// Options are what the manager works with. Store, Accounts and SecretKey are required.
type Options struct {
	Store     *store.Store
	Accounts  acting
	SecretKey []byte                                          // 32 bytes; the cookie keys are derived from it
	Secure    bool                                            // the base URL is https: Secure cookies with the __Host- prefix
	ClientIP  func(r *http.Request) netip.Addr                // nil = the peer's
	Fail      func(http.ResponseWriter, *http.Request, error) // answers when the store fails; nil = plain 503
	Logger    *slog.Logger                                    // nil = discard
}

// Manager is safe for concurrent use.
type Manager struct {
	store    *store.Store
	accounts acting
	secure   bool
	clientIP func(r *http.Request) netip.Addr
	fail     func(http.ResponseWriter, *http.Request, error)
	log      *slog.Logger
	scs      *scs.SessionManager
	flash    *sessions.CookieStore
	noting   sync.Map // ids of the sessions whose visit is being noted
}

// New returns a manager, or an error when the secret key does not fit.
func New(o Options) (*Manager, error) {
	m := &Manager{
		store: o.Store, accounts: o.Accounts, secure: o.Secure,
		clientIP: o.ClientIP, fail: o.Fail, log: o.Logger,
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if m.clientIP == nil {
		m.clientIP = peer
	}
	if m.fail == nil {
		m.fail = m.unavailable
	}
	var err error
	if m.flash, err = newFlashStore(o.SecretKey, o.Secure); err != nil {
		return nil, err
	}
	m.scs = scs.New()
	m.scs.Store = rows{m}
	m.scs.Lifetime = lifetime
	m.scs.HashTokenInStore = true
	m.scs.ErrorFunc = m.fail
	m.scs.Cookie.Name = cookieName("wpp", o.Secure)
	m.scs.Cookie.Secure = o.Secure
	m.scs.Cookie.SameSite = http.SameSiteLaxMode
	// Without an end of its own the cookie outlives the session, and the
	// sign-in page can say why it ended.
	m.scs.Cookie.Persist = false
	return m, nil
}

// cookieName returns the name of a cookie. With the __Host- prefix a browser
// takes it from this host only, over https only.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// Middleware loads the session of the request and stores it with the answer.
func (m *Manager) Middleware(next http.Handler) http.Handler {
	inner := m.scs.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := m.enter(r.Context()); err != nil {
			m.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(m.visit(r)))
	})
}

// SignIn makes the browser the person's, in a new session with a new cookie.
// It belongs behind a checked password or set-up link, inside Middleware.
func (m *Manager) SignIn(ctx context.Context, user portal.User) (err error) {
	defer portal.Wrap(&err, "SignIn(%s)", user.ID)
	v := visitOf(ctx)
	// What was here before is ended, not taken over.
	if err := m.scs.Destroy(ctx); err != nil {
		return err
	}
	if err := m.scs.RenewToken(ctx); err != nil {
		return err
	}
	now := m.store.Now()
	v.row = store.StoredSession{Session: portal.Session{
		ID: portal.NewID(portal.PrefixSession), UserID: user.ID, IP: v.ip, UserAgent: v.agent,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(lifetime),
	}}
	v.user, v.ended = user, ""
	m.scs.Put(ctx, keyPassword, now.Unix())
	return nil
}

// ForgetEnded removes sessions that ended by time so long ago that nobody is
// told why any more.
func (m *Manager) ForgetEnded(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "ForgetEnded")
	before := m.store.Now().Add(-rememberEnded)
	return m.store.Purge(ctx, m.store.Removing("sessions", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeSessions(before, limit) }))
}

// SignOut ends the session of the browser.
func (m *Manager) SignOut(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "SignOut")
	v := visitOf(ctx)
	v.row, v.user = store.StoredSession{}, portal.User{}
	return m.scs.Destroy(ctx)
}

// User returns who sits at the browser and their session; ok is false for a signed-out visitor.
func (m *Manager) User(ctx context.Context) (user portal.User, session portal.Session, ok bool) {
	v := visitOf(ctx)
	return v.user, v.row.Session, v.signedIn()
}

// The reasons why a session ended.
const (
	EndedByTime = "expired" // twelve hours after sign-in
	EndedIdle   = "idle"    // two hours without a request
	EndedByHand = "ended"   // signed out elsewhere, or long ago
)

// Ended says why the session that the browser still names is over; "" when it
// is not, and when it names none.
func (m *Manager) Ended(ctx context.Context) string { return visitOf(ctx).ended }

// Alive reports whether the session still stands; long answers ask again and again.
func (m *Manager) Alive(ctx context.Context) bool {
	v := visitOf(ctx)
	if v.row.Hash == "" {
		return false
	}
	row, err := m.store.Reader(ctx).SessionByHash(v.row.Hash)
	return err == nil && row.UserID == v.row.UserID && m.over(row.Session) == ""
}

// over says why a session found in the store is over, "" when it is not.
func (m *Manager) over(s portal.Session) string {
	now := m.store.Now()
	switch {
	case !now.Before(s.ExpiresAt):
		return EndedByTime
	case !now.Before(s.LastSeenAt.Add(idle)):
		return EndedIdle
	}
	return ""
}

// RecentPassword reports whether the password was given within ten minutes.
func (m *Manager) RecentPassword(ctx context.Context) bool {
	at := m.scs.GetInt64(ctx, keyPassword)
	return at > 0 && m.store.Now().Before(time.Unix(at, 0).Add(recent))
}

// MarkPassword notes that the password was given just now, and renews the cookie.
func (m *Manager) MarkPassword(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "MarkPassword")
	v := visitOf(ctx)
	if !v.signedIn() {
		return portal.Refuse(portal.CodeNotFound)
	}
	v.renewing = true
	if err := m.scs.RenewToken(ctx); err != nil {
		return err
	}
	m.scs.Put(ctx, keyPassword, m.store.Now().Unix())
	return nil
}

// PasswordChanged renews the cookie and ends the person's other sessions.
func (m *Manager) PasswordChanged(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "PasswordChanged")
	if err := m.MarkPassword(ctx); err != nil {
		return err
	}
	_, err = m.EndOthers(ctx)
	return err
}

// Default returns the account and environment that the person used last; "" when none.
func (m *Manager) Default(ctx context.Context) (accountID string, env portal.Environment) {
	return m.scs.GetString(ctx, keyAccount), portal.Environment(m.scs.GetString(ctx, keyEnv))
}

// SetDefault remembers the account and environment for pages that are opened without them.
func (m *Manager) SetDefault(ctx context.Context, accountID string, env portal.Environment) {
	if !visitOf(ctx).signedIn() {
		return
	}
	if account, was := m.Default(ctx); account != accountID || was != env {
		visitOf(ctx).trifling = m.scs.Status(ctx) == scs.Unmodified
		m.scs.Put(ctx, keyAccount, accountID)
		m.scs.Put(ctx, keyEnv, string(env))
	}
}

// Sessions returns the person's sessions that have not ended, last seen first.
func (m *Manager) Sessions(ctx context.Context, userID string) (list []portal.Session, err error) {
	defer portal.Wrap(&err, "Sessions(%s)", userID)
	now := m.store.Now()
	return m.store.Reader(ctx).Sessions(userID, now.Add(-idle), now)
}

// End ends one of the person's sessions; not_found when it is not theirs.
func (m *Manager) End(ctx context.Context, userID, sessionID string) (err error) {
	defer portal.Wrap(&err, "End(%s)", sessionID)
	return m.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.EndSession(userID, sessionID); err != nil {
			return err
		}
		return m.audit(ctx, tx, userID, sessionID)
	})
}

// EndOthers ends all sessions of the person at the browser but this one, and returns how many.
func (m *Manager) EndOthers(ctx context.Context) (n int, err error) {
	v := visitOf(ctx)
	defer portal.Wrap(&err, "EndOthers(%s)", v.row.UserID)
	err = m.store.Tx(ctx, func(tx *store.Tx) error {
		ended, err := tx.EndSessions(v.row.UserID, v.row.ID)
		n = int(ended)
		if err != nil || n == 0 {
			return err
		}
		return m.audit(ctx, tx, v.row.UserID, "")
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (m *Manager) audit(ctx context.Context, tx *store.Tx, userID, target string) error {
	v := visitOf(ctx)
	actor := portal.Actor{Kind: portal.ActorUser, ID: v.user.ID, Name: v.user.Name, IP: v.ip}
	return tx.AuditPerson(userID, portal.Audit{
		Actor: actor, Action: "session.ended", Target: target, RequestID: portal.RequestID(ctx),
	})
}

func (m *Manager) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	m.log.Error("session not read or stored", "request_id", portal.RequestID(r.Context()), "error", err)
	w.Header().Set("Retry-After", "5")
	http.Error(w, "The session cannot be read at the moment. Try again. Request "+portal.RequestID(r.Context()), http.StatusServiceUnavailable)
}

// peer returns the address of the other end of the connection, zero if unknown.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap()
}
