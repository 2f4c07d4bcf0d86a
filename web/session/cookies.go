package session

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/gorilla/sessions"
	"golang.org/x/text/language"

	"github.com/wppmarketing/developers/portal"
)

const (
	flashAge   = 10 * 60            // seconds
	preference = 365 * 24 * 60 * 60 // seconds
)

// newFlashStore returns the encrypted cookie. Its keys differ from all others derived from the secret.
func newFlashStore(secret []byte, secure bool) (*sessions.CookieStore, error) {
	if len(secret) != 32 {
		return nil, fmt.Errorf("the secret key has %d bytes, not 32", len(secret))
	}
	signing, err := hkdf.Key(sha256.New, secret, nil, "wpp/session/flash-signing", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the cookie key: %w", err)
	}
	sealing, err := hkdf.Key(sha256.New, secret, nil, "wpp/session/flash-sealing", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the cookie key: %w", err)
	}
	s := sessions.NewCookieStore(signing, sealing)
	s.Options = &sessions.Options{Path: "/", Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	s.MaxAge(flashAge)
	return s, nil
}

// Flash keeps a sentence for the next page that the browser opens.
func (m *Manager) Flash(w http.ResponseWriter, r *http.Request, words portal.Words) error {
	// An old or foreign cookie gives an error and a fresh session beside it.
	s, _ := m.flash.New(r, cookieName("wpp-flash", m.secure))
	s.Values["en"], s.Values["pt"] = words.EN, words.PT
	if err := m.flash.Save(r, w, s); err != nil {
		return fmt.Errorf("Flash: %w", err)
	}
	return nil
}

// TakeFlash returns the sentence kept for this page, once; ok is false when there is none.
func (m *Manager) TakeFlash(w http.ResponseWriter, r *http.Request) (words portal.Words, ok bool) {
	name := cookieName("wpp-flash", m.secure)
	if _, err := r.Cookie(name); err != nil {
		return words, false
	}
	s, err := m.flash.New(r, name)
	http.SetCookie(w, m.cookie(name, "", -1))
	if err != nil {
		return words, false
	}
	words.EN, _ = s.Values["en"].(string)
	words.PT, _ = s.Values["pt"].(string)
	return words, words != portal.Words{}
}

// languages matches what browsers ask for; the first is the fallback.
var languages = language.NewMatcher([]language.Tag{language.English, language.BrazilianPortuguese})

// Lang returns the language to answer in: the one chosen in this browser, else
// the person's, else the browser's best of English and Portuguese.
func (m *Manager) Lang(r *http.Request, user portal.User) string {
	if c, err := r.Cookie("lang"); err == nil && (c.Value == portal.LangEN || c.Value == portal.LangPT) {
		return c.Value
	}
	if user.Language != "" {
		return user.Language
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return portal.LangEN
	}
	if _, i, _ := languages.Match(wanted...); i == 1 {
		return portal.LangPT
	}
	return portal.LangEN
}

// SetLang keeps the language in the browser for a year.
func (m *Manager) SetLang(w http.ResponseWriter, lang string) {
	http.SetCookie(w, m.cookie("lang", lang, preference))
}

// Theme returns light, dark, or "" for the system's.
func (m *Manager) Theme(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// SetTheme keeps the theme in the browser for a year; "" forgets it.
func (m *Manager) SetTheme(w http.ResponseWriter, theme string) {
	age := preference
	if theme == "" {
		age = -1
	}
	http.SetCookie(w, m.cookie("theme", theme, age))
}

func (m *Manager) cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age,
		Secure: m.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
