package main

import (
	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/store"
)

// customers makes or changes the contact that an event is about by the rules of
// every contact.
func customers(s *contacts.Service) func(*store.Tx, portal.Caller, events.Customer) (portal.Contact, error) {
	return func(tx *store.Tx, c portal.Caller, who events.Customer) (portal.Contact, error) {
		contact, _, _, err := s.UpsertTx(tx, c, contacts.Upsert{
			ExternalID: contacts.Optional[string](who.ExternalID), Phone: contacts.Optional[string](who.Phone), Name: contacts.Optional[string](who.Name),
			Email: contacts.Optional[string](who.Email), Country: contacts.Optional[string](who.Country), OptIn: contacts.Optional[portal.ConsentChange](who.OptIn),
			Source: portal.SourceEvent,
		})
		return contact, err
	}
}
