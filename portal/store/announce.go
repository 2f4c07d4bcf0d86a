package store

import (
	"encoding/json"
	"fmt"

	"github.com/wppmarketing/developers/portal"
)

// Presenter renders a resource as receivers of webhooks see it, in the words of
// a language: a portal.Message, Contact, Channel, Template, Handoff, Token or
// WebhookEndpoint.
type Presenter func(resource any, lang string) (json.RawMessage, error)

// Announcement is something that happened to a resource.
type Announcement struct {
	Tenant   portal.Tenant
	Type     string
	Subject  string
	Sequence int            // 0 = the next of the subject
	Data     map[string]any // resources by their names
}

// Announce publishes an event with the resources as they now are and returns its
// id. Without a presenter nobody is told.
func (tx *Tx) Announce(a Announcement) (id string, err error) {
	if tx.present == nil {
		return "", nil
	}
	defer portal.Wrap(&err, "Announce(%s)", a.Type)
	e, err := tx.Render(a)
	if err != nil {
		return "", err
	}
	return tx.Publish(e)
}

// Render returns the event that Announce would publish, without an id; without a
// presenter it has no data.
func (tx *Tx) Render(a Announcement) (e portal.WebhookEvent, err error) {
	e = portal.WebhookEvent{
		AccountID: a.Tenant.AccountID, Environment: a.Tenant.Environment, Type: a.Type,
		Subject: a.Subject, Sequence: a.Sequence, At: tx.now, Data: json.RawMessage("{}"),
	}
	if tx.present == nil {
		return e, nil
	}
	lang, err := tx.wordsOf(a)
	if err != nil {
		return e, err
	}
	data := make(map[string]json.RawMessage, len(a.Data))
	for name, resource := range a.Data {
		if data[name], err = tx.present(resource, lang); err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
	}
	e.Data, err = json.Marshal(data)
	return e, err
}

// wordsOf returns the language of the account. Most messages say nothing in
// words, and need not wait for it.
func (tx *Tx) wordsOf(a Announcement) (string, error) {
	if m, ok := a.Data["message"].(portal.Message); ok && m.Failure == nil {
		return portal.LangEN, nil
	}
	account, err := tx.Account(a.Tenant.AccountID)
	return account.Language, err
}

// announceMessage tells what receivers do not know of a message yet. A message
// that was scheduled and ended before it was sent was queued in between.
func (tx *Tx) announceMessage(m portal.Message) error {
	if tx.present == nil {
		return nil
	}
	for n := m.Announced + 1; n <= m.Sequence; n++ {
		now := m
		if now.Sequence = n; n < m.Sequence {
			now.Status, now.Failure = portal.StatusQueued, nil
		}
		a := Announcement{
			Tenant: m.Tenant(), Type: "message." + string(now.Status), Subject: m.ID, Sequence: n, Data: map[string]any{"message": now},
		}
		if m.Direction == portal.Inbound {
			contact, err := tx.ContactByRef(m.Tenant(), m.ContactID)
			if err != nil {
				return err
			}
			a.Data["contact"] = contact
		}
		if _, err := tx.Announce(a); err != nil {
			return err
		}
	}
	return nil
}
