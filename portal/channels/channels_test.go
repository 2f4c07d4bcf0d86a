package channels_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/channels"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

const person = "+5531987654321"

// ready makes hello_world known to the portal's account.
func (b *bench) ready() {
	b.Helper()
	b.must(b.store.Tx(b.Context(), func(tx *store.Tx) error {
		return tx.InsertTemplate(portal.Template{
			ID: portal.NewID(portal.PrefixTemplate), AccountID: b.by.AccountID, Environment: portal.Live, Name: "hello_world", Language: "pt_BR",
			Category: "utility", Status: portal.TemplateApproved, ParameterFormat: "named", Parameters: nil,
			Components: []byte(`[{"type":"BODY","text":"Olá! Esta é uma mensagem de teste."}]`), Quality: "unknown", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		})
	}))
	b.must(b.meta.Tx(b.Context(), func(tx *store.Tx) error {
		return tx.InsertTemplate(portal.Template{
			ID: portal.NewID(portal.PrefixTemplate), AccountID: b.business.AccountID, Environment: portal.Live, Name: "hello_world", Language: "pt_BR",
			Category: "utility", Status: portal.TemplateApproved, ParameterFormat: "named",
			Components: []byte(`[{"type":"BODY","text":"Olá! Esta é uma mensagem de teste."}]`), Quality: "unknown", CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		})
	}))
}

func TestConnectSendAndHear(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready()
	real, secrets := b.number("+551140020001", "")
	ours := b.connect(real, secrets)
	if ours.Phone != real.Phone || !ours.Default || ours.Quality != "green" || ours.Throughput == nil || *ours.Throughput != 80 {
		t.Errorf("connected: %+v", ours)
	}
	b.is(ours.ID, portal.ChannelConnected, "")
	if !slices.Equal(b.met, []string{ours.ID}) {
		t.Errorf("told of the connection: %v", b.met)
	}
	m := b.until(b.send(person, "").ID, portal.StatusRead)
	if m.From != real.Phone || m.ChannelID != ours.ID || m.DeliveredAt == nil {
		t.Errorf("sent: %+v", m)
	}
	if s := b.state(ours.ID); s.CallbackAt == nil || s.VerifiedAt == nil || b.refused() > 0 {
		t.Errorf("callbacks: %+v, %d refused", s.Channel, b.refused())
	}
	if _, err := b.channels.Connect(t.Context(), b.by, draftOf(real, secrets)); portal.CodeOf(err) != portal.CodeValidationFailed {
		t.Errorf("connected twice: %v", err)
	}
}

// TestTokenExpires: the message that learns of it ends, the next waits, and a
// new token lets it go at once.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready()
	real, secrets := b.number("+551140020002", "")
	ours := b.connect(real, secrets)
	first, waits := b.send(person, ""), b.send("+5531987650002", "") // whichever is sent first learns of it
	expire := func(on bool) {
		b.must(b.simulator.Configure(t.Context(), real.PhoneNumberID, func(s *simulator.Settings) error { s.Chaos.TokenExpired = on; return nil }))
	}
	expire(true)
	_, err := b.messaging.Dispatch(t.Context())
	b.must(err)
	b.messaging.Wait()
	if m, _, err := b.messaging.Get(t.Context(), b.by.Tenant, waits.ID); err != nil || m.Status == portal.StatusFailed {
		first, waits = waits, first
	}
	b.until(first.ID, portal.StatusFailed)
	b.is(ours.ID, portal.ChannelLoggedOut, portal.ReasonTokenExpired)
	if _, err := b.try(person, ""); portal.CodeOf(err) != portal.CodeChannelLoggedOut {
		t.Errorf("accepted while logged out: %v", err)
	}
	err = b.channels.ReplaceToken(t.Context(), b.by, ours.ID, "EAAwrongwrongwrongwrongwrong")
	if trouble := channels.TroubleOf(err); trouble == nil || trouble.Field != "token" || trouble.Code != 190 {
		t.Errorf("a wrong token: %v", err)
	}
	expire(false)
	fresh := secrets
	fresh.Token = "EAAfreshfreshfreshfreshfresh"
	b.must(b.meta.Tx(t.Context(), func(tx *store.Tx) error { return tx.SaveSecrets(real, fresh) }))
	b.must(b.channels.ReplaceToken(t.Context(), b.by, ours.ID, fresh.Token))
	b.is(ours.ID, portal.ChannelConnected, "")
	b.until(waits.ID, portal.StatusRead)
	if kinds := b.kinds(ours.ID); !slices.Contains(kinds, portal.ChannelNewToken) || !slices.Contains(kinds, portal.ChannelLoggedOut) {
		t.Errorf("history: %v", kinds)
	}
}

