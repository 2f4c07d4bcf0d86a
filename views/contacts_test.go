package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

func TestContacts(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "contacts."+lang, uitest.Owner(lang), views.Contacts(views.ContactsProps{
			Now: uitest.Now, Older: contactID, Query: "maria", Tag: "vip", OptIn: portal.OptedIn,
			Rows: []views.ContactRow{
				{
					ID: contactID, Name: "Maria", Number: maskedTo, Tags: []string{"cliente", "vip"}, OptIn: portal.Consent{Status: portal.OptedIn},
					Windows: []portal.Window{{ChannelID: "chn_1", LastInboundAt: agoPtr(26 * time.Minute)}}, Source: "api", LastIn: agoPtr(26 * time.Minute),
				},
				{ID: "ctc_01KHPGTE3QZ5T0YV8N3W6M2B4S", ExternalID: "CLI-42", OptIn: portal.Consent{Status: portal.OptedOut}, Source: "inbound"},
			},
		}))
		uitest.Page(t, "contacts-empty."+lang, uitest.Owner(lang), views.Contacts(views.ContactsProps{
			Now: uitest.Now, BaseURL: "https://developers.example.com", Tester: "+5511987654321",
		}))
	})
}

func contactProps() views.ContactProps {
	return views.ContactProps{
		Now: uitest.Now, Confirm: "2046", MayReveal: true, MayWrite: true, Channels: map[string]string{"chn_1": "Loja"},
		Contact: portal.Contact{
			ID: contactID, ExternalID: "erp-10442", Phone: maskedTo, WAID: "+55 11 9••••-2046", Name: "Maria", Email: "••••@••••", Country: "BR",
			Tags: []string{"cliente", "vip"}, Attributes: map[string]any{"cidade": "Contagem", "pedidos": portal.Number("7")}, HandoffID: "hnd_01KB2M4X7Q9V0T3R5N8W6Y1Z0B",
			OptIn:   portal.Consent{Status: portal.OptedIn, Marketing: portal.OptedOut, Source: portal.ConsentByPerson, At: agoPtr(time.Hour), Evidence: "checkbox v3"},
			Windows: []portal.Window{{ChannelID: "chn_1", LastInboundAt: agoPtr(30 * time.Hour)}}, Source: "api", CreatedAt: ago(1200 * time.Hour),
		},
		Messages: messageRows(), Form: views.ContactForm{Name: "Maria", Tags: "cliente, vip"},
		Handoffs: []portal.Handoff{{ID: "hnd_01KB2M4X7Q9V0T3R5N8W6Y1Z0B", Status: portal.HandoffResolved, Outcome: "solved", Reason: "Troca", CreatedAt: ago(70 * time.Hour)}},
	}
}

func TestContact(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		uitest.Page(t, "contact."+lang, uitest.Owner(lang), views.Contact(contactProps()))
		refused := contactProps()
		refused.Errors = map[string]portal.Words{"email": {EN: "Not an address.", PT: "Não é um endereço."}, "confirm": {EN: "No match.", PT: "Não confere."}}
		refused.Form.Email = "nobody"
		uitest.Page(t, "contact-refused."+lang, uitest.Owner(lang), views.Contact(refused))
	})
}

func TestContactForAuditor(t *testing.T) {
	t.Parallel()
	p := contactProps()
	p.MayReveal, p.MayWrite = false, false
	page := uitest.Render(t, auditor(portal.LangEN), views.Contact(p))
	uitest.CheckPage(t, page)
	for _, form := range []string{"/reveal", "/erase", `name="tags"`} {
		if strings.Contains(page, form) {
			t.Errorf("an auditor is offered %s", form)
		}
	}
}

func TestTagsOf(t *testing.T) {
	t.Parallel()
	if got := views.TagsOf(" vip, ,atacado ,"); len(got) != 2 || got[0] != "vip" || got[1] != "atacado" {
		t.Errorf("TagsOf = %q", got)
	}
	if got := views.TagsOf(" "); got != nil {
		t.Errorf("TagsOf of nothing = %q", got)
	}
}
