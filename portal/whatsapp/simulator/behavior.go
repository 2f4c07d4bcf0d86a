package simulator

import "time"

// behavior is what happens after a message to a number was accepted.
type behavior struct {
	number   string // E.164
	statuses []step
}

// step is one status: when it happens after acceptance, and why it failed.
type step struct {
	status string
	after  time.Duration
	code   int
	title  string
}

var (
	sent      = step{status: "sent"}
	delivered = step{status: "delivered", after: 400 * time.Millisecond}
	read      = step{status: "read", after: 1200 * time.Millisecond}
)

// behaviors are the magic numbers: the same in every account, always. Two
// numbers fail without having been sent, as Meta reports those failures.
var behaviors = []behavior{
	{"+5511900000001", []step{sent, delivered}},
	{"+5511900000002", []step{sent, read}},
	{"+5511900000003", []step{{"failed", 400 * time.Millisecond, 131000, "Something went wrong"}}},
	{"+5511900000004", []step{{"failed", 400 * time.Millisecond, 131026, "Message undeliverable"}}},
	{"+5511900000009", []step{sent}},
}

// usual is what happens to every other number.
var usual = []step{sent, delivered, read}

func statusesOf(e164 string) []step {
	for _, b := range behaviors {
		if b.number == e164 {
			return b.statuses
		}
	}
	return usual
}
