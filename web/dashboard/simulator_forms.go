package dashboard

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

// arrange runs a form of the phone page for its customer and goes back to it.
func (d *Dashboard) arrange(w http.ResponseWriter, r *http.Request, p *Person, do func(ctx context.Context, who handset) error) error {
	if p.Environment != portal.Test {
		return portal.Refuse(portal.CodeEnvironmentMismatch)
	}
	who, err := d.handset(r, p)
	if err == nil {
		err = do(r.Context(), who)
	}
	switch portal.CodeOf(err) {
	case portal.CodeValidationFailed, portal.CodeInvalidNumber, portal.CodeMalformedJSON:
		return d.showSimulator(w, r, p, whyRefused(err))
	}
	if err != nil {
		return err
	}
	var kv []string
	for _, k := range who.keys {
		kv = append(kv, k.Name, k.Value)
	}
	return d.redirect(w, r, "/simulator", kv...)
}

// errForgotten: the log is short, and under load not every try is kept.
var errForgotten = &portal.Error{Code: portal.CodeValidationFailed, Fields: []portal.FieldError{{Pointer: "/delivery", Code: portal.FieldNotFound}}}

func whyRefused(err error) portal.Words {
	// By identity: errors of the same code are equal to errors.Is.
	if e, ok := errors.AsType[*portal.Error](err); ok && e == errForgotten {
		return portal.Words{EN: "This callback is not in the log any more. The latest are below.", PT: "Este callback já não está no log. Os últimos estão abaixo."}
	}
	if portal.CodeOf(err) == portal.CodeInvalidNumber {
		return badNumber
	}
	return portal.Words{EN: "A customer could not send this. Check what the form asks for.", PT: "Um cliente não conseguiria enviar isto. Confira o que o formulário pede."}
}

// settle delivers what is due, so that the page that follows shows it.
func (d *Dashboard) settle(ctx context.Context) error {
	_, err := d.Simulator.DeliverDue(ctx)
	return err
}

// steps are how much time the page lets pass.
var steps = map[string]time.Duration{"1h": time.Hour, "24h": 24 * time.Hour, "168h": 7 * 24 * time.Hour}

// simulatorClock lets time pass for the channel, or ends a window or what waits.
func (d *Dashboard) simulatorClock(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.arrange(w, r, p, func(ctx context.Context, who handset) error {
		step, known := steps[r.PostForm.Get("add")]
		switch {
		case r.PostForm.Get("add") == "close":
			return d.closeWindow(ctx, p, who)
		case r.PostForm.Get("add") == "expire":
			return d.expireWaiting(ctx, p, who)
		case !known:
			return errNotWritten
		}
		if err := d.Simulator.Pass(ctx, who.phone, step); err != nil {
			return err
		}
		if err := d.settle(ctx); err != nil {
			return err
		}
		err := d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.LetTimePass(who.channel, step) })
		d.Store.Notify(messaging.Topic)
		return err
	})
}

func (d *Dashboard) closeWindow(ctx context.Context, p *Person, who handset) error {
	err := d.Simulator.SetPerson(ctx, who.phone, who.number, func(person *simulator.Person) {
		if !person.WroteAt.IsZero() {
			person.WroteAt = d.Store.Now().Add(-portal.WindowLength)
		}
	})
	if err != nil || who.contact == nil {
		return err
	}
	return d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.CloseWindow(p.Tenant(), who.contact.ID, who.channel.ID) })
}

func (d *Dashboard) expireWaiting(ctx context.Context, p *Person, who handset) error {
	if who.contact == nil {
		return nil
	}
	err := d.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ExpireWaiting(p.Tenant(), who.contact.ID) })
	d.Store.Notify(messaging.Topic)
	return err
}
