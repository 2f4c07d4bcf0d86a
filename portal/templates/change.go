package templates

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Create asks WhatsApp to review a new template and returns it as WhatsApp took
// it. It refuses with validation_failed what WhatsApp does not take, with its
// words; template_exists; no_channel; rate_limited; overloaded when WhatsApp
// gave no answer and has no such template.
func (s *Service) Create(ctx context.Context, c portal.Caller, d portal.TemplateDraft) (t portal.Template, err error) {
	defer portal.Wrap(&err, "Create")
	d = d.Normal()
	if fields := d.Check(); len(fields) > 0 {
		return t, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	known, err := s.Get(ctx, c.Tenant, d.Name, d.Language)
	switch {
	case err == nil && known.Exists():
		return t, portal.Refuse(portal.CodeTemplateExists)
	case err != nil && portal.CodeOf(err) != portal.CodeNotFound:
		return t, err
	}
	a, err := s.holder(ctx, c.Tenant)
	if err != nil {
		return t, err
	}
	if err := s.placeSamples(ctx, c.Tenant, a, d.Components); err != nil {
		return t, err
	}
	w, err := wireOf(d)
	if err != nil {
		return t, err
	}
	made, out := a.client.CreateTemplate(ctx, a.business, w)
	if out.Kind == whatsapp.RetryLater {
		// Nobody knows whether it exists now, so look before the caller asks again.
		made, out = s.find(ctx, a, d, out)
	}
	if err := refusal(out); err != nil {
		return t, err
	}
	w.ID, w.Status, w.Category = made.ID, cmp.Or(made.Status, "PENDING"), cmp.Or(made.Category, w.Category)
	return s.keepNew(ctx, c, a.business.WABA, w)
}

// wireOf returns a draft in Meta's words.
func wireOf(d portal.TemplateDraft) (whatsapp.Template, error) {
	components, err := d.JSON()
	return whatsapp.Template{
		Name: d.Name, Language: d.Language, Category: strings.ToUpper(d.Category),
		ParameterFormat: strings.ToUpper(d.ParameterFormat), Components: components, TTL: d.TTL,
	}, err
}

// find looks a template up whose creation has no answer. Without it the lost
// outcome stands, as one that can be tried again.
func (s *Service) find(ctx context.Context, a account, d portal.TemplateDraft, lost whatsapp.Outcome) (whatsapp.Template, whatsapp.Outcome) {
	list, _, out := a.client.Templates(ctx, a.business, whatsapp.TemplateList{Name: d.Name})
	if out.Kind == whatsapp.Accepted {
		for _, w := range list {
			if w.Name == d.Name && w.Language == d.Language {
				return w, out
			}
		}
	}
	return whatsapp.Template{}, lost
}

// keepNew writes a template that WhatsApp took. A comparison may have found it
// already, and one that was deleted comes back to life.
func (s *Service) keepNew(ctx context.Context, c portal.Caller, waba string, w whatsapp.Template) (t portal.Template, err error) {
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		t, err = tx.LockTemplateKey(c.Tenant, w.Name, w.Language)
		missing := portal.CodeOf(err) == portal.CodeNotFound
		if err != nil && !missing {
			return err
		}
		before := t
		if missing {
			t = portal.Template{ID: portal.NewID(portal.PrefixTemplate), AccountID: c.AccountID, Environment: c.Environment, Name: w.Name, Language: w.Language}
		}
		now := tx.Now()
		t.WABA, t.SyncedAt, t.CreatedAt, t.UpdatedAt, t.Quality = waba, &now, now, now, "unknown"
		merge(&t, w)
		if missing {
			if err := tx.InsertTemplate(t); err != nil {
				return err
			}
		} else if err := tx.SaveTemplate(t); err != nil {
			return err
		}
		before.Category, before.Quality = t.Category, t.Quality // only its beginning is news
		if err := note(tx, before, t, by(c)); err != nil {
			return err
		}
		return s.audit(tx, c, "template.created", t)
	})
	return t, err
}

// Edit is what an edit changes. An empty category and format stay as they are.
type Edit struct {
	Category        string
	ParameterFormat string
	Components      []portal.TemplateComponent
	TTL             *int
}

