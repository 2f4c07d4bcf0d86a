package simulator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal/phone"
)

// behavior is what happens to one message. That of most numbers is: taken at
// once, delivered, read.
type behavior struct {
	refusal func(kind string, t tries) *fault // nil function or nil fault = taken
	fault   *fault                            // the answer, when it is not taken
	delay   time.Duration                     // before the answer
	hangUp  bool                              // the connection is dropped before anything is taken
	drop    bool                              // it is taken and the answer never given
	logsOut bool                              // the sending number is logged out
	waID    string                            // how WhatsApp writes the number
	userID  string
	twice   bool   // every callback comes twice
	ladder  []step // nil = usual
	reply   string // what the person answers, once delivered; "" = nothing
	magic   bool
}

// tries is what came before a call for the same message.
type tries struct {
	n     int           // calls
	since time.Duration // the first of them
}

// step is one status: when its callback comes, and why it failed. WhatsApp's
// time inside it is that of happened, when it is not the same.
type step struct {
	status   string
	after    time.Duration // since the acceptance
	happened time.Duration
	code     int
}

var (
	sent      = step{status: "sent"}
	delivered = step{status: "delivered", after: 200 * time.Millisecond}
	read      = step{status: "read", after: 1200 * time.Millisecond}
)

// usual is what happens to every other number.
var usual = []step{sent, delivered, read}

const (
	replyAfter = 1500 * time.Millisecond // of the acceptance
	slowAnswer = 5 * time.Second
	throttled  = 10 * time.Second // of every message to that number
	loggedOut  = 60 * time.Second
	again      = 200 * time.Millisecond // between a callback and its repetition
)

// behaviors are the magic numbers: the same in every account, always. Numbers
// that fail do so without having been sent, as Meta reports those failures.
var behaviors = map[string]behavior{
	"+5511900000001": {ladder: []step{sent, delivered}},
	"+5511900000002": {ladder: []step{sent, read}},
	"+5511900000003": {ladder: []step{failed(131000)}},
	"+5511900000004": {ladder: []step{failed(131026)}},
	"+5511900000005": {refusal: pairLimit},
	"+5511900000006": {delay: slowAnswer},
	"+5511900000007": {drop: true},
	"+5511900000008": {ladder: twiceAndDisordered},
	"+5511900000009": {ladder: []step{sent}},
	"+5511900000010": {logsOut: true},
	"+5511900000011": {refusal: windowClosed},
	"+5511900000012": {waID: "551100000012"},
	"+5511900000013": {refusal: throughput},
	"+5511900000014": {reply: "PARAR"},
	"+5511900000015": {ladder: []step{failed(131049)}},
	"+5511900000016": {ladder: []step{failed(131050)}},
	"+5511900000017": {reply: "Olá"},
}

// Magic reports whether a number, E.164, always behaves the same.
func Magic(e164 string) bool { _, magic := behaviors[e164]; return magic }

// twiceAndDisordered brings each status twice, the last one first.
var twiceAndDisordered = []step{
	{status: "read", after: 400 * time.Millisecond, happened: 1200 * time.Millisecond},
	{status: "sent", after: 500 * time.Millisecond},
	{status: "read", after: 600 * time.Millisecond, happened: 1200 * time.Millisecond},
	{status: "delivered", after: 700 * time.Millisecond, happened: 200 * time.Millisecond},
	{status: "sent", after: 800 * time.Millisecond},
	{status: "delivered", after: 900 * time.Millisecond, happened: 200 * time.Millisecond},
}

func failed(code int) step {
	return step{status: "failed", after: 400 * time.Millisecond, code: code}
}

// pairLimit refuses the first two calls for a message.
func pairLimit(_ string, t tries) *fault {
	if t.n >= 2 {
		return nil
	}
	return explained(131056, "Too many messages to the same person. Wait and try again.")
}

// windowClosed lets only templates through.
func windowClosed(kind string, _ tries) *fault {
	if kind == "template" {
		return nil
	}
	return explained(131047, "More than 24 hours have passed since the person last replied.")
}

