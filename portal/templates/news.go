package templates

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// origin is where a change came from.
type origin struct{ source, actor string }

var (
	fromCallback = origin{source: "callback"}
	fromSync     = origin{source: "sync"}
)

// by returns the origin of what a caller did.
func by(c portal.Caller) origin { return origin{c.Source(), c.Actor().Name} }

// Apply writes what a callback of a channel told about templates, in the
// caller's transaction. News of templates that are not known are left to the
// next comparison; news that change nothing leave no trace.
func (s *Service) Apply(tx *store.Tx, c portal.Channel, updates []whatsapp.TemplateUpdate) (err error) {
	defer portal.Wrap(&err, "Apply(%s)", c.ID)
	tenant := portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}
	for _, u := range updates {
		if u.WABA != c.WABA {
			continue
		}
		t, err := tx.LockTemplate(tenant, u.WABA, u.ID)
		if portal.CodeOf(err) == portal.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		if err := apply(tx, t, u); err != nil {
			return err
		}
	}
	return nil
}

func apply(tx *store.Tx, t portal.Template, u whatsapp.TemplateUpdate) error {
	before := t
	merge(&t, whatsapp.Template{Status: u.Status, Category: u.Category, Quality: u.Quality, Reason: u.Reason})
	if u.Status != "" && t.Status != portal.TemplateApproved {
		t.Recommendation = cut(u.Recommendation)
	}
	if same(before, t) {
		return nil
	}
	now := tx.Now()
	t.SyncedAt, t.UpdatedAt = &now, now
	if err := tx.SaveTemplate(t); err != nil {
		return err
	}
	return note(tx, before, t, fromCallback)
}

// merge brings t to what WhatsApp says; what it does not say stays.
func merge(t *portal.Template, w whatsapp.Template) {
	if w.ID != "" {
		t.ProviderID = w.ID
	}
	if status := strings.ToLower(w.Status); status != "" {
		if status != t.Status {
			t.Reason, t.Recommendation = "", ""
		}
		t.Status = status
	}
	if w.Reason != "" && t.Status != portal.TemplateApproved && t.Status != portal.TemplatePending && t.Reason == "" {
		t.Reason = cut(w.Reason)
	}
	t.Category = cmp.Or(strings.ToLower(w.Category), t.Category)
	t.Quality = cmp.Or(strings.ToLower(w.Quality), t.Quality, "unknown")
	if w.Components != nil {
		t.Components, t.Parameters = w.Components, portal.ParametersOf(w.Components)
		t.TTL = w.TTL
		t.ParameterFormat = cmp.Or(strings.ToLower(w.ParameterFormat), t.ParameterFormat, formatOf(t.Parameters))
	}
}

var number = regexp.MustCompile(`^[0-9]+$`)

// formatOf tells the form of parameters that WhatsApp did not name.
func formatOf(list []portal.TemplateParameter) string {
	positional := slices.ContainsFunc(list, func(p portal.TemplateParameter) bool { return p.Component == "body" && number.MatchString(p.Name) })
	if positional {
		return portal.ParametersPositional
	}
	return portal.ParametersNamed
}

// same reports whether nothing that is shown of a template differs.
func same(a, b portal.Template) bool {
	return a.Status == b.Status && a.Category == b.Category && a.Quality == b.Quality && a.Reason == b.Reason &&
		a.Recommendation == b.Recommendation && a.ProviderID == b.ProviderID && a.WABA == b.WABA &&
		a.ParameterFormat == b.ParameterFormat && sameContent(a, b) && sameTTL(a.TTL, b.TTL)
}

func sameContent(a, b portal.Template) bool { return string(a.Components) == string(b.Components) }

func sameTTL(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

// note keeps what changed of a template as its history, and tells receivers of
// a change that decides whether it can be sent.
func note(tx *store.Tx, before, after portal.Template, o origin) error {
	add := func(kind, was, is, reason string) error {
		return tx.InsertTemplateEvent(portal.TemplateEvent{
			TemplateID: after.ID, At: tx.Now(), Kind: kind, Before: was, After: is, Reason: reason, Source: o.source, Actor: o.actor,
		})
	}
	if before.ID != "" && before.Exists() && !sameContent(before, after) {
		if err := add(portal.TemplateEventContent, "", "", ""); err != nil {
			return err
		}
	}
	changed := false
	for _, c := range []struct{ kind, was, is, reason string }{
		{portal.TemplateEventStatus, before.Status, after.Status, after.Reason},
		{portal.TemplateEventCategory, before.Category, after.Category, ""},
		{portal.TemplateEventQuality, before.Quality, after.Quality, ""},
	} {
		if c.was == c.is {
			continue
		}
		if err := add(c.kind, c.was, c.is, c.reason); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	return tx.AnnounceTemplate(after)
}
