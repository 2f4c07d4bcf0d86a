package contacts

import (
	"maps"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

// Optional is a field of a write: not Set = stays, Null (and Value zero) = is
// cleared, else Value.
type Optional[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// Some returns a field that is written.
func Some[T any](v T) Optional[T] { return Optional[T]{Set: true, Value: v} }

// given reports whether the field carries a value.
func (o Optional[T]) given() bool { return o.Set && !o.Null }

// Upsert is a wish to create or change a contact.
type Upsert struct {
	ExternalID Optional[string]
	Phone      Optional[string]
	Name       Optional[string]
	Email      Optional[string]
	Country    Optional[string]
	Language   Optional[string]
	Timezone   Optional[string]
	Tags       Optional[[]string]       // replace
	Attributes Optional[map[string]any] // merge by key; a nil value removes
	OptIn      Optional[portal.ConsentChange]
	Source     string // of a contact that is created; "" = the caller's way in
}

// UpsertTx creates the contact, or changes the one that external_id or else
// phone finds. It returns contact_conflict, and nothing is changed, when the
// phone or its contact belongs to another external_id; invalid_number and
// validation_failed for bad fields. Warnings tell what was not applied.
func (s *Service) UpsertTx(tx *store.Tx, c portal.Caller, in Upsert) (contact portal.Contact, created bool, warnings []portal.Warning, err error) {
	defer portal.Wrap(&err, "Upsert")
	number, err := check(in, c.Account.Country, tx.Now())
	if err != nil {
		return contact, false, nil, err
	}
	if !in.ExternalID.given() && !in.Phone.given() {
		return contact, false, nil, refuseNameless()
	}
	w := writeOf(c, in, number)
	// A second round is needed only when another node creates the contact meanwhile.
	for range 3 {
		id, err := find(tx, c.Tenant, in, number)
		if err != nil {
			return contact, false, nil, err
		}
		if id != "" {
			contact, warnings, err = change(tx, c.Tenant, id, w)
			return contact, false, warnings, err
		}
		contact, created, warnings, err = create(tx, c.Tenant, w)
		if err != nil || created {
			return contact, created, warnings, err
		}
	}
	return contact, false, nil, portal.Refuse(portal.CodeOverloaded)
}

// PatchTx changes the contact that ref names by the rules of UpsertTx;
// not_found when there is none.
func (s *Service) PatchTx(tx *store.Tx, c portal.Caller, ref string, in Upsert) (contact portal.Contact, warnings []portal.Warning, err error) {
	defer portal.Wrap(&err, "Patch")
	contact, err = tx.ContactByRef(c.Tenant, ref)
	if err != nil {
		return contact, nil, err
	}
	number, err := check(in, c.Account.Country, tx.Now())
	if err != nil {
		return contact, nil, err
	}
	return change(tx, c.Tenant, contact.ID, writeOf(c, in, number))
}

// write is a checked Upsert with its phone read.
type write struct {
	Upsert
	number phone.Number
	by     portal.Actor
}

func writeOf(c portal.Caller, in Upsert, n phone.Number) write {
	if in.Source == "" {
		in.Source = portal.SourceAPI
		if c.Portal {
			in.Source = portal.SourcePortal
		}
	}
	return write{in, n, c.Actor()}
}

// find returns the id of the contact that in is about, "" when there is none.
func find(tx *store.Tx, t portal.Tenant, in Upsert, n phone.Number) (string, error) {
	if in.ExternalID.given() {
		c, err := tx.ContactByRef(t, "ext:"+in.ExternalID.Value)
		if portal.CodeOf(err) != portal.CodeNotFound {
			return c.ID, err
		}
	}
	if !in.Phone.given() {
		return "", nil
	}
	c, err := tx.ContactByPhone(t, n.Candidates)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return "", nil
	}
	if err == nil && in.ExternalID.given() && c.ExternalID != "" {
		return "", refuseTaken("/phone")
	}
	return c.ID, err
}

func create(tx *store.Tx, t portal.Tenant, w write) (c portal.Contact, created bool, warnings []portal.Warning, err error) {
	c = w.merge(portal.Contact{
		ID: portal.NewID(portal.PrefixContact), AccountID: t.AccountID, Environment: t.Environment, Source: w.Source,
	})
	created, err = tx.InsertContact(&c)
	if err != nil || !created {
		return c, false, nil, err
	}
	c, warnings, err = finish(tx, t, c.ID, w)
	return c, true, warnings, err
}

func change(tx *store.Tx, t portal.Tenant, id string, w write) (c portal.Contact, warnings []portal.Warning, err error) {
	if err := tx.LockContact(t, id); err != nil {
		return c, nil, err
	}
	old, err := tx.ContactByRef(t, id)
	if err != nil {
		return c, nil, err
	}
	c = w.merge(old)
	if c.Phone == "" && c.ExternalID == "" && c.UserID == "" {
		return c, nil, refuseNameless()
	}
	if len(c.Attributes) > maxAttributes {
		return c, nil, portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: "/attributes", Code: portal.FieldTooMany})
	}
	if err := checkFree(tx, t, old, c); err != nil {
		return c, nil, err
	}
	if err := save(tx, old, c); err != nil {
		return c, nil, err
	}
	return finish(tx, t, id, w)
}

