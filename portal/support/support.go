// Package support hands conversations to people: a handoff is asked for, taken
// and resolved. While one is open, automations leave the contact alone.
//
// It must not send messages itself: an answer goes through the function that
// it is given, by the rules of every message. It does not stop those sent
// through the API.
//
// Known weakness: nobody is told when a handoff waits for long; the pages show
// how many wait.
package support

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// Options are what the service needs.
type Options struct {
	Store *store.Store
	Send  Send // nil: nobody can answer from here
}

// Service is safe for concurrent use.
type Service struct {
	store *store.Store
	send  Send
}

// New returns the service.
func New(o Options) *Service { return &Service{store: o.Store, send: o.Send} }

// Ask is the wish for a person. Exactly one of ContactRef, Phone and ExternalID names the contact.
type Ask struct {
	ContactRef string // ctc_…
	Phone      string // a contact is created when none has it
	ExternalID string
	Reason     string
	Priority   string // "" = normal
	Department string // "" = none
	Note       string
	Reference  string
}

// The limits of a handoff.
const (
	maxReason    = 200
	maxNote      = 2000
	maxReference = 255
)

// RequestTx opens a handoff for the contact, or returns the open one with
// created false. It returns validation_failed for bad fields, a department
// that the account does not have and a contact that is not known, and
// invalid_number for a phone that is none.
func (s *Service) RequestTx(tx *store.Tx, c portal.Caller, a Ask) (h portal.Handoff, created bool, err error) {
	defer portal.Wrap(&err, "Request")
	if a.Priority == "" {
		a.Priority = "normal"
	}
	if err := check(a, c.Account.Departments); err != nil {
		return h, false, err
	}
	contactID, err := contactOf(tx, c, a)
	if err != nil {
		return h, false, err
	}
	// A second round is needed only when the open one is resolved meanwhile.
	for range 3 {
		h, err = tx.OpenHandoff(c.Tenant, contactID)
		if portal.CodeOf(err) != portal.CodeNotFound {
			return h, false, err
		}
		id, err := open(tx, c, contactID, a)
		if err != nil {
			return h, false, err
		}
		if id != "" {
			h, err = tx.Handoff(c.Tenant, id)
			return h, true, err
		}
	}
	return h, false, portal.Refuse(portal.CodeOverloaded)
}

// open inserts the handoff and returns its id, "" when the contact has an open one.
func open(tx *store.Tx, c portal.Caller, contactID string, a Ask) (string, error) {
	conversation, err := tx.Conversation(c.Tenant, contactID)
	if err != nil {
		return "", err
	}
	h := portal.Handoff{
		ID: portal.NewID(portal.PrefixHandoff), AccountID: c.AccountID, Environment: c.Environment,
		ContactID: contactID, ConversationID: conversation.ID,
		Reason: a.Reason, Priority: a.Priority, Department: a.Department, Note: a.Note, Reference: a.Reference,
		RequestedBy: requester(c.Actor()), CreatedAt: tx.Now(),
	}
	inserted, err := tx.InsertHandoff(h)
	if err != nil || !inserted {
		return "", err
	}
	return h.ID, nil
}

// contactOf returns the id of the contact that a names.
func contactOf(tx *store.Tx, c portal.Caller, a Ask) (string, error) {
	if a.Phone != "" {
		n, err := phone.Parse(a.Phone, c.Account.Country)
		if err != nil {
			return "", portal.Refuse(portal.CodeInvalidNumber, portal.FieldError{Pointer: "/contact/phone", Code: portal.FieldInvalidFormat})
		}
		contact, _, err := tx.EnsureContact(c.Tenant, n, portal.SourceAPI)
		return contact.ID, err
	}
	ref, pointer := a.ContactRef, "/contact/id"
	if a.ExternalID != "" {
		ref, pointer = "ext:"+a.ExternalID, "/contact/external_id"
	}
	contact, err := tx.ContactByRef(c.Tenant, ref)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return "", portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: portal.FieldNotFound})
	}
	return contact.ID, err
}

