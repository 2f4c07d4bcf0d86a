package contacts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/contacts"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

func TestUpsertCreates(t *testing.T) {
	b := setup(t)
	status, source := portal.OptedIn, "checkout"
	a := b.upsert(contacts.Upsert{
		ExternalID: contacts.Some("CLI-42"), Phone: contacts.Some("31 8765-4321"), Name: contacts.Some("Cliente Exemplo"),
		Email: contacts.Some("cliente@example.com"), Language: contacts.Some("pt_BR"), Tags: contacts.Some([]string{"vip", "atacado", "vip"}),
		Attributes: contacts.Some(map[string]any{"cidade": "Contagem", "pedidos": portal.Number("9007199254740993"), "nada": nil}),
		OptIn:      contacts.Some(portal.ConsentChange{Status: &status, Source: &source}),
	})
	at := start
	want := portal.Contact{
		ID: a.ID, AccountID: b.caller.AccountID, Environment: portal.Test, ExternalID: "CLI-42", Phone: "+5531987654321",
		Name: "Cliente Exemplo", Email: "cliente@example.com", Country: "BR", Language: "pt_BR", Timezone: "America/Sao_Paulo",
		Tags: []string{"vip", "atacado"}, Attributes: map[string]any{"cidade": "Contagem", "pedidos": portal.Number("9007199254740993")},
		OptIn:  portal.Consent{Status: portal.OptedIn, Marketing: portal.OptInUnknown, Source: "checkout", At: &at},
		Source: portal.SourceAPI, CreatedAt: start, UpdatedAt: start,
	}
	equal(t, "contact", a.Contact, want)
	equal(t, "created", a.created, true)
	for _, ref := range []string{a.ID, "ext:CLI-42", "phone:+5531987654321", "phone: 553187654321"} {
		got, err := b.service.Get(t.Context(), b.caller.Tenant, ref)
		if err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		equal(t, ref, got, want)
	}
}

func TestUpsertLeavesClearsReplacesAndMerges(t *testing.T) {
	b := setup(t)
	first := b.upsert(contacts.Upsert{
		Phone: contacts.Some("31 98765-4321"), Name: contacts.Some("Ana"), Email: contacts.Some("ana@example.com"),
		Tags: contacts.Some([]string{"a", "b"}), Attributes: contacts.Some(map[string]any{"x": portal.Number("1"), "y": "z"}),
	})
	*b.now = start.Add(time.Hour)
	same := b.upsert(byPhone("+55 (31) 8765-4321"))
	equal(t, "nothing changed", same.Contact, first.Contact)
	equal(t, "created", same.created, false)

	a := b.upsert(contacts.Upsert{
		Phone: contacts.Some("31987654321"), Email: null[string](), Tags: contacts.Some([]string{"b", "c"}),
		Attributes: contacts.Some(map[string]any{"x": nil, "w": true}),
	})
	equal(t, "name stays", a.Name, "Ana")
	equal(t, "email cleared", a.Email, "")
	equal(t, "tags replaced", a.Tags, []string{"b", "c"})
	equal(t, "attributes merged", a.Attributes, map[string]any{"y": "z", "w": true})
	equal(t, "changed at", a.UpdatedAt, start.Add(time.Hour))

	a = b.upsert(contacts.Upsert{Phone: contacts.Some("31987654321"), Tags: null[[]string](), Attributes: null[map[string]any]()})
	equal(t, "all gone", len(a.Tags)+len(a.Attributes), 0)
}