// TestTwoNumbers: with two secrets each is believed about itself only; numbers of
// one app share an address.
func TestTwoNumbers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready()
	one, secretsOne := b.number("+551140020003", "100000000000001")
	two, secretsTwo := b.number("+551140020004", "100000000000001")
	oursOne, oursTwo := b.connect(one, secretsOne), b.connect(two, secretsTwo)
	if s := b.state(oursTwo.ID); s.Default {
		t.Error("the second number became the default")
	}
	m := b.until(b.send(person, two.Phone).ID, portal.StatusRead)
	if m.ChannelID != oursTwo.ID || b.refused() > 0 {
		t.Errorf("from the second number: %+v, %d refused", m, b.refused())
	}
	status := func(phoneNumberID, wamid string) []byte {
		return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"100000000000001","changes":[{"field":"messages","value":{
			"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},"messages":[{"from":"5531987654321","id":%q,"timestamp":"1795356000","type":"text","text":{"body":"Oi"}}]}}]}]}`, phoneNumberID, wamid)
	}
	heard := func(wamid string) bool {
		_, err := b.store.Reader(t.Context()).MessageOfProvider(b.by.Tenant, oursTwo.ID, wamid)
		return err == nil
	}
	raw := status(two.PhoneNumberID, "wamid.A")
	b.must(b.messaging.Receive(t.Context(), oursOne.ID, whatsapp.Sign(secretsOne.AppSecret, raw), raw))
	if heard("wamid.A") {
		t.Error("one app was believed about the number of another")
	}
	if err := b.messaging.Receive(t.Context(), oursTwo.ID, whatsapp.Sign(secretsOne.AppSecret, raw), raw); portal.CodeOf(err) != portal.CodeInvalidToken {
		t.Errorf("the secret of another app: %v", err)
	}
	b.must(b.channels.ReplaceSecret(t.Context(), b.by, oursTwo.ID, string(secretsOne.AppSecret)))
	raw = status(two.PhoneNumberID, "wamid.B")
	b.must(b.messaging.Receive(t.Context(), oursOne.ID, whatsapp.Sign(secretsOne.AppSecret, raw), raw))
	if !heard("wamid.B") {
		t.Error("the address of one number does not serve the other of the same app")
	}
}

func TestRemoveEndsWhatWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready()
	one, secretsOne := b.number("+551140020005", "")
	two, secretsTwo := b.number("+551140020006", "")
	oursOne, oursTwo := b.connect(one, secretsOne), b.connect(two, secretsTwo)
	b.must(b.channels.Pause(t.Context(), b.by, oursTwo.ID))
	if _, err := b.try(person, oursTwo.ID); portal.CodeOf(err) != portal.CodeChannelBlocked {
		t.Errorf("accepted while paused: %v", err)
	}
	b.must(b.channels.Resume(t.Context(), b.by, oursTwo.ID))
	waits := b.send(person, oursTwo.ID)
	b.must(b.channels.Pause(t.Context(), b.by, oursTwo.ID))
	b.must(b.channels.Remove(t.Context(), b.by, oursTwo.ID))
	if m := b.until(waits.ID, portal.StatusFailed); m.Failure == nil || m.Failure.Code != portal.CodeNoChannel {
		t.Errorf("ended with %+v", m.Failure)
	}
	for _, from := range []string{oursTwo.ID, two.Phone} {
		if _, err := b.try(person, from); portal.CodeOf(err) != portal.CodeValidationFailed {
			t.Errorf("from a removed number: %v", err)
		}
	}
	if _, err := b.store.ChannelSecrets(t.Context(), oursTwo.ID); portal.CodeOf(err) != portal.CodeNotFound {
		t.Errorf("secrets of a removed number: %v", err)
	}
	b.connect(two, secretsTwo) // its number is free again
	b.must(b.channels.Remove(t.Context(), b.by, oursOne.ID))
	list, err := b.channels.List(t.Context(), b.by.Tenant)
	b.must(err)
	if len(list) != 1 || !list[0].Default {
		t.Errorf("left: %+v", list)
	}
	b.must(b.channels.Remove(t.Context(), b.by, list[0].ID))
	if _, err := b.try(person, ""); portal.CodeOf(err) != portal.CodeNoChannel {
		t.Errorf("without a number: %v", err)
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	real, secrets := b.number("+551140020007", "")
	ours := b.connect(real, secrets)
	token, err := b.channels.VerifyToken(t.Context(), b.state(ours.ID).Channel)
	b.must(err)
	for _, h := range []channels.Handshake{{"subscribe", "guess", "42"}, {"subscribe", "", "42"}, {"unsubscribe", token, "42"}} {
		if answer, err := b.channels.Verify(t.Context(), ours.ID, h); answer != "" || portal.CodeOf(err) != portal.CodeInvalidToken {
			t.Errorf("%s answered %q, %v", h.Mode, answer, err)
		}
	}
	if b.state(ours.ID).VerifiedAt != nil {
		t.Error("verified by a guess")
	}
	if answer, err := b.channels.Verify(t.Context(), ours.ID, channels.Handshake{Mode: "subscribe", Token: token, Challenge: "42"}); answer != "42" || err != nil {
		t.Errorf("answered %q, %v", answer, err)
	}
	if again, err := b.channels.VerifyToken(t.Context(), b.state(ours.ID).Channel); again != "" || err != nil {
		t.Errorf("the verify token is still shown: %v", err)
	}
	b.must(b.channels.ResetCallback(t.Context(), b.by, ours.ID))
	if _, err := b.channels.Verify(t.Context(), ours.ID, channels.Handshake{Mode: "subscribe", Token: token, Challenge: "42"}); portal.CodeOf(err) != portal.CodeInvalidToken {
		t.Errorf("the old verify token works: %v", err)
	}
}

// TestWrongSignature leaves one trace an hour, and none of what is unknown.
func TestWrongSignature(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	real, secrets := b.number("+551140020011", "")
	ours := b.connect(real, secrets)
	before := len(b.kinds(ours.ID))
	for range 3 {
		b.must(b.channels.SignatureRefused(t.Context(), ours.ID))
	}
	if kinds := b.kinds(ours.ID); len(kinds) != before+1 || kinds[0] != portal.ChannelUnsigned {
		t.Errorf("history: %v", kinds)
	}
	if err := b.channels.SignatureRefused(t.Context(), portal.NewID(portal.PrefixChannel)); portal.CodeOf(err) != portal.CodeNotFound {
		t.Errorf("an unknown number: %v", err)
	}
}

// TestNews: what WhatsApp tells of a number and its account is kept and followed.
func TestNews(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	real, secrets := b.number("+551140020008", "")
	ours := b.connect(real, secrets)
	tell := func(waba, field, value string) {
		t.Helper()
		raw := fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"time":1,"changes":[{"field":%q,"value":%s}]}]}`, waba, field, value)
		b.must(b.messaging.Receive(t.Context(), ours.ID, whatsapp.Sign(secrets.AppSecret, raw), raw))
	}
	tell("999", "account_update", `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE"}}`)
	b.is(ours.ID, portal.ChannelConnected, "")
	tell(real.WABA, "phone_number_quality_update", `{"display_phone_number":"551140020008","event":"FLAGGED","current_limit":"TIER_1K"}`)
	tell(real.WABA, "phone_number_quality_update", `{"display_phone_number":"551140029999","event":"UNFLAGGED"}`)
	tell(real.WABA, "business_capability_update", `{"max_daily_conversations_per_business":10000,"max_phone_numbers_per_waba":25}`)
	tell(real.WABA, "phone_number_quality_update", `{"display_phone_number":"+55 11 4002-0008","event":"THROUGHPUT_UPGRADE","current_limit":"TIER_UNLIMITED"}`)
	if s := b.state(ours.ID); s.Quality != "red" || s.PeopleLimit == nil || *s.PeopleLimit != 10000 || *s.Throughput != 1000 {
		t.Errorf("after the news: quality %s, limit %v, throughput %v", s.Quality, s.PeopleLimit, s.Throughput)
	}
	ban := `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":["DISABLE"],"waba_ban_date":"2026-11-23"}}`
	tell(real.WABA, "account_update", ban)
	b.is(ours.ID, portal.ChannelBlocked, portal.ReasonPolicy)
	before := len(b.kinds(ours.ID))
	tell(real.WABA, "account_update", ban)
	if n := len(b.kinds(ours.ID)); n != before {
		t.Errorf("a repeat wrote %d events", n-before)
	}
	tell(real.WABA, "account_update", `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":["REINSTATE"]}}`)
	b.is(ours.ID, portal.ChannelConnected, "")
	tell(real.WABA, "account_alerts", `{"entity_type":"BUSINESS","entity_id":"1","alert_info":{"alert_type":"OBA_APPROVED","alert_description":"Approved."}}`)
	tell(real.WABA, "account_alerts", `{"entity_type":"WABA","entity_id":"1","alert_severity":"CRITICAL","alert_type":"LIMIT","alert_description":"Too fast."}`)
	list, _, err := b.channels.Events(t.Context(), b.by.Tenant, ours.ID, portal.Page{Limit: 2})
	b.must(err)
	for i, want := range []string{"Too fast.", "Approved."} {
		if e := list[i]; e.Kind != portal.ChannelAlert || !strings.Contains(string(e.Detail), want) {
			t.Errorf("history: %s %s, want %q", e.Kind, e.Detail, want)
		}
	}
}

