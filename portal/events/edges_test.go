package events_test

import (
	"sync"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// TestAutomationsAtOnce: the limit holds for forms that are sent at the same time.
func TestAutomationsAtOnce(t *testing.T) {
	onShops(t, func(s shop) {
		s.tx(func(tx *store.Tx) error {
			for range 98 {
				err := tx.InsertAutomation(portal.Automation{
					ID: portal.NewID(portal.PrefixAutomation), AccountID: s.caller.AccountID, Environment: s.caller.Environment, Name: "x", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { _, _ = s.service.Create(s.Context(), s.caller, "y", "") })
		}
		all.Wait()
		if n, err := s.store.Reader(s.Context()).CountAutomations(s.caller.Tenant); err != nil || n != 100 {
			t.Errorf("%d automations, %v", n, err)
		}
	})
}
