package messaging

import (
	"context"
	"errors"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// AcceptTx takes a message in the caller's transaction and returns it, queued
// or scheduled; a worker sends it after the commit. It refuses with the code of
// the first check that failed, or with validation_failed, and then nothing may
// be committed. key is the call's Idempotency-Key, for the timeline.
func (s *Service) AcceptTx(tx *store.Tx, c portal.Caller, key string, d Draft) (m portal.Message, err error) {
	defer portal.Wrap(&err, "Accept")
	e, err := s.evaluate(tx, c, d, false)
	if err != nil {
		return m, err
	}
	if e.refusal != nil {
		return m, e.refusal
	}
	if err := e.findConversation(tx); err != nil {
		return m, err
	}
	if m, err = e.message(key); err != nil {
		return m, err
	}
	due := m.CreatedAt
	if m.Status == portal.StatusScheduled {
		due = *m.SendAt
	}
	if err := tx.InsertMessage(m, e.checks, &due); err != nil {
		return m, err
	}
	if e.begins {
		if err := tx.CountPerson(e.channel.WABA, m.ContactID); err != nil {
			return m, err
		}
	}
	if err := tx.UseMedia(m.ContactID, e.mediaIDs()); err != nil {
		return m, err
	}
	tx.AfterCommit(func() {
		s.days.add(c.Tenant)
		if e.begins {
			s.people.add(e.channel.WABA)
		}
		s.store.Notify(Topic)
	})
	return m, nil
}

// message returns the message of an accepted draft.
func (e *evaluation) message(key string) (portal.Message, error) {
	d, c := e.draft, e.caller
	m := portal.Message{
		ID: portal.NewID(portal.PrefixMessage), AccountID: c.AccountID, Environment: c.Environment,
		Direction: portal.Outbound, Type: d.Type, To: e.number.E164, From: e.channel.Phone,
		ChannelID: e.channel.ID, ContactID: e.contact.ID, ContactExternalID: e.contact.ExternalID,
		WAID: e.contact.WAID, ConversationID: e.conversation, Reference: d.Reference,
		ContextMessageID: d.ContextMessageID, Category: "service", Source: c.Source(),
		EventID: c.Rule.EventID, RequestID: c.RequestID, TokenID: c.Token.ID, UserID: c.UserID, IdempotencyKey: key,
		CreatedAt: e.now, UpdatedAt: e.now, SendAt: d.SendAt, ExpiresAt: e.now.Add(defaultExpiry),
		Status: portal.StatusQueued, Sequence: 1,
	}
	if d.SendAt != nil && d.SendAt.After(e.now) {
		// Nobody hears of a scheduled message before it is queued.
		m.Status, m.Sequence = portal.StatusScheduled, 0
		m.ExpiresAt = d.SendAt.Add(defaultExpiry)
	}
	if d.ExpiresAt != nil {
		m.ExpiresAt, m.ExpiryGiven = *d.ExpiresAt, true
	}
	if d.Type == portal.TypeTemplate {
		m.Category = e.facts.Template.Category
	}
	return m, e.fill(&m)
}

// fill writes the content and the fallback.
func (e *evaluation) fill(m *portal.Message) (err error) {
	if e.draft.Fallback != nil {
		if m.Fallback, err = e.draft.Fallback.content(); err != nil {
			return err
		}
	}
	if e.draft.Type == portal.TypeTemplate {
		m.Content, err = e.draft.Template.content()
		return err
	}
	m.Content, err = e.draft.Content.JSON(e.draft.Type)
	return err
}

// CancelTx cancels a message that no call to WhatsApp was begun for; not_found
// for an unknown id, not_cancelable when it is too late.
func (s *Service) CancelTx(tx *store.Tx, c portal.Caller, id string) (m portal.Message, err error) {
	defer portal.Wrap(&err, "Cancel(%s)", id)
	if m, err = tx.LockMessage(c.Tenant, id); err != nil {
		return m, err
	}
	state, err := tx.SendState(c.Tenant, id)
	if err != nil {
		return m, err
	}
	if state.UnderWay || !m.Status.CanBecome(portal.StatusCanceled) {
		return m, portal.Refuse(portal.CodeNotCancelable)
	}
	advance(&m, portal.StatusCanceled, tx.Now())
	return m, tx.SaveMessage(m, nil)
}

// advance gives the message its next status. Only unknown is nobody's news.
func advance(m *portal.Message, next portal.Status, now time.Time) {
	m.Status, m.UpdatedAt = next, now
	if next != portal.StatusUnknown {
		m.Sequence++
	}
}

// Verdict is what sending a draft would do.
type Verdict struct {
	WouldSend bool
	SendsAs   string        // free_form, template, fallback_template; "" when nothing would be sent
	Blocking  []portal.Code // in the order sending checks; the first is its answer
	Warnings  []portal.Code
	Checks    []portal.Check
	Number    *NumberReport // nil when to is no number
	ContactID string        // "" for a person not yet known
	Window    *portal.Window
	Open      bool       // the window, or nobody asks for one
	LeftToday *int       // nil = no limit
	Portfolio *int       // people that may still be written to first; nil = no limit, or not known
	PairReady *time.Time // until when messages to this person wait for those before them; nil = nothing does
	Category  string
	Billable  *bool // nil = unknown
}

var errDryRun = errors.New("dry run")

// Validate says what sending the draft would do, and changes nothing. It
// refuses only what sending would call validation_failed.
func (s *Service) Validate(ctx context.Context, c portal.Caller, d Draft) (v Verdict, err error) {
	defer portal.Wrap(&err, "Validate")
	var e *evaluation
	var pairReady *time.Time
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		if e, err = s.evaluate(tx, c, d, true); err != nil {
			return err
		}
		if pairReady, err = e.pairReady(tx); err != nil {
			return err
		}
		return errDryRun // sending may create the contact, asking may not
	})
	if !errors.Is(err, errDryRun) {
		return v, err
	}
	v = e.verdict()
	v.PairReady = pairReady
	if e.numberCode != "" {
		return v, nil
	}
	report, err := s.report(s.store.Reader(ctx), c.Tenant, e.number)
	v.Number = &report
	if err == nil && report.OnWhatsApp != nil && !*report.OnWhatsApp {
		v.warnNumber()
	}
	return v, err
}

