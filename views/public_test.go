package views_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

const requestID = "req_01M8251CVTF6RTMW8DYW61QG1A"

func TestHome(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "home."+lang, uitest.Visitor(lang), views.Home(views.HomeProps{BaseURL: "https://developers.example.com"}))
	})
}

func TestLogin(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "login."+lang, uitest.Visitor(lang), views.Login(views.LoginProps{}))
		uitest.Page(t, "login-refused."+lang, uitest.Visitor(lang), views.Login(views.LoginProps{
			Email:  "owner@example.test",
			Next:   "/logs?status=4xx&env=test",
			Error:  portal.Words{EN: "E-mail and password do not match. Check both.", PT: "E-mail e senha não conferem. Verifique os dois."},
			Reason: portal.Words{EN: "You were signed out after 12 hours. Sign in to go back to where you were.", PT: "Sua sessão terminou após 12 horas. Entre para voltar de onde parou."},
		}))
	})
}

func TestSetup(t *testing.T) {
	ends := time.Date(2026, 11, 22, 15, 2, 0, 0, time.UTC)
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "setup."+lang, uitest.Visitor(lang), views.Setup(views.SetupProps{Code: "CODE", Lang: lang, Zone: "America/Sao_Paulo", ExpiresAt: &ends}))
		uitest.Page(t, "setup-refused."+lang, uitest.Visitor(lang), views.Setup(views.SetupProps{
			Code: "CODE", Company: "Example", Email: "not an address", Lang: lang, Zone: "Asia/Tokyo",
			Errors: map[string]portal.Words{
				"name":     {EN: "Fill in this field.", PT: "Preencha este campo."},
				"email":    {EN: "This is not an e-mail address.", PT: "Isto não é um endereço de e-mail."},
				"password": {EN: "Use 12 characters or more.", PT: "Use 12 caracteres ou mais."},
			},
		}))
	})
}

func TestErrorPages(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		owner, visitor := uitest.Owner(lang), uitest.Visitor(lang)
		uitest.Page(t, "error-500."+lang, owner, views.Error(views.ErrorProps{Status: 500, RequestID: requestID, Retry: "/overview?env=test"}))
		uitest.Page(t, "error-403."+lang, visitor, views.Error(views.ErrorProps{Status: 403, RequestID: requestID}))
		uitest.Page(t, "not-found."+lang, owner, views.NotFound(views.NotFoundProps{RequestID: requestID, OtherEnvURL: "/messages?env=live"}))
		uitest.Page(t, "not-found-visitor."+lang, visitor, views.NotFound(views.NotFoundProps{RequestID: requestID}))
	})
}

// Every status that a page can fail with has words of its own kind, and none
// says more than it knows.
func TestErrorWords(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 405, 413, 429, 500, 502, 503} {
		page := uitest.Render(t, uitest.Visitor(portal.LangEN), views.Error(views.ErrorProps{Status: status, RequestID: requestID}))
		uitest.CheckPage(t, page)
	}
}
