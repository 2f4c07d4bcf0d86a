package messaging

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// backoff are the waits before the next attempt; the last one repeats until the message expires.
var backoff = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute,
}

// maxRefusals is how often WhatsApp may answer "later" without naming a limit
// before the message is given up: it is then the message that is wrong.
const maxRefusals = 12

// neverDeliveredAfter is how long the simulator's WhatsApp tries the number that never gets anything.
const neverDeliveredAfter = 10 * time.Second

// nextAttempt returns when to try again: after what WhatsApp asked for, or the
// backoff, and up to a fifth more, so that many do not come back together.
func nextAttempt(now time.Time, attempts int, asked time.Duration) time.Time {
	wait := max(asked, backoff[min(max(attempts, 1), len(backoff))-1])
	return now.Add(wait + time.Duration(rand.Int64N(int64(wait)/5+1)))
}

// call sends a message and writes what became of it.
func (s *Service) call(ctx context.Context, log *slog.Logger, j *job) {
	secrets, err := s.store.ChannelSecrets(ctx, j.channel.ID)
	out := whatsapp.Outcome{Kind: whatsapp.RetryLater, Cause: err} // nothing left without the token
	if err == nil {
		channel := whatsapp.Channel{PhoneNumberID: j.channel.PhoneNumberID, Token: secrets.Token}
		out = s.clients[j.channel.Provider].Send(s.trace(ctx, j.tenant, j.request), channel, j.outgoing)
	}
	attrs := []any{
		"attempt", j.number, "outcome", string(out.Kind), "http_status", out.HTTPStatus,
		"duration", out.Duration, "trace", out.TraceID,
	}
	if out.Error != nil {
		attrs = append(attrs, "provider_code", out.Error.Code)
	}
	if out.Cause != nil {
		attrs = append(attrs, "error", out.Cause)
	}
	log.InfoContext(ctx, "attempt", attrs...)
	err = surely(func() error {
		return s.store.Tx(ctx, func(tx *store.Tx) error { return settle(tx, j, out) })
	})
	if err != nil {
		// The lease ends with an attempt under way: unknown, never sent again.
		log.ErrorContext(ctx, "outcome not written", "error", err)
	}
}

// settle writes the outcome of an attempt. News of the same message may have
// come first, so only what may follow the status of now is applied.
func settle(tx *store.Tx, j *job, out whatsapp.Outcome) error {
	m, err := tx.LockMessage(j.tenant, j.id)
	if err != nil || m.Attempts > j.number {
		return err // a commit whose answer was lost had written it, and the next attempt has begun
	}
	s := settlement{tx: tx, job: j, out: out, message: &m, attempt: &portal.Attempt{
		MessageID: m.ID, Number: j.number, Outcome: portal.AttemptRefused, Duration: out.Duration,
		HTTPStatus: out.HTTPStatus, TraceID: out.TraceID, Failure: failureOf(out.Error),
	}}
	due, err := s.apply()
	if err != nil {
		return err
	}
	if err := tx.FinishAttempt(*s.attempt); err != nil {
		return err
	}
	return tx.SaveMessage(m, due)
}

// settlement is an outcome on its way into the message and its attempt.
type settlement struct {
	tx      *store.Tx
	job     *job
	out     whatsapp.Outcome
	message *portal.Message
	attempt *portal.Attempt
}

// apply changes message and attempt and returns when the message is due next.
func (s settlement) apply() (due *time.Time, err error) {
	failure := s.attempt.Failure
	if failure == nil {
		failure = &portal.Failure{Code: portal.CodeWhatsAppError} // it said no, without saying why
	}
	if s.replaced() {
		return s.aside(), nil
	}
	switch s.out.Kind {
	case whatsapp.Accepted:
		return s.accepted()
	case whatsapp.Unknown:
		s.attempt.Outcome = portal.AttemptLost
		return s.change(portal.StatusUnknown, nil), nil
	case whatsapp.RetryLater:
		return s.again(), nil
	case whatsapp.Throttled, whatsapp.PairLimited, whatsapp.MarketingPaused:
		return s.hold()
	case whatsapp.WindowClosed:
		return s.windowClosed(failure)
	case whatsapp.ChannelStopped:
		return s.channelStopped(failure)
	case whatsapp.TemplatePaused:
		return s.templatePaused(failure)
	}
	if again, err := s.uploadAgain(); again || err != nil {
		return s.again(), err
	}
	due = s.change(endOf(failure), failure)
	return due, react(s.tx, s.job.channel, *s.message, failure)
}

// replaced reports whether the outcome is of a content that the fallback took
// the place of meanwhile.
func (s settlement) replaced() bool {
	return s.message.FallbackUsed && s.job.outgoing.Type != portal.TypeTemplate
}

