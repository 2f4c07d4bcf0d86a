package messaging_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// TestWhatsAppIsToldWhatWasRead, also when it is away at first; never for what we sent.
func TestWhatsAppIsToldWhatWasRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.writes("+5521987654321", "Olá")
	down, told, typed := true, 0, 0
	b.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		if strings.Contains(string(body), `"typing_indicator":{"type":"text"}`) {
			typed++
		}
		if down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		if strings.Contains(string(body), `"status":"read"`) && strings.Contains(string(body), in.ProviderMessageID) {
			told++
		}
		_, _ = io.WriteString(w, `{"success":true}`)
		return true
	})
	b.tx(func(tx *store.Tx) error {
		m, err := b.service.ReadTx(tx, b.caller, in.ID, true)
		if err == nil && m.ReadAt == nil {
			b.Error("it is not read")
		}
		return err
	})
	tell := func(want int) {
		b.Helper()
		if n, err := b.service.TellRead(t.Context()); n != want || err != nil {
			b.Errorf("%d told, %v; want %d", n, err, want)
		}
	}
	tell(1)
	tell(0)
	down = false
	b.clock.add(5 * time.Second)
	tell(1)
	b.clock.add(time.Hour)
	tell(0)
	if told != 1 || typed != 1 {
		t.Errorf("WhatsApp was told %d times, and %d times that somebody is typing", told, typed)
	}
	sent := b.accept(text(magic("01")))
	err := b.store.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := b.service.ReadTx(tx, b.caller, sent.ID, false)
		return err
	})
	code(t, "one that we sent", err, portal.CodeNotFound)
}

// TestWhatPeopleSendIsKeptInOurShape: ids of messages are ours, and how it came stays with it.
func TestWhatPeopleSendIsKeptInOurShape(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	channel, err := b.store.Reader(t.Context()).DefaultChannel(b.caller.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := b.store.ChannelSecrets(t.Context(), channel.ID)
	if err != nil {
		t.Fatal(err)
	}
	first := b.writes("+5521987654321", "Olá")
	for i, c := range []struct{ kind, extra, content, want string }{
		{"reaction", "", fmt.Sprintf(`{"message_id":%q,"emoji":"👍"}`, first.ProviderMessageID), `{"message_id":"` + first.ID + `","emoji":"👍"}`},
		{"reaction", "", `{"message_id":"wamid.GONE","emoji":"👍"}`, `{"message_id":null,"emoji":"👍"}`},
		{"text", `,"context":{"forwarded":true}`, `{"body":"Veja"}`, `{"body":"Veja","forwarded":true}`},
		{"text", `,"referral":{"headline":"Promo"}`, `{"body":"Oi"}`, `{"body":"Oi","referral":{"headline":"Promo"}}`},
		{"unsupported", `,"errors":[{"code":131051}]`, `{}`, `{"errors":[{"code":131051}]}`},
		{"interactive", "", `{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{}"}}`, `{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{}"}}`},
		{"order", "", `{"catalog_id":"1","product_items":[{"product_retailer_id":"CAM-01","quantity":2}]}`, `{"catalog_id":"1","product_items":[{"product_retailer_id":"CAM-01","quantity":2}]}`},
	} {
		wamid := fmt.Sprintf("wamid.KIND%d", i)
		body := []byte(fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},"contacts":[{"wa_id":"5521987654321","profile":{"name":"Ana"}}],"messages":[{"from":"5521987654321","id":%q,"timestamp":"%d","type":%q,%q:%s%s}]}}]}]}`,
			channel.PhoneNumberID, wamid, b.clock.Now().Unix(), c.kind, c.kind, c.content, c.extra))
		if err := b.service.Receive(t.Context(), channel.ID, whatsapp.Sign(secrets.AppSecret, body), body); err != nil {
			t.Fatal(err)
		}
		m, err := b.store.Reader(t.Context()).MessageOfProvider(b.caller.Tenant, channel.ID, wamid)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(m.Content, &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || fmt.Sprint(got) != fmt.Sprint(want) || m.Type != c.kind {
			t.Errorf("%s: kept as %s %s, want %s", c.kind, m.Type, m.Content, c.want)
		}
	}
}
