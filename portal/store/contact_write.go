package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

// Touch says what a message tells about the person it came from or goes to.
type Touch struct {
	WAID    string // as WhatsApp wrote the number, or ""
	UserID  string // WhatsApp's business-scoped id, or ""
	Name    string // profile name: kept when the contact has none
	Source  string // of a contact that is created
	Inbound bool
	At      time.Time // of the message; zero = now
}

// TouchContact returns the person behind a number: found by what WhatsApp calls
// it (wa_id, then user id), then by the number's candidates, else created. It
// notes the time of the message and learns what o tells. n is zero when
// WhatsApp hides the phone. The contact comes without its tags, attributes and
// windows; one that is created again after an erasure keeps its opt-out.
func (tx *Tx) TouchContact(t portal.Tenant, n phone.Number, o Touch) (c portal.Contact, created bool, err error) {
	defer portal.Wrap(&err, "TouchContact")
	if o.At.IsZero() {
		o.At = tx.now
	}
	c, created, err = tx.findOrCreate(t, n, o)
	if err != nil {
		return c, false, err
	}
	return c, created, tx.touch(&c, o)
}

// EnsureContact returns the contact of a number, created if there is none. It
// is TouchContact without a message: no time is noted.
func (tx *Tx) EnsureContact(t portal.Tenant, n phone.Number, source string) (c portal.Contact, created bool, err error) {
	defer portal.Wrap(&err, "EnsureContact")
	return tx.findOrCreate(t, n, Touch{Source: source})
}

// NewContact is EnsureContact for a number of which the caller has just seen
// that nobody has it: it looks only when somebody was faster.
func (tx *Tx) NewContact(t portal.Tenant, n phone.Number, source string) (c portal.Contact, created bool, err error) {
	defer portal.Wrap(&err, "NewContact")
	c = portal.Contact{
		ID: portal.NewID(portal.PrefixContact), AccountID: t.AccountID, Environment: t.Environment,
		Phone: n.E164, Country: n.Country, Timezone: n.Zone, Source: source,
	}
	if created, err = tx.InsertContact(&c); err != nil || created {
		return c, created, err
	}
	return tx.findOrCreate(t, n, Touch{Source: source})
}

// KnownPerson is TouchContact for news that are no message: no time is noted and
// nothing is learnt of a contact that exists.
func (tx *Tx) KnownPerson(t portal.Tenant, n phone.Number, o Touch) (c portal.Contact, err error) {
	defer portal.Wrap(&err, "KnownPerson")
	c, _, err = tx.findOrCreate(t, n, o)
	return c, err
}

func (tx *Tx) findOrCreate(t portal.Tenant, n phone.Number, o Touch) (portal.Contact, bool, error) {
	// A second round is needed only when another node creates the contact meanwhile.
	for range 3 {
		c, err := tx.person(t, n, o)
		if portal.CodeOf(err) != portal.CodeNotFound {
			return c, false, err
		}
		c = portal.Contact{
			ID: portal.NewID(portal.PrefixContact), AccountID: t.AccountID, Environment: t.Environment,
			Phone: n.E164, WAID: o.WAID, UserID: o.UserID, Name: o.Name, Country: n.Country, Timezone: n.Zone, Source: o.Source,
		}
		inserted, err := tx.InsertContact(&c)
		if err != nil || inserted {
			return c, inserted, err
		}
	}
	return portal.Contact{}, false, portal.Refuse(portal.CodeOverloaded)
}

func (tx *Tx) person(t portal.Tenant, n phone.Number, o Touch) (c portal.Contact, err error) {
	err = portal.Refuse(portal.CodeNotFound)
	if o.WAID != "" {
		c, err = tx.contactWhere(t, "Contact.ByWAID", "c.wa_id = ? AND c.wa_id <> ''\nORDER BY c.id", o.WAID)
	}
	if o.UserID != "" && portal.CodeOf(err) == portal.CodeNotFound {
		c, err = tx.contactWhere(t, "Contact.ByUserID", "c.user_id = ? AND c.user_id <> ''\nORDER BY c.id", o.UserID)
	}
	if portal.CodeOf(err) == portal.CodeNotFound {
		c, err = tx.contactOfPhone(t, n.Candidates)
	}
	return c, err
}