// aside notes an outcome that changes nothing any more, and returns when the
// fallback is due.
func (s settlement) aside() *time.Time {
	switch s.out.Kind {
	case whatsapp.Accepted:
		s.attempt.Outcome = portal.AttemptAccepted
	case whatsapp.Unknown:
		s.attempt.Outcome = portal.AttemptLost
	}
	if s.message.AwaitsFallback() {
		now := s.tx.Now()
		return &now
	}
	return s.due()
}

// sendable reports whether another attempt may be made: no news came first.
func (s settlement) sendable() bool {
	return s.message.Status == portal.StatusQueued || s.message.AwaitsFallback()
}

// change applies a status if it may come now, and returns when the message is due next.
func (s settlement) change(next portal.Status, f *portal.Failure) *time.Time {
	if s.message.Status.CanBecome(next) {
		s.message.Failure = f
		advance(s.message, next, s.tx.Now())
	}
	return s.due()
}

func (s settlement) due() *time.Time {
	return dueAfter(*s.message, s.tx.Now(), s.job.channel, s.job.ttl)
}

// dueAfter returns when a message is to be looked at again if no news come; nil = never.
func dueAfter(m portal.Message, now time.Time, channel portal.Channel, ttl time.Duration) *time.Time {
	var due time.Time
	switch m.Status {
	case portal.StatusQueued:
		due = now
	case portal.StatusUnknown:
		due = now.Add(unknownFor)
	case portal.StatusCreated:
		if m.AwaitsFallback() { // its answer was lost
			due = now.Add(unknownFor)
			break
		}
		due = undeliveredAt(m, now, channel, ttl)
	default:
		return nil
	}
	return &due
}

// undeliveredAt returns when an accepted message counts as expired: as the
// caller wished, else when WhatsApp stops trying.
func undeliveredAt(m portal.Message, now time.Time, channel portal.Channel, ttl time.Duration) time.Time {
	switch {
	case m.ExpiryGiven:
		return m.ExpiresAt
	case m.AcceptedAt != nil:
		now = *m.AcceptedAt
	}
	if channel.Provider == portal.ProviderSimulator && m.To == neverDelivered {
		ttl = neverDeliveredAfter
	}
	return now.Add(ttl)
}

func (s settlement) accepted() (*time.Time, error) {
	m := s.message
	s.attempt.Outcome = portal.AttemptAccepted
	if m.ProviderMessageID == "" {
		m.ProviderMessageID = s.out.MessageID
		if err := s.tx.SaveProviderID(*m); err != nil {
			return nil, err
		}
	}
	if s.out.WAID != "" {
		m.WAID = s.out.WAID
	}
	if m.AcceptedAt == nil {
		now := s.tx.Now()
		m.AcceptedAt = &now
	}
	before := m.Status
	due := s.change(portal.StatusCreated, nil)
	if m.Status != before {
		if err := s.tell(); err != nil {
			return nil, err
		}
	}
	return due, s.tx.ContactSent(m.Tenant(), m.ContactID, s.out.WAID)
}

// tell puts the status that WhatsApp's answer brought among the news, where its
// number would otherwise be missing.
func (s settlement) tell() error {
	_, err := s.tx.InsertNews(portal.StatusNews{
		MessageID: s.message.ID, Status: s.message.Status, At: s.tx.Now(), ReceivedAt: s.tx.Now(),
		Applied: true, Sequence: s.message.Sequence,
	})
	return err
}

// again keeps the message queued for another attempt, or gives it up.
func (s settlement) again() *time.Time {
	m, row := s.message, s.row()
	if !s.sendable() {
		return s.due()
	}
	once := row.Class == portal.ProviderRetryOnce && m.Attempts > 1
	if s.out.Kind == whatsapp.RetryLater && s.out.Error != nil && (once || m.Attempts >= maxRefusals) {
		return s.change(portal.StatusFailed, s.attempt.Failure)
	}
	return s.later(nextAttempt(s.tx.Now(), m.Attempts, max(s.out.RetryAfter, row.Wait)))
}

// hold keeps the message queued, and with it all that WhatsApp's limit is about.
func (s settlement) hold() (*time.Time, error) {
	row := s.row()
	h := store.Hold{
		ChannelID: s.job.channel.ID, Reason: row.From, Asked: s.out.RetryAfter,
		Wait: channelHold(max(row.Wait, time.Second)), Forget: channelForget,
	}
	switch s.out.Kind {
	case whatsapp.PairLimited:
		h.ContactID, h.Wait, h.Forget = s.message.ContactID, pairHold, pairForget
	case whatsapp.MarketingPaused:
		h.Marketing, h.Wait, h.Forget = true, marketingHold(row.Wait), marketingForget
	}
	until, err := s.tx.Hold(s.job.tenant, h)
	if err != nil || !s.sendable() {
		return s.due(), err
	}
	return s.later(until), nil
}

