package messaging

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

const (
	unknownFor  = 24 * time.Hour
	channelWait = 30 * time.Second // until a channel that cannot send is looked at again
	behindWait  = 200 * time.Millisecond
	// templateWait is until a template that WhatsApp paused is looked at again. It
	// pauses for hours.
	templateWait = 5 * time.Minute
)

// job is a message with an attempt begun.
type job struct {
	tenant   portal.Tenant
	id       string
	request  string // that the message came with
	number   int    // of the attempt
	channel  portal.Channel
	outgoing whatsapp.Outgoing
	ttl      time.Duration // WhatsApp's time to live of the message
	files    []string      // our ids of the files it holds
	missing  []string      // of them, those to upload first; then no attempt was begun
}

// begin decides what a due message needs. It returns a job when a call to
// WhatsApp is to be made; its attempt is then committed.
func (s *Service) begin(ctx context.Context, c store.ClaimedMessage) (j *job, err error) {
	err = s.store.Tx(ctx, func(tx *store.Tx) error {
		j = nil
		m, err := tx.LockClaimed(c)
		if portal.CodeOf(err) == portal.CodeNotFound {
			return nil // its news came first, or another worker took it over
		}
		if err != nil {
			return err
		}
		switch m.Status {
		case portal.StatusScheduled:
			advance(&m, portal.StatusQueued, tx.Now())
			j, err = s.prepare(tx, &m)
		case portal.StatusQueued:
			j, err = s.prepare(tx, &m)
		case portal.StatusCreated:
			if m.AwaitsFallback() {
				j, err = s.prepareFallback(tx, &m)
			} else {
				err = finish(tx, &m, portal.StatusExpired, portal.CodeExpiredUndelivered)
			}
		case portal.StatusUnknown:
			err = finish(tx, &m, portal.StatusFailed, portal.CodeOutcomeUnknown)
		default:
			err = tx.SaveMessage(m, nil) // nothing to do
		}
		return err
	})
	return j, err
}

// prepareFallback is prepare for a fallback whose message WhatsApp once took. Of
// one whose answer was lost nobody heard.
func (s *Service) prepareFallback(tx *store.Tx, m *portal.Message) (*job, error) {
	h, err := tx.MessageHistory(m.Tenant(), m.ID)
	if err != nil {
		return nil, err
	}
	if fallbackLost(h) {
		return nil, finish(tx, m, portal.StatusFailed, portal.CodeOutcomeUnknown)
	}
	return s.prepare(tx, m)
}

// finish ends a message that will not be sent, or not be waited for.
func finish(tx *store.Tx, m *portal.Message, status portal.Status, code portal.Code) error {
	m.Failure = nil
	if code != "" {
		m.Failure = &portal.Failure{Code: code}
	}
	advance(m, status, tx.Now())
	return tx.SaveMessage(*m, nil)
}

// prepare looks at a queued message once more and begins an attempt.
func (s *Service) prepare(tx *store.Tx, m *portal.Message) (*job, error) {
	state, err := tx.SendState(m.Tenant(), m.ID)
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	switch {
	case state.UnderWay:
		// The process ended between the attempt and its outcome: WhatsApp may have it.
		return nil, lose(tx, m)
	case state.Erased:
		if err := tx.EraseLate(m.Tenant(), m.ContactID); err != nil {
			return nil, err
		}
		m.Content, m.Fallback, m.WAID = nil, nil, ""
		return nil, drop(tx, m)
	case !now.Before(m.ExpiresAt):
		return nil, finish(tx, m, portal.StatusExpired, portal.CodeExpiredUnsent)
	case m.Content == nil: // erased while it was leased
		return nil, drop(tx, m)
	case state.Behind != nil:
		return nil, postpone(tx, m, later(*state.Behind, now.Add(behindWait)))
	}
	if free := freeAt(*m, state, now); free.After(now) {
		return nil, postpone(tx, m, free)
	}
	channel, err := tx.Channel(m.Tenant(), m.ChannelID)
	if err != nil {
		return nil, err
	}
	if channel.Status == portal.ChannelRemoved {
		return nil, finish(tx, m, portal.StatusFailed, portal.CodeNoChannel)
	}
	if channel.Status != portal.ChannelConnected || s.clients[channel.Provider] == nil {
		return nil, postpone(tx, m, now.Add(channelWait))
	}
	return attempt(tx, m, state, channel)
}

// drop ends a message of a person who was erased.
func drop(tx *store.Tx, m *portal.Message) error {
	if m.Status.CanBecome(portal.StatusCanceled) {
		return finish(tx, m, portal.StatusCanceled, "")
	}
	return finish(tx, m, portal.StatusFailed, portal.CodeWindowClosed)
}

// postpone keeps a message queued, at most until it expires.
func postpone(tx *store.Tx, m *portal.Message, due time.Time) error {
	due = earlier(due, m.ExpiresAt)
	return tx.SaveMessage(*m, &due)
}

// lose writes that nobody knows whether WhatsApp took the message.
func lose(tx *store.Tx, m *portal.Message) error {
	if err := tx.FinishAttempt(portal.Attempt{MessageID: m.ID, Number: m.Attempts, Outcome: portal.AttemptLost}); err != nil {
		return err
	}
	if m.Status.CanBecome(portal.StatusUnknown) {
		advance(m, portal.StatusUnknown, tx.Now())
	}
	due := tx.Now().Add(unknownFor)
	return tx.SaveMessage(*m, &due)
}

