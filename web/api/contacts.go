package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/store"
)

// Contact is a person on the wire.
type Contact struct {
	ID             string         `json:"id"`
	Environment    string         `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	ExternalID     *string        `json:"external_id" doc:"Your key, unique in the environment."`
	Phone          *string        `json:"phone" doc:"Canonical number, in Brazil with the ninth digit; unique in the environment."`
	WAID           *string        `json:"wa_id" doc:"The number as WhatsApp wrote it. It may lack Brazil's ninth digit: never compare it with to."`
	UserID         *string        `json:"user_id" doc:"WhatsApp's id of the person; the only identity when a user name hides the phone."`
	Username       *string        `json:"username" doc:"WhatsApp user name; it changes."`
	Name           *string        `json:"name"`
	Email          *string        `json:"email"`
	Country        *string        `json:"country" doc:"ISO 3166-1 alpha-2; from the number without a wish of yours."`
	Language       *string        `json:"language" doc:"WhatsApp's language code."`
	Timezone       *string        `json:"timezone" doc:"IANA zone; from the area code without a wish of yours."`
	Tags           []string       `json:"tags" doc:"A write replaces the whole list."`
	Attributes     map[string]any `json:"attributes" doc:"Text, number or boolean by key. A write merges by key, null removes."`
	OptIn          OptIn          `json:"opt_in" doc:"Whether the person wants messages."`
	Windows        []Window       `json:"windows" doc:"One for each of your numbers that the person ever wrote to."`
	Automation     Automation     `json:"automation" doc:"Whether automations leave the person alone."`
	LastInboundAt  *string        `json:"last_inbound_at" format:"date-time"`
	LastOutboundAt *string        `json:"last_outbound_at" format:"date-time"`
	Source         string         `json:"source" doc:"api, inbound, portal or another way in."`
	CreatedAt      string         `json:"created_at" format:"date-time"`
	UpdatedAt      string         `json:"updated_at" format:"date-time"`
}

// ContactWritten is a contact in the answer to a write.
type ContactWritten struct {
	Contact
	Warnings []Warning `json:"warnings" doc:"What was accepted but not applied."`
}

// Warning says what a write did not apply.
type Warning struct {
	Code   string `json:"code" doc:"opt_out_kept: an opt-out stays as it was."`
	Detail string `json:"detail" doc:"The reason in the caller's language."`
}

// OptIn is a person's consent.
type OptIn struct {
	Status    string  `json:"status" enum:"opted_in,opted_out,unknown" doc:"About any message."`
	Marketing string  `json:"marketing" enum:"opted_in,opted_out,unknown" doc:"About marketing only; never wider than status."`
	Source    *string `json:"source" doc:"Where it was given; whatsapp is the person's own word."`
	At        *string `json:"at" format:"date-time" doc:"When it was given; the newest wins."`
	Evidence  *string `json:"evidence" doc:"The proof."`
}

// Window is the 24-hour window towards one number.
type Window struct {
	ChannelID string  `json:"channel_id"`
	Open      bool    `json:"open"`
	ExpiresAt *string `json:"expires_at" format:"date-time" doc:"24 hours after the person's last message to that number."`
	Reason    *string `json:"reason" doc:"Why it is closed: never_wrote or expired."`
}

// Automation says whether automations are paused.
type Automation struct {
	Paused    bool    `json:"paused"`
	HandoffID *string `json:"handoff_id" doc:"The open handoff that pauses them."`
}

// ContactBody is the body of upsertContact and patchContact.
type ContactBody struct {
	ExternalID optional[string]         `json:"external_id,omitzero" maxLength:"255" doc:"Your key, unique in the environment." example:"CLI-42"`
	Phone      optional[string]         `json:"phone,omitzero" maxLength:"64" doc:"Any usual spelling; read in the account's country." example:"+5531987654321"`
	Name       optional[string]         `json:"name,omitzero" maxLength:"255" example:"Cliente Exemplo"`
	Email      optional[string]         `json:"email,omitzero" maxLength:"255" example:"cliente@example.com"`
	Country    optional[string]         `json:"country,omitzero" maxLength:"2" doc:"ISO 3166-1 alpha-2; from the number without a wish of yours." example:"BR"`
	Language   optional[string]         `json:"language,omitzero" maxLength:"20" doc:"WhatsApp's language code." example:"pt_BR"`
	Timezone   optional[string]         `json:"timezone,omitzero" maxLength:"64" doc:"IANA zone; from the area code without a wish of yours." example:"America/Sao_Paulo"`
	Tags       optional[[]string]       `json:"tags,omitzero" maxItems:"50" doc:"Replaces the whole list."`
	Attributes optional[map[string]any] `json:"attributes,omitzero" doc:"At most 50 keys; text up to 500 characters, number or boolean. Merged by key, null removes."`
	OptIn      optional[OptInBody]      `json:"opt_in,omitzero" doc:"Whether the person wants messages."`
}

// OptInBody is a wish to change consent.
type OptInBody struct {
	Status    *string    `json:"status,omitempty" enum:"opted_in,opted_out,unknown" doc:"About any message."`
	Marketing *string    `json:"marketing,omitempty" enum:"opted_in,opted_out,unknown" doc:"About marketing only; never wider than status."`
	Source    *string    `json:"source,omitempty" maxLength:"64" doc:"Where it was given." example:"checkout"`
	At        *time.Time `json:"at,omitempty" doc:"When it was given; the newest wins."`
	Evidence  *string    `json:"evidence,omitempty" maxLength:"500" doc:"The proof." example:"checkbox v3, pedido 981"`
}

// ContactPath names a contact.
type ContactPath struct {
	ID string `path:"id" maxLength:"300" doc:"Our id, ext:YOURID, or phone:NUMBER." example:"ext:CLI-42"`
}

func (a *API) registerContacts(h huma.API) {
	mountWrite(h, "upsertContact", a.upsertContact)
	mountBatch(h, "upsertContacts", a.upsertLine)
	mount(h, "listContacts", a.listContacts)
	mount(h, "getContact", a.getContact)
	mountWrite(h, "patchContact", a.patchContact)
	mountWrite(h, "deleteContact", a.deleteContact)
	mount(h, "resolveNumber", a.resolveNumber)
}

func (a *API) upsertContact(tx *store.Tx, c *call, in *struct{ Body ContactBody }) (reply, error) {
	contact, created, warnings, err := a.Contacts.UpsertTx(tx, c.caller, upsertOf(in.Body))
	if err != nil {
		return reply{}, err
	}
	c.contactID = contact.ID
	rep := reply{body: written(contact, warnings, c, tx.Now())}
	if created {
		rep.status, rep.location = http.StatusCreated, "/v1/contacts/"+contact.ID
	}
	return rep, nil
}

func (a *API) patchContact(tx *store.Tx, c *call, in *struct {
	ContactPath
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag that you read: change it only if it is still the same."`
	Body    ContactBody
},
) (reply, error) {
	if in.IfMatch != "" {
		now, err := lockedContact(tx, c.caller.Tenant, in.ID)
		if err != nil {
			return reply{}, err
		}
		body, err := encode(contactOf(now, tx.Now()))
		if err != nil {
			return reply{}, err
		}
		if !matches([]string{in.IfMatch}, etag(body)) {
			return reply{}, portal.Refuse(portal.CodePreconditionFailed)
		}
	}
	contact, warnings, err := a.Contacts.PatchTx(tx, c.caller, in.ID, upsertOf(in.Body))
	if err != nil {
		return reply{}, err
	}
	c.contactID = contact.ID
	return reply{body: written(contact, warnings, c, tx.Now())}, nil
}

