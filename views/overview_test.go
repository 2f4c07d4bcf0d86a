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

func overviewProps() views.OverviewProps {
	return views.OverviewProps{
		Range: "24h", Now: uitest.Now,
		Requests: ui.BarsProps{Label: "Requests", Bars: []ui.Bar{{Parts: []ui.Part{{Kind: "ok", Value: 90}}}, {Parts: []ui.Part{{Kind: "warn", Value: 10}}}}, Times: []string{"00:00", "now"}},
		Sum:      portal.Minute{OK: 90, Refused: 9, Failed: 1, Latency: portal.Latency{5: 80, 8: 19, 11: 1}},
		Before:   portal.Minute{OK: 50, Latency: portal.Latency{9: 50}},
		Rate:     []float64{99, 98, 97},
		P95:      []float64{12.3, 14},
		Endpoints: []views.EndpointUse{
			{Method: "POST", Path: "/v1/messages", Operation: "sendMessage", Requests: 90, Errors: 9, Latency: portal.Latency{5: 80, 8: 9, 13: 1}, Href: "/logs?path=%2Fv1%2Fmessages"},
			{Operation: "getAccount", Requests: 100, Errors: 2},
			{Requests: 7},
		},
		Messages: map[portal.Status]int64{portal.StatusRead: 17, portal.StatusDelivered: 9, portal.StatusQueued: 2, portal.StatusFailed: 1, portal.StatusReceived: 4},
		Attention: []ui.Attention{
			{Level: "w", Icon: "clock", Title: "Token erp expires", Text: "Never used", Fix: "Rotate", Context: "erp", Href: "/tokens/x/rotate"},
		},
		Modules:  []portal.AccountModule{{Module: portal.Modules[0], Active: true}, {Module: portal.Modules[1]}},
		Limits:   []views.Limit{{Env: portal.Live, Used: 9_600, Most: 10_000}, {Env: portal.Test, Used: 3}},
		PlanRate: 100,
	}
}

func TestOverview(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "overview."+lang, uitest.Owner(lang), views.Overview(overviewProps()))
		uitest.Page(t, "overview-empty."+lang, uitest.Owner(lang), views.Overview(views.OverviewProps{Range: "24h", Now: uitest.Now, Empty: true}))
	})
}

// A figure that was not measured is not drawn as a number.
func TestOverviewInventsNothing(t *testing.T) {
	t.Parallel()
	page := uitest.Render(t, uitest.Owner(portal.LangEN), views.Overview(views.OverviewProps{Range: "1h", Now: uitest.Now}))
	for _, invented := range []string{"0.0<small>%", "100.0<small>%", "0.0<small>ms", "NaN"} {
		if strings.Contains(page, invented) {
			t.Errorf("without calls the page shows %q", invented)
		}
	}
}

func TestGetStarted(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		p := views.GetStartedProps{BaseURL: "https://developers.example.com", Start: &uitest.Now, To: "+5511900000001", Form: views.TokenForm{Name: "first-token"}, Nonce: "NONCE", Recent: true, MayTest: true}
		uitest.Page(t, "get-started-1."+lang, uitest.Owner(lang), views.GetStarted(p))
		token := aToken("k9Qz", "first-token", func(t *portal.Token) { t.CreatedAt = uitest.Now.Add(9 * time.Second) })
		p.Token, p.Secret, p.To, p.Tester = &token, secret, "+5511987654321", true
		uitest.Page(t, "get-started-2."+lang, uitest.Owner(lang), views.GetStarted(p))
		p.Secret, p.Repeated = "", true
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.GetStarted(p)))
		at := uitest.Now.Add(47 * time.Second)
		p.FirstAt, p.FirstID = &at, requestID
		uitest.Page(t, "get-started-3."+lang, uitest.Owner(lang), views.GetStarted(p))
	})
}

func TestSecurity(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "security."+lang, uitest.Owner(lang), views.Security(views.SecurityProps{
			Current: "ses_1",
			Sessions: []portal.Session{
				{ID: "ses_1", IP: "203.0.113.24", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0", CreatedAt: uitest.Now, LastSeenAt: uitest.Now},
				{ID: "ses_2", IP: "198.51.100.60", UserAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1", CreatedAt: uitest.Now, LastSeenAt: uitest.Now},
				{ID: "ses_3", IP: "198.51.100.7", UserAgent: "curl/8.5", CreatedAt: uitest.Now, LastSeenAt: uitest.Now},
			},
			Errors: map[string]portal.Words{"current": {EN: "This is not your password.", PT: "Esta não é a sua senha."}},
		}))
	})
}

func TestAccount(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		p := views.AccountProps{
			Account: portal.Account{ID: "acc_01M8251CHYFNCTM9SN2AAGP3YS", Name: "Example", Status: portal.AccountActive, Plan: portal.PlanStandard, CreatedAt: uitest.Now},
			Form:    views.AccountForm{Name: "Example", Language: portal.LangPT, Zone: "America/Sao_Paulo", Testers: "+55 11 9••••-4321", Departments: "Vendas\nSuporte", OptInRequired: true},
			Limits:  []views.Limit{{Env: portal.Live, Used: 12, Most: 10_000}, {Env: portal.Test, Used: 900, Most: 1_000}},
		}
		uitest.Page(t, "account."+lang, uitest.Owner(lang), views.Account(p))
		reader := auditor(lang)
		uitest.Page(t, "account-read."+lang, reader, views.Account(p))
		if page := uitest.Render(t, reader, views.Account(p)); strings.Contains(page, `action="/account"`) {
			t.Error("who may not change the account sees its form")
		}
		nobody := uitest.Owner(lang)
		nobody.Account, nobody.Accounts, nobody.May = ui.AccountRef{}, nil, nil
		uitest.Page(t, "account-none."+lang, nobody, views.NoAccount())
	})
}