// Edit asks WhatsApp to review a changed template. It is pending, and not sent,
// until that is done. It refuses as Create does, and not_found.
func (s *Service) Edit(ctx context.Context, c portal.Caller, known portal.Template, e Edit) (t portal.Template, err error) {
	defer portal.Wrap(&err, "Edit(%s)", known.ID)
	d := portal.TemplateDraft{
		Name: known.Name, Language: known.Language, Category: cmp.Or(e.Category, known.Category),
		ParameterFormat: cmp.Or(e.ParameterFormat, known.ParameterFormat), Components: e.Components, TTL: e.TTL,
	}.Normal()
	if fields := d.CheckEdit(); len(fields) > 0 {
		return t, portal.Refuse(portal.CodeValidationFailed, fields...)
	}
	if !known.Exists() {
		return t, portal.Refuse(portal.CodeNotFound)
	}
	a, err := s.holderOf(ctx, known)
	if err != nil {
		return t, err
	}
	if err := s.placeSamples(ctx, c.Tenant, a, d.Components); err != nil {
		return t, err
	}
	w, err := wireOf(d)
	if err != nil {
		return t, err
	}
	if d.Category == known.Category {
		w.Category = "" // WhatsApp refuses to be told that of an approved one
	}
	if err := refusal(a.client.EditTemplate(ctx, a.business, known.ProviderID, w)); err != nil {
		if portal.CodeOf(err) == portal.CodeNotFound {
			err = s.vanished(ctx, c, known, err)
		}
		return t, err
	}
	w.Category, w.Status = strings.ToUpper(d.Category), "PENDING"
	if now, out := a.client.Template(ctx, a.business, known.ProviderID); out.Kind == whatsapp.Accepted && now.ID == known.ProviderID {
		w = now
	}
	return s.keepEdit(ctx, c, known, w)
}

func (s *Service) keepEdit(ctx context.Context, c portal.Caller, known portal.Template, w whatsapp.Template) (t portal.Template, err error) {
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		t, err = tx.LockTemplateKey(c.Tenant, known.Name, known.Language)
		if err != nil {
			return err
		}
		before, now := t, tx.Now()
		t.SyncedAt, t.UpdatedAt = &now, now
		merge(&t, w)
		if err := tx.SaveTemplate(t); err != nil {
			return err
		}
		if err := note(tx, before, t, by(c)); err != nil {
			return err
		}
		return s.audit(tx, c, "template.edited", t)
	})
	return t, err
}

// Delete deletes a template in its language at WhatsApp and keeps a row that
// says so. It refuses as Create does, and not_found.
func (s *Service) Delete(ctx context.Context, c portal.Caller, known portal.Template) (err error) {
	defer portal.Wrap(&err, "Delete(%s)", known.ID)
	if !known.Exists() {
		return portal.Refuse(portal.CodeNotFound)
	}
	a, err := s.holderOf(ctx, known)
	if err != nil {
		return err
	}
	err = refusal(a.client.DeleteTemplate(ctx, a.business, known.Name, known.ProviderID))
	if err != nil && portal.CodeOf(err) != portal.CodeNotFound { // what is gone is deleted
		return err
	}
	return s.bury(ctx, c, known)
}

// vanished keeps that WhatsApp has a template no more, and returns why.
func (s *Service) vanished(ctx context.Context, c portal.Caller, known portal.Template, why error) error {
	if err := s.bury(ctx, c, known); err != nil {
		return err
	}
	return why
}

func (s *Service) bury(ctx context.Context, c portal.Caller, known portal.Template) error {
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		t, err := tx.LockTemplateKey(c.Tenant, known.Name, known.Language)
		if err != nil || !t.Exists() {
			return err
		}
		before, now := t, tx.Now()
		t.Status, t.Reason, t.Recommendation, t.SyncedAt, t.UpdatedAt = portal.TemplateDeleted, "", "", &now, now
		if err := tx.SaveTemplate(t); err != nil {
			return err
		}
		if err := note(tx, before, t, by(c)); err != nil {
			return err
		}
		return s.audit(tx, c, "template.deleted", t)
	})
}

func (s *Service) audit(tx *store.Tx, c portal.Caller, action string, t portal.Template) error {
	details, err := json.Marshal(map[string]string{
		"name": t.Name, "language": t.Language, "category": t.Category, "environment": string(t.Environment),
	})
	if err != nil {
		return err
	}
	return tx.Audit(portal.Audit{
		AccountID: c.AccountID, Actor: c.Actor(), Action: action, Target: t.ID, Details: details, RequestID: c.RequestID,
	})
}