// lockedContact reads a contact that others cannot change until the transaction ends.
func lockedContact(tx *store.Tx, t portal.Tenant, ref string) (portal.Contact, error) {
	found, err := tx.ContactByRef(t, ref)
	if err == nil {
		err = tx.LockContact(t, found.ID)
	}
	if err != nil {
		return found, err
	}
	return tx.ContactByRef(t, found.ID)
}

func (a *API) deleteContact(tx *store.Tx, c *call, in *ContactPath) (reply, error) {
	return reply{status: http.StatusNoContent}, a.Contacts.DeleteTx(tx, c.caller, in.ID)
}

func (a *API) getContact(ctx context.Context, c *call, in *ContactPath) (reply, error) {
	contact, err := a.Contacts.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	c.contactID = contact.ID
	return reply{body: contactOf(contact, a.Store.Now()), tag: true}, nil
}

// ListContactsInput are the filters of the list.
type ListContactsInput struct {
	PageQuery
	Search       string    `query:"search" maxLength:"255" doc:"Part of the name, the e-mail or your key; or a whole number."`
	Tag          string    `query:"tag" maxLength:"64" doc:"Only with this tag."`
	OptIn        string    `query:"opt_in" enum:"opted_in,opted_out,unknown" doc:"Only of this consent."`
	UpdatedSince time.Time `query:"updated_since" doc:"Only changed at or after this time."`
}

