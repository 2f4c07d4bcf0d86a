package dashboard

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// fail is the one writer of errors: a sign-in page, a 404 that is the same for
// absent, erased and foreign, or a 500 with the request id. What went wrong
// goes to the log only.
func (d *Dashboard) fail(w http.ResponseWriter, r *http.Request, err error) {
	r = r.WithContext(d.visitorFrame(r))
	id := portal.RequestID(r.Context())
	switch code := portal.CodeOf(err); {
	case errors.Is(err, errSignedOut):
		next := "/overview"
		if r.Method == http.MethodGet {
			next = r.URL.RequestURI()
		}
		http.Redirect(w, r, "/login?next="+url.QueryEscape(next), http.StatusSeeOther)
	case errors.Is(err, errNoAccount):
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	case code == portal.CodeNotFound, code == portal.CodeInvalidCursor:
		_ = d.page(w, r, http.StatusNotFound, views.NotFound(views.NotFoundProps{RequestID: id}))
	case code == portal.CodeOverloaded, code == portal.CodeStorageUnavailable:
		w.Header().Set("Retry-After", "5")
		d.Logger.Error("page failed", "request_id", id, "error", err)
		_ = d.page(w, r, http.StatusServiceUnavailable, views.Error(views.ErrorProps{Status: http.StatusServiceUnavailable, RequestID: id}))
	default:
		d.Logger.Error("page failed", "request_id", id, "error", err)
		_ = d.page(w, r, http.StatusInternalServerError, views.Error(views.ErrorProps{Status: http.StatusInternalServerError, RequestID: id}))
	}
}

// WrongMethod answers a path that is a page, or takes a form, but not in this
// way; the header Allow names the ways.
func (d *Dashboard) WrongMethod(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(d.visitorFrame(r))
	_ = d.page(w, r, http.StatusMethodNotAllowed, views.WrongMethod(portal.RequestID(r.Context())))
}

// NotFound answers a path that no route has.
func (d *Dashboard) NotFound(w http.ResponseWriter, r *http.Request) {
	d.fail(w, r, portal.Refuse(portal.CodeNotFound))
}
