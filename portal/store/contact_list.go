package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Contacts returns a page of the tenant's contacts, newest first, or oldest
// change first when f.UpdatedSince is given. next is the key of the following
// page, "" on the last. A key that no page gave is refused with invalid_cursor.
func (r Reader) Contacts(t portal.Tenant, f portal.ContactFilter, p portal.Page) (cs []portal.Contact, next string, err error) {
	defer portal.Wrap(&err, "Contacts")
	where, args := contactFilter(f)
	after, afterArgs, err := contactsAfter(f, p.After)
	if err != nil {
		return nil, "", err
	}
	order := "ORDER BY c.id DESC"
	if f.SortsByChange() {
		order = "ORDER BY c.updated_at, c.id"
	}
	args = append(append([]any{t.AccountID, string(t.Environment)}, args...), afterArgs...)
	sql := fmt.Sprintf(selectContact, "Contact.List") + where + after + order + "\nLIMIT ?"
	err = r.Rows(sql, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		c, err := scanContact(scan)
		cs = append(cs, c)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	cs, next = cutPage(cs, p, func(c portal.Contact) string { return contactKey(f, c) })
	return cs, next, r.fillContacts(t, cs)
}

// contactFilter renders f as conditions, each with its AND in front.
func contactFilter(f portal.ContactFilter) (where string, args []any) {
	var b strings.Builder
	if f.Search != "" {
		// The column and the pattern are lower case already, so both engines compare alike.
		b.WriteString("AND (c.search LIKE ? ESCAPE '!'")
		args = append(args, "%"+likeEscaper.Replace(strings.ToLower(f.Search))+"%")
		if len(f.SearchPhones) > 0 {
			b.WriteString(" OR c.phone IN " + listOf(len(f.SearchPhones)))
			args = append(args, textArgs(f.SearchPhones)...)
		}
		b.WriteString(")\n")
	}
	if f.Tag != "" {
		b.WriteString(`AND c.id IN (
  SELECT g.contact_id
  FROM contact_tags g
  WHERE g.account_id = c.account_id
  AND g.environment = c.environment
  AND g.tag = ?)
`)
		args = append(args, f.Tag)
	}
	if f.OptIn != "" {
		b.WriteString("AND c.opt_status = ?\n")
		args = append(args, f.OptIn)
	}
	if f.UpdatedSince != nil {
		b.WriteString("AND c.updated_at >= ?\n")
		args = append(args, f.UpdatedSince.UnixMicro())
	}
	return b.String(), args
}

// contactKey is the key of a page that ends with c.
func contactKey(f portal.ContactFilter, c portal.Contact) string {
	if f.SortsByChange() {
		return strconv.FormatInt(c.UpdatedAt.UnixMicro(), 10) + "." + c.ID
	}
	return c.ID
}

// contactsAfter renders the condition of a key that contactKey made.
func contactsAfter(f portal.ContactFilter, key string) (cond string, args []any, err error) {
	if key == "" {
		return "", nil, nil
	}
	if !f.SortsByChange() {
		if !portal.IsID(portal.PrefixContact, key) {
			return "", nil, portal.Refuse(portal.CodeInvalidCursor)
		}
		return "AND c.id < ?\n", []any{key}, nil
	}
	micros, id, _ := strings.Cut(key, ".")
	at, err := strconv.ParseInt(micros, 10, 64)
	if err != nil || !portal.IsID(portal.PrefixContact, id) {
		return "", nil, portal.Refuse(portal.CodeInvalidCursor)
	}
	return "AND (c.updated_at, c.id) > (?, ?)\n", []any{at, id}, nil
}

// searchText is what a search of contacts looks into.
func searchText(c portal.Contact) string {
	return strings.ToLower(strings.Join([]string{c.Name, c.Email, c.ExternalID}, "\n"))
}

// newest returns the later of the two moments; nil is before all.
func newest(a *time.Time, b time.Time) time.Time {
	if a != nil && a.After(b) {
		return *a
	}
	return b
}
