package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// eventsList names the list of events in its cursors.
const eventsList = "events"

// events lists the commercial events of the environment, newest first.
func (d *Dashboard) events(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, q := r.Context(), r.URL.Query()
	props := views.EventsProps{Now: d.Store.Now(), BaseURL: d.BaseURL, Tester: p.tester(), Query: strings.TrimSpace(q.Get("q"))}
	if portal.IsID(portal.PrefixEvent, props.Query) {
		return d.redirect(w, r, "/events/"+props.Query)
	}
	if t, ok := portal.CommerceTypeOf(q.Get("type")); ok {
		props.Type = t.Name
	}
	if slices.Contains(views.EventOutcomes, q.Get("outcome")) {
		props.Outcome = q.Get("outcome")
	}
	if id := q.Get("contact"); portal.IsID(portal.PrefixContact, id) {
		props.Contact = id
	}
	f, err := d.eventFilter(ctx, p, props)
	if err != nil {
		return err
	}
	after, err := portal.ParseCursor(eventsList, q.Get("before"))
	if err != nil {
		return err
	}
	list, next, err := d.Events.List(ctx, p.Tenant(), f, portal.Page{Limit: portal.DefaultLimit, After: after})
	if err != nil {
		return err
	}
	if next != "" {
		props.Older = portal.Cursor(eventsList, next)
	}
	if props.Rows, err = d.eventRows(ctx, p, list); err != nil {
		return err
	}
	if isFragment(r) {
		return d.page(w, r, http.StatusOK, views.EventsParts(props))
	}
	return d.page(w, r, http.StatusOK, views.Events(props))
}

// eventFilter narrows the list to what was chosen and typed: the number of a
// contact, else the reporter's id.
func (d *Dashboard) eventFilter(ctx context.Context, p *Person, props views.EventsProps) (portal.EventFilter, error) {
	f := portal.EventFilter{Type: props.Type, ContactID: props.Contact, Outcome: props.Outcome}
	if props.Outcome != portal.EventMatched && props.Outcome != portal.EventNone {
		f.Outcome, f.Reason = "", props.Outcome
	}
	if props.Query == "" {
		return f, nil
	}
	n, err := phone.Parse(phone.FromQuery(props.Query), p.Account.Country)
	if err != nil {
		f.ExternalID = props.Query
		return f, nil //nolint:nilerr // what is no number is an id
	}
	c, err := d.Store.Reader(ctx).ContactByPhone(p.Tenant(), n.Candidates)
	switch portal.CodeOf(err) {
	case portal.CodeNotFound:
		f.ExternalID = props.Query
		return f, nil
	case "":
		f.ContactID = c.ID
	}
	return f, err
}

// eventRows masks events for a list and adds what automations made of them.
func (d *Dashboard) eventRows(ctx context.Context, p *Person, list []portal.Event) ([]views.EventRow, error) {
	ids, tokens := make([]string, len(list)), map[string]bool{}
	for i, e := range list {
		ids[i], tokens[e.TokenID] = e.ID, true
	}
	runs, err := d.Events.RunsOf(ctx, p.Tenant(), ids)
	if err != nil {
		return nil, err
	}
	names, err := d.tokenNames(ctx, p.Tenant(), sortedKeys(tokens))
	if err != nil {
		return nil, err
	}
	s := p.sight()
	rows := make([]views.EventRow, len(list))
	for i, e := range list {
		e.ExternalID = s.key(e.ExternalID)
		rows[i] = views.EventRow{Event: e, Value: valueOf(e), Source: names[e.TokenID], Runs: runs[e.ID]}
		rows[i].Customer, rows[i].Name = s.customer(e)
		if rows[i].Source == "" {
			rows[i].Source = views.SourceName(ctx, e.Source)
		}
	}
	return rows, nil
}

// customer is who an event is about, as s sees them: the number, else the
// reporter's id, and the name.
func (s sight) customer(e portal.Event) (who, name string) {
	var c portal.EventCustomer
	if json.Unmarshal(e.Customer, &c) != nil {
		return "", ""
	}
	if c.ExternalID != nil {
		who = s.text(*c.ExternalID)
	}
	if c.Phone != nil && *c.Phone != "" {
		who = s.number(*c.Phone)
	}
	if c.Name != nil {
		name = s.name(*c.Name)
	}
	return who, name
}

// valueOf is the total of what an event is about; nil without one.
func valueOf(e portal.Event) *portal.Money {
	var data portal.EventData
	if json.Unmarshal(e.Data, &data) != nil {
		return nil
	}
	return data.Total
}

// eventTypes shows the catalogue of commercial events.
func (d *Dashboard) eventTypes(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	props := views.EventTypesProps{Examples: map[string][]byte{}, Answered: map[string][]views.AutomationRef{}}
	for _, t := range portal.CommerceTypes {
		props.Examples[t.Name] = d.Wire.CommerceExample(t)
	}
	var err error
	if props.Seen, err = d.Events.LastSeen(ctx, p.Tenant()); err != nil {
		return err
	}
	list, err := d.Store.Reader(ctx).PublishedAutomations(p.Tenant())
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Enabled {
			props.Answered[a.Rule.Trigger] = append(props.Answered[a.Rule.Trigger], views.AutomationRef{ID: a.ID, Name: a.Name})
		}
	}
	return d.page(w, r, http.StatusOK, views.EventTypes(props))
}

// eventChoices are events that an automation can be shown with: an example, and
// the newest of its trigger. Who may not read contents has the example alone.
func (d *Dashboard) eventChoices(ctx context.Context, p *Person, trigger, chosen string) ([]ui.Choice, error) {
	list := []ui.Choice{{Value: sampleEvent, Label: ui.L(ctx, "an example", "um exemplo"), Chosen: chosen == ""}}
	if p.sight().withheld {
		return list, nil
	}
	es, _, err := d.Events.List(ctx, p.Tenant(), portal.EventFilter{Type: trigger}, portal.Page{Limit: shownEvents})
	if err != nil {
		return nil, err
	}
	for _, e := range es {
		list = append(list, ui.Choice{Value: e.ID, Label: e.ExternalID + " · " + ui.DateTime(ctx, e.ReceivedAt), Chosen: e.ID == chosen})
	}
	return list, nil
}

const (
	sampleEvent = "example" // instead of the id of an event
	shownEvents = 20        // offered to try an automation with
)
