package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// messageColumns is the column list of every read; messageRow.dest scans it.
const messageColumns = `id, account_id, environment, direction, status, type, to_phone, from_phone, channel_id,
  contact_id, wa_id, conversation_id, reference, context_message_id, content, fallback, fallback_used, category,
  source, event_id, request_id, token_id, user_id, idempotency_key, provider_message_id, attempts, sequence, price,
  error_code, provider_error, created_at, send_at, expires_at, expiry_given, accepted_at, delivered_at, read_at,
  updated_at, COALESCE((SELECT contacts.external_id FROM contacts WHERE contacts.id = messages.contact_id), '')`

// ofContact is the condition that finds the messages of one contact; its
// arguments are those of contactArgs. It repeats the expression of the index
// messages_contact. The || hides columns from SQLite, which would rather walk
// through the whole tenant.
const ofContact = `substr(contact_id, 5, 14) = substr(CAST(? AS TEXT), 5, 14)
  AND contact_id || '' = ? AND account_id || '' = ? AND environment || '' = ?`

func contactArgs(t portal.Tenant, contactID string) []any {
	return []any{contactID, contactID, t.AccountID, string(t.Environment)}
}

// messageRow receives one row of messageColumns.
type messageRow struct {
	m                        portal.Message
	content, fallback, price *string
	errorCode                string
	providerError            *string
}

func (w *messageRow) dest() []any {
	m := &w.m
	return []any{
		&m.ID, &m.AccountID, (*string)(&m.Environment), &m.Direction, (*string)(&m.Status), &m.Type, &m.To, &m.From,
		&m.ChannelID, &m.ContactID, &m.WAID, &m.ConversationID, &m.Reference, &m.ContextMessageID, &w.content,
		&w.fallback, &m.FallbackUsed, &m.Category, &m.Source, &m.EventID, &m.RequestID, &m.TokenID, &m.UserID,
		&m.IdempotencyKey, &m.ProviderMessageID, &m.Attempts, &m.Sequence, &w.price, &w.errorCode,
		&w.providerError, &m.CreatedAt, &m.SendAt, &m.ExpiresAt, &m.ExpiryGiven, &m.AcceptedAt, &m.DeliveredAt,
		&m.ReadAt, &m.UpdatedAt, &m.ContactExternalID,
	}
}

func (w *messageRow) message() (portal.Message, error) {
	w.m.Content, w.m.Fallback, w.m.Price = rawJSON(w.content), rawJSON(w.fallback), rawJSON(w.price)
	failure, err := readFailure(w.errorCode, w.providerError)
	w.m.Failure, w.m.Announced = failure, w.m.Sequence
	return w.m, err
}

