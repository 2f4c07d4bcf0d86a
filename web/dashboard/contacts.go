package dashboard

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
)

// contacts lists the contacts of the environment, newest first.
func (d *Dashboard) contacts(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, q := r.Context(), r.URL.Query()
	f := portal.ContactFilter{Search: strings.TrimSpace(q.Get("q")), Tag: strings.TrimSpace(q.Get("tag"))}
	switch v := q.Get("opt_in"); v {
	case portal.OptedIn, portal.OptedOut, portal.OptInUnknown:
		f.OptIn = v
	}
	if portal.IsID(portal.PrefixContact, f.Search) {
		return d.redirect(w, r, "/contacts/"+f.Search)
	}
	list, next, err := d.Contacts.List(ctx, p.Tenant(), f, portal.Page{Limit: portal.DefaultLimit, After: q.Get("before")})
	if err != nil {
		return err
	}
	s := p.sight()
	rows := make([]views.ContactRow, len(list))
	for i, c := range list {
		rows[i] = views.ContactRow{
			ID: c.ID, Name: s.name(c.Name), Number: s.number(c.Phone), ExternalID: s.key(c.ExternalID), Tags: c.Tags,
			Always: p.alwaysOpen(c.Phone), OptIn: c.OptIn, Windows: c.Windows, Source: c.Source, LastIn: c.LastInboundAt,
		}
	}
	return d.page(w, r, http.StatusOK, views.Contacts(views.ContactsProps{
		Rows: rows, Now: d.Store.Now(), Older: next, BaseURL: d.BaseURL, Tester: p.tester(),
		Query: f.Search, Tag: f.Tag, OptIn: f.OptIn, MayWrite: p.May(portal.WriteMessages),
	}))
}

// alwaysOpen reports whether the number's window is open whoever wrote when.
func (p *Person) alwaysOpen(e164 string) bool {
	return messaging.AlwaysOpen(p.Environment, p.Account.Testers, e164)
}

// contactView is how the page of a contact is shown.
type contactView struct {
	status   int
	revealed bool
	form     *views.ContactForm // as it was sent, when it was refused
	wish     views.ConsentForm
	errors   map[string]portal.Words
}

// contact shows one person.
func (d *Dashboard) contact(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showContact(w, r, p, contactView{status: http.StatusOK})
}

// revealContact answers with the page and the personal data in it, and writes who saw them.
func (d *Dashboard) revealContact(w http.ResponseWriter, r *http.Request, p *Person) error {
	id := r.PathValue("id")
	if err := d.reveal(r.Context(), p, id, id); err != nil {
		return err
	}
	return d.showContact(w, r, p, contactView{status: http.StatusOK, revealed: true})
}

var contactSaved = portal.Words{EN: "Contact saved", PT: "Contato salvo"}

// saveContact writes name, tags and, when one was typed, the e-mail.
func (d *Dashboard) saveContact(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	form := views.ContactForm{
		Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email")), Tags: r.PostFormValue("tags"),
	}
	change := contacts.Upsert{Name: contacts.Some(form.Name), Tags: contacts.Some(views.TagsOf(form.Tags))}
	if form.Email != "" {
		change.Email = contacts.Some(form.Email)
	}
	err := d.Store.Tx(ctx, func(tx *store.Tx) error {
		if _, _, err := d.Contacts.PatchTx(tx, p.caller(ctx), id, change); err != nil {
			return err
		}
		return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "contact.updated", Target: id, RequestID: portal.RequestID(ctx)})
	})
	var refused *portal.Error
	if errors.As(err, &refused) && len(refused.Fields) > 0 {
		return d.showContact(w, r, p, contactView{status: http.StatusUnprocessableEntity, form: &form, errors: formErrors(refused.Fields)})
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, contactSaved)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/contacts/"+id)
}

var (
	contactErased = portal.Words{EN: "Contact erased", PT: "Contato apagado"}
	notConfirmed  = portal.Words{
		EN: "The confirmation does not match. Nothing was erased.",
		PT: "A confirmação não confere. Nada foi apagado.",
	}
)

// eraseContact erases a person (LGPD) once the confirmation was typed.
func (d *Dashboard) eraseContact(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	c, err := d.Contacts.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != confirmation(c) {
		return d.showContact(w, r, p, contactView{status: http.StatusUnprocessableEntity, errors: map[string]portal.Words{"confirm": notConfirmed}})
	}
	err = d.Store.Tx(ctx, func(tx *store.Tx) error { return d.Contacts.DeleteTx(tx, p.caller(ctx), c.ID) })
	if err == nil {
		err = d.Sessions.Flash(w, r, contactErased)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/contacts")
}

// confirmation is what must be typed to erase: the last digits of the number,
// which the page shows, or the end of the id of who has none.
func confirmation(c portal.Contact) string {
	if digits := phone.Digits(c.Phone); len(digits) > 4 {
		return digits[len(digits)-4:]
	}
	return c.ID[len(c.ID)-4:]
}

// historyLength is how many messages and handoffs the page of a contact shows.
const historyLength = 20

func (d *Dashboard) showContact(w http.ResponseWriter, r *http.Request, p *Person, v contactView) error {
	ctx := r.Context()
	c, err := d.Contacts.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	s := p.sight()
	s.revealed = v.revealed
	props := views.ContactProps{
		Contact: s.contact(c), Now: d.Store.Now(), Always: p.alwaysOpen(c.Phone), Confirm: confirmation(c), Revealed: v.revealed, Errors: v.errors, Wish: v.wish,
		MayWrite: p.May(portal.WriteMessages), MayExport: p.May(portal.RevealNumbers), Form: views.ContactForm{Name: c.Name, Tags: strings.Join(c.Tags, ", ")},
	}
	if v.form != nil {
		props.Form = *v.form
	}
	if props.MayReveal, err = d.mayReveal(ctx, p, c.ID); err != nil {
		return err
	}
	if err := d.contactHistory(ctx, p, &props); err != nil {
		return err
	}
	return d.page(w, at(r, "/contacts/"+c.ID), v.status, views.Contact(props))
}

// contactHistory adds messages, handoffs and the names of channels.
func (d *Dashboard) contactHistory(ctx context.Context, p *Person, props *views.ContactProps) error {
	list, next, err := d.Messaging.List(ctx, p.Tenant(), portal.MessageFilter{ContactID: props.Contact.ID}, portal.Page{Limit: historyLength})
	if err != nil {
		return err
	}
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return err
	}
	if props.Messages, err = d.messageRows(ctx, p, list, known); err != nil {
		return err
	}
	props.More = next != ""
	events, _, err := d.Events.List(ctx, p.Tenant(), portal.EventFilter{ContactID: props.Contact.ID}, portal.Page{Limit: historyLength})
	if err != nil {
		return err
	}
	if props.Events, err = d.eventRows(ctx, p, events); err != nil {
		return err
	}
	handoffs, _, err := d.Support.List(ctx, p.Tenant(), store.HandoffFilter{ContactID: props.Contact.ID}, portal.Page{Limit: historyLength})
	if err != nil {
		return err
	}
	for _, h := range handoffs {
		props.Handoffs = append(props.Handoffs, p.sight().handoff(h))
	}
	if props.Consents, err = d.Store.Reader(ctx).ConsentHistory(p.Tenant(), props.Contact.ID, historyLength); err != nil {
		return err
	}
	channels, err := d.Store.Reader(ctx).Channels(p.Tenant())
	if err != nil {
		return err
	}
	props.Channels = map[string]string{}
	for _, c := range channels {
		props.Channels[c.ID] = c.Name
	}
	return nil
}
