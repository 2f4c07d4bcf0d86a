package dashboard

import (
	"net/http"

	"github.com/wppmarketing/developers/views"
)

// adminHealth shows how the program and its database are.
func (d *Dashboard) adminHealth(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.page(w, r, http.StatusOK, views.Health(d.Health(r.Context())))
}
