package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/support"
)

// Handoff is a conversation handed to a person, on the wire.
type Handoff struct {
	ID                string      `json:"id"`
	Environment       string      `json:"environment" enum:"test,live" doc:"From the token, never from input."`
	ContactID         string      `json:"contact_id"`
	ContactExternalID *string     `json:"contact_external_id" doc:"Your key of the person."`
	ConversationID    string      `json:"conversation_id" doc:"The thread with the person."`
	Status            string      `json:"status" doc:"waiting, assigned or resolved."`
	Reason            string      `json:"reason"`
	Priority          string      `json:"priority" enum:"low,normal,high"`
	Department        *string     `json:"department" doc:"One of the configuration's departments."`
	Note              *string     `json:"note" doc:"For the agent only, never sent to the person."`
	Reference         *string     `json:"reference" doc:"Your note, not unique."`
	RequestedBy       Requester   `json:"requested_by"`
	AssignedTo        *Assignee   `json:"assigned_to" doc:"The agent who took it."`
	Resolution        *Resolution `json:"resolution" doc:"How it ended."`
	CreatedAt         string      `json:"created_at" format:"date-time"`
	AssignedAt        *string     `json:"assigned_at" format:"date-time"`
	ResolvedAt        *string     `json:"resolved_at" format:"date-time"`
}

// Requester is who asked for a person.
type Requester struct {
	Kind string  `json:"kind" doc:"token, user, automation or contact."`
	ID   *string `json:"id"`
	Name *string `json:"name"`
}

// Assignee is the agent who took a handoff.
type Assignee struct {
	ID   string  `json:"id"`
	Name *string `json:"name"`
}

// Resolution is how a handoff ended, and the body of resolveHandoff.
type Resolution struct {
	Outcome string  `json:"outcome" enum:"solved,no_answer,duplicate,other" doc:"How it ended." example:"solved"`
	Note    *string `json:"note" required:"false" maxLength:"2000" doc:"For your team." example:"Troca combinada."`
}

// HandoffBody is the body of requestHandoff.
type HandoffBody struct {
	Contact    HandoffContact `json:"contact" doc:"Exactly one of its fields."`
	Reason     string         `json:"reason" minLength:"1" maxLength:"200" doc:"What it is about." example:"Cliente pediu troca"`
	Priority   string         `json:"priority,omitempty" enum:"low,normal,high" doc:"normal without it." example:"normal"`
	Department string         `json:"department,omitempty" maxLength:"255" doc:"One of the configuration's departments." example:"suporte"`
	Note       string         `json:"note,omitempty" maxLength:"2000" doc:"For the agent only, never sent to the person." example:"Pedido 1001"`
	Reference  string         `json:"reference,omitempty" maxLength:"255" doc:"Your note, not unique." example:"PED-1001"`
}

// HandoffContact names the person.
type HandoffContact struct {
	Phone      string `json:"phone,omitempty" maxLength:"64" doc:"A number; the contact is created if it is new." example:"+5531987654321"`
	ID         string `json:"id,omitempty" maxLength:"64" doc:"Our id, ctc_…" example:"ctc_01KB2M4X7Q9V0T3R5N8W6Y1Z03"`
	ExternalID string `json:"external_id,omitempty" maxLength:"255" doc:"Your key." example:"CLI-42"`
}

// HandoffPath names a handoff.
type HandoffPath struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the handoff."`
}

func (a *API) registerHandoffs(h huma.API) {
	mountWrite(h, "requestHandoff", a.requestHandoff)
	mount(h, "listHandoffs", a.listHandoffs)
	mount(h, "getHandoff", a.getHandoff)
	mountWrite(h, "resolveHandoff", a.resolveHandoff)
}

func (a *API) requestHandoff(tx *store.Tx, c *call, in *struct{ Body HandoffBody }) (reply, error) {
	b := in.Body
	h, created, err := a.Support.RequestTx(tx, c.caller, support.Ask{
		ContactRef: b.Contact.ID, Phone: b.Contact.Phone, ExternalID: b.Contact.ExternalID,
		Reason: b.Reason, Priority: b.Priority, Department: b.Department, Note: b.Note, Reference: b.Reference,
	})
	if err != nil {
		return reply{}, err
	}
	rep := c.handoff(h)
	if created {
		rep.status, rep.location = http.StatusCreated, "/v1/handoffs/"+h.ID
	}
	return rep, nil
}

func (a *API) resolveHandoff(tx *store.Tx, c *call, in *struct {
	HandoffPath
	Body Resolution
},
) (reply, error) {
	r := support.Resolution{ID: in.ID, Outcome: in.Body.Outcome, Actor: c.caller.Actor()}
	if in.Body.Note != nil {
		r.Note = *in.Body.Note
	}
	h, err := a.Support.ResolveTx(tx, c.caller.Tenant, r)
	if err != nil {
		return reply{}, err
	}
	return c.handoff(h), nil
}

// handoff answers a handoff and links the log to it.
func (c *call) handoff(h portal.Handoff) reply {
	c.handoffID, c.contactID = h.ID, h.ContactID
	return reply{body: handoffOf(h)}
}

// ListHandoffsInput are the filters of the list.
type ListHandoffsInput struct {
	PageQuery
	Status string `query:"status" enum:"waiting,assigned,resolved" doc:"Only of this status."`
}

func (a *API) listHandoffs(ctx context.Context, c *call, in *ListHandoffsInput) (reply, error) {
	page, err := in.page("handoffs")
	if err != nil {
		return reply{}, err
	}
	rows, next, err := a.Support.List(ctx, c.caller.Tenant, store.HandoffFilter{Status: in.Status}, page)
	if err != nil {
		return reply{}, err
	}
	return listed(c, "handoffs", next, each(rows, handoffOf)), nil
}

func (a *API) getHandoff(ctx context.Context, c *call, in *HandoffPath) (reply, error) {
	h, err := a.Support.Get(ctx, c.caller.Tenant, in.ID)
	if err != nil {
		return reply{}, err
	}
	rep := c.handoff(h)
	rep.tag = true
	return rep, nil
}

func handoffOf(h portal.Handoff) Handoff {
	w := Handoff{
		ID: h.ID, Environment: string(h.Environment), ContactID: h.ContactID, ContactExternalID: text(h.ContactExternalID),
		ConversationID: h.ConversationID, Status: h.Status, Reason: h.Reason, Priority: h.Priority, Department: text(h.Department),
		Note: text(h.Note), Reference: text(h.Reference),
		RequestedBy: Requester{Kind: h.RequestedBy.Kind, ID: text(h.RequestedBy.ID), Name: text(h.RequestedBy.Name)},
		CreatedAt:   portal.FormatTime(h.CreatedAt), AssignedAt: moment(h.AssignedAt), ResolvedAt: moment(h.ResolvedAt),
	}
	if h.AssignedTo != nil {
		w.AssignedTo = &Assignee{ID: h.AssignedTo.ID, Name: text(h.AssignedTo.Name)}
	}
	if h.Outcome != "" {
		w.Resolution = &Resolution{Outcome: h.Outcome, Note: text(h.ResolutionNote)}
	}
	return w
}
