package channels

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/phone"
	"github.com/wppmarketing/developers/portal/store"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Handshake is what WhatsApp asks the callback address of a channel with.
type Handshake struct{ Mode, Token, Challenge string }

// Verify answers WhatsApp's handshake with the challenge, and notes that the
// address is set up; not_found for an unknown channel, invalid_token when the
// verify token is not the channel's.
func (s *Service) Verify(ctx context.Context, channelID string, h Handshake) (answer string, err error) {
	defer portal.Wrap(&err, "Verify(%s)", channelID)
	c, secrets, err := s.store.CallbackChannel(ctx, channelID)
	if err != nil {
		return "", err
	}
	known := secrets.VerifyToken != "" && subtle.ConstantTimeCompare([]byte(secrets.VerifyToken), []byte(h.Token)) == 1
	if h.Mode != "subscribe" || !known {
		return "", portal.Refuse(portal.CodeInvalidToken)
	}
	return h.Challenge, s.store.Tx(ctx, func(tx *store.Tx) error { return tx.CallbackVerified(c) })
}

// refusals remembers when a channel last refused a signature.
type refusals struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// rest is how long a channel that refused a signature writes no more of them:
// who calls may be a stranger, whose tries must not fill the history.
const rest = time.Hour

// due reports whether a refusal of the channel is to be written now.
func (r *refusals) due(channelID string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.last, func(_ string, at time.Time) bool { return now.Sub(at) >= rest })
	if _, resting := r.last[channelID]; resting {
		return false
	}
	if r.last == nil {
		r.last = map[string]time.Time{}
	}
	r.last[channelID] = now
	return true
}

// SignatureRefused notes in the channel's history, at most once an hour, that a
// call came whose signature does not fit its app secret; not_found for an
// unknown channel.
func (s *Service) SignatureRefused(ctx context.Context, channelID string) (err error) {
	defer portal.Wrap(&err, "SignatureRefused(%s)", channelID)
	c, _, err := s.store.CallbackChannel(ctx, channelID)
	if err != nil || !s.refused.due(c.ID, s.store.Now()) {
		return err
	}
	return s.store.Tx(ctx, func(tx *store.Tx) error { return tx.InsertChannelEvent(c, portal.ChannelUnsigned, nil) })
}

// News takes what a callback of the channel told about it and about the numbers
// beside it, in the callback's transaction. News of other business accounts are
// not believed, and repeats change nothing.
func (s *Service) News(tx *store.Tx, c portal.Channel, news []whatsapp.AccountNews) (err error) {
	defer portal.Wrap(&err, "News(%s)", c.ID)
	for _, n := range news {
		if n.WABA != c.WABA {
			continue
		}
		concerned, err := tx.LockBusiness(c.Tenant(), n.WABA)
		if err != nil {
			return err
		}
		for _, one := range concerned {
			if n.Number != "" && !phone.Same("+"+n.Number, one.Phone) {
				continue
			}
			if err := s.takeNews(tx, &one, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) takeNews(tx *store.Tx, c *portal.Channel, n whatsapp.AccountNews) (err error) {
	switch n.Field {
	case "phone_number_quality_update":
		err = takeQuality(tx, c, n)
	case "business_capability_update":
		err = takeLimit(tx, c, n.People())
	case "phone_number_name_update":
		err = takeName(tx, c, n)
	case "account_update":
		err = s.takeAccount(tx, c, n)
	default:
		err = takeAlert(tx, c, n)
	}
	if err != nil {
		return err
	}
	return tx.SaveChannel(*c)
}

// qualityEvents are what the events of a quality update say of the quality.
var qualityEvents = map[string]string{"FLAGGED": "red", "UNFLAGGED": "green"}

func takeQuality(tx *store.Tx, c *portal.Channel, n whatsapp.AccountNews) error {
	if quality, told := qualityEvents[n.Event]; told {
		return noteQuality(tx, c, quality)
	}
	if n.Event == "THROUGHPUT_UPGRADE" {
		return noteThroughput(tx, c, whatsapp.HighThroughput)
	}
	return takeLimit(tx, c, n.People())
}

func takeLimit(tx *store.Tx, c *portal.Channel, people *int) error {
	if people == nil || c.PeopleLimit != nil && *c.PeopleLimit == *people {
		return nil
	}
	detail := map[string]any{"from": c.PeopleLimit, "to": *people}
	c.PeopleLimit = people
	return tx.InsertChannelEvent(*c, portal.ChannelLimit, detail)
}

func noteQuality(tx *store.Tx, c *portal.Channel, quality string) error {
	if c.Quality == quality {
		return nil
	}
	detail := map[string]any{"from": c.Quality, "to": quality}
	c.Quality = quality
	return tx.InsertChannelEvent(*c, portal.ChannelQuality, detail)
}

func noteThroughput(tx *store.Tx, c *portal.Channel, rate int) error {
	if c.Throughput != nil && *c.Throughput == rate {
		return nil
	}
	detail := map[string]any{"from": c.Throughput, "to": rate}
	c.Throughput = &rate
	return tx.InsertChannelEvent(*c, portal.ChannelThroughput, detail)
}

func takeName(tx *store.Tx, c *portal.Channel, n whatsapp.AccountNews) error {
	if n.Event == "APPROVED" && n.Name != "" {
		c.VerifiedName = n.Name
	}
	return takeWords(tx, c, portal.ChannelNameChange, n)
}

// The words of an account update that stop a business account, and that let it go on.
var (
	stopping = []string{"DISABLE", "RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}
	lifting  = []string{"REINSTATE"}
)

func (s *Service) takeAccount(tx *store.Tx, c *portal.Channel, n whatsapp.AccountNews) error {
	has := func(words []string) bool {
		return slices.ContainsFunc(n.States, func(state string) bool { return slices.Contains(words, state) })
	}
	if err := takeWords(tx, c, portal.ChannelAlert, n); err != nil {
		return err
	}
	switch {
	case has(lifting):
		if c.Status == portal.ChannelBlocked && c.StatusReason == portal.ReasonPolicy {
			return s.connect(tx, c)
		}
	case has(stopping), n.Event == "ACCOUNT_DELETED":
		return stop(tx, c, portal.ChannelBlocked, portal.ReasonPolicy)
	}
	return nil
}

func takeAlert(tx *store.Tx, c *portal.Channel, n whatsapp.AccountNews) error {
	return takeWords(tx, c, portal.ChannelAlert, n)
}

// takeWords keeps WhatsApp's words, unless they are the last that was heard.
func takeWords(tx *store.Tx, c *portal.Channel, kind string, n whatsapp.AccountNews) error {
	detail := map[string]any{"field": n.Field, "event": n.Event}
	if len(n.States) > 0 {
		detail["states"] = n.States
	}
	if n.Name != "" {
		detail["name"] = n.Name
	}
	if n.Details != "" {
		detail["details"] = n.Details
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	heard, err := tx.HeardBefore(*c, kind, string(raw))
	if err != nil || heard {
		return err
	}
	return tx.InsertChannelEvent(*c, kind, detail)
}
