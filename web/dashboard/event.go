package dashboard

import (
	"context"
	"net/http"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/views"
)

// event explains one event.
func (d *Dashboard) event(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showEvent(w, r, p, p.sight())
}

// revealEvent answers with the page and the personal data in it, and writes who saw them.
func (d *Dashboard) revealEvent(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	e, _, err := d.Events.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := d.reveal(ctx, p, e.ContactID, e.ID); err != nil {
		return err
	}
	s := p.sight()
	s.revealed = true
	return d.showEvent(w, r, p, s)
}

func (d *Dashboard) showEvent(w http.ResponseWriter, r *http.Request, p *Person, s sight) error {
	ctx := r.Context()
	e, runs, err := d.Events.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	props := views.EventProps{
		Event: e, Value: valueOf(e), Runs: s.runs(runs), Revealed: s.revealed, Erased: string(e.Customer) == "{}",
		Sent: map[string]views.SentMessage{}, Canceler: map[string]string{},
	}
	props.Customer, props.Name = s.customer(e)
	if props.Payload, err = s.payload(e); err != nil {
		return err
	}
	props.Event.ExternalID = s.key(e.ExternalID)
	for _, add := range []func(context.Context, *Person, *views.EventProps) error{d.eventMessages, d.eventSource, d.eventTries} {
		if err := add(ctx, p, &props); err != nil {
			return err
		}
	}
	if isFragment(r) {
		return d.page(w, r, http.StatusOK, views.EventParts(props))
	}
	return d.page(w, at(r, "/events/"+e.ID), http.StatusOK, views.Event(props))
}

// runs masks what the sentences of runs may hold.
func (s sight) runs(list []portal.Run) []portal.Run {
	out := make([]portal.Run, len(list))
	for i, r := range list {
		trace := make([]portal.Check, len(r.Trace))
		for j, c := range r.Trace {
			c.Detail = s.words(c.Detail)
			trace[j] = c
		}
		r.Detail, r.Trace = s.words(r.Detail), trace
		out[i] = r
	}
	return out
}

func (s sight) words(w portal.Words) portal.Words {
	return portal.Words{EN: s.text(w.EN), PT: s.text(w.PT)}
}

// eventMessages adds what runs sent, and what canceled them.
func (d *Dashboard) eventMessages(ctx context.Context, p *Person, props *views.EventProps) error {
	for _, run := range props.Runs {
		if run.MessageID != "" {
			m, history, err := d.Messaging.Get(ctx, p.Tenant(), run.MessageID)
			if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
				return err
			}
			props.Sent[run.MessageID] = views.SentMessage{Message: p.sight().message(m), News: history.News}
		}
		if portal.IsID(portal.PrefixEvent, run.CanceledBy) {
			other, err := d.Store.Reader(ctx).Event(p.Tenant(), run.CanceledBy)
			if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
				return err
			}
			props.Canceler[run.CanceledBy] = other.Type
		}
	}
	return nil
}

// eventSource adds who reported the event, by which call, and about whom.
func (d *Dashboard) eventSource(ctx context.Context, p *Person, props *views.EventProps) error {
	e := props.Event
	names, err := d.tokenNames(ctx, p.Tenant(), []string{e.TokenID})
	if err != nil {
		return err
	}
	props.Token = names[e.TokenID]
	if e.UserID != "" {
		sender, err := d.Store.Reader(ctx).User(e.UserID)
		if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
			return err
		}
		props.Sender = sender.Name
	}
	if e.RequestID != "" {
		entry, err := d.Log.Get(ctx, p.Tenant(), e.RequestID)
		switch portal.CodeOf(err) {
		case "":
			props.Request = &entry
		case portal.CodeNotFound:
		default:
			return err
		}
	}
	if e.ContactID == "" {
		return nil
	}
	if props.MayReveal, err = d.mayReveal(ctx, p, e.ContactID); err != nil {
		return err
	}
	_, err = d.Contacts.Get(ctx, p.Tenant(), e.ContactID)
	if props.Contact = err == nil; portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	return err
}

// eventTries adds the automations that the event can be tried against.
func (d *Dashboard) eventTries(ctx context.Context, p *Person, props *views.EventProps) error {
	if !p.May(portal.ReadTokens) || p.sight().withheld {
		return nil
	}
	list, err := d.Store.Reader(ctx).Automations(p.Tenant())
	for _, a := range list {
		if events.Working(a).Trigger == props.Event.Type {
			props.Try = append(props.Try, views.AutomationRef{ID: a.ID, Name: a.Name, Draft: a.Draft != nil})
		}
	}
	return err
}