// ResolveTx ends the handoff with one of portal.HandoffOutcomes. It returns
// not_found, already_resolved, or validation_failed.
func (s *Service) ResolveTx(tx *store.Tx, t portal.Tenant, r Resolution) (h portal.Handoff, err error) {
	defer portal.Wrap(&err, "Resolve(%s)", r.ID)
	var k checker
	if !slices.Contains(portal.HandoffOutcomes, r.Outcome) {
		k.add("/outcome", portal.FieldInvalidValue)
	}
	k.text("/note", r.Note, maxNote)
	if err := k.refusal(); err != nil {
		return h, err
	}
	h, err = tx.Handoff(t, r.ID)
	if err != nil {
		return h, err
	}
	resolved, err := tx.ResolveHandoff(t, r.ID, r.Outcome, r.Note)
	if err != nil {
		return h, err
	}
	if !resolved {
		return h, portal.Refuse(portal.CodeAlreadyResolved)
	}
	action := "handoff.resolved"
	if r.Returned {
		action = "handoff.returned"
	}
	return finish(tx, t, r.ID, entry{r.Actor, action})
}

// Resolution is how a handoff ends and who says so.
type Resolution struct {
	ID, Outcome, Note string
	Returned          bool // to automation, with nothing more to say
	Actor             portal.Actor
}

// entry is a line of the audit trail.
type entry struct {
	actor  portal.Actor
	action string
}

// finish notes what was done and returns the handoff as it now is.
func finish(tx *store.Tx, t portal.Tenant, id string, e entry) (portal.Handoff, error) {
	err := tx.Audit(portal.Audit{AccountID: t.AccountID, Actor: e.actor, Action: e.action, Target: id})
	if err != nil {
		return portal.Handoff{}, err
	}
	return tx.Handoff(t, id)
}

// Get returns the handoff; not_found when the tenant has none with that id.
func (s *Service) Get(ctx context.Context, t portal.Tenant, id string) (portal.Handoff, error) {
	return s.store.Reader(ctx).Handoff(t, id)
}

// List returns a page of handoffs, newest first, and the key of the next page ("" on the last).
func (s *Service) List(ctx context.Context, t portal.Tenant, f store.HandoffFilter, p portal.Page) ([]portal.Handoff, string, error) {
	return s.store.Reader(ctx).Handoffs(t, f, p)
}

// Waiting counts the handoffs that nobody has taken.
func (s *Service) Waiting(ctx context.Context, t portal.Tenant) (int, error) {
	return s.store.Reader(ctx).WaitingHandoffs(t)
}

func requester(a portal.Actor) portal.Requester {
	kind := portal.ActorToken
	if a.Kind != portal.ActorToken {
		kind = portal.ActorUser
	}
	return portal.Requester{Kind: kind, ID: a.ID, Name: a.Name}
}

func check(a Ask, departments []string) error {
	var k checker
	named := 0
	for _, ref := range []string{a.ContactRef, a.Phone, a.ExternalID} {
		if ref != "" {
			named++
		}
	}
	switch {
	case named == 0:
		k.add("/contact", portal.FieldRequired)
	case named > 1:
		k.add("/contact", portal.FieldInvalidValue)
	}
	if strings.TrimSpace(a.Reason) == "" {
		k.add("/reason", portal.FieldRequired)
	}
	k.text("/reason", a.Reason, maxReason)
	if !slices.Contains(portal.Priorities, a.Priority) {
		k.add("/priority", portal.FieldInvalidValue)
	}
	if a.Department != "" && !slices.Contains(departments, a.Department) {
		k.add("/department", portal.FieldNotFound)
	}
	k.text("/note", a.Note, maxNote)
	k.text("/reference", a.Reference, maxReference)
	return k.refusal()
}

// checker collects what is wrong. It never keeps a value.
type checker struct{ fields []portal.FieldError }

func (k *checker) add(pointer, code string) {
	k.fields = append(k.fields, portal.FieldError{Pointer: pointer, Code: code})
}

func (k *checker) text(pointer, s string, limit int) {
	switch {
	case utf8.RuneCountInString(s) > limit:
		k.add(pointer, portal.FieldTooLong)
	case strings.ContainsRune(s, 0):
		k.add(pointer, portal.FieldInvalidFormat)
	}
}

func (k *checker) refusal() error {
	if len(k.fields) == 0 {
		return nil
	}
	return portal.Refuse(portal.CodeValidationFailed, k.fields...)
}
