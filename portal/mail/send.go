package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"runtime/debug"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
)

// Topic wakes the loop of Send.
const Topic = store.TopicMails

const (
	batch = 20              // letters claimed at a time
	lease = 5 * time.Minute // longer than talking about all of them
	kept  = 7 * 24 * time.Hour
)

// waits are those before each retry, two days in all.
var waits = []time.Duration{
	time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 16 * time.Hour,
}

// Send makes one pass over the letters that are due and returns how many it
// took up. Once the server does not answer, the others of the pass wait with
// the first. A letter that was taken again and again without an outcome is given
// up unsent: it may be what ends the process.
func (s *Service) Send(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "Send")
	var claimed []store.MailTo
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		claimed, err = tx.ClaimMails(batch, lease)
		return err
	})
	if err != nil {
		return 0, err
	}
	var away error // the server, since the first letter that did not reach it
	for _, m := range claimed {
		failure := away
		switch {
		case m.Claims > store.MaxClaims:
			failure = errBrokeOff
		case away == nil && m.Address != "" && ctx.Err() == nil:
			failure = s.deliver(ctx, m)
		}
		if ctx.Err() != nil && failure == nil {
			failure = ctx.Err()
		}
		if failure != nil && answerOf(failure) == notReached {
			away = failure
		}
		if err := s.settle(context.WithoutCancel(ctx), m, failure); err != nil {
			return len(claimed), err
		}
	}
	return len(claimed), nil
}

// deliver hands one letter to the server. A panic is an attempt that failed.
func (s *Service) deliver(ctx context.Context, m store.MailTo) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "sending a mail panicked", "mail", m.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errBrokeOff
		}
	}()
	letter, err := s.letter(m)
	if err != nil {
		return errAddress
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Timeout)
	defer cancel()
	return s.client.DialAndSendWithContext(ctx, letter)
}

func (s *Service) letter(m store.MailTo) (*gomail.Msg, error) {
	letter := gomail.NewMsg()
	letter.FromMailAddress(s.from)
	to := mail.Address{Name: m.Name, Address: m.Address}
	if err := letter.To(to.String()); err != nil {
		return nil, err
	}
	letter.Subject(m.Subject)
	letter.SetDateWithValue(m.CreatedAt)
	letter.SetMessageIDWithValue(m.ID + "@" + domainOf(s.from.Address))
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence notice answers it
	letter.SetBodyString(gomail.TypeTextPlain, m.Plain)
	letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return letter, nil
}

// settle writes what became of a letter.
func (s *Service) settle(ctx context.Context, m store.MailTo, failure error) error {
	status, due := store.MailSent, time.Time{}
	switch {
	case m.Address == "":
		status = store.MailCanceled
	case failure == nil:
	case answerOf(failure) == unknownAddress || m.Attempts > len(waits) || m.Claims > store.MaxClaims:
		status = store.MailDead
	default:
		status, due = "", s.store.Now().Add(waits[m.Attempts-1])
	}
	log := s.log.With("mail", m.ID, "account", m.AccountID, "attempt", m.Attempts)
	if failure != nil {
		log.WarnContext(ctx, "mail not sent", "answer", codeOf(failure), "given_up", due.IsZero())
	} else {
		log.InfoContext(ctx, "mail", "status", status)
	}
	return s.store.Tx(ctx, func(tx *store.Tx) error {
		if !due.IsZero() {
			return tx.RetryMail(m.Mail, due)
		}
		return tx.EndMail(m.Mail, status)
	})
}

// errAddress: no server would take a letter to that address.
var errAddress = errors.New("the address is none")

// errBrokeOff: the fault is ours, and nothing is known of the server.
var errBrokeOff = errors.New("the program broke off")

// answer is what the server said of a letter.
type answer int

const (
	notReached     answer = iota // it said nothing, or would not let us in
	refused                      // for a reason that may pass, or not asked
	unknownAddress               // for ever
)

func answerOf(err error) answer {
	var sent *gomail.SendError
	switch {
	case errors.Is(err, errAddress):
		return unknownAddress
	case errors.Is(err, errBrokeOff):
		return refused
	case !errors.As(err, &sent) || sent.ErrorCode() == 0:
		return notReached
	case sent.Reason == gomail.ErrSMTPRcptTo && sent.ErrorCode() >= 500:
		return unknownAddress
	}
	return refused
}

// codeOf names an error without the server's words, which may repeat addresses.
func codeOf(err error) string {
	var sent *gomail.SendError
	var wire *textproto.Error
	switch {
	case errors.Is(err, errAddress):
		return "no address"
	case errors.Is(err, errBrokeOff):
		return "none, we broke off"
	case errors.As(err, &sent) && sent.ErrorCode() != 0:
		return fmt.Sprintf("%d at %s", sent.ErrorCode(), sent.Reason)
	case errors.As(err, &wire):
		return strconv.Itoa(wire.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	return "no connection"
}

// Forget removes letters that ended long ago.
func (s *Service) Forget(ctx context.Context) (err error) {
	defer portal.Wrap(&err, "Forget")
	before := s.store.Now().Add(-kept)
	return s.store.Purge(ctx, s.store.Removing("mails", func(tx *store.Tx, limit int) (int64, error) { return tx.PurgeMails(before, limit) }))
}
