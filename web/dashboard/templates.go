package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/templates"
	"github.com/wppmarketing/developers/views"
	"github.com/wppmarketing/developers/views/ui"
)

const (
	templatesList    = "templates"
	templateMessages = 5 // shown of those that used a template
)

// templates lists the templates of the environment, newest first.
func (d *Dashboard) templates(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, q := r.Context(), r.URL.Query()
	props := views.TemplatesProps{Query: strings.TrimSpace(q.Get("q"))}
	if slices.Contains(portal.TemplateStatuses, q.Get("status")) {
		props.Status = q.Get("status")
	}
	if slices.Contains(portal.TemplateCategories, q.Get("category")) {
		props.Category = q.Get("category")
	}
	after, err := portal.ParseCursor(templatesList, q.Get("before"))
	if err != nil {
		return err
	}
	f := portal.TemplateFilter{Search: props.Query, Status: props.Status, Category: props.Category}
	rows, next, err := d.Templates.List(ctx, p.Tenant(), f, portal.Page{Limit: portal.DefaultLimit, After: after})
	if err != nil {
		return err
	}
	if next != "" {
		props.Older = ui.Href(ctx, "/templates", "q", props.Query, "status", props.Status, "category", props.Category, "before", portal.Cursor(templatesList, next))
	}
	props.Rows = rows
	if props.Counts, err = d.Templates.Counts(ctx, p.Tenant()); err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.Templates(props))
}

// theTemplate returns the template that the path names.
func (d *Dashboard) theTemplate(r *http.Request, p *Person) (portal.Template, error) {
	return d.Templates.Get(r.Context(), p.Tenant(), r.PathValue("name"), r.PathValue("language"))
}

// template shows one template.
func (d *Dashboard) template(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx := r.Context()
	t, err := d.theTemplate(r, p)
	if err != nil {
		return err
	}
	_, simple := templateFormOf(t)
	props := views.TemplateProps{Template: t, Editable: simple, Calls: d.calls(templateMessage(p.tester(), t), "")}
	if props.Events, err = d.Templates.Events(ctx, p.Tenant(), t.ID); err != nil {
		return err
	}
	list, _, err := d.Messaging.List(ctx, p.Tenant(), portal.MessageFilter{Template: t.Name}, portal.Page{Limit: templateMessages})
	if err != nil {
		return err
	}
	if props.Messages, err = d.messageRows(ctx, p, list, texts{}); err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.Template(props))
}

// syncTemplates compares the templates with WhatsApp's now.
func (d *Dashboard) syncTemplates(w http.ResponseWriter, r *http.Request, p *Person) error {
	done, err := d.Templates.Sync(r.Context(), p.Tenant())
	words := portal.Words{
		EN: fmt.Sprintf("Compared with WhatsApp: %d templates, %d changed.", done.Templates, done.Changed),
		PT: fmt.Sprintf("Comparado com o WhatsApp: %d modelos, %d alterados.", done.Templates, done.Changed),
	}
	if err != nil {
		if words = refusedWords(err); words == (portal.Words{}) {
			return err
		}
	}
	return d.flashTo(w, r, "/templates", words)
}

// templateDeletion asks before a template is deleted.
func (d *Dashboard) templateDeletion(w http.ResponseWriter, r *http.Request, p *Person) error {
	t, err := d.theTemplate(r, p)
	if err != nil {
		return err
	}
	return d.page(w, r, http.StatusOK, views.TemplateDelete(t, portal.Words{}))
}

// deleteTemplate deletes a template.
func (d *Dashboard) deleteTemplate(w http.ResponseWriter, r *http.Request, p *Person) error {
	t, err := d.theTemplate(r, p)
	if err != nil {
		return err
	}
	err = d.Templates.Delete(r.Context(), p.caller(r.Context()), t)
	if words := refusedWords(err); words != (portal.Words{}) {
		return d.page(w, at(r, views.TemplatePath(t)+"/delete"), http.StatusUnprocessableEntity, views.TemplateDelete(t, words))
	}
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/templates", portal.Words{EN: "Template deleted.", PT: "Modelo apagado."})
}

