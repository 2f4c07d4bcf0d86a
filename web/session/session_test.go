package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/accounts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/web/session"
)

// bench is a manager on a store of its own with one person, and a clock that stands still.
type bench struct {
	*session.Manager
	store    *store.Store
	accounts *accounts.Service
	dir      string
	account  portal.Account
	user     portal.User

	mu  sync.Mutex
	now time.Time
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	b.store = storetest.Open(t, func(o *store.Options) {
		o.Now = func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
		b.dir = o.DataDir
	})
	b.accounts = accounts.New(accounts.Options{Store: b.store})
	var err error
	b.account, b.user, err = b.accounts.Create(t.Context(), portal.Actor{Kind: portal.ActorSystem}, accounts.NewAccount{
		Name: "Loja", Email: "ana@loja.example", Password: "correct horse battery",
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Manager, err = session.New(session.Options{
		Store: b.store, Accounts: b.accounts, SecretKey: storetest.SecretKey(),
		ClientIP: func(*http.Request) netip.Addr { return netip.MustParseAddr("203.0.113.7") },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// browser keeps cookies between requests.
type browser struct {
	t       *testing.T
	b       *bench
	cookies map[string]string
	headers map[string]string
}

func (b *bench) browser(t *testing.T) *browser {
	return &browser{t: t, b: b, cookies: map[string]string{}, headers: map[string]string{"User-Agent": "Firefox"}}
}

// open serves one request with fn inside the session's middleware.
func (br *browser) open(fn func(w http.ResponseWriter, r *http.Request)) *httptest.ResponseRecorder {
	br.t.Helper()
	return br.through(br.b.Middleware, fn)
}

func (br *browser) through(around func(http.Handler) http.Handler, fn func(w http.ResponseWriter, r *http.Request)) *httptest.ResponseRecorder {
	br.t.Helper()
	r := httptest.NewRequestWithContext(br.t.Context(), http.MethodPost, "/", nil)
	for name, value := range br.headers {
		r.Header.Set(name, value)
	}
	for name, value := range br.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // a request's cookie has no attributes
	}
	rec := httptest.NewRecorder()
	around(http.HandlerFunc(fn)).ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(br.cookies, c.Name)
		} else {
			br.cookies[c.Name] = c.Value
		}
	}
	return rec
}

// do runs fn in a request and fails the test on an error.
func (br *browser) do(fn func(ctx context.Context) error) {
	br.t.Helper()
	br.open(func(_ http.ResponseWriter, r *http.Request) {
		if err := fn(r.Context()); err != nil {
			br.t.Errorf("in the request: %v", err)
		}
	})
}

func (br *browser) signIn() {
	br.t.Helper()
	br.do(func(ctx context.Context) error { return br.b.SignIn(ctx, br.b.user) })
}

// who returns the person at the browser, "" when nobody is signed in, and why not.
func (br *browser) who() (id, ended string) {
	br.t.Helper()
	br.open(func(_ http.ResponseWriter, r *http.Request) {
		user, _, ok := br.b.User(r.Context())
		if ok {
			id = user.ID
		}
		ended = br.b.Ended(r.Context())
	})
	return id, ended
}

func (br *browser) mustBe(what, wantID, wantEnded string) {
	br.t.Helper()
	if id, ended := br.who(); id != wantID || ended != wantEnded {
		br.t.Errorf("%s: %q is signed in, ended %q; want %q, %q", what, id, ended, wantID, wantEnded)
	}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.mustBe("a visitor", "", "")
	if len(br.cookies) != 0 {
		t.Errorf("a visitor got cookies: %v", br.cookies)
	}
	br.signIn()
	br.mustBe("signed in", b.user.ID, "")
	br.open(func(_ http.ResponseWriter, r *http.Request) {
		_, s, _ := b.User(r.Context())
		if s.IP != "203.0.113.7" || s.UserAgent != "Firefox" || !s.CreatedAt.Equal(b.now) || !portal.IsID(portal.PrefixSession, s.ID) {
			t.Errorf("session: %+v", s)
		}
	})
	old := br.cookies["wpp"]
	br.do(func(ctx context.Context) error { return b.SignOut(ctx) })
	if len(br.cookies) != 0 {
		t.Errorf("cookies after signing out: %v", br.cookies)
	}
	br.cookies["wpp"] = old
	br.mustBe("the old cookie", "", session.EndedByHand)
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.signIn()
	var id string
	br.open(func(_ http.ResponseWriter, r *http.Request) { _, s, _ := b.User(r.Context()); id = s.ID })
	old := br.cookies["wpp"]
	br.do(func(ctx context.Context) error { return b.MarkPassword(ctx) })
	if br.cookies["wpp"] == old {
		t.Fatal("step-up kept the cookie")
	}
	br.open(func(_ http.ResponseWriter, r *http.Request) {
		if _, s, ok := b.User(r.Context()); !ok || s.ID != id {
			t.Errorf("session after step-up: %+v, %v, want %s", s, ok, id)
		}
	})
	br.cookies["wpp"] = old
	br.mustBe("the cookie before", "", session.EndedByHand)
}

func TestRecentPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	recent := func(want bool) {
		t.Helper()
		br.open(func(_ http.ResponseWriter, r *http.Request) {
			if got := b.RecentPassword(r.Context()); got != want {
				t.Errorf("recent password: %v, want %v", got, want)
			}
		})
	}
	recent(false)
	br.signIn()
	recent(true)
	b.wait(10 * time.Minute)
	recent(false)
	br.do(func(ctx context.Context) error { return b.MarkPassword(ctx) })
	recent(true)
}

func TestSessionEndsByTime(t *testing.T) {
	t.Parallel()
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		br := b.browser(t)
		br.signIn()
		b.wait(2*time.Hour - time.Second)
		br.mustBe("just before", b.user.ID, "")
		b.wait(2*time.Hour - time.Second)
		br.mustBe("seen meanwhile", b.user.ID, "")
		b.wait(2 * time.Hour)
		br.mustBe("two hours without a request", "", session.EndedIdle)
	})
	t.Run("twelve hours", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		br := b.browser(t)
		br.signIn()
		for range 11 {
			b.wait(time.Hour)
			br.do(func(ctx context.Context) error { return b.MarkPassword(ctx) })
			br.mustBe("kept busy", b.user.ID, "")
		}
		b.wait(time.Hour)
		br.mustBe("twelve hours after sign-in, renewed or not", "", session.EndedByTime)
	})
}

func TestVisitsAreWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.signIn()
	seen := func(want time.Time) {
		t.Helper()
		br.who()
		list, err := b.Sessions(t.Context(), b.user.ID)
		if err != nil || len(list) != 1 || !list[0].LastSeenAt.Equal(want) {
			t.Errorf("sessions %+v, %v, want last seen %v", list, err, want)
		}
	}
	start := b.now
	b.wait(59 * time.Second)
	seen(start)
	b.wait(time.Second)
	seen(b.now)
}

// A clock that is wrong by a day for a while ends no session for good, although
// a sign-in meanwhile removes those that ended long ago.
func TestTheClockJumpsAndComesBack(t *testing.T) {
	t.Parallel()
	for jump, ended := range map[time.Duration]string{24 * time.Hour: session.EndedByTime, -24 * time.Hour: ""} {
		b := setup(t)
		br, late := b.browser(t), b.browser(t)
		br.signIn()
		b.wait(jump)
		late.signIn()
		who := b.user.ID
		if ended != "" {
			who = ""
		}
		br.mustBe(fmt.Sprint(jump), who, ended)
		b.wait(-jump)
		br.mustBe(fmt.Sprint(jump, " and back"), b.user.ID, "")
	}
}

func TestEndingSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	here, there, third := b.browser(t), b.browser(t), b.browser(t)
	for _, br := range []*browser{here, there, third} {
		br.signIn()
		b.wait(time.Second)
	}
	list, err := b.Sessions(t.Context(), b.user.ID)
	if err != nil || len(list) != 3 {
		t.Fatalf("sessions: %+v, %v", list, err)
	}
	here.do(func(ctx context.Context) error {
		if err := b.End(ctx, "usr_other", list[0].ID); !errors.Is(err, portal.Refuse(portal.CodeNotFound)) {
			t.Errorf("ending another person's session: %v", err)
		}
		return b.End(ctx, b.user.ID, list[0].ID)
	})
	third.mustBe("ended", "", session.EndedByHand)
	there.mustBe("not ended", b.user.ID, "")
	old := here.cookies["wpp"]
	here.do(func(ctx context.Context) error { return b.PasswordChanged(ctx) })
	there.mustBe("after the password change", "", session.EndedByHand)
	here.mustBe("the one that changed it", b.user.ID, "")
	if here.cookies["wpp"] == old {
		t.Error("the password change kept the cookie")
	}
	rows, err := b.store.Reader(t.Context()).AuditOf(b.account.ID, list[0].ID, 10)
	if err != nil || len(rows) != 1 || rows[0].Action != "session.ended" || rows[0].Actor.ID != b.user.ID {
		t.Errorf("audit: %+v, %v", rows, err)
	}
}

// A request that is under way when its session is ended must not bring it back.
func TestEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, change := range map[string]func(ctx context.Context) error{
		"data":   func(ctx context.Context) error { b.SetDefault(ctx, b.account.ID, portal.Live); return nil },
		"cookie": func(ctx context.Context) error { return b.MarkPassword(ctx) },
	} {
		br := b.browser(t)
		br.signIn()
		br.do(func(ctx context.Context) error {
			if !b.Alive(ctx) {
				t.Errorf("%s: not alive before", name)
			}
			_, s, _ := b.User(ctx)
			if err := b.End(ctx, b.user.ID, s.ID); err != nil {
				return err
			}
			if b.Alive(ctx) {
				t.Errorf("%s: alive after", name)
			}
			return change(ctx)
		})
		br.mustBe(name, "", session.EndedByHand)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.do(func(ctx context.Context) error { b.SetDefault(ctx, "acc_visitor", portal.Live); return nil })
	if len(br.cookies) != 0 {
		t.Error("a visitor got a session")
	}
	br.signIn()
	br.do(func(ctx context.Context) error { b.SetDefault(ctx, b.account.ID, portal.Live); return nil })
	br.open(func(_ http.ResponseWriter, r *http.Request) {
		if account, env := b.Default(r.Context()); account != b.account.ID || env != portal.Live {
			t.Errorf("default: %s, %s", account, env)
		}
	})
}

// Old sessions are forgotten a day after their end; until then it can be said why they ended.
func TestForgetEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.do(func(ctx context.Context) error { return b.SignIn(ctx, b.user) })
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, ""}, {13 * time.Hour, session.EndedByTime}, {24 * time.Hour, session.EndedByHand}} {
		b.wait(step.after)
		if err := b.ForgetEnded(t.Context()); err != nil {
			t.Fatal(err)
		}
		br.do(func(ctx context.Context) error {
			if got := b.Ended(ctx); got != step.want {
				t.Errorf("after %s more: ended %q, want %q", step.after, got, step.want)
			}
			return nil
		})
	}
}
