package messaging

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Provision gives a new account what it needs to send: a simulated number as
// the default channel of test, and of live while that is simulated too, and there
// the templates that every simulated business account starts with.
func (s *Service) Provision(tx *store.Tx, a portal.Account) (err error) {
	defer portal.Wrap(&err, "Provision(%s)", a.ID)
	for _, env := range []portal.Environment{portal.Test, portal.Live} {
		t := portal.Tenant{AccountID: a.ID, Environment: env}
		if s.Provider(env) == portal.ProviderSimulator {
			if err := s.addSimulatedChannel(tx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// simulatedNumbers are the numbers that simulated channels show; nobody has them.
var simulatedNumbers = map[portal.Environment]string{
	portal.Test: "+551140028922",
	portal.Live: "+551140028933",
}

func (s *Service) addSimulatedChannel(tx *store.Tx, t portal.Tenant) error {
	c, secrets := portal.NewSimulatedChannel(t, "Simulator", simulatedNumbers[t.Environment], tx.Now())
	c.Default = true
	sealed, err := s.store.SealChannel(c.ID, secrets)
	if err != nil {
		return err
	}
	if err := tx.InsertChannel(c, sealed); err != nil {
		return err
	}
	return tx.SeedTemplates(t, c.WABA)
}
