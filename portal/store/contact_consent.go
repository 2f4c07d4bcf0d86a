package store

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/wppmarketing/developers/portal"
)

// SetConsent changes the contact's consent by the rules of portal.Consent.Apply.
// kept is true when an opt-out was to be lifted and was not. It returns
// not_found when the contact does not exist.
func (tx *Tx) SetConsent(t portal.Tenant, contactID string, ch portal.ConsentChange) (after portal.Consent, kept bool, err error) {
	defer portal.Wrap(&err, "SetConsent(%s)", contactID)
	if err := tx.LockContact(t, contactID); err != nil {
		return after, false, err
	}
	c, err := tx.contactWhere(t, "Contact.Consent", "c.id = ?", contactID)
	if err != nil {
		return after, false, err
	}
	before := c.OptIn
	c.OptIn, kept = before.Apply(ch, tx.now)
	if kept || c.OptIn == before {
		return c.OptIn, kept, nil
	}
	return c.OptIn, false, tx.writeConsent(c, before, ch.By)
}

// writeConsent writes the contact's consent, a row of its history, and tells of
// what became of it.
func (tx *Tx) writeConsent(c portal.Contact, before portal.Consent, by portal.Actor) error {
	err := tx.Post(`
INSERT /* Contact.ConsentChange */ INTO consent_changes (id, account_id, environment, contact_id, at,
  status, marketing, source, given_at, evidence, actor_kind, actor_id, actor_name)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		portal.NewID(portal.PrefixConsent), c.AccountID, string(c.Environment), c.ID, tx.now,
		c.OptIn.Status, c.OptIn.Marketing, c.OptIn.Source, c.OptIn.At, c.OptIn.Evidence, by.Kind, by.ID, by.Name)
	if err != nil {
		return err
	}
	err = tx.Post(`
UPDATE /* Contact.SetConsent */ contacts
SET opt_status = ?, opt_marketing = ?, opt_source = ?, opt_at = ?, opt_evidence = ?, updated_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?`,
		c.OptIn.Status, c.OptIn.Marketing, c.OptIn.Source, c.OptIn.At, c.OptIn.Evidence, tx.now,
		c.ID, c.AccountID, string(c.Environment))
	if err != nil {
		return err
	}
	return tx.announceConsent(before, c.OptIn, c)
}

// RestoreOptOut gives the contact the opt-out that an erasure kept for its
// number, if there is one, and forgets the kept one: the contact says it now.
func (tx *Tx) RestoreOptOut(c *portal.Contact) (restored bool, err error) {
	defer portal.Wrap(&err, "RestoreOptOut(%s)", c.ID)
	hash, err := tx.optOutHash(*c)
	if err != nil || hash == nil {
		return false, err
	}
	var was portal.Consent
	err = tx.Row(`
DELETE /* OptOut.Take */ FROM opt_outs
WHERE account_id = ?
AND environment = ?
AND phone_hash = ?
RETURNING status, marketing, source, at`,
		[]any{c.AccountID, string(c.Environment), hash}, &was.Status, &was.Marketing, &was.Source, &was.At)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if c.OptIn.Status == portal.OptedOut && was.Status != portal.OptedOut {
		return false, nil // the contact says more already
	}
	before := c.OptIn
	c.OptIn = was
	return true, tx.writeConsent(*c, before, portal.Actor{Kind: portal.ActorSystem})
}

// ConsentHistory returns the changes of the contact's consent, newest first.
func (r Reader) ConsentHistory(t portal.Tenant, contactID string, limit int) (list []portal.ConsentRecord, err error) {
	defer portal.Wrap(&err, "ConsentHistory(%s)", contactID)
	err = r.Rows(`
SELECT /* Contact.ConsentHistory */ at, status, marketing, source, given_at, evidence, actor_kind, actor_id, actor_name
FROM consent_changes
WHERE account_id = ?
AND environment = ?
AND contact_id = ?
ORDER BY id DESC
LIMIT ?`, []any{t.AccountID, string(t.Environment), contactID, limit}, func(scan func(dest ...any) error) error {
		var h portal.ConsentRecord
		err := scan(&h.At, &h.Consent.Status, &h.Consent.Marketing, &h.Consent.Source, &h.Consent.At, &h.Consent.Evidence, &h.By.Kind, &h.By.ID, &h.By.Name)
		list = append(list, h)
		return err
	})
	return list, err
}

// KeepOptOut remembers, without the number itself, that the person wants no
// messages there, for a contact that is erased or gets another number.
func (tx *Tx) KeepOptOut(c portal.Contact) (err error) {
	defer portal.Wrap(&err, "KeepOptOut(%s)", c.ID)
	if c.OptIn.Status != portal.OptedOut && c.OptIn.Marketing != portal.OptedOut {
		return nil
	}
	hash, err := tx.optOutHash(c)
	if err != nil || hash == nil {
		return err
	}
	at := tx.now
	if c.OptIn.At != nil {
		at = *c.OptIn.At
	}
	_, err = tx.Exec(`
INSERT /* OptOut.Keep */ INTO opt_outs (account_id, environment, phone_hash, status, marketing, source, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, environment, phone_hash)
DO UPDATE SET status = excluded.status, marketing = excluded.marketing, source = excluded.source, at = excluded.at`,
		c.AccountID, string(c.Environment), hash, c.OptIn.Status, c.OptIn.Marketing, c.OptIn.Source, at)
	return err
}

// optOutHash is the keyed hash of how the person is reached: by phone, or by
// WhatsApp's user id when the phone is hidden; nil for neither. The key comes
// from the secret key, so that numbers cannot be found by trying them all.
func (tx *Tx) optOutHash(c portal.Contact) ([]byte, error) {
	identity := c.Phone
	if identity == "" {
		identity = c.UserID
	}
	if identity == "" {
		return nil, nil
	}
	if tx.vault == nil {
		return nil, errNoKey
	}
	mac := hmac.New(sha256.New, tx.vault.pepper)
	mac.Write([]byte(c.AccountID + "\n" + string(c.Environment) + "\n" + identity))
	return mac.Sum(nil), nil
}