func TestUpsertFindsByExternalIDFirst(t *testing.T) {
	b := setup(t)
	one := b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-0001")})
	moved := b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), Phone: contacts.Some("21 98765-0002")})
	equal(t, "same contact", moved.ID, one.ID)
	equal(t, "new phone", moved.Phone, "+5521987650002")

	nameless := b.upsert(byPhone("31 98765-0003"))
	named := b.upsert(contacts.Upsert{ExternalID: contacts.Some("3"), Phone: contacts.Some("31 98765-0003")})
	equal(t, "the phone's contact gets the key", named.ID, nameless.ID)

	for name, in := range map[string]contacts.Upsert{
		"another contact holds the phone":   {ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-0003"), Name: contacts.Some("X")},
		"the phone has another external_id": {ExternalID: contacts.Some("new"), Phone: contacts.Some("31 98765-0003"), Name: contacts.Some("X")},
	} {
		_, err := b.try(in)
		if portal.CodeOf(err) != portal.CodeContactConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := b.tryPatch(one.ID, contacts.Upsert{ExternalID: contacts.Some("3")})
	b.refused(err, portal.CodeContactConflict)
	_, err = b.tryPatch(one.ID, byPhone("31 98765-0003"))
	b.refused(err, portal.CodeContactConflict)
	after, err := b.service.Get(t.Context(), b.caller.Tenant, "ext:3")
	if err != nil || after.Name != "" {
		t.Errorf("a refused write changed something: %v, %v", after, err)
	}
	equal(t, "contacts", b.count(), 2)
}

func TestUpsertWithoutPhone(t *testing.T) {
	b := setup(t)
	a := b.upsert(contacts.Upsert{ExternalID: contacts.Some("1")})
	equal(t, "phone", a.Phone, "")
	a = b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-0001"), Country: null[string]()})
	equal(t, "defaults come with the phone, null wins", []string{a.Country, a.Timezone}, []string{"", "America/Sao_Paulo"})
	a = b.patch(a.ID, contacts.Upsert{Phone: null[string]()})
	equal(t, "phone cleared", a.Phone, "")
	_, err := b.tryPatch(a.ID, contacts.Upsert{ExternalID: null[string]()})
	b.refused(err, portal.CodeValidationFailed)
	_, err = b.try(contacts.Upsert{Name: contacts.Some("Ana")})
	b.refused(err, portal.CodeValidationFailed)
	_, err = b.try(contacts.Upsert{Phone: null[string]()})
	b.refused(err, portal.CodeValidationFailed)
}

func TestANewPhoneForgetsWhatWhatsAppSaidOfTheOld(t *testing.T) {
	b := setup(t)
	a := b.upsert(byPhone("31 98765-0001"))
	n, err := phone.Parse("31 98765-0001", "BR")
	if err != nil {
		t.Fatal(err)
	}
	channel := portal.Channel{
		ID: portal.NewID(portal.PrefixChannel), AccountID: b.caller.AccountID, Environment: portal.Test,
		Provider: portal.ProviderSimulator, PhoneNumberID: "1", Status: portal.ChannelConnected, CreatedAt: start, UpdatedAt: start,
	}
	err = b.store.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertChannel(channel, []byte("sealed")); err != nil {
			return err
		}
		_, _, err := tx.TouchContact(b.caller.Tenant, n, store.Touch{WAID: "553187650001", UserID: "BR.1", Inbound: true})
		if err != nil {
			return err
		}
		return tx.OpenWindow(b.caller.Tenant, a.ID, channel.ID, start)
	})
	if err != nil {
		t.Fatal(err)
	}
	named := b.patch(a.ID, contacts.Upsert{Name: contacts.Some("Ana")})
	equal(t, "another change forgets nothing", []any{named.WAID, named.UserID, len(named.Windows)}, []any{"553187650001", "BR.1", 1})
	after := b.patch(a.ID, byPhone("31 98765-0002"))
	equal(t, "after", []any{after.WAID, after.UserID, len(after.Windows)}, []any{"", "", 0})
}

