package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/web/attachment"
)

// takeConversation gives the waiting handoff to the person; who comes second is told who has it.
func (d *Dashboard) takeConversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	var h portal.Handoff
	err := d.Store.Tx(r.Context(), func(tx *store.Tx) (err error) {
		h, err = d.Support.TakeTx(tx, p.Tenant(), r.PathValue("id"), p.Actor())
		return err
	})
	switch {
	case errors.Is(err, support.ErrTaken):
		return d.showConversation(w, r, p, conversationView{status: http.StatusConflict, errors: map[string]portal.Words{"form": takenWords(h)}})
	case portal.CodeOf(err) == portal.CodeAlreadyResolved:
		return d.alreadyResolved(w, r, p)
	case err != nil:
		return err
	}
	return d.redirect(w, r, "/conversations/"+h.ID, "view", views.ViewMine)
}

func takenWords(h portal.Handoff) portal.Words {
	who := ""
	if h.AssignedTo != nil {
		who = h.AssignedTo.Name
	}
	return portal.Words{
		EN: who + " has taken this conversation. Ask them, or assign it to yourself.",
		PT: who + " já assumiu esta conversa. Combine com a pessoa ou atribua a você.",
	}
}

// assignConversation gives the handoff to a member of the account.
func (d *Dashboard) assignConversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	a := support.Assignment{ID: r.PathValue("id"), UserID: r.PostFormValue("member"), Actor: p.Actor()}
	var h portal.Handoff
	err := d.Store.Tx(r.Context(), func(tx *store.Tx) (err error) {
		h, err = d.Support.AssignTx(tx, p.Tenant(), a)
		return err
	})
	if portal.CodeOf(err) == portal.CodeAlreadyResolved {
		return d.alreadyResolved(w, r, p)
	}
	if errs := refusedFields(err); errs != nil {
		return d.showConversation(w, r, p, conversationView{status: http.StatusUnprocessableEntity, errors: errs})
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, portal.Words{EN: "Assigned to " + h.AssignedTo.Name, PT: "Atribuída a " + h.AssignedTo.Name})
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/conversations/"+h.ID, "view", viewOf(h, p))
}

// returned is what the log of the conversation says when automation has it again.
var returned = portal.Words{EN: "Returned to automation", PT: "Devolvida à automação"}

// returnConversation ends the handoff without a word, so that automations go on.
func (d *Dashboard) returnConversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	res := support.Resolution{
		ID: r.PathValue("id"), Outcome: "other", Note: returned.In(p.Account.Language), Returned: true, Actor: p.Actor(),
	}
	return d.endConversation(w, r, p, res, returned)
}

// endConversation resolves the handoff and says so.
func (d *Dashboard) endConversation(w http.ResponseWriter, r *http.Request, p *Person, res support.Resolution, said portal.Words) error { //nolint:revive // what every handler takes, and what to say
	err := d.Store.Tx(r.Context(), func(tx *store.Tx) error {
		_, err := d.Support.ResolveTx(tx, p.Tenant(), res)
		return err
	})
	if portal.CodeOf(err) == portal.CodeAlreadyResolved {
		return d.alreadyResolved(w, r, p)
	}
	if errs := refusedFields(err); errs != nil {
		return d.showConversation(w, r, p, conversationView{status: http.StatusUnprocessableEntity, outcome: res.Outcome, note: res.Note, errors: errs})
	}
	if err == nil {
		err = d.Sessions.Flash(w, r, said)
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/conversations/"+res.ID, "view", views.ViewClosed)
}

// sayInConversation sends an answer or a template, or writes an internal note.
func (d *Dashboard) sayInConversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	form, id := posted(r), r.PathValue("id")
	if form.Get("show") != "" { // without scripts: the parameters of the chosen template
		return d.showConversation(w, r, p, conversationView{status: http.StatusOK, say: form})
	}
	var err error
	if form.Get("kind") == views.SayNote {
		err = d.Store.Tx(r.Context(), func(tx *store.Tx) error {
			n := portal.HandoffNote{HandoffID: id, Author: portal.Requester{Kind: portal.ActorUser, ID: p.User.ID, Name: p.User.Name}, Body: form.Get("text")}
			return d.Support.NoteTx(tx, p.Tenant(), n)
		})
	} else {
		err = d.reply(r, p, form)
	}
	switch code := refusedCode(err); {
	case errors.Is(err, support.ErrNotTaken):
		return d.showConversation(w, r, p, conversationView{status: http.StatusConflict, say: form, errors: map[string]portal.Words{"form": {
			EN: "Take the conversation first: somebody else may be answering.", PT: "Assuma a conversa antes: outra pessoa pode estar respondendo.",
		}}})
	case errors.Is(err, errBare):
		return d.showConversation(w, r, p, conversationView{status: http.StatusUnprocessableEntity, say: form, errors: map[string]portal.Words{"form": {
			EN: "A sticker goes without a text. Send one, then the other.", PT: "Uma figurinha vai sem texto. Envie uma coisa e depois a outra.",
		}}})
	case code == portal.CodeAlreadyResolved:
		return d.alreadyResolved(w, r, p)
	case code != "":
		return d.showConversation(w, r, p, conversationView{status: http.StatusUnprocessableEntity, say: form, refused: code})
	case err != nil:
		return err
	}
	return d.redirect(w, r, "/conversations/"+id, "view", form.Get("view"))
}

