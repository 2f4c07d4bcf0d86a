package events

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// maxAutomations is how many automations an environment may have: each event
// asks all of them.
const maxAutomations = 100

// shownVersions is how many versions of an automation are listed.
const shownVersions = 50

// countedDays is how far back the figures of an automation go.
const countedDays = 7 * 24 * time.Hour

// Standing is an automation with what it did lately.
type Standing struct {
	portal.Automation
	Counts portal.RunCounts // of the last seven days
}

// Automations returns the tenant's automations, newest first.
func (s *Service) Automations(ctx context.Context, t portal.Tenant) (list []Standing, err error) {
	defer portal.Wrap(&err, "Automations")
	r := s.store.Reader(ctx)
	as, err := r.Automations(t)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		counts, err := r.RunCounts(t, a.ID, s.store.Now().Add(-countedDays))
		if err != nil {
			return nil, err
		}
		list = append(list, Standing{a, counts})
	}
	return list, nil
}

// Automation returns an automation; not_found when the tenant has none of that id.
func (s *Service) Automation(ctx context.Context, t portal.Tenant, id string) (a Standing, err error) {
	defer portal.Wrap(&err, "Automation(%s)", id)
	r := s.store.Reader(ctx)
	if a.Automation, err = r.Automation(t, id); err != nil {
		return a, err
	}
	a.Counts, err = r.RunCounts(t, id, s.store.Now().Add(-countedDays))
	return a, err
}

// Versions returns the published rules of an automation, newest first.
func (s *Service) Versions(ctx context.Context, t portal.Tenant, id string) (list []portal.AutomationVersion, err error) {
	defer portal.Wrap(&err, "Versions(%s)", id)
	return s.store.Reader(ctx).AutomationVersions(t, id, shownVersions)
}

// Runs returns a page of runs, newest first, and the key of the next page.
func (s *Service) Runs(ctx context.Context, t portal.Tenant, f portal.RunFilter, p portal.Page) (list []portal.Run, next string, err error) {
	defer portal.Wrap(&err, "Runs")
	return s.store.Reader(ctx).Runs(t, f, p)
}

// Run returns one run; not_found when the tenant has none of that id.
func (s *Service) Run(ctx context.Context, t portal.Tenant, id string) (run portal.Run, err error) {
	defer portal.Wrap(&err, "Run(%s)", id)
	return s.store.Reader(ctx).Run(t, id)
}

// RunsOf returns what automations made of events, by event.
func (s *Service) RunsOf(ctx context.Context, t portal.Tenant, eventIDs []string) (runs map[string][]portal.Run, err error) {
	defer portal.Wrap(&err, "RunsOf")
	return s.store.Reader(ctx).RunsOf(t, eventIDs)
}

// Working returns the rule that an editor shows: the draft, else what is published.
func Working(a portal.Automation) portal.Rule {
	if a.Draft != nil {
		return *a.Draft
	}
	return a.Rule
}

// Form is what an editor sends.
type Form struct {
	Name string
	Rule portal.Rule
}

// Create adds an automation that answers nothing yet: its rule is a draft. It is
// blank, or what a preset says; in the test environment the preset's template is
// created with it, in live that is CreateTemplates. validation_failed points at /name or /preset.
func (s *Service) Create(ctx context.Context, c portal.Caller, name, preset string) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "Create(%s)", preset)
	rule := portal.Rule{}
	if preset != "" {
		p, ok := PresetOf(preset)
		if !ok {
			return a, refuseField("/preset", portal.FieldInvalidValue)
		}
		rule, name = p.Rule, cmp.Or(strings.TrimSpace(name), p.Name.In(c.Account.Language))
	}
	if fields := checkName(name); len(fields) > 0 {
		return a, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	rule = tidy(rule)
	if preset != "" && c.Environment == portal.Test {
		// Nothing leaves the simulator, so the template comes along and is approved.
		if err := s.CreateTemplates(ctx, c, preset); err != nil {
			return a, err
		}
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.LockAccount(c.AccountID); err != nil { // who counts at the same time waits
			return err
		}
		n, err := tx.CountAutomations(c.Tenant)
		if err != nil {
			return err
		}
		if n >= maxAutomations {
			return refuseField("/name", portal.FieldTooMany)
		}
		a = portal.Automation{
			ID: portal.NewID(portal.PrefixAutomation), AccountID: c.AccountID, Environment: c.Environment, Name: strings.TrimSpace(name),
			Rule: tidy(portal.Rule{}), Draft: &rule, Preset: preset, CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
		}
		if err := tx.InsertAutomation(a); err != nil {
			return err
		}
		return note(tx, c, "automation.created", a)
	})
	return a, err
}

func checkName(name string) []portal.FieldError {
	switch n := utf8.RuneCountInString(strings.TrimSpace(name)); {
	case n == 0:
		return []portal.FieldError{{Pointer: "/name", Code: portal.FieldRequired}}
	case n > maxName:
		return []portal.FieldError{{Pointer: "/name", Code: portal.FieldTooLong}}
	}
	return nil
}

func refuseField(pointer, code string) error {
	return portal.Refuse(portal.CodeValidationFailed, portal.FieldError{Pointer: pointer, Code: code})
}

// tidy gives a rule its lists, so that equal rules are equal in writing.
func tidy(rule portal.Rule) portal.Rule {
	rule.Conditions = append([]portal.Condition{}, rule.Conditions...)
	rule.CancelOn = append([]string{}, rule.CancelOn...)
	filled := map[string]string{}
	for name, text := range rule.Parameters {
		if text = strings.TrimSpace(text); text != "" {
			filled[name] = text
		}
	}
	rule.Parameters = filled
	for i, c := range rule.Conditions {
		if AsksNothing(c.Operator) {
			rule.Conditions[i].Value = ""
		}
	}
	return rule
}

