package store

import "github.com/wppmarketing/developers/portal"

// Conversation returns the thread with the contact, made if there is none.
func (tx *Tx) Conversation(t portal.Tenant, contactID string) (c portal.Conversation, err error) {
	defer portal.Wrap(&err, "Conversation(%s)", contactID)
	c, err = tx.conversationOf(t, contactID)
	if portal.CodeOf(err) != portal.CodeNotFound {
		return c, err
	}
	return tx.beginConversation(t, contactID)
}

// beginConversation makes the thread with a contact that most likely has none:
// another node may have made it a moment ago.
func (tx *Tx) beginConversation(t portal.Tenant, contactID string) (c portal.Conversation, err error) {
	c = portal.Conversation{
		ID: portal.NewID(portal.PrefixConversation), AccountID: t.AccountID, Environment: t.Environment, ContactID: contactID, CreatedAt: tx.now, UpdatedAt: tx.now,
	}
	n, err := tx.Exec(`
INSERT /* Conversation.Create */ INTO conversations (id, account_id, environment, contact_id, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (contact_id) DO NOTHING`,
		c.ID, c.AccountID, string(c.Environment), c.ContactID, c.CreatedAt, c.UpdatedAt)
	if err != nil || n == 1 {
		return c, err
	}
	return tx.conversationOf(t, contactID)
}

// NewConversation is Conversation for a contact that was created a moment ago.
func (tx *Tx) NewConversation(t portal.Tenant, contactID string) (c portal.Conversation, err error) {
	defer portal.Wrap(&err, "NewConversation(%s)", contactID)
	return tx.beginConversation(t, contactID)
}

func (r Reader) conversationOf(t portal.Tenant, contactID string) (c portal.Conversation, err error) {
	err = r.Row(`
SELECT /* Conversation.OfContact */ id, account_id, environment, contact_id, created_at, updated_at
FROM conversations
WHERE contact_id = ?
AND account_id = ?
AND environment = ?`, []any{contactID, t.AccountID, string(t.Environment)},
		&c.ID, &c.AccountID, (*string)(&c.Environment), &c.ContactID, &c.CreatedAt, &c.UpdatedAt)
	return c, err
}
