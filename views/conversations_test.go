package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

const handoffID = "hnd_01KB2M4X7Q9V0T3R5N8W6Y1Z0B"

func handoffs() []portal.Handoff {
	return []portal.Handoff{
		{
			ID: handoffID, ContactID: contactID, ContactPhone: "+55 11 9••••-4417", ContactName: "Maria", ContactExternalID: "erp-09733", Status: portal.HandoffWaiting,
			Reason: "Troca do pedido 88101", Priority: "high", Department: "Trocas", Note: "Segunda troca do mês.", Reference: "PED-88101",
			RequestedBy: portal.Requester{Kind: "token", Name: "loja"}, CreatedAt: ago(26 * time.Minute),
		},
		{
			ID: "hnd_01KB2M4X7Q9V0T3R5N8W6Y1Z0C", Status: portal.HandoffAssigned, AssignedTo: &portal.Requester{ID: "usr_1", Name: "Agent"}, AssignedAt: agoPtr(time.Minute),
			ContactExternalID: "CLI-7", Reason: "Dúvida", Priority: "normal", CreatedAt: ago(10 * time.Minute),
		},
		{ID: "hnd_01KB2M4X7Q9V0T3R5N8W6Y1Z0D", Status: portal.HandoffResolved, Outcome: "no_answer", Reason: "Horário", Priority: "low", CreatedAt: ago(50 * time.Hour)},
	}
}

func TestConversations(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "conversations."+lang, uitest.Owner(lang), views.Conversations(views.ConversationsProps{
			View: views.ViewWaiting, Rows: handoffs(), Now: uitest.Now, More: handoffID, Any: true,
		}))
		uitest.Page(t, "conversations-empty."+lang, uitest.Owner(lang), views.Conversations(views.ConversationsProps{
			View: views.ViewWaiting, Now: uitest.Now, BaseURL: "https://developers.example.com", Tester: "+5511987654321",
		}))
	})
	for _, view := range []string{views.ViewWaiting, views.ViewMine, views.ViewAll, views.ViewClosed} {
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(portal.LangEN), views.Conversations(views.ConversationsProps{View: view, Any: true})))
	}
}

func TestWaitUnderAMinute(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		row := handoffs()[0]
		row.CreatedAt = ago(20 * time.Second)
		page := uitest.Render(t, uitest.Owner(lang), views.Conversations(views.ConversationsProps{View: views.ViewWaiting, Rows: []portal.Handoff{row}, Now: uitest.Now, Any: true}))
		if want := (portal.Words{EN: "under 1 min", PT: "menos de 1 min"}).In(lang); !strings.Contains(page, want) {
			t.Errorf("a wait of 20 seconds is not %q", want)
		}
	})
}

func conversationProps() views.ConversationProps {
	return views.ConversationProps{
		Handoff: handoffs()[0], Queue: handoffs(), View: views.ViewWaiting, Now: uitest.Now, Requester: "loja", Earlier: true,
		Contact: &portal.Contact{ID: contactID, OptIn: portal.Consent{Status: portal.OptedIn}, Tags: []string{"vip"}},
		Thread: []views.ThreadMessage{
			{ID: messageID, Status: portal.StatusRead, Bubble: views.Bubble{Lines: []string{"Seu pedido 88101 foi entregue."}}, At: ago(30 * time.Minute)},
			{ID: "msg_01M8251BC1F8YR3BXSHH5RBWM3", Inbound: true, Status: portal.StatusReceived, Bubble: views.Bubble{Lines: []string{"Preciso trocar um item."}}, At: ago(27 * time.Minute)},
			{ID: "msg_01M8251BC1F8YR3BXSHH5RBWM2", Inbound: true, Status: portal.StatusReceived, Kind: "image", At: ago(25 * time.Minute)},
		},
		MayWrite: true, MayReveal: true,
	}
}

func TestConversation(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "conversation."+lang, uitest.Owner(lang), views.Conversation(conversationProps()))
		done := conversationProps()
		done.Handoff.Status, done.Handoff.Outcome, done.Handoff.ResolutionNote = portal.HandoffResolved, "solved", "Trocado."
		done.Handoff.AssignedTo, done.Handoff.AssignedAt, done.Handoff.ResolvedAt = &portal.Requester{Name: "Agent"}, agoPtr(20*time.Minute), agoPtr(5*time.Minute)
		done.Contact, done.MayReveal = nil, false
		uitest.Page(t, "conversation-resolved."+lang, uitest.Owner(lang), views.Conversation(done))
		refused := conversationProps()
		refused.Mine, refused.Outcome, refused.Errors = true, "other", map[string]portal.Words{"note": {EN: "Too long.", PT: "Longa demais."}, "form": {EN: "Resolved already.", PT: "Já resolvido."}}
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Conversation(refused)))
	})
}

func TestConversationForAuditor(t *testing.T) {
	t.Parallel()
	p := conversationProps()
	p.MayWrite, p.MayReveal, p.Withheld = false, false, true
	page := uitest.Render(t, auditor(portal.LangEN), views.Conversation(p))
	uitest.CheckPage(t, page)
	for _, hidden := range []string{"/take", "/resolve", "/reveal", "Preciso trocar", "Segunda troca"} {
		if strings.Contains(page, hidden) {
			t.Errorf("an auditor finds %q", hidden)
		}
	}
}
