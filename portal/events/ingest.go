package events

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// Accept is AcceptTx in a transaction of its own.
func (s *Service) Accept(ctx context.Context, c portal.Caller, r Report) (e portal.Event, runs []portal.Run, duplicate bool, err error) {
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		e, runs, duplicate, err = s.AcceptTx(tx, c, r)
		return err
	})
	return e, runs, duplicate, err
}

// AcceptTx stores the event, makes or changes its contact, and returns what
// automations make of it. A repeat (same type, external_id and content) changes
// nothing and returns the first event with what became of it. It returns
// event_conflict for the same key with other content, contact_conflict when the
// phone and the external_id of the customer belong to different people, and
// validation_failed for bad fields; none of these leaves a trace.
func (s *Service) AcceptTx(tx *store.Tx, c portal.Caller, r Report) (e portal.Event, runs []portal.Run, duplicate bool, err error) {
	defer portal.Wrap(&err, "Accept(%s)", r.Type)
	if fields := r.check(tx.Now()); len(fields) > 0 {
		return e, nil, false, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	bad := false
	if p := &r.Customer.Phone; p.given() {
		n, err := phone.Parse(p.Value, c.Account.Country)
		if bad = err != nil; !bad {
			p.Value = n.E164
		}
	}
	if e, err = r.event(c, tx.Now()); err != nil {
		return e, nil, false, err
	}
	// The key is taken first: of several reports at once the others wait here
	// and find the decision of the first.
	inserted, err := tx.InsertEvent(e)
	if err != nil {
		return e, nil, false, err
	}
	if !inserted {
		e, runs, err = s.repeat(tx, e)
		tx.AfterCommit(func() { s.count(countedRepeat) })
		return e, runs, true, err
	}
	contact, err := s.contact(tx, c, r.Customer, bad)
	if err != nil {
		return e, nil, false, err
	}
	e.ContactID = contact.ID
	switch {
	case bad:
		e.Reason = portal.ReasonInvalidNumber
	case contact.Phone == "" && contact.UserID == "":
		e.Reason = portal.ReasonNoPhone
	case tx.Now().Sub(e.OccurredAt) > portal.EventMaxAge:
		e.Reason = portal.ReasonTooOld
	}
	if runs, err = s.decide(tx, &e, contact); err != nil {
		return e, nil, false, err
	}
	tx.AfterCommit(func() { s.count(cmp.Or(e.Reason, e.Outcome)) })
	return e, runs, false, tx.DecideEvent(e)
}

// repeat returns what was decided when the event was first reported.
func (s *Service) repeat(tx *store.Tx, again portal.Event) (e portal.Event, runs []portal.Run, err error) {
	if e, err = tx.EventByKey(again.Tenant(), again.Type, again.ExternalID); err != nil {
		return e, nil, err
	}
	erased := len(e.Fingerprint) == 0 // what a repeat of it said can no longer be compared
	if !erased && !bytes.Equal(e.Fingerprint, again.Fingerprint) {
		return e, nil, portal.Refuse(portal.CodeEventConflict)
	}
	if err := tx.CountRepeat(e.Tenant(), e.ID); err != nil {
		return e, nil, err
	}
	e.Repeats++
	runs, err = s.runs(tx.Reader, e)
	return e, runs, err
}

// contact makes or changes the contact of the customer. A number that is none is
// left out; without a key beside it there is nobody to find.
func (s *Service) contact(tx *store.Tx, c portal.Caller, who Customer, bad bool) (portal.Contact, error) {
	if bad {
		who.Phone = Optional[string]{}
		if !who.ExternalID.given() {
			return portal.Contact{}, nil
		}
	}
	contact, err := s.upsert(tx, c, who)
	return contact, atCustomer(err)
}

// atCustomer makes the pointers of a refused contact start at the event.
func atCustomer(err error) error {
	var refused *portal.Error
	if !errors.As(err, &refused) || len(refused.Fields) == 0 {
		return err
	}
	moved := *refused
	moved.Fields = slices.Clone(refused.Fields)
	for i := range moved.Fields {
		moved.Fields[i].Pointer = "/customer" + moved.Fields[i].Pointer
	}
	return &moved
}