func TestRefusedFields(t *testing.T) {
	long := strings.Repeat("á", 256)
	future, past := start.Add(time.Hour), time.Time{}
	wrong, whatsapp, long65, long501 := "yes", portal.ConsentByPerson, strings.Repeat("a", 65), strings.Repeat("a", 501)
	many := map[string]any{}
	for i := range 51 {
		many[strings.Repeat("a", 1+i%40)+strings.Repeat("b", i/40)] = true
	}
	for name, c := range map[string]struct {
		in   contacts.Upsert
		want string // pointer and code
	}{
		"phone":            {byPhone("123"), "/phone invalid_format"},
		"empty key":        {contacts.Upsert{ExternalID: contacts.Some("")}, "/external_id too_short"},
		"long key":         {contacts.Upsert{ExternalID: contacts.Some(long)}, "/external_id too_long"},
		"NUL":              {contacts.Upsert{ExternalID: contacts.Some("a\x00")}, "/external_id invalid_format"},
		"long name":        {contacts.Upsert{Name: contacts.Some(long)}, "/name too_long"},
		"line in a name":   {contacts.Upsert{Name: contacts.Some("a\nb")}, "/name invalid_format"},
		"email":            {contacts.Upsert{Email: contacts.Some("Ana <ana@example.com>")}, "/email invalid_format"},
		"long email":       {contacts.Upsert{Email: contacts.Some(long + "@example.com")}, "/email too_long"},
		"country":          {contacts.Upsert{Country: contacts.Some("br")}, "/country invalid_format"},
		"country UK":       {contacts.Upsert{Country: contacts.Some("UK")}, "/country invalid_format"},
		"country 419":      {contacts.Upsert{Country: contacts.Some("419")}, "/country invalid_format"},
		"country ZZ":       {contacts.Upsert{Country: contacts.Some("ZZ")}, "/country invalid_format"},
		"language":         {contacts.Upsert{Language: contacts.Some("pt-BR")}, "/language invalid_format"},
		"timezone":         {contacts.Upsert{Timezone: contacts.Some("../etc/passwd")}, "/timezone invalid_format"},
		"local timezone":   {contacts.Upsert{Timezone: contacts.Some("Local")}, "/timezone invalid_format"},
		"too many tags":    {contacts.Upsert{Tags: contacts.Some(strings.Split(strings.Repeat("a,", 50)+"a", ","))}, "/tags too_many"},
		"empty tag":        {contacts.Upsert{Tags: contacts.Some([]string{"a", " "})}, "/tags/1 too_short"},
		"long tag":         {contacts.Upsert{Tags: contacts.Some([]string{long65})}, "/tags/0 too_long"},
		"attribute name":   {contacts.Upsert{Attributes: contacts.Some(map[string]any{"Cidade": "x"})}, "/attributes invalid_format"},
		"attribute type":   {contacts.Upsert{Attributes: contacts.Some(map[string]any{"x": []any{}})}, "/attributes/x wrong_type"},
		"attribute length": {contacts.Upsert{Attributes: contacts.Some(map[string]any{"x": long501})}, "/attributes/x too_long"},
		"many attributes":  {contacts.Upsert{Attributes: contacts.Some(many)}, "/attributes too_many"},
		"status":           {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{Status: &wrong})}, "/opt_in/status invalid_value"},
		"marketing":        {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{Marketing: &wrong})}, "/opt_in/marketing invalid_value"},
		"source is ours":   {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{Source: &whatsapp})}, "/opt_in/source invalid_value"},
		"long source":      {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{Source: &long65})}, "/opt_in/source too_long"},
		"long evidence":    {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{Evidence: &long501})}, "/opt_in/evidence too_long"},
		"time to come":     {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{At: &future})}, "/opt_in/at out_of_range"},
		"year 1":           {contacts.Upsert{OptIn: contacts.Some(portal.ConsentChange{At: &past})}, "/opt_in/at out_of_range"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			if !c.in.ExternalID.Set && !c.in.Phone.Set {
				c.in.Phone = contacts.Some("31 98765-4321")
			}
			_, err := b.try(c.in)
			code := portal.CodeValidationFailed
			if name == "phone" {
				code = portal.CodeInvalidNumber
			}
			b.refused(err, code)
			var e *portal.Error
			if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Pointer+" "+e.Fields[0].Code != c.want {
				t.Errorf("got %+v, want %s", e, c.want)
			}
			equal(t, "contacts", b.count(), 0)
		})
	}
}

func TestRefusedFieldsComeTogether(t *testing.T) {
	b := setup(t)
	_, err := b.try(contacts.Upsert{Phone: contacts.Some("1"), Country: contacts.Some("x"), Tags: contacts.Some([]string{""})})
	b.refused(err, portal.CodeValidationFailed)
	var e *portal.Error
	if !errors.As(err, &e) || len(e.Fields) != 3 {
		t.Errorf("fields: %+v", e)
	}
}

func TestAttributesAreCountedAfterTheMerge(t *testing.T) {
	b := setup(t)
	full := map[string]any{}
	for i := range 50 {
		full[strings.Repeat("a", 1+i%40)+strings.Repeat("b", i/40)] = true
	}
	a := b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-4321"), Attributes: contacts.Some(full)})
	_, err := b.tryPatch(a.ID, contacts.Upsert{Attributes: contacts.Some(map[string]any{"one_more": true})})
	b.refused(err, portal.CodeValidationFailed)
	b.patch(a.ID, contacts.Upsert{Attributes: contacts.Some(map[string]any{"one_more": true, "a": nil})})
}

