package main

import (
	"context"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/messaging"
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

// wishes sends what automations want by the rules of every message.
func wishes(m *messaging.Service) events.Send {
	return func(tx *store.Tx, c portal.Caller, w events.Wish) (portal.Message, error) {
		return m.AcceptTx(tx, c, "", wished(w))
	}
}

// checksOf says what stands against what an automation wants to send.
func checksOf(m *messaging.Service) events.Check {
	return func(ctx context.Context, c portal.Caller, w events.Wish) ([]portal.Check, error) {
		v, err := m.Validate(ctx, c, wished(w))
		return v.Checks, err
	}
}

func wished(w events.Wish) messaging.Draft {
	return messaging.Draft{
		To: w.ContactID, From: w.ChannelID, Type: portal.TypeTemplate, Reference: w.Reference,
		Template: &messaging.TemplateRef{Name: w.Template, Language: w.Language, Parameters: w.Parameters},
	}
}
