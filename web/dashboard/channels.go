package dashboard

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/views"
)

// channels lists the numbers of the environment.
func (d *Dashboard) channels(w http.ResponseWriter, r *http.Request, p *Person) error {
	list, err := d.Channels.List(r.Context(), p.Tenant())
	if err != nil {
		return err
	}
	props := views.ChannelsProps{Simulated: d.simulatedIn(p), Now: d.Store.Now()}
	for _, c := range list {
		props.Rows = append(props.Rows, channelRow(c))
	}
	return d.page(w, r, http.StatusOK, views.Channels(props))
}

func channelRow(c channels.State) views.ChannelRow {
	return views.ChannelRow{Channel: c.Channel, Number: phone.Format(c.Phone), Waiting: c.Waiting, People: c.People}
}

func (d *Dashboard) simulatedIn(p *Person) bool {
	return d.Channels.Provider(p.Environment) == portal.ProviderSimulator
}

// channelForm shows the form of a new number.
func (d *Dashboard) channelForm(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.page(w, r, http.StatusOK, views.ChannelNew(views.ChannelNewProps{Simulated: d.simulatedIn(p)}))
}

// connectChannel connects a number: with what the form says, or a simulated one.
func (d *Dashboard) connectChannel(w http.ResponseWriter, r *http.Request, p *Person) error {
	f := r.PostFormValue
	props := views.ChannelNewProps{Simulated: d.simulatedIn(p), Form: views.ChannelForm{
		Name: f("name"), PhoneNumberID: strings.TrimSpace(f("phone_number_id")), WABA: strings.TrimSpace(f("waba_id")),
	}}
	var c portal.Channel
	var err error
	if props.Simulated {
		c, err = d.Channels.Simulate(r.Context(), p.changes(r), props.Form.Name)
	} else {
		c, err = d.Channels.Connect(r.Context(), p.changes(r), channels.Draft{
			Name: props.Form.Name, PhoneNumberID: props.Form.PhoneNumberID, WABA: props.Form.WABA,
			Token: f("token"), AppSecret: f("app_secret"), PIN: f("pin"),
		})
	}
	props.Form.Errors, props.Trouble = channelRefused(err)
	if len(props.Form.Errors) > 0 || props.Trouble != nil {
		return d.page(w, at(r, "/channels/new"), http.StatusUnprocessableEntity, views.ChannelNew(props))
	}
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/channels/"+c.ID, portal.Words{EN: "Number connected", PT: "Número conectado"})
}

// changes returns the person as the channels know who acts.
func (p *Person) changes(r *http.Request) channels.By {
	return channels.By{Actor: p.Actor(), Tenant: p.Tenant(), RequestID: portal.RequestID(r.Context())}
}

// connectedElsewhere is the sentence for a number that some account has already.
var connectedElsewhere = portal.Words{EN: "This number is connected already. Remove it there first.", PT: "Este número já está conectado. Remova-o de lá primeiro."}

// channelRefused returns what a use case refused of a form, and what WhatsApp did.
func channelRefused(err error) (errors map[string]portal.Words, trouble *views.ChannelTrouble) {
	if t := channels.TroubleOf(err); t != nil {
		trouble = &views.ChannelTrouble{Cause: t.Cause, Fix: t.Fix}
		if t.Code != 0 || t.TraceID != "" {
			trouble.Words = strings.TrimSpace(fmt.Sprintf("WhatsApp %d/%d %s", t.Code, t.Subcode, t.TraceID))
		}
		if t.Field != "" {
			errors = map[string]portal.Words{t.Field: t.Cause}
		}
		return errors, trouble
	}
	errors = refusedFields(err)
	if words, bad := errors["phone_number_id"]; bad && words == fieldWords[portal.FieldConflict] {
		errors["phone_number_id"] = connectedElsewhere
	}
	return errors, nil
}