// InsertMessage writes a new message with the checks it passed. A zero due
// means that nothing is to be done with it.
func (tx *Tx) InsertMessage(m portal.Message, checks []portal.Check, due *time.Time) error {
	kept, err := writeChecks(checks)
	if err != nil {
		return err
	}
	code, provider, err := writeFailure(m.Failure)
	if err != nil {
		return err
	}
	err = tx.Post(`
INSERT /* Message.Insert */ INTO messages (
  id, account_id, environment, direction, status, type, to_phone, from_phone, channel_id, contact_id, wa_id,
  conversation_id, reference, context_message_id, template, content, fallback, fallback_used, category, source,
  event_id, request_id, token_id, user_id, idempotency_key, provider_message_id, attempts, sequence, price, error_code,
  provider_error, checks, created_at, send_at, expires_at, expiry_given, accepted_at, delivered_at, read_at,
  updated_at, due_at, lane)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.AccountID, string(m.Environment), m.Direction, string(m.Status), m.Type, m.To, m.From, m.ChannelID,
		m.ContactID, m.WAID, m.ConversationID, m.Reference, m.ContextMessageID, templateName(m),
		jsonText(m.Content), jsonText(m.Fallback), m.FallbackUsed, m.Category, m.Source, m.EventID, m.RequestID, m.TokenID,
		m.UserID, m.IdempotencyKey, m.ProviderMessageID, m.Attempts, m.Sequence, jsonText(m.Price), code, provider,
		kept, m.CreatedAt, m.SendAt, m.ExpiresAt, m.ExpiryGiven, m.AcceptedAt, m.DeliveredAt, m.ReadAt, m.UpdatedAt, due, laneOf(m))
	if err != nil {
		return err
	}
	return tx.announceMessage(m)
}

// SaveMessage writes what may change of a message, but for WhatsApp's id of it,
// ends its lease and is the outcome of its claims. The message must come from
// LockMessage, LockClaimed or LockSent of the same transaction: anything older
// would undo the news, or the erasure, that came since.
func (tx *Tx) SaveMessage(m portal.Message, due *time.Time) error {
	return tx.saveMessage(m, due, nil)
}

// LeaseMessage is SaveMessage for a message that stays with its worker until lease ends.
func (tx *Tx) LeaseMessage(m portal.Message, due *time.Time, lease time.Time) error {
	return tx.saveMessage(m, due, &lease)
}

func (tx *Tx) saveMessage(m portal.Message, due, lease *time.Time) error {
	code, provider, err := writeFailure(m.Failure)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`
UPDATE /* Message.Save */ messages
SET status = ?, type = ?, wa_id = ?, template = ?, content = ?, fallback = ?, fallback_used = ?, category = ?,
  attempts = ?, sequence = ?, price = ?, error_code = ?, provider_error = ?,
  accepted_at = ?, delivered_at = ?, read_at = ?, updated_at = ?, due_at = ?, lane = ?, lease_until = ?,
  claims = CASE WHEN CAST(? AS BOOLEAN) THEN claims ELSE 0 END
WHERE id = ? AND account_id = ? AND environment = ?`,
		string(m.Status), m.Type, m.WAID, templateName(m), jsonText(m.Content), jsonText(m.Fallback), m.FallbackUsed,
		m.Category, m.Attempts, m.Sequence, jsonText(m.Price), code, provider, m.AcceptedAt,
		m.DeliveredAt, m.ReadAt, m.UpdatedAt, due, laneOf(m), lease, lease != nil, m.ID, m.AccountID, string(m.Environment))
	if err := tx.one(n, err); err != nil {
		return err
	}
	return tx.announceMessage(m)
}

// SaveProviderID writes WhatsApp's id of a message; "" = it has none any more.
func (tx *Tx) SaveProviderID(m portal.Message) error {
	_, err := tx.Exec(`
UPDATE /* Message.SaveProviderID */ messages
SET provider_message_id = ?
WHERE id = ? AND account_id = ? AND environment = ?`, m.ProviderMessageID, m.ID, m.AccountID, string(m.Environment))
	return err
}

// SaveDetails writes what news bring that change no status: price, category, and
// how WhatsApp writes the person's number. It ends no lease.
func (tx *Tx) SaveDetails(m portal.Message) error {
	_, err := tx.Exec(`
UPDATE /* Message.SaveDetails */ messages
SET price = ?, category = ?, wa_id = ?
WHERE id = ? AND account_id = ? AND environment = ?`,
		jsonText(m.Price), m.Category, m.WAID, m.ID, m.AccountID, string(m.Environment))
	return err
}

// LockMessage reads a message and keeps every other writer of it waiting until
// the transaction ends. not_found when the tenant has no such message.
func (tx *Tx) LockMessage(t portal.Tenant, id string) (portal.Message, error) {
	var w messageRow
	err := tx.lock(`
SELECT /* Message.Lock */ `+messageColumns+`
FROM messages
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, w.dest()...)
	if err != nil {
		return portal.Message{}, err
	}
	return w.message()
}

