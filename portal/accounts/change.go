package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
)

const (
	maxTesters     = 20
	maxDepartments = 50
	// maxMessagesPerDay keeps a mistyped limit from being none.
	maxMessagesPerDay = 100_000_000
)

// Change is what may be edited of an account; nil fields stay.
type Change struct {
	Name, Language, Timezone, Country *string
	Testers, Departments              *[]string
	OptInRequired                     *bool
}

// Update edits the account and returns it. What does not fit is
// validation_failed with its pointer, and then nothing changes.
func (s *Service) Update(ctx context.Context, actor portal.Actor, accountID string, ch Change) (a portal.Account, err error) {
	defer portal.Wrap(&err, "Update(%s)", accountID)
	return s.edit(ctx, accountID, func(tx *store.Tx, a *portal.Account) (portal.Audit, error) {
		fields := append(ch.apply(a), checkAccount(a)...)
		if len(fields) > 0 {
			return portal.Audit{}, portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		return portal.Audit{Actor: actor, Action: "account.updated", Details: details(map[string]any{"changed": ch.names()})}, nil
	})
}

// SetStatus suspends the account, whose tokens are then refused from the next
// request on, or makes it active again. It is for staff.
func (s *Service) SetStatus(ctx context.Context, actor portal.Actor, id, status string) (err error) {
	defer portal.Wrap(&err, "SetStatus(%s)", id)
	if status != portal.AccountActive && status != portal.AccountSuspended {
		return refuseField("/status", portal.FieldInvalidValue)
	}
	_, err = s.edit(ctx, id, func(_ *store.Tx, a *portal.Account) (portal.Audit, error) {
		a.Status = status
		action := "account.updated"
		if status == portal.AccountSuspended {
			action = "account.suspended"
		}
		return portal.Audit{Actor: actor, Action: action, Details: details(map[string]any{"status": status})}, nil
	})
	return err
}

// SetPlan changes the account's plan. It is for staff.
func (s *Service) SetPlan(ctx context.Context, actor portal.Actor, id string, plan portal.Plan) (err error) {
	defer portal.Wrap(&err, "SetPlan(%s)", id)
	_, err = s.edit(ctx, id, func(_ *store.Tx, a *portal.Account) (portal.Audit, error) {
		a.Plan = plan
		if fields := checkAccount(a); len(fields) > 0 {
			return portal.Audit{}, portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		return portal.Audit{Actor: actor, Action: "account.updated", Details: details(map[string]any{"plan": plan})}, nil
	})
	return err
}

// Modules returns the state of every module in the account.
func (s *Service) Modules(ctx context.Context, accountID string) (rows []portal.AccountModule, err error) {
	defer portal.Wrap(&err, "Modules(%s)", accountID)
	return s.store.Reader(ctx).Modules(accountID, s.store.Now())
}

// SetModule switches a module of the account and sets how many messages it may
// send in a moving 24 h (messages only; 0 = what the plan says). It holds from
// the next request on. It is for staff.
func (s *Service) SetModule(ctx context.Context, actor portal.Actor, accountID string, m portal.AccountModule) (err error) {
	defer portal.Wrap(&err, "SetModule(%s, %s)", accountID, m.Name)
	if !slices.ContainsFunc(portal.Modules, func(known portal.Module) bool { return known.Name == m.Name }) {
		return portal.Refuse(portal.CodeNotFound)
	}
	if m.MessagesPerDay < 0 || m.MessagesPerDay > maxMessagesPerDay || m.MessagesPerDay > 0 && m.Name != portal.ModuleMessages {
		return refuseField("/messages_per_day", portal.FieldOutOfRange)
	}
	m.Reason = ""
	if !m.Active {
		m.Reason = "staff"
	}
	_, err = s.edit(ctx, accountID, func(tx *store.Tx, _ *portal.Account) (portal.Audit, error) {
		return portal.Audit{
			Actor: actor, Action: "module.changed", Target: m.Name,
			Details: details(map[string]any{"active": m.Active, "messages_per_day": m.MessagesPerDay}),
		}, tx.SetModule(accountID, m)
	})
	return err
}

// edit reads the account, has change alter it, and stores it with its audit
// row; not_found for an unknown id. Edits of one account follow each other.
func (s *Service) edit(ctx context.Context, id string, change func(tx *store.Tx, a *portal.Account) (portal.Audit, error)) (a portal.Account, err error) {
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.LockAccount(id); err != nil {
			return err
		}
		var err error
		if a, err = tx.Account(id); err != nil {
			return err
		}
		row, err := change(tx, &a)
		if err != nil {
			return err
		}
		a.UpdatedAt = tx.Now()
		row.AccountID = id
		if row.Target == "" {
			row.Target = id
		}
		tx.AfterCommit(func() { s.store.Publish(store.TopicAccess, id) })
		return firstError(tx.UpdateAccount(a), tx.Audit(row))
	})
	if err != nil {
		return portal.Account{}, err
	}
	return a, nil
}

// names returns what the change is about, without its values: they may be phones.
func (ch Change) names() []string {
	var out []string
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"name", ch.Name != nil},
		{"language", ch.Language != nil},
		{"timezone", ch.Timezone != nil},
		{"country", ch.Country != nil},
		{"testers", ch.Testers != nil},
		{"departments", ch.Departments != nil},
		{"opt_in_required", ch.OptInRequired != nil},
	} {
		if f.given {
			out = append(out, f.name)
		}
	}
	return out
}

// apply puts the change into a and returns what is wrong with its lists.
func (ch Change) apply(a *portal.Account) (fields []portal.FieldError) {
	put(&a.Name, ch.Name)
	put(&a.Language, ch.Language)
	put(&a.Timezone, ch.Timezone)
	put(&a.Country, ch.Country)
	put(&a.OptInRequired, ch.OptInRequired)
	if ch.Testers != nil {
		list, wrong := cleanList(*ch.Testers, "/testers", maxTesters, func(text string) (string, string) {
			n, err := phone.Parse(text, a.Country)
			if err != nil {
				return "", portal.FieldInvalidFormat
			}
			return n.E164, ""
		})
		a.Testers, fields = list, append(fields, wrong...)
	}
	if ch.Departments != nil {
		list, wrong := cleanList(*ch.Departments, "/departments", maxDepartments, func(text string) (string, string) {
			name, ok := cleanName(text)
			if !ok {
				return "", nameProblem(name)
			}
			return name, ""
		})
		a.Departments, fields = list, append(fields, wrong...)
	}
	return fields
}

func put[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}

// cleanList cleans each entry, drops repeats, and returns what is wrong with the pointer of the entry.
func cleanList(in []string, pointer string, most int, clean func(string) (value, problem string)) (out []string, fields []portal.FieldError) {
	if len(in) > most {
		return nil, []portal.FieldError{{Pointer: pointer, Code: portal.FieldTooMany}}
	}
	for i, text := range in {
		value, problem := clean(text)
		if problem != "" {
			fields = append(fields, portal.FieldError{Pointer: fmt.Sprintf("%s/%d", pointer, i), Code: problem})
			continue
		}
		if !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	return out, fields
}