// refusedWords is what a person reads of a refusal that is no fault of ours;
// zero for all else.
func refusedWords(err error) portal.Words {
	refused := asRefusal(err)
	if refused == nil {
		return portal.Words{}
	}
	switch refused.Code {
	case portal.CodeNotFound, portal.CodeInternal, portal.CodeStorageUnavailable:
		return portal.Words{}
	}
	if refused.Detail != (portal.Words{}) {
		return refused.Detail
	}
	entry, _ := portal.EntryOf(refused.Code)
	return entry.Detail
}

// templateFormOf reads a template into the form, and whether the form holds all of it.
func templateFormOf(t portal.Template) (f views.TemplateForm, whole bool) {
	f = views.TemplateForm{Name: t.Name, Language: t.Language, Category: t.Category}
	var parts []portal.TemplateComponent
	if json.Unmarshal(t.Components, &parts) != nil || t.ParameterFormat != portal.ParametersNamed && len(t.Parameters) > 0 || t.Category == portal.CategoryAuthentication {
		return f, false
	}
	var examples []string
	for _, q := range t.Parameters {
		if q.Component != "button" && q.Example != "" && !slices.Contains(examples, q.Name+" = "+q.Example) {
			examples = append(examples, q.Name+" = "+q.Example)
		}
	}
	f.Examples, whole = strings.Join(examples, "\n"), true
	for _, part := range parts {
		switch strings.ToUpper(part.Type) {
		case portal.ComponentHeader:
			f.Header = part.Text
			whole = whole && (part.Format == "" || strings.EqualFold(part.Format, "TEXT"))
		case portal.ComponentBody:
			f.Body = part.Text
		case portal.ComponentFooter:
			f.Footer = part.Text
		case portal.ComponentButtons:
			whole = formButtons(&f, part.Buttons) && whole
		default:
			whole = false
		}
	}
	return f, whole
}

func formButtons(f *views.TemplateForm, buttons []portal.TemplateButton) (whole bool) {
	var replies []string
	whole = true
	for _, b := range buttons {
		switch {
		case strings.EqualFold(b.Type, portal.ButtonQuickReply):
			replies = append(replies, b.Text)
		case strings.EqualFold(b.Type, portal.ButtonURL) && f.Link == "" && !strings.Contains(b.URL, "{{"):
			f.LinkText, f.Link = b.Text, b.URL
		default:
			whole = false
		}
	}
	f.Replies = strings.Join(replies, "\n")
	return whole
}

func readTemplateForm(get func(string) string) views.TemplateForm {
	clean := func(name string) string { return strings.TrimSpace(strings.ReplaceAll(get(name), "\r\n", "\n")) }
	return views.TemplateForm{
		Name: clean("name"), Language: clean("language"), Category: clean("category"), Header: clean("header"), Body: clean("body"), Footer: clean("footer"),
		Examples: clean("examples"), Replies: clean("replies"), LinkText: clean("link_text"), Link: clean("link"),
	}
}

// draftOfForm returns what a form asks for.
func draftOfForm(f views.TemplateForm) portal.TemplateDraft {
	var named []portal.NamedExample
	for _, line := range views.Lines(f.Examples) {
		if name, example, ok := strings.Cut(line, "="); ok {
			named = append(named, portal.NamedExample{Name: strings.TrimSpace(name), Example: strings.TrimSpace(example)})
		}
	}
	used := func(text string) (list []portal.NamedExample) {
		for _, n := range named {
			if strings.Contains(text, "{{"+n.Name+"}}") {
				list = append(list, n)
			}
		}
		return list
	}
	d := portal.TemplateDraft{Name: f.Name, Language: f.Language, Category: f.Category, ParameterFormat: portal.ParametersNamed}
	add := func(c portal.TemplateComponent) { d.Components = append(d.Components, c) }
	if f.Header != "" {
		c := portal.TemplateComponent{Type: portal.ComponentHeader, Format: "TEXT", Text: f.Header}
		if list := used(f.Header); list != nil {
			c.Example = &portal.TemplateExample{HeaderTextNamed: list[:1]}
		}
		add(c)
	}
	c := portal.TemplateComponent{Type: portal.ComponentBody, Text: f.Body}
	if list := used(f.Body); list != nil {
		c.Example = &portal.TemplateExample{BodyTextNamed: list}
	}
	add(c)
	if f.Footer != "" {
		add(portal.TemplateComponent{Type: portal.ComponentFooter, Text: f.Footer})
	}
	var buttons []portal.TemplateButton
	for _, label := range views.Lines(f.Replies) {
		buttons = append(buttons, portal.TemplateButton{Type: portal.ButtonQuickReply, Text: label})
	}
	if f.Link != "" || f.LinkText != "" {
		buttons = append(buttons, portal.TemplateButton{Type: portal.ButtonURL, Text: f.LinkText, URL: f.Link})
	}
	if buttons != nil {
		add(portal.TemplateComponent{Type: portal.ComponentButtons, Buttons: buttons})
	}
	return d.Normal()
}