func (tx *Tx) touch(c *portal.Contact, o Touch) error {
	column, last := "last_outbound_at", &c.LastOutboundAt
	if o.Inbound {
		column, last = "last_inbound_at", &c.LastInboundAt
	}
	at := newest(*last, o.At)
	*last, c.UpdatedAt = &at, tx.now
	// Another node may have noted a later one since the contact was read.
	set := []string{column + " = CASE WHEN " + column + " > ? THEN " + column + " ELSE ? END", "updated_at = ?"}
	args := []any{at, at, tx.now}
	learn := func(column, value string, known *string) {
		if value != "" && *known != value {
			*known = value
			set, args = append(set, column+" = ?"), append(args, value)
		}
	}
	learn("wa_id", o.WAID, &c.WAID)
	learn("user_id", o.UserID, &c.UserID)
	if c.Name == "" && o.Name != "" {
		learn("name", o.Name, &c.Name)
		set, args = append(set, "search = ?"), append(args, searchText(*c))
	}
	n, err := tx.Exec("UPDATE /* Contact.Touch */ contacts\nSET "+strings.Join(set, ", ")+`
WHERE id = ?
AND account_id = ?
AND environment = ?`, append(args, c.ID, c.AccountID, string(c.Environment))...)
	if err == nil && n == 0 {
		return portal.Refuse(portal.CodeOverloaded) // erased by another node a moment ago
	}
	return err
}

// InsertContact creates the contact with its tags and attributes, and sets its
// times and its consent: unknown, or the opt-out that an erasure kept. It
// reports false, and changes nothing, when the phone or the external id is taken.
func (tx *Tx) InsertContact(c *portal.Contact) (inserted bool, err error) {
	defer portal.Wrap(&err, "InsertContact(%s)", c.ID)
	c.OptIn = portal.Consent{Status: portal.OptInUnknown, Marketing: portal.OptInUnknown}
	c.CreatedAt, c.UpdatedAt = tx.now, tx.now
	n, err := tx.Exec(`
INSERT /* Contact.Insert */ INTO contacts (id, account_id, environment, external_id, phone,
  wa_id, user_id, username, name, email, country, language, timezone,
  opt_status, opt_marketing, opt_source, opt_at, opt_evidence, search, source, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', NULL, '', ?, ?, ?, ?)
ON CONFLICT DO NOTHING`,
		c.ID, c.AccountID, string(c.Environment), orNull(c.ExternalID), orNull(c.Phone),
		c.WAID, c.UserID, c.Username, c.Name, c.Email, c.Country, c.Language, c.Timezone,
		c.OptIn.Status, c.OptIn.Marketing, searchText(*c), c.Source, c.CreatedAt, c.UpdatedAt)
	if err != nil || n == 0 {
		return false, err
	}
	if err := tx.insertTags(*c); err != nil {
		return false, err
	}
	if err := tx.SetAttributes(*c, c.Attributes); err != nil {
		return false, err
	}
	_, err = tx.RestoreOptOut(c)
	return true, err
}

