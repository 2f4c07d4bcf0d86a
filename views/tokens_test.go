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

const secret = "wpp_test_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPL"

// aToken is a token as the pages of this file show it, with a number to tell it by.
func aToken(last4, name string, change ...func(*portal.Token)) portal.Token {
	used, end := uitest.Now.Add(-12*time.Minute), uitest.Now.AddDate(0, 0, 110)
	t := portal.Token{
		ID: "tok_01M8251CVTF6RTMW8DYW61" + last4, AccountID: "acc_01M8251CHYFNCTM9SN2AAGP3YS", Environment: portal.Test,
		Name: name, Prefix: "wpp_test_", Last4: last4, Scopes: []string{portal.ScopeMessagesSend, portal.ScopeMessagesRead},
		CreatedAt: uitest.Now.AddDate(0, -8, 0), ExpiresAt: &end, LastUsedAt: &used, LastUsedIP: "203.0.113.24",
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

// auditor is a reader who may read tokens and not write them.
func auditor(lang string) ui.Frame {
	f := uitest.Owner(lang)
	f.May = map[portal.Permission]bool{}
	for _, p := range portal.RoleAuditor.Permissions() {
		f.May[p] = true
	}
	return f
}

func tokenRows() []views.TokenRow {
	soon, overlap, gone := uitest.Now.AddDate(0, 0, 3), uitest.Now.Add(20*time.Hour), uitest.Now.Add(-time.Hour)
	return []views.TokenRow{
		{Token: aToken("k9Qz", "erp"), Requests: 172_940, Use: []float64{9, 12, 8, 14}},
		{Token: aToken("aa0T", "erp-legado", func(t *portal.Token) { t.ExpiresAt = &soon })},
		{Token: aToken("Zp4h", "campanha", func(t *portal.Token) {
			t.ExpiresAt, t.RevokedAt, t.LastUsedAt, t.Scopes = nil, &overlap, nil, portal.UsedScopes
		})},
		{Token: aToken("Qm2x", "antigo", func(t *portal.Token) { t.RevokedAt = &gone })},
	}
}

func TestTokens(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		list := views.TokensProps{Part: "active", Counts: views.TokenCounts{Active: 4, Expiring: 1, Revoked: 11}, Rows: tokenRows(), Now: uitest.Now, Older: "/tokens?before=x"}
		uitest.Page(t, "tokens."+lang, uitest.Owner(lang), views.Tokens(list))
		for _, part := range []string{"active", "expiring", "revoked"} {
			uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Tokens(views.TokensProps{Part: part, Now: uitest.Now})))
		}
		made := list.Rows[0].Token
		list.Reveal = &views.RevealedToken{Token: made, Secret: secret, Command: "curl https://developers.example.com/v1/account \\\n  -H \"Authorization: Bearer $WPP_TOKEN\""}
		uitest.Page(t, "tokens-reveal."+lang, uitest.Owner(lang), views.Tokens(list))
		list.Reveal, list.Repeated = nil, &made
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Tokens(list)))
	})
}

// The secret stands once in the page: as text, in no attribute.
func TestSecretStandsOnce(t *testing.T) {
	t.Parallel()
	page := uitest.Render(t, uitest.Owner(portal.LangEN), views.Tokens(views.TokensProps{
		Part: "active", Rows: tokenRows(), Now: uitest.Now,
		Reveal: &views.RevealedToken{Token: tokenRows()[0].Token, Secret: secret, Command: "curl"},
	}))
	if n := strings.Count(page, secret); n != 1 || !strings.Contains(page, ">"+secret+"<") {
		t.Errorf("the secret stands %d times in the list, want once as text", n)
	}
	token := tokenRows()[0].Token
	page = uitest.Render(t, uitest.Owner(portal.LangEN), views.GetStarted(views.GetStartedProps{BaseURL: "https://developers.example.com", To: "+5511900000001", Token: &token, Secret: secret}))
	if n := strings.Count(page, secret); n != 1 || strings.Contains(page, `"`+secret) {
		t.Errorf("the secret stands %d times in get-started, want once as text", n)
	}
}

// Who may not write tokens sees no control that would.
func TestTokensOfAuditor(t *testing.T) {
	t.Parallel()
	list := uitest.Render(t, auditor(portal.LangEN), views.Tokens(views.TokensProps{Part: "active", Rows: tokenRows(), Now: uitest.Now}))
	one := uitest.Render(t, auditor(portal.LangEN), views.Token(tokenProps()))
	start := uitest.Render(t, auditor(portal.LangEN), views.GetStarted(views.GetStartedProps{BaseURL: "https://developers.example.com"}))
	for name, page := range map[string]string{"list": list, "token": one, "get-started": start} {
		uitest.CheckPage(t, page)
		for _, no := range []string{`action="/tokens`, `action="/get-started`, "/tokens/new", "/rotate", "/revoke", `type="checkbox" name="id"`} {
			if strings.Contains(page, no) {
				t.Errorf("%s: an auditor sees %s", name, no)
			}
		}
	}
}

