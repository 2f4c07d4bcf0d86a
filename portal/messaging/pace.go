package messaging

import (
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// WhatsApp's limits. It lets 45 messages to one person go at once, borrowed
// from the time to come: one every six seconds in the long run.
const (
	pairEvery = 6 * time.Second
	pairBurst = 45
	// maxWaiting is how many messages may wait for one person.
	maxWaiting = 100
)

// How long WhatsApp's limits are kept away from, and when one that is met again
// counts as the first.
const (
	channelForget   = 5 * time.Second
	pairForget      = 10 * time.Minute
	marketingForget = 24 * time.Hour
	maxChannelHold  = 30 * time.Second
	maxMarketing    = 24 * time.Hour
)

// freeAt returns when nothing keeps the message back any more that WhatsApp
// asked for, or that its limits need; in the past when nothing does.
func freeAt(m portal.Message, s store.SendState, now time.Time) time.Time {
	free := later(s.Channel.HeldUntil, s.Pair.HeldUntil)
	if m.Category == "marketing" {
		free = later(free, s.Marketing.HeldUntil)
	}
	if s.Limited {
		free = later(free, pairFree(s.Pair, 0, now))
	}
	return later(free, now)
}

// pairFree returns when one more message may go to a person, behind those that wait.
func pairFree(p store.Pace, waiting int, now time.Time) time.Time {
	return later(p.ReadyAt, now).Add(time.Duration(waiting)*pairEvery - (pairBurst-1)*pairEvery)
}

// channelHold is how long a channel rests after a limit of the number, the app
// or the business: twice as long each time.
func channelHold(first time.Duration) func(strikes int) time.Duration {
	return func(strikes int) time.Duration { return min(first<<min(strikes-1, 10), max(maxChannelHold, first)) }
}

// pairHold is WhatsApp's own advice: four to the power of the refusals before.
func pairHold(strikes int) time.Duration { return time.Second << (2 * min(strikes-1, 5)) }

// marketingHold is how long marketing rests after too many people complained.
func marketingHold(first time.Duration) func(strikes int) time.Duration {
	return func(strikes int) time.Duration { return min(first<<min(strikes-1, 10), maxMarketing) }
}

// writeFirst counts the person when the message begins a conversation, which
// only a template can. full is when there is room again for one more, nil when
// there is now.
func writeFirst(tx *store.Tx, m portal.Message, s store.SendState, c portal.Channel, reachable bool) (full *time.Time, err error) {
	limit := peopleLimit(c)
	if !s.Limited || limit == 0 || reachable {
		return nil, nil
	}
	if known, err := tx.PersonCounted(c.WABA, m.ContactID, tx.Now().Add(-portal.PeopleDay)); err != nil || known {
		return nil, err
	}
	p, err := countPortfolio(tx.Reader, c, tx.Now())
	if err != nil {
		return nil, err
	}
	if p.Used >= limit && p.ResetsAt != nil {
		return p.ResetsAt, nil
	}
	return nil, tx.CountPerson(c.WABA, m.ContactID)
}

// Portfolio is the use of WhatsApp's limit of people that a business writes to first.
type Portfolio struct {
	Limit    int // 0 = none, or nobody knows
	Used     int
	ResetsAt *time.Time // when there is room for one more; nil without any
}

// Left returns how many more people may be written to first; nil means no limit.
func (p Portfolio) Left() *int { return Day(p).Left() }

func countPortfolio(r store.Reader, c portal.Channel, now time.Time) (p Portfolio, err error) {
	if p.Limit = peopleLimit(c); p.Limit == 0 {
		return p, nil
	}
	used, oldest, err := r.PeopleCounted(c.WABA, now.Add(-portal.PeopleDay))
	p.Used = used
	if oldest != nil {
		room := oldest.Add(portal.PeopleDay)
		p.ResetsAt = &room
	}
	return p, err
}

// peopleLimit returns how many people the channel's business may write to first
// in a day; 0 = as many as it likes, or nobody knows.
func peopleLimit(c portal.Channel) int {
	if c.PeopleLimit == nil {
		return 0
	}
	return *c.PeopleLimit
}
