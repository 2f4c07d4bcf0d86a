package messaging_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

func TestRepeatedAndDisorderedStatuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(text(tester))
	b.dispatch()
	b.clock.add(5 * time.Second)
	b.callBack()
	once, before := b.get(m.ID)
	callbacks := b.callbacks()
	slices.Reverse(callbacks)
	for range 2 {
		for _, c := range callbacks {
			if err := b.service.Receive(t.Context(), c.channel, c.signature, c.body); err != nil {
				t.Fatal(err)
			}
		}
	}
	again, after := b.get(m.ID)
	if again.Status != portal.StatusRead || again.Sequence != once.Sequence || !again.UpdatedAt.Equal(once.UpdatedAt) {
		t.Errorf("now %s, sequence %d", again.Status, again.Sequence)
	}
	if len(before.News) != 3 || len(after.News) != 3 {
		t.Errorf("%d news, then %d; want 3", len(before.News), len(after.News))
	}
}

func TestDeliveredAfterFailed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.accept(text(magic("03")))
	b.pass(2*time.Second, time.Second/2)
	m = b.want(m.ID, portal.StatusFailed, portal.CodeWhatsAppError)
	b.status(m, "delivered", m.ProviderMessageID)
	if m = b.want(m.ID, portal.StatusDelivered, ""); m.DeliveredAt == nil {
		t.Error("no time of delivery")
	}
	b.status(m, "failed", m.ProviderMessageID)
	b.want(m.ID, portal.StatusDelivered, "")
}

// WhatsApp tells whole seconds, and its news may come before its answer.
func TestNoStatusIsOlderThanItsMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.clock.add(900 * time.Millisecond)
	m := b.accept(text(tester))
	b.intercept(func(http.ResponseWriter, *http.Request) bool {
		for _, status := range []string{"sent", "delivered", "read"} {
			b.status(m, status, "wamid.EARLY")
		}
		panic(http.ErrAbortHandler)
	})
	b.dispatch()
	m = b.want(m.ID, portal.StatusRead, "")
	for name, at := range map[string]*time.Time{"accepted": m.AcceptedAt, "delivered": m.DeliveredAt, "read": m.ReadAt} {
		if at == nil || at.Before(m.CreatedAt) {
			t.Errorf("%s %v, created %v", name, at, m.CreatedAt)
		}
	}
}

func TestATemplatesTimeToLiveOutlastsTheNews(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	minute := 60
	b.tx(func(tx *store.Tx) error {
		return tx.InsertTemplate(portal.Template{
			ID: portal.NewID(portal.PrefixTemplate), AccountID: b.caller.AccountID, Environment: portal.Test, Name: "brief",
			Language: "pt_BR", Category: "utility", Status: portal.TemplateApproved, ParameterFormat: "named",
			Components: []byte("[]"), TTL: &minute, CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		})
	})
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		_, err := io.WriteString(w, `{"messages":[{"id":"wamid.BRIEF"}]}`)
		return err == nil
	})
	m := b.accept(messaging.Draft{To: person, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: "brief", Language: "pt_BR"}})
	b.dispatch()
	b.status(m, "sent", "wamid.BRIEF")
	b.clock.add(time.Minute + time.Second)
	b.dispatch()
	b.want(m.ID, portal.StatusExpired, portal.CodeExpiredUndelivered)
}

// status has WhatsApp report a status, rightly signed by the message's channel.
func (b *bench) status(m portal.Message, status, wamid string) {
	b.Helper()
	channel, err := b.store.Reader(b.Context()).Channel(m.Tenant(), m.ChannelID)
	if err != nil {
		b.Fatal(err)
	}
	b.statusOf(channel, status, wamid, m.ID)
}

func (b *bench) statusOf(channel portal.Channel, status, wamid, correlation string) {
	b.Helper()
	secrets, err := b.store.ChannelSecrets(b.Context(), channel.ID)
	if err != nil {
		b.Fatal(err)
	}
	body := fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
		"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},
		"statuses":[{"id":%q,"status":%q,"timestamp":"%d","recipient_id":"5511987650001","biz_opaque_callback_data":%q}]}}]}]}`,
		channel.PhoneNumberID, wamid, status, b.clock.Now().Unix(), correlation)
	if err := b.service.Receive(b.Context(), channel.ID, whatsapp.Sign(secrets.AppSecret, body), body); err != nil {
		b.Fatal(err)
	}
}

func TestCallbacksAreBelievedOnlyFromTheirChannel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	account := b.caller.Account
	account.ID = portal.NewID(portal.PrefixAccount)
	other := b.newCaller(account)
	foreign, err := b.store.Reader(t.Context()).DefaultChannel(other.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	m := b.accept(text(magic("01")))
	b.dispatch()
	m, _ = b.get(m.ID)

	b.statusOf(foreign, "read", m.ProviderMessageID, m.ID)
	b.statusOf(foreign, "read", "wamid.OTHER", m.ID)
	b.want(m.ID, portal.StatusCreated, "")

	b.callBack()
	c := b.callbacks()[0]
	code(t, "without a signature", b.service.Receive(t.Context(), c.channel, "", c.body), portal.CodeInvalidToken)
	code(t, "changed", b.service.Receive(t.Context(), c.channel, c.signature, append(c.body, ' ')), portal.CodeInvalidToken)
	code(t, "signed by another channel", b.service.Receive(t.Context(), foreign.ID, c.signature, c.body), portal.CodeInvalidToken)
	code(t, "unknown channel", b.service.Receive(t.Context(), portal.NewID(portal.PrefixChannel), c.signature, c.body), portal.CodeNotFound)

	queued := b.accept(text(magic("02")))
	b.status(queued, "read", "wamid.NEVERSENT")
	b.want(queued.ID, portal.StatusQueued, "")
}
