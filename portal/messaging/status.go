package messaging

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Receive takes a callback of WhatsApp for a channel. It returns not_found for
// an unknown channel, invalid_token when the signature over the raw bytes is
// wrong, malformed_json when there is nothing to read; news that are late,
// repeated or about messages of others are no error. Any other error asks
// WhatsApp to call again, and nothing was applied.
func (s *Service) Receive(ctx context.Context, channelID, signature string, raw []byte) (err error) {
	defer portal.Wrap(&err, "Receive(%s)", channelID)
	channel, secrets, err := s.store.CallbackChannel(ctx, channelID)
	if err != nil {
		return err
	}
	if !whatsapp.VerifySignature(secrets.AppSecret, signature, raw) {
		return portal.Refuse(portal.CodeInvalidToken)
	}
	callback, err := whatsapp.ParseCallback(raw)
	if err != nil {
		return err
	}
	if callback.Unreadable > 0 {
		s.log.WarnContext(ctx, "callback with unreadable parts", "channel", channelID, "parts", callback.Unreadable)
	}
	numbers, err := s.numbers(ctx, channel, secrets.AppSecret, callback)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.CallbackSeen(channel); err != nil {
			return err
		}
		if len(callback.Account) > 0 {
			if err := s.news(tx, channel, callback.Account); err != nil {
				return err
			}
		}
		if len(callback.Templates) > 0 && s.templates != nil {
			if err := s.templates(tx, channel, callback.Templates); err != nil {
				return err
			}
		}
		return s.take(tx, numbers, callback)
	})
}

// numbers returns the channels that a callback may speak for, by WhatsApp's id:
// the one it was sent to, and the tenant's others of the same app, because an
// app calls one address about all its numbers. Who signs with another app's
// secret is not believed about them.
func (s *Service) numbers(ctx context.Context, channel portal.Channel, appSecret []byte, c whatsapp.Callback) (map[string]portal.Channel, error) {
	trusted := map[string]portal.Channel{channel.PhoneNumberID: channel}
	var named []string
	for _, u := range c.Statuses {
		named = append(named, u.PhoneNumberID)
	}
	for _, in := range c.Inbound {
		named = append(named, in.PhoneNumberID)
	}
	for _, w := range c.Wishes {
		named = append(named, w.PhoneNumberID)
	}
	for _, e := range c.Troubles {
		named = append(named, e.PhoneNumberID)
	}
	slices.Sort(named)
	for _, id := range slices.Compact(named) {
		if id == channel.PhoneNumberID {
			continue
		}
		other, secrets, err := s.store.NumberChannel(ctx, channel.Tenant(), id)
		if portal.CodeOf(err) == portal.CodeNotFound {
			s.log.WarnContext(ctx, "callback about a number that is not the channel's", "channel", channel.ID)
			continue
		}
		if err != nil {
			return nil, err
		}
		if subtle.ConstantTimeCompare(secrets.AppSecret, appSecret) == 1 {
			trusted[id] = other
		}
	}
	return trusted, nil
}

// take applies everything of a callback that is about these channels. Messages
// are locked in the order of their ids: two callbacks about the same ones, on two
// nodes, then never wait for each other.
func (s *Service) take(tx *store.Tx, numbers map[string]portal.Channel, c whatsapp.Callback) error {
	slices.SortStableFunc(c.Statuses, func(a, b whatsapp.StatusUpdate) int { return strings.Compare(a.MessageID, b.MessageID) })
	for _, u := range c.Statuses {
		channel, ours := numbers[u.PhoneNumberID]
		if !ours {
			continue
		}
		if err := apply(tx, channel, u); err != nil {
			return err
		}
	}
	for _, in := range c.Inbound {
		channel, ours := numbers[in.PhoneNumberID]
		if !ours {
			continue
		}
		if _, err := s.receive(tx, channel, in); err != nil {
			return err
		}
	}
	return takeRest(tx, numbers, c)
}

// takeRest applies what is about no message: people's wishes, and the numbers' troubles.
func takeRest(tx *store.Tx, numbers map[string]portal.Channel, c whatsapp.Callback) error {
	for _, w := range c.Wishes {
		if channel, ours := numbers[w.PhoneNumberID]; ours {
			if err := grant(tx, channel.Tenant(), w); err != nil {
				return err
			}
		}
	}
	for _, e := range c.Troubles {
		channel, ours := numbers[e.PhoneNumberID]
		if !ours {
			continue
		}
		m := portal.Message{AccountID: channel.AccountID, Environment: channel.Environment}
		if row, _ := portal.ProviderCodeOf(e.Code); row.Class != portal.ProviderStop && row.Class != portal.ProviderPauseMarketing {
			continue // nothing of the kind can be about a number alone
		}
		if err := react(tx, channel, m, failureOf(&e.ProviderError)); err != nil {
			return err
		}
	}
	return nil
}

// grant keeps what a person chose inside WhatsApp about marketing. Who stopped
// everything by a word of theirs gets nothing back by it.
func grant(tx *store.Tx, t portal.Tenant, w whatsapp.Wish) error {
	contact, err := tx.KnownPerson(t, numberOf(w.From), store.Touch{WAID: w.From, UserID: w.UserID, Source: "inbound"})
	if err != nil {
		return err
	}
	at := earlier(w.At, tx.Now())
	if w.Stop {
		return stopMarketing(tx, t, contact.ID, at)
	}
	in, source, evidence := portal.OptedIn, portal.ConsentByPerson, "user_preferences: resume"
	_, _, err = tx.SetConsent(t, contact.ID, portal.ConsentChange{Marketing: &in, Source: &source, Evidence: &evidence, At: &at})
	return err
}

