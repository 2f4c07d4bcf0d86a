package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

// Presenter renders a resource as receivers of webhooks see it, in the words of
// a language: a portal.Message, Contact, ChannelState, Template, Handoff, Token
// or WebhookEndpoint.
type Presenter func(resource any, lang string) (json.RawMessage, error)

// Announcement is something that happened to a resource.
type Announcement struct {
	Tenant   portal.Tenant
	Type     string
	Subject  string
	Sequence int            // 0 = the next of the subject
	Data     map[string]any // resources by their names; nil = null, what is gone
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
	e.Data, err = tx.dataOf(a.Data, lang)
	return e, err
}

// dataOf puts resources into an object, in the order of their names.
func (tx *Tx) dataOf(resources map[string]any, lang string) (data json.RawMessage, err error) {
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		shown := json.RawMessage("null")
		if resource := resources[name]; resource != nil {
			if shown, err = tx.present(resource, lang); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		if data, err = jsontext.AppendQuote(append(data, ','), name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		data = append(append(data, ':'), shown...)
	}
	if len(data) == 0 {
		return json.RawMessage("{}"), nil
	}
	data[0] = '{'
	return append(data, '}'), nil
}

// wordsOf returns the language of the account. Only why a message failed is told
// in words; all else need not wait for it.
func (tx *Tx) wordsOf(a Announcement) (string, error) {
	if m, ok := a.Data["message"].(portal.Message); !ok || m.Failure == nil {
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

// announceConsent tells that a person does not want messages any more, or no
// marketing, or agreed to them. A change that does both, or that leaves open
// what the person wants, is an opt-out or nothing.
func (tx *Tx) announceConsent(before, after portal.Consent, contact portal.Contact) error {
	kind := consentEvent(before, after)
	if kind == "" || tx.present == nil {
		return nil
	}
	t := portal.Tenant{AccountID: contact.AccountID, Environment: contact.Environment}
	c, err := tx.ContactByRef(t, contact.ID)
	if err != nil {
		return err
	}
	_, err = tx.Announce(Announcement{Tenant: t, Type: kind, Subject: c.ID, Data: map[string]any{"contact": c}})
	return err
}

func consentEvent(before, after portal.Consent) string {
	became := func(state string) bool {
		return before.Status != state && after.Status == state || before.Marketing != state && after.Marketing == state
	}
	switch {
	case became(portal.OptedOut):
		return portal.EventContactOptedOut
	case became(portal.OptedIn):
		return portal.EventContactOptedIn
	}
	return ""
}

// channelEvents are the events of what can happen to a channel; all else is
// told to nobody.
var channelEvents = map[string]string{
	portal.ChannelConnected: portal.EventChannelConnected,
	portal.ChannelResumed:   portal.EventChannelConnected,
	portal.ChannelLoggedOut: portal.EventChannelLoggedOut,
	portal.ChannelBlocked:   portal.EventChannelBlocked,
}

// announceChannel tells what became of a channel, which is c from now on.
func (tx *Tx) announceChannel(c portal.Channel, kind string) error {
	event, told := channelEvents[kind]
	if !told || tx.present == nil {
		return nil
	}
	state := portal.ChannelState{Channel: c}
	var err error
	if state.Waiting, err = tx.WaitingBehind(c.Tenant(), c.ID); err != nil {
		return err
	}
	if state.People, _, err = tx.PeopleCounted(c.WABA, tx.now.Add(-portal.PeopleDay)); err != nil {
		return err
	}
	_, err = tx.Announce(Announcement{Tenant: c.Tenant(), Type: event, Subject: c.ID, Data: map[string]any{"channel": state}})
	return err
}

// AnnounceTemplate tells that status, category or quality of a template changed.
func (tx *Tx) AnnounceTemplate(t portal.Template) error {
	_, err := tx.Announce(Announcement{Tenant: t.Tenant(), Type: portal.EventTemplateUpdated, Subject: t.ID, Data: map[string]any{"template": t}})
	return err
}

// announceHandoff tells what became of a handoff. The contact is null when the
// person was erased.
func (tx *Tx) announceHandoff(t portal.Tenant, id, event string) error {
	if tx.present == nil {
		return nil
	}
	h, err := tx.Handoff(t, id)
	if err != nil {
		return err
	}
	data := map[string]any{"handoff": h, "contact": nil}
	c, err := tx.ContactByRef(t, h.ContactID)
	if err == nil {
		data["contact"] = c
	} else if portal.CodeOf(err) != portal.CodeNotFound {
		return err
	}
	_, err = tx.Announce(Announcement{Tenant: t, Type: event, Subject: id, Data: data})
	return err
}