// finish applies the consent and returns the contact as it now is.
func finish(tx *store.Tx, t portal.Tenant, id string, w write) (c portal.Contact, warnings []portal.Warning, err error) {
	if w.OptIn.Set {
		ch := w.OptIn.Value
		if w.OptIn.Null {
			unknown := portal.OptInUnknown
			ch = portal.ConsentChange{Status: &unknown, Marketing: &unknown}
		}
		ch.By = w.by
		_, kept, err := tx.SetConsent(t, id, ch)
		if err != nil {
			return c, nil, err
		}
		if kept {
			warnings = []portal.Warning{{Code: portal.WarnOptOutKept, Detail: optOutKept}}
		}
	}
	c, err = tx.ContactByRef(t, id)
	return c, warnings, err
}

var optOutKept = portal.Words{
	EN: "The opt-out was kept: only a newer opt_in.at lifts it, and opt_in.evidence too when the person asked for it.",
	PT: "O descadastro foi mantido: só um opt_in.at mais novo o desfaz, e também opt_in.evidence quando a própria pessoa pediu.",
}

// merge returns the contact with the write applied, consent excepted.
func (w write) merge(c portal.Contact) portal.Contact {
	old := c
	put(&c.ExternalID, w.ExternalID)
	put(&c.Name, w.Name)
	put(&c.Email, w.Email)
	if w.Phone.Set {
		c.Phone = w.number.E164 // "" when it is cleared
	}
	if c.Phone != old.Phone {
		if old.Phone != "" && !phone.Same("+"+c.WAID, c.Phone) {
			// What WhatsApp told about the old number says nothing about this one.
			c.WAID, c.UserID, c.Username = "", "", ""
		}
		fill(&c.Country, w.number.Country)
		fill(&c.Timezone, w.number.Zone)
	}
	put(&c.Country, w.Country)
	put(&c.Language, w.Language)
	put(&c.Timezone, w.Timezone)
	if w.Tags.Set {
		c.Tags = distinct(w.Tags.Value)
	}
	c.Attributes = w.mergeAttributes(c.Attributes)
	return c
}

func (w write) mergeAttributes(old map[string]any) map[string]any {
	if w.Attributes.Null {
		return nil
	}
	merged := maps.Clone(old)
	for name, value := range w.Attributes.Value {
		if value == nil {
			delete(merged, name)
			continue
		}
		if merged == nil {
			merged = map[string]any{}
		}
		merged[name] = value
	}
	return merged
}

// checkFree refuses a phone or an external_id that another contact holds.
func checkFree(tx *store.Tx, t portal.Tenant, old, c portal.Contact) error {
	if c.Phone != "" && c.Phone != old.Phone {
		other, err := tx.ContactByPhone(t, []string{c.Phone})
		if err := taken(other, err, c.ID, "/phone"); err != nil {
			return err
		}
	}
	if c.ExternalID != "" && c.ExternalID != old.ExternalID {
		other, err := tx.ContactByRef(t, "ext:"+c.ExternalID)
		return taken(other, err, c.ID, "/external_id")
	}
	return nil
}

func taken(other portal.Contact, err error, id, pointer string) error {
	switch {
	case portal.CodeOf(err) == portal.CodeNotFound:
		return nil
	case err == nil && other.ID != id:
		return refuseTaken(pointer)
	}
	return err
}

// save writes what differs; a write that changes nothing leaves updated_at alone.
func save(tx *store.Tx, old, c portal.Contact) error {
	tags := !slices.Equal(old.Tags, c.Tags)
	attributes := changedAttributes(old.Attributes, c.Attributes)
	if core(old) == core(c) && !tags && len(attributes) == 0 {
		return nil
	}
	if err := tx.UpdateContact(&c); err != nil {
		return err
	}
	if tags {
		if err := tx.ReplaceTags(c); err != nil {
			return err
		}
	}
	if err := tx.SetAttributes(c, attributes); err != nil {
		return err
	}
	if c.Phone == old.Phone {
		return nil
	}
	if err := tx.KeepOptOut(old); err != nil {
		return err
	}
	if old.Phone != "" && c.UserID == "" && c.WAID == "" {
		if err := tx.CloseWindows(c); err != nil {
			return err
		}
	}
	_, err := tx.RestoreOptOut(&c)
	return err
}

func core(c portal.Contact) [10]string {
	return [...]string{c.ExternalID, c.Phone, c.WAID, c.UserID, c.Username, c.Name, c.Email, c.Country, c.Language, c.Timezone}
}

// changedAttributes returns what to write: nil for those to remove.
func changedAttributes(old, now map[string]any) map[string]any {
	changed := map[string]any{}
	for name := range old {
		if _, ok := now[name]; !ok {
			changed[name] = nil
		}
	}
	for name, value := range now {
		if was, ok := old[name]; !ok || was != value {
			changed[name] = value
		}
	}
	return changed
}

func put(dst *string, o Optional[string]) {
	if o.Set {
		*dst = o.Value // "" when it is cleared
	}
}

func fill(dst *string, value string) {
	if *dst == "" {
		*dst = value
	}
}

func distinct(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

func refuseTaken(pointer string) error {
	return portal.Refuse(portal.CodeContactConflict, portal.FieldError{Pointer: pointer, Code: portal.FieldConflict})
}

func refuseNameless() error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
		Pointer: "/phone", Code: portal.FieldRequired,
		Detail: portal.Words{EN: "Give phone or external_id.", PT: "Informe phone ou external_id."},
	})
}