// LockSent is LockMessage for the message that WhatsApp's news are about:
// found by WhatsApp's id within the channel, else by our own id while its
// answer is not known. not_found when the channel sent no such message.
func (tx *Tx) LockSent(channelID, providerID, id string) (portal.Message, error) {
	const byProvider = `provider_message_id = ? AND provider_message_id <> ''`
	m, err := tx.lockSent(byProvider, providerID, channelID)
	if portal.CodeOf(err) != portal.CodeNotFound || id == "" {
		return m, err
	}
	m, err = tx.lockSent(`id = ? AND provider_message_id = ''`, id, channelID)
	if portal.CodeOf(err) != portal.CodeNotFound {
		return m, err
	}
	// PostgreSQL waited for the answer being written, which took the row out of that condition.
	return tx.lockSent(byProvider, providerID, channelID)
}

func (tx *Tx) lockSent(where, key, channelID string) (portal.Message, error) {
	var w messageRow
	err := tx.lock(`
SELECT /* Message.LockSent */ `+messageColumns+`
FROM messages
WHERE `+where+` AND channel_id = ? AND direction = 'outbound'`, []any{key, channelID}, w.dest()...)
	if err != nil {
		return portal.Message{}, err
	}
	return w.message()
}

// Message returns one message; not_found when the tenant has none of that id.
func (r Reader) Message(t portal.Tenant, id string) (portal.Message, error) {
	var w messageRow
	err := r.Row(`
SELECT /* Message.ByID */ `+messageColumns+`
FROM messages
WHERE id = ? AND account_id = ? AND environment = ?`, []any{id, t.AccountID, string(t.Environment)}, w.dest()...)
	if err != nil {
		return portal.Message{}, err
	}
	return w.message()
}

// MessageOfProvider returns the message that WhatsApp knows by that id in the channel.
func (r Reader) MessageOfProvider(t portal.Tenant, channelID, providerID string) (portal.Message, error) {
	var w messageRow
	err := r.Row(`
SELECT /* Message.OfProvider */ `+messageColumns+`
FROM messages
WHERE provider_message_id = ? AND provider_message_id <> '' AND channel_id = ? AND account_id = ? AND environment = ?`,
		[]any{providerID, channelID, t.AccountID, string(t.Environment)}, w.dest()...)
	if err != nil {
		return portal.Message{}, err
	}
	return w.message()
}

