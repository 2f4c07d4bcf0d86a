package dashboard

import (
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/views/ui"
)

// jumps says which page an id opens.
var jumps = []struct{ prefix, path string }{
	{portal.PrefixRequest, "/logs/"},
	{portal.PrefixMessage, "/messages/"},
	{portal.PrefixContact, "/contacts/"},
	{portal.PrefixHandoff, "/conversations/"},
	{portal.PrefixToken, "/tokens/"},
	{portal.PrefixEndpoint, "/webhooks/"},
	{portal.PrefixEvent, "/events/"},
	{portal.PrefixAutomation, "/automations/"},
}

// jump opens what the reader pasted: the page of an id, the contact with
// exactly that phone, or a search of the contacts.
func (d *Dashboard) jump(w http.ResponseWriter, r *http.Request, p *Person) error {
	q := strings.TrimSpace(r.FormValue("q"))
	if r.Header.Get("Wpp-Fragment") != "" { // the palette lists answers while the reader types
		return d.page(w, r, http.StatusOK, ui.JumpOptions(ui.Jump(r.Context(), q)))
	}
	for _, j := range jumps {
		if portal.IsID(j.prefix, q) {
			http.Redirect(w, r, j.path+q, http.StatusSeeOther)
			return nil
		}
	}
	if n, err := phone.Parse(q, p.Account.Country); err == nil && p.May(portal.ReadMessages) {
		if c, err := d.Store.Reader(r.Context()).ContactByPhone(p.Tenant(), n.Candidates); err == nil {
			return d.redirect(w, r, "/contacts/"+c.ID)
		}
	}
	if q == "" || !p.May(portal.ReadMessages) {
		return d.redirect(w, r, "/overview")
	}
	return d.redirect(w, r, "/contacts", "q", q)
}
