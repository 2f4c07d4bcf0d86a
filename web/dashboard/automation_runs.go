package dashboard

import (
	"net/http"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/events"
	"github.com/wppmarketing/developers/views"
)

// runsList names the list of runs in its cursors.
const runsList = "runs"

// automationRuns lists the runs of one automation, newest first.
func (d *Dashboard) automationRuns(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, q := r.Context(), r.URL.Query()
	s, err := d.Events.Automation(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	props := views.AutomationRunsProps{Automation: s.Automation, Now: d.Store.Now()}
	if slices.Contains(views.RunOutcomes, q.Get("outcome")) {
		props.Outcome = q.Get("outcome")
	}
	after, err := portal.ParseCursor(runsList, q.Get("before"))
	if err != nil {
		return err
	}
	f := portal.RunFilter{AutomationID: s.ID, Outcome: props.Outcome}
	list, next, err := d.Events.Runs(ctx, p.Tenant(), f, portal.Page{Limit: portal.DefaultLimit, After: after})
	if err != nil {
		return err
	}
	if next != "" {
		props.Older = portal.Cursor(runsList, next)
	}
	for _, run := range p.sight().runs(list) {
		e, err := d.Store.Reader(ctx).Event(p.Tenant(), run.EventID)
		if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
			return err
		}
		who, _ := p.sight().customer(e)
		e.ExternalID = p.sight().key(e.ExternalID)
		props.Rows = append(props.Rows, views.RunRow{Run: run, Event: e, Customer: who})
	}
	if isFragment(r) {
		return d.page(w, r, http.StatusOK, views.AutomationRunsParts(props))
	}
	return d.page(w, r, http.StatusOK, views.AutomationRuns(props))
}

// automationTry rehearses an automation with an event; nothing is sent or kept.
func (d *Dashboard) automationTry(w http.ResponseWriter, r *http.Request, p *Person) error {
	ctx, event := r.Context(), r.URL.Query().Get("event")
	s, err := d.Events.Automation(ctx, p.Tenant(), r.PathValue("id"))
	if err != nil {
		return err
	}
	rule := events.Working(s.Automation)
	if p.sight().withheld || event == sampleEvent {
		event = ""
	}
	props := views.AutomationTryProps{Automation: s.Automation, Draft: s.Draft != nil, Now: d.Store.Now()}
	if props.Events, err = d.eventChoices(ctx, p, rule.Trigger, event); err != nil {
		return err
	}
	trial, err := d.Events.Try(ctx, p.caller(ctx), events.TryOptions{AutomationID: s.ID, Rule: rule, EventID: event})
	if err != nil {
		return err
	}
	if !trial.Sample {
		props.Event = &trial.Event
	}
	props.Result = views.TryResult{Run: p.sight().runs([]portal.Run{trial.Run})[0], Look: trialLook(trial)}
	return d.page(w, r, http.StatusOK, views.AutomationTry(props))
}