func TestAnOptOutIsNotLiftedByTheWay(t *testing.T) {
	b := setup(t)
	in, out := portal.OptedIn, portal.OptedOut
	lift := contacts.Upsert{Phone: contacts.Some("31 98765-4321"), OptIn: contacts.Some(portal.ConsentChange{Status: &in, Marketing: &in})}
	b.upsert(contacts.Upsert{Phone: lift.Phone, OptIn: contacts.Some(portal.ConsentChange{Status: &out})})
	for name, in := range map[string]contacts.Upsert{
		"without a time": lift,
		"null":           {Phone: lift.Phone, OptIn: null[portal.ConsentChange]()},
	} {
		a := b.upsert(in)
		if len(a.warnings) != 1 || a.warnings[0].Code != portal.WarnOptOutKept || a.OptIn.Status != out {
			t.Errorf("%s: %+v, %+v", name, a.warnings, a.OptIn)
		}
	}
	*b.now = start.Add(time.Hour)
	later := start.Add(time.Minute)
	lift.OptIn.Value.At = &later
	a := b.upsert(lift)
	equal(t, "lifted by newer news", []string{a.OptIn.Status, a.OptIn.Marketing}, []string{in, in})
	equal(t, "warnings", len(a.warnings), 0)
}

func TestErasureOutlivesAnImport(t *testing.T) {
	b := setup(t)
	in, out := portal.OptedIn, portal.OptedOut
	a := b.upsert(contacts.Upsert{Phone: contacts.Some("31 98765-4321"), OptIn: contacts.Some(portal.ConsentChange{Status: &out})})
	erase := func(ref string) error {
		return b.store.Tx(t.Context(), func(tx *store.Tx) error { return b.service.DeleteTx(tx, b.caller, ref) })
	}
	if err := erase("phone:+553187654321"); err != nil {
		t.Fatal(err)
	}
	b.refused(erase(a.ID), portal.CodeNotFound)
	equal(t, "contacts", b.count(), 0)

	opt := contacts.Some(portal.ConsentChange{Status: &in})
	back := b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), Phone: contacts.Some("31 8765-4321"), OptIn: opt})
	equal(t, "created", back.created, true)
	equal(t, "status", back.OptIn.Status, out)
	equal(t, "warnings", len(back.warnings), 1)

	// Nor is it lost on the way over a contact without a phone.
	if err := erase(back.ID); err != nil {
		t.Fatal(err)
	}
	b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), OptIn: opt})
	back = b.upsert(contacts.Upsert{ExternalID: contacts.Some("1"), Phone: contacts.Some("31 98765-4321")})
	equal(t, "status", back.OptIn.Status, out)
}

func TestListFindsAWholePhone(t *testing.T) {
	b := setup(t)
	a := b.upsert(byPhone("31 98765-4321"))
	b.upsert(byPhone("31 98765-4322"))
	for _, search := range []string{"+5531987654321", " 5531987654321", "31 8765-4321", "(31) 98765-4321"} {
		cs, _, err := b.service.List(t.Context(), b.caller.Tenant, portal.ContactFilter{Search: search}, portal.Page{Limit: 9})
		if err != nil || len(cs) != 1 || cs[0].ID != a.ID {
			t.Errorf("%s: %d contacts, %v", search, len(cs), err)
		}
	}
}

func TestForeignContactsAreNotFound(t *testing.T) {
	b := setup(t)
	a := b.upsert(byPhone("31 98765-4321"))
	b.caller.Environment = portal.Live
	_, err := b.service.Get(t.Context(), b.caller.Tenant, a.ID)
	b.refused(err, portal.CodeNotFound)
	_, err = b.tryPatch(a.ID, byPhone("31 98765-4322"))
	b.refused(err, portal.CodeNotFound)
	err = b.store.Tx(t.Context(), func(tx *store.Tx) error { return b.service.DeleteTx(tx, b.caller, a.ID) })
	b.refused(err, portal.CodeNotFound)
	equal(t, "the same phone there is somebody else", b.upsert(byPhone("31 98765-4321")).ID == a.ID, false)
}