// Messages returns a page of the tenant's messages, newest first.
func (r Reader) Messages(t portal.Tenant, f portal.MessageFilter, p portal.Page) (list []portal.Message, next string, err error) {
	where, args := messageWhere(t, f)
	if p.After != "" {
		where, args = append(where, "id < ?"), append(args, p.After)
	}
	err = r.Rows(`
SELECT /* Message.List */ `+messageColumns+`
FROM messages
WHERE `+strings.Join(where, " AND ")+`
ORDER BY id DESC
LIMIT ?`, append(args, pageSize(p)+1), func(scan func(dest ...any) error) error {
		var w messageRow
		if err := scan(w.dest()...); err != nil {
			return err
		}
		m, err := w.message()
		list = append(list, m)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = cutPage(list, p, func(m portal.Message) string { return m.ID })
	return list, next, nil
}

func messageWhere(t portal.Tenant, f portal.MessageFilter) (where []string, args []any) {
	where, args = []string{"account_id = ?", "environment = ?"}, []any{t.AccountID, string(t.Environment)}
	if f.ContactID != "" {
		where, args = []string{ofContact}, contactArgs(t, f.ContactID)
	}
	// The partial indexes are used only by a query that repeats their condition.
	for _, c := range []struct{ column, value string }{
		{"status", string(f.Status)},
		{"reference <> '' AND reference", f.Reference},
		{"direction", f.Direction},
		{"template", f.Template},
		{"token_id", f.TokenID},
	} {
		if c.value != "" {
			where, args = append(where, c.column+" = ?"), append(args, c.value)
		}
	}
	if len(f.Statuses) > 0 {
		where = append(where, "status IN "+listOf(len(f.Statuses)))
		for _, s := range f.Statuses {
			args = append(args, string(s))
		}
	}
	if len(f.To) > 0 {
		where, args = append(where, "to_phone IN "+listOf(len(f.To))), append(args, textArgs(f.To)...)
	}
	if f.CreatedAfter != nil {
		where, args = append(where, "created_at > ?"), append(args, *f.CreatedAfter)
	}
	if f.UpdatedSince != nil {
		where, args = append(where, "updated_at >= ?"), append(args, *f.UpdatedSince)
	}
	return where, args
}

// MessageCounts counts the messages created from a time on, by status.
func (r Reader) MessageCounts(t portal.Tenant, from time.Time) (counts map[portal.Status]int64, err error) {
	counts = map[portal.Status]int64{}
	err = r.Rows(`
SELECT /* Message.Counts */ status, COUNT(*)
FROM messages
WHERE account_id = ? AND environment = ? AND direction IN ('outbound', 'inbound') AND created_at >= ?
GROUP BY status`, []any{t.AccountID, string(t.Environment), from}, func(scan func(dest ...any) error) error {
		var status string
		var n int64
		if err := scan(&status, &n); err != nil {
			return err
		}
		counts[portal.Status(status)] = n
		return nil
	})
	return counts, err
}

// Waiting counts the queued messages behind each channel.
func (r Reader) Waiting(t portal.Tenant) (waiting map[string]int, err error) {
	waiting = map[string]int{}
	err = r.Rows(`
SELECT /* Message.Waiting */ channel_id, COUNT(*)
FROM messages
WHERE account_id = ? AND environment = ? AND status = 'queued'
GROUP BY channel_id`, []any{t.AccountID, string(t.Environment)}, func(scan func(dest ...any) error) error {
		var channel string
		var n int
		if err := scan(&channel, &n); err != nil {
			return err
		}
		waiting[channel] = n
		return nil
	})
	return waiting, err
}

// LastEvidence returns the newest message of a contact that shows whether the
// number is on WhatsApp: received, delivered, read or number_not_found.
func (r Reader) LastEvidence(t portal.Tenant, contactID string) (status portal.Status, at time.Time, err error) {
	err = r.Row(`
SELECT /* Message.LastEvidence */ status, updated_at
FROM messages
WHERE `+ofContact+`
  AND status IN ('received', 'delivered', 'read', 'number_not_found')
ORDER BY created_at DESC, id DESC
LIMIT 1`, contactArgs(t, contactID), (*string)(&status), &at)
	return status, at, err
}

// templateName is kept in a column of its own, for the filter of the list.
func templateName(m portal.Message) string {
	if m.Type != portal.TypeTemplate {
		return ""
	}
	// As messaging writes it; the names of templates need no escapes.
	if rest, ok := strings.CutPrefix(string(m.Content), `{"name":"`); ok {
		if name, _, _ := strings.Cut(rest, `"`); !strings.Contains(name, `\`) {
			return name
		}
	}
	var t struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(m.Content, &t) // an erased message has no content and no name
	return t.Name
}

func rawJSON(s *string) json.RawMessage {
	if s == nil {
		return nil
	}
	return json.RawMessage(*s)
}

func jsonText(raw json.RawMessage) *string {
	if raw == nil {
		return nil
	}
	s := string(raw)
	return &s
}

func readFailure(code string, provider *string) (*portal.Failure, error) {
	if code == "" {
		return nil, nil //nolint:nilnil // no failure is a normal answer
	}
	f := &portal.Failure{Code: portal.Code(code)}
	if provider == nil {
		return f, nil
	}
	f.Provider = new(portal.ProviderError)
	if err := json.Unmarshal([]byte(*provider), f.Provider); err != nil {
		return nil, fmt.Errorf("provider_error: %w", err)
	}
	return f, nil
}

func writeFailure(f *portal.Failure) (code string, provider *string, err error) {
	if f == nil {
		return "", nil, nil
	}
	if f.Provider == nil {
		return string(f.Code), nil, nil
	}
	raw, err := json.Marshal(f.Provider)
	return string(f.Code), jsonText(raw), err
}
