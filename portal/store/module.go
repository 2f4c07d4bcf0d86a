package store

import (
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// Modules returns the state of every module in the account, in the order that
// pages show them. A module that was never switched is active.
func (r Reader) Modules(accountID string, now time.Time) ([]portal.AccountModule, error) {
	out := make([]portal.AccountModule, len(portal.Modules))
	at := map[string]*portal.AccountModule{}
	for i, m := range portal.Modules {
		out[i] = portal.AccountModule{Module: m, Active: true}
		at[m.Name] = &out[i]
	}
	err := r.Rows(`
SELECT /* Module.Modules */ name, active, reason, messages_per_day, updated_at
FROM account_modules
WHERE account_id = ?`, []any{accountID}, func(scan func(dest ...any) error) error {
		var name string
		var m portal.AccountModule
		if err := scan(&name, &m.Active, &m.Reason, &m.MessagesPerDay, &m.UpdatedAt); err != nil {
			return err
		}
		if kept := at[name]; kept != nil {
			m.Module = kept.Module
			*kept = m
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, u := range moduleUses {
		if at[u.module].UsedThisMonth, err = r.usedSince(u.query, accountID, monthOf(now)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// moduleUses count what each module did, in both environments: messages sent
// or received, contacts created or changed, people asked for. The condition on
// updated_at, which no message created since then fails, is for the index.
var moduleUses = []struct{ module, query string }{
	{portal.ModuleMessages, `
SELECT /* Module.Messages */ COUNT(*)
FROM messages
WHERE account_id = ?
AND environment IN ('test', 'live')
AND updated_at >= ?
AND created_at >= ?`},
	{portal.ModuleContacts, `
SELECT /* Module.Contacts */ COUNT(*)
FROM contacts
WHERE account_id = ?
AND environment IN ('test', 'live')
AND updated_at >= ?`},
	{portal.ModuleSupport, `
SELECT /* Module.Support */ COUNT(*)
FROM handoffs
WHERE account_id = ?
AND environment IN ('test', 'live')
AND created_at >= ?`},
	{portal.ModuleEvents, `
SELECT /* Module.Events */ COUNT(*)
FROM events
WHERE account_id = ?
AND environment IN ('test', 'live')
AND received_at >= ?`},
	{portal.ModuleWebhooks, `
SELECT /* Module.Webhooks */ COALESCE(SUM(h.succeeded + h.failed), 0)
FROM webhook_hours h
JOIN webhook_endpoints e ON e.id = h.endpoint_id
WHERE e.account_id = ?
AND h.hour >= ?`},
}

func (r Reader) usedSince(query, accountID string, from time.Time) (n int64, err error) {
	args := []any{accountID}
	for range strings.Count(query, "?") - 1 {
		args = append(args, from)
	}
	err = r.Row(query, args, &n)
	return n, err
}

// ActiveModules returns the names of the account's active modules. One that
// was never switched is active.
func (r Reader) ActiveModules(accountID string) ([]string, error) {
	var off []string
	err := r.Rows(`
SELECT /* Module.ActiveModules */ name
FROM account_modules
WHERE account_id = ?
AND active = FALSE`, []any{accountID}, func(scan func(dest ...any) error) error {
		var name string
		err := scan(&name)
		off = append(off, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return modulesBut(off), nil
}

// modulesBut returns the names of all modules that are not off.
func modulesBut(off []string) []string {
	active := make([]string, 0, len(portal.Modules))
	for _, m := range portal.Modules {
		if !slices.Contains(off, m.Name) {
			active = append(active, m.Name)
		}
	}
	return active
}

// MessagesPerDay returns how many messages the module lets the account send in
// a moving 24 h; 0 means what the plan says.
func (r Reader) MessagesPerDay(accountID string) (n int, err error) {
	err = r.Row(`
SELECT /* Module.MessagesPerDay */ messages_per_day
FROM account_modules
WHERE account_id = ?
AND name = ?`, []any{accountID, portal.ModuleMessages}, &n)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return 0, nil
	}
	return n, err
}

// SetModule stores the state of a module in the account.
func (tx *Tx) SetModule(accountID string, m portal.AccountModule) error {
	_, err := tx.Exec(`
INSERT /* Module.SetModule */ INTO account_modules
  (account_id, name, active, reason, messages_per_day, updated_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, name) DO UPDATE
SET active = excluded.active, reason = excluded.reason, messages_per_day = excluded.messages_per_day, updated_at = excluded.updated_at`,
		accountID, m.Name, m.Active, m.Reason, m.MessagesPerDay, tx.Now())
	return err
}
