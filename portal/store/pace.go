package store

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// LaneWatched is the lane of messages that WhatsApp has; those before it are to be sent.
const LaneWatched = 3

// laneOf returns the lane of a message behind its channel: authentication and
// free-form go before utility, and that before marketing.
func laneOf(m portal.Message) int {
	switch {
	case m.Status != portal.StatusQueued && m.Status != portal.StatusScheduled && !m.AwaitsFallback():
		return LaneWatched
	case m.Type != portal.TypeTemplate || m.Category == "authentication":
		return 0
	case m.Category == "marketing":
		return 2
	}
	return 1
}

// Pace is how fast a channel may go on, as a whole or towards one person.
type Pace struct {
	ReadyAt   time.Time // when what was sent is paid for at the allowed rate; long ago when nothing was
	HeldUntil time.Time // what WhatsApp asked for; long ago when it asked for nothing
	Reason    int       // WhatsApp's code for that
	Strikes   int       // how often in a row
}

// Held reports whether WhatsApp wants nothing of the kind now.
func (p Pace) Held(now time.Time) bool { return p.HeldUntil.After(now) }

func (p *Pace) dest() []any { return []any{&p.ReadyAt, &p.HeldUntil, &p.Reason, &p.Strikes} }

// paceColumns are what Pace.dest receives, of a row that may be missing.
func paceColumns(table string) string {
	return strings.ReplaceAll("COALESCE({p}.ready_at, 0), COALESCE({p}.held_until, 0), COALESCE({p}.reason, 0), COALESCE({p}.strikes, 0)", "{p}", table)
}

// The ids of paces.
func pairPace(channelID, contactID string) string { return channelID + "/" + contactID }

func marketingPace(channelID string) string { return channelID + "/marketing" }

// ShortHold is how long a held channel is passed over by claims. What waits for
// longer is claimed and postponed, so that it still expires in time.
const ShortHold = 30 * time.Second

// What claims ask about a channel keys.k: its row h, its account a, its pace p.
const (
	paceJoin  = `LEFT JOIN channels h ON h.id = keys.k LEFT JOIN accounts a ON a.id = h.account_id LEFT JOIN paces p ON p.id = keys.k`
	paceReady = `p.id IS NULL OR p.ready_at <= ? AND (p.held_until <= ? OR p.held_until > ?)`
	paceMost  = `CASE WHEN ` + isLimited + ` THEN ` + throughput + ` / 20 + 1 ELSE CAST(NULL AS BIGINT) END`

	// isLimited: the limits of number, person and business hold for account a in channel h.
	isLimited  = `COALESCE(a.plan <> 'unlimited' OR h.environment <> 'test' OR a.test_limits, FALSE)`
	throughput = `COALESCE(h.throughput, 80)`
)

// reserve is how much below its rate a channel is kept, in percent, so that
// calls that catch up with each other do not pass it.
const reserve = 5

// bill is what one channel is charged for.
type bill struct {
	channel string
	tenant  portal.Tenant
	ready   time.Time
	paid    bool
}

// pay charges the channels for what is to be sent and was claimed. Another node
// that claimed of a channel at the same moment has its turn; ours is given back.
func (tx *Tx) pay(claimed []ClaimedMessage) (kept []ClaimedMessage, err error) {
	bills := map[string]*bill{}
	for _, c := range claimed {
		if c.rate == 0 || c.Lane == LaneWatched {
			continue
		}
		b := bills[c.ChannelID]
		if b == nil {
			b = &bill{channel: c.ChannelID, tenant: c.Tenant, ready: tx.now}
			bills[c.ChannelID] = b
		}
		b.ready = b.ready.Add(time.Second * (100 + reserve) / 100 / time.Duration(c.rate))
	}
	if err := tx.payBills(bills); err != nil || len(bills) == 0 {
		return claimed, err
	}
	for _, c := range claimed {
		b := bills[c.ChannelID]
		switch {
		case b == nil || c.Lane == LaneWatched:
		case b.paid:
			c.ReadyAt = b.ready
		default:
			if err := tx.ReleaseMessage(c); err != nil {
				return nil, err
			}
			continue
		}
		kept = append(kept, c)
	}
	return kept, nil
}

// payBills charges the channels in the order of their ids, so that nodes do not
// wait for each other crosswise.
func (tx *Tx) payBills(bills map[string]*bill) error {
	if len(bills) == 0 {
		return nil
	}
	var args []any
	for _, channel := range slices.Sorted(maps.Keys(bills)) {
		b := bills[channel]
		args = append(args, channel, b.tenant.AccountID, string(b.tenant.Environment), b.ready)
	}
	rows := "(?, ?, ?, ?, 0, 0, 0)" + strings.Repeat(", (?, ?, ?, ?, 0, 0, 0)", len(bills)-1)
	return tx.Rows(`
INSERT /* Pace.Pay */ INTO paces (id, account_id, environment, ready_at, held_until, reason, strikes)
VALUES `+rows+`
ON CONFLICT (id) DO UPDATE SET ready_at = excluded.ready_at
WHERE paces.ready_at <= ?
RETURNING id`, append(args, tx.now), func(scan func(dest ...any) error) error {
		var channel string
		err := scan(&channel)
		bills[channel].paid = true
		return err
	})
}