// attempt applies the rules that may have changed since the message was
// accepted, and begins the attempt when they let it go.
func attempt(tx *store.Tx, m *portal.Message, state store.SendState, channel portal.Channel) (*job, error) {
	if goes, err := stillGoes(tx, m, state, channel); err != nil || !goes {
		return nil, err
	}
	out, err := render(tx, *m)
	switch {
	case err != nil:
		return nil, err
	case out.paused:
		return nil, postpone(tx, m, tx.Now().Add(templateWait))
	case out.code != "":
		return nil, finish(tx, m, portal.StatusFailed, out.code)
	}
	p, err := placeFiles(tx, *m, channel, out.content)
	switch {
	case err != nil:
		return nil, err
	case p.code != "":
		return nil, finish(tx, m, portal.StatusFailed, p.code)
	case len(p.missing) > 0:
		return &job{tenant: m.Tenant(), id: m.ID, channel: channel, ttl: out.ttl, missing: p.missing}, nil
	}
	m.Attempts++
	m.UpdatedAt = tx.Now()
	if err := tx.InsertAttempt(portal.Attempt{MessageID: m.ID, Number: m.Attempts, At: tx.Now()}); err != nil {
		return nil, err
	}
	if state.Limited {
		if err := tx.PayPair(m.Tenant(), m.ChannelID, m.ContactID, pairEvery); err != nil {
			return nil, err
		}
	}
	due := tx.Now() // a lease that ends shows an attempt under way
	if err := tx.LeaseMessage(*m, &due, due.Add(lease)); err != nil {
		return nil, err
	}
	return &job{
		tenant: m.Tenant(), id: m.ID, request: m.RequestID, number: m.Attempts, channel: channel, ttl: out.ttl, files: p.files,
		outgoing: whatsapp.Outgoing{
			To: phone.Digits(m.To), Type: m.Type, Content: p.content, ReplyTo: state.ReplyTo, Correlation: correlationOf(*m),
		},
	}, nil
}

// stillGoes applies the rules of the window, of consent and of who is written to
// first. A message that does not go has been ended or postponed.
func stillGoes(tx *store.Tx, m *portal.Message, state store.SendState, channel portal.Channel) (goes bool, err error) {
	reachable := AlwaysOpen(m.Environment, state.Testers, m.To) || open(state.Window, tx.Now())
	if m.Type != portal.TypeTemplate && !reachable {
		if m.Fallback == nil {
			return false, finish(tx, m, portal.StatusFailed, portal.CodeWindowClosed)
		}
		if err := fallBack(tx, m); err != nil {
			return false, err
		}
	}
	category := ""
	if m.Type == portal.TypeTemplate {
		category = m.Category
	}
	rule := consent{optIn: state.OptIn, lastInbound: state.LastInboundAt, required: state.OptInRequired}
	if result, code := rule.check(category); result == portal.CheckFail {
		return false, finish(tx, m, portal.StatusFailed, code)
	}
	if full, err := writeFirst(tx, *m, state, channel, reachable); err != nil || full != nil {
		if err == nil {
			err = postpone(tx, m, *full)
		}
		return false, err
	}
	return true, nil
}

func templateOf(tx *store.Tx, m portal.Message) (t portal.Template, ref TemplateRef, err error) {
	if ref, err = readTemplateRef(m.Content); err != nil {
		return t, ref, fmt.Errorf("content: %w", err)
	}
	t, err = tx.Template(m.Tenant(), ref.Name, ref.Language)
	return t, ref, err
}

// The times to live of WhatsApp when a template names none.
const (
	usualTTL          = 30 * 24 * time.Hour
	authenticationTTL = 10 * time.Minute
)

// rendered is a message as WhatsApp is told it.
type rendered struct {
	content json.RawMessage
	ttl     time.Duration // how long WhatsApp will try
	code    portal.Code   // why it cannot be sent any more, or ""
	paused  bool          // its template is, for a while: WhatsApp ends that by itself
}

func render(tx *store.Tx, m portal.Message) (out rendered, err error) {
	if m.Type != portal.TypeTemplate {
		if !json.Valid(m.Content) {
			return out, fmt.Errorf("content of %s is not JSON", m.ID)
		}
		out.ttl = usualTTL
		out.content, err = metaContent(tx, m)
		return out, err
	}
	t, ref, err := templateOf(tx, m)
	switch {
	case portal.CodeOf(err) == portal.CodeNotFound:
		return rendered{code: portal.CodeTemplateNotFound}, nil
	case err != nil:
		return out, err
	case t.Status == portal.TemplatePaused:
		return rendered{paused: true}, nil
	case t.Status != portal.TemplateApproved:
		return rendered{code: portal.CodeTemplateNotApproved}, nil
	}
	out.ttl = ttlOf(t)
	out.content, err = metaTemplate(t, ref)
	return out, err
}

// ttlOf returns how long WhatsApp tries to deliver a message of the template.
func ttlOf(t portal.Template) time.Duration {
	switch {
	case t.TTL != nil:
		return time.Duration(*t.TTL) * time.Second
	case t.Category == "authentication":
		return authenticationTTL
	}
	return usualTTL
}

// messageTTL is ttlOf for a message that was sent, whose template may be gone.
func messageTTL(tx *store.Tx, m portal.Message) (time.Duration, error) {
	if m.Type != portal.TypeTemplate || m.Content == nil { // erased
		return ttlOf(portal.Template{Category: m.Category}), nil
	}
	t, _, err := templateOf(tx, m)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return ttlOf(portal.Template{Category: m.Category}), nil
	}
	return ttlOf(t), err
}