// TestTroubles: what Meta refuses while connecting is told with cause and fix, and nothing is stored.
func TestTroubles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	real, secrets := b.number("+551140020009", "")
	for name, c := range map[string]struct {
		change func(*channels.Draft)
		field  string
	}{
		"token":  {func(d *channels.Draft) { d.Token = "EAAnobodynobodynobodynobody" }, "token"},
		"number": {func(d *channels.Draft) { d.PhoneNumberID = "123456789" }, "phone_number_id"},
		"waba":   {func(d *channels.Draft) { d.WABA = "123456789" }, "waba_id"},
	} {
		d := draftOf(real, secrets)
		c.change(&d)
		_, err := b.channels.Connect(t.Context(), b.by, d)
		trouble := channels.TroubleOf(err)
		if trouble == nil || trouble.Field != c.field || trouble.Cause.PT == "" || trouble.Fix.EN == "" {
			t.Errorf("%s: %v %+v", name, err, trouble)
		}
	}
	bad := draftOf(real, secrets)
	bad.PhoneNumberID, bad.Token, bad.AppSecret, bad.PIN = "+55 11", "short", "", "12"
	_, err := b.channels.Connect(t.Context(), b.by, bad)
	var refused *portal.Error
	if portal.CodeOf(err) != portal.CodeValidationFailed || !asError(err, &refused) || len(refused.Fields) != 4 {
		t.Errorf("a bad form: %v", err)
	}
	b.graph.Close()
	_, err = b.channels.Connect(t.Context(), b.by, draftOf(real, secrets))
	if trouble := channels.TroubleOf(err); trouble == nil || trouble.HTTPCode != 0 || trouble.Fix.EN == "" {
		t.Errorf("nobody there: %v", err)
	}
	list, err := b.channels.List(t.Context(), b.by.Tenant)
	if len(list) != 0 || err != nil {
		t.Errorf("stored: %v, %v", list, err)
	}
}

