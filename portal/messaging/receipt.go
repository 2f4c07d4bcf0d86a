package messaging

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// TopicReceipts is notified when WhatsApp is to be told that something was read.
const TopicReceipts = "receipts"

const (
	receiptBatch = 20
	receiptLease = time.Minute
	receiptTries = 5
)

// ReadTx marks a message that a person sent as read and returns it; WhatsApp is
// told after the commit, with typing also that somebody writes an answer.
// not_found for one that we sent, as for none.
func (s *Service) ReadTx(tx *store.Tx, c portal.Caller, id string, typing bool) (m portal.Message, err error) {
	defer portal.Wrap(&err, "Read(%s)", id)
	if err := tx.MarkRead(c.Tenant, id, typing); err != nil {
		return m, err
	}
	tx.AfterCommit(func() { s.store.Notify(TopicReceipts) })
	return tx.Message(c.Tenant, id)
}

// TellRead tells WhatsApp what was read and returns how much it found to tell.
// What cannot be told after a few tries is let go: a tick that stays grey harms
// nobody.
func (s *Service) TellRead(ctx context.Context) (n int, err error) {
	defer portal.Wrap(&err, "TellRead")
	var list []store.Receipt
	err = s.store.Tx(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.ClaimReceipts(receiptBatch, receiptLease)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		if ctx.Err() != nil {
			return n, nil // the lease ends, and another takes it up
		}
		next, err := s.tellRead(ctx, r)
		if err != nil {
			return n, err
		}
		n++
		if err := s.store.Tx(ctx, func(tx *store.Tx) error { return tx.FinishReceipt(r.MessageID, next) }); err != nil {
			return n, err
		}
	}
	return n, nil
}

// tellRead makes the call and returns when to try again; nil = it is over.
func (s *Service) tellRead(ctx context.Context, r store.Receipt) (next *time.Time, err error) {
	reader := s.store.Reader(ctx)
	m, err := reader.Message(r.Tenant, r.MessageID)
	if err == nil && m.ProviderMessageID == "" {
		return nil, nil //nolint:nilnil // erased meanwhile: WhatsApp's id is gone
	}
	var channel portal.Channel
	if err == nil {
		channel, err = reader.Channel(r.Tenant, m.ChannelID)
	}
	if portal.CodeOf(err) == portal.CodeNotFound {
		return nil, nil //nolint:nilnil // the number was removed
	}
	if err != nil {
		return nil, err
	}
	secrets, err := s.store.ChannelSecrets(ctx, channel.ID)
	if err != nil {
		return nil, err
	}
	out := s.clients[channel.Provider].MarkRead(ctx, whatsapp.Channel{PhoneNumberID: channel.PhoneNumberID, Token: secrets.Token}, whatsapp.Read{
		MessageID: m.ProviderMessageID, Typing: r.Typing && r.Tries == 1, // later it is not true any more
	})
	if out.Kind == whatsapp.Accepted || out.Kind == whatsapp.Refused || r.Tries >= receiptTries {
		s.log.InfoContext(ctx, "read receipt", "message_id", m.ID, "outcome", string(out.Kind), "http_status", out.HTTPStatus)
		return nil, nil //nolint:nilnil // it is over
	}
	at := nextAttempt(s.store.Now(), r.Tries, out.RetryAfter)
	return &at, nil
}
