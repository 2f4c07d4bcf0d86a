package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

var guides = []string{"quickstart", "authentication", "idempotency", "errors", "messages", "files", "batches", "explain", "simulator", "channels", "templates", "events", "webhooks", "limits"}

func guideProps(language string) views.GuideProps {
	return views.GuideProps{
		BaseURL: "https://developers.example.com", Style: "/assets/000000000000/docs.css", Language: language,
		Languages: []views.GuideLanguage{{ID: "curl", Name: "cURL"}, {ID: "go", Name: "Go"}},
		Samples:   map[string]string{"send": "curl https://developers.example.com/v1/messages", "retry": "curl --retry 5", "upload": "curl -F file=@nota.pdf", "report": "curl https://developers.example.com/v1/events", "verify": "openssl dgst"},
	}
}

func TestGuides(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		for _, f := range []ui.Frame{uitest.Owner(lang), uitest.Visitor(lang)} {
			uitest.CheckPage(t, uitest.Render(t, f, views.Guides(guideProps("curl"))))
			for _, slug := range guides {
				page, ok := views.Guide(slug, guideProps("go"))
				if !ok {
					t.Fatalf("no guide %s", slug)
				}
				uitest.CheckPage(t, uitest.Render(t, f, page))
			}
		}
		page, _ := views.Guide("quickstart", guideProps("curl"))
		uitest.Page(t, "guide-quickstart."+lang, uitest.Owner(lang), page)
		uitest.Page(t, "guides."+lang, uitest.Visitor(lang), views.Guides(guideProps("curl")))
	})
	if _, ok := views.Guide("nothing", guideProps("curl")); ok {
		t.Error("a guide to what does not exist")
	}
}

// The type of every problem is a link to its place on the page of errors.
func TestEveryCodeHasItsPlace(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		guide, _ := views.Guide("errors", guideProps("curl"))
		page := uitest.Render(t, uitest.Visitor(lang), guide)
		for _, e := range portal.Catalogue {
			if !strings.Contains(page, `<li id="`+string(e.Code)+`">`) || !strings.Contains(page, e.Title.In(lang)) {
				t.Errorf("%s is not on the page", e.Code)
			}
		}
	})
}

func referenceProps(c views.ConsoleProps) views.ReferenceProps {
	return views.ReferenceProps{
		Files: views.ReferenceFiles{
			Styles: []string{"/assets/000000000000/docs.css"}, Bundle: "/assets/000000000000/swagger-ui-bundle.js",
			Script: "/assets/000000000000/reference.js", Modules: []string{"/assets/000000000000/words.js"},
		},
		Groups: []views.ReferenceGroup{{Name: "Messages", About: "Send.", Operations: []views.ReferenceOperation{
			{ID: "sendMessage", Method: "post", Path: "/v1/messages", Summary: "Send a message"},
		}}},
		Console: c, Tester: "+5511900000001", Logs: true,
	}
}

func TestReference(t *testing.T) {
	scopes := []string{portal.ScopeMessagesSend, portal.ScopeLogsRead}
	uitest.Languages(t, func(t *testing.T, lang string) {
		for name, c := range map[string]views.ConsoleProps{
			"nobody": {State: views.ConsoleNobody},
			"ready":  {State: views.ConsoleReady, Account: "Example", Scopes: scopes, From: requestID},
			"live":   {State: views.ConsoleReady, Account: "Example", Scopes: scopes, Live: true},
			"open":   {State: views.ConsoleOpen, Account: "Example", Scopes: scopes, From: requestID, Expires: uitest.Now.Add(15 * time.Minute)},
		} {
			uitest.Page(t, "reference-"+name+"."+lang, uitest.Owner(lang), views.Reference(referenceProps(c)))
		}
		uitest.Page(t, "reference-visitor."+lang, uitest.Visitor(lang), views.Reference(referenceProps(views.ConsoleProps{State: views.ConsoleVisitor})))
	})
}
