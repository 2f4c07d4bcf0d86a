package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
)

const automationColumns = `id, account_id, environment, name, enabled, version, rule, draft, preset, created_at, updated_at, published_at`

func scanAutomation(scan func(dest ...any) error) (a portal.Automation, err error) {
	var rule string
	var draft *string
	err = scan(&a.ID, &a.AccountID, (*string)(&a.Environment), &a.Name, &a.Enabled, &a.Version, &rule, &draft, &a.Preset,
		&a.CreatedAt, &a.UpdatedAt, &a.PublishedAt)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(rule), &a.Rule); err != nil {
		return a, fmt.Errorf("rule of %s: %w", a.ID, err)
	}
	if draft == nil {
		return a, nil
	}
	a.Draft = new(portal.Rule)
	if err := json.Unmarshal([]byte(*draft), a.Draft); err != nil {
		return a, fmt.Errorf("draft of %s: %w", a.ID, err)
	}
	return a, nil
}

func automationTexts(a portal.Automation) (rule string, draft *string, err error) {
	raw, err := json.Marshal(a.Rule)
	if err != nil || a.Draft == nil {
		return string(raw), nil, err
	}
	text, err := json.Marshal(a.Draft)
	if err != nil {
		return "", nil, err
	}
	d := string(text)
	return string(raw), &d, nil
}

