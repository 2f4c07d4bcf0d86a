package dashboard

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/views"
)

// editing is how the page of an automation is shown.
type editing struct {
	status  int
	form    *views.AutomationForm // as it was sent; nil = as it is kept
	event   string                // that the preview shows
	problem portal.Words
	kept    bool // the draft was saved, but not published
}

// automation shows the steps of one automation.
func (d *Dashboard) automation(w http.ResponseWriter, r *http.Request, p *Person) error {
	return d.showAutomation(w, r, p, editing{status: http.StatusOK})
}

func (d *Dashboard) showAutomation(w http.ResponseWriter, r *http.Request, p *Person, e editing) error {
	props, err := d.automationProps(r.Context(), p, r.PathValue("id"), e)
	if err != nil {
		return err
	}
	if isFragment(r) {
		return d.page(w, r, e.status, views.AutomationParts(props))
	}
	return d.page(w, at(r, "/automations/"+props.Automation.ID), e.status, views.Automation(props))
}

func (d *Dashboard) automationProps(ctx context.Context, p *Person, id string, e editing) (props views.AutomationProps, err error) {
	s, err := d.Events.Automation(ctx, p.Tenant(), id)
	if err != nil {
		return props, err
	}
	props = views.AutomationProps{
		Automation: s.Automation, Counts: s.Counts, Rule: events.Working(s.Automation), Now: d.Store.Now(),
		Problem: e.problem, Kept: e.kept, Currency: events.CurrencyOf(p.Account),
	}
	known, err := d.texts(ctx, p.Tenant())
	if err != nil {
		return props, err
	}
	if e.form == nil {
		form := automationForm(s.Automation, known, props.Currency)
		e.form = &form
	} else {
		props.Rule, _ = automationRule(*e.form, props.Currency)
	}
	props.Form, props.Fields = *e.form, eventFields(props.Rule.Trigger)
	for _, add := range []func(context.Context, *Person, *views.AutomationProps) error{d.automationSettings, d.automationVersions} {
		if err := add(ctx, p, &props); err != nil {
			return props, err
		}
	}
	props.Templates = templateChoices(known)
	props.Preview, err = d.automationPreview(ctx, p, props, e.event)
	return props, err
}

// automationSettings adds what the account has: quiet hours, channels and the preset's template.
func (d *Dashboard) automationSettings(ctx context.Context, p *Person, props *views.AutomationProps) (err error) {
	if props.Quiet, err = d.Events.QuietHours(ctx, p.Account.ID); err != nil {
		return err
	}
	if props.Channels, err = d.Store.Reader(ctx).Channels(p.Tenant()); err != nil {
		return err
	}
	for i := range props.Channels {
		props.Channels[i].Phone = phone.Format(props.Channels[i].Phone)
	}
	props.Wanted, err = d.wantedTemplates(ctx, p, props.Automation)
	return err
}

// shownVersions is how many versions the page of an automation names.
const shownVersions = 6

func (d *Dashboard) automationVersions(ctx context.Context, p *Person, props *views.AutomationProps) error {
	list, err := d.Events.Versions(ctx, p.Tenant(), props.Automation.ID)
	if err != nil {
		return err
	}
	for _, v := range list[:min(len(list), shownVersions)] {
		row := views.AutomationVersion{AutomationVersion: v}
		if v.UserID != "" {
			u, err := d.Store.Reader(ctx).User(v.UserID)
			if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
				return err
			}
			row.By = u.Name
		}
		props.Versions = append(props.Versions, row)
	}
	return nil
}

// automationPreview is the message that an event would bring.
func (d *Dashboard) automationPreview(ctx context.Context, p *Person, props views.AutomationProps, event string) (v views.AutomationPreview, err error) {
	if event == sampleEvent || p.sight().withheld || !portal.IsID(portal.PrefixEvent, event) {
		event = ""
	}
	if v.Events, err = d.eventChoices(ctx, p, props.Rule.Trigger, event); err != nil {
		return v, err
	}
	trial, err := d.Events.Try(ctx, p.caller(ctx), events.TryOptions{AutomationID: props.Automation.ID, Rule: props.Rule, EventID: event})
	if err != nil {
		return v, err
	}
	v.Run, v.Look = p.sight().runs([]portal.Run{trial.Run})[0], trialLook(trial)
	return v, nil
}

