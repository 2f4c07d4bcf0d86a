package contacts_test

import (
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
)

// Who said no at a number is not asked again there because the contact moved on.
func TestAnOptOutStaysWithTheNumberThatAContactLeaves(t *testing.T) {
	out, in := portal.OptedOut, portal.OptedIn
	for name, leave := range map[string]contacts.Upsert{
		"for another":    {ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-4322")},
		"for none":       {ExternalID: contacts.Some("1"), Phone: null[string]()},
		"by an opted-in": {ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-4322"), OptIn: contacts.Some(portal.ConsentChange{Status: &in})},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-4321"), OptIn: contacts.Some(portal.ConsentChange{Status: &out})})
			equal(t, "the person", b.upsert(leave).OptIn.Status, out)
			equal(t, "the number", b.upsert(byPhone("31 98765-4321")).OptIn.Status, out)
		})
	}
}

// null is a field that is cleared.
func null[T any]() contacts.Optional[T] { return contacts.Optional[T]{Set: true, Null: true} }
