package messaging_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/messaging"
)

// ends says what becomes of a message, and of its surroundings, that WhatsApp
// always answers with an error of the class.
var ends = map[portal.ProviderClass]struct {
	status portal.Status // after an hour
	sends  int           // 0 = any
}{
	portal.ProviderPermanent:      {portal.StatusFailed, 1},
	portal.ProviderRetry:          {portal.StatusQueued, 0},
	portal.ProviderRetryOnce:      {portal.StatusFailed, 2},
	portal.ProviderSlowChannel:    {portal.StatusQueued, 0},
	portal.ProviderSlowPerson:     {portal.StatusQueued, 0},
	portal.ProviderStop:           {portal.StatusFailed, 1},
	portal.ProviderNeedsTemplate:  {portal.StatusFailed, 1},
	portal.ProviderNotFound:       {portal.StatusNumberNotFound, 1},
	portal.ProviderOptOut:         {portal.StatusFailed, 1},
	portal.ProviderCapped:         {portal.StatusFailed, 1},
	portal.ProviderPauseTemplate:  {portal.StatusFailed, 1},
	portal.ProviderPauseMarketing: {portal.StatusQueued, 1},
}

// TestEveryRowOfWhatsAppsTable sends one message for each row: it ends, or is
// tried again, as the row's class says, with our code for it.
func TestEveryRowOfWhatsAppsTable(t *testing.T) {
	t.Parallel()
	last := -1
	for _, row := range portal.ProviderCodes {
		if row.From <= last || row.To < row.From {
			t.Errorf("%d–%d is out of order", row.From, row.To)
		}
		last = row.To
		if row.Meaning.EN == "" || row.Meaning.PT == "" || row.Fix().EN == "" || row.Fix().PT == "" {
			t.Errorf("%d has no words", row.From)
		}
	}
	b := newBench(t)
	for _, row := range portal.ProviderCodes {
		b.row(row)
	}
}

// row sends through an account of its own.
func (b *bench) row(row portal.ProviderCode) {
	b.Helper()
	want, to := ends[row.Class], fmt.Sprintf("+5531987%06d", row.To)
	if row.State == portal.TemplatePaused {
		want.status = portal.StatusQueued // a pause ends by itself
	}
	b.caller = b.another()
	b.addTemplate("offer", "marketing", portal.TemplateApproved, "named")
	b.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		fault(w, 400, row.To)
		return true
	})
	d := messaging.Draft{To: to, Type: portal.TypeTemplate, Template: &messaging.TemplateRef{Name: "offer", Language: "pt_BR"}}
	sent := b.clock.Now()
	m := b.accept(d)
	for range 12 {
		b.dispatch()
		b.clock.add(4 * time.Minute)
	}
	m, h := b.get(m.ID)
	calls := b.sent(to)
	if m.Status != want.status || want.sends > 0 && calls != want.sends || want.sends == 0 && calls < 4 {
		b.Errorf("%d: %s after %d calls, want %s after %d", row.To, m.Status, calls, want.status, want.sends)
	}
	if m.Status != portal.StatusQueued && (m.Failure == nil || m.Failure.Code != row.Code || m.Failure.Provider.Code != row.To) {
		b.Errorf("%d: failure %+v, want %s", row.To, m.Failure, row.Code)
	}
	if a := h.Attempts[0]; m.Status == portal.StatusQueued && (a.NextAttemptAt == nil || a.NextAttemptAt.Before(sent.Add(max(row.Wait, time.Second)))) {
		b.Errorf("%d: tried again at %v, want %s later at the earliest", row.To, a.NextAttemptAt, row.Wait)
	}
	b.around(row, m)
}

// around checks what the row did beside its message.
func (b *bench) around(row portal.ProviderCode, m portal.Message) {
	b.Helper()
	r := b.store.Reader(b.Context())
	channel, err := r.Channel(b.caller.Tenant, m.ChannelID)
	if err != nil {
		b.Fatal(err)
	}
	status, reason := portal.ChannelConnected, ""
	if row.Class == portal.ProviderStop {
		status, reason = row.State, row.Reason
	}
	if channel.Status != status || channel.StatusReason != reason {
		b.Errorf("%d: the channel is %s %q, want %s %q", row.To, channel.Status, channel.StatusReason, status, reason)
	}
	template, err := r.Template(b.caller.Tenant, "offer", "pt_BR")
	paused := row.Class == portal.ProviderPauseTemplate
	if err != nil || paused != (template.Status == row.State && paused) || !paused && template.Status != portal.TemplateApproved {
		b.Errorf("%d: the template is %s, %v", row.To, template.Status, err)
	}
	if out := b.contact(m.ContactID).OptIn.Marketing == portal.OptedOut; out != (row.Class == portal.ProviderOptOut) {
		b.Errorf("%d: opted out %v", row.To, out)
	}
	whole, marketing, err := r.ChannelPace(b.caller.Tenant, m.ChannelID)
	if err != nil || (whole.Strikes > 0) != (row.Class == portal.ProviderSlowChannel) ||
		(marketing.Strikes > 0) != (row.Class == portal.ProviderPauseMarketing) {
		b.Errorf("%d: paces %+v %+v, %v", row.To, whole, marketing, err)
	}
}
