package dashboard

import (
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
)

var (
	contactCreated = portal.Words{EN: "Contact created", PT: "Contato criado"}
	contactKnown   = portal.Words{EN: "This contact was there already. It was changed.", PT: "Este contato já existia. Ele foi alterado."}
	contactTaken   = portal.Words{
		EN: "This number belongs to a contact with another external_id. Open that one, or leave external_id empty.",
		PT: "Este número é de um contato com outro external_id. Abra esse contato ou deixe external_id vazio.",
	}
	numberInvalid = portal.Words{EN: "This is not a telephone number. Write it with area code, such as 11 98765-4321.", PT: "Isto não é um telefone. Escreva com DDD, como 11 98765-4321."}
)

// contactForm shows the form of a new contact.
func (d *Dashboard) contactForm(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.page(w, r, http.StatusOK, views.ContactNew(views.ContactNewProps{}))
}

// createContact writes the contact of the form, or changes the one that it names.
func (d *Dashboard) createContact(w http.ResponseWriter, r *http.Request, p *Person) error {
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	f := views.ContactNewProps{
		Phone: text("phone"), ExternalID: text("external_id"), Wish: readWish(r),
		ContactForm: views.ContactForm{Name: text("name"), Email: text("email"), Tags: text("tags")},
	}
	in := contacts.Upsert{Phone: contacts.Some(f.Phone)}
	for value, field := range map[*string]*contacts.Optional[string]{&f.ExternalID: &in.ExternalID, &f.Name: &in.Name, &f.Email: &in.Email} {
		if *value != "" {
			*field = contacts.Some(*value)
		}
	}
	if tags := views.TagsOf(f.Tags); len(tags) > 0 {
		in.Tags = contacts.Some(tags)
	}
	if change, ok := d.wished(f.Wish); ok {
		if f.Wish.Source == "" {
			f.Errors = map[string]portal.Words{"source": sourceNeeded}
			return d.page(w, at(r, "/contacts/new"), http.StatusUnprocessableEntity, views.ContactNew(f))
		}
		in.OptIn = contacts.Some(change)
	}
	c, created, err := d.upsert(r, p, in)
	if f.Errors = contactRefusal(err); f.Errors != nil {
		return d.page(w, at(r, "/contacts/new"), http.StatusUnprocessableEntity, views.ContactNew(f))
	}
	said := contactCreated
	if !created {
		said = contactKnown
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, said)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/contacts/"+c.ID)
}

func (d *Dashboard) upsert(r *http.Request, p *Person, in contacts.Upsert) (c portal.Contact, created bool, err error) {
	ctx := r.Context()
	err = d.Store.Tx(ctx, func(tx *store.Tx) (err error) {
		if c, created, _, err = d.Contacts.UpsertTx(tx, p.caller(ctx), in); err != nil {
			return err
		}
		action := "contact.updated"
		if created {
			action = "contact.created"
		}
		return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: action, Target: c.ID, RequestID: portal.RequestID(ctx)})
	})
	return c, created, err
}

// contactRefusal is why a contact was refused, by field; nil for any other outcome.
func contactRefusal(err error) map[string]portal.Words {
	switch portal.CodeOf(err) {
	case portal.CodeInvalidNumber:
		return map[string]portal.Words{"phone": numberInvalid}
	case portal.CodeContactConflict:
		return map[string]portal.Words{"external_id": contactTaken}
	}
	return refusedFields(err)
}
