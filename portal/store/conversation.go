package store

import "github.com/wppmarketing/developers/portal"

// Conversation returns the thread with the contact, made if there is none.
func (tx *Tx) Conversation(t portal.Tenant, contactID string) (c portal.Conversation, err error) {
	defer portal.Wrap(&err, "Conversation(%s)", contactID)
	c, err = tx.conversationOf(t, contactID)
	if portal.CodeOf(err) != portal.CodeNotFound {
		return c, err
	}
	_, err = tx.Exec(`
INSERT /* Conversation.Create */ INTO conversations (id, account_id, environment, contact_id, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (contact_id) DO NOTHING`,
		portal.NewID(portal.PrefixConversation), t.AccountID, string(t.Environment), contactID, tx.now, tx.now)
	if err != nil {
		return c, err
	}
	return tx.conversationOf(t, contactID)
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
