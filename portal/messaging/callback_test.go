package messaging_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// line is a channel of the bench and what it takes to call back in its name.
type line struct {
	portal.Channel
	secret []byte
}

func (b *bench) line() line {
	b.Helper()
	channel, err := b.store.Reader(b.Context()).DefaultChannel(b.caller.Tenant)
	if err != nil {
		b.Fatal(err)
	}
	c, secrets, err := b.store.CallbackChannel(b.Context(), channel.ID)
	if err != nil {
		b.Fatal(err)
	}
	return line{c, secrets.AppSecret}
}

// envelope puts a value of a field into a callback; {number} is the channel's.
func (l line) envelope(field, value string) []byte {
	metadata := `"messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"{number}"}`
	body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"` + field + `","value":{` + metadata + `,` + value + `}}]}]}`
	return []byte(strings.ReplaceAll(body, "{number}", l.PhoneNumberID))
}

func (b *bench) receive(l line, field, value string) {
	b.Helper()
	raw := l.envelope(field, value)
	if err := b.service.Receive(b.Context(), l.ID, whatsapp.Sign(l.secret, raw), raw); err != nil {
		b.Errorf("%s: %v", field, err)
	}
}

// TestCallbacksThatAreRefusedOrKeptAside: none of them changes a message.
func TestCallbacksThatAreRefusedOrKeptAside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(template(person))
	b.dispatch()
	m, _ = b.get(m.ID)
	l := b.line()
	read := fmt.Sprintf(`"statuses":[{"id":%q,"status":"read","timestamp":"1795356000","recipient_id":"1"}]`, m.ProviderMessageID)
	good := l.envelope("messages", read)
	other := []byte(strings.ReplaceAll(string(good), l.PhoneNumberID, "999999999999999"))
	unknown := l.envelope("messages", strings.ReplaceAll(read, m.ProviderMessageID, "wamid.unknown"))
	huge := append(append([]byte{}, good...), make([]byte, whatsapp.MaxCallback)...)
	sign := func(raw []byte) string { return whatsapp.Sign(l.secret, raw) }
	for _, tc := range []struct {
		name, channel, signature string
		raw                      []byte
		want                     portal.Code
	}{
		{"unsigned", l.ID, "", good, portal.CodeInvalidToken},
		{"signed with another secret", l.ID, whatsapp.Sign([]byte("other"), good), good, portal.CodeInvalidToken},
		{"a signature of other bytes", l.ID, sign(other), good, portal.CodeInvalidToken},
		{"half a signature", l.ID, sign(good)[:40], good, portal.CodeInvalidToken},
		{"no such channel", portal.NewID(portal.PrefixChannel), sign(good), good, portal.CodeNotFound},
		{"not JSON", l.ID, sign([]byte("{")), []byte("{"), portal.CodeMalformedJSON},
		{"too large", l.ID, sign(huge), huge, portal.CodeBodyTooLarge},
		{"of another number", l.ID, sign(other), other, ""},
		{"of an unknown message", l.ID, sign(unknown), unknown, ""},
		{"of another object", l.ID, sign([]byte(`{"object":"page","entry":[]}`)), []byte(`{"object":"page","entry":[]}`), ""},
	} {
		code(t, tc.name, b.service.Receive(t.Context(), tc.channel, tc.signature, tc.raw), tc.want)
		if now, _ := b.get(m.ID); now.Status != portal.StatusCreated || now.Sequence != m.Sequence {
			t.Fatalf("%s made the message %s", tc.name, now.Status)
		}
	}
	b.receive(l, "messages", read)
	b.want(m.ID, portal.StatusRead, "")
}

// TestPlayedWithoutAProfile: what WhatsApp leaves out is not missed.
func TestPlayedWithoutAProfile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(template(person))
	b.dispatch()
	m, _ = b.get(m.ID)
	l := b.line()
	b.receive(l, "messages", fmt.Sprintf(`"contacts":[{"wa_id":"553187654321"}],"statuses":[{"id":%q,"status":"played","timestamp":1795356000,"recipient_id":"553187654321","pricing":{"billable":false,"pricing_model":"PMP","type":"free_entry_point","category":"service"}}]`, m.ProviderMessageID))
	m = b.want(m.ID, portal.StatusRead, "")
	if m.DeliveredAt != nil || m.WAID == "" || string(m.Price) != `{"billable":false,"category":"service","model":"PMP","type":"free_entry_point"}` {
		t.Errorf("%+v", m)
	}
}

// TestWishesFromWhatsApp: stop keeps marketing away, resume lifts that and no more.
func TestWishesFromWhatsApp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	l := b.line()
	wish := func(value string, at int) {
		b.receive(l, "user_preferences", fmt.Sprintf(`"user_preferences":[{"wa_id":"553187654321","category":"marketing_messages","value":%q,"timestamp":%d}]`, value, at))
	}
	start := int(b.clock.Now().Unix())
	consent := func(status, marketing string) {
		t.Helper()
		c, err := b.store.Reader(t.Context()).ContactByRef(b.caller.Tenant, "phone:"+person)
		if err != nil || c.OptIn.Status != status || c.OptIn.Marketing != marketing {
			t.Errorf("%v, %+v, want %s %s", err, c.OptIn, status, marketing)
		}
	}
	wish("stop", start-50)
	consent(portal.OptInUnknown, portal.OptedOut)
	wish("resume", start-60) // older
	consent(portal.OptInUnknown, portal.OptedOut)
	wish("resume", start-40)
	consent(portal.OptInUnknown, portal.OptInUnknown)
	b.writes(person, "Parar!")
	wish("resume", start-10)
	consent(portal.OptedOut, portal.OptedOut)
}

// TestOptOutWords in the languages of the region, typed; on a button "cancelar"
// is about the order.
func TestOptOutWords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, tc := range []struct {
		body string
		out  bool
	}{
		{"PARAR", true},
		{" sair. ", true},
		{"Não quero mais", true},
		{"descadastrar", true},
		{"Stop!", true},
		{"unsubscribe", true},
		{"opt-out", true},
		{"Baja", true},
		{"no más", true},
		{"dar de baja", true},
		{"Cancelar suscripción", true},
		{"Não quero mais receber", true},
		{"PARAR, por favor!", true},
		{"please stop", true},
		{"\u200bparar\u00a0\U0001F64F", true},
		{"opt\u2011out", true},
		{"na\u0303o quero receber", true},
		{"Pare de graça", false},
		{"STOP 2", false},
		{"\U0001F6D1", false},
		{"Quero parar de fumar", false},
		{"cancelar meu pedido", false},
	} {
		m := b.writes(fmt.Sprintf("+5531987651%03d", i), tc.body)
		if out := b.contact(m.ContactID).OptIn.Status == portal.OptedOut; out != tc.out {
			t.Errorf("%q opts out: %v", tc.body, out)
		}
	}
	l := b.line()
	b.receive(l, "messages", `"messages":[{"from":"5531987654321","id":"wamid.b","timestamp":"1795356000","type":"button","button":{"payload":"x","text":"Cancelar"}}]`)
	c, err := b.store.Reader(t.Context()).ContactByRef(b.caller.Tenant, "phone:"+person)
	if err != nil || c.OptIn.Status == portal.OptedOut {
		t.Errorf("a button to cancel the order: %+v, %v", c.OptIn, err)
	}
}

// TestNumberChanges: a person's new number is the contact's, whose windows were
// the old one's; a number that is another contact's stays there.
func TestNumberChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	l := b.line()
	first := b.writes(person, "Oi")
	b.writes("+5531987650002", "Oi")
	change := func(id, from, to string) {
		b.receive(l, "messages", fmt.Sprintf(`"messages":[{"from":%q,"id":%q,"timestamp":"1795356000","type":"system","system":{"body":"changed","wa_id":%q,"type":"user_changed_number"}}]`, from, id, to))
	}
	change("wamid.1", "553187654321", "553187650001")
	c := b.contact(first.ContactID)
	if c.Phone != "+5531987650001" || len(c.Windows) != 0 {
		t.Errorf("after the change: %s, %+v", c.Phone[9:], c.Windows)
	}
	change("wamid.2", "5531987650001", "5531987650002")
	if c = b.contact(first.ContactID); c.Phone != "+5531987650001" {
		t.Error("the number of another contact was taken")
	}
}

// TestTroubleOfANumber: an error that is about no message stops the number when
// it has to.
func TestTroubleOfANumber(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	l := b.line()
	b.receive(l, "messages", `"errors":[{"code":130429,"title":"Rate limit hit"}]`)
	b.accept(template(person))
	b.receive(l, "messages", `"errors":[{"code":131042,"title":"Business eligibility payment issue"}]`)
	_, err := b.try(b.caller, template(person))
	code(t, "send", err, portal.CodeChannelBlocked)
}