func lookOf(f views.TemplateForm) views.TemplateLook {
	d := draftOfForm(f)
	raw, err := d.JSON()
	if err != nil {
		return views.TemplateLook{}
	}
	return views.PreviewOf(portal.Template{Components: raw, Parameters: portal.ParametersOf(raw)})
}

// templateForm shows the form of a new template.
func (d *Dashboard) templateForm(w http.ResponseWriter, r *http.Request, _ *Person) error {
	f := views.TemplateForm{Language: "pt_BR", Category: portal.CategoryUtility}
	return d.page(w, r, http.StatusOK, views.TemplateEditor(views.TemplateFormProps{Form: f, Preview: lookOf(f)}))
}

// templatePreview is the part of the form's page that shows the message.
func (d *Dashboard) templatePreview(w http.ResponseWriter, r *http.Request, _ *Person) error {
	return d.page(w, r, http.StatusOK, views.TemplatePreview(lookOf(readTemplateForm(r.URL.Query().Get))))
}

// createTemplate sends a new template to WhatsApp's review.
func (d *Dashboard) createTemplate(w http.ResponseWriter, r *http.Request, p *Person) error {
	f := readTemplateForm(r.PostFormValue)
	if r.PostFormValue("preview") != "" {
		return d.page(w, at(r, "/templates/new"), http.StatusOK, views.TemplateEditor(views.TemplateFormProps{Form: f, Preview: lookOf(f)}))
	}
	t, err := d.Templates.Create(r.Context(), p.caller(r.Context()), draftOfForm(f))
	if f.Problems = templateProblems(f, err); f.Problems != nil {
		return d.page(w, at(r, "/templates/new"), http.StatusUnprocessableEntity, views.TemplateEditor(views.TemplateFormProps{Form: f, Preview: lookOf(f)}))
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, views.TemplatePath(t))
}

// templateEditor shows the form of a template.
func (d *Dashboard) templateEditor(w http.ResponseWriter, r *http.Request, p *Person) error {
	t, err := d.theTemplate(r, p)
	if err != nil {
		return err
	}
	f, whole := templateFormOf(t)
	if !whole || !t.Exists() {
		return portal.Refuse(portal.CodeNotFound)
	}
	return d.page(w, r, http.StatusOK, views.TemplateEditor(views.TemplateFormProps{Form: f, Edits: &t, Preview: lookOf(f)}))
}

// editTemplate sends a changed template to WhatsApp's review.
func (d *Dashboard) editTemplate(w http.ResponseWriter, r *http.Request, p *Person) error {
	t, err := d.theTemplate(r, p)
	if err != nil {
		return err
	}
	f := readTemplateForm(r.PostFormValue)
	f.Name, f.Language, f.Category = t.Name, t.Language, t.Category
	again := at(r, views.TemplatePath(t)+"/edit")
	if r.PostFormValue("preview") != "" {
		return d.page(w, again, http.StatusOK, views.TemplateEditor(views.TemplateFormProps{Form: f, Edits: &t, Preview: lookOf(f)}))
	}
	_, err = d.Templates.Edit(r.Context(), p.caller(r.Context()), t, editOf(draftOfForm(f), t))
	if f.Problems = templateProblems(f, err); f.Problems != nil {
		return d.page(w, again, http.StatusUnprocessableEntity, views.TemplateEditor(views.TemplateFormProps{Form: f, Edits: &t, Preview: lookOf(f)}))
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, views.TemplatePath(t))
}

// asRefusal returns the refusal inside an error, nil when there is none.
func asRefusal(err error) *portal.Error {
	var refused *portal.Error
	if !errors.As(err, &refused) {
		return nil
	}
	return refused
}

func editOf(d portal.TemplateDraft, t portal.Template) templates.Edit {
	return templates.Edit{Components: d.Components, ParameterFormat: d.ParameterFormat, TTL: t.TTL}
}
