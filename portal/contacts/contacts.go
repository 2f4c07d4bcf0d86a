// Package contacts keeps the people that an account writes to: created and
// updated by the account's own key or by phone, found again, and erased (LGPD).
//
// It must not send anything and knows no HTTP. Consent follows
// portal.Consent.Apply; that messages respect it is checked by messaging.
//
// Known weakness: a search reads every contact of the tenant, because it looks
// for a part of the text; beyond some 100,000 contacts it needs an index.
package contacts

import (
	"context"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// Options are what the service needs.
type Options struct {
	Store *store.Store
}

// Service is safe for concurrent use.
type Service struct {
	store *store.Store
}

// New returns the service.
func New(o Options) *Service { return &Service{store: o.Store} }

// Get returns the contact that ref names (store.Reader.ContactByRef); not_found
// for one that is absent or belongs to another tenant.
func (s *Service) Get(ctx context.Context, t portal.Tenant, ref string) (portal.Contact, error) {
	return s.store.Reader(ctx).ContactByRef(t, ref)
}

// List returns a page of contacts and the key of the next page ("" on the
// last). A search that is a whole phone also finds the contact of that number,
// read in the account's country.
func (s *Service) List(ctx context.Context, t portal.Tenant, f portal.ContactFilter, p portal.Page) (cs []portal.Contact, next string, err error) {
	defer portal.Wrap(&err, "List")
	r := s.store.Reader(ctx)
	if f.Search != "" && len(f.SearchPhones) == 0 {
		account, err := r.Account(t.AccountID)
		if err != nil {
			return nil, "", err
		}
		// What is not a number is only searched as text.
		if n, err := phone.Parse(phone.FromQuery(f.Search), account.Country); err == nil {
			f.SearchPhones = n.Candidates
		}
	}
	return r.Contacts(t, f, p)
}

// DeleteTx erases the contact that ref names, as store.Tx.EraseContact says,
// and notes it in the audit trail; not_found when there is none.
func (s *Service) DeleteTx(tx *store.Tx, c portal.Caller, ref string) (err error) {
	defer portal.Wrap(&err, "Delete")
	contact, err := tx.ContactByRef(c.Tenant, ref)
	if err != nil {
		return err
	}
	if err := tx.EraseContact(c.Tenant, contact.ID); err != nil {
		return err
	}
	return tx.Audit(portal.Audit{
		AccountID: c.AccountID, Actor: c.Actor(), Action: "contact.erased", Target: contact.ID, RequestID: c.RequestID,
	})
}
