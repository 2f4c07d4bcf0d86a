package dashboard

import (
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/apidocs"
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
)

// guides shows the front page of the documentation.
func (d *Dashboard) guides(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.page(w, r, http.StatusOK, views.Guides(d.guideProps(r)))
}

// guide shows one guide, with its code in the language of ?code=.
func (d *Dashboard) guide(w http.ResponseWriter, r *http.Request, _ *Person) error {
	page, ok := views.Guide(r.PathValue("guide"), d.guideProps(r))
	if !ok {
		return portal.Refuse(portal.CodeNotFound)
	}
	return d.page(w, r, http.StatusOK, page)
}

func (d *Dashboard) guideProps(r *http.Request) views.GuideProps {
	language := apidocs.LanguageOf(r.FormValue("code"))
	p := views.GuideProps{
		BaseURL: d.BaseURL, Query: strings.TrimSpace(r.URL.Query().Get("q")), Style: apidocs.URL("docs.css"), Language: language.ID,
		Samples: map[string]string{
			"send":   apidocs.Sample("send", language, d.BaseURL),
			"retry":  apidocs.Sample("retry", language, d.BaseURL),
			"upload": apidocs.Sample("upload", language, d.BaseURL),
			"report": apidocs.Sample("report", language, d.BaseURL),
			"verify": apidocs.Sample("verify", language, d.BaseURL),
		},
	}
	for _, l := range apidocs.Languages {
		p.Languages = append(p.Languages, views.GuideLanguage{ID: l.ID, Name: l.Name})
	}
	return p
}
