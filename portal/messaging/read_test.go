package messaging_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
)

func TestValidateTellsEverything(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.writes(person, "Oi")
	b.clock.add(25 * time.Hour)
	d := text(person)
	d.Fallback = orderUpdate()
	v, err := b.service.Validate(t.Context(), b.caller, d)
	if err != nil {
		t.Fatal(err)
	}
	var checks []string
	for _, c := range v.Checks {
		checks = append(checks, c.Check+" "+c.Result+" "+string(c.Code))
	}
	want := []string{"channel pass ", "number pass ", "opt_in pass ", "window warn window_closed", "template pass ", "parameters pass ", "media skipped ", "limits pass "}
	if diff := cmp.Diff(want, checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if !v.WouldSend || v.SendsAs != "fallback_template" || v.ContactID == "" || v.Open || v.Category != "utility" || v.Billable == nil || !*v.Billable || v.LeftToday != nil {
		t.Errorf("verdict: %+v", v)
	}
	if _, expires, reason := v.Window.State(b.clock.Now()); reason != portal.WindowExpired || expires == nil {
		t.Errorf("window: %v %s", expires, reason)
	}
	if v.Number == nil || v.Number.OnWhatsApp == nil || !*v.Number.OnWhatsApp || v.Number.WAID != "5531987654321" {
		t.Errorf("number: %+v", v.Number)
	}
}

func TestNumberReports(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone := b.accept(text(magic("04")))
	b.pass(3*time.Second, time.Second)
	b.want(gone.ID, portal.StatusNumberNotFound, portal.CodeNumberNotFound)
	resolve := func(number string) messaging.NumberReport {
		t.Helper()
		n, err := b.service.Resolve(t.Context(), b.caller.Tenant, "BR", number)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	n := resolve("31 8765-4321")
	if n.E164 != person || n.Kind != "mobile" || n.Country != "BR" || n.OnWhatsApp != nil || n.Confidence != "low" || len(n.Candidates) != 2 {
		t.Errorf("stranger: %+v", n)
	}
	n = resolve(magic("04"))
	if n.OnWhatsApp == nil || *n.OnWhatsApp || n.Confidence != "medium" || len(n.Evidence) != 2 {
		t.Errorf("not found: %+v", n)
	}
	v, err := b.service.Validate(t.Context(), b.caller, text(magic("04")))
	if err != nil || !v.WouldSend || !slices.Contains(v.Warnings, portal.CodeNumberNotFound) {
		t.Errorf("verdict: %+v, %v", v, err)
	}
	_, err = b.service.Resolve(t.Context(), b.caller.Tenant, "BR", "x")
	code(t, "no number", err, portal.CodeInvalidNumber)
}

func TestInboundMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.writes("31 98765-4321", "Olá")
	if m.Direction != portal.Inbound || m.Status != portal.StatusReceived || m.From != person || m.To != "+551140028922" || m.Sequence != 1 {
		t.Errorf("received: %+v", m)
	}
	stored, _ := b.get(m.ID)
	if string(stored.Content) != `{"body":"Olá"}` || stored.ContactID == "" || stored.ConversationID == "" {
		t.Errorf("stored: %+v", stored)
	}
	live := b.caller
	live.Environment = portal.Live
	for _, tc := range []struct {
		name   string
		caller portal.Caller
		draft  messaging.InboundDraft
		want   portal.Code
	}{
		{"live", live, messaging.InboundDraft{From: person, Text: "x"}, portal.CodeEnvironmentMismatch},
		{"empty", b.caller, messaging.InboundDraft{}, portal.CodeValidationFailed},
		{"no number", b.caller, messaging.InboundDraft{From: "x", Text: "x"}, portal.CodeInvalidNumber},
		{"unknown channel", b.caller, messaging.InboundDraft{From: person, Text: "x", To: "chn_x"}, portal.CodeValidationFailed},
	} {
		err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := b.service.InboundTx(tx, tc.caller, tc.draft)
			return err
		})
		code(t, tc.name, err, tc.want)
	}
}

// TestCustomerWritesThroughWhatsApp goes the long way: a signed callback, twice.
func TestCustomerWritesThroughWhatsApp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	channel, err := b.store.Reader(t.Context()).DefaultChannel(b.caller.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	ph, err := store.SimulatorJournal{Store: b.store}.Phone(t.Context(), channel.PhoneNumberID)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.simulator.Inbound(t.Context(), ph, person, "Olá, você", "João"); err != nil {
		t.Fatal(err)
	}
	b.callBack()
	c := b.callbacks()[0]
	if err := b.service.Receive(t.Context(), c.channel, c.signature, c.body); err != nil {
		t.Fatal(err)
	}
	list, _, err := b.service.List(t.Context(), b.caller.Tenant, portal.MessageFilter{Direction: portal.Inbound}, portal.Page{Limit: 10})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	person, err := b.store.Reader(t.Context()).ContactByRef(b.caller.Tenant, list[0].ContactID)
	if err != nil || person.Name != "João" || person.LastInboundAt == nil || len(person.Windows) != 1 {
		t.Errorf("contact: %+v, %v", person, err)
	}
	answer := text(list[0].ContactID)
	answer.ContextMessageID = list[0].ID
	m := b.accept(answer)
	b.pass(3*time.Second, time.Second)
	b.want(m.ID, portal.StatusRead, "")
}

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(text(tester))
	account := b.caller.Account
	account.ID = portal.NewID(portal.PrefixAccount)
	other := b.newCaller(account)
	live := b.caller
	live.Environment = portal.Live
	for name, c := range map[string]portal.Caller{"another account": other, "another environment": live} {
		_, _, err := b.service.Get(t.Context(), c.Tenant, m.ID)
		code(t, name+" reads", err, portal.CodeNotFound)
		err = b.store.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := b.service.CancelTx(tx, c, m.ID)
			return err
		})
		code(t, name+" cancels", err, portal.CodeNotFound)
		list, _, err := b.service.List(t.Context(), c.Tenant, portal.MessageFilter{}, portal.Page{Limit: 10})
		if err != nil || len(list) != 0 {
			t.Errorf("%s lists %d, %v", name, len(list), err)
		}
		_, err = b.try(c, with(template(person), func(d *messaging.Draft) { d.ContextMessageID = m.ID }))
		code(t, name+" answers it", err, portal.CodeValidationFailed)
		_, err = b.try(c, with(template(person), func(d *messaging.Draft) { d.From = m.ChannelID }))
		code(t, name+" sends from its channel", err, portal.CodeValidationFailed)
		_, err = b.try(c, template(m.ContactID))
		code(t, name+" sends to its contact", err, portal.CodeValidationFailed)
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.accept(text(tester))
	c, err := b.service.Configuration(t.Context(), b.caller.Tenant)
	if err != nil || !c.Ready() || c.Provider != portal.ProviderSimulator || len(c.Channels) != 1 || c.Default != c.Channels[0].ID {
		t.Fatalf("configuration: %+v, %v", c, err)
	}
	if c.Channels[0].Waiting != 1 || len(c.Testers) != 1 {
		t.Errorf("waiting %d, testers %v", c.Channels[0].Waiting, c.Testers)
	}
	_, err = b.service.Configuration(t.Context(), portal.Tenant{AccountID: portal.NewID(portal.PrefixAccount), Environment: portal.Test})
	code(t, "unknown account", err, portal.CodeNotFound)
}
