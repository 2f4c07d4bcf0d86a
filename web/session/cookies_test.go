package session_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store/storetest"
	"github.com/wppmarketing/developers/web/session"
)

func TestCookie(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m, err := session.New(session.Options{Store: b.store, Accounts: b.accounts, SecretKey: storetest.SecretKey(), Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	b.Manager = m
	rec := b.browser(t).open(func(w http.ResponseWriter, r *http.Request) {
		if err := m.SignIn(r.Context(), b.user); err != nil {
			t.Error(err)
		}
		if err := m.Flash(w, r, portal.Words{EN: "Saved.", PT: "Salvo."}); err != nil {
			t.Error(err)
		}
		m.SetLang(w, portal.LangPT)
		m.SetTheme(w, "dark")
	})
	ages := map[string]int{"__Host-wpp": 0, "__Host-wpp-flash": 600, "lang": 31536000, "theme": 31536000}
	for _, c := range rec.Result().Cookies() {
		want, known := ages[c.Name]
		if !known || c.MaxAge != want || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
		delete(ages, c.Name)
	}
	if len(ages) != 0 {
		t.Errorf("missing cookies: %v", ages)
	}
	if _, err := session.New(session.Options{Store: b.store, Accounts: b.accounts, SecretKey: []byte("short")}); err == nil {
		t.Error("a short key was taken")
	}
}

func TestCookieIsNeverAdopted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.cookies["wpp"] = "planted"
	br.signIn()
	if br.cookies["wpp"] == "planted" {
		t.Error("sign-in kept the cookie that was planted")
	}
	first := br.cookies["wpp"]
	br.signIn()
	if br.cookies["wpp"] == first {
		t.Error("sign-in kept the cookie of the session before")
	}
	br.mustBe("the new cookie", b.user.ID, "")
	br.cookies["wpp"] = first
	br.mustBe("the cookie before", "", session.EndedByHand)
}

func TestCookieIsNotStored(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.signIn()
	for _, name := range []string{"wpp.db", "wpp.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(br.cookies["wpp"])) {
			t.Errorf("%s holds the cookie's value", name)
		}
	}
}

func TestHostileUserAgent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.headers["User-Agent"] = strings.Repeat("é\xff", 500)
	br.signIn()
	list, err := b.Sessions(t.Context(), b.user.ID)
	if err != nil || len(list) != 1 || len(list[0].UserAgent) > 255 {
		t.Errorf("sessions: %+v, %v", list, err)
	}
}

func TestStoreFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	br.signIn()
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	rec := br.open(func(http.ResponseWriter, *http.Request) { t.Error("the page was served without its session") })
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("answer %d %v", rec.Code, rec.Header())
	}
}

func TestFlash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	want := portal.Words{EN: "Token revoked.", PT: "Token revogado."}
	br.open(func(w http.ResponseWriter, r *http.Request) {
		if err := b.Flash(w, r, want); err != nil {
			t.Error(err)
		}
	})
	if strings.Contains(br.cookies["wpp-flash"], "Token") {
		t.Error("the flash is readable")
	}
	kept := br.cookies["wpp-flash"]
	take := func() (words portal.Words, ok bool) {
		br.open(func(w http.ResponseWriter, r *http.Request) { words, ok = b.TakeFlash(w, r) })
		return words, ok
	}
	if got, ok := take(); !ok || got != want {
		t.Errorf("flash: %+v, %v", got, ok)
	}
	if got, ok := take(); ok {
		t.Errorf("flash again: %+v", got)
	}
	br.cookies["wpp-flash"] = kept[:len(kept)-4] + "AAAA"
	if got, ok := take(); ok {
		t.Errorf("tampered flash: %+v", got)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		cookie, accept, user, want string
	}{
		"nothing":           {"", "", "", portal.LangEN},
		"browser":           {"", "pt-BR,pt;q=0.9,en;q=0.8", "", portal.LangPT},
		"browser, Portugal": {"", "pt-PT", "", portal.LangPT},
		"browser, French":   {"", "fr", "", portal.LangEN},
		"browser, garbage":  {"", ";;q=,", "", portal.LangEN},
		"person":            {"", "en", portal.LangPT, portal.LangPT},
		"chosen":            {portal.LangEN, "pt-BR", portal.LangPT, portal.LangEN},
		"unknown choice":    {"fr", "pt-BR", "", portal.LangPT},
	} {
		br := b.browser(t)
		br.headers["Accept-Language"] = c.accept
		if c.cookie != "" {
			br.cookies["lang"] = c.cookie
		}
		br.open(func(_ http.ResponseWriter, r *http.Request) {
			if got := b.Lang(r, portal.User{Language: c.user}); got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		})
	}
	br := b.browser(t)
	for _, theme := range []string{"dark", "light", ""} {
		br.open(func(w http.ResponseWriter, _ *http.Request) { b.SetTheme(w, theme) })
		br.open(func(_ http.ResponseWriter, r *http.Request) {
			if got := b.Theme(r); got != theme {
				t.Errorf("theme %q, want %q", got, theme)
			}
		})
	}
}