// reported maps WhatsApp's statuses to ours; others are not for us.
var reported = map[string]portal.Status{
	"sent":      portal.StatusCreated,
	"delivered": portal.StatusDelivered,
	"read":      portal.StatusRead,
	"played":    portal.StatusRead,
	"failed":    portal.StatusFailed,
}

// apply writes one status update into its message, if it is news.
func apply(tx *store.Tx, channel portal.Channel, u whatsapp.StatusUpdate) error {
	next, known := reported[u.Status]
	if !known {
		return nil
	}
	m, err := sentMessage(tx, channel, u)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	failure := updateFailure(u, next)
	if failure != nil {
		next = endOf(failure)
	}
	falls := replaceable(m, failure)
	applies := m.Status.CanBecome(next) && !falls
	n := portal.StatusNews{MessageID: m.ID, Status: next, At: u.At, ReceivedAt: tx.Now(), Applied: applies}
	if applies {
		n.Sequence = m.Sequence + 1
	}
	fresh, err := tx.InsertNews(n)
	if err != nil || !fresh {
		return err
	}
	if falls {
		return replace(tx, m, u)
	}
	return write(tx, channel, m, report{u, n, failure})
}

// report is a status update as it was understood.
type report struct {
	update  whatsapp.StatusUpdate
	news    portal.StatusNews
	failure *portal.Failure // nil unless the message failed
}

// sentMessage finds the message of an update: by WhatsApp's id, or by ours
// while the answer that would have told WhatsApp's id is missing.
func sentMessage(tx *store.Tx, channel portal.Channel, u whatsapp.StatusUpdate) (portal.Message, error) {
	correlation := strings.TrimSuffix(u.Correlation, ofFallback)
	if !portal.IsID(portal.PrefixMessage, correlation) {
		correlation = ""
	}
	m, err := tx.LockSent(channel.ID, u.MessageID, correlation)
	if err == nil && (m.Attempts == 0 || !isOf(u, m)) {
		return m, portal.Refuse(portal.CodeNotFound) // it never left us, or was replaced: this is not about it
	}
	return m, err
}

// updateFailure returns why WhatsApp says that the message failed, nil if it does not.
func updateFailure(u whatsapp.StatusUpdate, next portal.Status) *portal.Failure {
	if next != portal.StatusFailed {
		return nil
	}
	if len(u.Errors) == 0 {
		return &portal.Failure{Code: portal.CodeWhatsAppError}
	}
	return failureOf(&u.Errors[0])
}

// write brings the message up to date with fresh news.
func write(tx *store.Tx, channel portal.Channel, m portal.Message, r report) error {
	lost := m.ProviderMessageID == ""
	if lost {
		m.ProviderMessageID = r.update.MessageID
	}
	if m.WAID == "" {
		m.WAID = r.update.RecipientID
	}
	notePrice(&m, r.update.Pricing)
	if r.news.Applied {
		m.Failure = r.failure
		stamp(&m, r.news)
		advance(&m, r.news.Status, tx.Now())
	}
	if err := react(tx, channel, m, r.failure); err != nil {
		return err
	}
	if !r.news.Applied && !lost && m.Status != portal.StatusQueued && m.Status != portal.StatusUnknown {
		return tx.SaveDetails(m) // when it is due next does not change
	}
	if lost {
		if err := found(tx, m, r.update); err != nil {
			return err
		}
	}
	var ttl time.Duration // of a message that waits for its delivery
	if m.Status == portal.StatusCreated {
		var err error
		if ttl, err = messageTTL(tx, m); err != nil {
			return err
		}
	}
	return tx.SaveMessage(m, dueAfter(m, tx.Now(), channel, ttl))
}

// stamp notes when WhatsApp says it happened. Its clock counts whole seconds,
// so a time before the message was made or accepted is moved up to that.
func stamp(m *portal.Message, n portal.StatusNews) {
	at := later(n.At, m.CreatedAt)
	if m.AcceptedAt != nil {
		at = later(at, *m.AcceptedAt)
	}
	if field := map[portal.Status]**time.Time{
		portal.StatusCreated:   &m.AcceptedAt,
		portal.StatusDelivered: &m.DeliveredAt,
		portal.StatusRead:      &m.ReadAt,
	}[n.Status]; field != nil {
		*field = &at
	}
}

// found writes down that a message whose answer is missing did reach WhatsApp.
// What the answer said may still come and complete the attempt.
func found(tx *store.Tx, m portal.Message, u whatsapp.StatusUpdate) error {
	a := portal.Attempt{MessageID: m.ID, Number: m.Attempts, Outcome: portal.AttemptAccepted}
	if err := errors.Join(tx.FinishAttempt(a), tx.SaveProviderID(m)); err != nil {
		return err
	}
	return tx.ContactSent(m.Tenant(), m.ContactID, u.RecipientID)
}

// notePrice keeps what WhatsApp says about the price, under our names.
func notePrice(m *portal.Message, pricing json.RawMessage) {
	var p struct {
		Billable *bool   `json:"billable"`
		Model    *string `json:"pricing_model"`
		Type     *string `json:"type"`
		Category *string `json:"category"`
	}
	if len(pricing) == 0 || json.Unmarshal(pricing, &p) != nil {
		return
	}
	price, err := json.Marshal(map[string]any{"billable": p.Billable, "model": p.Model, "type": p.Type, "category": p.Category})
	if err != nil {
		return
	}
	m.Price = price
	if p.Category != nil && *p.Category != "" {
		m.Category = *p.Category
	}
}
