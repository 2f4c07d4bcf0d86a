package events

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// decide chooses the automations that answer the event, which is about c, and
// writes its outcome into it. An event whose reason is given already starts none.
func (s *Service) decide(_ *store.Tx, e *portal.Event, _ portal.Contact) ([]portal.Run, error) {
	e.Outcome = portal.EventNone
	if e.Reason == "" {
		e.Reason = portal.ReasonNoAutomation
	}
	return nil, nil
}

// runs returns what automations made of the event, in the order of its decision.
func (s *Service) runs(store.Reader, portal.Event) ([]portal.Run, error) { return nil, nil }
