package simulator

import "time"

// Rule injects an error, or a slow or missing answer, into some of the messages
// of a phone. The first rule that matches and fires decides.
type Rule struct {
	ID      string  `json:"id"`
	Target  Target  `json:"target"`
	Trigger Trigger `json:"trigger"`
	Effect  Effect  `json:"effect"`
}

// Target says which messages a rule is about; zero means all.
type Target struct {
	Person string `json:"person,omitempty"` // E.164, or the id of a person whose number is hidden
	Type   string `json:"type,omitempty"`   // text, template, …
}

// Trigger says which of the messages it hits; zero means each. It counts within
// one process.
type Trigger struct {
	Next  int `json:"next,omitempty"`  // only the first so many
	Every int `json:"every,omitempty"` // every so-manieth
}

// Effect is what happens to a message instead. A Code alone is answered as Meta
// does; the others go before, after or in place of it.
type Effect struct {
	Code       int     `json:"code,omitempty"`        // of Meta's errors
	ByStatus   bool    `json:"by_status,omitempty"`   // the message is taken, and fails later with Code
	HTTPStatus int     `json:"http_status,omitempty"` // of the answer; without a Code it has no error object
	RetryAfter Seconds `json:"retry_after,omitempty"` // the header of that name
	Wait       Seconds `json:"wait,omitempty"`        // before the answer
	Drop       string  `json:"drop,omitempty"`        // DropBefore or DropAfter: no answer at all
}

// When the connection is dropped.
const (
	DropBefore = "before" // the message is not taken
	DropAfter  = "after"  // the message is taken, and nobody is told
)

const maxWait = 5 * time.Minute

// problem points to what makes no sense in a rule, "" when all does.
func (r Rule) problem() string {
	e := r.Effect
	_, known := presets[e.Code]
	switch {
	case r.Trigger.Next < 0 || r.Trigger.Every < 0 || r.Trigger.Next > 0 && r.Trigger.Every > 0:
		return "/trigger"
	case r.Target.Type != "" && kinds[r.Target.Type] == nil:
		return "/target/type"
	case e.Code != 0 && !known:
		return "/effect/code"
	case e.ByStatus && e.Code == 0:
		return "/effect/by_status"
	case e.HTTPStatus != 0 && (e.HTTPStatus < 300 || e.HTTPStatus > 599):
		return "/effect/http_status"
	case time.Duration(e.Wait) > maxWait:
		return "/effect/wait"
	case e.Drop != "" && e.Drop != DropBefore && e.Drop != DropAfter:
		return "/effect/drop"
	case e == Effect{}:
		return "/effect"
	}
	return ""
}

// about reports whether a rule is about a message.
func (r Rule) about(m message) bool {
	return (r.Target.Type == "" || r.Target.Type == m.kind) && (r.Target.Person == "" || r.Target.Person == m.person)
}

// fault is the answer of an effect, nil when the message is to be taken.
func (e Effect) fault() *fault {
	if e.ByStatus || e.Code == 0 && e.HTTPStatus == 0 {
		return nil
	}
	f := &fault{status: e.HTTPStatus, bare: true, retryAfter: time.Duration(e.RetryAfter)}
	if e.Code != 0 {
		f = preset(e.Code)
		f.retryAfter = time.Duration(e.RetryAfter)
		if e.HTTPStatus != 0 {
			f.status = e.HTTPStatus
		}
	}
	return f
}
