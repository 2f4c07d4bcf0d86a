package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// happening is an event as far as it can end what another began.
type happening struct {
	id, kind    string
	at          time.Time
	order, cart string
}

func happeningOf(o store.Occurrence) (h happening, err error) {
	var data portal.EventData
	if err := json.Unmarshal(o.Data, &data); err != nil {
		return h, fmt.Errorf("data of %s: %w", o.EventID, err)
	}
	return happening{id: o.EventID, kind: o.Type, at: o.OccurredAt, order: textOf(data.OrderID), cart: textOf(data.CartID)}, nil
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// ends reports whether h ends what the trigger began: it happened at the same
// time or later, to the same order or cart where both name one. A cart that was
// ordered stays ordered, whatever is said of it later.
func (h happening) ends(trigger happening) bool {
	if h.id == trigger.id {
		return false
	}
	sameOrder := h.order != "" && h.order == trigger.order
	sameCart := h.cart != "" && h.cart == trigger.cart
	otherOrder := h.order != "" && trigger.order != "" && !sameOrder
	otherCart := h.cart != "" && trigger.cart != "" && !sameCart
	if !sameOrder && !sameCart && (otherOrder || otherCart) {
		return false
	}
	switch {
	case sameCart && isCart(trigger.kind) && !isCart(h.kind):
		return true
	case h.kind == trigger.kind:
		return h.at.After(trigger.at)
	}
	return !h.at.Before(trigger.at)
}

// decide lets the automations of the tenant look at an event that was just
// stored, and writes its outcome into it. It ends the runs that the event ends,
// stores a run for each published automation with its trigger, also where it
// does nothing, and returns those. contact is zero when nobody is known. An
// event whose reason is given already starts none.
//
// An account without automations costs one question to an index.
func (s *Service) decide(tx *store.Tx, e *portal.Event, contact portal.Contact) (runs []portal.Run, err error) {
	e.Outcome = portal.EventNone
	list, err := tx.PublishedAutomations(e.Tenant())
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		if runs, err = s.answer(tx, *e, contact, list); err != nil {
			return nil, err
		}
	}
	switch {
	case e.Reason != "":
	case len(runs) == 0:
		e.Reason = portal.ReasonNoAutomation
	default:
		e.Outcome = portal.EventMatched
	}
	return runs, nil
}

// answer has each automation of the list that answers events of this type make its run.
func (s *Service) answer(tx *store.Tx, e portal.Event, contact portal.Contact, list []portal.Automation) (runs []portal.Run, err error) {
	account, err := tx.Account(e.AccountID)
	if err != nil {
		return nil, err
	}
	f, err := factsOf(e, contact, account)
	if err != nil {
		return nil, err
	}
	if err := s.endWaiting(tx, f); err != nil || e.Reason == portal.ReasonTooOld {
		return nil, err
	}
	quiet, err := tx.QuietHours(e.AccountID)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Rule.Trigger != e.Type {
			continue
		}
		l := look{
			r: tx.Reader, tenant: e.Tenant(), id: a.ID, rule: a.Rule, enabled: a.Enabled, stop: e.Reason, facts: f, quiet: portal.ParseQuietHours(quiet), now: tx.Now(),
		}.begin()
		if err := l.run(); err != nil {
			return nil, err
		}
		run := l.began(a)
		if err := tx.InsertRun(run); err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	if len(runs) > 0 {
		tx.AfterCommit(func() { s.store.Notify(TopicRuns) })
	}
	return runs, nil
}

// runs returns what automations made of the event, in the order of its decision.
func (s *Service) runs(r store.Reader, e portal.Event) ([]portal.Run, error) {
	runs, err := r.RunsOf(e.Tenant(), []string{e.ID})
	return runs[e.ID], err
}

// began is the run of an automation that has looked at its event.
func (l *look) began(a portal.Automation) portal.Run {
	run := portal.Run{
		ID: portal.NewID(portal.PrefixRun), AccountID: l.tenant.AccountID, Environment: l.tenant.Environment,
		EventID: l.facts.event.ID, AutomationID: a.ID, Name: a.Name, Version: a.Version, ContactID: l.facts.contact.ID,
		OrderID: textOf(l.facts.data.OrderID), CartID: textOf(l.facts.data.CartID), CreatedAt: l.now,
	}
	l.write(&run)
	return run
}

