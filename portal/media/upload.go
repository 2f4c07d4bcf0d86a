package media

import (
	"context"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// FreshUpload is how long WhatsApp's id of a file is used: a day less than it holds.
const FreshUpload = 29 * 24 * time.Hour

// Upload hands a media to WhatsApp for a channel and keeps its id there. It may
// be tried again at will: nobody gets anything by it. Several that want the same
// file at once share one call. The outcome is Accepted when the id is kept.
func (s *Service) Upload(ctx context.Context, channel portal.Channel, mediaID string) whatsapp.Outcome {
	out, _, _ := s.sending.Do(channel.ID+" "+mediaID, func() (any, error) {
		return s.upload(ctx, channel, mediaID), nil
	})
	return out.(whatsapp.Outcome) //nolint:forcetypeassert // as it was put in
}

func (s *Service) upload(ctx context.Context, channel portal.Channel, mediaID string) whatsapp.Outcome {
	later := func(err error) whatsapp.Outcome { return whatsapp.Outcome{Kind: whatsapp.RetryLater, Cause: err} }
	t := portal.Tenant{AccountID: channel.AccountID, Environment: channel.Environment}
	known, err := s.store.Reader(ctx).Uploads(channel.ID, []string{mediaID}, s.store.Now().Add(-FreshUpload))
	if err != nil {
		return later(err)
	}
	if known[mediaID] != "" {
		return whatsapp.Outcome{Kind: whatsapp.Accepted} // the one before did it
	}
	client := s.clients[channel.Provider]
	if client == nil {
		return whatsapp.Outcome{Kind: whatsapp.RetryLater}
	}
	m, content, err := s.Open(ctx, t, mediaID)
	if portal.CodeOf(err) == portal.CodeNotFound {
		return whatsapp.Outcome{Kind: whatsapp.Refused, Cause: err}
	}
	if err != nil {
		return later(err)
	}
	defer content.Close()
	secrets, err := s.store.ChannelSecrets(ctx, channel.ID)
	if err != nil {
		return later(err)
	}
	id, out := client.Upload(ctx, whatsapp.Channel{PhoneNumberID: channel.PhoneNumberID, Token: secrets.Token},
		whatsapp.File{Type: m.Type, Size: m.Size, Content: content})
	if out.Kind != whatsapp.Accepted {
		return out
	}
	err = s.store.Tx(ctx, func(tx *store.Tx) error { return tx.SaveUpload(mediaID, channel.ID, id) })
	if err != nil {
		return later(err)
	}
	return out
}
