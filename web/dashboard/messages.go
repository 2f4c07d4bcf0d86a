package dashboard

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/tokens"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// sampleNumber is what examples send to when the account has no tester: a magic number.
const sampleNumber = "+5511900000001"

// tester is the number that the examples of p's account send to.
func (p *Person) tester() string {
	if len(p.Account.Testers) > 0 {
		return p.Account.Testers[0]
	}
	return sampleNumber
}

// messages lists the messages of the environment, newest first.
func (d *Dashboard) messages(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	props, f, err := d.messageFilter(ctx, r, p)
	if err != nil {
		return err
	}
	if portal.IsID(portal.PrefixMessage, props.Query) {
		return d.redirect(w, r, "/messages/"+props.Query)
	}
	page := portal.Page{Limit: portal.DefaultLimit, After: r.FormValue("before")}
	if page.After != "" && !portal.IsID(portal.PrefixMessage, page.After) {
		return portal.Refuse(portal.CodeInvalidCursor)
	}
	rows, next, err := d.Messaging.List(ctx, p.Tenant(), f, page)
	if err != nil {
		return err
	}
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return err
	}
	props.Older, props.Templates = next, known.names()
	if props.Rows, err = d.messageRows(ctx, p, rows, known); err != nil {
		return err
	}
	from := props.Now.Add(-24 * time.Hour)
	if f.CreatedAfter != nil {
		from = *f.CreatedAfter
	}
	if props.Counts, err = d.Store.Reader(ctx).MessageCounts(p.Tenant(), from); err != nil {
		return err
	}
	if isFragment(r) {
		return d.page(w, r, http.StatusOK, views.MessagesParts(props))
	}
	return d.page(w, r, http.StatusOK, views.Messages(props))
}

// messageRows masks messages for a list and adds the names of the contacts.
func (d *Dashboard) messageRows(ctx context.Context, p *Person, list []portal.Message, known texts) ([]views.MessageRow, error) {
	ids := map[string]bool{}
	for _, m := range list {
		ids[m.ContactID] = true
	}
	names, err := d.Store.Reader(ctx).ContactNames(p.Tenant(), sortedKeys(ids))
	if err != nil {
		return nil, err
	}
	s := p.sight()
	rows := make([]views.MessageRow, len(list))
	for i, m := range list {
		row := views.MessageRow{
			ID: m.ID, Status: m.Status, Name: s.name(names[m.ContactID]), Template: templateOf(m).Name,
			Reference: s.key(m.Reference), At: m.CreatedAt, Number: s.number(customer(m)),
		}
		if row.Number == "" {
			row.Number = ui.L(ctx, "hidden number", "número oculto")
		}
		if !s.withheld {
			row.Text = s.text(known.preview(ctx, m))
		}
		rows[i] = row
	}
	return rows, nil
}

// customer is the number on the other side.
func customer(m portal.Message) string {
	if m.Direction == portal.Inbound {
		return m.From
	}
	return m.To
}

func sortedKeys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// ranges are the periods that lists can be narrowed to.
var ranges = map[string]time.Duration{"24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "30d": 30 * 24 * time.Hour}

// messageFilter reads the filters of the list; a value that no form offers is ignored.
func (d *Dashboard) messageFilter(ctx context.Context, r *http.Request, p *Person) (views.MessagesProps, portal.MessageFilter, error) {
	q := r.URL.Query()
	props := views.MessagesProps{
		Now: d.Store.Now(), BaseURL: d.BaseURL, Tester: p.tester(), Query: strings.TrimSpace(q.Get("q")),
		Template: q.Get("template"), Reference: q.Get("reference"),
	}
	f := portal.MessageFilter{Template: props.Template, Reference: props.Reference}
	if f.Statuses = views.MessageStatuses(q.Get("status")); f.Statuses != nil {
		props.Status = q.Get("status")
	}
	if v := q.Get("direction"); v == portal.Inbound || v == portal.Outbound {
		props.Direction, f.Direction = v, v
	}
	if length, ok := ranges[q.Get("range")]; ok {
		from := props.Now.Add(-length)
		props.Range, f.CreatedAfter = q.Get("range"), &from
	}
	if id := q.Get("contact"); portal.IsID(portal.PrefixContact, id) {
		props.Contact, f.ContactID = id, id
	}
	if n, err := phone.Parse(phone.FromQuery(q.Get("to")), p.Account.Country); err == nil {
		props.To, props.ToRaw, f.To = phone.Mask(n.E164), n.E164, n.Candidates
	}
	if err := d.searchMessages(ctx, p, props.Query, &f); err != nil {
		return props, f, err
	}
	return props, f, d.tokenFilter(ctx, p, q.Get("token"), &props, &f)
}

// searchMessages narrows the list to what was typed: a number, in both
// directions when its contact is known, else a reference.
func (d *Dashboard) searchMessages(ctx context.Context, p *Person, query string, f *portal.MessageFilter) error {
	if query == "" {
		return nil
	}
	n, err := phone.Parse(phone.FromQuery(query), p.Account.Country)
	if err != nil {
		f.Reference = query
		return nil //nolint:nilerr // what is no number is a reference
	}
	c, err := d.Store.Reader(ctx).ContactByPhone(p.Tenant(), n.Candidates)
	switch {
	case err == nil:
		f.ContactID = c.ID
	case portal.CodeOf(err) == portal.CodeNotFound:
		f.To = n.Candidates
	default:
		return err
	}
	return nil
}

// tokenFilter offers the active tokens and applies the chosen one, ended or not.
func (d *Dashboard) tokenFilter(ctx context.Context, p *Person, id string, props *views.MessagesProps, f *portal.MessageFilter) error {
	if portal.IsID(portal.PrefixToken, id) {
		props.Token, props.TokenName, f.TokenID = id, ui.Short(id), id
	}
	if !p.May(portal.ReadTokens) {
		return nil
	}
	list, _, err := d.Tokens.List(ctx, p.Tenant(), tokens.Active, portal.Page{Limit: portal.MaxLimit})
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.ID == id {
			props.TokenName = t.Name
		}
		props.Tokens = append(props.Tokens, ui.Choice{Value: t.ID, Label: t.Name, Chosen: t.ID == id})
	}
	return nil
}
