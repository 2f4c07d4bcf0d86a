package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	quick "github.com/go-json-experiment/json"

	"github.com/wppmarketing/developers/portal"
)

const templateColumns = `id, account_id, environment, name, language, category, status, parameter_format, parameters,
  components, quality, reason, recommendation, ttl_seconds, waba, provider_id, synced_at, created_at, updated_at`

type templateRow struct {
	portal.Template
	parameters, components string
}

func (w *templateRow) dest() []any {
	t := &w.Template
	return []any{
		&t.ID, &t.AccountID, (*string)(&t.Environment), &t.Name, &t.Language, &t.Category, &t.Status, &t.ParameterFormat,
		&w.parameters, &w.components, &t.Quality, &t.Reason, &t.Recommendation, &t.TTL, &t.WABA, &t.ProviderID, &t.SyncedAt,
		&t.CreatedAt, &t.UpdatedAt,
	}
}

func (w *templateRow) decode() (portal.Template, error) {
	w.Components = json.RawMessage(w.components)
	err := readParameters(w.parameters, &w.Template)
	return w.Template, err
}

// readParameters reads what parametersText wrote. It is called for every message.
func readParameters(text string, t *portal.Template) error {
	if err := quick.Unmarshal([]byte(text), &t.Parameters); err != nil {
		return fmt.Errorf("parameters of %s: %w", t.Name, err)
	}
	return nil
}

func parametersText(t portal.Template) (string, error) {
	if t.Parameters == nil {
		t.Parameters = []portal.TemplateParameter{}
	}
	raw, err := json.Marshal(t.Parameters)
	if err != nil {
		return "", fmt.Errorf("parameters of %s: %w", t.ID, err)
	}
	return string(raw), nil
}

// InsertTemplate writes a template of the account; template_exists when it has
// one of the same name and language, which stays as it is.
func (tx *Tx) InsertTemplate(t portal.Template) (err error) {
	defer portal.Wrap(&err, "InsertTemplate(%s)", t.ID)
	parameters, err := parametersText(t)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`
INSERT /* Template.Insert */ INTO templates (id, account_id, environment, name, language, category, status,
  parameter_format, parameters, components, quality, reason, recommendation, ttl_seconds, waba, provider_id, synced_at, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, environment, name, language) DO NOTHING`,
		t.ID, t.AccountID, string(t.Environment), t.Name, t.Language, t.Category, t.Status, t.ParameterFormat,
		parameters, string(t.Components), t.Quality, t.Reason, t.Recommendation, t.TTL, t.WABA, t.ProviderID, t.SyncedAt, t.CreatedAt, t.UpdatedAt)
	if err == nil && n == 0 {
		return portal.Refuse(portal.CodeTemplateExists)
	}
	return err
}

// StopTemplate writes that an approved template goes out no more, as WhatsApp
// told by refusing a message of it.
func (tx *Tx) StopTemplate(t portal.Tenant, name, language, status string) (err error) {
	defer portal.Wrap(&err, "StopTemplate(%s)", status)
	var w templateRow
	err = tx.Row(`
UPDATE /* Template.Stop */ templates
SET status = ?, updated_at = ?
WHERE account_id = ? AND environment = ? AND name = ? AND language = ? AND status = ?
RETURNING `+templateColumns,
		[]any{status, tx.now, t.AccountID, string(t.Environment), name, language, portal.TemplateApproved}, w.dest()...)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	stopped, err := w.decode()
	if err != nil {
		return err
	}
	err = tx.InsertTemplateEvent(portal.TemplateEvent{
		TemplateID: stopped.ID, At: tx.now, Kind: portal.TemplateEventStatus, Before: portal.TemplateApproved, After: status, Source: "send",
	})
	if err != nil {
		return err
	}
	return tx.AnnounceTemplate(stopped)
}

