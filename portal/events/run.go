package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// TopicRuns is notified when a run became due at once.
const TopicRuns = "automation-runs"

const (
	runLease    = 30 * time.Second // a node that dies is stood in for after it
	runBatch    = 64               // claimed at a time
	runTogether = 16               // worked on at a time
	runPatience = 24 * time.Hour   // how long a run waits for what passes by itself
	minRetry    = time.Minute
	maxRetry    = 30 * time.Minute
)

// Wish is a message that an automation wants sent.
type Wish struct {
	ContactID  string
	ChannelID  string // "" = the default one
	Template   string
	Language   string
	Parameters map[string]string
	Reference  string
}

// Send takes a message in the caller's transaction by the rules of every
// message, or refuses it and then writes nothing.
type Send func(tx *store.Tx, c portal.Caller, w Wish) (portal.Message, error)

// RecoverRuns gives up the leases of a process that ended without finishing, so
// that its runs go on at once. Call it at start, and only when no other process
// works on the same database.
func (s *Service) RecoverRuns(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "RecoverRuns")
	return s.store.Tx(ctx, (*store.Tx).ReleaseRuns)
}

// Work makes one pass over the runs that are due and returns how many it took.
// Each ends in a transaction of its own, together with its message.
func (s *Service) Work(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Work")
	var ids []string
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		ids, err = tx.ClaimRuns(runBatch, runLease)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	failed := make([]error, len(ids))
	room := make(chan struct{}, runTogether)
	var all sync.WaitGroup
	for i, id := range ids {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			failed[i] = s.store.Tx(ctx, func(tx *store.Tx) error { return s.finish(tx, id) })
		})
	}
	all.Wait()
	return len(ids), errors.Join(failed...)
}

// finish does what is due with a run and writes what came of it. A run that was
// ended meanwhile stays as it is.
func (s *Service) finish(tx *store.Tx, id string) (err error) {
	defer portal.Wrap(&err, "finish(%s)", id)
	erased, err := lockPerson(tx, id)
	if err != nil {
		return err
	}
	run, claims, err := tx.LockRun(id)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if claims > store.MaxClaims {
		said := portal.Words{EN: "The program could not handle it", PT: "O programa não conseguiu tratá-la"}
		return finished(tx, run, portal.RunFailed, string(portal.CodeInternal), said)
	}
	if erased {
		return finished(tx, run, portal.RunCanceled, portal.ReasonContactErased, goneWords)
	}
	l, err := s.lookAgain(tx, &run)
	if err != nil || l == nil {
		return err
	}
	if err := l.run(); err != nil {
		return err
	}
	if l.outcome == "" && !l.due.After(l.now) {
		return s.deliver(tx, run, l)
	}
	l.write(&run)
	return tx.SaveRun(run)
}

// lockPerson keeps others from changing the contact of a run until the
// transaction ends: two runs of one person ask for the cap one after the other.
// It comes before the run's own lock, as where an event or a message ends runs.
func lockPerson(tx *store.Tx, id string) (erased bool, err error) {
	t, contactID, err := tx.RunContact(id)
	if err == nil {
		err = tx.LockContact(t, contactID)
	}
	if portal.CodeOf(err) == portal.CodeNotFound {
		return true, nil
	}
	return false, err
}

var goneWords = portal.Words{EN: "The contact was erased", PT: "O contato foi apagado"}

// finished ends a run beside what its look would say.
func finished(tx *store.Tx, run portal.Run, outcome, reason string, detail portal.Words) error {
	now := tx.Now()
	run.Outcome, run.Reason, run.Detail, run.FinishedAt, run.DueAt = outcome, reason, detail, &now, nil
	return tx.SaveRun(run)
}

// lookAgain prepares to ask everything once more, now that a run is due. nil:
// there is nothing left to say, and the run is ended.
func (s *Service) lookAgain(tx *store.Tx, run *portal.Run) (*look, error) {
	t := run.Tenant()
	contact, err := tx.ContactByRef(t, run.ContactID)
	if err != nil {
		return nil, err
	}
	e, err := tx.Event(t, run.EventID)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil, finished(tx, *run, portal.RunCanceled, portal.ReasonContactErased, goneWords)
	}
	if err != nil {
		return nil, err
	}
	v, err := tx.AutomationVersion(t, run.AutomationID, run.Version)
	if err != nil {
		return nil, err
	}
	a, err := tx.Automation(t, run.AutomationID)
	if err != nil && portal.CodeOf(err) != portal.CodeNotFound {
		return nil, err
	}
	account, err := tx.Account(run.AccountID)
	if err != nil {
		return nil, err
	}
	f, err := factsOf(e, contact, account)
	if err != nil {
		return nil, err
	}
	quiet, err := tx.QuietHours(run.AccountID)
	if err != nil {
		return nil, err
	}
	l := &look{
		r: tx.Reader, tenant: t, id: run.AutomationID, rule: v.Rule, enabled: a.Enabled, facts: f, quiet: portal.ParseQuietHours(quiet), now: tx.Now(), due: tx.Now(),
	}
	l.stop, err = barred(tx, account)
	return l, err
}