func TestTokenNew(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		f := uitest.Owner(lang)
		f.URL = "/tokens/new?env=test"
		end := uitest.Now.AddDate(0, 0, 90)
		uitest.Page(t, "token-new."+lang, f, views.TokenNew(views.TokenNewProps{
			Form: views.TokenForm{Name: "loja-nova", Scopes: []string{portal.ScopeMessagesRead, portal.ScopeMessagesSend, portal.ScopeContactsWrite}, Expiry: "90", IPs: "203.0.113.0/28", Rate: "20"},
			Env:  portal.Test, Nonce: "NONCE", Recent: true, PlanRate: 100, Now: uitest.Now, ExpiresAt: &end,
		}))
		uitest.Page(t, "token-new-refused."+lang, f, views.TokenNew(views.TokenNewProps{
			Form: views.TokenForm{Expiry: views.ExpiryNever, Scopes: []string{portal.ScopeEventsRead}, Errors: map[string]portal.Words{
				"name":     {EN: "Fill in this field.", PT: "Preencha este campo."},
				"scopes":   {EN: "This value is not possible here.", PT: "Este valor não é possível aqui."},
				"password": {EN: "This is not your password.", PT: "Esta não é a sua senha."},
			}},
			Env: portal.Live, Nonce: "NONCE", Now: uitest.Now,
		}))
	})
}

func tokenProps() views.TokenProps {
	token, took := aToken("k9Qz", "erp", func(t *portal.Token) { t.AllowedIPs, t.RateLimit = []string{"203.0.113.0/28"}, 20 }), 38*time.Millisecond
	last := uitest.Now.Add(-time.Minute)
	return views.TokenProps{
		Token: token, State: portal.TokenActive, Now: uitest.Now, OK: 90, Refused: 9, Failed: 1, Last24h: 24_806, PlanRate: 100,
		Days:      ui.BarsProps{Label: "Requests", Bars: []ui.Bar{{Parts: []ui.Part{{Kind: "ok", Value: 90}, {Kind: "err", Value: 1}}}}, Times: []string{"1 Nov", "now"}},
		Endpoints: []views.EndpointUse{{Method: "POST", Path: "/v1/messages", Operation: "sendMessage", Requests: 90}, {Requests: 10}},
		Latest:    []portal.Request{{ID: "req_01M8251CVTF6RTMW8DYW61QG1A", At: uitest.Now, Method: "POST", Path: "/v1/messages", Status: 422, Duration: &took}},
		History: []portal.Audit{
			{Action: "token.rotated", At: uitest.Now, Actor: portal.Actor{Name: "Owner"}, Details: []byte(`{"overlap_seconds":86400}`)},
			{Action: "token.updated", At: uitest.Now.AddDate(0, 0, -1), Actor: portal.Actor{Name: "Owner"}, Details: []byte(`{"scopes":["contacts:write"]}`)},
			{Action: "token.created", At: uitest.Now.AddDate(0, -8, 0)},
		},
		Form:     views.TokenForm{Name: token.Name, Scopes: token.Scopes, Expiry: views.ExpiryKeep, IPs: "203.0.113.0/28", Rate: "20"},
		Rotation: &views.RotationUse{Old: aToken("p3Lm", "erp"), Minutes5: 486, LastAt: &last, EndsAt: uitest.Now.Add(20 * time.Hour)},
	}
}

func TestToken(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		p := tokenProps()
		uitest.Page(t, "token."+lang, uitest.Owner(lang), views.Token(p))
		p.State, p.Latest, p.Endpoints, p.Rotation = portal.TokenRevoked, nil, nil, nil
		uitest.Page(t, "token-ended."+lang, uitest.Owner(lang), views.Token(p))
	})
}

func TestRotateAndRevoke(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		token := aToken("k9Qz", "erp")
		uitest.Page(t, "rotate."+lang, uitest.Owner(lang), views.Rotate(views.RotateProps{Token: token, Overlap: "24h", Nonce: "NONCE", Use: views.RotationUse{Old: token, Minutes5: 12}}))
		uitest.Page(t, "revoke."+lang, uitest.Owner(lang), views.Revoke(views.RevokeProps{Token: token, Last24h: 31_204}))
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Revoke(views.RevokeProps{Token: token, Errors: map[string]portal.Words{"confirm": {EN: "No.", PT: "Não."}}})))
	})
}