// trialLook is the template of a trial as the customer would see it.
func trialLook(trial events.Trial) views.TemplateLook {
	if trial.Template == nil {
		return views.TemplateLook{}
	}
	t := *trial.Template
	t.Parameters = slices.Clone(t.Parameters)
	for i, q := range t.Parameters {
		t.Parameters[i].Example = trial.Parameters[q.Name]
	}
	return views.PreviewOf(t)
}

// saveAutomation takes the form of the steps: kept as a draft, published, or
// drawn again with a condition more or less.
func (d *Dashboard) saveAutomation(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, id := r.Context(), r.PathValue("id")
	form, err := d.sentAutomation(r, p)
	if err != nil {
		return err
	}
	again := editing{status: http.StatusOK, form: &form, event: r.PostFormValue("event")}
	do := r.PostFormValue("do")
	if do == "add" || do == "fit" || do == "preview" || strings.HasPrefix(do, "remove-") {
		changeConditions(&form, do)
		return d.showAutomation(w, r, p, again)
	}
	again.status = http.StatusUnprocessableEntity
	rule, errs := automationRule(form, events.CurrencyOf(p.Account))
	if errs == nil {
		_, err = d.Events.SaveDraft(ctx, p.caller(ctx), id, events.Form{Name: form.Name, Rule: rule})
		errs = automationErrors(err)
	}
	if errs == nil && err == nil && do == "publish" {
		_, err = d.Events.Publish(ctx, p.caller(ctx), id)
		errs, again.kept = automationErrors(err), true
	}
	if errs != nil {
		again.problem = errs[""]
		delete(errs, "")
		form.Errors, form.Open = errs, refusedStep(errs)
		return d.showAutomation(w, r, p, again)
	}
	if err != nil {
		return err
	}
	if do == "publish" {
		return d.flashTo(w, r, "/automations/"+id, portal.Words{EN: "Published", PT: "Publicada"})
	}
	return d.flashTo(w, r, "/automations/"+id, portal.Words{EN: "Draft saved", PT: "Rascunho salvo"})
}

// previewAutomation shows what the form would come to; nothing is kept.
func (d *Dashboard) previewAutomation(w http.ResponseWriter, r *http.Request, p *Person) error {
	form, err := d.sentAutomation(r, p)
	if err != nil {
		return err
	}
	fitOperators(&form)
	return d.showAutomation(w, r, p, editing{status: http.StatusOK, form: &form, event: r.PostFormValue("event")})
}

// fitOperators gives each condition whose comparison does not fit its field the
// first one that does: a form that is not sent yet follows the field.
func fitOperators(form *views.AutomationForm) {
	for i, c := range form.Conditions {
		for _, f := range events.Fields("") {
			if fitting := events.OperatorsOf(f.Kind); f.Path == c.Field && !slices.Contains(fitting, c.Operator) {
				form.Conditions[i].Operator = fitting[0]
			}
		}
	}
}

func changeConditions(form *views.AutomationForm, do string) {
	fitOperators(form)
	switch do {
	case "add":
		form.Open = "if"
		form.Conditions = append(form.Conditions, views.ConditionForm{Field: events.Fields(form.Trigger)[0].Path, Operator: portal.OperatorIs})
	case "fit":
		form.Open = "if"
	}
	if n, found := strings.CutPrefix(do, "remove-"); found {
		form.Open = "if"
		if i, err := strconv.Atoi(n); err == nil && i >= 0 && i < len(form.Conditions) {
			form.Conditions = slices.Delete(form.Conditions, i, i+1)
		}
	}
}

// refusedStep is the step that holds the first refused field.
func refusedStep(errs map[string]portal.Words) string {
	steps := []struct{ prefix, step string }{{"a-name", "when"}, {"a-trigger", "when"}, {"c-", "if"}, {"a-delay", "wait"}, {"", "send"}}
	for _, s := range steps {
		for id := range errs {
			if strings.HasPrefix(id, s.prefix) {
				return s.step
			}
		}
	}
	return ""
}
