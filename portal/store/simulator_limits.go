package store

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// limitsChanged tells the program what the simulated WhatsApp counts from now
// on, as the real one would: the rate of the number, and how many people it may
// write to first. While any number of an account's test environment counts, the
// account keeps those limits there, too, whatever its plan.
func (tx *Tx) limitsChanged(channelID string, l simulator.Limits) error {
	var accountID string
	var environment portal.Environment
	err := tx.Row(`
UPDATE /* SimulatorPhone.Limits */ channels
SET people_limit = ?, throughput = COALESCE(NULLIF(CAST(? AS BIGINT), 0), 80)
WHERE id = ? AND provider = 'simulator'
RETURNING account_id, environment`, []any{l.Portfolio, l.Throughput, channelID}, &accountID, (*string)(&environment))
	if err != nil || environment != portal.Test {
		return err
	}
	counts := false
	err = tx.Rows(`
SELECT /* SimulatorPhone.SettingsOf */ p.settings
FROM simulator_phones p
JOIN channels c ON c.id = p.channel_id
WHERE c.account_id = ? AND c.environment = ? AND c.status <> 'removed'`,
		[]any{accountID, string(environment)}, func(scan func(dest ...any) error) error {
			var text string
			var settings simulator.Settings
			if err := scan(&text); err != nil {
				return err
			}
			err := readSettings(text, &settings)
			counts = counts || settings.Limits != simulator.Limits{}
			return err
		})
	if err != nil {
		return err
	}
	return tx.SetTestLimits(accountID, counts)
}