// SaveTemplate writes everything of a template but its key; not_found when the
// tenant has none of that id.
func (tx *Tx) SaveTemplate(t portal.Template) (err error) {
	defer portal.Wrap(&err, "SaveTemplate(%s)", t.ID)
	parameters, err := parametersText(t)
	if err != nil {
		return err
	}
	return tx.one(tx.Exec(`
UPDATE /* Template.Save */ templates
SET category = ?, status = ?, parameter_format = ?, parameters = ?, components = ?, quality = ?, reason = ?,
  recommendation = ?, ttl_seconds = ?, waba = ?, provider_id = ?, synced_at = ?, created_at = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ?`,
		t.Category, t.Status, t.ParameterFormat, parameters, string(t.Components), t.Quality, t.Reason,
		t.Recommendation, t.TTL, t.WABA, t.ProviderID, t.SyncedAt, t.CreatedAt, t.UpdatedAt,
		t.ID, t.AccountID, string(t.Environment)))
}

// TouchTemplates notes that the tenant's templates of a business account were
// just compared with WhatsApp.
func (tx *Tx) TouchTemplates(t portal.Tenant, waba string) error {
	_, err := tx.Exec(`
UPDATE /* Template.Touch */ templates
SET synced_at = ?
WHERE account_id = ? AND environment = ? AND waba = ? AND status <> ?`,
		tx.now, t.AccountID, string(t.Environment), waba, portal.TemplateDeleted)
	return err
}

// Template returns a template by its key, a deleted one too; not_found when the tenant has none.
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
func (r Reader) Templates(t portal.Tenant, f portal.TemplateFilter, p portal.Page) (list []portal.Template, next string, err error) {
	where, args := templateWhere(f)
	if p.After != "" {
		where, args = where+" AND id < ?", append(args, p.After)
	}
	list, err = r.templates(`
SELECT /* Template.List */ `+templateColumns+`
FROM templates
WHERE account_id = ? AND environment = ?`+where+`
ORDER BY id DESC
LIMIT ?`, append(append([]any{t.AccountID, string(t.Environment)}, args...), pageSize(p)+1))
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(t portal.Template) string { return t.ID })
	return list, next, nil
}

func templateWhere(f portal.TemplateFilter) (where string, args []any) {
	if f.Status == "" {
		where, args = " AND status <> ?", []any{portal.TemplateDeleted}
	}
	for _, one := range []struct{ column, value string }{
		{"name", f.Name}, {"status", f.Status}, {"category", f.Category}, {"language", f.Language},
	} {
		if one.value != "" {
			where, args = where+" AND "+one.column+" = ?", append(args, one.value)
		}
	}
	if f.Search != "" {
		where, args = where+" AND name LIKE ? ESCAPE '!'", append(args, "%"+likeEscaper.Replace(strings.ToLower(f.Search))+"%")
	}
	return where, args
}

func (r Reader) templates(sql string, args []any) (list []portal.Template, err error) {
	err = r.Rows(sql, args, func(scan func(dest ...any) error) error {
		var w templateRow
		if err := scan(w.dest()...); err != nil {
			return err
		}
		one, err := w.decode()
		list = append(list, one)
		return err
	})
	return list, err
}

// CountTemplates returns how many of the tenant's templates have each status.
func (r Reader) CountTemplates(t portal.Tenant) (counts map[string]int64, err error) {
	counts = map[string]int64{}
	err = r.Rows(`
SELECT /* Template.Count */ status, COUNT(*)
FROM templates
WHERE account_id = ? AND environment = ?
GROUP BY status`, []any{t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		var status string
		var n int64
		err := scan(&status, &n)
		counts[status] = n
		return err
	})
	return counts, err
}

// TemplatesHeld returns the tenant's templates that a business account of
// WhatsApp holds, or that none is known to hold; deleted ones too.
func (r Reader) TemplatesHeld(t portal.Tenant, waba string) ([]portal.Template, error) {
	return r.templates(`
SELECT /* Template.Held */ `+templateColumns+`
FROM templates
WHERE account_id = ? AND environment = ? AND waba IN (?, '')
ORDER BY id`, []any{t.AccountID, string(t.Environment), waba})
}

