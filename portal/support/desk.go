package support

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// What an agent can be told beside the codes of the catalogue.
var (
	ErrTaken    = errors.New("somebody else has taken the handoff")
	ErrNotTaken = errors.New("the handoff is not taken by the person who answers")
)

// Answer is what an agent sends to the person of a handoff: a text, or a
// template when Template is not "".
type Answer struct {
	ContactID, ChannelID string
	Text                 string
	File                 *portal.Media // sent with the text below it
	Template, Language   string
	Parameters           map[string]string
	Components           json.RawMessage // in Meta's shape, in place of Parameters
}

// Send accepts an answer as a message, in the transaction.
type Send func(tx *store.Tx, c portal.Caller, a Answer) (portal.Message, error)

// agents are the roles that may take conversations.
var agents = func() (roles []portal.Role) {
	for _, role := range []portal.Role{portal.RoleOwner, portal.RoleAdmin, portal.RoleDeveloper, portal.RoleAgent, portal.RoleAuditor} {
		if role.May(portal.WriteConversations) {
			roles = append(roles, role)
		}
	}
	return roles
}()

// Agents returns the people of the account who may have conversations assigned.
func (s *Service) Agents(r store.Reader, accountID string) ([]store.Member, error) {
	return r.Members(accountID, agents)
}

// TakeTx gives a waiting handoff to the person who takes it. Of two at once one
// has it, and the other gets ErrTaken with the handoff as it is. Taking what one
// has already changes nothing. It returns not_found, or already_resolved.
func (s *Service) TakeTx(tx *store.Tx, t portal.Tenant, id string, actor portal.Actor) (h portal.Handoff, err error) {
	defer portal.Wrap(&err, "Take(%s)", id)
	taken, err := tx.TakeHandoff(t, id, requester(actor))
	if err != nil {
		return h, err
	}
	if taken {
		return finish(tx, t, id, entry{actor, "handoff.assigned"})
	}
	h, err = tx.Handoff(t, id)
	switch {
	case err != nil:
		return h, err
	case h.Status == portal.HandoffResolved:
		return h, portal.Refuse(portal.CodeAlreadyResolved)
	case h.AssignedTo == nil || h.AssignedTo.ID != actor.ID:
		return h, ErrTaken
	}
	return h, nil
}

// Assignment gives a handoff to a member of the account.
type Assignment struct {
	ID, UserID string
	Actor      portal.Actor
}

// AssignTx gives the handoff to a member who may have it, from a colleague too.
// It returns not_found, already_resolved, or validation_failed for anybody else.
func (s *Service) AssignTx(tx *store.Tx, t portal.Tenant, a Assignment) (h portal.Handoff, err error) {
	defer portal.Wrap(&err, "Assign(%s)", a.ID)
	members, err := s.Agents(tx.Reader, t.AccountID)
	if err != nil {
		return h, err
	}
	i := slices.IndexFunc(members, func(m store.Member) bool { return m.UserID == a.UserID })
	if i < 0 {
		return h, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/member", Code: portal.FieldNotFound})
	}
	if h, err = tx.Handoff(t, a.ID); err != nil {
		return h, err
	}
	assigned, err := tx.AssignHandoff(t, a.ID, portal.Requester{Kind: portal.ActorUser, ID: a.UserID, Name: members[i].Name})
	if err != nil {
		return h, err
	}
	if !assigned {
		return h, portal.Refuse(portal.CodeAlreadyResolved)
	}
	return finish(tx, t, a.ID, entry{a.Actor, "handoff.assigned"})
}

// ReplyTx sends an answer by the rules of every message, from the person who
// has taken the handoff: ErrNotTaken for anybody else. It returns not_found,
// already_resolved, validation_failed, or why the message is refused.
func (s *Service) ReplyTx(tx *store.Tx, c portal.Caller, id string, a Answer) (m portal.Message, err error) {
	defer portal.Wrap(&err, "Reply(%s)", id)
	h, err := tx.Handoff(c.Tenant, id)
	switch {
	case err != nil:
		return m, err
	case h.Status == portal.HandoffResolved:
		return m, portal.Refuse(portal.CodeAlreadyResolved)
	case h.AssignedTo == nil || h.AssignedTo.ID != c.UserID:
		return m, ErrNotTaken
	case a.Template == "" && a.File == nil && strings.TrimSpace(a.Text) == "":
		return m, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/text", Code: portal.FieldRequired})
	}
	a.ContactID = h.ContactID
	return s.send(tx, c, a)
}

// NoteTx writes an internal note to the handoff, resolved or not. It returns
// not_found, or validation_failed for an empty or too long one.
func (s *Service) NoteTx(tx *store.Tx, t portal.Tenant, n portal.HandoffNote) (err error) {
	defer portal.Wrap(&err, "Note(%s)", n.HandoffID)
	var k checker
	if strings.TrimSpace(n.Body) == "" {
		k.add("/text", portal.FieldRequired)
	}
	k.text("/text", n.Body, maxNote)
	if err := k.refusal(); err != nil {
		return err
	}
	return tx.AddNote(t, n)
}