// barred says why nothing of the account is sent at all, or "".
func barred(tx *store.Tx, account portal.Account) (reason string, err error) {
	if account.Status != portal.AccountActive {
		return portal.ReasonAccountSuspended, nil
	}
	modules, err := tx.ActiveModules(account.ID)
	if err != nil {
		return "", err
	}
	for _, m := range portal.Modules {
		if (m.Name == portal.ModuleEvents || m.Name == portal.ModuleMessages) && !slices.Contains(modules, m.Name) {
			return portal.ReasonModuleInactive, nil
		}
	}
	return "", nil
}

// deliver has the message of a run accepted and writes both, or what the refusal means.
func (s *Service) deliver(tx *store.Tx, run portal.Run, l *look) error {
	caller := portal.Caller{
		Tenant: l.tenant, Account: l.facts.account,
		Rule: portal.RuleCall{AutomationID: run.AutomationID, Name: run.Name, EventID: run.EventID},
	}
	m, err := s.send(tx, caller, l.wants())
	if err != nil {
		var refusal *portal.Error
		if !errors.As(err, &refusal) || refusal.Code == portal.CodeInternal || refusal.Code == portal.CodeStorageUnavailable {
			return err
		}
		return tx.SaveRun(l.refused(run, refusal))
	}
	now := tx.Now()
	l.limits(portal.CheckPass, "", portal.Words{EN: "Within the limits", PT: "Dentro dos limites"})
	run.Outcome, run.Reason, run.MessageID, run.Trace, run.FinishedAt, run.DueAt = portal.RunSent, "", m.ID, l.trace, &now, nil
	run.Detail = portal.Words{
		EN: fmt.Sprintf("Sent %s in %s", l.template.Name, l.template.Language),
		PT: fmt.Sprintf("Enviou %s em %s", l.template.Name, l.template.Language),
	}
	return tx.SaveRun(run)
}

// wants is the message that came out of a look.
func (l *look) wants() Wish {
	m := Wish{
		ContactID: l.facts.contact.ID, ChannelID: l.rule.Channel, Template: l.template.Name, Language: l.template.Language, Parameters: l.parameters,
		Reference: textOf(l.facts.data.OrderID),
	}
	if m.Reference == "" {
		m.Reference = textOf(l.facts.data.CartID)
	}
	return m
}

// limits writes what sending said into the last check.
func (l *look) limits(result, code string, detail portal.Words) {
	last := &l.trace[len(l.trace)-1]
	last.Result, last.Code, last.Detail = result, portal.Code(code), detail
}

// passing are the refusals that end by themselves.
var passing = []portal.Code{
	portal.CodeChannelLoggedOut, portal.CodeChannelBlocked, portal.CodeNoChannel, portal.CodeDailyLimitReached, portal.CodePairRateLimited,
	portal.CodeRateLimited, portal.CodeOverloaded,
}

// refusals are the reasons that runs give for the codes of a refused message.
var refusals = map[portal.Code]string{
	portal.CodeOptedOut:              portal.ReasonOptedOut,
	portal.CodeOptInRequired:         portal.ReasonOptInRequired,
	portal.CodeTemplateNotFound:      portal.ReasonTemplateNotReady,
	portal.CodeTemplateNotApproved:   portal.ReasonTemplateNotReady,
	portal.CodeTemplateParameters:    portal.ReasonTemplateParameters,
	portal.CodeInvalidNumber:         portal.ReasonInvalidNumber,
	portal.CodeUnsupportedForChannel: portal.ReasonNoPhone,
}

// refused is the run after its message was refused: it ends, or it waits for what
// passes by itself.
func (l *look) refused(run portal.Run, refusal *portal.Error) portal.Run {
	entry, _ := portal.EntryOf(refusal.Code)
	text := entry.Title
	ownLimit := refusal.Code == portal.CodeDailyLimitReached && refusal.Policy == portal.PolicyAccountDay
	firstDue := run.CreatedAt.Add(time.Duration(l.rule.DelaySeconds) * time.Second)
	if end, quiet := quietUntil(l.quiet, firstDue, l.facts.zone()); quiet && !l.rule.AlwaysSend {
		firstDue = end
	}
	waited := l.now.Sub(firstDue)
	if slices.Contains(passing, refusal.Code) && !ownLimit && waited < runPatience {
		next := l.now.Add(min(max(refusal.RetryAfter, waited/4, minRetry), maxRetry))
		l.limits(portal.CheckWarn, string(refusal.Code), text)
		run.Trace, run.DueAt, run.Detail = l.trace, &next, portal.Words{EN: text.EN + ": tried again", PT: text.PT + ": nova tentativa"}
		return run
	}
	outcome, reason := portal.RunFailed, string(refusal.Code)
	if mapped, ok := refusals[refusal.Code]; ok {
		outcome, reason = portal.RunSkipped, mapped
	}
	if ownLimit {
		outcome, reason = portal.RunSkipped, portal.ReasonLimitReached
	}
	l.limits(portal.CheckFail, reason, text)
	now := l.now
	run.Outcome, run.Reason, run.Detail, run.Trace, run.FinishedAt, run.DueAt = outcome, reason, text, l.trace, &now, nil
	return run
}
