package store

import (
	"encoding/json"
	"fmt"

	"github.com/wppmarketing/developers/portal"
)

const templateColumns = `id, account_id, environment, name, language, category, status, parameter_format, parameters,
  components, quality, ttl_seconds, provider_id, synced_at, created_at, updated_at`

type templateRow struct {
	portal.Template
	parameters, components string
}

func (w *templateRow) dest() []any {
	t := &w.Template
	return []any{
		&t.ID, &t.AccountID, (*string)(&t.Environment), &t.Name, &t.Language, &t.Category, &t.Status, &t.ParameterFormat,
		&w.parameters, &w.components, &t.Quality, &t.TTL, &t.ProviderID, &t.SyncedAt, &t.CreatedAt, &t.UpdatedAt,
	}
}

func (w *templateRow) decode() (portal.Template, error) {
	w.Components = json.RawMessage(w.components)
	if err := json.Unmarshal([]byte(w.parameters), &w.Parameters); err != nil {
		return portal.Template{}, fmt.Errorf("parameters of %s: %w", w.ID, err)
	}
	return w.Template, nil
}

// InsertTemplate writes a template of the account.
func (tx *Tx) InsertTemplate(t portal.Template) error {
	if t.Parameters == nil {
		t.Parameters = []portal.TemplateParameter{}
	}
	parameters, err := json.Marshal(t.Parameters)
	if err != nil {
		return fmt.Errorf("parameters of %s: %w", t.ID, err)
	}
	_, err = tx.Exec(`
INSERT /* Template.Insert */ INTO templates (id, account_id, environment, name, language, category, status,
  parameter_format, parameters, components, quality, ttl_seconds, provider_id, synced_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.AccountID, string(t.Environment), t.Name, t.Language, t.Category, t.Status, t.ParameterFormat,
		string(parameters), string(t.Components), t.Quality, t.TTL, t.ProviderID, t.SyncedAt, t.CreatedAt, t.UpdatedAt)
	return err
}

// StopTemplate writes that an approved template goes out no more.
func (tx *Tx) StopTemplate(t portal.Tenant, name, language, status string) error {
	_, err := tx.Exec(`
UPDATE /* Template.Stop */ templates
SET status = ?, updated_at = ?
WHERE account_id = ? AND environment = ? AND name = ? AND language = ? AND status = ?`,
		status, tx.now, t.AccountID, string(t.Environment), name, language, portal.TemplateApproved)
	return err
}

// Template returns a template by its key; not_found when the tenant has none.
func (r Reader) Template(t portal.Tenant, name, language string) (portal.Template, error) {
	var w templateRow
	err := r.Row(`
SELECT /* Template.ByKey */ `+templateColumns+`
FROM templates
WHERE account_id = ? AND environment = ? AND name = ? AND language = ?`,
		[]any{t.AccountID, string(t.Environment), name, language}, w.dest()...)
	if err != nil {
		return portal.Template{}, err
	}
	return w.decode()
}

// Templates returns a page of the tenant's templates, newest first.
func (r Reader) Templates(t portal.Tenant, p portal.Page) (list []portal.Template, next string, err error) {
	where, args := "", []any{t.AccountID, string(t.Environment)}
	if p.After != "" {
		where, args = "AND id < ?", append(args, p.After)
	}
	err = r.Rows(`
SELECT /* Template.List */ `+templateColumns+`
FROM templates
WHERE account_id = ? AND environment = ? `+where+`
ORDER BY id DESC
LIMIT ?`, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var w templateRow
		if err := scan(w.dest()...); err != nil {
			return err
		}
		one, err := w.decode()
		list = append(list, one)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(t portal.Template) string { return t.ID })
	return list, next, nil
}

// ApprovedTemplates counts the templates that could be sent.
func (r Reader) ApprovedTemplates(t portal.Tenant) (n int, err error) {
	err = r.Row(`
SELECT /* Template.Approved */ COUNT(*)
FROM templates
WHERE account_id = ? AND environment = ? AND status = 'approved'`, []any{t.AccountID, string(t.Environment)}, &n)
	return n, err
}