// SaveDraft keeps what an editor has, published or not; what is not filled in yet
// may stay so. The name holds at once. It refuses with validation_failed.
func (s *Service) SaveDraft(ctx context.Context, c portal.Caller, id string, f Form) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "SaveDraft(%s)", id)
	rule := tidy(f.Rule)
	return s.change(ctx, c, id, func(tx *store.Tx, a *portal.Automation) (string, error) {
		fields, err := checkRule(tx.Reader, c.Tenant, rule, false)
		if err != nil {
			return "", err
		}
		if fields = append(checkName(f.Name), fields...); len(fields) > 0 {
			return "", portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		a.Name, a.Draft = strings.TrimSpace(f.Name), &rule
		if a.Version > 0 && reflect.DeepEqual(rule, tidy(a.Rule)) {
			a.Draft = nil
		}
		return "automation.saved", nil
	})
}

// Restore makes a version that was published the draft, in the place of another
// draft; the published rule stays. not_found without such a version.
func (s *Service) Restore(ctx context.Context, c portal.Caller, id string, version int) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "Restore(%s, %d)", id, version)
	return s.change(ctx, c, id, func(tx *store.Tx, a *portal.Automation) (string, error) {
		v, err := tx.AutomationVersion(c.Tenant, id, version)
		if err != nil {
			return "", err
		}
		rule := tidy(v.Rule)
		if a.Draft = &rule; reflect.DeepEqual(rule, tidy(a.Rule)) {
			a.Draft = nil
		}
		return "automation.restored", nil
	})
}

// Publish makes the draft the rule that answers events, as a new version; runs
// that wait go on with the one they began with. The first publication switches
// the automation on. It refuses with validation_failed what cannot be sent.
func (s *Service) Publish(ctx context.Context, c portal.Caller, id string) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "Publish(%s)", id)
	return s.change(ctx, c, id, func(tx *store.Tx, a *portal.Automation) (string, error) {
		if a.Draft == nil {
			return "", portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
				Pointer: "/draft", Code: portal.FieldRequired,
				Detail: portal.Words{EN: "There is nothing new to publish.", PT: "Não há nada novo para publicar."},
			})
		}
		fields, err := checkRule(tx.Reader, c.Tenant, *a.Draft, true)
		if err != nil {
			return "", err
		}
		if len(fields) > 0 {
			return "", portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		now := tx.Now()
		a.Rule, a.Draft, a.PublishedAt, a.Enabled = *a.Draft, nil, &now, a.Enabled || a.Version == 0
		a.Version++
		return "automation.published", tx.InsertAutomationVersion(a.ID, portal.AutomationVersion{
			Version: a.Version, Rule: a.Rule, UserID: c.UserID, PublishedAt: now,
		})
	})
}

// Switch turns an automation on or off. Runs that wait while it is off when they
// are due send nothing. It refuses to switch on what was never published.
func (s *Service) Switch(ctx context.Context, c portal.Caller, id string, on bool) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "Switch(%s)", id)
	return s.change(ctx, c, id, func(_ *store.Tx, a *portal.Automation) (string, error) {
		if on && a.Version == 0 {
			return "", portal.Refuse(portal.CodeValidationFailed, portal.FieldError{
				Pointer: "/enabled", Code: portal.FieldConflict,
				Detail: portal.Words{EN: "Publish the automation first.", PT: "Publique a automação primeiro."},
			})
		}
		a.Enabled = on
		if on {
			return "automation.enabled", nil
		}
		return "automation.disabled", nil
	})
}

// change lets a function alter an automation, and keeps it with an audit row of
// the action that the function names.
func (s *Service) change(ctx context.Context, c portal.Caller, id string, alter func(tx *store.Tx, a *portal.Automation) (action string, err error)) (a portal.Automation, err error) {
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		if a, err = tx.LockAutomation(c.Tenant, id); err != nil {
			return err
		}
		action, err := alter(tx, &a)
		if err != nil {
			return err
		}
		a.UpdatedAt = tx.Now()
		if err := tx.SaveAutomation(a); err != nil {
			return err
		}
		return note(tx, c, action, a)
	})
	return a, err
}

// Delete removes an automation. What waits is canceled; what it did stays in its runs.
func (s *Service) Delete(ctx context.Context, c portal.Caller, id string) (err error) {
	defer portal.Wrap(&err, "Delete(%s)", id)
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		a, err := tx.LockAutomation(c.Tenant, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteAutomation(c.Tenant, id); err != nil {
			return err
		}
		said := portal.Words{EN: "The automation was deleted", PT: "A automação foi excluída"}
		if err := tx.CancelRunsOf(c.Tenant, id, portal.ReasonDisabled, said); err != nil {
			return err
		}
		return note(tx, c, "automation.deleted", a)
	})
}

// note adds the audit row of what was done to an automation.
func note(tx *store.Tx, c portal.Caller, action string, a portal.Automation) error {
	details, err := json.Marshal(map[string]any{
		"name": a.Name, "environment": a.Environment, "version": a.Version, "enabled": a.Enabled, "trigger": Working(a).Trigger,
	})
	if err != nil {
		return err
	}
	return tx.Audit(portal.Audit{
		AccountID: c.AccountID, Actor: c.Actor(), Action: action, Target: a.ID, Details: details, RequestID: c.RequestID,
	})
}