// LockTemplateKey is LockTemplate by name and language, deleted ones too.
func (tx *Tx) LockTemplateKey(t portal.Tenant, name, language string) (portal.Template, error) {
	var w templateRow
	err := tx.lock(`
SELECT /* Template.LockKey */ `+templateColumns+`
FROM templates
WHERE account_id = ? AND environment = ? AND name = ? AND language = ?`, []any{t.AccountID, string(t.Environment), name, language}, w.dest()...)
	if err != nil {
		return portal.Template{}, err
	}
	return w.decode()
}

// LockTemplate returns the tenant's template of WhatsApp's id and keeps others
// from changing it until the transaction ends; not_found when there is none.
func (tx *Tx) LockTemplate(t portal.Tenant, waba, providerID string) (portal.Template, error) {
	var w templateRow
	err := tx.lock(`
SELECT /* Template.Lock */ `+templateColumns+`
FROM templates
WHERE account_id = ? AND environment = ? AND waba = ? AND provider_id = ?`, []any{t.AccountID, string(t.Environment), waba, providerID}, w.dest()...)
	if err != nil {
		return portal.Template{}, err
	}
	return w.decode()
}

// ApprovedTemplates counts the templates that could be sent.
func (r Reader) ApprovedTemplates(t portal.Tenant) (n int, err error) {
	err = r.Row(`
SELECT /* Template.Approved */ COUNT(*)
FROM templates
WHERE account_id = ? AND environment = ? AND status = 'approved'`, []any{t.AccountID, string(t.Environment)}, &n)
	return n, err
}

// TemplateHolder is a tenant with a business account of WhatsApp, and a channel
// that can ask for its templates.
type TemplateHolder struct {
	portal.Tenant
	ChannelID string
	WABA      string
}

// TemplateHolders returns the business accounts whose templates are to be
// compared with WhatsApp: those at Meta, and simulated ones with a template
// that has been pending since before a moment.
func (r Reader) TemplateHolders(before time.Time) (list []TemplateHolder, err error) {
	err = r.Rows(`
SELECT /* Template.Holders */ c.account_id, c.environment, c.waba, MIN(c.id)
FROM channels c
WHERE c.status = 'connected' AND c.waba <> '' AND (c.provider = 'cloud' OR EXISTS (
  SELECT 1
  FROM templates t
  WHERE t.status = 'pending' AND t.updated_at < ? AND t.account_id = c.account_id AND t.environment = c.environment))
GROUP BY c.account_id, c.environment, c.waba
ORDER BY 4`, []any{before}, func(scan func(dest ...any) error) error {
		var h TemplateHolder
		err := scan(&h.AccountID, (*string)(&h.Environment), &h.WABA, &h.ChannelID)
		list = append(list, h)
		return err
	})
	return list, err
}

// InsertTemplateEvent keeps what happened to a template.
func (tx *Tx) InsertTemplateEvent(e portal.TemplateEvent) (err error) {
	defer portal.Wrap(&err, "InsertTemplateEvent(%s)", e.TemplateID)
	_, err = tx.Exec(`
INSERT /* TemplateEvent.Insert */ INTO template_events (template_id, at, kind, before, after, reason, source, actor)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (template_id, at, kind) DO NOTHING`,
		e.TemplateID, e.At, e.Kind, e.Before, e.After, e.Reason, e.Source, e.Actor)
	return err
}

// TemplateEvents returns what happened to a template of the tenant, newest first.
func (r Reader) TemplateEvents(t portal.Tenant, id string, limit int) (list []portal.TemplateEvent, err error) {
	err = r.Rows(`
SELECT /* TemplateEvent.List */ e.template_id, e.at, e.kind, e.before, e.after, e.reason, e.source, e.actor
FROM template_events e
JOIN templates t ON t.id = e.template_id
WHERE e.template_id = ? AND t.account_id = ? AND t.environment = ?
ORDER BY e.at DESC, e.kind
LIMIT ?`, []any{id, t.AccountID, string(t.Environment), limit}, func(scan func(dest ...any) error) error {
		var e portal.TemplateEvent
		err := scan(&e.TemplateID, &e.At, &e.Kind, &e.Before, &e.After, &e.Reason, &e.Source, &e.Actor)
		list = append(list, e)
		return err
	})
	return list, err
}
