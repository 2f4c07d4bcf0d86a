package templates

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// SyncEvery is how often SyncAll is worth its calls: WhatsApp allows 200
// management calls an hour for a business account.
const SyncEvery = 15 * time.Minute

const (
	maxPages = 100 // of one business account; WhatsApp holds at most 6,000 templates
	meeting  = 10 * time.Second
	overdue  = time.Minute // a simulated review that takes longer has lost its callback
)

// Synced is what a comparison found.
type Synced struct {
	Templates int // that WhatsApp has
	Changed   int // rows that were not as WhatsApp has them
}

// Sync compares the tenant's templates with WhatsApp's and takes over what
// differs. It refuses with no_channel, and as Create does when WhatsApp does not
// answer.
func (s *Service) Sync(ctx context.Context, t portal.Tenant) (done Synced, err error) {
	defer portal.Wrap(&err, "Sync(%s)", t.AccountID)
	channels, err := s.store.Reader(ctx).Channels(t)
	if err != nil {
		return done, err
	}
	seen := map[string]bool{}
	for _, first := range []bool{true, false} { // the default channel's business account wins
		for _, c := range channels {
			if c.Default != first || seen[c.WABA] || c.WABA == "" {
				continue
			}
			seen[c.WABA] = true
			one, err := s.sync(ctx, c)
			if err != nil {
				return done, err
			}
			done.Templates, done.Changed = done.Templates+one.Templates, done.Changed+one.Changed
		}
	}
	if len(seen) == 0 {
		return done, portal.Refuse(portal.CodeNoChannel)
	}
	return done, nil
}

// SyncAll compares the templates of every business account at Meta, and of the
// simulated ones whose review is overdue. One that cannot be asked hurts no other.
func (s *Service) SyncAll(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "SyncAll")
	r := s.store.Reader(ctx)
	holders, err := r.TemplateHolders(s.store.Now().Add(-overdue))
	if err != nil {
		return err
	}
	for _, h := range holders {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c, err := r.Channel(h.Tenant, h.ChannelID)
		if err != nil {
			return err
		}
		if _, err := s.sync(ctx, c); err != nil {
			s.log.WarnContext(ctx, "templates not compared", "channel", c.ID, "error", err)
		}
	}
	return nil
}

// Meet compares the templates of the business account that a new channel
// belongs to, so that they can be sent from it at once. What fails is left to
// the next comparison.
func (s *Service) Meet(ctx context.Context, c portal.Channel) {
	ctx, cancel := context.WithTimeout(ctx, meeting)
	defer cancel()
	if _, err := s.sync(ctx, c); err != nil {
		s.log.WarnContext(ctx, "templates not compared", "channel", c.ID, "error", err)
	}
}

var errEndless = errors.New("WhatsApp's list of templates does not end")

// sync compares the templates of a channel's business account.
func (s *Service) sync(ctx context.Context, c portal.Channel) (done Synced, err error) {
	a, err := s.through(ctx, c)
	if err != nil {
		return done, err
	}
	asked := s.store.Now()
	var all []whatsapp.Template
	query := whatsapp.TemplateList{}
	for page := 0; ; page++ {
		if page == maxPages {
			return done, errEndless
		}
		list, next, out := a.client.Templates(ctx, a.business, query)
		if err := refusal(out); err != nil {
			return done, err
		}
		all = append(all, list...)
		if next == "" {
			break
		}
		query.After = next
	}
	done.Templates = len(all)
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		tenant := portal.Tenant{AccountID: c.AccountID, Environment: c.Environment}
		done.Changed, err = takeOver(tx, tenant, comparison{waba: c.WABA, asked: asked, theirs: all})
		return err
	})
	return done, err
}

// comparison is WhatsApp's list, as it was after a moment.
type comparison struct {
	waba   string
	asked  time.Time
	theirs []whatsapp.Template
}

// takeOver makes the tenant's rows what WhatsApp has. Rows that changed after
// WhatsApp was asked know better.
func takeOver(tx *store.Tx, t portal.Tenant, c comparison) (changed int, err error) {
	rows, err := tx.TemplatesHeld(t, c.waba)
	if err != nil {
		return 0, err
	}
	type key struct{ name, language string }
	ours := map[key]portal.Template{}
	for _, row := range rows {
		ours[key{row.Name, row.Language}] = row
	}
	for _, w := range c.theirs {
		k := key{w.Name, w.Language}
		row, known := ours[k]
		delete(ours, k)
		if known && row.UpdatedAt.After(c.asked) {
			continue
		}
		did, err := takeOne(tx, t, c.waba, row, w)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
		}
	}
	for _, row := range ours { // WhatsApp has them no more
		if !row.Exists() || row.UpdatedAt.After(c.asked) {
			continue
		}
		gone := row
		gone.Status, gone.Reason, gone.Recommendation = portal.TemplateDeleted, "", ""
		did, err := replace(tx, row, gone)
		if err != nil {
			return changed, err
		}
		if did {
			changed++
		}
	}
	return changed, tx.TouchTemplates(t, c.waba)
}

// takeOne writes one template of WhatsApp if it differs; row is ours, zero when
// there is none of this business account.
func takeOne(tx *store.Tx, t portal.Tenant, waba string, row portal.Template, w whatsapp.Template) (changed bool, err error) {
	if row.ID == "" {
		added, err := addOne(tx, t, waba, w)
		if portal.CodeOf(err) != portal.CodeTemplateExists {
			return added, err
		}
		if row, err = tx.Template(t, w.Name, w.Language); err != nil || row.Exists() {
			return false, err // another business account of the tenant has it
		}
	}
	after := row
	after.WABA = waba
	merge(&after, w)
	if same(row, after) {
		return false, nil
	}
	return replace(tx, row, after)
}

// addOne writes a template that was made elsewhere.
func addOne(tx *store.Tx, t portal.Tenant, waba string, w whatsapp.Template) (added bool, err error) {
	now := tx.Now()
	fresh := portal.Template{
		ID: portal.NewID(portal.PrefixTemplate), AccountID: t.AccountID, Environment: t.Environment, Name: w.Name, Language: w.Language,
		WABA: waba, SyncedAt: &now, CreatedAt: now, UpdatedAt: now, Components: []byte("[]"), Status: portal.TemplatePending,
	}
	merge(&fresh, w)
	fresh.ParameterFormat = cmp.Or(fresh.ParameterFormat, portal.ParametersNamed)
	if err := tx.InsertTemplate(fresh); err != nil {
		return false, err
	}
	before := fresh
	before.Status = ""
	return true, note(tx, before, fresh, fromSync)
}

// replace writes a row as WhatsApp has it, unless it changed since it was read.
func replace(tx *store.Tx, before, after portal.Template) (did bool, err error) {
	locked, err := tx.LockTemplateKey(before.Tenant(), before.Name, before.Language)
	if err != nil || !locked.UpdatedAt.Equal(before.UpdatedAt) {
		return false, err
	}
	now := tx.Now()
	after.SyncedAt, after.UpdatedAt = &now, now
	if err := tx.SaveTemplate(after); err != nil {
		return false, err
	}
	return true, note(tx, before, after, fromSync)
}
