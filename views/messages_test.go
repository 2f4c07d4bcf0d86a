package views_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

const (
	messageID = "msg_01M8251BC1F8YR3BXSHH5RBWM4"
	contactID = "ctc_01KHPGTE3QZ5T0YV8N3W6M2B4R"
	maskedTo  = "+55 11 9••••-2046"
)

func ago(d time.Duration) time.Time     { return uitest.Now.Add(-d) }
func agoPtr(d time.Duration) *time.Time { t := ago(d); return &t }

func messageRows() []views.MessageRow {
	return []views.MessageRow{
		{ID: messageID, Status: portal.StatusRead, Number: maskedTo, Name: "Maria", Template: "order_update", Text: "Olá Maria, o pedido 88213 está enviado.", Reference: "pedido-88213", At: ago(time.Minute)},
		{ID: "msg_01M8251BC1F8YR3BXSHH5RBWM3", Status: portal.StatusNumberNotFound, Number: "+55 11 9••••-0004", Text: "<b>Hi</b>", At: ago(50 * time.Hour)},
		{ID: "msg_01M8251BC1F8YR3BXSHH5RBWM2", Status: portal.StatusReceived, Number: maskedTo, Text: "Quando chega?", At: ago(60 * time.Hour)},
	}
}

func TestMessages(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "messages."+lang, uitest.Owner(lang), views.Messages(views.MessagesProps{
			Rows: messageRows(), Now: uitest.Now, Older: "msg_01M8251BC1F8YR3BXSHH5RBWM2", Status: "reached", Range: "7d", Template: "order_update",
			Token: "tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07", TokenName: "erp", Templates: []string{"hello_world", "order_update"},
			Tokens: []ui.Choice{{Value: "tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07", Label: "erp", Chosen: true}},
		}))
		uitest.Page(t, "messages-empty."+lang, uitest.Owner(lang), views.Messages(views.MessagesProps{
			Now: uitest.Now, BaseURL: "https://developers.example.com", Tester: "+5511987654321",
		}))
		uitest.Page(t, "messages-none."+lang, uitest.Owner(lang), views.Messages(views.MessagesProps{
			Now: uitest.Now, Query: "pedido-1", Status: "failed", To: maskedTo, ToRaw: "+5511999992046", Reference: "pedido-1", Contact: contactID,
		}))
	})
}

func sentMessage() portal.Message {
	billable := `{"billable":true,"category":"utility","model":"PMP","type":"regular"}`
	return portal.Message{
		ID: messageID, AccountID: "acc_1", Environment: portal.Test, Direction: portal.Outbound, Status: portal.StatusRead, Type: portal.TypeTemplate,
		To: maskedTo, From: "+551140028922", ContactID: contactID, Reference: "pedido-88213", Source: portal.SourceAPI, RequestID: requestID,
		TokenID: "tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07", IdempotencyKey: "pedido-88213-aviso", Attempts: 2, Price: json.RawMessage(billable), Category: "utility",
		CreatedAt: ago(time.Minute), ExpiresAt: uitest.Now.Add(24 * time.Hour), AcceptedAt: agoPtr(58 * time.Second),
		DeliveredAt: agoPtr(57 * time.Second), ReadAt: agoPtr(4 * time.Second), UpdatedAt: ago(4 * time.Second),
	}
}

func sentHistory() portal.History {
	start := ago(time.Minute)
	next := start.Add(1042 * time.Millisecond)
	return portal.History{
		Checks: []portal.Check{
			{Check: "number", Result: portal.CheckPass, Detail: portal.Words{EN: "Mobile, read as written", PT: "Celular, lido como escrito"}},
			{Check: "window", Result: portal.CheckPass, Detail: portal.Words{EN: "Templates need no window", PT: "Modelos dispensam janela"}},
			{Check: "opt_in", Result: portal.CheckWarn, Code: "opt_in_unknown", Detail: portal.Words{EN: "Unknown: allowed", PT: "Desconhecido: permitido"}},
		},
		Attempts: []portal.Attempt{
			{
				Number: 1, At: start.Add(42 * time.Millisecond), Outcome: portal.AttemptRefused, Duration: 12 * time.Millisecond, HTTPStatus: 429, NextAttemptAt: &next,
				Failure: &portal.Failure{Code: portal.CodeRateLimited, Provider: &portal.ProviderError{Code: 130429, Title: "Rate limit hit"}},
			},
			{Number: 2, At: next, Outcome: portal.AttemptAccepted, Duration: 240 * time.Millisecond, HTTPStatus: 200},
		},
		News: []portal.StatusNews{
			{Status: portal.StatusCreated, ReceivedAt: start.Add(1300 * time.Millisecond), Applied: true, Sequence: 2},
			{Status: portal.StatusDelivered, ReceivedAt: start.Add(2880 * time.Millisecond), Applied: true, Sequence: 3},
			{Status: portal.StatusRead, ReceivedAt: start.Add(56 * time.Second), Applied: true, Sequence: 4},
			{Status: portal.StatusDelivered, ReceivedAt: start.Add(57 * time.Second)},
		},
		Replays: []portal.Replay{{RequestID: requestID, TokenID: "tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07", At: start.Add(10 * time.Second)}},
	}
}

