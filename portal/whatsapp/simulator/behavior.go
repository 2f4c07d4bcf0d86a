package simulator

import (
	"net/http"
	"time"

	"github.com/wppmarketing/developers/portal/phone"
)

// behavior is what happens to the messages to one number. The zero value is
// that of every number without one: taken at once, delivered, read.
type behavior struct {
	refusal  func(kind string, t tries) *fault // nil function or nil fault = taken
	delay    time.Duration                     // before the answer
	drop     bool                              // the answer is never given
	logsOut  bool                              // the sending number is logged out
	waID     string                            // how WhatsApp writes the number; "" = its digits
	statuses []step                            // nil = usual
	reply    string                            // what the person answers, once delivered; "" = nothing
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
	title    string
}

var (
	sent      = step{status: "sent"}
	delivered = step{status: "delivered", after: 400 * time.Millisecond}
	read      = step{status: "read", after: 1200 * time.Millisecond}
)

// usual is what happens to every other number.
var usual = []step{sent, delivered, read}

const (
	replyAfter = 1500 * time.Millisecond // of the acceptance
	slowAnswer = 5 * time.Second
	throttled  = 10 * time.Second // of every message to that number
	loggedOut  = 60 * time.Second
)

// behaviors are the magic numbers: the same in every account, always. Numbers
// that fail do so without having been sent, as Meta reports those failures.
var behaviors = map[string]behavior{
	"+5511900000001": {statuses: []step{sent, delivered}},
	"+5511900000002": {statuses: []step{sent, read}},
	"+5511900000003": {statuses: []step{failed(131000, "Something went wrong")}},
	"+5511900000004": {statuses: []step{failed(131026, "Message undeliverable")}},
	"+5511900000005": {refusal: pairLimit},
	"+5511900000006": {delay: slowAnswer},
	"+5511900000007": {drop: true},
	"+5511900000008": {statuses: twiceAndDisordered},
	"+5511900000009": {statuses: []step{sent}},
	"+5511900000010": {logsOut: true},
	"+5511900000011": {refusal: windowClosed},
	"+5511900000012": {waID: "551100000012"},
	"+5511900000013": {refusal: throughput},
	"+5511900000014": {reply: "PARAR"},
	"+5511900000015": {statuses: []step{failed(131049, "This message was not delivered to maintain healthy ecosystem engagement")}},
	"+5511900000016": {statuses: []step{failed(131050, "User has stopped marketing messages from your business")}},
	"+5511900000017": {reply: "Olá"},
}

// twiceAndDisordered brings each status twice, the last one first.
var twiceAndDisordered = []step{
	{status: "read", after: 400 * time.Millisecond, happened: 1200 * time.Millisecond},
	{status: "sent", after: 500 * time.Millisecond},
	{status: "read", after: 600 * time.Millisecond, happened: 1200 * time.Millisecond},
	{status: "delivered", after: 700 * time.Millisecond, happened: 400 * time.Millisecond},
	{status: "sent", after: 800 * time.Millisecond},
	{status: "delivered", after: 900 * time.Millisecond, happened: 400 * time.Millisecond},
}

func failed(code int, title string) step {
	return step{status: "failed", after: 400 * time.Millisecond, code: code, title: title}
}

// pairLimit refuses the first two calls for a message.
func pairLimit(_ string, t tries) *fault {
	if t.n >= 2 {
		return nil
	}
	return refused(131056, "(Business Account, Consumer Account) pair rate limit hit", "Too many messages to the same person. Wait and try again.")
}

// windowClosed lets only templates through.
func windowClosed(kind string, _ tries) *fault {
	if kind == "template" {
		return nil
	}
	return refused(131047, "Re-engagement message", "More than 24 hours have passed since the person last replied.")
}

// throughput refuses a message for a while.
func throughput(_ string, t tries) *fault {
	if t.n > 0 && t.since >= throttled {
		return nil
	}
	return &fault{
		status: http.StatusBadRequest, code: 130429, title: "Rate limit hit",
		details: "The throughput of the number has been reached.", transient: true,
	}
}

func behaviorOf(n phone.Number) behavior {
	b := behaviors[n.E164]
	if b.statuses == nil {
		b.statuses = usual
	}
	if b.waID == "" {
		b.waID = phone.Digits(n.E164)
	}
	return b
}
