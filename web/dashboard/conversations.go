package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

// queueOf returns the filter of a view of the queue; false for no view.
func queueOf(view string, p *Person) (store.HandoffFilter, bool) {
	switch view {
	case views.ViewWaiting:
		return store.HandoffFilter{Status: portal.HandoffWaiting, OldestFirst: true}, true
	case views.ViewMine:
		return store.HandoffFilter{AssigneeID: p.User.ID, Open: true, OldestFirst: true}, true
	case views.ViewAll:
		return store.HandoffFilter{Open: true, OldestFirst: true}, true
	case views.ViewClosed:
		return store.HandoffFilter{Status: portal.HandoffResolved}, true
	}
	return store.HandoffFilter{}, false
}

// conversations lists the handoffs of a view.
func (d *Dashboard) conversations(w http.ResponseWriter, r *http.Request, p *Person) error {
	view, department := r.FormValue("view"), departmentOf(r, p)
	f, ok := queueOf(view, p)
	if !ok {
		view = views.ViewWaiting
		f, _ = queueOf(view, p)
	}
	f.Department = department
	rows, next, err := d.queue(r.Context(), p, f, r.FormValue("before"))
	if err != nil {
		return err
	}
	props := views.ConversationsProps{View: view, Rows: rows, More: next, Now: d.Store.Now(), BaseURL: d.BaseURL, Tester: p.tester(), Any: true}
	if props.Filter, err = d.queueFilter(r.Context(), p, department); err != nil {
		return err
	}
	if len(rows) == 0 {
		ever, _, err := d.Support.List(r.Context(), p.Tenant(), store.HandoffFilter{}, portal.Page{Limit: 1})
		if err != nil {
			return err
		}
		props.Any = len(ever) > 0
	}
	if isFragment(r) {
		return d.page(w, r, http.StatusOK, views.ConversationsParts(props))
	}
	return d.page(w, r, http.StatusOK, views.Conversations(props))
}

// departmentOf is the department that the queue is narrowed to; "" for one that the account does not have.
func departmentOf(r *http.Request, p *Person) string {
	if wanted := r.URL.Query().Get("department"); slices.Contains(p.Account.Departments, wanted) {
		return wanted
	}
	return ""
}

// queueFilter counts the views and offers the departments.
func (d *Dashboard) queueFilter(ctx context.Context, p *Person, department string) (f views.QueueFilter, err error) {
	f = views.QueueFilter{Department: department, Departments: p.Account.Departments}
	c, err := d.Store.Reader(ctx).CountHandoffs(p.Tenant(), p.User.ID, department)
	f.Waiting, f.Mine, f.Open = c.Waiting, c.Mine, c.Open
	return f, err
}

// queue returns a page of handoffs, masked.
func (d *Dashboard) queue(ctx context.Context, p *Person, f store.HandoffFilter, after string) ([]portal.Handoff, string, error) {
	list, next, err := d.Support.List(ctx, p.Tenant(), f, portal.Page{Limit: portal.DefaultLimit, After: after})
	for i := range list {
		list[i] = p.sight().handoff(list[i])
	}
	return list, next, err
}

// conversationView is how the page of a handoff is shown.
type conversationView struct {
	status        int
	revealed      bool
	outcome, note string // as sent, when the form was refused
	errors        map[string]portal.Words
	say           url.Values  // as sent, when the answer was refused
	refused       portal.Code // why it was
}

// conversation shows one handoff and its thread.
func (d *Dashboard) conversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showConversation(w, r, p, conversationView{status: http.StatusOK})
}

// revealConversation answers with the page and the personal data in it, and writes who saw them.
func (d *Dashboard) revealConversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	h, err := d.Support.Get(r.Context(), p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := d.reveal(r.Context(), p, h.ContactID, h.ID); err != nil {
		return err
	}
	return d.showConversation(w, r, p, conversationView{status: http.StatusOK, revealed: true})
}

var conversationResolved = portal.Words{EN: "Conversation resolved", PT: "Conversa resolvida"}

// resolveConversation ends the handoff, so that automations may go on.
func (d *Dashboard) resolveConversation(w http.ResponseWriter, r *http.Request, p *Person) error {
	res := support.Resolution{ID: r.PathValue("id"), Outcome: r.PostFormValue("outcome"), Note: r.PostFormValue("note"), Actor: p.Actor()}
	return d.endConversation(w, r, p, res, conversationResolved)
}