// reply sends what the form says, once.
func (d *Dashboard) reply(r *http.Request, p *Person, form url.Values) error {
	ctx, id := r.Context(), r.PathValue("id")
	code, err := d.barred(ctx, p)
	if err != nil {
		return err
	}
	if code != "" {
		return portal.Refuse(code)
	}
	a := support.Answer{ChannelID: form.Get("channel"), Text: strings.ReplaceAll(form.Get("text"), "\r\n", "\n")}
	if form.Get("kind") == views.SayTemplate {
		a.Template, a.Language, _ = strings.Cut(form.Get("template"), "/")
		if err := d.fillAnswer(ctx, p, &a, form); err != nil {
			return err
		}
	}
	what := form.Get("kind") + "\n" + a.Text + "\n" + form.Get("template") + "\n" + id
	if form.Get("kind") == views.SayReply {
		if a.File, err = d.answerFile(r, p, form); err != nil {
			return err
		}
		if a.File != nil {
			what += "\n" + contentPrint(*a.File)
		}
	}
	_, err = d.once(ctx, p, once{form.Get("nonce"), []byte(what), func(tx *store.Tx) (portal.Message, error) {
		return d.Support.ReplyTx(tx, p.sender(ctx), id, a)
	}})
	return err
}

// errBare: a sticker was to carry a text.
var errBare = errors.New("a sticker with a text")

// answerFile returns the file that goes with the answer: the one that came with
// the form, or came with it before it was refused; nil for none.
func (d *Dashboard) answerFile(r *http.Request, p *Person, form url.Values) (*portal.Media, error) {
	m, err := d.attach(r, p, form)
	if id := form.Get("media"); err == nil && m.ID == "" && id != "" {
		m, err = d.Media.Get(r.Context(), p.Tenant(), id)
	}
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil, portal.Refuse(portal.CodeMediaNotFound)
	}
	if err != nil || m.ID == "" {
		return nil, err
	}
	if kind, _ := portal.ContentWith(m, form.Get("text")); kind == portal.TypeSticker && form.Get("text") != "" {
		return nil, errBare
	}
	return &m, nil
}

// fillAnswer reads the parameters of the answer's template from the form.
func (d *Dashboard) fillAnswer(ctx context.Context, p *Person, a *support.Answer, form url.Values) error {
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return err
	}
	t := fillTemplate(known[a.Template+"\n"+a.Language], func(field string) string { return strings.TrimSpace(form.Get("p." + field)) })
	a.Parameters = t.Parameters
	if len(t.Components) > 0 {
		a.Components, err = json.Marshal(t.Components)
	}
	return err
}

// sayForm fills in the form under the thread, and who may have the conversation.
func (d *Dashboard) sayForm(ctx context.Context, p *Person, v conversationView, props *views.ConversationProps) (err error) {
	if !props.MayWrite {
		return nil
	}
	members, err := d.Support.Agents(d.Store.Reader(ctx), p.Account.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		label := m.Name + ", " + ui.W(ctx, roleName(m.Role))
		if m.UserID == p.User.ID {
			label = m.Name + ", " + ui.L(ctx, "you", "você")
		}
		props.Members = append(props.Members, ui.Choice{Value: m.UserID, Label: label, Chosen: props.Handoff.AssignedTo != nil && props.Handoff.AssignedTo.ID == m.UserID})
	}
	props.Say, props.Refused = v.say, v.refused
	if props.Say == nil {
		props.Say = url.Values{}
	}
	if id := props.Say.Get("media"); id != "" {
		m, err := d.Media.Get(ctx, p.Tenant(), id)
		if err == nil {
			props.Attached = &views.File{Icon: "note", Name: m.Filename, Note: views.FileNote(ctx, m), Path: "/media/" + m.ID, Picture: attachment.IsPicture(m.Type)}
		} else if portal.CodeOf(err) != portal.CodeNotFound {
			return err
		}
	}
	if props.Say.Get("nonce") == "" || v.refused == "" {
		props.Say.Set("nonce", newNonce())
	}
	if props.Say.Get("template") == "" && len(props.Templates) > 0 {
		t := props.Templates[firstTemplate(props.Templates, p.speaks(props.Contact))]
		props.Say.Set("template", t.Name+"/"+t.Language)
	}
	return nil
}

// speaks is the language that a person is written to in: their own, else that
// of their country, else the account's.
func (p *Person) speaks(c *portal.Contact) string {
	switch {
	case c == nil:
	case c.Language != "":
		return c.Language
	case c.Country == "BR", c.Country == "PT":
		return portal.LangPT
	case c.Country != "":
		return portal.LangEN
	}
	return p.Account.Language
}

// templateParameters is the part of a form with a field for each parameter of a template.
func (d *Dashboard) templateParameters(w http.ResponseWriter, r *http.Request, p *Person) error {
	known, err := d.texts(r.Context(), p.Tenant())
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.TemplateParameters(views.ComposeProps{Form: url.Values{"template": {r.FormValue("template")}}, Templates: known.sorted()}))
}
