package api

import (
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// TestConfigurationTellsTheQuietHours of the account's automations.
func TestConfigurationTellsTheQuietHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.account(portal.PlanStandard)
	secret := w.token(account, portal.Test)
	for kept, want := range map[string]string{"": `"quiet_hours":null`, "22:00-07:30": `"quiet_hours":{"from":"22:00","to":"07:30"}`} {
		w.tx(func(tx *store.Tx) error { return tx.SetQuietHours(account.ID, kept) })
		answer := w.do(ask{method: "GET", path: "/v1/configuration", token: secret}).want(200, "")
		if !strings.Contains(string(answer.body), want) {
			t.Errorf("with %q: %s", kept, answer.body)
		}
	}
}
