package store

import (
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// SendQuery names what a message that is to be sent is about.
type SendQuery struct {
	Phones             []string // of the person (phone.Number.Candidates); nil = nobody
	Template, Language string   // "" = none
}

// SendFacts is what decides whether a message may be sent, as far as the tenant
// knows it. Its parts hold what is said beside them and nothing else.
type SendFacts struct {
	MessagesPerDay int              // 0 = what the plan says
	Channel        portal.Channel   // the default one: ID, WABA, Phone, Status, PeopleLimit; zero when there is none
	Contact        portal.Contact   // ID, AccountID, Environment, ExternalID, Phone, WAID, OptIn, LastInboundAt; zero when not known
	Window         portal.Window    // of the contact towards the channel
	ConversationID string           // with the contact, or ""
	Limited        bool             // WhatsApp's limits of number, person and business hold
	Waiting        int              // messages queued for the contact; not counted when no limit holds
	Template       *portal.Template // Name, Language, Category, Status, ParameterFormat, Parameters; nil when there is none
}

// SendFacts reads all of that at once: every accepted message asks for it, and
// on PostgreSQL each question is a journey.
func (r Reader) SendFacts(t portal.Tenant, q SendQuery) (f SendFacts, err error) {
	defer portal.Wrap(&err, "SendFacts")
	if len(q.Phones) == 0 {
		q.Phones = []string{""} // nobody's
	}
	args := []any{portal.ModuleMessages, string(t.Environment)}
	for _, phone := range q.Phones {
		args = append(args, t.AccountID, string(t.Environment), phone)
	}
	args = append(args, string(t.Environment), q.Template, q.Language, t.AccountID)
	c, p := &f.Contact, portal.Template{Name: q.Template, Language: q.Language}
	var parameters *string
	err = r.Row(`
SELECT /* Message.SendFacts */ COALESCE(m.messages_per_day, 0),
  COALESCE(h.id, ''), COALESCE(h.waba, ''), COALESCE(h.phone, ''), COALESCE(h.status, ''), h.people_limit,
  COALESCE(c.id, ''), COALESCE(c.external_id, ''), COALESCE(c.phone, ''), COALESCE(c.wa_id, ''),
  COALESCE(c.opt_status, ''), COALESCE(c.opt_marketing, ''), COALESCE(c.opt_source, ''), c.opt_at, COALESCE(c.opt_evidence, ''),
  c.last_inbound_at, w.last_inbound_at, COALESCE(v.id, ''),
  `+isLimited+`, CASE WHEN `+isLimited+` THEN (SELECT COUNT(*) FROM messages q
    WHERE substr(q.contact_id, 5, 14) = substr(c.id, 5, 14) AND q.status = 'queued' AND q.contact_id || '' = c.id
      AND q.account_id || '' = c.account_id AND q.environment || '' = c.environment) ELSE 0 END,
  COALESCE(p.category, ''), COALESCE(p.status, ''), COALESCE(p.parameter_format, ''), p.parameters
FROM accounts a
LEFT JOIN account_modules m ON m.account_id = a.id AND m.name = ?
LEFT JOIN channels h ON h.account_id = a.id AND h.environment = ? AND h.is_default
LEFT JOIN contacts c ON c.id = (SELECT MIN(f.id) FROM (`+contactsOfPhones(len(q.Phones))+`) f)
LEFT JOIN windows w ON w.contact_id = c.id AND w.channel_id = h.id
LEFT JOIN conversations v ON v.contact_id = c.id
LEFT JOIN templates p ON p.account_id = a.id AND p.environment = ? AND p.name = ? AND p.language = ?
WHERE a.id = ?
ORDER BY h.id
LIMIT 1`, args,
		&f.MessagesPerDay, &f.Channel.ID, &f.Channel.WABA, &f.Channel.Phone, &f.Channel.Status, &f.Channel.PeopleLimit,
		&c.ID, &c.ExternalID, &c.Phone, &c.WAID,
		&c.OptIn.Status, &c.OptIn.Marketing, &c.OptIn.Source, &c.OptIn.At, &c.OptIn.Evidence,
		&c.LastInboundAt, &f.Window.LastInboundAt, &f.ConversationID, &f.Limited, &f.Waiting,
		&p.Category, &p.Status, &p.ParameterFormat, &parameters)
	if err != nil {
		return f, err
	}
	f.Window.ChannelID = f.Channel.ID
	if c.ID != "" {
		c.AccountID, c.Environment = t.AccountID, t.Environment
	}
	if parameters == nil {
		return f, nil
	}
	f.Template = &p
	return f, readParameters(*parameters, &p)
}

// contactsOfPhones finds the ids of the contacts with one of n numbers. For a
// list in IN, SQLite would make a table each time.
func contactsOfPhones(n int) string {
	const one = "SELECT k.id FROM contacts k WHERE k.account_id = ? AND k.environment = ? AND k.phone = ?"
	return one + strings.Repeat(" UNION ALL "+one, n-1)
}

// WaitingFor counts the messages queued for a contact.
func (r Reader) WaitingFor(t portal.Tenant, contactID string) (n int, err error) {
	err = r.Row(`
SELECT /* Message.WaitingFor */ COUNT(*)
FROM messages
WHERE substr(contact_id, 5, 14) = substr(CAST(? AS TEXT), 5, 14) AND status = 'queued' AND contact_id || '' = ?
  AND account_id || '' = ? AND environment || '' = ?`, []any{contactID, contactID, t.AccountID, string(t.Environment)}, &n)
	return n, err
}

// SentSince counts the outbound messages accepted after a time and says when the oldest of them was.
func (r Reader) SentSince(t portal.Tenant, since time.Time) (n int, oldest *time.Time, err error) {
	err = r.Row(`
SELECT /* Message.SentSince */ COUNT(*), MIN(created_at)
FROM messages
WHERE account_id = ? AND environment = ? AND direction = 'outbound' AND created_at > ?`,
		[]any{t.AccountID, string(t.Environment), since}, &n, &oldest)
	return n, oldest, err
}
