package events

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

const clockFormat = "15:04"

// quietUntil returns when the quiet hours end in which a moment lies; false when it lies in none.
func quietUntil(q *portal.QuietHours, at time.Time, zone *time.Location) (end time.Time, quiet bool) {
	if q == nil {
		return at, false
	}
	local := at.In(zone)
	from, to, now := minuteOf(q.From), minuteOf(q.To), local.Hour()*60+local.Minute()
	tomorrow := 0
	switch overnight := from > to; {
	case overnight && now >= from:
		tomorrow = 1
	case overnight && now < to, !overnight && now >= from && now < to:
	default:
		return at, false
	}
	y, m, d := local.Date()
	end = time.Date(y, m, d+tomorrow, to/60, to%60, 0, 0, zone)
	if !end.After(at) { // the clock is set back within the quiet hours
		end = end.Add(time.Hour)
	}
	return end.UTC(), true
}

// minuteOf reads hours and minutes that were checked.
func minuteOf(text string) int {
	t, _ := time.Parse(clockFormat, text)
	return t.Hour()*60 + t.Minute()
}

// QuietHours returns when the account's automations write to nobody; nil for never.
func (s *Service) QuietHours(ctx context.Context, accountID string) (q *portal.QuietHours, err error) {
	defer portal.Wrap(&err, "QuietHours(%s)", accountID)
	text, err := s.store.Reader(ctx).QuietHours(accountID)
	return portal.ParseQuietHours(text), err
}

// SetQuietHours changes when the account's automations write to nobody, in both
// environments; nil for never. What waits already moves when it is due.
func (s *Service) SetQuietHours(ctx context.Context, c portal.Caller, q *portal.QuietHours) (err error) {
	defer portal.Wrap(&err, "SetQuietHours(%s)", c.AccountID)
	text := ""
	if q != nil {
		if fields := q.Check(); len(fields) > 0 {
			return portal.Refuse(portal.CodeValidationFailed, fields...)
		}
		text = q.String()
	}
	details, err := json.Marshal(map[string]any{"quiet_hours": q})
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetQuietHours(c.AccountID, text); err != nil {
			return err
		}
		return tx.Audit(portal.Audit{
			AccountID: c.AccountID, Actor: c.Actor(), Action: "quiet_hours.changed", Target: c.AccountID, Details: details, RequestID: c.RequestID,
		})
	})
}

// quietWords says what the quiet hours mean for a message that is due at a moment.
func quietWords(q *portal.QuietHours, at time.Time, zone *time.Location) portal.Words {
	clock := at.In(zone).Format(clockFormat)
	if q == nil {
		return portal.Words{EN: "The account has no quiet hours", PT: "A conta não tem horário de silêncio"}
	}
	if end, quiet := quietUntil(q, at, zone); quiet {
		return portal.Words{
			EN: fmt.Sprintf("%s in %s is quiet: waits until %s", clock, zone, end.In(zone).Format(clockFormat)),
			PT: fmt.Sprintf("%s em %s é horário de silêncio: espera até %s", clock, zone, end.In(zone).Format(clockFormat)),
		}
	}
	return portal.Words{EN: clock + " in " + zone.String(), PT: clock + " em " + zone.String()}
}
