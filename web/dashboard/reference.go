package dashboard

import (
	"net/http"
	"slices"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// referencePolicy is narrower than that of the other pages: nothing but this
// origin's own files, and the data: images that the stylesheet holds.
const referencePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// anyTester is a number of the simulator that every test message reaches.
const anyTester = "+5511900000001"

// reference shows an OpenAPI document to everybody; members may try it.
func (d *Dashboard) reference(w http.ResponseWriter, r *http.Request, p *Person) error {
	document := r.PathValue("document")
	if !slices.Contains(apidocs.Documents, document) {
		return portal.Refuse(portal.CodeNotFound)
	}
	groups, err := apidocs.Outline(document, ui.From(r.Context()).Lang)
	if err != nil {
		return err
	}
	props := views.ReferenceProps{
		Document: document,
		Files: views.ReferenceFiles{
			Styles: []string{apidocs.URL("docs.css"), apidocs.URL("swagger.css")},
			Bundle: apidocs.URL("swagger-ui-bundle.js"), Script: apidocs.URL("reference.js"), Modules: apidocs.Modules(),
		},
		Console: d.console(r, p),
		Tester:  anyTester,
	}
	for _, g := range groups {
		row := views.ReferenceGroup{Name: g.Name, About: g.About}
		for _, o := range g.Operations {
			row.Operations = append(row.Operations, views.ReferenceOperation(o))
		}
		props.Groups = append(props.Groups, row)
	}
	if p != nil {
		props.Logs = p.May(portal.ReadLogs)
		if len(p.Account.Testers) > 0 {
			props.Tester = p.Account.Testers[0]
		}
	}
	w.Header().Set("Content-Security-Policy", referencePolicy)
	return d.page(w, r, http.StatusOK, views.Reference(props))
}