// TestSecretsAreNowhere: neither the database nor the log holds a secret in any
// of the forms that it is written in.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ready()
	real, secrets := b.number("+551140020010", "")
	ours := b.connect(real, secrets)
	b.until(b.send(person, "").ID, portal.StatusRead)
	b.must(b.channels.ReplaceSecret(t.Context(), b.by, ours.ID, "0123456789abcdefABCDEF/+=x&"))
	_ = b.channels.ReplaceToken(t.Context(), b.by, ours.ID, "EAAwrong+wrong/wrong=wrongwrong")
	kept, err := b.store.ChannelSecrets(t.Context(), ours.ID)
	b.must(err)
	dump := b.dump() + b.log.String()
	if len(b.log.String()) == 0 || !strings.Contains(dump, ours.ID) {
		t.Fatal("nothing was dumped")
	}
	for _, secret := range []string{secrets.Token, string(secrets.AppSecret), kept.VerifyToken, string(kept.AppSecret), "EAAwrong+wrong/wrong=wrongwrong"} {
		for form, text := range map[string]string{
			"raw": secret, "url": url.QueryEscape(secret), "base64": base64.StdEncoding.EncodeToString([]byte(secret)),
			"base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
		} {
			if strings.Contains(dump, text) {
				t.Errorf("a secret is there, %s", form)
			}
		}
	}
}

