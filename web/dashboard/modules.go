package dashboard

import (
	"net/http"

	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// modules shows what the account may use, in words and as the API says it.
func (d *Dashboard) modules(w http.ResponseWriter, r *http.Request, p *Person) error {
	list, err := d.Accounts.Modules(r.Context(), p.Account.ID)
	if err != nil {
		return err
	}
	props := views.ModulesProps{}
	for _, m := range list {
		props.Rows = append(props.Rows, views.ModuleRow{AccountModule: m, Operations: d.Wire.ModuleOperations(m.Name)})
	}
	if props.JSON, err = d.Wire.ModulesAnswer(list, ui.From(r.Context()).Lang); err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.Modules(props))
}