// alreadyResolved shows the handoff as somebody else left it.
func (d *Dashboard) alreadyResolved(w http.ResponseWriter, r *http.Request, p *Person) error {
	entry, _ := portal.EntryOf(portal.CodeAlreadyResolved)
	return d.showConversation(w, r, p, conversationView{status: http.StatusConflict, errors: map[string]portal.Words{"form": entry.Detail}})
}

// threadLength is how many messages of a conversation are shown.
const threadLength = 50

func (d *Dashboard) showConversation(w http.ResponseWriter, r *http.Request, p *Person, v conversationView) error {
	ctx := r.Context()
	h, err := d.Support.Get(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	s := p.sight()
	s.revealed = v.revealed
	props := views.ConversationProps{
		Handoff: s.handoff(h), Requester: requesterName(ctx, h), Now: d.Store.Now(), Withheld: s.withheld, Mine: isOf(h, p),
		MayWrite: p.May(portal.WriteConversations), MayReveal: p.May(portal.RevealNumbers) || p.May(portal.WriteConversations) && isOf(h, p) && h.Status != portal.HandoffResolved,
		Revealed: v.revealed, Outcome: v.outcome, Note: v.note, Errors: v.errors, View: r.URL.Query().Get("view"),
	}
	f, ok := queueOf(props.View, p)
	if !ok {
		props.View = viewOf(h, p)
		f, _ = queueOf(props.View, p)
	}
	f.Department = departmentOf(r, p)
	if props.Filter, err = d.queueFilter(ctx, p, f.Department); err != nil {
		return err
	}
	if props.Queue, _, err = d.queue(ctx, p, f, ""); err != nil {
		return err
	}
	if err := d.thread(ctx, p, h, s, &props); err != nil {
		return err
	}
	if err := d.sayForm(ctx, p, v, &props); err != nil {
		return err
	}
	if isFragment(r) {
		return d.page(w, r, v.status, views.ConversationParts(props))
	}
	return d.page(w, at(r, "/conversations/"+h.ID+"?view="+props.View), v.status, views.Conversation(props))
}

// viewOf is the view that a handoff stands in.
func viewOf(h portal.Handoff, p *Person) string {
	switch {
	case h.Status == portal.HandoffResolved:
		return views.ViewClosed
	case isOf(h, p):
		return views.ViewMine
	case h.Status == portal.HandoffWaiting:
		return views.ViewWaiting
	}
	return views.ViewAll
}

func requesterName(ctx context.Context, h portal.Handoff) string {
	if h.RequestedBy.Name != "" {
		return h.RequestedBy.Name
	}
	return ui.L(ctx, "the API", "API")
}

// thread adds the contact, its last messages, oldest first, and the internal notes.
func (d *Dashboard) thread(ctx context.Context, p *Person, h portal.Handoff, s sight, props *views.ConversationProps) error {
	c, err := d.Contacts.Get(ctx, p.Tenant(), h.ContactID)
	switch {
	case err == nil:
		seen := s.contact(c)
		props.Contact, props.Always = &seen, p.alwaysOpen(c.Phone)
	case portal.CodeOf(err) != portal.CodeNotFound:
		return err
	}
	if !s.withheld {
		if props.Notes, err = d.Store.Reader(ctx).Notes(p.Tenant(), h.ID); err != nil {
			return err
		}
	}
	list, next, err := d.Messaging.List(ctx, p.Tenant(), portal.MessageFilter{ContactID: h.ContactID}, portal.Page{Limit: threadLength})
	if err != nil {
		return err
	}
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return err
	}
	held, err := d.files(ctx, p, list...)
	if err != nil {
		return err
	}
	props.Earlier, props.Templates = next != "", known.sorted()
	for _, m := range slices.Backward(list) {
		if props.ChannelID == "" || m.Direction == portal.Inbound {
			props.ChannelID = m.ChannelID
		}
		row := views.ThreadMessage{ID: m.ID, Inbound: m.Direction == portal.Inbound, Status: m.Status, Kind: contentKind(ctx, m), At: m.CreatedAt, Failure: m.Failure}
		if !s.withheld {
			row.Bubble = s.shown(known.bubble(ctx, m, held))
		}
		props.Thread = append(props.Thread, row)
	}
	return nil
}