// TestStrangers: another tenant's channels are not found.
func TestStrangers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	real, secrets := b.number("+551140020011", "")
	ours := b.connect(real, secrets)
	ctx := t.Context()
	for _, tenant := range []portal.Tenant{b.account(b.store), {AccountID: b.by.AccountID, Environment: portal.Test}} {
		by := b.by
		by.Tenant = tenant
		for name, err := range map[string]error{
			"rename": b.channels.Rename(ctx, by, ours.ID, "x"), "default": b.channels.MakeDefault(ctx, by, ours.ID),
			"pause": b.channels.Pause(ctx, by, ours.ID), "resume": b.channels.Resume(ctx, by, ours.ID),
			"remove": b.channels.Remove(ctx, by, ours.ID), "check": b.channels.CheckAgain(ctx, by, ours.ID),
			"token": b.channels.ReplaceToken(ctx, by, ours.ID, secrets.Token), "secret": b.channels.ReplaceSecret(ctx, by, ours.ID, string(secrets.AppSecret)),
			"callback": b.channels.ResetCallback(ctx, by, ours.ID), "register": b.channels.Register(ctx, by, ours.ID, "123456"),
			"code": b.channels.RequestCode(ctx, by, ours.ID, "SMS", "en_US"), "verify": b.channels.VerifyCode(ctx, by, ours.ID, "123456"),
		} {
			if portal.CodeOf(err) != portal.CodeNotFound {
				t.Errorf("%s by a stranger: %v", name, err)
			}
		}
	}
	b.is(ours.ID, portal.ChannelConnected, "")
}

// TestRefresh: the chore follows what WhatsApp says of a number.
func TestRefresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	real, secrets := b.number("+551140020012", "")
	ours := b.connect(real, secrets)
	b.must(b.simulator.Configure(t.Context(), real.PhoneNumberID, func(s *simulator.Settings) error { s.Chaos.TokenExpired = true; return nil }))
	if trouble := channels.TroubleOf(b.channels.CheckAgain(t.Context(), b.by, ours.ID)); trouble == nil || trouble.Code != 190 {
		t.Errorf("checked: %+v", trouble)
	}
	b.is(ours.ID, portal.ChannelLoggedOut, portal.ReasonTokenExpired)
	b.must(b.channels.Refresh(t.Context())) // asked a moment ago: left alone
	b.must(b.simulator.Configure(t.Context(), real.PhoneNumberID, func(s *simulator.Settings) error { s.Chaos.TokenExpired = false; return nil }))
	b.must(b.channels.CheckAgain(t.Context(), b.by, ours.ID))
	b.is(ours.ID, portal.ChannelConnected, "")
}