// throughput refuses a message for a while.
func throughput(_ string, t tries) *fault {
	if t.n > 0 && t.since >= throttled {
		return nil
	}
	return explained(130429, "The throughput of the number has been reached.")
}

// behave decides what happens to a message: what its number always does, else
// what is known of the person, the rules and the switches of the phone.
func (s *Simulator) behave(ctx context.Context, ph Phone, m message) (behavior, error) {
	b, magic := behaviors[m.person]
	b.magic = magic
	if b.waID == "" {
		b.waID = phone.Digits(m.to.E164)
	}
	if b.ladder == nil {
		b.ladder = usual
	}
	if magic {
		return b, nil
	}
	c := ph.Settings.Chaos
	var person Person
	if ph.Settings.People || m.kind != "template" && !c.WindowIgnored || ph.Settings.Limits.Portfolio > 0 {
		var err error
		if person, err = s.journal.Person(ctx, ph, m.person); err != nil {
			return b, fmt.Errorf("person: %w", err)
		}
	}
	b.know(person, m)
	b.suffer(c)
	if e, ok := s.memory.rule(ph, m); ok {
		b.obey(e)
	}
	if b.fault == nil && !b.hangUp {
		b.fault = s.count(ph, m, person)
	}
	if b.fault == nil && m.kind != "template" && (c.WindowClosed || !c.WindowIgnored && !person.open(s.now())) {
		b.fault = windowClosed(m.kind, tries{})
	}
	b.ladder = reorder(b.ladder, c)
	return b, nil
}

// window is how long a person's message keeps it open.
const window = 24 * time.Hour

func (p Person) open(now time.Time) bool { return p.Tester || p.WroteAt.After(now.Add(-window)) }

// waID is how WhatsApp writes the person's number.
func (p Person) waID(e164 string) string { return cmp.Or(p.WAID, phone.Digits(e164)) }

// know follows from the person.
func (b *behavior) know(p Person, m message) {
	if p.WAID != "" {
		b.waID = p.WAID
	}
	b.userID = p.UserID
	switch {
	case p.Absent:
		b.ladder = []step{failed(131026)}
	case p.Stopped && m.pricing.Category == "marketing":
		b.ladder = []step{failed(131050)}
	case p.Unread:
		b.ladder = []step{sent, delivered}
	}
}

// suffer follows from the switches.
func (b *behavior) suffer(c Chaos) {
	switch {
	case c.NotFound:
		b.ladder = []step{failed(131026)}
	case c.NeverDelivered:
		b.ladder = []step{sent}
	case c.Unread:
		b.ladder = slices.DeleteFunc(slices.Clone(b.ladder), func(st step) bool { return st.status == "read" })
	}
	if c.Slow {
		b.delay = slowAnswer
	}
	b.drop = c.Drop
	b.twice = c.Duplicates
}

// obey follows from a rule.
func (b *behavior) obey(e Effect) {
	if e.Wait > 0 {
		b.delay = time.Duration(e.Wait)
	}
	b.hangUp = b.hangUp || e.Drop == DropBefore
	b.drop = b.drop || e.Drop == DropAfter
	b.fault = e.fault()
	if e.ByStatus {
		b.ladder = []step{failed(e.Code)}
	}
}

// reorder applies disorder, duplicates and delay to a ladder. Each status
// keeps the time at which it happened.
func reorder(ladder []step, c Chaos) []step {
	if !c.Disorder && !c.Duplicates && c.Delay == 0 {
		return ladder
	}
	n := len(ladder)
	changed := make([]step, 0, 2*n)
	for i, st := range ladder {
		if st.happened == 0 {
			st.happened = st.after
		}
		if c.Disorder {
			st.after = ladder[n-1-i].after
		}
		st.after += time.Duration(c.Delay)
		changed = append(changed, st)
		if c.Duplicates {
			st.after += again
			changed = append(changed, st)
		}
	}
	return changed
}