func (a *API) listContacts(ctx context.Context, c *call, in *ListContactsInput) (reply, error) {
	f := portal.ContactFilter{Search: in.Search, Tag: in.Tag, OptIn: in.OptIn, UpdatedSince: given(in.UpdatedSince)}
	name := "contacts"
	if f.SortsByChange() {
		name = "contacts by change" // a cursor of one order means nothing in the other
	}
	page, err := in.page(name)
	if err != nil {
		return reply{}, err
	}
	rows, next, err := a.Contacts.List(ctx, c.caller.Tenant, f, page)
	if err != nil {
		return reply{}, err
	}
	now := a.Store.Now()
	return listed(c, name, next, each(rows, func(p portal.Contact) Contact { return contactOf(p, now) })), nil
}

func upsertOf(b ContactBody) contacts.Upsert {
	u := contacts.Upsert{
		ExternalID: contacts.Optional[string](b.ExternalID), Phone: contacts.Optional[string](b.Phone), Name: contacts.Optional[string](b.Name),
		Email: contacts.Optional[string](b.Email), Country: contacts.Optional[string](b.Country), Language: contacts.Optional[string](b.Language),
		Timezone: contacts.Optional[string](b.Timezone), Tags: contacts.Optional[[]string](b.Tags), Attributes: contacts.Optional[map[string]any](b.Attributes),
	}
	u.OptIn = contacts.Optional[portal.ConsentChange](consentOf(b.OptIn))
	return u
}

func consentOf(o optional[OptInBody]) optional[portal.ConsentChange] {
	v := o.Value
	return optional[portal.ConsentChange]{
		Set: o.Set, Null: o.Null,
		Value: portal.ConsentChange{Status: v.Status, Marketing: v.Marketing, Source: v.Source, At: v.At, Evidence: v.Evidence},
	}
}

func written(p portal.Contact, warnings []portal.Warning, c *call, now time.Time) ContactWritten {
	return ContactWritten{contactOf(p, now), each(warnings, func(w portal.Warning) Warning {
		return Warning{Code: w.Code, Detail: w.Detail.In(c.lang)}
	})}
}

func contactOf(p portal.Contact, now time.Time) Contact {
	w := Contact{
		ID: p.ID, Environment: string(p.Environment), ExternalID: text(p.ExternalID), Phone: text(p.Phone), WAID: text(p.WAID),
		UserID: text(p.UserID), Username: text(p.Username), Name: text(p.Name), Email: text(p.Email), Country: text(p.Country),
		Language: text(p.Language), Timezone: text(p.Timezone), Tags: p.Tags, Attributes: p.Attributes,
		OptIn:         OptIn{Status: p.OptIn.Status, Marketing: p.OptIn.Marketing, Source: text(p.OptIn.Source), At: moment(p.OptIn.At), Evidence: text(p.OptIn.Evidence)},
		Windows:       each(p.Windows, func(win portal.Window) Window { return windowOf(win, now) }),
		Automation:    Automation{Paused: p.HandoffID != "", HandoffID: text(p.HandoffID)},
		LastInboundAt: moment(p.LastInboundAt), LastOutboundAt: moment(p.LastOutboundAt), Source: p.Source,
		CreatedAt: portal.FormatTime(p.CreatedAt), UpdatedAt: portal.FormatTime(p.UpdatedAt),
	}
	return w
}

func windowOf(win portal.Window, now time.Time) Window {
	open, expires, reason := win.State(now)
	return Window{ChannelID: win.ChannelID, Open: open, ExpiresAt: moment(expires), Reason: text(reason)}
}
