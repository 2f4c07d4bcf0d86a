package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp/simulator"
)

var _ simulator.TemplateStore = SimulatorJournal{}

const simulatorTemplateColumns = `id, waba, name, language, category, status, parameter_format, components, quality, reason,
  ttl_seconds, plan, created_at`

func scanSimulatorTemplate(scan func(dest ...any) error) (t simulator.Template, err error) {
	var components, plan string
	err = scan(&t.ID, &t.WABA, &t.Name, &t.Language, &t.Category, &t.Status, &t.ParameterFormat, &components, &t.Quality,
		&t.Reason, &t.TTL, &plan, &t.CreatedAt)
	if err != nil {
		return t, err
	}
	t.Components = json.RawMessage(components)
	if err := json.Unmarshal([]byte(plan), &t.Plan); err != nil {
		return t, fmt.Errorf("plan of %s: %w", t.ID, err)
	}
	return t, nil
}

// Templates returns the templates of a business account, oldest first.
func (s SimulatorJournal) Templates(ctx context.Context, waba string) (list []simulator.Template, err error) {
	defer portal.Wrap(&err, "Templates(%s)", waba)
	err = s.Reader(ctx).Rows(`
SELECT /* SimulatorTemplate.List */ `+simulatorTemplateColumns+`
FROM simulator_templates
WHERE waba = ?
ORDER BY created_at, id`, []any{waba}, func(scan func(dest ...any) error) error {
		t, err := scanSimulatorTemplate(scan)
		list = append(list, t)
		return err
	})
	return list, err
}

// TemplateNamed returns a template by its key; not_found when there is none.
func (s SimulatorJournal) TemplateNamed(ctx context.Context, waba, name, language string) (simulator.Template, error) {
	return s.simulatorTemplate(ctx, "waba = ? AND name = ? AND language = ?", waba, name, language)
}

// Template returns a template by its id; not_found when there is none.
func (s SimulatorJournal) Template(ctx context.Context, id string) (simulator.Template, error) {
	return s.simulatorTemplate(ctx, "id = ?", id)
}

func (s SimulatorJournal) simulatorTemplate(ctx context.Context, where string, args ...any) (t simulator.Template, err error) {
	return scanSimulatorTemplate(func(dest ...any) error {
		return s.Reader(ctx).Row(`
SELECT /* SimulatorTemplate.One */ `+simulatorTemplateColumns+`
FROM simulator_templates
WHERE `+where, args, dest...)
	})
}

// SaveTemplate keeps a template, new or changed, and what it will call back
// with; template_exists when another has its name and language.
func (s SimulatorJournal) SaveTemplate(ctx context.Context, t simulator.Template, callbacks []simulator.Callback) (err error) {
	defer portal.Wrap(&err, "SaveTemplate(%s)", t.ID)
	err = s.Tx(ctx, func(tx *Tx) error {
		if err := tx.SaveSimulatorTemplate(t); err != nil {
			return err
		}
		return tx.scheduleCallbacks(callbacks)
	})
	if IsConflict(err) {
		return portal.Refuse(portal.CodeTemplateExists)
	}
	if err == nil {
		s.Notify(TopicSimulator)
	}
	return err
}

// SaveSimulatorTemplate is SaveTemplate in the caller's transaction, without callbacks.
func (tx *Tx) SaveSimulatorTemplate(t simulator.Template) error {
	plan, err := json.Marshal(append([]simulator.Step{}, t.Plan...))
	if err != nil {
		return fmt.Errorf("plan of %s: %w", t.ID, err)
	}
	_, err = tx.Exec(`
INSERT /* SimulatorTemplate.Save */ INTO simulator_templates (`+simulatorTemplateColumns+`)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
SET category = excluded.category, status = excluded.status, parameter_format = excluded.parameter_format,
  components = excluded.components, quality = excluded.quality, reason = excluded.reason,
  ttl_seconds = excluded.ttl_seconds, plan = excluded.plan`,
		t.ID, t.WABA, t.Name, t.Language, t.Category, t.Status, t.ParameterFormat, string(t.Components), t.Quality, t.Reason,
		t.TTL, string(plan), t.CreatedAt)
	return err
}

// SeedTemplates gives a simulated business account the templates that it has
// from the start, and the tenant its copies. What the tenant has already stays.
func (tx *Tx) SeedTemplates(t portal.Tenant, waba string) (err error) {
	defer portal.Wrap(&err, "SeedTemplates(%s)", waba)
	for _, seed := range simulator.Seeds(waba, tx.now) {
		if err := tx.SaveSimulatorTemplate(seed); err != nil {
			return err
		}
		err := tx.InsertTemplate(portal.Template{
			ID: portal.NewID(portal.PrefixTemplate), AccountID: t.AccountID, Environment: t.Environment, Name: seed.Name, Language: seed.Language,
			Category: strings.ToLower(seed.Category), Status: portal.TemplateApproved, ParameterFormat: portal.ParametersNamed,
			Parameters: portal.ParametersOf(seed.Components), Components: seed.Components, Quality: "unknown", WABA: waba,
			ProviderID: seed.ID, SyncedAt: &tx.now, CreatedAt: tx.now, UpdatedAt: tx.now,
		})
		if err != nil && portal.CodeOf(err) != portal.CodeTemplateExists {
			return err
		}
	}
	return nil
}

// DeleteTemplates forgets templates of a business account.
func (s SimulatorJournal) DeleteTemplates(ctx context.Context, waba string, ids []string) (err error) {
	defer portal.Wrap(&err, "DeleteTemplates(%s)", waba)
	return s.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`
DELETE /* SimulatorTemplate.Delete */ FROM simulator_templates
WHERE waba = ? AND id IN `+listOf(len(ids)), append([]any{waba}, textArgs(ids)...)...)
		return err
	})
}
