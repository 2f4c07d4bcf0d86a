package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
)

const selectContact = `
SELECT /* %s */ c.id, c.account_id, c.environment, COALESCE(c.external_id, ''), COALESCE(c.phone, ''),
  c.wa_id, c.user_id, c.username, c.name, c.email, c.country, c.language, c.timezone,
  c.opt_status, c.opt_marketing, c.opt_source, c.opt_at, c.opt_evidence,
  COALESCE((SELECT h.id FROM handoffs h WHERE h.contact_id = c.id AND h.status <> 'resolved'), ''),
  c.last_inbound_at, c.last_outbound_at, c.source, c.created_at, c.updated_at
FROM contacts c
WHERE c.account_id = ?
AND c.environment = ?
`

func scanContact(scan func(dest ...any) error) (c portal.Contact, err error) {
	err = scan(&c.ID, &c.AccountID, (*string)(&c.Environment), &c.ExternalID, &c.Phone,
		&c.WAID, &c.UserID, &c.Username, &c.Name, &c.Email, &c.Country, &c.Language, &c.Timezone,
		&c.OptIn.Status, &c.OptIn.Marketing, &c.OptIn.Source, &c.OptIn.At, &c.OptIn.Evidence,
		&c.HandoffID,
		&c.LastInboundAt, &c.LastOutboundAt, &c.Source, &c.CreatedAt, &c.UpdatedAt)
	return c, err
}

// contactWhere returns the first contact of the tenant for which cond holds,
// without its tags, attributes and windows; not_found when there is none.
func (r Reader) contactWhere(t portal.Tenant, tag, cond string, args ...any) (portal.Contact, error) {
	sql := fmt.Sprintf(selectContact, tag) + "AND " + cond
	args = append([]any{t.AccountID, string(t.Environment)}, args...)
	return scanContact(func(dest ...any) error { return r.Row(sql, args, dest...) })
}

// ContactByRef returns the contact that a caller names: by our id ("ctc_…"), by
// the caller's ("ext:CLI-42") or by phone ("phone:+5531987654321"). It returns
// not_found for anything else, and for a contact of another tenant.
func (r Reader) ContactByRef(t portal.Tenant, ref string) (c portal.Contact, err error) {
	defer portal.Wrap(&err, "ContactByRef")
	if number, ok := strings.CutPrefix(ref, "phone:"); ok {
		n, err := phone.Parse(phone.FromQuery(number), "")
		if err != nil {
			return c, portal.Refuse(portal.CodeNotFound)
		}
		return r.ContactByPhone(t, n.Candidates)
	}
	if external, ok := strings.CutPrefix(ref, "ext:"); ok {
		return r.filled(r.contactWhere(t, "Contact.ByExternalID", "c.external_id = ?", external))
	}
	if !portal.IsID(portal.PrefixContact, ref) {
		return c, portal.Refuse(portal.CodeNotFound)
	}
	return r.filled(r.contactWhere(t, "Contact.ByID", "c.id = ?", ref))
}

// ContactByPhone returns the contact whose phone is one of the candidates
// (phone.Number.Candidates); not_found when there is none.
func (r Reader) ContactByPhone(t portal.Tenant, candidates []string) (c portal.Contact, err error) {
	defer portal.Wrap(&err, "ContactByPhone")
	return r.filled(r.contactOfPhone(t, candidates))
}

func (r Reader) contactOfPhone(t portal.Tenant, candidates []string) (portal.Contact, error) {
	if len(candidates) == 0 {
		return portal.Contact{}, portal.Refuse(portal.CodeNotFound)
	}
	return r.contactWhere(t, "Contact.ByPhone", "c.phone IN "+listOf(len(candidates))+"\nORDER BY c.id", textArgs(candidates)...)
}

// filled adds tags, attributes and windows to a contact that was found.
func (r Reader) filled(c portal.Contact, err error) (portal.Contact, error) {
	if err != nil {
		return c, err
	}
	one := []portal.Contact{c}
	err = r.fillContacts(portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}, one)
	return one[0], err
}

// fillContacts adds tags, attributes and windows, with one statement each.
func (r Reader) fillContacts(t portal.Tenant, cs []portal.Contact) error {
	if len(cs) == 0 {
		return nil
	}
	byID := make(map[string]*portal.Contact, len(cs))
	args := []any{t.AccountID, string(t.Environment)}
	for i := range cs {
		byID[cs[i].ID] = &cs[i]
		args = append(args, cs[i].ID)
	}
	of := "WHERE account_id = ?\nAND environment = ?\nAND contact_id IN " + listOf(len(cs))
	err := r.Rows(`
SELECT /* Contact.Tags */ contact_id, tag
FROM contact_tags
`+of+`
ORDER BY contact_id, position`, args, func(scan func(dest ...any) error) error {
		var id, tag string
		err := scan(&id, &tag)
		byID[id].Tags = append(byID[id].Tags, tag)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.fillAttributes(of, args, byID); err != nil {
		return err
	}
	return r.Rows(`
SELECT /* Contact.Windows */ contact_id, channel_id, last_inbound_at
FROM windows
`+of+`
ORDER BY contact_id, channel_id`, args, func(scan func(dest ...any) error) error {
		var id string
		var w portal.Window
		err := scan(&id, &w.ChannelID, &w.LastInboundAt)
		byID[id].Windows = append(byID[id].Windows, w)
		return err
	})
}

func (r Reader) fillAttributes(of string, args []any, byID map[string]*portal.Contact) error {
	return r.Rows(`
SELECT /* Contact.Attributes */ contact_id, name, value
FROM contact_attributes
`+of, args, func(scan func(dest ...any) error) error {
		var id, name, text string
		if err := scan(&id, &name, &text); err != nil {
			return err
		}
		value, err := attributeOf(text)
		if err != nil {
			return fmt.Errorf("attribute of %s: %w", id, err)
		}
		c := byID[id]
		if c.Attributes == nil {
			c.Attributes = map[string]any{}
		}
		c.Attributes[name] = value
		return nil
	})
}

// attributeOf reads a kept attribute.
func attributeOf(text string) (value any, err error) {
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, err
	}
	if _, number := value.(float64); number {
		return portal.Number(text), nil
	}
	return value, nil
}

// Window returns the 24-hour window of the contact towards the channel; the
// zero window, which is closed, when the person never wrote to it.
func (r Reader) Window(t portal.Tenant, contactID, channelID string) (w portal.Window, err error) {
	w.ChannelID = channelID
	err = r.Row(`
SELECT /* Contact.Window */ last_inbound_at
FROM windows
WHERE contact_id = ?
AND channel_id = ?
AND account_id = ?
AND environment = ?`, []any{contactID, channelID, t.AccountID, string(t.Environment)}, &w.LastInboundAt)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return w, nil
	}
	return w, err
}

// listOf returns the placeholders of an IN list: (?, ?, ?).
func listOf(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }

func textArgs(texts []string) []any {
	args := make([]any, len(texts))
	for i, s := range texts {
		args[i] = s
	}
	return args
}
