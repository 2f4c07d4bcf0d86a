package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wppmarketing/developers/portal"
)

// ClaimedMessage names a due message that belongs to the caller until its lease ends.
type ClaimedMessage struct {
	ID        string
	Tenant    portal.Tenant
	ContactID string
	ChannelID string
	Lane      int
	Claims    int       // with this one, since it last had an outcome
	ReadyAt   time.Time // when its channel may go on after what was claimed; zero = at once
	rate      int       // of the channel, messages a second; 0 = no limit
}

// Suspect reports whether it was claimed before, again and again, without an
// outcome: it may be what ends the process, and is worked on alone.
func (c ClaimedMessage) Suspect() bool { return c.Claims > suspectAfter }

// ClaimOptions say which due messages to take.
type ClaimOptions struct {
	Limit      int
	PerChannel int      // at most so many of each channel
	Skip       []string // channels that get nothing now
	Suspects   bool     // also one that was claimed before without an outcome
	Lease      time.Duration
}

// ClaimMessages takes due messages: accounts and channels take turns, of each
// channel the first lane with due messages comes first, and in it the oldest
// due. A channel whose number is isLimited gets what its rate allows, on all nodes
// together. The claimed come in the order in which a person gets them: by lane,
// then by id. Due is what is to be sent, and what waits for news that did not
// come in time.
func (tx *Tx) ClaimMessages(o ClaimOptions) (claimed []ClaimedMessage, err error) {
	ids, err := tx.ClaimDue(Claim{
		Table: "messages", Index: "t.lane < 3", PerKey: "channel_id", Lane: "lane", Lanes: LaneWatched, Owner: "account_id",
		Most: o.PerChannel, Skip: o.Skip, Limit: o.Limit, Lease: o.Lease, Counted: true,
		KeyFrom: paceJoin, KeyWhere: paceReady, KeyArgs: []any{tx.now, tx.now, tx.now.Add(ShortHold)}, KeyMost: paceMost,
	})
	if err != nil {
		return nil, err
	}
	watched, err := tx.ClaimDue(Claim{
		Table: "messages", Index: "t.lane = 3", Order: "t.due_at, t.id", Limit: o.Limit, Lease: o.Lease, Counted: true,
	})
	if err != nil {
		return nil, err
	}
	ids = append(ids, watched...)
	if o.Suspects && o.Limit > 0 {
		suspects, err := tx.claimSuspect(Claim{Table: "messages", Lease: o.Lease})
		if err != nil {
			return nil, err
		}
		ids = append(ids, suspects...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if claimed, err = tx.claimed(ids); err != nil {
		return nil, err
	}
	return tx.pay(claimed)
}

func (tx *Tx) claimed(ids []string) (claimed []ClaimedMessage, err error) {
	err = tx.Rows(`
SELECT /* Message.Claimed */ m.id, m.account_id, m.environment, m.contact_id, m.channel_id, m.lane, m.claims,
  CASE WHEN `+isLimited+` THEN `+throughput+` ELSE 0 END
FROM messages m
LEFT JOIN channels h ON h.id = m.channel_id
LEFT JOIN accounts a ON a.id = m.account_id
WHERE m.id IN `+listOf(len(ids))+`
ORDER BY m.lane, m.id`, textArgs(ids), func(scan func(dest ...any) error) error {
		var c ClaimedMessage
		err := scan(&c.ID, &c.Tenant.AccountID, (*string)(&c.Tenant.Environment), &c.ContactID, &c.ChannelID, &c.Lane, &c.Claims, &c.rate)
		claimed = append(claimed, c)
		return err
	})
	return claimed, err
}

// ReleaseMessage gives one claim back as if it had not been made; what is due
// is due again at once.
func (tx *Tx) ReleaseMessage(c ClaimedMessage) error {
	_, err := tx.Exec(`
UPDATE /* Message.Release */ messages
SET lease_until = NULL, claims = claims - 1
WHERE id = ? AND account_id = ? AND environment = ? AND claims = ?`,
		c.ID, c.Tenant.AccountID, string(c.Tenant.Environment), c.Claims)
	return err
}

// LockClaimed is LockMessage for a message that is still the caller's: not_found
// when somebody claimed it again since, or wrote its outcome.
func (tx *Tx) LockClaimed(c ClaimedMessage) (portal.Message, error) {
	var w messageRow
	err := tx.lock(`
SELECT /* Message.LockClaimed */ `+messageColumns+`
FROM messages
WHERE id = ? AND account_id = ? AND environment = ? AND claims = ?`, []any{c.ID, c.Tenant.AccountID, string(c.Tenant.Environment), c.Claims}, w.dest()...)
	if err != nil {
		return portal.Message{}, err
	}
	return w.message()
}

// MarkDead notes that the program gave a message up because it cannot handle it.
func (tx *Tx) MarkDead(t portal.Tenant, id string) error {
	_, err := tx.Exec(`
UPDATE /* Message.MarkDead */ messages
SET dead_at = ?
WHERE id = ? AND account_id = ? AND environment = ?`, tx.now, id, t.AccountID, string(t.Environment))
	return err
}

// EndUnread ends a message that cannot even be read, and marks it dead: it is
// failed, or unknown when a call may have been made. Receivers of webhooks are
// not told: what cannot be read cannot be shown.
func (tx *Tx) EndUnread(t portal.Tenant, id string) error {
	_, err := tx.Exec(`
UPDATE /* Message.EndUnread */ messages
SET status = CASE WHEN EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = messages.id AND a.outcome = '')
    THEN 'unknown' ELSE 'failed' END,
  error_code = 'internal', provider_error = NULL, updated_at = ?, due_at = NULL,
  lease_until = NULL, claims = 0, dead_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND due_at IS NOT NULL`,
		tx.now, tx.now, id, t.AccountID, string(t.Environment))
	return err
}

// ReturnToPresent makes due what a clock postponed that was ahead and has been
// set back since: queued messages that were last written in the future, and
// callbacks owed later than any is ever postponed.
func (tx *Tx) ReturnToPresent() error {
	if _, err := tx.Exec(`
UPDATE /* Message.ReturnToPresent */ messages
SET due_at = ?, updated_at = ?
WHERE status = 'queued' AND due_at > ? AND updated_at > ?`,
		tx.now, tx.now, tx.now, tx.now.Add(time.Minute)); err != nil {
		return err
	}
	_, err := tx.Exec(`
UPDATE /* SimulatorCallback.ReturnToPresent */ simulator_callbacks
SET due_at = ?
WHERE due_at > ?`, tx.now, tx.now.Add(2*maxCallbackDelay))
	return err
}

// ReleaseLeases gives up every lease on messages and owed callbacks. Only a
// process that knows itself to be the only worker may call it, at its start.
func (tx *Tx) ReleaseLeases() error {
	if _, err := tx.Exec(`
UPDATE /* Message.ReleaseLeases */ messages
SET lease_until = NULL
WHERE due_at IS NOT NULL AND lease_until IS NOT NULL`); err != nil {
		return err
	}
	_, err := tx.Exec(`
UPDATE /* SimulatorCallback.ReleaseLeases */ simulator_callbacks
SET lease_until = NULL
WHERE lease_until IS NOT NULL`)
	return err
}

// SendState is what decides, right before sending, whether and how a message goes out.
type SendState struct {
	OptIn         portal.Consent // of the contact; zero when it is gone
	LastInboundAt *time.Time     // to any channel
	Window        portal.Window  // towards the message's channel
	Testers       []string
	OptInRequired bool
	ReplyTo       string     // WhatsApp's id of the message it answers
	Behind        *time.Time // when the first queued message to the same contact is due, nil if it is this one
	Erased        bool       // the contact is gone
	UnderWay      bool       // an attempt was begun and its outcome never written
	Limited       bool       // WhatsApp's limits of number, person and business hold
	Channel       Pace       // of the message's channel
	Marketing     Pace       // of marketing through it
	Pair          Pace       // of the channel towards the contact
}

// SendState reads the state around one outbound message.
func (r Reader) SendState(t portal.Tenant, id string) (s SendState, err error) {
	var testers string
	err = r.Row(`
SELECT /* Message.SendState */ COALESCE(c.opt_status, ''), COALESCE(c.opt_marketing, ''), COALESCE(c.opt_source, ''),
  c.opt_at, c.last_inbound_at, m.channel_id, w.last_inbound_at, a.testers, a.opt_in_required,
  COALESCE(q.provider_message_id, ''),
  (SELECT e.due_at FROM messages e
    WHERE substr(e.contact_id, 5, 14) = substr(m.contact_id, 5, 14) AND e.contact_id || '' = m.contact_id
      AND e.account_id || '' = m.account_id AND e.environment || '' = m.environment
      AND e.status = 'queued' AND e.lane = m.lane AND e.id < m.id
    ORDER BY e.id
    LIMIT 1),
  c.id IS NULL, EXISTS (SELECT 1 FROM attempts t WHERE t.message_id = m.id AND t.outcome = ''),
  `+isLimited+`, `+paceColumns("hp")+`, `+paceColumns("mp")+`, `+paceColumns("pp")+`
FROM messages m
JOIN accounts a ON a.id = m.account_id
LEFT JOIN channels h ON h.id = m.channel_id
LEFT JOIN paces hp ON hp.id = m.channel_id
LEFT JOIN paces mp ON mp.id = m.channel_id || '/marketing'
LEFT JOIN paces pp ON pp.id = m.channel_id || '/' || m.contact_id
LEFT JOIN contacts c ON c.id = m.contact_id
LEFT JOIN windows w ON w.contact_id = m.contact_id AND w.channel_id = m.channel_id
LEFT JOIN messages q ON q.id = m.context_message_id AND q.account_id = m.account_id AND q.environment = m.environment
WHERE m.id = ? AND m.account_id = ? AND m.environment = ?`,
		[]any{id, t.AccountID, string(t.Environment)},
		slices.Concat([]any{
			&s.OptIn.Status, &s.OptIn.Marketing, &s.OptIn.Source, &s.OptIn.At, &s.LastInboundAt, &s.Window.ChannelID,
			&s.Window.LastInboundAt, &testers, &s.OptInRequired, &s.ReplyTo, &s.Behind, &s.Erased, &s.UnderWay, &s.Limited,
		}, s.Channel.dest(), s.Marketing.dest(), s.Pair.dest())...)
	if err != nil {
		return s, err
	}
	s.Testers, err = textsOf(testers)
	return s, err
}

// ContactSent notes that WhatsApp took a message to the contact and, unless
// waID is "", by which id it knows the person. A contact erased meanwhile stays erased.
func (tx *Tx) ContactSent(t portal.Tenant, contactID, waID string) error {
	_, err := tx.Exec(`
UPDATE /* Contact.Sent */ contacts
SET last_outbound_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND (last_outbound_at IS NULL OR last_outbound_at < ?)`,
		tx.now, contactID, t.AccountID, string(t.Environment), tx.now)
	if err != nil || waID == "" {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Contact.LearnWAID */ contacts
SET wa_id = ?, updated_at = ?
WHERE id = ? AND account_id = ? AND environment = ? AND wa_id <> ?`,
		waID, tx.now, contactID, t.AccountID, string(t.Environment), waID)
	return err
}

// InsertAttempt writes an attempt that is about to be made.
func (tx *Tx) InsertAttempt(a portal.Attempt) error {
	_, err := tx.Exec(`
INSERT /* Attempt.Insert */ INTO attempts (message_id, number, at, outcome, duration, http_status, trace_id, error_code)
VALUES (?, ?, ?, '', 0, 0, '', '')`, a.MessageID, a.Number, a.At)
	return err
}

// FinishAttempt writes what became of an attempt. One that is finished stays
// as it is, unless only a callback said so: it knew nothing of the answer.
func (tx *Tx) FinishAttempt(a portal.Attempt) error {
	code, provider, err := writeFailure(a.Failure)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`
UPDATE /* Attempt.Finish */ attempts
SET outcome = ?, duration = ?, http_status = ?, trace_id = ?, error_code = ?, provider_error = ?, next_attempt_at = ?
WHERE message_id = ? AND number = ? AND (outcome = '' OR outcome = 'accepted' AND http_status = 0)`,
		a.Outcome, a.Duration.Microseconds(), a.HTTPStatus, a.TraceID, code, provider, a.NextAttemptAt, a.MessageID, a.Number)
	return err
}

// InsertNews writes what WhatsApp reported; fresh is false when it had reported the same before.
func (tx *Tx) InsertNews(n portal.StatusNews) (fresh bool, err error) {
	rows, err := tx.Exec(`
INSERT /* StatusNews.Insert */ INTO status_news (message_id, status, at, received_at, applied, sequence)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (message_id, status, at) DO NOTHING`,
		n.MessageID, string(n.Status), n.At, n.ReceivedAt, n.Applied, n.Sequence)
	return rows > 0, err
}

// MessageHistory returns what happened to a message, each part oldest first.
func (r Reader) MessageHistory(t portal.Tenant, id string) (h portal.History, err error) {
	var checks string
	err = r.Row(`
SELECT /* Message.Checks */ checks
FROM messages
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, &checks)
	if err != nil {
		return h, err
	}
	if h.Checks, err = readChecks(checks); err != nil {
		return h, err
	}
	if h.Attempts, err = r.attempts(id); err != nil {
		return h, err
	}
	if h.News, err = r.news(id); err != nil {
		return h, err
	}
	h.Replays, err = r.replays(id)
	return h, err
}

func (r Reader) attempts(messageID string) (list []portal.Attempt, err error) {
	err = r.Rows(`
SELECT /* Attempt.OfMessage */ number, at, outcome, duration, http_status, trace_id, error_code, provider_error, next_attempt_at
FROM attempts
WHERE message_id = ?
ORDER BY number`, []any{messageID}, func(scan func(dest ...any) error) error {
		a := portal.Attempt{MessageID: messageID}
		var micros int64
		var code string
		var provider *string
		err := scan(&a.Number, &a.At, &a.Outcome, &micros, &a.HTTPStatus, &a.TraceID, &code, &provider, &a.NextAttemptAt)
		if err != nil {
			return err
		}
		a.Duration = time.Duration(micros) * time.Microsecond
		a.Failure, err = readFailure(code, provider)
		list = append(list, a)
		return err
	})
	return list, err
}

func (r Reader) news(messageID string) (list []portal.StatusNews, err error) {
	err = r.Rows(`
SELECT /* StatusNews.OfMessage */ status, at, received_at, applied, sequence
FROM status_news
WHERE message_id = ?
ORDER BY received_at, at, sequence`, []any{messageID}, func(scan func(dest ...any) error) error {
		n := portal.StatusNews{MessageID: messageID}
		err := scan((*string)(&n.Status), &n.At, &n.ReceivedAt, &n.Applied, &n.Sequence)
		list = append(list, n)
		return err
	})
	return list, err
}

func (r Reader) replays(messageID string) (list []portal.Replay, err error) {
	err = r.Rows(`
SELECT /* Replay.OfMessage */ request_id, token_id, at
FROM replays
WHERE message_id = ?
ORDER BY at, request_id`, []any{messageID}, func(scan func(dest ...any) error) error {
		var p portal.Replay
		err := scan(&p.RequestID, &p.TokenID, &p.At)
		list = append(list, p)
		return err
	})
	return list, err
}

// keptCheck is a check without its words, which the use case knows by heart.
type keptCheck struct {
	Check   string      `json:"check"`
	Result  string      `json:"result"`
	Code    portal.Code `json:"code,omitempty"`
	Pointer string      `json:"pointer,omitempty"`
}

// writeChecks is called for every accepted message; it writes what readChecks reads.
func writeChecks(checks []portal.Check) (text string, err error) {
	var room [512]byte
	out := append(room[:0], '[')
	for i, c := range checks {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		for j, member := range []struct{ name, value string }{
			{`"check":`, c.Check}, {`,"result":`, c.Result}, {`,"code":`, string(c.Code)}, {`,"pointer":`, c.Pointer},
		} {
			if j > 1 && member.value == "" {
				continue
			}
			if out, err = jsontext.AppendQuote(append(out, member.name...), member.value); err != nil {
				return "", err
			}
		}
		out = append(out, '}')
	}
	return string(append(out, ']')), nil
}

func readChecks(text string) (checks []portal.Check, err error) {
	var kept []keptCheck
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, fmt.Errorf("checks: %w", err)
	}
	for _, k := range kept {
		checks = append(checks, portal.Check{Check: k.Check, Result: k.Result, Code: k.Code, Pointer: k.Pointer})
	}
	return checks, nil
}
