package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/views"
)

// automations lists the automations of the environment.
func (d *Dashboard) automations(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showAutomations(w, r, p, nil)
}

func (d *Dashboard) showAutomations(w http.ResponseWriter, r *http.Request, p *Person, errs map[string]portal.Words) error {
	ctx := r.Context()
	list, err := d.Events.Automations(ctx, p.Tenant())
	if err != nil {
		return err
	}
	props := views.AutomationsProps{Now: d.Store.Now(), Errors: errs}
	for _, s := range list {
		props.Rows = append(props.Rows, views.AutomationRow{Automation: s.Automation, Counts: s.Counts})
	}
	if len(list) == 0 && p.May(portal.WriteTokens) {
		props.Presets = presetCards()
	}
	if props.Quiet, err = d.Events.QuietHours(ctx, p.Account.ID); err != nil {
		return err
	}
	status := http.StatusOK
	if len(errs) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.page(w, at(r, "/automations"), status, views.Automations(props))
}

func presetCards() []views.PresetCard {
	cards := make([]views.PresetCard, len(events.Presets))
	for i, s := range events.Presets {
		cards[i] = views.PresetCard{ID: s.Key, Title: s.Name, Text: s.Text, Rule: s.Rule}
	}
	return cards
}

// automationNew shows the ways to begin an automation.
func (d *Dashboard) automationNew(w http.ResponseWriter, r *http.Request, _ *Person) error {
	props := views.AutomationNewProps{Presets: presetCards()}
	if t, ok := portal.CommerceTypeOf(r.URL.Query().Get("trigger")); ok {
		props.Trigger = t.Name
	}
	return d.page(w, r, http.StatusOK, views.AutomationNew(props))
}

// createAutomation begins an automation: a ready-made one, or one with a name and a trigger.
func (d *Dashboard) createAutomation(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, form := r.Context(), posted(r)
	name, preset, trigger := strings.TrimSpace(form.Get("name")), form.Get("preset"), form.Get("trigger")
	a, err := d.Events.Create(ctx, p.caller(ctx), name, preset)
	if err == nil && preset == "" {
		_, err = d.Events.SaveDraft(ctx, p.caller(ctx), a.ID, events.Form{Name: a.Name, Rule: portal.Rule{Trigger: trigger}})
	}
	if errs := automationErrors(err); errs != nil {
		props := views.AutomationNewProps{Presets: presetCards(), Name: name, Trigger: trigger, Errors: errs}
		return d.page(w, at(r, "/automations/new"), http.StatusUnprocessableEntity, views.AutomationNew(props))
	}
	if err != nil {
		return err
	}
	return d.redirect(w, r, "/automations/"+a.ID)
}

// switchAutomation turns an automation on or off.
func (d *Dashboard) switchAutomation(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	on := r.PostFormValue("on") != ""
	_, err := d.Events.Switch(ctx, p.caller(ctx), id, on)
	if words := refusalWords(err); words != (portal.Words{}) {
		return d.flashTo(w, r, "/automations/"+id, words)
	}
	if err != nil {
		return err
	}
	done := portal.Words{EN: "Automation switched off", PT: "Automação desligada"}
	if on {
		done = portal.Words{EN: "Automation switched on", PT: "Automação ligada"}
	}
	path := "/automations/" + id
	switch back := r.PostFormValue("back"); back {
	case "/automations", path + "/runs", path + "/try":
		path = back
	}
	return d.flashTo(w, r, path, done)
}

// saveQuietHours changes when the automations of the account write to nobody.
func (d *Dashboard) saveQuietHours(w http.ResponseWriter, r *http.Request, p *Person) error {
	quiet := &portal.QuietHours{From: strings.TrimSpace(r.PostFormValue("from")), To: strings.TrimSpace(r.PostFormValue("to"))}
	if r.PostFormValue("never") != "" {
		quiet = nil
	}
	err := d.Events.SetQuietHours(r.Context(), p.caller(r.Context()), quiet)
	if errs := refusedFields(err); errs != nil {
		return d.showAutomations(w, r, p, errs)
	}
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/automations", savedWords)
}

// deleteAutomation removes an automation whose name was typed.
func (d *Dashboard) deleteAutomation(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	s, err := d.Events.Automation(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != s.Name {
		return d.showAutomation(w, r, p, editing{status: http.StatusUnprocessableEntity, problem: portal.Words{
			EN: "The name you typed is not that of the automation. It was not deleted.",
			PT: "O nome digitado não é o da automação. Ela não foi excluída.",
		}})
	}
	if err := d.Events.Delete(ctx, p.caller(ctx), id); err != nil {
		return err
	}
	return d.flashTo(w, r, "/automations", portal.Words{EN: "Automation deleted", PT: "Automação excluída"})
}

// discardDraft goes back to what is published.
func (d *Dashboard) discardDraft(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	s, err := d.Events.Automation(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	if s.Version == 0 {
		return portal.Refuse(portal.CodeNotFound)
	}
	if _, err := d.Events.SaveDraft(ctx, p.caller(ctx), id, events.Form{Name: s.Name, Rule: s.Rule}); err != nil {
		return err
	}
	return d.flashTo(w, r, "/automations/"+id, portal.Words{EN: "Draft discarded", PT: "Rascunho descartado"})
}

// restoreVersion makes a published version the draft.
func (d *Dashboard) restoreVersion(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return portal.Refuse(portal.CodeNotFound)
	}
	if _, err := d.Events.Restore(ctx, p.caller(ctx), id, version); err != nil {
		return err
	}
	return d.flashTo(w, r, "/automations/"+id, portal.Words{EN: "Restored as the draft. Publish it to use it.", PT: "Restaurada como rascunho. Publique para usar."})
}

// createPresetTemplates asks WhatsApp for the template of an automation's preset.
func (d *Dashboard) createPresetTemplates(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	s, err := d.Events.Automation(ctx, p.Tenant(), id)
	if err != nil {
		return err
	}
	err = d.Events.CreateTemplates(ctx, p.caller(ctx), s.Preset)
	if words := refusedWords(err); words != (portal.Words{}) {
		return d.showAutomation(w, at(r, "/automations/"+id), p, editing{status: http.StatusUnprocessableEntity, problem: words})
	}
	if err != nil {
		return err
	}
	return d.flashTo(w, r, "/automations/"+id, portal.Words{EN: "WhatsApp is reviewing the template", PT: "O WhatsApp está analisando o modelo"})
}

// wanted is the template of an automation's preset, while a language of it is not approved.
func (d *Dashboard) wantedTemplates(ctx context.Context, p *Person, a portal.Automation) (list []views.WantedTemplate, err error) {
	preset, ok := events.PresetOf(a.Preset)
	if !ok || events.Working(a).Template != preset.Wants.Name {
		return nil, nil
	}
	states, err := d.Events.TemplatesOf(ctx, p.Tenant(), a.Preset)
	if err != nil {
		return nil, err
	}
	ready := true
	for _, s := range states {
		ready = ready && s.Status == portal.TemplateApproved
		list = append(list, views.WantedTemplate{Name: preset.Wants.Name, Language: s.Language, Status: s.Status})
	}
	if ready {
		return nil, nil
	}
	return list, nil
}