// pairReady completes what only a dry run tells: the window of a template, and
// when the message would go if the person has many waiting.
func (e *evaluation) pairReady(tx *store.Tx) (*time.Time, error) {
	if e.contact.ID == "" || e.created || e.channel.ID == "" {
		return nil, nil
	}
	t := e.caller.Tenant
	var err error
	if e.window, err = tx.Window(t, e.contact.ID, e.channel.ID); err != nil {
		return nil, err
	}
	e.window.ChannelID = e.channel.ID
	pace, err := tx.PairPace(t, e.channel.ID, e.contact.ID)
	if err != nil {
		return nil, err
	}
	ready := pace.HeldUntil
	if e.facts.Limited {
		ready = later(ready, pairFree(pace, e.waiting, e.now))
	}
	if !ready.After(e.now) {
		return nil, nil
	}
	return &ready, nil
}

// verdict sums the checks up.
func (e *evaluation) verdict() Verdict {
	v := Verdict{WouldSend: e.refusal == nil, Checks: e.checks, Open: e.open, LeftToday: e.day.Left(), Portfolio: e.portfolio.Left(), Category: "service"}
	for _, c := range e.checks {
		switch c.Result {
		case portal.CheckFail:
			v.Blocking = append(v.Blocking, c.Code)
		case portal.CheckWarn:
			v.Warnings = append(v.Warnings, c.Code)
		}
	}
	if !e.created {
		v.ContactID = e.contact.ID
	}
	if e.channel.ID != "" && e.numberCode == "" {
		v.Window = &e.window
	}
	as := e.sendsAs()
	if v.WouldSend {
		v.SendsAs = as
	}
	if as != "free_form" {
		if e.facts.Template == nil {
			v.Category = ""
			return v
		}
		v.Category = e.facts.Template.Category
	}
	free := v.Category == "service" || v.Category == "utility" && e.open
	billable := !free
	v.Billable = &billable
	return v
}

// warnNumber marks the number as one that the last message did not find.
func (v *Verdict) warnNumber() {
	for i, c := range v.Checks {
		if c.Check == "number" {
			v.Checks[i].Result, v.Checks[i].Code, v.Checks[i].Pointer = portal.CheckWarn, portal.CodeNumberNotFound, "/to"
			v.Checks[i].Detail = explain(v.Checks[i], false)
		}
	}
	v.Warnings = append([]portal.Code{portal.CodeNumberNotFound}, v.Warnings...)
}
