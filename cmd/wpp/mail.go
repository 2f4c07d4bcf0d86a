package main

import (
	"context"
	"fmt"
	netmail "net/mail"

	"github.com/wppmarketing/developers/portal/mail"
)

// checkMail refuses a mail server that could not be used. It says nothing of
// the address, which may hold a password.
func (s *Settings) checkMail() error {
	if s.SMTPURL == "" {
		return nil
	}
	if _, err := mail.ParseServer(s.SMTPURL); err != nil {
		return fmt.Errorf("WPP_SMTP_URL: %w", err)
	}
	if _, err := netmail.ParseAddress(s.MailFrom); err != nil {
		return fmt.Errorf("WPP_MAIL_FROM: %w", mail.ErrFrom)
	}
	return nil
}

// checkMailServer talks to the mail server, if there is one.
func checkMailServer(ctx context.Context, a *app) (found string, err error) {
	if a.SMTPURL == "" {
		return "", nil
	}
	m, err := mail.New(mail.Options{URL: a.SMTPURL, From: a.MailFrom})
	if err != nil {
		return "", err
	}
	return "the SMTP server lets us in; notices come from " + a.MailFrom, m.Check(ctx)
}
