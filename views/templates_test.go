package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui/uitest"
)

func template(status string) portal.Template {
	components := []byte(`[{"type":"HEADER","format":"TEXT","text":"Pedido {{order}}","example":{"header_text_named_params":[{"param_name":"order","example":"1001"}]}},
{"type":"BODY","text":"Olá {{name}}, chegou.\n\n<b>Obrigado</b>","example":{"body_text_named_params":[{"param_name":"name","example":"Ana"}]}},
{"type":"FOOTER","text":"Loja"},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Falar"}]}]`)
	return portal.Template{
		ID: "tpl_01KB2M4X7Q9V0T3R5N8W6Y1Z0B", Name: "order_update", Language: "pt_BR", Category: portal.CategoryUtility, Status: status, Quality: "green",
		ParameterFormat: portal.ParametersNamed, Components: components, Parameters: portal.ParametersOf(components), ProviderID: "1234567890",
		SyncedAt: agoPtr(time.Minute), CreatedAt: ago(time.Hour), UpdatedAt: ago(time.Minute),
	}
}

func TestTemplates(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		rows := []portal.Template{template(portal.TemplateApproved), template("limit_exceeded")}
		rows[1].ID = "tpl_01KB2M4X7Q9V0T3R5N8W6Y1Z0C"
		uitest.Page(t, "templates."+lang, uitest.Owner(lang), views.Templates(views.TemplatesProps{
			Rows: rows, Counts: map[string]int64{portal.TemplateApproved: 1, portal.TemplateDeleted: 3}, Category: portal.CategoryUtility, Older: "/templates?before=x",
		}))
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Templates(views.TemplatesProps{})))
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.Templates(views.TemplatesProps{Query: "x"})))
	})
}

func TestTemplate(t *testing.T) {
	uitest.Languages(t, func(t *testing.T, lang string) {
		rejected := template(portal.TemplateRejected)
		rejected.Reason, rejected.Recommendation = "INVALID_FORMAT", "<i>Edit</i> it."
		uitest.Page(t, "template."+lang, uitest.Owner(lang), views.Template(views.TemplateProps{
			Template: rejected, Editable: true, Messages: messageRows(), Calls: []views.Call{{ID: "curl", Name: "cURL", Code: "curl"}},
			Events: []portal.TemplateEvent{
				{At: ago(time.Minute), Kind: portal.TemplateEventStatus, Before: portal.TemplatePending, After: portal.TemplateRejected, Reason: "INVALID_FORMAT", Source: "callback"},
				{At: ago(2 * time.Minute), Kind: portal.TemplateEventCategory, Before: portal.CategoryUtility, After: portal.CategoryMarketing, Source: "sync"},
				{At: ago(3 * time.Minute), Kind: portal.TemplateEventContent, Source: portal.SourcePortal, Actor: "Ana"},
			},
		}))
		for _, status := range portal.TemplateStatuses {
			page := uitest.Render(t, uitest.Owner(lang), views.Template(views.TemplateProps{Template: template(status), Editable: true}))
			uitest.CheckPage(t, page)
			if got, want := strings.Contains(page, "/templates/order_update/pt_BR/delete"), status != portal.TemplateDeleted; got != want {
				t.Errorf("%s: can be deleted: %t", status, got)
			}
			if got, want := strings.Contains(page, "/templates/order_update/pt_BR/edit"), status != portal.TemplateDeleted && status != portal.TemplatePending && status != portal.TemplateDisabled; got != want {
				t.Errorf("%s: can be edited: %t", status, got)
			}
		}
		uitest.Page(t, "template-delete."+lang, uitest.Owner(lang), views.TemplateDelete(template(portal.TemplateApproved), portal.Words{EN: "No.", PT: "Não."}))
	})
}

func TestTemplateEditor(t *testing.T) {
	known := template(portal.TemplateApproved)
	uitest.Languages(t, func(t *testing.T, lang string) {
		wrong := views.TemplateForm{Name: "Order", Language: "pt_BR", Body: "{{name}}", Problems: []views.TemplateProblem{
			{Field: "name", Words: portal.Words{EN: "Wrong.", PT: "Errado."}}, {Words: portal.Words{EN: "Refused.", PT: "Recusado."}},
		}}
		uitest.Page(t, "template-new."+lang, uitest.Owner(lang), views.TemplateEditor(views.TemplateFormProps{Form: wrong}))
		uitest.CheckPage(t, uitest.Render(t, uitest.Owner(lang), views.TemplateEditor(views.TemplateFormProps{Edits: &known, Preview: views.PreviewOf(known)})))
	})
	preview := uitest.Render(t, uitest.Owner(portal.LangEN), views.TemplatePreview(views.PreviewOf(known)))
	for _, want := range []string{"Pedido 1001", "Olá Ana, chegou.", "&lt;b&gt;Obrigado", "Falar"} {
		if !strings.Contains(preview, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
}
