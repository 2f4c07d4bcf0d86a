package events

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Optional is a field of a customer: not Set = stays, Null = is cleared, else Value.
type Optional[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// given reports whether the field carries a value.
func (o Optional[T]) given() bool { return o.Set && !o.Null }

// pointer returns the value, nil without one.
func (o Optional[T]) pointer() *T {
	if !o.given() {
		return nil
	}
	return &o.Value
}

// Customer is who an event is about.
type Customer struct {
	ExternalID Optional[string]
	Phone      Optional[string]
	Name       Optional[string]
	Email      Optional[string]
	Country    Optional[string]
	OptIn      Optional[portal.ConsentChange]
}

// Report is an event as somebody tells of it.
type Report struct {
	ExternalID string
	Type       string
	OccurredAt time.Time
	Customer   Customer
	Data       portal.EventData
}

// event returns the report as it is stored, without a decision. A phone that is
// a number is canonical by now.
func (r Report) event(c portal.Caller, now time.Time) (e portal.Event, err error) {
	e = portal.Event{
		ID: portal.NewID(portal.PrefixEvent), AccountID: c.AccountID, Environment: c.Environment,
		ExternalID: r.ExternalID, Type: r.Type, OccurredAt: r.OccurredAt.UTC().Truncate(time.Microsecond), ReceivedAt: now,
		Source: c.Source(), RequestID: c.RequestID, TokenID: c.Token.ID, UserID: c.UserID,
	}
	if e.Customer, err = json.Marshal(r.Customer.stored()); err != nil {
		return e, fmt.Errorf("customer: %w", err)
	}
	if e.Data, err = json.Marshal(stored(r.Data)); err != nil {
		return e, fmt.Errorf("data: %w", err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s\n%s", e.OccurredAt.UnixMicro(), e.Customer, e.Data)
	e.Fingerprint = h.Sum(nil)
	return e, nil
}

func (c Customer) stored() portal.EventCustomer {
	s := portal.EventCustomer{
		ExternalID: c.ExternalID.pointer(), Phone: c.Phone.pointer(), Name: c.Name.pointer(), Email: c.Email.pointer(), Country: c.Country.pointer(),
	}
	if o := c.OptIn; o.given() {
		s.OptIn = &portal.EventConsent{Status: o.Value.Status, Marketing: o.Value.Marketing, Source: o.Value.Source, At: utc(o.Value.At), Evidence: o.Value.Evidence}
	}
	return s
}

// stored makes equal data equal in writing.
func stored(d portal.EventData) portal.EventData {
	if d.Items == nil {
		d.Items = []portal.EventItem{}
	}
	if d.Payment != nil {
		p := *d.Payment
		p.ExpiresAt, d.Payment = utc(p.ExpiresAt), &p
	}
	if d.Shipment != nil {
		s := *d.Shipment
		s.EstimatedAt, d.Shipment = utc(s.EstimatedAt), &s
	}
	return d
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC().Truncate(time.Millisecond)
	return &u
}
