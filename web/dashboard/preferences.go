package dashboard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/wppmarketing/developers/portal"
)

// setLanguage keeps the reader's language in a cookie and goes back to the page.
func (d *Dashboard) setLanguage(w http.ResponseWriter, r *http.Request, _ *Person) error {
	if lang := r.PostFormValue("value"); lang == portal.LangEN || lang == portal.LangPT {
		d.Sessions.SetLang(w, lang)
	}
	return goBack(w, r)
}

// setTheme keeps the reader's theme in a cookie; any other value means the system's.
func (d *Dashboard) setTheme(w http.ResponseWriter, r *http.Request, _ *Person) error {
	theme := r.PostFormValue("value")
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	d.Sessions.SetTheme(w, theme)
	return goBack(w, r)
}

func goBack(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, localPath(r.PostFormValue("back"), "/"), http.StatusSeeOther)
	return nil
}

// localPath returns path if it stays on this host, else fallback: a redirect
// never leads a reader to another site.
func localPath(path, fallback string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return fallback
	}
	return path
}