func messageProps() views.MessageProps {
	took := 36 * time.Millisecond
	return views.MessageProps{
		Message: sentMessage(), Number: maskedTo, History: sentHistory(), Request: &portal.Request{ID: requestID, At: ago(time.Minute + 22*time.Millisecond), Duration: &took},
		Tokens: map[string]string{"tok_01KB2M4X7Q9V0T3R5N8W6Y1Z07": "erp-producao"}, Name: "Maria", Contact: true, Template: "order_update", Language: "pt_BR",
		Bubble: views.Bubble{Lines: []string{"Olá Maria, o pedido 88213 está enviado."}}, Channel: portal.Channel{Name: "Loja", Phone: "+55 11 4002-8922"},
		MayReveal: true, JSON: []byte(`{"id":"` + messageID + `","status":"read"}`),
	}
}

func TestMessage(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "message."+lang, uitest.Owner(lang), views.Message(messageProps()))

		failed := messageProps()
		failed.Message.Status, failed.Message.Failure = portal.StatusNumberNotFound, &portal.Failure{
			Code: portal.CodeNumberNotFound, Provider: &portal.ProviderError{Code: 131026, Title: "Message undeliverable", Details: "The number is not on WhatsApp"},
		}
		failed.History.News = []portal.StatusNews{{Status: portal.StatusNumberNotFound, ReceivedAt: ago(50 * time.Second), Applied: true}}
		failed.Request, failed.Revealed = nil, true
		uitest.Page(t, "message-failed."+lang, uitest.Owner(lang), views.Message(failed))

		queued := messageProps()
		queued.Message.Status, queued.Message.Type, queued.Template, queued.History = portal.StatusQueued, portal.TypeText, "", portal.History{}
		queued.MayCancel, queued.Problem = true, portal.Words{EN: "It is too late.", PT: "É tarde demais."}
		uitest.Page(t, "message-queued."+lang, uitest.Owner(lang), views.Message(queued))
	})
}

// Whatever the message is, the page holds together and an auditor finds nothing to press.
func TestMessageStates(t *testing.T) {
	t.Parallel()
	for _, status := range portal.Statuses {
		p := messageProps()
		p.Message.Status, p.History, p.MayReveal, p.Withheld, p.Lines = status, portal.History{}, false, true, nil
		if status == portal.StatusScheduled {
			p.Message.SendAt = agoPtr(-time.Hour)
		}
		page := uitest.Render(t, auditor(portal.LangEN), views.Message(p))
		uitest.CheckPage(t, page)
		if strings.Contains(page, "/reveal") || strings.Contains(page, "/cancel") || strings.Contains(page, "88213 está") {
			t.Errorf("%s: an auditor is offered a form or a content", status)
		}
	}
}

func TestMessageInboundAndErased(t *testing.T) {
	t.Parallel()
	p := messageProps()
	p.Message.Direction, p.Message.Status, p.Message.Source, p.Message.RequestID = portal.Inbound, portal.StatusReceived, "whatsapp", ""
	p.Request, p.Template, p.History = nil, "", portal.History{}
	page := uitest.Render(t, uitest.Owner(portal.LangEN), views.Message(p))
	uitest.CheckPage(t, page)
	if !strings.Contains(page, "Message from "+maskedTo) || strings.Contains(page, "/v1/messages</code>") {
		t.Error("an inbound message is shown as one that was sent")
	}
	p.Erased, p.Contact, p.Number = true, false, "••••"
	page = uitest.Render(t, uitest.Owner(portal.LangPT), views.Message(p))
	if !strings.Contains(page, "O conteúdo foi apagado") || strings.Contains(page, "/contacts/"+contactID) {
		t.Error("an erased message still leads to its content or contact")
	}
}

func TestMessageStatuses(t *testing.T) {
	t.Parallel()
	for _, s := range portal.Statuses {
		if got := views.MessageStatuses(string(s)); len(got) != 1 || got[0] != s {
			t.Errorf("MessageStatuses(%s) = %v", s, got)
		}
	}
	if got := views.MessageStatuses("in_flight"); len(got) != 4 {
		t.Errorf("in_flight = %v", got)
	}
	if got := views.MessageStatuses("nonsense"); got != nil {
		t.Errorf("nonsense = %v", got)
	}
}