// write puts on a run what came out of looking.
func (l *look) write(run *portal.Run) {
	run.Trace, run.Outcome, run.Reason, run.CanceledBy = l.trace, l.outcome, l.reason, l.canceledBy
	if l.outcome == "" {
		due := l.due
		run.Outcome, run.DueAt, run.FinishedAt, run.Detail = portal.RunScheduled, &due, nil, l.waitWords()
		return
	}
	now := l.now
	run.DueAt, run.FinishedAt = nil, &now
	for _, c := range l.trace {
		if c.Result == portal.CheckFail {
			run.Detail = c.Detail
		}
	}
}

// waitWords says when the message goes: "Waits 5 min; allowed 08:00–20:00".
func (l *look) waitWords() (w portal.Words) {
	w = portal.Words{EN: "Goes out at once", PT: "Sai imediatamente"}
	if d := l.rule.DelaySeconds; d > 0 {
		w = portal.Words{EN: "Waits " + delayText(d, portal.LangEN), PT: "Espera " + delayText(d, portal.LangPT)}
	}
	switch {
	case l.rule.AlwaysSend || l.quiet == nil:
		return portal.Words{EN: w.EN + "; at any hour", PT: w.PT + "; a qualquer hora"}
	default:
		hours := l.quiet.To + "–" + l.quiet.From
		return portal.Words{EN: w.EN + "; allowed " + hours, PT: w.PT + "; horário permitido " + hours}
	}
}

// delayText writes seconds as people do: 1 h 30 min.
func delayText(seconds int64, lang string) string {
	day := map[bool]string{true: "dia", false: "day"}[lang == portal.LangPT]
	var parts []string
	for _, u := range []struct {
		length int64
		one    string
		many   string
	}{{86_400, day, day + "s"}, {3_600, "h", "h"}, {60, "min", "min"}, {1, "s", "s"}} {
		n := seconds / u.length
		seconds -= n * u.length
		switch {
		case n == 1:
			parts = append(parts, "1 "+u.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, u.many))
		}
	}
	return strings.Join(parts, " ")
}

// endWaiting cancels the runs that wait for the customer and that the event ends.
func (s *Service) endWaiting(tx *store.Tx, f facts) error {
	if f.contact.ID == "" {
		return nil
	}
	waiting, err := tx.WaitingRuns(f.event.Tenant(), f.contact.ID)
	if err != nil {
		return err
	}
	h := happening{id: f.event.ID, kind: f.event.Type, at: f.event.OccurredAt, order: textOf(f.data.OrderID), cart: textOf(f.data.CartID)}
	for _, w := range waiting {
		trigger := happening{id: w.EventID, kind: w.Rule.Trigger, at: w.OccurredAt, order: w.OrderID, cart: w.CartID}
		if !slices.Contains(w.Rule.CancelOn, f.event.Type) || !h.ends(trigger) {
			continue
		}
		if err := cancel(tx, w.ID, cancellation{f.event.ID, portal.ReasonCanceledByEvent, canceledWords(f.event.Type)}); err != nil {
			return err
		}
	}
	return nil
}

// cancellation says what ended a run that waited.
type cancellation struct {
	by     string // cev_… or msg_…
	reason string
	detail portal.Words
}

// cancel ends a run that waits. One that ended meanwhile stays as it is.
func cancel(tx *store.Tx, id string, c cancellation) error {
	run, _, err := tx.LockRun(id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	now := tx.Now()
	run.Outcome, run.Reason, run.CanceledBy, run.Detail, run.FinishedAt, run.DueAt = portal.RunCanceled, c.reason, c.by, c.detail, &now, nil
	for i := range run.Trace {
		if run.Trace[i].Check == checkTrigger {
			run.Trace[i].Result, run.Trace[i].Code, run.Trace[i].Detail = portal.CheckFail, portal.Code(c.reason), c.detail
		}
	}
	return tx.SaveRun(run)
}

// Wrote ends the runs that wait for a contact who has just written, where their
// rule says so. It belongs into the transaction that takes the message in.
func (s *Service) Wrote(tx *store.Tx, m portal.Message) (err error) {
	defer portal.Wrap(&err, "Wrote(%s)", m.ID)
	waiting, err := tx.WaitingRuns(m.Tenant(), m.ContactID)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if !w.Rule.CancelReply {
			continue
		}
		said := portal.Words{EN: "The customer wrote", PT: "O cliente escreveu"}
		if err := cancel(tx, w.ID, cancellation{m.ID, portal.ReasonCanceledByReply, said}); err != nil {
			return err
		}
	}
	return nil
}