// InsertAutomation stores a new automation.
func (tx *Tx) InsertAutomation(a portal.Automation) (err error) {
	defer portal.Wrap(&err, "InsertAutomation(%s)", a.ID)
	rule, draft, err := automationTexts(a)
	if err != nil {
		return err
	}
	return tx.Post(`
INSERT /* Automation.Insert */ INTO automations (id, account_id, environment, name, enabled, version, trigger_type, rule, draft,
  preset, created_at, updated_at, published_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.AccountID, string(a.Environment), a.Name, a.Enabled, a.Version, a.Rule.Trigger, rule, draft,
		a.Preset, a.CreatedAt, a.UpdatedAt, a.PublishedAt)
}

// SaveAutomation writes everything that may change of an automation; not_found
// when the tenant has none of that id.
func (tx *Tx) SaveAutomation(a portal.Automation) (err error) {
	defer portal.Wrap(&err, "SaveAutomation(%s)", a.ID)
	rule, draft, err := automationTexts(a)
	if err != nil {
		return err
	}
	return tx.one(tx.Exec(`
UPDATE /* Automation.Save */ automations
SET name = ?, enabled = ?, version = ?, trigger_type = ?, rule = ?, draft = ?, updated_at = ?, published_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND deleted_at IS NULL`,
		a.Name, a.Enabled, a.Version, a.Rule.Trigger, rule, draft, tx.now, a.PublishedAt,
		a.ID, a.AccountID, string(a.Environment)))
}

// DeleteAutomation hides an automation for good; its runs keep its name. not_found
// when the tenant has none of that id.
func (tx *Tx) DeleteAutomation(t portal.Tenant, id string) (err error) {
	defer portal.Wrap(&err, "DeleteAutomation(%s)", id)
	return tx.one(tx.Exec(`
UPDATE /* Automation.Delete */ automations
SET deleted_at = ?, updated_at = ?, enabled = FALSE
WHERE id = ? AND account_id = ? AND environment = ? AND deleted_at IS NULL`,
		tx.now, tx.now, id, t.AccountID, string(t.Environment)))
}

// LockAutomation returns the automation and keeps others from changing it until
// the transaction ends; not_found when the tenant has none of that id.
func (tx *Tx) LockAutomation(t portal.Tenant, id string) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "LockAutomation(%s)", id)
	return scanAutomation(func(dest ...any) error {
		return tx.lock(`
SELECT /* Automation.Lock */ `+automationColumns+`
FROM automations
WHERE id = ? AND account_id = ? AND environment = ? AND deleted_at IS NULL`, []any{id, t.AccountID, string(t.Environment)}, dest...)
	})
}

// Automation returns an automation; not_found when the tenant has none of that id.
func (r Reader) Automation(t portal.Tenant, id string) (a portal.Automation, err error) {
	defer portal.Wrap(&err, "Automation(%s)", id)
	return scanAutomation(func(dest ...any) error {
		return r.Row(`
SELECT /* Automation.ByID */ `+automationColumns+`
FROM automations
WHERE id = ? AND account_id = ? AND environment = ? AND deleted_at IS NULL`, []any{id, t.AccountID, string(t.Environment)}, dest...)
	})
}

// Automations returns all automations of the tenant, newest first. Their number
// is bounded by who makes them.
func (r Reader) Automations(t portal.Tenant) (list []portal.Automation, err error) {
	defer portal.Wrap(&err, "Automations")
	return r.automations("Automation.List", "", t)
}

// PublishedAutomations returns the automations of the tenant that were ever
// published, the ones that are off among them, oldest first.
func (r Reader) PublishedAutomations(t portal.Tenant) (list []portal.Automation, err error) {
	defer portal.Wrap(&err, "PublishedAutomations")
	return r.automations("Automation.Published", "AND version > 0", t)
}

func (r Reader) automations(tag, where string, t portal.Tenant) (list []portal.Automation, err error) {
	order := "DESC"
	if where != "" {
		order = "ASC"
	}
	err = r.Rows(`
SELECT /* `+tag+` */ `+automationColumns+`
FROM automations
WHERE account_id = ? AND environment = ? AND deleted_at IS NULL `+where+`
ORDER BY id `+order, []any{t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		a, err := scanAutomation(scan)
		list = append(list, a)
		return err
	})
	return list, err
}

// CountAutomations counts the automations of the tenant.
func (r Reader) CountAutomations(t portal.Tenant) (n int, err error) {
	err = r.Row(`
SELECT /* Automation.Count */ COUNT(*)
FROM automations
WHERE account_id = ? AND environment = ? AND deleted_at IS NULL`, []any{t.AccountID, string(t.Environment)}, &n)
	return n, err
}

// InsertAutomationVersion keeps a rule as it was published.
func (tx *Tx) InsertAutomationVersion(automationID string, v portal.AutomationVersion) (err error) {
	defer portal.Wrap(&err, "InsertAutomationVersion(%s, %d)", automationID, v.Version)
	rule, err := json.Marshal(v.Rule)
	if err != nil {
		return err
	}
	return tx.Post(`
INSERT /* AutomationVersion.Insert */ INTO automation_versions (automation_id, version, rule, user_id, published_at)
VALUES (?, ?, ?, ?, ?)`, automationID, v.Version, string(rule), v.UserID, v.PublishedAt)
}

// AutomationVersions returns the published rules of an automation, newest first, at most limit.
func (r Reader) AutomationVersions(t portal.Tenant, id string, limit int) (list []portal.AutomationVersion, err error) {
	defer portal.Wrap(&err, "AutomationVersions(%s)", id)
	err = r.Rows(`
SELECT /* AutomationVersion.List */ v.version, v.rule, v.user_id, v.published_at
FROM automation_versions v
JOIN automations a ON a.id = v.automation_id
WHERE v.automation_id = ? AND a.account_id = ? AND a.environment = ?
ORDER BY v.version DESC
LIMIT ?`, []any{id, t.AccountID, string(t.Environment), limit}, func(scan func(dest ...any) error) error {
		v, err := scanVersion(id, scan)
		list = append(list, v)
		return err
	})
	return list, err
}

// AutomationVersion returns one published rule, of a deleted automation too; not_found without it.
func (r Reader) AutomationVersion(t portal.Tenant, id string, version int) (v portal.AutomationVersion, err error) {
	defer portal.Wrap(&err, "AutomationVersion(%s, %d)", id, version)
	return scanVersion(id, func(dest ...any) error {
		return r.Row(`
SELECT /* AutomationVersion.One */ v.version, v.rule, v.user_id, v.published_at
FROM automation_versions v
JOIN automations a ON a.id = v.automation_id
WHERE v.automation_id = ? AND v.version = ? AND a.account_id = ? AND a.environment = ?`,
			[]any{id, version, t.AccountID, string(t.Environment)}, dest...)
	})
}

func scanVersion(id string, scan func(dest ...any) error) (v portal.AutomationVersion, err error) {
	var rule string
	if err := scan(&v.Version, &rule, &v.UserID, &v.PublishedAt); err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(rule), &v.Rule); err != nil {
		return v, fmt.Errorf("version %d of %s: %w", v.Version, id, err)
	}
	return v, nil
}

// maxRunCount is where counting the runs of an automation stops.
const maxRunCount = 100_000

// RunCounts counts the runs of an automation that began at since or later, by
// outcome; of more than 100,000 the newest.
func (r Reader) RunCounts(t portal.Tenant, automationID string, since time.Time) (c portal.RunCounts, err error) {
	defer portal.Wrap(&err, "RunCounts(%s)", automationID)
	c.Outcomes = map[string]int64{}
	var newest string
	err = r.Rows(`
SELECT /* Run.Counts */ outcome, COUNT(*), MAX(id)
FROM (
  SELECT r.outcome, r.id
  FROM automation_runs r
  WHERE r.automation_id = ? AND r.id >= ?
  ORDER BY r.id DESC
  LIMIT ?) AS newest
GROUP BY outcome`, []any{automationID, portal.FirstID(portal.PrefixRun, since), maxRunCount}, func(scan func(dest ...any) error) error {
		var outcome, last string
		var n int64
		err := scan(&outcome, &n, &last)
		c.Outcomes[outcome], newest = n, max(newest, last)
		return err
	})
	if err != nil || newest == "" {
		return c, err
	}
	run, err := r.Run(t, newest)
	c.LastAt = &run.CreatedAt
	return c, err
}

// QuietHours returns when the automations of an account write to nobody, "" for never.
func (r Reader) QuietHours(accountID string) (text string, err error) {
	err = r.Row(`
SELECT /* Account.QuietHours */ quiet_hours
FROM accounts
WHERE id = ?`, []any{accountID}, &text)
	return text, err
}

// SetQuietHours writes when the automations of an account write to nobody; not_found for an unknown id.
func (tx *Tx) SetQuietHours(accountID, text string) error {
	return tx.one(tx.Exec(`
UPDATE /* Account.SetQuietHours */ accounts
SET quiet_hours = ?, updated_at = ?
WHERE id = ?`, text, tx.now, accountID))
}
