package store

import (
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

// EraseContact forgets a person (LGPD): the contact with its tags, attributes
// and windows, the content of its messages and events and the words of its handoffs are
// gone, also from what webhooks told of them, numbers are masked and WhatsApp's
// ids, which hold them, removed. Our ids
// and statuses stay, except that messages not yet
// sent are canceled and an open handoff is resolved. An opt-out stays as a keyed
// hash. It returns not_found when the contact does not exist.
func (tx *Tx) EraseContact(t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "EraseContact(%s)", id)
	if err := tx.LockContact(t, id); err != nil {
		return err
	}
	c, err := tx.contactWhere(t, "Contact.ToErase", "c.id = ?", id)
	if err != nil {
		return err
	}
	if err := tx.KeepOptOut(c); err != nil {
		return err
	}
	if err := tx.eraseMessages(c); err != nil {
		return err
	}
	resolved, err := tx.eraseHandoffs(c)
	if err != nil {
		return err
	}
	if err := tx.eraseEvents(c); err != nil {
		return err
	}
	if err := tx.forgetSimulated(c); err != nil {
		return err
	}
	if err := tx.forgetImported(c); err != nil {
		return err
	}
	if err := tx.eraseMedia(c); err != nil {
		return err
	}
	for _, table := range []string{"contact_tags", "contact_attributes", "windows", "consent_changes"} {
		if err := tx.deleteOfContact(table, c); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`
DELETE /* Contact.Delete */ FROM contacts
WHERE id = ?
AND account_id = ?
AND environment = ?`, c.ID, c.AccountID, string(c.Environment))
	if err != nil {
		return err
	}
	for _, handoff := range resolved {
		if err := tx.announceHandoff(t, handoff, portal.EventHandoffResolved); err != nil {
			return err
		}
	}
	return tx.eraseTold(c)
}

// EraseLate erases the messages of a contact that is gone: on PostgreSQL another
// node may have accepted one while the person was being erased.
func (tx *Tx) EraseLate(t portal.Tenant, contactID string) (err error) {
	defer portal.Wrap(&err, "EraseLate(%s)", contactID)
	c := portal.Contact{ID: contactID, AccountID: t.AccountID, Environment: t.Environment}
	if err := tx.eraseMessages(c); err != nil {
		return err
	}
	return tx.eraseTold(c)
}

// messagesOf returns the arguments of ofContact.
func messagesOf(c portal.Contact) []any {
	return contactArgs(portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}, c.ID)
}

func (tx *Tx) eraseMessages(c portal.Contact) error {
	its := messagesOf(c)
	canceled, err := tx.cancelMessages(its)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Contact.EraseMessages */ messages
SET content = NULL, fallback = NULL, wa_id = '', provider_message_id = '', updated_at = ?
WHERE `+ofContact, append([]any{tx.now}, its...)...)
	if err != nil {
		return err
	}
	if err := tx.eraseAnswers(c); err != nil {
		return err
	}
	if err := tx.maskMessages(c, "to_phone", portal.Outbound); err != nil {
		return err
	}
	if err := tx.maskMessages(c, "from_phone", portal.Inbound); err != nil {
		return err
	}
	for _, id := range canceled {
		m, err := tx.Message(portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}, id)
		if err != nil {
			return err
		}
		m.Announced = m.Sequence - 1
		if err := tx.announceMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// cancelMessages ends what was not begun to be sent to the contact and returns
// the ids.
func (tx *Tx) cancelMessages(its []any) (ids []string, err error) {
	err = tx.Rows(`
UPDATE /* Contact.CancelMessages */ messages
SET status = 'canceled', sequence = sequence + 1, due_at = NULL, lease_until = NULL
WHERE `+ofContact+`
AND status IN ('scheduled', 'queued')
AND (lease_until IS NULL OR lease_until < ?)
RETURNING id`, append(slices.Clip(its), tx.now), func(scan func(dest ...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// eraseAnswers empties the answers that were kept for repeats of calls about the
// person and the messages. The keys stay taken, so that a repeat does nothing.
func (tx *Tx) eraseAnswers(c portal.Contact) error {
	its := messagesOf(c)
	_, err := tx.Exec(`
UPDATE /* Contact.EraseAnswers */ idempotency_keys
SET body = ?
WHERE account_id = ?
AND environment = ?
AND (contact_id = ? OR message_id <> '' AND message_id IN (SELECT id FROM messages WHERE `+ofContact+`))`,
		append([]any{[]byte{}, c.AccountID, string(c.Environment), c.ID}, its...)...)
	if err != nil {
		return err
	}
	return tx.eraseKeptLines(c)
}

// maskMessages masks the person's numbers in a column of the messages of one
// direction. A person whose number changed has several.
func (tx *Tx) maskMessages(c portal.Contact, column, direction string) error {
	var numbers []string
	its := messagesOf(c)
	err := tx.Rows(`
SELECT /* Contact.Numbers */ DISTINCT `+column+`
FROM messages
WHERE `+ofContact+`
AND direction = ?`, append(slices.Clip(its), direction), func(scan func(dest ...any) error) error {
		var number string
		err := scan(&number)
		numbers = append(numbers, number)
		return err
	})
	if err != nil {
		return err
	}
	for _, number := range numbers {
		_, err := tx.Exec(`
UPDATE /* Contact.MaskNumber */ messages
SET `+column+` = ?
WHERE `+ofContact+`
AND direction = ?
AND `+column+` = ?`, append(append([]any{phone.Mask(number)}, its...), direction, number)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseHandoffs resolves the open handoff of the contact, whose id it returns,
// and empties the words of all of them.
func (tx *Tx) eraseHandoffs(c portal.Contact) (resolved []string, err error) {
	err = tx.Rows(`
UPDATE /* Contact.ResolveHandoff */ handoffs
SET status = 'resolved', outcome = 'other', resolved_at = ?
WHERE contact_id = ?
AND account_id = ?
AND environment = ?
AND status <> 'resolved'
RETURNING id`, []any{tx.now, c.ID, c.AccountID, string(c.Environment)}, func(scan func(dest ...any) error) error {
		var id string
		err := scan(&id)
		resolved = append(resolved, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(`
DELETE /* Contact.EraseNotes */ FROM handoff_notes
WHERE account_id = ?
AND environment = ?
AND handoff_id IN (SELECT id FROM handoffs WHERE contact_id = ?)`, c.AccountID, string(c.Environment), c.ID)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(`
UPDATE /* Contact.EraseHandoffs */ handoffs
SET reason = '', note = '', resolution_note = ''
WHERE contact_id = ?
AND account_id = ?
AND environment = ?`, c.ID, c.AccountID, string(c.Environment))
	return resolved, err
}
