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
	consentSaved = portal.Words{EN: "Consent recorded", PT: "Consentimento registrado"}
	sourceNeeded = portal.Words{
		EN: "Say where the person said so: without it nobody can prove the consent.",
		PT: "Diga onde a pessoa disse isso: sem isso ninguém prova o consentimento.",
	}
)

// readWish reads what a form says of a person's consent.
func readWish(r *http.Request) views.ConsentForm {
	return views.ConsentForm{
		Wants: r.PostFormValue("wants"), Source: strings.TrimSpace(r.PostFormValue("source")), Evidence: strings.TrimSpace(r.PostFormValue("evidence")),
	}
}

// wished turns the form into the change that it asks for, given now; false when it asks for none.
func (d *Dashboard) wished(f views.ConsentForm) (ch portal.ConsentChange, ok bool) {
	now := d.Store.Now()
	status, marketing := portal.OptedIn, portal.OptedIn
	switch f.Wants {
	case views.WantsAll:
	case views.WantsService:
		marketing = portal.OptedOut
	case views.WantsNothing:
		status, marketing = portal.OptedOut, portal.OptedOut
	default:
		return ch, false
	}
	ch = portal.ConsentChange{Status: &status, Marketing: &marketing, Source: &f.Source, At: &now}
	if f.Evidence != "" {
		ch.Evidence = &f.Evidence
	}
	return ch, true
}

// saveConsent writes what a person said about messages, elsewhere than on WhatsApp.
func (d *Dashboard) saveConsent(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id, wish := r.Context(), r.PathValue("id"), readWish(r)
	change, ok := d.wished(wish)
	if !ok {
		return portal.Refuse(portal.CodeNotFound)
	}
	errs := map[string]portal.Words{}
	if wish.Source == "" {
		errs["source"] = sourceNeeded
	}
	if len(errs) == 0 {
		err := d.Store.Tx(ctx, func(tx *store.Tx) error {
			_, warnings, err := d.Contacts.PatchTx(tx, p.caller(ctx), id, contacts.Upsert{OptIn: contacts.Some(change)})
			for _, kept := range warnings {
				errs["evidence"] = kept.Detail
			}
			if err != nil || len(warnings) > 0 {
				return err
			}
			return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "contact.consent", Target: id, RequestID: portal.RequestID(ctx)})
		})
		if refused := refusedFields(err); refused != nil {
			errs = refused
		} else if err != nil {
			return err
		}
	}
	if len(errs) > 0 {
		return d.showContact(w, r, p, contactView{status: http.StatusUnprocessableEntity, wish: wish, errors: errs})
	}
	if err := d.Sessions.Flash(w, r, consentSaved); err != nil {
		return err
	}
	return d.redirect(w, r, "/contacts/"+id)
}