// PayPair charges a message to the channel's pace towards the contact.
func (tx *Tx) PayPair(t portal.Tenant, channelID, contactID string, every time.Duration) error {
	return tx.Post(`
INSERT /* Pace.PayPair */ INTO paces (id, account_id, environment, ready_at, held_until, reason, strikes)
VALUES (?, ?, ?, ?, 0, 0, 0)
ON CONFLICT (id) DO UPDATE
SET ready_at = CASE WHEN paces.ready_at > ? THEN paces.ready_at + CAST(? AS BIGINT) ELSE excluded.ready_at END`,
		pairPace(channelID, contactID), t.AccountID, string(t.Environment), tx.now.Add(every), tx.now, every.Microseconds())
}

// Hold is what WhatsApp wants to hear no more of for a while.
type Hold struct {
	ChannelID string
	ContactID string // only what goes to this person, or ""
	Marketing bool   // only marketing
	Reason    int    // WhatsApp's code
	Asked     time.Duration
	Wait      func(strikes int) time.Duration // when WhatsApp asked for less
	Forget    time.Duration                   // after the end of a hold, until the next is the first again
}

func (h Hold) id() string {
	switch {
	case h.ContactID != "":
		return pairPace(h.ChannelID, h.ContactID)
	case h.Marketing:
		return marketingPace(h.ChannelID)
	}
	return h.ChannelID
}

// Hold writes a hold and returns when it ends. Many calls under way may learn
// of the same limit: while it holds it is not written anew, only made longer.
func (tx *Tx) Hold(t portal.Tenant, h Hold) (until time.Time, err error) {
	id, strikes := h.id(), 0
	err = tx.Row(`
INSERT /* Pace.Strike */ INTO paces (id, account_id, environment, ready_at, held_until, reason, strikes)
VALUES (?, ?, ?, 0, 0, ?, 1)
ON CONFLICT (id) DO UPDATE
SET reason = excluded.reason, strikes = CASE WHEN paces.held_until > ? THEN paces.strikes + 1 ELSE 1 END
WHERE paces.held_until <= ?
RETURNING strikes`, []any{id, t.AccountID, string(t.Environment), h.Reason, tx.now.Add(-h.Forget), tx.now}, &strikes)
	wait := h.Asked
	switch {
	case err == nil:
		wait = max(wait, h.Wait(strikes))
	case portal.CodeOf(err) != portal.CodeNotFound:
		return until, err
	}
	err = tx.Row(`
UPDATE /* Pace.Hold */ paces
SET held_until = CASE WHEN held_until > ? THEN held_until ELSE CAST(? AS BIGINT) END
WHERE id = ? AND account_id = ? AND environment = ?
RETURNING held_until`, []any{tx.now.Add(wait), tx.now.Add(wait), id, t.AccountID, string(t.Environment)}, &until)
	return until, err
}

// PairPace returns the pace of the channel towards the contact.
func (r Reader) PairPace(t portal.Tenant, channelID, contactID string) (p Pace, err error) {
	return r.pace(t, pairPace(channelID, contactID))
}

// ChannelPace returns the pace of the channel as a whole, and of marketing through it.
func (r Reader) ChannelPace(t portal.Tenant, channelID string) (whole, marketing Pace, err error) {
	if whole, err = r.pace(t, channelID); err == nil {
		marketing, err = r.pace(t, marketingPace(channelID))
	}
	return whole, marketing, err
}

func (r Reader) pace(t portal.Tenant, id string) (p Pace, err error) {
	err = r.Row(`
SELECT /* Pace.ByID */ `+paceColumns("p")+`
FROM paces p
WHERE p.id = ? AND p.account_id = ? AND p.environment = ?`, []any{id, t.AccountID, string(t.Environment)}, p.dest()...)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return p, nil
	}
	return p, err
}

// PacePurges remove what no pace and no portfolio counts any more.
func (s *Store) PacePurges() []Purge {
	now := s.Now()
	dayAgo := now.Add(-24 * time.Hour)
	return []Purge{
		s.purgePaces(now, dayAgo),
		sweeping(s, "people of a portfolio", cluster{"portfolio_people", []string{"portfolio"}, "at"}, dayAgo.UnixMicro()),
	}
}

// purgePaces walks through all paces: nearly all are old, and an index would cost
// every message that is sent.
func (s *Store) purgePaces(ready, held time.Time) Purge {
	from, upTo := "", ""
	return removal[string]{"paces", func(r Reader, limit int) ([]string, error) {
		ids, err := oldKeys[string](r, `
SELECT /* Pace.Next */ id
FROM paces
WHERE id > ?
ORDER BY id
LIMIT ?`, upTo, limit)
		if len(ids) > 0 {
			from, upTo = upTo, ids[len(ids)-1]
		}
		return ids, err
	}, func(tx *Tx, ids []string) (int64, error) {
		return int64(len(ids)), tx.Post(`
DELETE /* Pace.Forget */ FROM paces
WHERE id > ? AND id <= ? AND ready_at < ? AND held_until < ?`, from, upTo, ready, held)
	}}.of(s)
}
