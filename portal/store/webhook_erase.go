package store

import (
	"encoding/json"
	"fmt"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

// eraseTold takes the person out of the events that told of the contact, its
// messages and its handoffs. They keep their ids, types and sequences.
func (tx *Tx) eraseTold(c portal.Contact) error {
	told := map[string]string{}
	for _, where := range []struct {
		sql  string
		args []any
	}{
		{"substr(type, 1, 8) = 'message.' AND subject IN (SELECT id FROM messages WHERE " + ofContact + ")", messagesOf(c)},
		{"substr(type, 1, 8) <> 'message.' AND subject = ?", []any{c.ID}},
		{"substr(type, 1, 8) <> 'message.' AND subject IN (SELECT id FROM handoffs WHERE contact_id = ?)", []any{c.ID}},
	} {
		err := tx.Rows(`
SELECT /* WebhookEvent.OfContact */ id, data
FROM webhook_events
WHERE `+where.sql, where.args, func(scan func(dest ...any) error) error {
			var id, data string
			err := scan(&id, &data)
			told[id] = data
			return err
		})
		if err != nil {
			return err
		}
	}
	for id, data := range told {
		left, err := withoutPerson(data)
		if err != nil {
			return fmt.Errorf("event %s: %w", id, err)
		}
		if err := tx.Post(`
UPDATE /* WebhookEvent.Erase */ webhook_events
SET data = ?
WHERE id = ? AND account_id = ? AND environment = ?`, left, id, c.AccountID, string(c.Environment)); err != nil {
			return err
		}
	}
	return nil
}

// personal are the fields of a message and of a handoff that hold what a person is or said.
var personal = map[string][]string{
	"message": {"wa_id", "contact_external_id", "provider_message_id"},
	"handoff": {"contact_external_id", "note", "resolution"},
}

// withoutPerson returns the data of an event as an erasure leaves it: contact is
// null, numbers are masked, and contents are gone.
func withoutPerson(data string) (string, error) {
	var resources map[string]map[string]any
	if err := json.Unmarshal([]byte(data), &resources); err != nil {
		return "", err
	}
	for name, resource := range resources {
		if name == "contact" {
			resources[name] = nil
			continue
		}
		for _, field := range personal[name] {
			if _, there := resource[field]; there {
				resource[field] = nil
			}
		}
		if name == "handoff" {
			resource["reason"] = ""
		}
		if kind, _ := resource["type"].(string); name == "message" && resource[kind] != nil {
			resource[kind] = nil // the content of an inbound one
		}
		side := "to"
		if resource["direction"] == portal.Inbound {
			side = "from"
		}
		if number, _ := resource[side].(string); name == "message" && number != "" {
			resource[side] = phone.Mask(number)
		}
	}
	left, err := json.Marshal(resources)
	return string(left), err
}
