package views_test

import (
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

func moduleRows() (rows []portal.AccountModule) {
	for i, m := range portal.Modules {
		rows = append(rows, portal.AccountModule{Module: m, Active: i != 2, UsedThisMonth: int64(4210 - i*2000)})
	}
	rows[0].MessagesPerDay, rows[2].Reason = 500, "staff"
	return rows
}

func TestModules(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		var rows []views.ModuleRow
		for _, m := range moduleRows() {
			rows = append(rows, views.ModuleRow{AccountModule: m, Operations: []string{"a", "b"}})
		}
		uitest.Page(t, "modules."+lang, uitest.Owner(lang), views.Modules(views.ModulesProps{Rows: rows, JSON: []byte(`{"data":[],"next":null}`)}))
	})
}

// staffFrame is a reader of the platform's own people who belongs to no account.
func staffFrame(lang string) ui.Frame {
	f := uitest.Owner(lang)
	f.Staff, f.Account, f.Accounts, f.May = true, ui.AccountRef{}, nil, nil
	return f
}

func adminRow() views.AdminAccountRow {
	return views.AdminAccountRow{
		Account: portal.Account{
			ID: "acc_01M8251CHYFNCTM9SN2AAGP3YS", Name: "Loja Exemplo", Status: portal.AccountActive, Plan: portal.PlanStandard,
			Language: portal.LangPT, Timezone: "America/Sao_Paulo", Country: "BR", CreatedAt: ago(100 * time.Hour),
		},
		Requests: 48219, Refused: 815,
	}
}

func TestAdminAccounts(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		idle, broken, calm := adminRow(), adminRow(), adminRow()
		idle.ID, idle.Requests, idle.Status = "acc_01M8251CHYFNCTM9SN2AAGP3YT", 0, portal.AccountSuspended
		broken.ID, broken.Refused = "acc_01M8251CHYFNCTM9SN2AAGP3YV", 9000
		calm.ID, calm.Refused = "acc_01M8251CHYFNCTM9SN2AAGP3YW", 10
		uitest.Page(t, "admin-accounts."+lang, staffFrame(lang), views.AdminAccounts(views.AdminAccountsProps{
			Rows: []views.AdminAccountRow{adminRow(), idle, broken, calm}, Now: uitest.Now, Older: idle.ID,
		}))
		uitest.Page(t, "admin-account-new."+lang, staffFrame(lang), views.AdminAccountNew(views.AdminAccountNewProps{
			Name: "Loja", Email: "x", Plan: "unlimited", Errors: map[string]portal.Words{"email": {EN: "Not an address.", PT: "Não é um endereço."}},
		}))
	})
}

func TestAdminAccount(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "admin-account."+lang, staffFrame(lang), views.AdminAccount(views.AdminAccountProps{AdminAccountRow: adminRow(), Modules: moduleRows()}))
		refused := views.AdminAccountProps{
			AdminAccountRow: adminRow(), Modules: moduleRows(), Module: portal.ModuleMessages,
			Errors: map[string]portal.Words{"messages_per_day": {EN: "Out of range.", PT: "Fora do intervalo."}},
		}
		refused.Status = portal.AccountSuspended
		uitest.Page(t, "admin-account-refused."+lang, staffFrame(lang), views.AdminAccount(refused))
	})
}