// later notes when the next attempt is made.
func (s settlement) later(at time.Time) *time.Time {
	next := earlier(at, s.message.ExpiresAt)
	s.attempt.NextAttemptAt = &next
	s.message.UpdatedAt = s.tx.Now()
	return &next
}

// row returns what WhatsApp's error means; zero when the answer held none.
func (s settlement) row() (row portal.ProviderCode) {
	if s.out.Error != nil {
		row, _ = portal.ProviderCodeOf(s.out.Error.Code)
	}
	return row
}

// windowClosed sends the fallback next, or ends the message.
func (s settlement) windowClosed(f *portal.Failure) (*time.Time, error) {
	m := s.message
	if m.Status != portal.StatusQueued || m.Fallback == nil || m.Type == portal.TypeTemplate {
		return s.change(portal.StatusFailed, f), nil
	}
	m.UpdatedAt = s.tx.Now()
	return s.due(), fallBack(s.tx, m)
}

// channelStopped keeps other messages from being sent through a channel that
// WhatsApp refuses. The message that learned of it ends; those that were on
// their way at the same time wait with the rest.
func (s settlement) channelStopped(f *portal.Failure) (*time.Time, error) {
	status, reason := whatsapp.StopOf(s.out.Error)
	stopped, err := s.tx.StopChannel(s.job.channel, status, reason)
	if err != nil || stopped || !s.sendable() {
		return s.change(portal.StatusFailed, f), err
	}
	return s.later(s.tx.Now().Add(channelWait)), nil
}

// templatePaused stops the template. While it is only paused, what was accepted
// waits for it, and expires at its own time; who disabled it does not come back.
func (s settlement) templatePaused(f *portal.Failure) (*time.Time, error) {
	if err := react(s.tx, s.job.channel, *s.message, f); err != nil {
		return nil, err
	}
	if s.row().State == portal.TemplatePaused && s.sendable() {
		return s.later(s.tx.Now().Add(templateWait)), nil
	}
	return s.change(portal.StatusFailed, f), nil
}

// failureOf turns WhatsApp's error into ours; nil stays nil.
func failureOf(e *whatsapp.ProviderError) *portal.Failure {
	if e == nil {
		return nil
	}
	f := &portal.Failure{
		Code:     portal.CodeWhatsAppError,
		Provider: &portal.ProviderError{Code: e.Code, Title: e.Title, Details: e.Details},
	}
	if row, known := portal.ProviderCodeOf(e.Code); known {
		f.Code = row.Code
	}
	return f
}

// endOf returns the status a failure leads to.
func endOf(f *portal.Failure) portal.Status {
	if f != nil && f.Code == portal.CodeNumberNotFound {
		return portal.StatusNumberNotFound
	}
	return portal.StatusFailed
}

// react does what WhatsApp's error asks for beyond the message that it ended,
// whether it came as an answer or by a callback.
func react(tx *store.Tx, channel portal.Channel, m portal.Message, f *portal.Failure) error {
	if f == nil || f.Provider == nil {
		return nil
	}
	row, _ := portal.ProviderCodeOf(f.Provider.Code)
	switch row.Class {
	case portal.ProviderOptOut:
		return stopMarketing(tx, m.Tenant(), m.ContactID, tx.Now())
	case portal.ProviderStop:
		_, err := tx.StopChannel(channel, row.State, row.Reason)
		return err
	case portal.ProviderPauseTemplate:
		return pauseTemplate(tx, m, row.State)
	case portal.ProviderPauseMarketing:
		_, err := tx.Hold(m.Tenant(), store.Hold{
			ChannelID: channel.ID, Marketing: true, Reason: row.From, Wait: marketingHold(row.Wait), Forget: marketingForget,
		})
		return err
	}
	return nil
}

// pauseTemplate keeps the template of the message from being sent any more.
func pauseTemplate(tx *store.Tx, m portal.Message, status string) error {
	if m.Type != portal.TypeTemplate || m.Content == nil {
		return nil
	}
	ref, err := readTemplateRef(m.Content)
	if err != nil {
		return err
	}
	return tx.StopTemplate(m.Tenant(), ref.Name, ref.Language, status)
}

// stopMarketing keeps marketing from a person who stopped it inside WhatsApp.
func stopMarketing(tx *store.Tx, t portal.Tenant, contactID string, at time.Time) error {
	out, source := portal.OptedOut, portal.ConsentByPerson
	_, _, err := tx.SetConsent(t, contactID, portal.ConsentChange{Marketing: &out, Source: &source, At: &at})
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil // erased meanwhile
	}
	return err
}