// LockContact keeps other transactions from changing the contact until this
// one ends, so that what is read from now on stays true. It returns not_found
// when the contact is gone.
func (tx *Tx) LockContact(t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "LockContact(%s)", id)
	return tx.lock(`
SELECT /* Contact.Lock */ 1
FROM contacts
WHERE id = ?
AND account_id = ?
AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, new(int))
}

// UpdateContact writes what a caller may change, but for tags, attributes and
// consent. It returns contact_conflict when phone or external id is taken.
func (tx *Tx) UpdateContact(c *portal.Contact) (err error) {
	defer portal.Wrap(&err, "UpdateContact(%s)", c.ID)
	c.UpdatedAt = tx.now
	_, err = tx.Exec(`
UPDATE /* Contact.Update */ contacts
SET external_id = ?, phone = ?, wa_id = ?, user_id = ?, username = ?, name = ?, email = ?,
  country = ?, language = ?, timezone = ?, search = ?, updated_at = ?
WHERE id = ?
AND account_id = ?
AND environment = ?`,
		orNull(c.ExternalID), orNull(c.Phone), c.WAID, c.UserID, c.Username, c.Name, c.Email,
		c.Country, c.Language, c.Timezone, searchText(*c), c.UpdatedAt,
		c.ID, c.AccountID, string(c.Environment))
	if IsConflict(err) {
		return portal.Refuse(portal.CodeContactConflict)
	}
	return err
}

// ReplaceTags makes c.Tags the contact's tags, in that order.
func (tx *Tx) ReplaceTags(c portal.Contact) (err error) {
	defer portal.Wrap(&err, "ReplaceTags(%s)", c.ID)
	if err := tx.deleteOfContact("contact_tags", c); err != nil {
		return err
	}
	return tx.insertTags(c)
}

func (tx *Tx) insertTags(c portal.Contact) error {
	for i, tag := range c.Tags {
		err := tx.Post(`
INSERT /* Contact.Tag */ INTO contact_tags (account_id, environment, tag, contact_id, position)
VALUES (?, ?, ?, ?, ?)`, c.AccountID, string(c.Environment), tag, c.ID, i)
		if err != nil {
			return err
		}
	}
	return nil
}

// SetAttributes writes each attribute of set and removes those whose value is nil.
func (tx *Tx) SetAttributes(c portal.Contact, set map[string]any) (err error) {
	defer portal.Wrap(&err, "SetAttributes(%s)", c.ID)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] == nil {
			err = tx.Post(`
DELETE /* Contact.RemoveAttribute */ FROM contact_attributes
WHERE contact_id = ?
AND name = ?
AND account_id = ?
AND environment = ?`, c.ID, name, c.AccountID, string(c.Environment))
		} else {
			err = tx.setAttribute(c, name, set[name])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) setAttribute(c portal.Contact, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("attribute: %w", err)
	}
	return tx.Post(`
INSERT /* Contact.SetAttribute */ INTO contact_attributes (account_id, environment, contact_id, name, value)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (contact_id, name) DO UPDATE SET value = excluded.value`,
		c.AccountID, string(c.Environment), c.ID, name, string(text))
}

// OpenWindow notes that the person wrote to the channel at that moment. An
// earlier moment than the one known changes nothing.
func (tx *Tx) OpenWindow(t portal.Tenant, contactID, channelID string, at time.Time) (err error) {
	defer portal.Wrap(&err, "OpenWindow(%s)", contactID)
	_, err = tx.Exec(`
INSERT /* Contact.OpenWindow */ INTO windows (contact_id, channel_id, account_id, environment, last_inbound_at)
SELECT c.id, CAST(? AS TEXT), c.account_id, c.environment, CAST(? AS BIGINT)
FROM contacts c
WHERE c.id = ?
AND c.account_id = ?
AND c.environment = ?
ON CONFLICT (contact_id, channel_id) DO UPDATE SET last_inbound_at = excluded.last_inbound_at
WHERE windows.last_inbound_at < excluded.last_inbound_at`,
		channelID, at, contactID, t.AccountID, string(t.Environment))
	return err
}

// CloseWindows forgets the contact's windows: they belonged to another number.
func (tx *Tx) CloseWindows(c portal.Contact) error { return tx.deleteOfContact("windows", c) }

// deleteOfContact empties a table that hangs on the contact; table is a constant of the program.
func (tx *Tx) deleteOfContact(table string, c portal.Contact) error {
	return tx.Post("DELETE /* Contact.Delete_"+table+" */ FROM "+table+`
WHERE contact_id = ?
AND account_id = ?
AND environment = ?`, c.ID, c.AccountID, string(c.Environment))
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
