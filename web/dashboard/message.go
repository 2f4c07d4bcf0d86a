package dashboard

import (
	"context"
	"net/http"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// messageView is how the page of a message is shown.
type messageView struct {
	status   int
	revealed bool
	problem  portal.Words
}

// message explains one message.
func (d *Dashboard) message(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showMessage(w, r, p, messageView{status: http.StatusOK})
}

// revealMessage answers with the page and the personal data in it, and writes who saw them.
func (d *Dashboard) revealMessage(w http.ResponseWriter, r *http.Request, p *Person) error {
	m, _, err := d.Messaging.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := d.reveal(r.Context(), p, m.ContactID, m.ID); err != nil {
		return err
	}
	return d.showMessage(w, r, p, messageView{status: http.StatusOK, revealed: true})
}

var messageCanceled = portal.Words{EN: "Message canceled", PT: "Mensagem cancelada"}

// cancelMessage cancels what has not left yet.
func (d *Dashboard) cancelMessage(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	err := d.Store.Tx(ctx, func(tx *store.Tx) error {
		if _, err := d.Messaging.CancelTx(tx, p.caller(ctx), id); err != nil {
			return err
		}
		return tx.Audit(portal.Audit{AccountID: p.Account.ID, Actor: p.Actor(), Action: "message.canceled", Target: id, RequestID: portal.RequestID(ctx)})
	})
	if portal.CodeOf(err) == portal.CodeNotCancelable {
		entry, _ := portal.EntryOf(portal.CodeNotCancelable)
		return d.showMessage(w, r, p, messageView{status: http.StatusConflict, problem: entry.Detail})
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, messageCanceled)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/messages/"+id)
}

func (d *Dashboard) showMessage(w http.ResponseWriter, r *http.Request, p *Person, v messageView) error {
	props, err := d.messageProps(r.Context(), p, r.PathValue("id"), v)
	if err != nil {
		return err
	}
	if isFragment(r) {
		return d.page(w, r, v.status, views.MessageParts(props))
	}
	return d.page(w, at(r, "/messages/"+props.Message.ID), v.status, views.Message(props))
}

func (d *Dashboard) messageProps(ctx context.Context, p *Person, id string, v messageView) (props views.MessageProps, err error) {
	m, history, err := d.Messaging.Get(ctx, p.Tenant(), id)
	if err != nil {
		return props, err
	}
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return props, err
	}
	s := p.sight()
	s.revealed = v.revealed
	sent := templateOf(m)
	props = views.MessageProps{
		Message: s.message(m), Number: s.number(customer(m)), History: s.history(history), Template: sent.Name, Language: sent.Language.Code,
		Kind: contentKind(ctx, m), Erased: m.Content == nil && (m.Type == portal.TypeTemplate || portal.FreeForm(m.Type)),
		Withheld: s.withheld, Revealed: s.revealed, Problem: v.problem,
		MayCancel: p.May(portal.WriteMessages) && (m.Status == portal.StatusScheduled || m.Status == portal.StatusQueued),
	}
	if !s.withheld {
		held, err := d.files(ctx, p, m)
		if err != nil {
			return props, err
		}
		props.Bubble, props.Context = s.shown(known.bubble(ctx, m, held)), s.text(originOf(ctx, m))
	}
	if props.JSON, err = d.Wire.MessageAnswer(props.Message, props.History, ui.From(ctx).Lang); err != nil {
		return props, err
	}
	rest, err := d.Messaging.Hindered(ctx, m)
	if err != nil {
		return props, err
	}
	if rest != nil {
		props.Rest = (*views.RestProps)(rest)
	}
	return props, d.messageSurroundings(ctx, p, m, &props)
}

// messageSurroundings adds what the message points at: call, tokens, channel and contact.
func (d *Dashboard) messageSurroundings(ctx context.Context, p *Person, m portal.Message, props *views.MessageProps) (err error) {
	if props.MayReveal, err = d.mayReveal(ctx, p, m.ContactID); err != nil {
		return err
	}
	c, err := d.Contacts.Get(ctx, p.Tenant(), m.ContactID)
	switch {
	case err == nil:
		props.Contact, props.Name = true, p.sight().name(c.Name)
	case portal.CodeOf(err) != portal.CodeNotFound:
		return err
	}
	if props.Channel, err = d.Store.Reader(ctx).Channel(p.Tenant(), m.ChannelID); err != nil && portal.CodeOf(err) != portal.CodeNotFound {
		return err
	}
	props.Channel.Phone = phone.Format(props.Channel.Phone)
	if m.UserID != "" && m.Source == portal.SourcePortal {
		if sender, err := d.Store.Reader(ctx).User(m.UserID); err == nil {
			props.Sender = sender.Name
		} else if portal.CodeOf(err) != portal.CodeNotFound {
			return err
		}
	}
	if m.RequestID != "" {
		entry, err := d.Log.Get(ctx, p.Tenant(), m.RequestID)
		if err == nil {
			props.Request = &entry
		} else if portal.CodeOf(err) != portal.CodeNotFound {
			return err
		}
	}
	ids := map[string]bool{m.TokenID: true}
	for _, replay := range props.History.Replays {
		ids[replay.TokenID] = true
	}
	props.Tokens, err = d.tokenNames(ctx, p.Tenant(), sortedKeys(ids))
	return err
}

// tokenNames returns the names of tokens, ended ones too, by id.
func (d *Dashboard) tokenNames(ctx context.Context, t portal.Tenant, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		if id == "" {
			continue
		}
		token, err := d.Tokens.Get(ctx, t, id)
		if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
			return nil, err
		}
		names[id] = token.Name
	}
	return names, nil
}

// history masks what WhatsApp's words may hold.
func (s sight) history(h portal.History) portal.History {
	attempts := make([]portal.Attempt, len(h.Attempts))
	for i, a := range h.Attempts {
		if a.Failure != nil && a.Failure.Provider != nil {
			told := *a.Failure.Provider
			told.Details = s.text(told.Details)
			a.Failure = &portal.Failure{Code: a.Failure.Code, Provider: &told}
		}
		attempts[i] = a
	}
	h.Attempts = attempts
	return h
}
